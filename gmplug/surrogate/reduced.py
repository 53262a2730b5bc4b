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
POINTS = 12
#: A spring yields where its force falls below this share of the linear one.
_YIELDS = 0.98
#: A spring that yields only beyond this share of its largest deformation counts as linear.
_LINEAR_UP_TO = 0.9
#: Less plastic deformation than this share of the linear one is none.
_NO_PLASTICITY = 1e-3
#: A backbone goes on in its last direction to this multiple of the largest deformation.
_BEYOND = 3.0
#: Weight of the shares' sum in the fit of the hysteresis.
_SUM_WEIGHT = 100.0
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
        C without the springs' part, shape (n, n).
    tangent_damping_s
        The springs' damping forces over the rate of their forces, s: as they yield, damping falls too.
    deformation
        B, shape (s, n).
    backbone
        Deformations (s, p) and forces (s, p), rising deformations, the first at yield.
    rules
        Shares of the hysteretic rules, in the order of :mod:`~gmplug.surrogate.hysteresis`, shape (s, R).
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
    tangent_damping_s: float
    deformation: FloatArray
    backbone: tuple[FloatArray, FloatArray]
    rules: FloatArray
    periods_s: FloatArray
    fit: FloatArray
    story_heights: FloatArray
    gravity: float
    collapse_drift_ratio: float
    component: str


def reduced_models(pushover: Pushover, damping_ratio: float) -> dict[str, Reduced]:
    """Return the surrogates by kind; a single story has one."""
    found = {}
    springs = _story_stiffness(pushover)
    if springs is not None:
        stories = story_springs(pushover, damping_ratio, springs)
        if len(springs) == 1 or stories.backbone[1][:, :-1].min() > 0:
            found[STORIES] = stories
    if len(pushover.mass) > 1:
        found[MECHANISM] = plastic_mechanism(pushover, damping_ratio)
    return found


def _story_stiffness(pushover: Pushover) -> FloatArray | None:
    """Stiffnesses of the stories' springs, shape (n,); None where the structure is no shear-like one.

    The springs have the story shears in one shape, in which the rest is left without stiffness: that of the
    plastic displacements, so that the rest does not resist the mechanism; where springs of it would be
    negative, that of the first displacements.
    """
    stiffness, stories = pushover.stiffness, _story_drifts(len(pushover.mass))
    inverse = np.linalg.inv(np.linalg.cholesky(stiffness))
    for shape in (_mechanism(pushover), pushover.displacement[1]):
        with np.errstate(divide="ignore", invalid="ignore"):
            springs = _story_shears(stiffness @ shape) / (stories @ shape)
        if np.isfinite(springs).all() and springs.min() > 0:
            share = inverse @ (stories.T * springs) @ stories @ inverse.T
            return np.asarray(springs * min(1.0, 1.0 / float(np.linalg.eigvalsh(share)[-1])))
    return None


def story_springs(pushover: Pushover, damping_ratio: float, springs: FloatArray) -> Reduced:
    """A spring in each story, of the stiffnesses (n,), beside the rest of the structure, which stays linear.

    A backbone is the story's shear in the pushover, less that of the rest.
    """
    stiffness, stories = pushover.stiffness, _story_drifts(len(pushover.mass))
    rest = stiffness - (stories.T * springs) @ stories
    drift = pushover.displacement @ stories.T
    shear = pushover.load[:, None] * np.cumsum(pushover.shape[::-1])[::-1]
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
    """Shears of the stories from loads on the floors, (…, n) each."""
    return np.cumsum(loads[..., ::-1], axis=-1)[..., ::-1]


def _mechanism(pushover: Pushover) -> FloatArray:
    """Main shape of the plastic displacements u − K⁻¹ p along the pushover, in the norm of K, shape (n,)."""
    stiffness = pushover.stiffness
    linear = pushover.load[:, None] * pushover.shape @ np.linalg.inv(stiffness)
    root = np.linalg.cholesky(stiffness)
    plastic = (pushover.displacement - linear) @ root
    if np.linalg.norm(plastic) < _NO_PLASTICITY * np.linalg.norm(linear @ root):
        plastic = linear @ root
    shape = np.linalg.solve(root.T, np.linalg.svd(plastic, full_matrices=False)[2][0])
    loads = pushover.load[1] * pushover.shape
    return np.asarray(shape * math.copysign(1.0 / float(np.max(np.abs(shape))), float(loads @ shape)))


def plastic_mechanism(pushover: Pushover, damping_ratio: float) -> Reduced:
    """The linear structure with one plastic mechanism in series, of the main shape ψ of plastic displacement.

    With the force ψᵀ p and the deformation b u, b = ψᵀK / (ψᵀKψ), it is a spring of stiffness ψᵀKψ.
    """
    stiffness, shape = pushover.stiffness, _mechanism(pushover)
    loads = pushover.load[:, None] * pushover.shape
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
    blends = [
        _blend(y, force_paths(np.ascontiguousarray(x), points, forces))
        for (x, y), points, forces in zip(paths, *backbone, strict=True)
    ]
    rules, fit = np.array([one[0] for one in blends]), np.array([one[1] for one in blends])
    stiffness = pushover.stiffness
    root = np.sqrt(pushover.mass)
    squares = np.linalg.eigvalsh(stiffness / root[:, None] / root)
    periods_s = 2 * math.pi / np.sqrt(squares)
    rest = stiffness - (deformation.T * springs) @ deformation
    of_mass, of_stiffness = _rayleigh(periods_s, damping_ratio)
    return Reduced(
        kind, pushover.mass, rest, of_mass * np.diag(pushover.mass) + of_stiffness * rest, of_stiffness,
        deformation, backbone, rules, periods_s, fit, pushover.story_heights, pushover.gravity,
        pushover.collapse_drift_ratio, pushover.component,
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
        points = largest * np.linspace(1.0, 2.0, POINTS + 1)
        return points, stiffness * points
    points = np.geomspace(first, max(largest, 1.2 * first), POINTS)
    forces = np.interp(points, x, y)
    points[0] = forces[0] / stiffness  # on the first line, not beyond it
    slope = min((forces[-1] - forces[-2]) / (points[-1] - points[-2]), 0.0)
    last = forces[-1] + slope * (_BEYOND - 1.0) * largest
    return np.append(points, _BEYOND * points[-1]), np.append(forces, max(last, 0.0))


def _blend(force: FloatArray, by_rule: FloatArray) -> tuple[FloatArray, float]:
    """Shares of the rules (R,), sum 1, that fit the forces (S,) best, and the share of variance explained."""
    from scipy.optimize import nnls

    total = float(force @ force)
    scaled = by_rule / math.sqrt(total)
    rows = np.vstack([scaled.T, np.full(len(by_rule), _SUM_WEIGHT)])
    share = nnls(rows, np.concatenate([force / math.sqrt(total), [_SUM_WEIGHT]]))[0]
    share = share / share.sum()
    left = force - share @ by_rule
    return share, 1.0 - float(left @ left) / total


def _rayleigh(periods_s: FloatArray, damping_ratio: float) -> tuple[float, float]:
    """Factors of mass and stiffness, exact in modes 1 and 3 (or the last); for one story of mass alone."""
    if len(periods_s) == 1:
        return 4 * math.pi * damping_ratio / float(periods_s[0]), 0.0
    other = periods_s[min(_SECOND_DAMPED_MODE, len(periods_s)) - 1]
    return rayleigh_factors(float(periods_s[0]), float(other), damping_ratio)
