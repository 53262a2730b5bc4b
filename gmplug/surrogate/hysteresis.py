"""Hysteretic springs in compiled loops: five rules on one backbone, mixed by shares.

Kinematic: elastic-plastic elements in parallel, one for each point of the backbone (Iwan 1966, J. Appl. Mech.
33(4)). Peak-oriented: unloading with the first stiffness, loading towards the largest deformation so far on
the other side (Clough & Johnston 1966; Ibarra et al. 2005, Earthquake Eng. Struct. Dyn. 34(12)).
Origin-oriented: on the line from the origin to the largest deformation so far (cracked sections). Elastic:
always on the backbone (rocking). Slip: unloading with the first stiffness, and no force until the same line
is reached again (pinching). Beyond the last point the force is constant.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from gmplug.values import FloatArray

#: Number of rules.
RULES = 5


def compiled(function: Any) -> Any:
    """Compile a function; without flags that reorder sums, so that numbers are the same everywhere."""
    return njit(function, nogil=True, cache=True, fastmath={"nnan", "ninf", "nsz"})


@compiled
def slopes(deformation: FloatArray, force: FloatArray) -> FloatArray:
    """Stiffness of the elastic-plastic element of each point of a backbone, shape (p,)."""
    count = len(deformation)
    found = np.zeros(count)
    before = force[0] / deformation[0]
    for p in range(count):
        after = 0.0
        if p + 1 < count:
            after = (force[p + 1] - force[p]) / (deformation[p + 1] - deformation[p])
        found[p] = before - after
        before = after
    return found


@compiled
def on_backbone(x: float, deformation: FloatArray, force: FloatArray) -> float:
    """Force at a deformation x > 0."""
    if x <= deformation[0]:
        return force[0] / deformation[0] * x
    for p in range(1, len(deformation)):
        if x <= deformation[p]:
            rise = (force[p] - force[p - 1]) / (deformation[p] - deformation[p - 1])
            return force[p - 1] + rise * (x - deformation[p - 1])
    return force[-1]


@compiled
def kinematic_step(
    change: float, elements: FloatArray, stiffness: FloatArray, deformation: FloatArray
) -> float:
    """Force after a change of the deformation; ``elements`` (p,) has the forces of the elements."""
    total = 0.0
    for p in range(len(elements)):
        limit = abs(stiffness[p]) * deformation[p]
        force = elements[p] + stiffness[p] * change
        elements[p] = min(max(force, -limit), limit)
        total += elements[p]
    return total


@compiled
def peak_oriented_step(
    x: float, change: float, state: FloatArray, deformation: FloatArray, force: FloatArray
) -> float:
    """Force at deformation x, reached by a change.

    ``state`` has the force, the largest deformation and its force upwards and downwards (as magnitudes), and
    where the force was last zero on the way up and down. From there a line leads to the largest deformation;
    below it the spring reloads with the first stiffness (Mahin & Bertero 1976, ASCE J. Struct. Div. 102(2)).
    """
    first = force[0] / deformation[0]
    side, zero, sign = (1, 5, 1.0) if change >= 0.0 else (3, 6, -1.0)
    y, way = sign * state[0], abs(change)
    end = sign * x
    begin = end - way
    if y < 0.0:  # unloading
        state[zero] = begin - y / first
        needed = min(way, -y / first)
        y += first * needed
        begin += needed
        way -= needed
    if way > 0.0:
        if end >= state[side]:
            y = on_backbone(end, deformation, force)
            state[side], state[side + 1] = end, y
        else:
            line = state[side + 1] * (end - state[zero]) / max(state[side] - state[zero], 1e-300)
            y = min(y + first * way, max(line, y - first * way))
    state[0] = sign * y
    return state[0]


@compiled
def start(deformation: FloatArray, force: FloatArray) -> FloatArray:
    """State of a peak-oriented spring at rest, shape (7,)."""
    return np.array([0.0, deformation[0], force[0], deformation[0], force[0], 0.0, 0.0])


@compiled
def spring_force(
    x: float,
    change: float,
    rules: FloatArray,
    elements: FloatArray,
    state: FloatArray,
    furthest: FloatArray,
    stiffness: FloatArray,
    deformation: FloatArray,
    force: FloatArray,
) -> float:
    """Force of a spring at deformation x, reached by a change.

    Parameters
    ----------
    rules
        Shares of the rules, shape (RULES,).
    elements, state
        Of the kinematic and of the peak-oriented rule.
    furthest
        Largest deformation so far upwards and downwards (as magnitudes), of the last three rules.
    """
    found = 0.0
    if rules[0] > 0.0:
        found += rules[0] * kinematic_step(change, elements, stiffness, deformation)
    if rules[1] > 0.0:
        found += rules[1] * peak_oriented_step(x, change, state, deformation, force)
    if rules[2] + rules[3] + rules[4] > 0.0:
        side, way = (0, x) if x >= 0.0 else (1, -x)
        furthest[side] = max(furthest[side], way)
        if way > 0.0:
            far, sign = furthest[side], 1.0 if x >= 0.0 else -1.0
            top = on_backbone(far, deformation, force)
            found += sign * rules[2] * top * way / far
            found += sign * rules[3] * on_backbone(way, deformation, force)
            found += sign * rules[4] * max(top - force[0] / deformation[0] * (far - way), 0.0)
    return found


@compiled
def force_paths(path: FloatArray, deformation: FloatArray, force: FloatArray) -> FloatArray:
    """Forces by each rule along a path (S,) from rest, shape (RULES, S)."""
    stiffness = slopes(deformation, force)
    found = np.zeros((RULES, len(path)))
    for rule in range(RULES):
        rules = np.zeros(RULES)
        rules[rule] = 1.0
        elements, state, furthest = np.zeros(len(deformation)), start(deformation, force), np.zeros(2)
        before = 0.0
        for s in range(len(path)):
            found[rule, s] = spring_force(
                path[s], path[s] - before, rules, elements, state, furthest, stiffness, deformation, force
            )
            before = path[s]
    return found
