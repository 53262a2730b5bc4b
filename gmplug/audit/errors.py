"""Errors of sets: their statistics against those of all candidates of their draw, as rows of audit.csv."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from gmplug.audit.draws import Draws
from gmplug.audit.measures import interval, ks_distance, resampled_mean, weighted_median, weighted_moments
from gmplug.audit.strata import Pool
from gmplug.values import FloatArray

#: Statistics that are compared; errors of the dispersion are relative.
STATISTICS = ("ln_median", "ln_counted_median", "dispersion", "collapse_fraction")


def statistics(ln: FloatArray, collapsed: FloatArray, weights: FloatArray) -> dict[str, FloatArray]:
    """The compared statistics of sets, shape (…, n) each: ln of a demand, 1 where collapsed, and weights."""
    mean, std = weighted_moments(ln, weights)
    share = weights / weights.sum(axis=-1, keepdims=True)
    return {
        "ln_median": mean,
        "ln_counted_median": weighted_median(ln, weights),
        "dispersion": std,
        "collapse_fraction": (share * collapsed).sum(axis=-1),
    }


def of_pools_table(ln: FloatArray, collapsed: FloatArray, pools: tuple[Pool, ...]) -> pd.DataFrame:
    """The statistics of each draw's pool, a row each."""
    once = {id(pool): statistics(ln[pool.members], collapsed[pool.members], pool.weights) for pool in pools}
    return pd.DataFrame([once[id(pool)] for pool in pools])


def draw_errors(
    ln: FloatArray, collapsed: FloatArray, drawn: Draws, estimate: str, of_pools: pd.DataFrame
) -> dict[str, FloatArray]:
    """Errors of the draws by statistic, and their distances from their pools (``ks``), shape (D,) each."""
    equal = np.full(drawn.sets.shape, 1.0 / drawn.sets.shape[1])
    weights = drawn.weights if estimate == "weighted" else equal
    found = {}
    for name, values in statistics(ln[drawn.sets], collapsed[drawn.sets], weights).items():
        own = of_pools[name].to_numpy(dtype=float)[: len(values)]
        found[name] = np.asarray((values - own) / (own if name == "dispersion" else 1.0))
    beyond = np.where(collapsed > 0, np.inf, ln)
    found["ks"] = np.array(
        [
            ks_distance(beyond[chosen], weights[d], beyond[pool.members], pool.weights)
            for d, (chosen, pool) in enumerate(zip(drawn.sets, drawn.pools, strict=True))
        ]
    )
    return found


def errors_row(
    found: Mapping[str, FloatArray],
    of_all: Mapping[str, float],
    of_pools: pd.DataFrame,
    random: Mapping[str, FloatArray],
    resamples: FloatArray,
) -> dict[str, float]:
    """Numbers of one row of the table from the errors of its draws and those of random sets."""
    row: dict[str, float] = {}
    for name in (one for one in STATISTICS if one in found):
        error, squares = found[name], np.square(found[name])
        own = of_pools[name].to_numpy(dtype=float)[: len(error)]
        relative = name == "dispersion"
        values = own * (1.0 + error) if relative else own + error
        off = (values - of_all[name]) / (of_all[name] if relative else 1.0)
        row[f"{name}_bias"] = _mean(error)
        row[f"{name}_bias_low"], row[f"{name}_bias_high"] = interval(resampled_mean(error, resamples))
        row[f"{name}_rmse"] = float(np.sqrt(_mean(squares)))
        rmse = np.sqrt(resampled_mean(squares, resamples))
        row[f"{name}_rmse_low"], row[f"{name}_rmse_high"] = interval(rmse)
        row[f"{name}_rmse_all"] = float(np.sqrt(_mean(np.square(off))))
    if "ks" in found:
        row["ks_mean"] = _mean(found["ks"])
        row["ks_low"], row["ks_high"] = interval(resampled_mean(found["ks"], resamples))
    for name in ("ln_median", "dispersion"):  # the draws are resampled in pairs
        mine, theirs = np.square(found[name]), np.square(random[name][: len(found[name])])
        with np.errstate(invalid="ignore", divide="ignore"):
            row[f"{name}_ratio"] = float(np.sqrt(np.divide(_mean(mine), _mean(theirs))))
            ratios = np.sqrt(resampled_mean(mine, resamples) / resampled_mean(theirs, resamples))
        row[f"{name}_ratio_low"], row[f"{name}_ratio_high"] = interval(ratios)
    return row


def _mean(values: FloatArray) -> float:
    """Mean of the finite values; NaN where there are none."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else float("nan")
