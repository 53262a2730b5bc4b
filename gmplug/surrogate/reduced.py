"""Surrogates from a pushover: a linear structure with hysteretic springs; README.md has the equations."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gmplug.structures.damping import rayleigh_factors
from gmplug.surrogate.fishbone import Fishbone, fishbone
from gmplug.surrogate.pushover import Pushover
from gmplug.surrogate.springs import Springs, fitted_springs
from gmplug.surrogate.static_model import Path
from gmplug.values import FloatArray, IntArray

#: Kinds of surrogates.
STORIES, JOINTS, COLUMNS, MECHANISM = "stories", "joints", "columns", "mechanism"
#: Less plastic deformation than this share of the linear one is none.
_NO_PLASTICITY = 1e-3
#: A joint whose spring has less than this share of the springs' energy stays linear.
_IDLE = 1e-3
#: Where stories and joints miss more than this share of the loads, columns are searched for hinges.
_MISSES = 0.05
#: Springs of columns of which one explains less of its forces' variance are none.
_SOUND_FIT = 0.9
#: Inertia of a joint over mass of the floor times squared height of the story; it only orders the steps.
_JOINT_INERTIA = 1e-4
#: A rest with less than this share of the stiffness is none.
_NO_REST = 1e-6
#: Damping ratios below this one are as good as none.
_LEAST_RATIO = 1e-4
#: Modes in which the damping ratio is exact: the first, and this one or the last.
_SECOND_DAMPED_MODE = 3


@dataclass(frozen=True)
class Reduced:
    """A reduced model with n floors and s springs: M u'' + C u' + K u + Bᵀ f(B u) = −m a_g.

    Parameters
    ----------
    kind
        ``stories``, ``joints``, ``columns`` or ``mechanism``.
    mass
        m of the floors, then of rotations if any, shape (N,).
    stiffness
        K, of the part that stays linear, shape (N, N).
    damping
        C without the springs' part, shape (N, N).
    tangent_damping_s
        The springs' damping forces over the rate of their forces, s: as they yield, damping falls too.
    springs
        Of deformations B, shape (s, N).
    periods_s
        Of the linear structure, s, longest first, shape (n,).
    story_heights, gravity, collapse_drift_ratio, component
        As in :class:`Pushover`.
    """

    kind: str
    mass: FloatArray
    stiffness: FloatArray
    damping: FloatArray
    tangent_damping_s: float
    springs: Springs
    periods_s: FloatArray
    story_heights: FloatArray
    gravity: float
    collapse_drift_ratio: float
    component: str


def reduced_models(pushover: Pushover, damping_ratio: float) -> dict[str, Reduced]:
    """Return the surrogates by kind; a single story has one.

    Of stories, without and with P-Delta, and joints there is the one whose springs have the loads of the
    pushover by the first mode. Where it misses more than a few percent of them, there are columns too.
    """
    frame = fishbone(pushover)
    kinds = [
        (STORIES, _of_stories(pushover, 0.0)),
        (STORIES, _of_stories(pushover, 1.0)),
        (JOINTS, None if frame is None else _of_joints(pushover, frame, np.array([], dtype=np.int64))),
    ]
    made = [(kind, parts) for kind, parts in kinds if parts is not None]
    found = dict([min(made, key=lambda one: _missed_loads(pushover, one[1]))] if made else [])
    if frame is not None and all(_missed_loads(pushover, one) > _MISSES for one in found.values()):
        columns = _of_columns(pushover, frame)
        found |= {} if columns is None else {COLUMNS: columns}
    if len(pushover.mass) > 1:
        found[MECHANISM] = _of_mechanism(pushover)
    return {kind: _reduced(kind, pushover, damping_ratio, made) for kind, made in found.items()}


@dataclass(frozen=True)
class _Parts:
    """What stays linear, and the springs beside it.

    ``along`` gives the displacements (S, N) and the springs' forces (S, s) along a path.
    """

    rest: FloatArray
    springs: Springs
    along: Callable[[Path], tuple[FloatArray, FloatArray]]
    monotonic: Path


def _fitted(
    rest: FloatArray,
    deformation: FloatArray,
    stiffness: FloatArray,
    along: Callable[[Path], tuple[FloatArray, FloatArray]],
    monotonic: Path,
    cycles: Path,
) -> _Parts:
    paths = [along(path) for path in (monotonic, cycles)]
    made = fitted_springs(deformation, stiffness, *((u @ deformation.T, force) for u, force in paths))
    return _Parts(rest, made, along, monotonic)


def _missed_loads(pushover: Pushover, parts: _Parts) -> float:
    """Share of the loads in the cycles by the first mode that the springs miss, in the norm of K⁻¹."""
    n, path, springs = len(pushover.mass), pushover.cycles, parts.springs
    displacement, force = parts.along(path)
    missed = springs.errors(displacement @ springs.deformation.T, force) @ springs.deformation
    whole = parts.rest + (springs.deformation.T * springs.stiffness) @ springs.deformation
    if len(whole) > n:  # the joints turn until they are in equilibrium
        missed = missed[:, :n] - missed[:, n:] @ np.linalg.solve(whole[n:, n:], whole[n:, :n])
    root = np.linalg.inv(np.linalg.cholesky(pushover.stiffness)).T
    return float(np.linalg.norm(missed @ root) / np.linalg.norm(path.load @ root))


def _story_stiffness(pushover: Pushover) -> FloatArray | None:
    """Stiffnesses of the stories' springs, shape (n,); None where the structure is no shear-like one.

    The springs have the story shears under equal drift ratios, in which the rest is left without stiffness:
    it does not resist what yields all stories.
    """
    stiffness, stories = pushover.stiffness, _story_drifts(len(pushover.mass))
    inverse = np.linalg.inv(np.linalg.cholesky(stiffness))
    shape = np.cumsum(pushover.story_heights)
    first = pushover.cycles.displacement[1]
    for one in (shape, first):
        springs = _story_shears(stiffness @ one) / (stories @ one)
        if springs.min() > 0:
            share = inverse @ (stories.T * springs) @ stories @ inverse.T
            return np.asarray(springs * min(1.0, 1.0 / float(np.linalg.eigvalsh(share)[-1])))
    return None


def _of_stories(pushover: Pushover, p_delta: float) -> _Parts | None:
    """A spring in each story beside the rest of the structure, which stays linear.

    Its force is the story's shear in the pushover, less that of the rest. This has P-Delta of the floors'
    weight times ``p_delta``, so that the springs' hysteresis is free of it.
    """
    springs = _story_stiffness(pushover)
    if springs is None:
        return None
    weight = pushover.gravity * np.cumsum(pushover.mass[::-1])[::-1]
    springs = springs + p_delta * weight / pushover.story_heights
    stories = _story_drifts(len(pushover.mass))
    rest = pushover.stiffness - (stories.T * springs) @ stories

    def along(path: Path) -> tuple[FloatArray, FloatArray]:
        return path.displacement, _story_shears(path.load - path.displacement @ rest)

    made = _fitted(rest, stories, springs, along, pushover.story_monotonic, pushover.story_cycles)
    return made if len(springs) == 1 or made.springs.backbone[1][:, :-1].min() > 0 else None


def _of_columns(pushover: Pushover, frame: Fishbone) -> _Parts | None:
    """The fishbone with hinges in the columns of some stories instead of yielding joints above them.

    The base may be linear too. Springs must have forces that hysteresis explains. From none and from all of
    these changes, the one that lowers the missed loads most comes first.
    """
    count = len(frame.springs)
    tried: dict[tuple[bool, ...], tuple[float, _Parts]] = {}

    def missed(linear: tuple[bool, ...]) -> float:
        if linear not in tried:
            parts = _of_joints(pushover, frame, np.flatnonzero(linear))
            sound = parts.springs.fit.min() > _SOUND_FIT
            tried[linear] = _missed_loads(pushover, parts) if sound else math.inf, parts
        return tried[linear][0]

    for start in (False, True):
        best = (start,) * count
        while True:
            others = [tuple(one != (at == joint) for at, one in enumerate(best)) for joint in range(count)]
            other = min(others, key=missed)
            if missed(other) >= missed(best):
                break
            best = other
    least, parts = min(tried.values(), key=lambda one: one[0])
    return parts if math.isfinite(least) else None


def _of_joints(pushover: Pushover, frame: Fishbone, linear: IntArray) -> _Parts:
    """The fishbone whose joints yield but the linear ones, below which the columns have hinges."""
    n, hinged = len(pushover.mass), linear[linear > 0] - 1
    stiffness = np.concatenate([frame.springs, 2 * frame.sway[hinged]])
    energy = stiffness * frame.deformations(pushover.story_cycles, linear)[0][1] ** 2
    energy[linear] = 0.0
    yields = energy > _IDLE * energy.max()
    rest = frame.hinged(hinged) + np.diag(np.concatenate([np.zeros(n), np.where(yields, 0.0, stiffness)]))

    def along(path: Path) -> tuple[FloatArray, FloatArray]:
        found, forces = frame.deformations(path, linear)
        return np.hstack([path.displacement, found]), forces[:, yields]

    deformation, springs = np.eye(len(rest))[n:][yields], stiffness[yields]
    return _fitted(rest, deformation, springs, along, pushover.story_monotonic, pushover.story_cycles)


def _of_mechanism(pushover: Pushover) -> _Parts:
    """The linear structure with one plastic mechanism in series, of the main shape ψ of plastic displacement.

    With the force ψᵀ p and the deformation b u, b = ψᵀK / (ψᵀKψ), it is a spring of stiffness ψᵀKψ.
    """
    stiffness, shape = pushover.stiffness, _mechanism(pushover)
    spring = float(shape @ stiffness @ shape)
    deformation = (stiffness @ shape / spring)[None]

    def along(path: Path) -> tuple[FloatArray, FloatArray]:
        return path.displacement, (path.load @ shape)[:, None]

    rest = stiffness - (deformation.T * spring) @ deformation
    return _fitted(rest, deformation, np.array([spring]), along, pushover.monotonic, pushover.cycles)


def _story_drifts(stories: int) -> FloatArray:
    """Matrix from displacements of floors to drifts of stories, shape (n, n)."""
    return np.eye(stories) - np.eye(stories, k=-1)


def _story_shears(loads: FloatArray) -> FloatArray:
    """Shears of the stories from loads on the floors, (…, n) each."""
    return np.cumsum(loads[..., ::-1], axis=-1)[..., ::-1]


def _mechanism(pushover: Pushover) -> FloatArray:
    """Main shape of the plastic displacements u − K⁻¹ p along the cycles, in the norm of K, shape (n,)."""
    stiffness, path = pushover.stiffness, pushover.cycles
    linear = path.load @ np.linalg.inv(stiffness)
    root = np.linalg.cholesky(stiffness)
    plastic = (path.displacement - linear) @ root
    if np.linalg.norm(plastic) < _NO_PLASTICITY * np.linalg.norm(linear @ root):
        plastic = linear @ root
    shape = np.linalg.solve(root.T, np.linalg.svd(plastic, full_matrices=False)[2][0])
    return np.asarray(shape * math.copysign(1.0 / float(np.max(np.abs(shape))), float(path.load[1] @ shape)))


def _reduced(kind: str, pushover: Pushover, damping_ratio: float, made: _Parts) -> Reduced:
    """Add masses and damping."""
    rest, springs = made.rest, made.springs
    n, size = len(pushover.mass), len(rest)
    mass = np.concatenate([pushover.mass, np.full(size - n, _JOINT_INERTIA * pushover.mass.mean())])
    if kind in (JOINTS, COLUMNS):
        mass[n : 2 * n + 1] *= float(np.mean(pushover.story_heights)) ** 2
    of_springs = (springs.deformation.T * springs.stiffness) @ springs.deformation
    root = np.sqrt(mass)
    squares, shapes = np.linalg.eigh((rest + of_springs) / root[:, None] / root)
    shapes, omega = (shapes / root[:, None])[:, :n], np.sqrt(squares[:n])
    terms = np.array(
        [np.einsum("ij,ik,kj->j", shapes, of, shapes) for of in (np.diag(mass), rest, of_springs)]
    )
    effective = (shapes.T @ np.concatenate([pushover.mass, np.zeros(size - n)])) ** 2
    by_mass, by_rest, by_springs, tangent_s = _damping(
        pushover.damping_ratios, damping_ratio, omega, terms.T, effective, _damping_works(made, np.diag(mass))
    )
    damping = by_mass * np.diag(mass) + by_rest * rest + by_springs * of_springs
    return Reduced(
        kind, mass, rest, damping, tangent_s, springs, 2 * math.pi / omega, pushover.story_heights,
        pushover.gravity, pushover.collapse_drift_ratio, pushover.component,
    )  # fmt: skip


def _damping_works(made: _Parts, mass: FloatArray) -> FloatArray:
    """Works vᵀ C v by unit factors of mass, rest, springs, yielding springs; and the model's, (S − 1, 5)."""
    displacement, force = (np.diff(of, axis=0) for of in made.along(made.monotonic))
    drift = displacement @ made.springs.deformation.T
    parts = [np.einsum("si,ij,sj->s", displacement, of, displacement) for of in (mass, made.rest)]
    springs = [drift**2 @ made.springs.stiffness, np.sum(drift * force, axis=1)]
    return np.column_stack([*parts, *springs, made.monotonic.damping_work[1:]])


def _damping(
    measured: FloatArray,
    damping_ratio: float,
    omega: FloatArray,
    terms: FloatArray,
    effective: FloatArray,
    works: FloatArray,
) -> FloatArray:
    """Factors of mass, of the rest's stiffness, and of the springs' before and as they yield, shape (4,).

    Least squares of relative errors: of the model's damping ratios in free vibration, weighed by the modes'
    effective masses, and of the works of its Rayleigh damping in the monotonic pushover. ``terms`` are
    φᵀ … φ of the first three, shape (n, 3). Other damping, as of modes or dashpots, does not yield. Where
    the ratios are unknown, Rayleigh damping has ``damping_ratio`` in modes 1 and 3; one story, by mass.
    """
    from scipy.optimize import nnls

    n = len(omega)
    if np.isnan(measured).any():
        if n == 1:
            return np.array([2 * damping_ratio * float(omega[0]), 0.0, 0.0, 0.0])
        other = 2 * math.pi / float(omega[min(_SECOND_DAMPED_MODE, n) - 1])
        of_mass, of_stiffness = rayleigh_factors(2 * math.pi / float(omega[0]), other, damping_ratio)
        return np.array([of_mass, of_stiffness, 0.0, of_stiffness])
    omega, terms, effective = omega[: len(measured)], terms[: len(measured)], effective[: len(measured)]
    ratios = np.maximum(measured, _LEAST_RATIO)[:, None]
    weights = np.sqrt(effective / effective.sum())
    rows = terms[:, [0, 1, 2, 2]] / (2 * omega[:, None] * ratios) * weights[:, None]
    goal = weights * measured / ratios[:, 0]
    if works[0, 4] > 0:
        works = works / np.maximum(works[:, 4:], 1e-6 * works[0, 4]) / math.sqrt(len(works))
        rows, goal = np.vstack([rows, works[:, :4]]), np.append(goal, works[:, 4])
    else:
        rows[:, 3] = 0.0
    if np.max(np.abs(terms[:, 1]) / omega**2) < _NO_REST:
        rows[:, 1] = 0.0
    scale = np.maximum(np.abs(rows).max(axis=0), 1e-300)
    return np.asarray(nnls(rows / scale, goal)[0] / scale)
