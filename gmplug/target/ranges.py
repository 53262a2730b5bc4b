"""Scaling to a spectrum over a range of periods, as codes ask for."""

from __future__ import annotations

import numpy as np

from gmplug.errors import InputError
from gmplug.values import FloatArray, Scaling

#: First and last period of the range by default, in T*: ASCE 7-22 16.2.3.1, EN 1998-1 3.2.3.1.2.
RANGE = (0.2, 2.0)
#: Log-spaced periods at which a record is compared with the spectrum.
_POINTS = 20


def period_range(
    where: str, periods_s: FloatArray, t_star: float, range_s: tuple[float, float] | None
) -> tuple[float, float]:
    """Return the range, checked to lie within the study's periods and to hold two of them.

    Raises InputError where it does not, or is none.
    """
    first, last = range_s if range_s is not None else (RANGE[0] * t_star, RANGE[1] * t_star)
    if not 0 < first < last:
        raise InputError(f"{where}: range_s must be [first, last] with 0 < first < last, s")
    if first < periods_s[0] * (1 - 1e-6) or last > periods_s[-1] * (1 + 1e-6):
        raise InputError(
            f"{where}: the range of periods {first:g} to {last:g} s reaches beyond the study's periods "
            f"({periods_s[0]:g} to {periods_s[-1]:g} s); set periods_s in [target] so that they hold it"
        )
    if np.count_nonzero((periods_s >= first * (1 - 1e-9)) & (periods_s <= last * (1 + 1e-9))) < 2:
        raise InputError(
            f"{where}: the range {first:g} to {last:g} s holds fewer than two of the study's periods; widen "
            f"range_s, or set periods_s in [target] so that more lie in it"
        )
    return float(first), float(last)


def range_scaling(
    where: str, periods_s: FloatArray, ln_mean: FloatArray, t_star: float, range_s: tuple[float, float] | None
) -> Scaling:
    """Scaling by the geometric mean of the ratios to a spectrum (P,) over a range of periods."""
    first, last = period_range(where, periods_s, t_star, range_s)
    at = np.geomspace(first, last, _POINTS)
    level = float(np.mean(np.interp(np.log(at), np.log(periods_s), ln_mean)))
    return Scaling(at, np.full(_POINTS, 1.0 / _POINTS), level, f"mean of Sa over {first:g}-{last:g} s")


def not_scaled() -> Scaling:
    """Records as they are."""
    return Scaling(np.empty(0), np.empty(0), 0.0, "records not scaled")
