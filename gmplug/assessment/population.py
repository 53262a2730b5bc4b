"""Estimates for all candidates from the analyses of the selected records, with surrogates."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import Field

from gmplug.assessment.demand_summary import demand_summary, edp_columns
from gmplug.demands import DEFAULT_DRIFTS, DRIFT
from gmplug.surrogate.collapse import Collapses, survival
from gmplug.surrogate.estimates import (
    LEVEL,
    NONE,
    Estimate,
    Share,
    estimate,
    exceedance,
)
from gmplug.surrogate.population import Of, effective_size, population_weights, surveyed
from gmplug.surrogate.responses import Surrogate
from gmplug.surrogate.sample import FEWEST, Population
from gmplug.values import Assessment, Candidates, Clusters, Demands, FloatArray, Selection, Target

_Threshold = Annotated[float, Field(gt=0, allow_inf_nan=False)]
#: Of no analyses.
_NOTHING = Estimate(*4 * (float("nan"),), NONE, 0.0, 0, 0.0)
#: Below this share of explained variance a surrogate is called poor in a note.
_POOR = 0.5


def population(
    demands: Demands,
    selection: Selection,
    target: Target,
    candidates: Candidates,
    clusters: Clusters,
    surrogate: Surrogate,
    drift_thresholds: tuple[_Threshold, ...] = DEFAULT_DRIFTS,
    of: Of | None = None,
) -> Assessment:
    """Summarize the demands, and estimate median, dispersion and exceedance for the whole population.

    Parameters
    ----------
    drift_thresholds
        Peak story drift ratios whose exceedance is estimated.
    of
        ``"candidates"``, or ``"target"``: the candidates weighted such that their spectra follow it. By
        default that of the selection.

    Returns
    -------
    Assessment
        That of ``demand-summary``, with the tables ``population`` and ``population_exceedance``.
    """
    people = sampled_population(selection, target, candidates, clusters, of)
    known = surrogate.take([str(name) for name in candidates.records["id"]])
    table = demands.table.set_index("id").loc[list(selection.records["id"].astype(str))].reset_index()
    status = table["status"].astype(str).to_numpy()
    summary = demand_summary(demands, drift_thresholds)
    collapses = collapses_of(table, demands, known)
    surviving, rows = survival(collapses, people), []
    for column in edp_columns(table[status == "ok"]):
        found = estimate(ln_of(table, column), known.covariates(column), people, surviving)
        plain = estimate(ln_of(table, column), {}, people)
        rows.append({"demand": column, **_row(found, plain)})
    shares: list[dict[str, Any]] = []
    drifts, collapsed = collapses.ln_drifts, collapses.collapsed
    for threshold in sorted(drift_thresholds):
        above = np.where(
            collapsed == 1.0, 1.0, np.where(np.isfinite(drifts), drifts > np.log(threshold), np.nan)
        )
        share = exceedance(float(np.log(threshold)), above, collapses, people)
        shares.append({"drift_ratio": threshold, **_shown(share)})
    if np.nansum(collapsed):
        share = exceedance(collapses.ln_limit, collapsed, collapses, people)
        shares.append({"drift_ratio": "collapse", **_shown(share)})
    frame = pd.DataFrame(rows, columns=["demand", *_row(_NOTHING, _NOTHING)])
    share_left = surviving.share(people)
    values: dict[str, Any] = dict(summary.values)
    values["population"] = {
        "of": _population_of(selection, of),
        "candidates": len(people.weights),
        "effective_candidates": effective_size(people.weights),
        "surviving_share": share_left if np.isfinite(share_left) else None,
        "explained": {row["demand"]: row["explained"] for row in rows},
    }
    values["notes"] = [*values.get("notes", ()), *_notes(frame)]
    if np.nansum(collapsed) and len(frame):
        values["notes"].append(
            f"{int(np.nansum(collapsed))} of {len(table)} analyses collapsed: medians and dispersions are of "
            f"the candidates that do not, about {share_left:.0%} of all."
        )
    tables = {**summary.tables, "population": frame, "population_exceedance": pd.DataFrame(shares)}
    return Assessment(values, tables, summary.pictures)


def sampled_population(
    selection: Selection, target: Target, candidates: Candidates, clusters: Clusters, of: Of | None
) -> Population:
    """Return the weighted candidates with the selected records as their sample; ``of`` as in the study."""
    weights = population_weights(candidates, selection.quotas, target, _population_of(selection, of))
    return surveyed(candidates, clusters.table, weights, selection)


def _population_of(selection: Selection, of: Of | None) -> Of:
    chosen: Of = of or selection.facts.get("population", "candidates")
    return chosen


def collapses_of(table: pd.DataFrame, demands: Demands, surrogate: Surrogate) -> Collapses:
    """Return what a table of demands says about collapse; ``surrogate`` is of the candidates."""
    status = table["status"].astype(str).to_numpy()
    collapsed = np.where(status == "collapsed", 1.0, np.where(status == "ok", 0.0, np.nan))
    drifts = ln_of(table, DRIFT) if DRIFT in table else np.full(len(table), np.nan)
    limit = float(demands.model.get("collapse_drift_ratio") or np.inf)
    return Collapses(drifts, collapsed, float(np.log(limit)), surrogate.covariates(DRIFT))


def ln_of(table: pd.DataFrame, column: str) -> FloatArray:
    """Return ln of a demand of the analyses that ended ok, shape (n,); NaN of the others."""
    values = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=float)
    ok = (table["status"].astype(str) == "ok").to_numpy() & (values > 0)
    return np.log(np.where(ok, values, np.nan))


def _row(found: Estimate, plain: Estimate) -> dict[str, Any]:
    low, high = np.exp(found.interval())
    beta_low, beta_high = found.sigma_interval()
    return {
        "n": found.count,
        "median": float(np.exp(found.mean)),
        "median_low": float(low),
        "median_high": float(high),
        "beta": found.sigma,
        "beta_low": beta_low,
        "beta_high": beta_high,
        "error_ln_median": found.mean_error,
        "plain_median": float(np.exp(plain.mean)),
        "plain_beta": plain.sigma,
        "plain_error_ln_median": plain.mean_error,
        "surrogate": found.surrogate,
        "explained": found.explained,
        "equivalent_analyses": found.equivalent_analyses,
    }


def _shown(share: Share) -> dict[str, Any]:
    return {
        "probability": share.share,
        "low": share.low,
        "high": share.high,
        "surrogate": share.surrogate,
        "equivalent_analyses": share.equivalent_analyses,
    }


def _notes(table: pd.DataFrame) -> list[str]:
    notes = [
        f"Estimates for all candidates: intervals are of {LEVEL:.0%}; `explained` is the share of the "
        "variance of ln demand that the surrogate predicts, each record left out in turn."
    ]
    if not len(table):
        return ["No analysis ended ok: medians and dispersions of the candidates are not known."]
    if (table["n"] < FEWEST).all():
        return [*notes, f"Fewer than {FEWEST} analyses: the estimates are plain, without the surrogate."]
    own = [str(name) for name in table["demand"] if not str(name).startswith("residual")]
    poor = table[table["demand"].isin(own) & (table["explained"] < _POOR)]
    if len(poor):
        plain = int((poor["surrogate"] == NONE).sum())
        notes.append(
            f"The surrogate explains less than half of the variance of {len(poor)} of {len(own)} demands, "
            f"first {poor['demand'].iloc[0]}; {plain} of their estimates are plain."
        )
    return notes
