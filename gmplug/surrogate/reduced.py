"""Surrogates from a pushover: a linear structure with hysteretic springs; README.md has the equations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gmplug.structures.damping import rayleigh_factors
from gmplug.surrogate.pushover import Pushover
from gmplug.values import FloatArray

#: Kinds of surrogates.
STORIES, MECHANISM = "stories", "mechanism"
#: Points of a backbone.
POINTS = 8
#: Part of the stiffness, in each deformation, that stays linear: enough for a structure that is stable.
LINEAR_PART = 0.02
#: A spring yields where its force falls below this share of the linear one.
_YIELDS = 0.98
#: A spring that yields only beyond this share of its largest deformation counts as linear.
_LINEAR_UP_TO = 0.9
#: Less plastic deformation than this share of the linear one is none.
_NO_PLASTICITY = 1e-3
#: Modes in which the damping ratio is exact: the first, and this one or the last.
_SECOND_DAMPED_MODE = 3


@dataclass(frozen=True)
class Reduced:
    """A reduced model with n floors and s springs: M u'' + C u' + K u + Bᵀ f(B u) = −m a_g.

    Parameters
    ----------
    kind
        ``stories`` or ``mechanism``.
    mass
        m, shape (n,).
    stiffness
        K, of the part that stays linear, shape (n, n).
    damping
        C, shape (n, n).
    deformation
        B, shape (s, n).
    backbone
        Deformations (s, p) and forces (s, p), rising deformations, the first at yield.
    kinematic
        Share of the hysteresis that is kinematic, shape (s,); the rest is peak-oriented.
    periods_s
        Of the linear structure, s, longest first, shape (n,).
    fit
        Share of the variance of the springs' forces in the pushover that the hysteresis explains, shape (s,).
    story_heights, gravity, collapse_drift_ratio, component
        As in :class:`Pushover`.
    """

    kind: str
    mass: FloatArray
    stiffness: FloatArray
    damping: FloatArray
    deformation: FloatArray
    backbone: tuple[FloatArray, FloatArray]
    kinematic: FloatArray
    periods_s: FloatArray
    fit: FloatArray
    story_heights: FloatArray
    gravity: float
    collapse_drift_ratio: float
    component: str


def reduced_models(pushover: Pushover, damping_ratio: float) -> dict[str, Reduced]:
    """Return the surrogates by kind; a single story has one."""
    found = {STORIES: story_springs(pushover, damping_ratio)}
    if len(pushover.mass) > 1:
        found[MECHANISM] = plastic_mechanism(pushover, damping_ratio)
    return found


def story_springs(pushover: Pushover, damping_ratio: float) -> Reduced:
    """A spring in each story, beside the rest of the structure, which stays linear.

    A spring has the story's stiffness in the first mode, reduced by a common factor where the rest would lose
    more than all but :data:`LINEAR_PART` of its stiffness in some deformation. Its backbone is the story's
    shear in the pushover less that of the rest.
    """
    stiffness = pushover.stiffness
    stories = _story_drifts(len(pushover.mass))
    drift = pushover.displacement @ stories.T
    shear = pushover.load[:, None] * np.cumsum(pushover.shape[::-1])[::-1]
    springs = shear[1] / drift[1]
    inverse = np.linalg.inv(np.linalg.cholesky(stiffness))
    share = inverse @ (stories.T * springs) @ stories @ inverse.T
    springs = springs * min(1.0, (1.0 - LINEAR_PART) / float(np.linalg.eigvalsh(share)[-1]))
    rest = stiffness - (stories.T * springs) @ stories
    force = shear - _story_shears(pushover.displacement @ rest)
    paths = list(zip(drift.T, force.T, strict=True))
    roof_drift = pushover.roof_displacement @ stories.T
    roof_force = pushover.roof_load[:, None] - _story_shears(pushover.roof_displacement @ rest)
    for story, one in enumerate(zip(roof_drift.T, roof_force.T, strict=True)):
        linear = _yield_point(*paths[story], springs[story]) is None
        if linear and _yield_point(*one, springs[story]) is not None:
            paths[story] = one
    return _reduced(STORIES, pushover, damping_ratio, stories, springs, paths)


def _story_shears(loads: FloatArray) -> FloatArray:
    """Shears of the stories from loads on the floors, (S, n) each."""
    return np.cumsum(loads[:, ::-1], axis=1)[:, ::-1]


def plastic_mechanism(pushover: Pushover, damping_ratio: float) -> Reduced:
    """The linear structure with one plastic mechanism in series: the main shape of the plastic displacements.

    The shape ψ is the first principal component of u − K⁻¹ p along the pushover, in the norm of K. With the
    force ψᵀ p and the deformation b u, b = ψᵀK / (ψᵀKψ), the mechanism is a spring of stiffness ψᵀKψ.
    """
    stiffness = pushover.stiffness
    loads = pushover.load[:, None] * pushover.shape
    linear = loads @ np.linalg.inv(stiffness)
    root = np.linalg.cholesky(stiffness)
    plastic = (pushover.displacement - linear) @ root
    if np.linalg.norm(plastic) < _NO_PLASTICITY * np.linalg.norm(linear @ root):
        plastic = linear @ root
    shape = np.linalg.solve(root.T, np.linalg.svd(plastic, full_matrices=False)[2][0])
    shape = shape * math.copysign(1.0 / float(np.max(np.abs(shape))), float(loads[1] @ shape))
    spring = float(shape @ stiffness @ shape)
    deformation = (stiffness @ shape / spring)[None]
    return _reduced(
        MECHANISM, pushover, damping_ratio, deformation, np.array([spring]),
        [(pushover.displacement @ deformation[0], loads @ shape)],
    )  # fmt: skip


def _reduced(
    kind: str,
    pushover: Pushover,
    damping_ratio: float,
    deformation: FloatArray,
    springs: FloatArray,
    paths: Sequence[tuple[FloatArray, FloatArray]],
) -> Reduced:
    """Fit backbones and hysteresis to each spring's deformations and forces, (S,) each, in a pushover."""
    from gmplug.surrogate.hysteresis import force_paths  # numba, only where its loops run

    backbones = [_backbone(*path, spring) for path, spring in zip(paths, springs, strict=True)]
    backbone = np.array([one[0] for one in backbones]), np.array([one[1] for one in backbones])
    kinematic, fit = np.empty(len(springs)), np.empty(len(springs))
    for spring, (x, y) in enumerate(paths):
        one, other = force_paths(np.ascontiguousarray(x), backbone[0][spring], backbone[1][spring])
        kinematic[spring], fit[spring] = _blend(y, one, other)
    stiffness = pushover.stiffness
    root = np.sqrt(pushover.mass)
    squares = np.linalg.eigvalsh(stiffness / root[:, None] / root)
    periods_s = 2 * math.pi / np.sqrt(squares)
    return Reduced(
        kind, pushover.mass, stiffness - (deformation.T * springs) @ deformation,
        _damping(pushover.mass, stiffness, periods_s, damping_ratio), deformation, backbone, kinematic,
        periods_s, fit, pushover.story_heights, pushover.gravity, pushover.collapse_drift_ratio,
        pushover.component,
    )  # fmt: skip


def _story_drifts(stories: int) -> FloatArray:
    """Matrix from displacements of floors to drifts of stories, shape (n, n)."""
    return np.eye(stories) - np.eye(stories, k=-1)


def _envelope(path: FloatArray, force: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return each new largest deformation, rising, and its force."""
    new = (path >= np.maximum.accumulate(path)) & (path > 1e-6 * np.max(path))
    order = np.argsort(path[new])
    return path[new][order], force[new][order]


def _yield_point(path: FloatArray, force: FloatArray, stiffness: float) -> float | None:
    """Return the deformation at which a spring leaves its line; None where it never does before its end."""
    x, y = _envelope(path, force)
    yielded = x[y < _YIELDS * stiffness * x]
    return float(yielded[0]) if len(yielded) and yielded[0] < _LINEAR_UP_TO * x[-1] else None


def _backbone(path: FloatArray, force: FloatArray, stiffness: float) -> tuple[FloatArray, FloatArray]:
    """Points of the force at each new largest deformation, the first at yield, then geometrically spaced."""
    x, y = _envelope(path, force)
    first, largest = _yield_point(path, force, stiffness), float(x[-1])
    if first is None:
        points = largest * np.linspace(1.0, 2.0, POINTS)
        return points, stiffness * points
    points = np.concatenate([[first], np.geomspace(1.1 * first, max(largest, 1.2 * first), POINTS - 1)])
    return points, np.concatenate([[stiffness * first], np.interp(points[1:], x, y)])


def _blend(force: FloatArray, kinematic: FloatArray, peak_oriented: FloatArray) -> tuple[float, float]:
    """Share of the kinematic rule that fits the forces best, and the share of variance explained."""
    apart = kinematic - peak_oriented
    total = float(force @ force)
    if not float(apart @ apart) > 1e-12 * total:
        share = 1.0
    else:
        share = float(np.clip(apart @ (force - peak_oriented) / (apart @ apart), 0.0, 1.0))
    left = force - share * kinematic - (1 - share) * peak_oriented
    return share, 1.0 - float(left @ left) / total


def _damping(
    mass: FloatArray, stiffness: FloatArray, periods_s: FloatArray, damping_ratio: float
) -> FloatArray:
    """Rayleigh damping of the linear structure, exact in modes 1 and 3 (or the last)."""
    if len(mass) == 1:
        return np.array([[4 * math.pi * damping_ratio / periods_s[0] * mass[0]]])
    other = periods_s[min(_SECOND_DAMPED_MODE, len(mass)) - 1]
    of_mass, of_stiffness = rayleigh_factors(float(periods_s[0]), float(other), damping_ratio)
    return np.asarray(of_mass * np.diag(mass) + of_stiffness * stiffness)
