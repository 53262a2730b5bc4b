"""The assessment ``risk``: mean annual frequencies of limits, and demand hazard curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import Field

from gmplug.demands import DEFAULT_DRIFTS, DRIFT
from gmplug.errors import InputError
from gmplug.fragility.limits import COLLAPSE, COLLAPSE_LIMIT, Limit, make_limits
from gmplug.fragility.sample import AnyFragility, fit_limit
from gmplug.hazard import HazardCurve
from gmplug.notes import doubtful
from gmplug.report.from_chart import picture
from gmplug.risk.charts import demand_hazard_chart, hazard_chart
from gmplug.risk.demand import DemandModel, demand_model
from gmplug.risk.frequency import annual_frequency, probability_in
from gmplug.values import Assessment, FloatArray, LevelDemands, Picture

_WHERE = "[risk.risk]"
_POINTS = 41
#: Shares from beyond the hazard curve's ends above which gmplug adds a note, and a doubt.
_NOTED_BEYOND, MOST_BEYOND = 0.01, 0.2


def risk(
    demands: LevelDemands,
    hazard: pd.DataFrame | None,
    before: Mapping[str, Assessment],
    edps: tuple[str, ...] = (DRIFT,),
    years: Annotated[float, Field(gt=0)] = 50.0,
) -> Assessment:
    """Integrate fragilities and demands over the hazard.

    Parameters
    ----------
    edps
        Demands, columns of demands.csv, whose hazard curves are made.
    years
        Time for which probabilities are given.

    Returns
    -------
    Assessment
        Tables ``frequencies`` (one row per limit: ``limit``, ``annual_frequency``, ``return_period_years``,
        ``probability`` within ``years``, and ``beyond``, the share that comes from beyond the hazard curve's
        ends) and ``demand_hazard`` (``edp``, ``value``, ``annual_rate``, ``beyond``).

    Raises
    ------
    InputError
        The hazard is unknown, or a column is missing.
    """
    if hazard is None:
        raise InputError(
            f"{_WHERE}: the hazard is unknown; give [risk] hazard_curve, or annual_rate or "
            "return_period_years of two levels or more"
        )
    curve = HazardCurve.of(hazard)
    values = before["fragility"].values if "fragility" in before else {}
    beta = values.get("fallback_beta")
    fitted = [(limit, fit_limit(demands, limit, beta, _WHERE)) for limit in _limits(values)]
    collapse = next(f for limit, f in fitted if limit.name == COLLAPSE)
    known_collapse = collapse if collapse.known else None
    rows = [_row(limit, fragility, curve, years) for limit, fragility in fitted]
    models = {edp: demand_model(demands, edp, known_collapse, _WHERE) for edp in edps}
    tables = [_demand_hazard(edp, model, curve) for edp, model in models.items() if model is not None]
    frequencies = pd.DataFrame(rows)
    everything = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    found = {"frequencies": frequencies, "demand_hazard": everything}
    return Assessment(
        values={
            "years": years,
            "collapse_annual_frequency": rows[-1]["annual_frequency"],
            "headline": {
                "mean annual frequency of collapse (1/yr)": rows[-1]["annual_frequency"],
                f"probability of collapse in {years:g} years": rows[-1]["probability"],
            },
            "notes": _notes(frequencies, models, collapse, demands, years) + _beyond_notes(everything),
        },
        tables={name: table for name, table in found.items() if len(table)},
        pictures=_pictures(curve, demands, everything),
    )


def _limits(fragility: Mapping[str, Any]) -> tuple[Limit, ...]:
    """Return the limits of the assessment ``fragility`` if it came before this one, else its default ones."""
    known = fragility.get("limits")
    if known is None:
        return make_limits(DEFAULT_DRIFTS, {}, _WHERE)
    listed = [Limit(name, str(edp), float(value)) for name, (edp, value) in known.items()]
    return (*listed, COLLAPSE_LIMIT)


def _row(limit: Limit, fragility: AnyFragility, curve: HazardCurve, years: float) -> dict[str, Any]:
    rate = period = beyond = float("nan")
    if fragility.known:
        rate = annual_frequency(fragility.probability, curve)
        period = 1 / rate if rate > 0 else float("inf")
        if rate > 0:
            beyond = 1 - annual_frequency(fragility.probability, curve, beyond=False) / rate
    return {
        "limit": limit.name,
        "annual_frequency": rate,
        "return_period_years": period,
        "probability": probability_in(rate, years),
        "beyond": beyond,
    }


def _demand_hazard(edp: str, model: DemandModel, curve: HazardCurve) -> pd.DataFrame:
    """Return exceedance rates from the 5 % fractile at the lowest knot to the 95 % one at the highest."""
    spread = 1.645 * model.beta
    low, high = float(np.min(model.ln_median - spread)), float(np.max(model.ln_median + spread))
    values = np.exp(np.linspace(low, high, _POINTS))
    rates, inside = (
        np.array(
            [annual_frequency(lambda x, d=d: model.exceedance(d, x), curve, beyond) for d in values]  # type: ignore[misc]
        )
        for beyond in (True, False)
    )
    share = 1 - np.divide(inside, rates, out=np.ones_like(rates), where=rates > 0)
    return pd.DataFrame({"edp": edp, "value": values, "annual_rate": rates, "beyond": share})


def _notes(
    frequencies: pd.DataFrame,
    models: Mapping[str, DemandModel | None],
    collapse: AnyFragility,
    demands: LevelDemands,
    years: float,
) -> list[str]:
    notes = [f"Probabilities are of one event or more in {years:g} years."]
    for limit, beyond in zip(frequencies["limit"], frequencies["beyond"].astype(float), strict=True):
        note = (
            f"{limit}: {100 * beyond:.0f} % of its frequency comes from beyond the ends of the hazard curve, "
            f"continued by the slopes of its ends; compute the hazard for more levels"
        )
        if beyond > _NOTED_BEYOND:
            notes.append(doubtful(note) if beyond > MOST_BEYOND else note)
    notes += [
        f"{edp}: no demand hazard; two levels with three analyses that ended ok are needed"
        for edp, model in models.items()
        if model is None
    ]
    fell = int((demands.table["status"] == "collapsed").sum())
    if not collapse.known:
        notes.append(
            f"{fell} of {len(demands.table)} analyses collapsed. No fragility function could be fitted to "
            "them: the demand hazard does not include collapses."
        )
    return notes


def _beyond_notes(hazard: pd.DataFrame) -> list[str]:
    """Return notes on the demands whose rates come from beyond the hazard curve to a large part."""
    far = hazard[hazard["beyond"] > MOST_BEYOND] if len(hazard) else hazard
    return [
        f"{edp}: {len(rows)} of {(hazard['edp'] == edp).sum()} points of its demand hazard, from "
        f"{rows['value'].min():.3g} to {rows['value'].max():.3g}, come to over {100 * MOST_BEYOND:g} % from "
        "beyond the ends of the hazard curve"
        for edp, rows in (far.groupby("edp", sort=False) if len(far) else ())
    ]


def _pictures(curve: HazardCurve, demands: LevelDemands, hazard: pd.DataFrame) -> dict[str, Picture]:
    levels = demands.levels["sa_g"].to_numpy(dtype=float)
    charts = [hazard_chart(curve, levels[np.isfinite(levels)], demands.conditioning_period_s)]
    for edp, table in hazard.groupby("edp", sort=False) if len(hazard) else ():
        values, rates = (table[c].to_numpy(dtype=float) for c in ("value", "annual_rate"))
        charts.append(demand_hazard_chart(values, rates, str(edp)))
    return {chart.key: picture(chart) for chart in charts}


def known_levels(levels: pd.DataFrame) -> HazardCurve | None:
    """Return the hazard curve of the levels' own rates; None if fewer than two, or if it does not fall."""
    known = levels[np.isfinite(levels["annual_rate"]) & np.isfinite(levels["sa_g"])].sort_values("sa_g")
    try:
        return HazardCurve.of(known)
    except ValueError:
        return None


def rates_at(hazard: HazardCurve | None, sa_g: FloatArray, *, extrapolate: bool = False) -> FloatArray:
    """Return annual rates at which Sa (n,) is exceeded; NaN without a curve, and beyond it by default."""
    if hazard is None:
        return np.full(np.shape(sa_g), np.nan)
    return np.where(extrapolate | hazard.covers(sa_g), hazard.rate(sa_g), np.nan)
