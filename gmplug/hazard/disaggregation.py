"""A disaggregation of hazard: which magnitudes and distances contribute, at one level of one measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gmplug.errors import InputError
from gmplug.values import FloatArray

#: Periods nearer than this, relatively, are one.
_SAME_PERIOD = 1e-3
#: Return periods nearer than this, relatively, are one: files round their probabilities.
_SAME_RETURN_PERIOD = 0.02


@dataclass(frozen=True)
class Disaggregation:
    """Contributions to the rate at which one level is exceeded.

    Parameters
    ----------
    magnitude, distance_km
        Of each bin, shape (n,). The distance is that of the file: closest distance to the rupture (Rrup) in
        those of the USGS and of OpenQuake.
    contribution
        Share of each bin, shape (n,), positive; the sum is 1.
    period_s
        Period of the spectral acceleration, s; 0 for PGA.
    sa_g
        Its level, g; NaN where the file does not say.
    return_period_years
        Of the level; NaN where the file does not say.
    vs30_m_s
        Of the site; None where the file does not say.
    source
        What was read, for descriptions.
    """

    magnitude: FloatArray
    distance_km: FloatArray
    contribution: FloatArray
    period_s: float
    sa_g: float
    return_period_years: float
    vs30_m_s: float | None
    source: str

    @property
    def label(self) -> str:
        """Measure and return period, for lists of what a file holds."""
        measure = "PGA" if self.period_s == 0 else f"Sa({self.period_s:g} s)"
        years = self.return_period_years
        return measure if np.isnan(years) else f"{measure} at {years:.4g} years"

    @property
    def mean_magnitude(self) -> float:
        """Mean of the magnitude over the contributions."""
        return float(self.magnitude @ self.contribution)

    @property
    def mean_distance_km(self) -> float:
        """Mean of the distance over the contributions, km."""
        return float(self.distance_km @ self.contribution)


def read_disaggregation(
    path: Path, period_s: float | None = None, return_period_years: float | None = None
) -> Disaggregation:
    """Read a disaggregation by magnitude and distance from a file of the USGS (JSON) or OpenQuake (CSV).

    Parameters
    ----------
    path
        The response of the USGS disaggregation service (Unified Hazard Tool, nshmp-haz), or OpenQuake's
        export ``Mag_Dist`` or ``Mag_Dist_Eps``.
    period_s
        Which of several measures: the period of Sa, s.
    return_period_years
        Which of several levels.

    Raises
    ------
    InputError
        The file cannot be read, holds no contributions, or holds several or other measures than asked for.
    """
    from gmplug.hazard import openquake, usgs

    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; give the path of the disaggregation") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as text ({error})") from None
    if text.lstrip()[:1] in ("{", "["):
        found = usgs.disaggregations(text, path)
    else:
        found = openquake.disaggregations(text, path)
    return _chosen(found, path, period_s, return_period_years)


def _chosen(
    found: Sequence[Disaggregation], path: Path, period_s: float | None, years: float | None
) -> Disaggregation:
    fitting = [
        one
        for one in found
        if (period_s is None or _same(one.period_s, period_s, _SAME_PERIOD))
        and (years is None or np.isnan(one.return_period_years) or _fits(one.return_period_years, years))
    ]
    held = ", ".join(one.label for one in found)
    if not fitting:
        asked = [f"Sa({period_s:g} s)"] if period_s is not None else []
        asked += [f"{years:g} years"] if years is not None else []
        raise InputError(
            f"{path}: holds no disaggregation of {' at '.join(asked)}; it holds {held}. Disaggregate the "
            f"hazard at T*, or set hazard_period_s in [target] to take the contributions at another period"
        )
    if len(fitting) > 1:
        raise InputError(
            f"{path}: holds several disaggregations ({held}); set return_period_years or hazard_period_s in "
            f"[target] to choose one"
        )
    return fitting[0]


def _same(first: float, second: float, tolerance: float) -> bool:
    if min(first, second) <= 0.011:  # PGA, and Sa at 0.01 s, which is as good as that
        return max(first, second) <= 0.011
    return abs(np.log(first / second)) <= tolerance


def _fits(first: float, second: float) -> bool:
    return bool(abs(np.log(first / second)) <= _SAME_RETURN_PERIOD)


def make_disaggregation(
    path: Path,
    bins: Sequence[tuple[float, float, float]],
    period_s: float,
    sa_g: float,
    years: float,
    vs30: float | None,
) -> Disaggregation:
    """Return a disaggregation from (magnitude, distance, contribution), bins of equal place put together.

    Raises
    ------
    InputError
        A number is not finite, or nothing contributes.
    """
    array = np.asarray(bins, dtype=float).reshape(-1, 3)
    if not np.all(np.isfinite(array)) or np.any(array[:, 2] < 0) or np.any(array[:, 1] < 0):
        raise InputError(f"{path}: a magnitude, distance or contribution is no number, or negative")
    places, index = np.unique(array[:, :2], axis=0, return_inverse=True)
    share = np.bincount(index.ravel(), weights=array[:, 2], minlength=len(places))
    counts = share > 0
    if not counts.any():
        raise InputError(f"{path}: none of its bins contributes to the hazard")
    return Disaggregation(
        places[counts, 0],
        places[counts, 1],
        share[counts] / share.sum(),
        period_s,
        sa_g,
        years,
        vs30,
        path.name,
    )
