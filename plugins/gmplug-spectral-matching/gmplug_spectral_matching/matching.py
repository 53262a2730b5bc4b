"""Matches one record with REQPY and computes its misfit before and after."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

import gmplug

#: Periods, to either side of the range, that wavelets at its ends reach into.
TRANSITION = 1.5


def library() -> ModuleType:
    """Return REQPY; raises InputError if it is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its docstrings
            import reqpy_M
    except ImportError as error:
        raise gmplug.InputError(
            f"[motions] provider 'spectral-matching' needs REQPY, which cannot be imported ({error}); "
            "install it: pip install reqpy-M"
        ) from error
    return reqpy_M


@dataclass(frozen=True)
class Matched:
    """A record before and after matching.

    Accelerations of the matched one by component, (n,), g; Sa of both at the target's periods, (P,), g.
    """

    id: str
    time_step_s: float
    acceleration_g: Mapping[str, np.ndarray]
    sa_before_g: np.ndarray
    sa_after_g: np.ndarray

    def misfit(
        self, periods_s: np.ndarray, median_g: np.ndarray, range_s: tuple[float, float]
    ) -> dict[str, Any]:
        """Return a row of the table: rms of Sa over target − 1 in the range, change of Sa well outside."""
        inside = (periods_s >= range_s[0]) & (periods_s <= range_s[1])
        away = (periods_s < range_s[0] / TRANSITION) | (periods_s > range_s[1] * TRANSITION)
        before, after = self.sa_before_g / median_g - 1, self.sa_after_g / median_g - 1
        change = self.sa_after_g / self.sa_before_g - 1
        return {
            "id": self.id,
            "misfit_before": float(np.sqrt(np.mean(before[inside] ** 2))),
            "misfit_after": float(np.sqrt(np.mean(after[inside] ** 2))),
            "largest_misfit_after": float(np.max(np.abs(after[inside]))),
            "largest_change_outside": float(np.max(np.abs(change[away]))) if away.any() else np.nan,
        }


def match(
    motion: gmplug.SelectedMotion,
    periods_s: np.ndarray,
    median_g: np.ndarray,
    range_s: tuple[float, float],
    percentile: int | None,
    iterations: int,
    scales: int,
) -> Matched:
    """Match a record to the median of a target within a period range.

    Parameters
    ----------
    periods_s, median_g
        The target, shape (P,) each.
    percentile
        Of RotDnn for a pair; None for a single component.

    Raises InputError where the record cannot be matched.
    """
    names = ("h1",) if percentile is None else ("h1", "h2")
    scaled = [motion.acceleration_g(name) for name in names]
    step = motion.time_step_s
    wanted_s, wanted_g = wanted(scaled, step, periods_s, median_g, range_s, percentile)
    options: dict[str, Any] = {
        "T1PSA": wanted_s[0], "T2PSA": wanted_s[-1], "NS": scales, "nit": iterations, "zi": 0.05,
    }  # fmt: skip
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if percentile is None:
                found = library().generate_single_component_compatible_record(
                    scaled[0], 1 / step, wanted_s, wanted_g, **options
                )
                made = [found["sc"]]
            else:
                found = library().generate_rotdnn_compatible_record(
                    *scaled, 1 / step, wanted_s, wanted_g, nn=percentile, **options
                )
                made = [found["sc1"], found["sc2"]]
    except (ValueError, IndexError, ZeroDivisionError, FloatingPointError) as error:
        raise gmplug.InputError(f"record {motion.id}: REQPY cannot match it ({error}); reject it") from error
    made = [np.asarray(values, dtype=float) for values in made]
    if not all(np.all(np.isfinite(values)) for values in made):
        raise gmplug.InputError(f"record {motion.id}: REQPY made no finite motion of it; reject it")
    return Matched(
        motion.id,
        step,
        dict(zip(names, made, strict=True)),
        spectrum(scaled, step, periods_s, percentile),
        spectrum(made, step, periods_s, percentile),
    )


def wanted(
    components: list[np.ndarray],
    step_s: float,
    periods_s: np.ndarray,
    median_g: np.ndarray,
    range_s: tuple[float, float],
    percentile: int | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the spectrum to match: the target's median in the range, the record's own spectrum outside.

    Wavelets of the range also change Sa outside; with the record's own spectrum wanted there, they change it
    little. From the ends of the range on, ln of the ratio of the two falls to 0 over :data:`TRANSITION`.
    """
    longest_s = min(10.0, len(components[0]) * step_s / 4)
    around = np.geomspace(max(0.02, 4 * step_s), max(longest_s, range_s[1]), 80)
    inside = periods_s[(periods_s > range_s[0]) & (periods_s < range_s[1])]
    grid = np.unique(np.concatenate([around, inside, range_s]))
    own = spectrum(components, step_s, grid, percentile)
    at = np.clip(grid, *range_s)
    edge = np.interp(np.log(at), np.log(grid), np.log(own))
    ln_ratio = np.interp(np.log(at), np.log(periods_s), np.log(median_g)) - edge
    away = np.abs(np.log(grid / at)) / np.log(TRANSITION)
    return grid, own * np.exp(ln_ratio * np.clip(1 - away, 0, 1))


def spectrum(
    components: list[np.ndarray], step_s: float, periods_s: np.ndarray, percentile: int | None
) -> np.ndarray:
    """Return Sa (5 %), g, shape (P,), computed by gmplug as an independent check of REQPY."""
    if percentile is None:
        return gmplug.response_spectrum(components[0], step_s, periods_s)
    return gmplug.rotd_spectrum(*components, step_s, periods_s, 0.05, (percentile,))[0]
