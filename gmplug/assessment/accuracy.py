"""How accurate the median of a demand is, after each batch of analyses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from gmplug.assessment.files import ACCURACY
from gmplug.assessment.population import collapses_of, ln_of, sampled_population
from gmplug.errors import InputError
from gmplug.study.schema import Study
from gmplug.surrogate.collapse import survival
from gmplug.surrogate.estimates import Estimate, estimate
from gmplug.surrogate.responses import Surrogate
from gmplug.surrogate.sample import FEWEST, Population
from gmplug.values import Assessment, Candidates, Clusters, Demands, Selection, Target

#: Name of the table of the records.
RECORDS = "accuracy_records"


def with_accuracy(
    assessment: Assessment,
    study: Study,
    demands: Demands,
    selection: Selection,
    target: Target,
    candidates: Candidates,
    clusters: Clusters,
    surrogate: Surrogate | None,
) -> Assessment:
    """Add the standard error of a demand's ln median after each batch, and what the study asks for.

    With a surrogate it is the error of the regression estimator for the population, otherwise that of the
    mean of ln demand of the records, with the finite-population factor of the candidates.

    Returns
    -------
    Assessment
        With ``values["accuracy"]``, and the tables ``accuracy`` (one row per batch) and ``accuracy_records``
        (``id``, ``batch``, ``weight`` of each record).

    Raises
    ------
    InputError
        The analyses do not give the demand, or all failed.
    """
    section = study.assessment
    name, goal = section.accuracy_of, section.accuracy
    assert goal is not None
    table = demands.table.set_index("id").loc[list(selection.records["id"].astype(str))].reset_index()
    status = table["status"].astype(str)
    if not status.isin(["ok", "collapsed"]).any():
        raise InputError(
            f"[assessment] accuracy: none of {len(table)} analyses ended ok or collapsed; see `message` in "
            "demands.csv, correct the model or the solver's options, and run again"
        )
    if name not in table or not pd.api.types.is_numeric_dtype(table[name]):
        known = ", ".join(column for column in map(str, table) if column.startswith("peak_"))
        raise InputError(
            f"[assessment] accuracy_of: the analyses give no demand '{name}'; take a column of demands.csv, "
            f"such as {known}"
        )
    covariates, collapses, of = {}, None, section.options.get("of")
    if surrogate is not None:
        own = surrogate.take([str(one) for one in candidates.records["id"]])
        covariates, collapses = own.covariates(name), collapses_of(table, demands, own)
    ln, batch, found = ln_of(table, name), batches_of(study, selection), []
    for last in np.unique(batch):
        part = np.flatnonzero(batch <= last)
        some = replace(selection, records=selection.records.iloc[part].reset_index(drop=True))
        people = (
            _alike(candidates, some)
            if surrogate is None
            else sampled_population(some, target, candidates, clusters, of)
        )
        surviving = None if collapses is None else survival(collapses.of(part), people)
        found.append((len(part), estimate(ln[part], covariates, people, surviving)))
    analyses, last_found = found[-1]
    of_all = len(candidates.records)
    error = last_found.mean_error
    reached = last_found.count >= FEWEST and error <= goal
    values: dict[str, Any] = {
        "of": name,
        "goal": goal,
        "error": error if np.isfinite(error) else None,
        "analyses": analyses,
        "reached": bool(reached),
        "random_analyses": random_analyses(last_found.sigma, min(goal, error) if reached else goal, of_all),
    }
    frame = pd.DataFrame([_row(count, one) for count, one in found])
    frame["random_error"] = [random_error(last_found.sigma, n, of_all) for n in frame["analyses"]]
    shown = f"{error:.3g}" if np.isfinite(error) else "not known"
    said = f"Standard error of the ln median of {name}: {shown} after {analyses} analyses, goal {goal:g}."
    lost = int((status == "collapsed").sum())
    if lost:
        said += f" It is of the analyses that ended ok: {lost} collapsed."
    weights = pd.DataFrame({"id": table["id"], "batch": batch, "weight": people.sample_weights})
    return replace(
        assessment,
        values={**assessment.values, ACCURACY: values, "notes": [*assessment.notes, said]},
        tables={**assessment.tables, ACCURACY: frame, RECORDS: weights},
    )


def batches_of(study: Study, selection: Selection) -> np.ndarray:
    """Return the number of the batch that added each record, from 1, shape (n,)."""
    number = {name: at for at, batch in enumerate(study.selection.batches, 1) for name in batch}
    last = len(study.selection.batches) + 1
    return np.array([number.get(str(name), last) for name in selection.records["id"]])


def random_error(sigma: float, count: int, candidates: int) -> float:
    """Standard error of the mean of so many random candidates, drawn without replacement."""
    return sigma * float(np.sqrt(max(1.0 / count - 1.0 / candidates, 0.0)))


def random_analyses(sigma: float, error: float, candidates: int) -> int | None:
    """Return how many random candidates have that error; None where it is not known.

    σ² (1/n − 1/N) = error²: Cochran (1977), Sampling techniques, ch. 4.
    """
    if not (np.isfinite(sigma) and sigma > 0 and np.isfinite(error)):
        return None
    return int(np.ceil(1.0 / ((error / sigma) ** 2 + 1.0 / candidates) - 1e-9))


def _alike(candidates: Candidates, selection: Selection) -> Population:
    """All candidates and the selected records, each of one weight."""
    sample = candidates.positions(selection.records["id"])
    size = len(candidates.records)
    return Population(np.full(size, 1.0 / size), sample, np.full(len(sample), 1.0 / len(sample)))


def _row(analyses: int, found: Estimate) -> dict[str, Any]:
    low, high = np.exp(found.interval())
    return {
        "analyses": analyses,
        "n": found.count,
        "median": float(np.exp(found.mean)),
        "median_low": float(low),
        "median_high": float(high),
        "error_ln_median": found.mean_error,
        "surrogate": found.surrogate,
    }
