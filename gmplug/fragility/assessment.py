"""The assessment ``fragility``: fragility functions of collapse and of any demand, with confidence."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import Field

from gmplug.demands import DEFAULT_DRIFTS
from gmplug.demands.tables import completed, unused_notes
from gmplug.errors import InputError
from gmplug.fragility.charts import curves_chart
from gmplug.fragility.curves import LognormalFragility, median_of
from gmplug.fragility.limits import make_limits, with_value
from gmplug.fragility.sample import FittedLimit, bootstrap
from gmplug.report.from_chart import picture
from gmplug.values import Assessment, FloatArray, LevelDemands, Picture, Progress, no_progress

_WHERE = "[risk.fragility]"
_POINTS = 81
_METHODS = {
    "stripes": "maximum likelihood (Baker 2015)",
    "ida": "moments of the capacities (Baker 2015)",
    "cloud": "cloud regression with collapses (Jalayer et al. 2017)",
}


def fragility(
    demands: LevelDemands,
    seed: int,
    drift_thresholds: tuple[float, ...] = DEFAULT_DRIFTS,
    limits: dict[str, tuple[str, float]] | None = None,
    samples: Annotated[int, Field(ge=0, le=100_000)] = 500,
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.9,
    fallback_beta: Annotated[float, Field(gt=0)] = 0.4,
    progress: Progress = no_progress,
) -> Assessment:
    """Fit fragility functions: maximum likelihood to stripes, moments to IDA, regression to clouds.

    Parameters
    ----------
    drift_thresholds
        Peak story drift ratios.
    limits
        Further limits by name: a column of demands.csv and a value.
    samples
        Bootstrap samples; 0 for none.
    confidence
        Of the intervals.
    fallback_beta
        β of stripes where the counts fix a median alone, noted where it is used; 0.4 is the record-to-record
        dispersion that FEMA P-695 (2009), section 7.3, gives for systems of fair ductility.

    Returns
    -------
    Assessment
        Tables ``fragility`` (one row per limit: ``limit``, ``edp``, ``value``, ``median_g``, ``beta``, their
        confidence limits, ``reached`` of ``analyses``, ``samples`` of the bootstrap that gave a fit) and
        ``fragility_curves`` (``sa_g`` and the probability of each limit).
    """
    if not len(completed(demands.table)):
        raise InputError(f"{_WHERE}: no analysis ended ok or collapsed, so nothing can be fitted")
    wanted = make_limits(drift_thresholds, limits or {}, _WHERE)
    grid = curve_grid(demands)
    seeds = np.random.SeedSequence([seed, 0xF7A6]).spawn(len(wanted))
    fitted = []
    for done, (limit, child) in enumerate(zip(wanted, seeds, strict=True)):
        progress(done, len(wanted), limit.name)
        rng = np.random.default_rng(child)
        fitted.append(bootstrap(demands, limit, samples, rng, grid, fallback_beta, _WHERE))
    rows = [_row(one, confidence, demands.sampling) for one in fitted]
    curves = pd.DataFrame({"sa_g": grid, **{one.limit.name: _curve(one, grid) for one in fitted}})
    values: dict[str, Any] = {
        "sampling": demands.sampling,
        "method": _METHODS[demands.sampling],
        "confidence": confidence,
        "limits": {
            one.limit.name: [one.limit.edp, one.limit.value] for one in fitted if not one.limit.is_collapse
        },
        "fallback_beta": fallback_beta,
        "notes": _notes(fitted, rows, demands, fallback_beta),
    }
    if rows[-1]["median_g"] > 0:
        values["headline"] = {"median Sa at collapse (g)": rows[-1]["median_g"]}
    return Assessment(
        values=values,
        tables={"fragility": pd.DataFrame(rows), "fragility_curves": curves},
        pictures=_pictures(fitted, grid, confidence, demands),
    )


def curve_grid(demands: LevelDemands) -> FloatArray:
    """Sa, g, at which curves are tabulated: from a quarter of the lowest to three times the highest."""
    sa = demands.table["sa_g"].to_numpy(dtype=float)
    return np.geomspace(0.25 * np.nanmin(sa), 3.0 * np.nanmax(sa), _POINTS)


def _curve(one: FittedLimit, grid: FloatArray) -> FloatArray:
    return one.fragility.probability(grid) if one.fragility.known else np.full(len(grid), np.nan)


def _row(one: FittedLimit, confidence: float, sampling: str) -> dict[str, Any]:
    known = one.fragility.known
    lognormal = isinstance(one.fragility, LognormalFragility)
    tails = 50 * (1 - confidence), 50 * (1 + confidence)
    row: dict[str, Any] = {
        "limit": one.limit.name,
        "edp": one.limit.edp,
        "value": one.limit.value if not one.limit.is_collapse else float("nan"),
        "median_g": median_of(one.fragility) if known else float("nan"),
        "beta": one.fragility.beta if known and lognormal else float("nan"),
    }
    for name, sample in (("median", one.medians_g), ("beta", one.betas)):
        some = sample[np.isfinite(sample)]
        low, high = np.percentile(some, tails) if len(some) > 1 else (np.nan, np.nan)
        unit = "_g" if name == "median" else ""
        row |= {f"{name}_low{unit}": float(low), f"{name}_high{unit}": float(high)}
    total = "max" if sampling == "ida" else "sum"  # capacities come as a cumulative distribution
    row["reached"] = int(one.observed["reached"].agg(total)) if len(one.observed) else 0
    row["analyses"] = int(one.observed["analyses"].agg(total)) if len(one.observed) else 0
    row["samples"] = int(np.isfinite(one.medians_g).sum())
    return row


def _notes(
    fitted: list[FittedLimit], rows: list[dict[str, Any]], demands: LevelDemands, fallback_beta: float
) -> list[str]:
    notes = unused_notes(demands.table)
    for one, row in zip(fitted, rows, strict=True):
        name, drawn = one.limit.name, len(one.medians_g)
        ended = completed(demands.table)
        lacking = len(ended) - len(with_value(ended, one.limit, _WHERE))
        if lacking:
            notes.append(
                f"{name}: {lacking} of {len(ended)} analyses have no {one.limit.edp}: its curve is of "
                "the others."
            )
        if not one.fragility.known:
            notes.append(
                f"{name}: no fragility function could be fitted to the {row['reached']} of "
                f"{row['analyses']} analyses that reach it."
            )
        elif drawn and row["samples"] < 0.95 * drawn:
            notes.append(
                f"{name}: {drawn - row['samples']} of {drawn} bootstrap samples could not be fitted. The "
                f"confidence intervals use the other {row['samples']} and are too narrow."
            )
    if demands.sampling != "stripes":
        return notes
    if len(demands.estimates):
        used = demands.estimates[demands.estimates["surrogate"] != "none"]
        notes.append(
            f"{used['level'].nunique()} of {len(demands.levels)} levels have estimates for all candidates by "
            "surrogates: the curves of their drifts and of collapse are fitted to these, weighted by their "
            "errors; all others to counts."
        )
    for one in fitted:
        if one.fragility.known and one.fragility.beta == fallback_beta:
            notes.append(
                f"{one.limit.name}: beta = {fallback_beta:g} is assumed. The counts give the median alone: "
                "fewer than two levels have both analyses that reach the limit and analyses that do not."
            )
        elif (share := float(np.mean(one.betas == fallback_beta)) if len(one.betas) else 0.0) > 0.05:
            notes.append(
                f"{one.limit.name}: beta = {fallback_beta:g} is assumed in {100 * share:.0f} % of the "
                "bootstrap samples."
            )
    return notes


def _pictures(
    fitted: list[FittedLimit], grid: FloatArray, confidence: float, demands: LevelDemands
) -> dict[str, Picture]:
    known = [one for one in fitted if one.fragility.known]
    if not known:
        return {}
    chart = curves_chart(known, grid, confidence, demands.conditioning_period_s)
    return {chart.key: picture(chart)}
