"""The distribution of a demand given Sa: lognormal where the structure stands, and collapse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from gmplug.assessment.lognormal import fit_by_moments
from gmplug.demands.tables import collapsed, completed
from gmplug.errors import InputError
from gmplug.fragility.curves import Fragility
from gmplug.fragility.fits import fit_cloud
from gmplug.fragility.limits import demand_of
from gmplug.values import FloatArray, LevelDemands


@dataclass(frozen=True)
class DemandModel:
    """P(D > d | Sa) = P(C) + (1 − P(C))·Φ((ln median(Sa) − ln d)/β(Sa)).

    Jalayer (2003), Direct probabilistic seismic analysis, PhD thesis, Stanford; Shome & Cornell (2000).
    ln median and β are linear in ln Sa between knots; beyond them ln median continues by the end slopes and
    β is constant.

    Parameters
    ----------
    sa_g, ln_median, beta
        Knots, shape (K,), K ≥ 2.
    collapse
        Probability of collapse given Sa; None: none.
    """

    sa_g: FloatArray
    ln_median: FloatArray
    beta: FloatArray
    collapse: Fragility | None

    def exceedance(self, demand: float, sa_g: FloatArray) -> FloatArray:
        """P(D > demand | Sa), shape as ``sa_g``."""
        x, known = np.log(sa_g), np.log(self.sa_g)
        at = np.clip(np.searchsorted(known, x) - 1, 0, len(known) - 2)
        slope = np.diff(self.ln_median) / np.diff(known)
        ln_median = self.ln_median[at] + slope[at] * (x - known[at])
        beta = np.interp(x, known, self.beta)
        fallen = 0.0 if self.collapse is None else self.collapse.probability(sa_g)
        p: FloatArray = fallen + (1 - fallen) * ndtr((ln_median - np.log(demand)) / beta)
        return p


def demand_model(
    demands: LevelDemands, edp: str, collapse: Fragility | None, where: str
) -> DemandModel | None:
    """Fit a demand's distribution to the analyses that did not collapse; None where there are too few.

    Stripes: median and β of each level with three or more. Clouds: the regression. IDA: each record's curve
    is interpolated at common levels.
    """
    table = completed(demands.table)
    values = demand_of(table, edp, where)
    if demands.sampling == "cloud":
        fit = fit_cloud(table["sa_g"].to_numpy(dtype=float), values, collapsed(table), np.inf)
        ends = np.array([table["sa_g"].min(), table["sa_g"].max()])
        if not np.isfinite([fit.ln_a, fit.beta]).all():
            return None
        return DemandModel(ends, fit.ln_a + fit.b * np.log(ends), np.full(2, fit.beta), collapse)
    if demands.sampling == "ida":
        table, values = _read_at_levels(table, values)
    knots = []
    at = table["sa_g"].to_numpy(dtype=float)
    for sa in np.unique(at):
        level = fit_by_moments(values[at == sa])
        if level.n >= 3 and level.beta > 0:
            knots.append((float(sa), float(np.log(level.median)), level.beta))
    if len(knots) < 2:
        return None
    sa_g, ln_median, beta = (np.array(column) for column in zip(*knots, strict=True))
    return DemandModel(sa_g, ln_median, beta, collapse)


def _read_at_levels(table: pd.DataFrame, values: FloatArray) -> tuple[pd.DataFrame, FloatArray]:
    """Return each record's demand at twelve common levels of Sa, up to its last run without collapse."""
    stood = table.assign(_demand=values)[np.isfinite(values)]
    if not len(stood):
        raise InputError("no analysis ended ok, so demands have no distribution")
    grid = np.geomspace(stood["sa_g"].min(), stood["sa_g"].max(), 12)
    rows = []
    for _, runs in stood.groupby("id", sort=True):
        runs = runs.sort_values("sa_g")
        sa = np.concatenate([[0.0], runs["sa_g"]])
        demand = np.concatenate([[0.0], runs["_demand"]])
        rows += [(x, float(np.interp(x, sa, demand))) for x in grid if x <= sa[-1]]
    frame = pd.DataFrame(rows, columns=["sa_g", "_demand"])
    return frame, frame["_demand"].to_numpy(dtype=float)
