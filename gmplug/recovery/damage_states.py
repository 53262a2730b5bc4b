"""Losses by HAZUS damage states of the whole building, from its largest story drift.

Story drift ratios at which the structural damage states slight, moderate, extensive and complete begin
(medians, lognormal with β = 0.4), the share of collapses among the complete, and what each state costs and
takes, are HAZUS's (FEMA 2022, "Hazus earthquake model technical manual" 6.1, chapters 5 and 11; drift limits
of its low-rise buildings, which hold for a single storey) as tabulated in SimCenter's damage and loss model
library 3.2 ("Hazus v5.1" subassemblies; "Hazus v6.1" buildings, lifeline facilities: the whole building's
loss ratio).
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from gmplug.demands.tables import peak_story_drift
from gmplug.errors import InputError
from gmplug.recovery.losses import loss_pictures, summarise_losses
from gmplug.values import Assessment, FloatArray, LevelDemands

STATES = ("slight", "moderate", "extensive", "complete")
#: Standard deviation of ln of the drift at which a state begins.
BETA = 0.4


def hazus_losses(
    demands: LevelDemands,
    seed: int,
    building_type: str = "S1",
    design_level: str = "high",
    occupancy: str = "COM4",
    realizations: int = 1000,
) -> Assessment:
    """Repair cost and time by HAZUS damage states of the building.

    For each level and realization one of its analyses is drawn, and a damage state from its largest story
    drift. A collapsed analysis is complete damage and collapse; of the other complete ones HAZUS's share
    collapse. Analyses that failed, crashed or timed out are not drawn from.

    Parameters
    ----------
    building_type, design_level
        HAZUS's, such as ``"S1"`` (steel moment frame) or ``"C1"`` (concrete moment frame), and ``"high"``,
        ``"moderate"``, ``"low"`` or ``"pre"`` (-code).
    occupancy
        HAZUS's, such as ``"COM4"`` (offices) or ``"RES3"`` (flats).
    realizations
        Drawn at each level.

    Raises
    ------
    InputError
        A type, design level or occupancy is unknown, or a level has nothing to draw from.
    """
    limits, collapse_share = drift_limits(building_type, design_level)
    cost_ratios, repair_days = consequences(occupancy)
    if realizations < 1:
        raise InputError(f"[risk.hazus-losses] realizations: {realizations} must be 1 or more")
    if demands.sampling != "stripes":
        raise InputError(f"[risk.hazus-losses] needs stripes of several levels, not '{demands.sampling}'")
    frames = []
    for number, level in enumerate(demands.levels["level"].astype(str)):
        rng = np.random.default_rng([seed, number])
        table = demands.table[demands.table["level"].astype(str) == level]
        drift, collapsed = _drawable(table, level)
        drawn = rng.integers(len(drift), size=realizations)
        state = damage_states(drift[drawn], limits, rng.random(realizations))
        fell = collapsed[drawn]
        state[fell] = len(STATES)
        fell = fell | ((state == len(STATES)) & (rng.random(realizations) < collapse_share))
        frames.append(
            pd.DataFrame(
                {
                    "level": level,
                    "realization": np.arange(realizations),
                    "repair_cost_ratio": np.concatenate([[0.0], cost_ratios])[state],
                    "repair_time_days": np.concatenate([[0.0], repair_days])[state],
                    "collapsed": fell.astype(int),
                    "irreparable": ((state == len(STATES)) & ~fell).astype(int),
                    "damage_state": np.array(["none", *STATES])[state],
                }
            )
        )
    losses = pd.concat(frames, ignore_index=True)
    values, tables = summarise_losses(losses, demands.levels)
    shares = pd.crosstab(losses["level"], losses["damage_state"]) / realizations
    shares = shares.reindex(
        index=demands.levels["level"].astype(str), columns=["none", *STATES], fill_value=0.0
    )
    tables["damage_states"] = shares.rename_axis(columns=None).reset_index()
    values |= {"title": "Losses by HAZUS damage states"}
    values |= {"building_type": building_type, "design_level": design_level, "occupancy": occupancy}
    values["notes"] = [
        *values.get("notes", ()),
        f"HAZUS damage states of a {design_level}-code {building_type}, occupancy {occupancy}: averages of a "
        f"class of buildings, not of this one",
    ]
    pictures = loss_pictures(losses, demands.levels, values, tables)
    return Assessment(values, tables | {"losses": losses}, pictures)


def damage_states(drift: FloatArray, limits: FloatArray, uniform: FloatArray) -> np.ndarray:
    """Damage state 0 to 4 for each drift, shape (n,): the worst i with u < P(state ≥ i) = Φ(ln(d/θᵢ)/β).

    ``limits`` are the medians θ (4,), ``uniform`` numbers in [0, 1) (n,).
    """
    with np.errstate(divide="ignore"):
        reached = ndtr(np.log(np.asarray(drift)[:, None] / limits[None, :]) / BETA)
    return np.asarray((np.asarray(uniform)[:, None] < reached).sum(axis=1))


def _drawable(table: pd.DataFrame, level: str) -> tuple[FloatArray, np.ndarray]:
    """Drifts and whether they are of a collapse, of the analyses that say what the building does."""
    status = table["status"].astype(str)
    collapsed = (status == "collapsed").to_numpy()
    drift = peak_story_drift(table)
    usable = collapsed | ((status == "ok").to_numpy() & np.isfinite(drift))
    if not usable.any():
        raise InputError(
            f"[risk.hazus-losses] level '{level}' has no analysis that ended ok or collapsed; see demands.csv"
        )
    return np.nan_to_num(drift[usable]), collapsed[usable]


def _table(name: str) -> pd.DataFrame:
    return pd.read_csv(str(files("gmplug.recovery").joinpath(name)))


def drift_limits(building_type: str, design_level: str) -> tuple[FloatArray, float]:
    """Return the drift ratios at which the states begin, shape (4,), and the collapses' share of complete.

    Raises InputError for a type or level that HAZUS does not have.
    """
    table = _table("hazus_drift_limits.csv")
    rows = table[(table["building_type"] == building_type) & (table["design_level"] == design_level)]
    if rows.empty:
        types = ", ".join(table["building_type"].unique())
        raise InputError(
            f"[risk.hazus-losses] there is no {design_level!r} design of building type {building_type!r}; "
            f"types: {types}; designs: high, moderate, low, pre (not all of each)"
        )
    row = rows.iloc[0]
    return row[list(STATES)].to_numpy(dtype=float), float(row["collapse_given_complete"])


def consequences(occupancy: str) -> tuple[FloatArray, FloatArray]:
    """Return repair cost over replacement cost, and repair time, days, of each state, shape (4,) each.

    Raises InputError for an occupancy that HAZUS does not have.
    """
    table = _table("hazus_occupancies.csv").set_index("occupancy")
    if occupancy not in table.index:
        raise InputError(
            f"[risk.hazus-losses] occupancy {occupancy!r} is unknown; one of {', '.join(table.index)}"
        )
    row: Any = table.loc[occupancy]
    ratios = row[[f"cost_ratio_{state}" for state in STATES]].to_numpy(dtype=float)
    days = row[[f"repair_days_{state}" for state in STATES]].to_numpy(dtype=float)
    return ratios, days
