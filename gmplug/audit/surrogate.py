"""Estimates with the surrogate of the structure: their errors and the coverage of their intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gmplug.surrogate.estimates import Population, estimate
from gmplug.values import FloatArray

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


def surrogate_errors(
    ln: FloatArray, drawn: Draws, covariates: Mapping[str, FloatArray], of_pools: pd.DataFrame
) -> tuple[dict[str, FloatArray], dict[str, float]]:
    """Errors of ln median and dispersion of each draw, (D,), and the share of 95 % intervals that hold them.

    Parameters
    ----------
    of_pools
        Statistics of each draw's pool, a row each.
    """
    rows = []
    for draw, (chosen, pool) in enumerate(zip(drawn.sets, drawn.pools, strict=True)):
        order = np.argsort(pool.members)
        sample = order[np.searchsorted(pool.members[order], chosen)]
        known = np.isfinite(ln[pool.members])
        weights = np.where(known, pool.weights, 0.0)
        of = Population(weights / weights.sum(), sample, drawn.weights[draw])
        found = estimate(ln[chosen], {kind: x[pool.members] for kind, x in covariates.items()}, of)
        truth = of_pools.iloc[draw]
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
