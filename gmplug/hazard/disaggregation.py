"""A disaggregation of hazard: which magnitudes and distances contribute, at one level of one measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gmplug.errors import InputError
from gmplug.hazard import openquake, usgs
from gmplug.hazard.contributions import Bins, Held, Level
from gmplug.hazard.files import Site, read_text
from gmplug.hazard.measure_names import measure_label, same_period
from gmplug.notes import doubtful
from gmplug.plausible import LIMITS
from gmplug.values import FloatArray

#: Return periods nearer than this, relatively, are one: files round their probabilities.
_SAME_RETURN_PERIOD = 0.02
_LARGEST_MAGNITUDE, _FARTHEST_KM = (LIMITS[name].possible[1] for name in ("magnitude", "rrup_km"))


@dataclass(frozen=True, kw_only=True)
class Disaggregation(Level):
    """Contributions to the rate at which one level is exceeded.

    Parameters
    ----------
    magnitude, distance_km
        Of each bin, shape (n,). The distance is that of the file: closest distance to the rupture (Rrup) in
        those of the USGS and of OpenQuake.
    contribution
        Share of each bin, shape (n,), positive; the sum is 1.
    source
        Name of the file, for descriptions.
    """

    magnitude: FloatArray
    distance_km: FloatArray
    contribution: FloatArray
    source: str

    @property
    def mean_magnitude(self) -> float:
        """Mean of the magnitude over the contributions."""
        return float(self.magnitude @ self.contribution)

    @property
    def mean_distance_km(self) -> float:
        """Mean of the distance over the contributions, km."""
        return float(self.distance_km @ self.contribution)


def read_disaggregation(
    path: Path,
    period_s: float | None = None,
    return_period_years: float | None = None,
    site: Site | None = None,
) -> Disaggregation:
    """Read a disaggregation by magnitude and distance from a file of the USGS (JSON) or OpenQuake (CSV).

    Only the selected measure must be usable; others in the same file may be empty or bad.

    Parameters
    ----------
    path
        The response of the USGS disaggregation service (Unified Hazard Tool, nshmp-haz), or OpenQuake's
        export ``Mag_Dist``, ``Mag_Dist_Eps``, ``TRT_Mag_Dist`` and the like.
    period_s
        Which of several measures: the period of Sa, s.
    return_period_years
        Which of several levels.
    site
        Longitude and latitude, degrees, that the file must be of where it states them.

    Raises
    ------
    InputError
        The file cannot be read, holds no contributions, or holds several or other measures than selected.
    """
    text = read_text(path, "the disaggregation")
    reader = usgs if text.lstrip()[:1] in ("{", "[") else openquake
    held = _chosen(reader.disaggregations(text, path, site), path, period_s, return_period_years)
    found = _put_together(held, path)
    if return_period_years is not None and np.isnan(found.return_period_years):
        note = doubtful(
            f"{path.name} does not state its return period: taken for the {return_period_years:g} years of "
            f"the study"
        )
        found = replace(found, notes=(*found.notes, note))
    return found


def _chosen(held: Sequence[Held], path: Path, period_s: float | None, years: float | None) -> Held:
    of_period = [one for one in held if period_s is None or same_period(one.period_s, period_s)]
    fitting = [one for one in of_period if years is None or _may_be(one.return_period_years, years)]
    listed = ", ".join(dict.fromkeys(one.label for one in held))
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise InputError(
            f"{path}: holds several disaggregations ({listed}); set return_period_years or "
            "hazard_period_s in [target] to choose one"
        )
    wanted = [measure_label(period_s)] if period_s is not None else []
    wanted += [f"{years:g} years"] if years is not None else []
    if of_period:
        remedy = "Disaggregate the hazard at that return period, or set return_period_years in [target]"
    elif any(np.isnan(one.period_s) for one in held):
        remedy = (
            "Give the file back the name that OpenQuake wrote it with, which has the period, as in "
            "rlz-0-SA(1.0)-sid-0-poe-0_Mag_Dist.csv, or write imt='SA(1.0)' into its first line"
        )
    else:
        remedy = (
            "Disaggregate the hazard at T*, or set hazard_period_s in [target] to take the contributions "
            "at another period"
        )
    raise InputError(f"{path}: holds no disaggregation of {' at '.join(wanted)}; it holds {listed}. {remedy}")


def _may_be(stated: float, years: float) -> bool:
    return bool(np.isnan(stated) or abs(np.log(stated / years)) <= _SAME_RETURN_PERIOD)


def _put_together(held: Held, path: Path) -> Disaggregation:
    """Check the bins, put those of equal magnitude and distance together, and make shares of them."""
    bins = held.read()
    _check(bins, path, held.label)
    counts = bins.contribution > 0
    if not counts.any():
        raise InputError(
            f"{path}: none of its bins of {held.label} contributes to the hazard; disaggregate at a level "
            f"that the hazard curve reaches"
        )
    at = np.column_stack([bins.magnitude[counts], bins.distance_km[counts]])
    places, index = np.unique(at, axis=0, return_inverse=True)
    share = np.bincount(index.ravel(), weights=bins.contribution[counts], minlength=len(places))
    return Disaggregation(
        period_s=held.period_s,
        sa_g=held.sa_g,
        return_period_years=held.return_period_years,
        vs30_m_s=held.vs30_m_s,
        notes=(*held.notes, *bins.notes),
        magnitude=places[:, 0],
        distance_km=places[:, 1],
        contribution=share / share.sum(),
        source=path.name,
    )


def _check(bins: Bins, path: Path, label: str) -> None:
    """Raise InputError at the first bin that is impossible; places count where the bin contributes."""
    columns = (bins.magnitude, bins.distance_km, bins.contribution)
    for at, (magnitude, distance, contribution) in enumerate(zip(*columns, strict=True)):
        where = f"{path}, {bins.places[at]} ({label})"
        if not np.all(np.isfinite([magnitude, distance, contribution])):
            raise InputError(f"{where}: a magnitude, distance or contribution is not a number")
        if contribution < 0:
            raise InputError(f"{where}: the contribution {contribution:g} is negative")
        if contribution > 0 and not 0 < magnitude <= _LARGEST_MAGNITUDE:
            raise InputError(f"{where}: {magnitude:g} is not a moment magnitude, and its bin contributes")
        if contribution > 0 and not 0 <= distance <= _FARTHEST_KM:
            raise InputError(f"{where}: {distance:g} is not a distance in km, and its bin contributes")
