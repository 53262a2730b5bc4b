"""Analyses and the demands that they return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

#: What an analysis can end as.
STATUSES = ("ok", "collapsed", "failed", "crashed", "timeout")
#: Those that say something about the structure.
SAYING = ("ok", "collapsed")


@dataclass(frozen=True)
class AnalysisTask:
    """One record to be run through the structure: all a worker process needs, as plain data.

    ``record`` is the row of the selection (columns of :data:`RECORD_COLUMNS`, ``scale_factor``). ``name``
    tells analyses of one record apart, where a study has several: log, folder and files are called by it, or
    by ``id`` where it is empty.
    """

    id: str
    scale_factor: float
    record: Mapping[str, Any]
    name: str = ""


@dataclass(frozen=True)
class AnalysisResult:
    """How one analysis ended; ``demands`` are its EDPs by column name of demands.csv.

    ``steps`` are converged steps, ``retries`` further attempts on steps that had failed, ``last_norm`` the
    convergence norm at the last attempt that failed (None where none did). ``history`` is the file of its
    response histories, relative to the run directory; empty if none is kept.
    """

    id: str
    status: str
    demands: Mapping[str, float] = field(default_factory=dict)
    message: str = ""
    wall_s: float = 0.0
    steps: int = 0
    retries: int = 0
    time_reached_s: float = 0.0
    last_norm: float | None = None
    history: str = ""


@dataclass(frozen=True)
class Demands:
    """``table`` has one row per analysis: the selection's ``id``, ``group``, ``cluster``, ``scale_factor``;
    ``status``, ``message``, EDPs (``peak_story_drift_ratio_1``, ...), ``wall_s``, ``retries``.
    """

    table: pd.DataFrame
    model: Mapping[str, Any] = field(default_factory=dict)

    @property
    def notes(self) -> tuple[str, ...]:
        """One line for each thing a user should know of the structure."""
        return tuple(self.model.get("notes", ()))


#: How the demands of several levels of shaking were sampled.
SAMPLINGS = ("stripes", "ida", "cloud")


@dataclass(frozen=True)
class LevelDemands:
    """Demands over a range of levels of shaking: what fragility, risk and loss are computed from.

    Parameters
    ----------
    table
        One row per analysis: ``level`` (text), ``sa_g`` (Sa at T* of the scaled record, g), ``annual_rate``
        (at which that Sa is exceeded, 1/yr, NaN if unknown), then the columns of demands.csv.
    levels
        One row per level, by rising ``sa_g``: ``level``, ``sa_g``, ``annual_rate``, ``candidates`` and
        ``records``, their numbers.
    conditioning_period_s
        T*, s, the period of ``sa_g``.
    model
        As in :class:`Demands`.
    sampling
        ``"stripes"``: at each level its own records, all scaled to its ``sa_g``. ``"ida"``: the same
        records at rising ``sa_g`` up to collapse. ``"cloud"``: each record once, at an ``sa_g`` of its own.
        For the last two ``levels`` is a single row whose ``sa_g`` is NaN.
    """

    table: pd.DataFrame
    levels: pd.DataFrame
    conditioning_period_s: float
    model: Mapping[str, Any] = field(default_factory=dict)
    sampling: str = "stripes"

    def __post_init__(self) -> None:
        for name, frame, needed in (
            ("table", self.table, ("level", "sa_g", "annual_rate", "id", "status")),
            ("levels", self.levels, ("level", "sa_g", "annual_rate", "candidates", "records")),
        ):
            missing = [column for column in needed if column not in frame]
            if missing:
                raise ValueError(f"level demands: {name} lacks the column(s) {', '.join(missing)}")
        if self.sampling not in SAMPLINGS:
            raise ValueError(
                f"level demands: sampling is one of {', '.join(SAMPLINGS)}, not {self.sampling!r}"
            )
