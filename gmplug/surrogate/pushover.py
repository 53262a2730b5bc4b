"""Stiffness, masses, damping and pushovers of a structure: analyses of its model, in a worker."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from gmplug.analysis.setup import AnalysisSetup
from gmplug.surrogate.static_model import SMALL_LOAD, STEPS, UP_TO_COLLAPSE, Path, StaticModel
from gmplug.values import FloatArray

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Unit of the pushover's load, over the weight.
_LOAD_UNIT = 0.01
#: Amplitudes of the cycles, as shares of the largest, and cycles at each: equal ones show lost strength.
_AMPLITUDES, _CYCLES = (0.0625, 0.125, 0.25, 0.5, 1.0), 2
#: Goals of a monotonic pushover, as shares of the last: steps grow with the drift.
_GROWING = 0.5 ** np.arange(7.0, -1.0, -1.0)
#: The largest roof displacement over that of the linear structure.
BEYOND_LINEAR = 2.0
#: Drift of the stories over that of the roof, in the cycles: drifts concentrate in some stories.
_STORY_OVER_ROOF = 2.0
#: Drift of a monotonic pushover over that of the cycles, in a model without a collapse drift.
_WITHOUT_COLLAPSE = 4.0
#: Names of the paths of a pushover.
_PATHS = ("cycles", "monotonic", "story_cycles", "story_monotonic")


@dataclass(frozen=True)
class Pushover:
    """What analyses of a model show in one direction of excitation, in the model's units.

    Parameters
    ----------
    component
        The component that excites the direction: ``h1`` or ``h2``.
    mass
        Of the floors above the base, shape (n,).
    flexibility
        Displacement of floor i by a unit load on floor j, gravity acting, shape (n, n).
    base_moment
        Of the supports, by a unit load on each floor, shape (n,); NaN where no node rotates.
    damping_ratios
        Of the modes, longest period first, in small free vibration, shape (n,); NaN where unknown.
    cycles, monotonic
        Pushed with loads in the shape of the first mode: in cycles, and up to the collapse drift.
    story_cycles, story_monotonic
        Pulled so that all stories have the same drift ratio. Those of one story are the two above.
    story_heights
        Shape (n,).
    gravity
        Acceleration of gravity.
    period_s
        First period that the model gives, s; NaN if none.
    collapse_drift_ratio
        As the model's.
    """

    component: str
    mass: FloatArray
    flexibility: FloatArray
    base_moment: FloatArray
    damping_ratios: FloatArray
    cycles: Path
    monotonic: Path
    story_cycles: Path
    story_monotonic: Path
    story_heights: FloatArray
    gravity: float
    period_s: float
    collapse_drift_ratio: float

    @property
    def stiffness(self) -> FloatArray:
        """Inverse of the symmetric part of the flexibility, shape (n, n)."""
        inverse = np.linalg.inv((self.flexibility + self.flexibility.T) / 2)
        return np.asarray((inverse + inverse.T) / 2)


def push(setup: AnalysisSetup, periods_s: Sequence[float], sa_g: Sequence[float]) -> list[Pushover]:
    """Build the model and push it in each horizontal direction that the study excites; for a worker process.

    Parameters
    ----------
    periods_s, sa_g
        A response spectrum, g: the cycles go to twice the displacement of the linear first mode under it.

    Raises
    ------
    StudyError
        The model has no mass at its floors, or a static analysis does not converge.
    """
    found: list[Pushover] = []
    while (one := _pushover(setup, len(found), periods_s, sa_g)) is not None:
        found.append(one)
    return found


def _pushover(
    setup: AnalysisSetup, number: int, periods_s: Sequence[float], sa_g: Sequence[float]
) -> Pushover | None:
    """Push the model in one of the directions; None beyond the last one."""
    with _built(setup, number) as (component, first):
        if first is None:
            return None
        model, mass = first.model, first.masses()
        weight, heights = float(mass.sum()) * model.gravity, np.asarray(model.story_heights, float)
        flexibility, base_moment = first.flexibility(weight * SMALL_LOAD)
        all_s, shapes = modes(mass, (flexibility + flexibility.T) / 2)
        damping = first.damping_ratios(shapes, all_s, mass)
    shape = shapes[:, 0]
    loads, stiffness = mass * shape / float(mass @ shape), np.diag(np.linalg.inv(flexibility))
    participation = float(mass @ shape) / float(mass @ shape**2)
    sa = float(np.interp(all_s[0], periods_s, sa_g)) * model.gravity
    largest = BEYOND_LINEAR * abs(participation * sa * (all_s[0] / (2 * math.pi)) ** 2)
    height = float(heights.sum())
    furthest = UP_TO_COLLAPSE * model.collapse_drift_ratio
    if not math.isfinite(furthest):
        furthest = _WITHOUT_COLLAPSE * largest / height

    def by_loads(floors: StaticModel, steps: int, goals: FloatArray, damping: bool = False) -> Path:
        return floors.push_by_loads(loads, weight * _LOAD_UNIT, goals, steps, damping)

    def by_drifts(floors: StaticModel, steps: int, goals: FloatArray, damping: bool = False) -> Path:
        return floors.push_by_drifts(stiffness, goals, steps, damping)

    cycles = _pushed(setup, number, partial(by_loads, goals=_goals(largest)))
    monotonic = _pushed(setup, number, partial(by_loads, goals=furthest * height * _GROWING, damping=True))
    story_cycles, story_monotonic = cycles, monotonic
    if len(mass) > 1:
        drifts = _goals(min(_STORY_OVER_ROOF * largest / height, furthest))
        story_cycles = _pushed(setup, number, partial(by_drifts, goals=drifts))
        story_monotonic = _pushed(setup, number, partial(by_drifts, goals=furthest * _GROWING, damping=True))
    return Pushover(
        component, mass, flexibility, base_moment, damping, cycles, monotonic, story_cycles, story_monotonic,
        heights, model.gravity, model.periods_s[0] if model.periods_s else math.nan,
        model.collapse_drift_ratio,
    )  # fmt: skip


def _pushed(setup: AnalysisSetup, number: int, push_floors: Callable[[StaticModel, int], Path]) -> Path:
    """Push the model, built anew; again in fewer steps where it does not converge. Return the longer path."""
    found: list[Path] = []
    for steps in STEPS:
        with _built(setup, number) as (_, floors):
            found.append(push_floors(floors, steps))
        if found[-1].complete:
            break
    return max(found, key=lambda path: float(np.abs(np.diff(path.displacement[:, -1])).sum()))


@contextmanager
def _built(setup: AnalysisSetup, number: int) -> Iterator[tuple[str, Any]]:
    """Build the model anew; give the component and the floors of a direction, None beyond the last one."""
    from gmplug.analysis.task import built

    with built(setup, "surrogate") as (ops, model, excited, settings):
        horizontal = [item for item in excited.items() if item[0] != "v"]
        if number < len(horizontal):
            component, direction = horizontal[number]
            yield component, StaticModel(ops, model, direction, settings)
        else:
            yield "", None


def _goals(largest: float) -> FloatArray:
    """Turning points of cycles of growing amplitude."""
    return np.array([sign * share * largest for share in _AMPLITUDES for sign in (1.0, -1.0) * _CYCLES])


def modes(mass: FloatArray, flexibility: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Periods, s, longest first, and shapes (n, n), columns; the roof moves by 1."""
    root = np.sqrt(mass)
    values, vectors = np.linalg.eigh(root[:, None] * flexibility * root)
    shapes = (vectors / root[:, None])[:, ::-1]
    return 2 * math.pi * np.sqrt(values[::-1]), np.asarray(shapes / shapes[-1])


def pushover_facts(pushover: Pushover) -> Mapping[str, Any]:
    """A pushover as plain data, for its file."""
    facts = {name: _plain(value) for name, value in vars(pushover).items() if name not in _PATHS}
    return facts | {
        name: {key: _plain(value) for key, value in vars(getattr(pushover, name)).items()} for name in _PATHS
    }


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value


def read_pushover(facts: Mapping[str, Any]) -> Pushover:
    """Return the pushover of :func:`pushover_facts`."""
    values: dict[str, Any] = {
        name: Path(**_arrays(value)) if isinstance(value, dict) else value for name, value in facts.items()
    }
    return Pushover(**_arrays(values))


def _arrays(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {k: np.asarray(v, dtype=float) if isinstance(v, list) else v for k, v in facts.items()}
