"""Estimates for all candidates of each building's selection, by the building's own surrogate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gmplug.assessment.population import population
from gmplug.chain.engine import Engine
from gmplug.chain.run import Run
from gmplug.demands import DRIFT
from gmplug.errors import GmplugError
from gmplug.host.options import call
from gmplug.notes import doubtful
from gmplug.portfolio.analyses import BuildingResults
from gmplug.portfolio.schema import POPULATION, Portfolio
from gmplug.portfolio.selections import SelectionOutcome
from gmplug.surrogate.responses import Surrogate, surrogate_of
from gmplug.values import Demands

_WHERE = f"[assessment] provider '{POPULATION}'"
#: Columns of a building, from those of the table ``population`` of the peak story drift.
_COLUMNS = {
    "median": "population_median_drift_ratio",
    "median_low": "population_median_drift_ratio_low",
    "median_high": "population_median_drift_ratio_high",
    "beta": "population_beta_drift",
    "surrogate": "population_surrogate",
    "equivalent_analyses": "population_equivalent_analyses",
}


def population_columns(
    portfolio: Portfolio,
    found: Sequence[BuildingResults],
    outcomes: Sequence[SelectionOutcome],
    engine: Engine,
) -> Mapping[str, Mapping[str, Any]]:
    """Return the columns of ``buildings.csv`` with estimates, by building; selection by selection.

    Buildings without a surrogate or results have none; a note says so.
    """
    results = {one.building.id: one for one in found if not one.problem}
    rows: dict[str, Mapping[str, Any]] = {}
    for outcome in outcomes:
        own = [results[b.id] for b in outcome.shared.buildings if b.id in results]
        if outcome.run is None or not own:
            continue
        try:
            run = outcome.run
            context = Engine(run.run_dir, engine.host, engine.display, common_dir=engine.run_dir).context(
                run.study
            )
            known = surrogate_of(context, run.candidates)
            for one in own:
                rows[one.building.id] = _row(portfolio, one, run, known)
        except GmplugError as error:
            reason = " ".join(str(error).split())
            engine.note(
                doubtful(f"selection {outcome.shared.name}: no estimates for all candidates: {reason}")
            )
    return rows


def _row(portfolio: Portfolio, one: BuildingResults, run: Run, known: Surrogate) -> dict[str, Any]:
    given = {
        "demands": Demands(one.demands, one.model),
        "selection": run.selection,
        "target": run.target,
        "candidates": run.candidates,
        "clusters": run.clusters,
        "surrogate": known.of_building(one.building.id),
    }
    options = {"drift_thresholds": portfolio.report.drift_thresholds, **portfolio.assessment.options}
    made = call(population, options, given, _WHERE, base_dir=portfolio.base_dir)
    table = made.tables[POPULATION].set_index("demand")
    row = {new: table.loc[DRIFT, old] for old, new in _COLUMNS.items()} if DRIFT in table.index else {}
    for share in made.tables["population_exceedance"].to_dict("records"):
        ratio = share["drift_ratio"]
        name = ratio if isinstance(ratio, str) else f"exceeding_{ratio:g}"
        row[f"population_{name}"] = share["probability"]
    return row
