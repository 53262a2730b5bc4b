"""Selection of sets that represent the candidates in the response of the structure, by its surrogates."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field

from gmplug.errors import InputError
from gmplug.selection.explain import explain
from gmplug.selection.objective import Objective, Weights
from gmplug.selection.optimised import RecordConstraints
from gmplug.selection.realizations import coarse_periods
from gmplug.selection.search import search
from gmplug.surrogate.population import Of, effective_size, population_weights, weighted_misfit
from gmplug.surrogate.responses import Surrogate
from gmplug.values import Candidates, Choice, Clusters, FloatArray, Progress, Target, no_progress

WHERE = "[selection] method 'representative'"
#: Share of the spectra in what is matched, by default.
SPECTRA_WEIGHT = 0.25
#: Share of the variance of the matched quantities that their principal components keep.
_KEPT = 0.97


def representative(
    candidates: Candidates,
    target: Target,
    clusters: Clusters,
    quotas: pd.DataFrame,
    surrogate: Surrogate,
    seed: int,
    workers: int = 1,
    progress: Progress = no_progress,
    population: Of = "candidates",
    spectra_weight: Annotated[float, Field(ge=0, le=1)] = SPECTRA_WEIGHT,
    effort: Annotated[float, Field(gt=0)] = 1.0,
    max_per_event: Annotated[int, Field(ge=1)] | None = None,
    include: list[str | int] | None = None,
    exclude: list[str | int] | None = None,
    scale_factor: tuple[float, float] | None = None,
) -> Choice:
    """Choose the set whose surrogate demands and spectra have the mean and variance of the population's.

    Parameters
    ----------
    population
        ``"candidates"``, alike within a group; or ``"target"``, weighted such that their spectra follow it.
    spectra_weight
        Share of the spectra in what is matched; the rest is of the surrogates' demands.
    effort, max_per_event, include, exclude, scale_factor
        As for ``optimised``.

    Raises
    ------
    InputError
        No set satisfies the constraints, or the candidates cannot follow the target.
    """
    by_id = candidates.order_by_id()
    pool, cells = candidates.take(by_id), clusters.take(by_id)
    known = surrogate.take([str(name) for name in pool.records["id"]])
    usable = known.known
    weights = population_weights(pool, quotas, target, population)
    unknown = [str(name) for name in pool.records["id"][~usable]]
    counted = np.where(usable, weights, 0.0)
    values, sigma = matched_quantities(pool, target, known, counted, spectra_weight)
    objective = Objective(
        values, sigma, np.ones(values.shape[1]), Weights(), np.zeros(len(values)),
        np.empty((0, 2), dtype=np.int64), np.empty(0),
    )  # fmt: skip
    own = RecordConstraints(
        pool.records, max_per_event, include, [*(exclude or []), *unknown], scale_factor, WHERE
    )
    constraints = own.constraints(cells, quotas)

    def report(done: int, of: int, best: float) -> None:
        progress(done, of, f"best {best:.3f}")

    found = search(objective, constraints, seed, workers, effort, report=report)
    size = effective_size(weights)
    notes = [*own.notes, *surrogate.notes]
    if population == "target":
        off_median, off_sigma = (
            float(np.nanmax(np.abs(x))) for x in weighted_misfit(pool.ln_sa, target, weights)
        )
        notes.append(
            f"the candidates follow the target within {off_median:.1%} of its median and "
            f"{off_sigma:.1%} of its σ, by weights that leave {size:.0f} effective ones"
        )
    facts = {
        "objective": found.objective,
        "population": population,
        "population_effective_size": size,
        "max_per_event": max_per_event,
    }
    table = explain(pool, target, cells, found.chosen, objective, constraints, found.all_ends)
    return Choice(by_id[found.chosen].astype(np.int64), tuple(notes), facts, table)


def matched_quantities(
    candidates: Candidates, target: Target, surrogate: Surrogate, weights: FloatArray, spectra_weight: float
) -> tuple[FloatArray, FloatArray]:
    """Return principal components of ln demands and ln Sa less their weighted mean (N, C), and σ (C,).

    Every demand and every log-spaced period counts alike within its part; residual drifts are left out.
    """
    weights = weights / weights.sum()
    blocks = [
        (surrogate.ln_demands(), 1.0 - spectra_weight),
        (candidates.ln_sa[:, coarse_periods(target)], spectra_weight),
    ]
    parts = []
    for block, share in blocks:
        known = np.where(np.isnan(block), 0.0, block)
        about = np.where(np.isnan(block), 0.0, block - weights @ known)
        sigma = np.sqrt(weights @ np.square(about))
        kept = sigma > 1e-6
        if share > 0 and kept.any():
            parts.append(about[:, kept] / sigma[kept] * np.sqrt(share / kept.sum()))
    if not parts:
        raise InputError(f"{WHERE}: the candidates do not differ in what is to be matched")
    whole = np.concatenate(parts, axis=1)
    covariance = (whole.T * weights) @ whole
    values, vectors = np.linalg.eigh(covariance)
    share_of = np.cumsum(values[::-1]) / values.sum()
    count = int(np.searchsorted(share_of, _KEPT)) + 1
    scores = whole @ vectors[:, ::-1][:, :count]
    return scores, np.sqrt(weights @ np.square(scores))
