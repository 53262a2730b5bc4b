"""Hysteretic springs in compiled loops: five rules on one backbone, mixed by shares, that deteriorate.

Kinematic: elastic-plastic elements in parallel, one for each point of the backbone (Iwan 1966, J. Appl. Mech.
33(4)). Limited: the same up to the peak of the backbone, which bounds the force beyond (bilinear model with
strength limit, Ibarra et al. 2005, Earthquake Eng. Struct. Dyn. 34(12)). Pinched: unloading with the first
stiffness, loading towards the largest deformation so far on the other side (Clough & Johnston 1966; Ibarra et
al. 2005), with a share of the force up to the line of unloading from there. Origin-oriented: on the line from
the origin to the largest deformation so far (cracked sections). Elastic: always on the backbone (rocking).
Beyond the last point the force is constant.

All forces deteriorate with the energy E that the spring has dissipated before the present excursion, by
1 − E/Et: the rule of Ibarra et al. (2005, eq. 6) with the exponent 1, summed over the excursions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from gmplug.values import FloatArray

#: Number of rules.
RULES = 5
#: Values of a spring's memory: largest deformations up and down, work, its part before this excursion, force.
MEMORY = 5


def compiled(function: Any) -> Any:
    """Compile a function; without flags that reorder sums, so that numbers are the same everywhere."""
    return njit(function, nogil=True, cache=True, fastmath={"nnan", "ninf", "nsz"})


@compiled
def parallel_elements(deformation: FloatArray, force: FloatArray) -> FloatArray:
    """Stiffness and strength of an elastic-plastic element for each point of a backbone, shape (2, 2, p).

    Those of the kinematic rule follow the backbone. Those of the limited one follow the least concave curve
    above it up to its peak; the last of them never yields.
    """
    found = np.zeros((2, 2, len(deformation)))
    before = force[0] / deformation[0]
    for p in range(len(deformation)):
        after = 0.0
        if p + 1 < len(deformation):
            after = (force[p + 1] - force[p]) / (deformation[p + 1] - deformation[p])
        found[0, 0, p] = before - after
        before = after
    before, p, peak = force[0] / deformation[0], 0, int(np.argmax(force))
    while p < peak:
        after, far = 0.0, peak
        for q in range(p + 1, peak + 1):
            slope = (force[q] - force[p]) / (deformation[q] - deformation[p])
            if slope >= after:
                after, far = slope, q
        found[1, 0, p] = max(before - after, 0.0)
        before, p = min(after, before), far
    found[1, 0, peak] = before
    found[:, 1] = np.abs(found[:, 0]) * deformation
    if peak > 0:
        found[1, 1, peak] = np.inf
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
def kinematic_step(change: float, state: FloatArray, elements: FloatArray) -> float:
    """Force after a change of the deformation; ``state`` (p,) has the forces of the elements (2, p)."""
    total = 0.0
    for p in range(len(state)):
        part = state[p] + elements[0, p] * change
        state[p] = min(max(part, -elements[1, p]), elements[1, p])
        total += state[p]
    return total


@compiled
def limited_step(
    x: float,
    change: float,
    state: FloatArray,
    elements: FloatArray,
    deformation: FloatArray,
    force: FloatArray,
) -> float:
    """Force at deformation x, reached by a change, at most that of the backbone beyond its peak.

    The elements that yield first lose the excess.
    """
    total = kinematic_step(change, state, elements)
    if total * x > 0.0 and abs(x) > deformation[0]:
        sign = 1.0 if x > 0.0 else -1.0
        excess = sign * total - on_softening(abs(x), deformation, force)
        for p in range(len(state)):
            if excess <= 0.0:
                break
            lost = min(excess, sign * state[p] + elements[1, p])
            state[p] -= sign * lost
            total -= sign * lost
            excess -= lost
    return total


@compiled
def on_softening(x: float, deformation: FloatArray, force: FloatArray) -> float:
    """Force of a backbone at x beyond its peak; before, that of the peak."""
    peak = np.argmax(force)
    return force[peak] if x <= deformation[peak] else on_backbone(x, deformation, force)


@compiled
def pinched_step(
    x: float, change: float, pinch: float, state: FloatArray, deformation: FloatArray, force: FloatArray
) -> float:
    """Force at deformation x, reached by a change; ``pinch`` is 1 for a peak-oriented spring, 0 for slip.

    ``state`` has the force, the largest deformation and its force upwards and downwards (as magnitudes), and
    where the force was last zero on the way up and down. From there a line leads to the pinch point, on the
    line of unloading from the largest deformation. Below these lines the spring reloads with the first
    stiffness (Mahin & Bertero 1976, ASCE J. Struct. Div. 102(2)).
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
            top = state[side + 1]
            point = state[side] - (1.0 - pinch) * top / first
            if end < point:
                line = pinch * top * (end - state[zero]) / max(point - state[zero], 1e-300)
            else:
                line = top - (state[side] - end) * first
                if pinch == 1.0:
                    line = top
            y = min(y + first * way, max(line, y - first * way))
    state[0] = sign * y
    return state[0]


@compiled
def start(deformation: FloatArray, force: FloatArray) -> FloatArray:
    """State of a pinched spring at rest, shape (7,)."""
    return np.array([0.0, deformation[0], force[0], deformation[0], force[0], 0.0, 0.0])


@compiled
def spring_force(
    x: float,
    change: float,
    rules: FloatArray,
    pinch: float,
    decay: float,
    plastic: FloatArray,
    state: FloatArray,
    memory: FloatArray,
    elements: FloatArray,
    deformation: FloatArray,
    force: FloatArray,
) -> float:
    """Force of a spring at deformation x, reached by a change.

    Parameters
    ----------
    rules
        Shares of the rules, shape (RULES,).
    pinch, decay
        Share of the force that is left by pinching, and 1/Et.
    plastic, state, memory
        Of the first two rules, of the pinched one, and of the spring.
    elements
        Of the first two rules, shape (2, 2, p).
    """
    found = 0.0
    if rules[0] > 0.0:
        found += rules[0] * kinematic_step(change, plastic[0], elements[0])
    if rules[1] > 0.0:
        found += rules[1] * limited_step(x, change, plastic[1], elements[1], deformation, force)
    if rules[2] > 0.0:
        found += rules[2] * pinched_step(x, change, pinch, state, deformation, force)
    if rules[3] + rules[4] > 0.0:
        side, way = (0, x) if x >= 0.0 else (1, -x)
        memory[side] = max(memory[side], way)
        if way > 0.0:
            far, sign = memory[side], 1.0 if x >= 0.0 else -1.0
            found += sign * rules[3] * on_backbone(far, deformation, force) * way / far
            found += sign * rules[4] * on_backbone(way, deformation, force)
    found *= max(1.0 - decay * memory[3], 0.0)
    dissipate(found, change, memory)
    return found


@compiled
def dissipate(force: float, change: float, memory: FloatArray) -> None:
    """Add the work of a change of deformation to a spring's memory; where the force reverses it is lost."""
    memory[2] += 0.5 * (force + memory[4]) * change
    if force * memory[4] < 0.0:
        memory[3] = max(memory[2], memory[3])
    memory[4] = force


@compiled
def dissipated(path: FloatArray, force: FloatArray) -> FloatArray:
    """Energy dissipated before the present excursion, at each point of a path (S,), shape (S,)."""
    found, memory = np.zeros(len(path)), np.zeros(MEMORY)
    for s in range(1, len(path)):
        dissipate(force[s], path[s] - path[s - 1], memory)
        found[s] = memory[3]
    return found


@compiled
def force_paths(path: FloatArray, deformation: FloatArray, force: FloatArray, pinch: float) -> FloatArray:
    """Forces by each rule, without deterioration, along a path (S,) from rest, shape (RULES, S)."""
    elements = parallel_elements(deformation, force)
    found = np.zeros((RULES, len(path)))
    for rule in range(RULES):
        rules = np.zeros(RULES)
        rules[rule] = 1.0
        plastic, state = np.zeros((2, len(deformation))), start(deformation, force)
        memory, before = np.zeros(MEMORY), 0.0
        for s in range(len(path)):
            found[rule, s] = spring_force(
                path[s], path[s] - before, rules, pinch, 0.0, plastic, state, memory, elements, deformation,
                force,
            )  # fmt: skip
            before = path[s]
    return found
