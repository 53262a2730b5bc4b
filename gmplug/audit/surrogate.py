"""Estimates with the surrogate of the structure: their errors and the coverage of their intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gmplug.comparison.response import CandidateResponses
from gmplug.demands import DRIFT
from gmplug.surrogate.collapse import Collapses, Survival, survival
from gmplug.surrogate.estimates import estimate
from gmplug.surrogate.responses import Surrogate
from gmplug.surrogate.sample import Population
from gmplug.values import FloatArray, IntArray

if TYPE_CHECKING:
    from gmplug.audit.draws import Draws

#: Schemes whose sets are also used with the surrogate.
REGRESSED = ("random", "stratified", "surrogate", "surrogate-quotas")


def explained_by_surrogate(ln: FloatArray, covariates: Mapping[str, FloatArray]) -> dict[str, float]:
    """Return R² of ln demand by each kind of surrogate over all candidates, ``r2_stories``, ..."""
    found = {}
    for kind, x in covariates.items():
        both = np.isfinite(ln) & np.isfinite(x)
        varies = both.sum() > 2 and np.ptp(x[both]) > 0 and np.ptp(ln[both]) > 0
        found[f"r2_{kind}"] = float(np.corrcoef(ln[both], x[both])[0, 1] ** 2) if varies else float("nan")
    return found


Samples = list[tuple[IntArray, Population, Survival]]


def samples_of(drawn: Draws, collapses: Collapses) -> Samples:
    """Return the set of each draw, the population that it is of, and which of this one collapses.

    Parameters
    ----------
    collapses
        Of all candidates; the estimates know those of the sets.
    """
    found = []
    for draw, (chosen, pool) in enumerate(zip(drawn.sets, drawn.pools, strict=True)):
        order = np.argsort(pool.members)
        sample = order[np.searchsorted(pool.members[order], chosen)]
        of = Population(pool.weights, sample, drawn.weights[draw])
        found.append((chosen, of, survival(collapses.of(chosen, pool.members), of)))
    return found


def surrogate_errors(
    ln: FloatArray,
    drawn: Draws,
    samples: Samples,
    covariates: Mapping[str, FloatArray],
    of_pools: pd.DataFrame,
) -> tuple[dict[str, FloatArray], dict[str, float]]:
    """Errors of ln median and dispersion of each draw, (D,), and the share of 95 % intervals that hold them.

    Parameters
    ----------
    ln
        ln demand of all candidates, NaN where an analysis gives none, shape (N,).
    of_pools
        Statistics of each draw's pool, a row each.
    """
    rows = []
    for (chosen, of, surviving), pool, truth in zip(
        samples, drawn.pools, of_pools.to_dict("records"), strict=False
    ):
        own = {kind: x[pool.members] for kind, x in covariates.items()}
        found = estimate(ln[chosen], own, of, surviving)
        low, high = found.interval()
        sigma_low, sigma_high = found.sigma_interval()
        rows.append(
            (
                found.mean - truth["ln_median"],
                found.sigma / truth["dispersion"] - 1.0,
                low <= truth["ln_median"] <= high,
                sigma_low <= truth["dispersion"] <= sigma_high,
            )
        )
    table = np.array(rows, dtype=float)
    errors = {"ln_median": table[:, 0], "dispersion": table[:, 1]}
    return errors, {"ln_median": float(table[:, 2].mean()), "dispersion": float(table[:, 3].mean())}


def collapses_of(responses: CandidateResponses, surrogate: Surrogate) -> Collapses:
    """Return what the analyses of all candidates say about collapse, from their peak story drifts, or from
    another demand of the structure where these are not audited."""
    limit, name = responses.collapse_drift_ratio, DRIFT
    if DRIFT not in responses.values:
        limit, name = np.inf, responses.from_structure[0]
    ln = np.log(responses.values[name].to_numpy(dtype=float))
    collapsed = np.where(responses.known, responses.collapsed, np.nan)
    return Collapses(ln, collapsed, float(np.log(limit)), surrogate.covariates(name))
