"""Losses by HAZUS damage states of the whole building, from its largest story drift."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gmplug.demands.tables import collapsed, completed, peak_story_drift, unused_notes
from gmplug.errors import InputError
from gmplug.hazus import DAMAGE_STATES, consequences, damage_states, drift_limits
from gmplug.notes import doubtful
from gmplug.recovery.losses import loss_pictures, summarize_losses
from gmplug.values import Assessment, BoolArray, FloatArray, LevelDemands

#: Options that are not given.
ASSUMED = {"building_type": "S1", "design_level": "high", "occupancy": "COM4"}


def hazus_losses(
    demands: LevelDemands,
    seed: int,
    building_type: str | None = None,
    design_level: str | None = None,
    occupancy: str | None = None,
    realizations: int = 1000,
) -> Assessment:
    """Return repair cost and time by HAZUS damage states of the building.

    Each realization draws an analysis of its level, and a damage state from the largest story drift. A
    collapsed analysis is complete damage with collapse; HAZUS's share of the other complete states collapses.
    Analyses that failed, crashed or timed out are not used.

    Parameters
    ----------
    building_type, design_level
        HAZUS's, such as ``"S1"`` (steel moment frame) or ``"C1"`` (concrete moment frame), and ``"high"``,
        ``"moderate"``, ``"low"`` or ``"pre"`` (-code).
    occupancy
        HAZUS's, such as ``"COM4"`` (offices) or ``"RES3"`` (flats). Of the three, those not given are ``S1``,
        ``high`` and ``COM4``, with a doubtful note.
    realizations
        Drawn at each level.

    Raises
    ------
    InputError
        A type, design level or occupancy is unknown, or no analysis of a level ended ok or collapsed.
    """
    given = {"building_type": building_type, "design_level": design_level, "occupancy": occupancy}
    assumed = [f"{name} = {ASSUMED[name]}" for name, value in given.items() if value is None]
    building_type, design_level, occupancy = (value or ASSUMED[name] for name, value in given.items())
    try:
        limits, collapse_share = drift_limits(building_type, design_level)
        cost_ratios, repair_days = consequences(occupancy)
    except InputError as error:
        raise InputError(f"[risk.hazus-losses] {error}") from None
    if realizations < 1:
        raise InputError(f"[risk.hazus-losses] realizations: {realizations} must be 1 or more")
    if demands.sampling != "stripes":
        raise InputError(f"[risk.hazus-losses] needs stripes of several levels, not '{demands.sampling}'")
    frames = []
    for number, level in enumerate(demands.levels["level"].astype(str)):
        rng = np.random.default_rng([seed, number])
        table = demands.table[demands.table["level"].astype(str) == level]
        drift, fallen = _drawable(table, level)
        drawn = rng.integers(len(drift), size=realizations)
        state = damage_states(drift[drawn], limits, rng.random(realizations))
        fell = fallen[drawn]
        state[fell] = len(DAMAGE_STATES)
        fell = fell | ((state == len(DAMAGE_STATES)) & (rng.random(realizations) < collapse_share))
        columns = {
            "level": level,
            "realization": np.arange(realizations),
            "repair_cost_ratio": np.concatenate([[0.0], cost_ratios])[state],
            "repair_time_days": np.concatenate([[0.0], repair_days])[state],
            "collapsed": fell.astype(int),
            "irreparable": ((state == len(DAMAGE_STATES)) & ~fell).astype(int),
            "damage_state": np.array(["none", *DAMAGE_STATES])[state],
        }
        frames.append(pd.DataFrame(columns))
    losses = pd.concat(frames, ignore_index=True)
    values, tables = summarize_losses(losses, demands.levels)
    shares = pd.crosstab(losses["level"], losses["damage_state"]) / realizations
    shares = shares.reindex(
        index=demands.levels["level"].astype(str), columns=["none", *DAMAGE_STATES], fill_value=0.0
    )
    tables["damage_states"] = shares.rename_axis(columns=None).reset_index()
    values |= {"title": "Losses by HAZUS damage states"}
    values |= {"building_type": building_type, "design_level": design_level, "occupancy": occupancy}
    values["notes"] = [
        *values.get("notes", ()),
        *unused_notes(demands.table),
        f"HAZUS damage states of a {design_level}-code {building_type}, occupancy {occupancy}: averages of a "
        "class of buildings, not of this one.",
    ]
    if assumed:
        values["notes"].append(
            doubtful(
                f"{', '.join(assumed)} assumed for the losses of this building"
                f"{_described(demands)}: state them in [risk.hazus-losses]"
            )
        )
    pictures = loss_pictures(losses, demands.levels, values, tables)
    return Assessment(values, tables | {"losses": losses}, pictures)


def _described(demands: LevelDemands) -> str:
    text = demands.model.get("description") or demands.model.get("model")
    return f" ({text})" if text else ""


def _drawable(table: pd.DataFrame, level: str) -> tuple[FloatArray, BoolArray]:
    """Return the drifts of the analyses that ended ok or collapsed, and whether they collapsed."""
    table = completed(table)
    drift, fell = peak_story_drift(table), collapsed(table)
    usable = fell | np.isfinite(drift)
    if not usable.any():
        raise InputError(
            f"[risk.hazus-losses] level '{level}' has no analysis that ended ok or collapsed; see demands.csv"
        )
    return np.nan_to_num(drift[usable]), fell[usable]
