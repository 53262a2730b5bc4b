"""Fragility of the demands of several levels, however they were sampled, with bootstrap confidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gmplug.demands.tables import collapsed, completed
from gmplug.errors import InputError
from gmplug.fragility.curves import CloudFragility, LognormalFragility, median_of
from gmplug.fragility.fits import fit_capacities, fit_cloud, fit_stripes, fit_stripes_many
from gmplug.fragility.limits import Limit, capacities, demand_of, stripe_counts, stripe_estimates
from gmplug.values import BoolArray, FloatArray, LevelDemands

AnyFragility = LognormalFragility | CloudFragility


@dataclass(frozen=True)
class FittedLimit:
    """A limit's fragility, what was observed, and the bootstrap.

    Parameters
    ----------
    observed
        Points to draw: ``sa_g``, ``analyses``, ``reached``; of stripes ``share``, which is fitted.
    medians_g, betas
        Of the bootstrap samples, shape (B,), NaN where a sample gives no fit; β is NaN for clouds.
    band
        Probabilities of the bootstrap samples on a grid of Sa, shape (B, G).
    """

    limit: Limit
    fragility: AnyFragility
    observed: pd.DataFrame
    medians_g: FloatArray
    betas: FloatArray
    band: FloatArray


def fit_limit(
    demands: LevelDemands, limit: Limit, fallback_beta: float | None = None, where: str = "fragility"
) -> AnyFragility:
    """Fit one limit's fragility by the method that suits how the demands were sampled."""
    if demands.sampling == "stripes":
        return fit_stripes(*stripe_estimates(demands, limit, where), fallback_beta)
    if demands.sampling == "ida":
        return _of_capacities(capacities(demands, limit, where))
    return fit_cloud(*_cloud(demands, limit, where), limit.value)


def bootstrap(
    demands: LevelDemands,
    limit: Limit,
    samples: int,
    rng: np.random.Generator,
    grid_g: FloatArray,
    fallback_beta: float | None = None,
    where: str = "fragility",
) -> FittedLimit:
    """Fit a limit, and again to ``samples`` samples drawn with replacement from the records.

    Stripes: within each level, which for counts is a binomial draw. IDA and clouds: records, each with all
    its analyses.
    Efron & Tibshirani (1993), An Introduction to the Bootstrap; Jalayer et al. (2015), "Bayesian cloud
    analysis: efficient structural fragility assessment using linear regression", Bull. Earthquake Eng. 13.
    """
    fragility = fit_limit(demands, limit, fallback_beta, where)
    fits: list[AnyFragility]
    if demands.sampling == "stripes":
        sa, analyses, exceeding = stripe_counts(demands, limit, where)
        observed = pd.DataFrame({"sa_g": sa, "analyses": analyses, "reached": exceeding})
        _, analyses, exceeding = stripe_estimates(demands, limit, where)
        observed["share"] = shares = exceeding / analyses
        analyses = np.rint(analyses)
        drawn = rng.binomial(analyses.astype(int), shares, size=(samples, len(sa))).astype(float)
        medians, betas = fit_stripes_many(sa, analyses, drawn, fallback_beta)
        fits = [LognormalFragility(*parameters) for parameters in zip(medians, betas, strict=True)]
    else:
        if demands.sampling == "ida":
            table = capacities(demands, limit, where)
            fits = [
                _of_capacities(table.iloc[rng.integers(0, len(table), len(table))]) for _ in range(samples)
            ]
            reaching = np.sort(table.loc[~table["censored"], "sa_g"])
            ranks = np.arange(1, len(reaching) + 1)
            observed = pd.DataFrame({"sa_g": reaching, "analyses": len(table), "reached": ranks})
        else:
            sa, values, fell = _cloud(demands, limit, where)
            records, _ = pd.factorize(completed(demands.table)["id"])
            runs = [np.flatnonzero(records == record) for record in range(int(records.max()) + 1)]
            rows = [
                np.concatenate([runs[record] for record in rng.integers(0, len(runs), len(runs))])
                for _ in range(samples)
            ]
            fits = [fit_cloud(sa[i], values[i], fell[i], limit.value) for i in rows]
            above = fell | (values > limit.value)
            observed = pd.DataFrame({"sa_g": sa, "analyses": 1, "reached": above.astype(int)})
        medians = np.array([median_of(fit) if fit.known else np.nan for fit in fits])
        betas = np.array([fit.beta if isinstance(fit, LognormalFragility) else np.nan for fit in fits])
    curves = [fit.probability(grid_g) if fit.known else np.full(len(grid_g), np.nan) for fit in fits]
    band = np.array(curves).reshape(-1, len(grid_g))
    return FittedLimit(limit, fragility, observed, medians, betas, band)


def _of_capacities(table: pd.DataFrame) -> LognormalFragility:
    censored = table["censored"].to_numpy(dtype=bool)
    sa = table["sa_g"].to_numpy(dtype=float)
    return fit_capacities(sa[~censored], sa[censored])


def _cloud(demands: LevelDemands, limit: Limit, where: str) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Sa, demand and whether it collapsed, of each completed analysis, shape (n,)."""
    table = completed(demands.table)
    if not len(table):
        raise InputError(f"{where}: no analysis ended ok or collapsed")
    return table["sa_g"].to_numpy(dtype=float), demand_of(table, limit.edp, where), collapsed(table)
