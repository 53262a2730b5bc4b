"""Analyses and the demands that they return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

#: How an analysis can end.
STATUSES = ("ok", "collapsed", "failed", "crashed", "timeout")
#: Of an analysis with a result for the structure.
VALID_STATUSES = ("ok", "collapsed")


@dataclass(frozen=True)
class AnalysisTask:
    """One analysis: all that a worker process needs, as plain data.

    ``record`` is the row of the selection (columns of :data:`RECORD_COLUMNS`, ``scale_factor``). ``name``
    distinguishes several analyses of one record; log, folder and files have it, or ``id`` if it is empty.
    """

    id: str
    scale_factor: float
    record: Mapping[str, Any]
    name: str = ""


@dataclass(frozen=True)
class AnalysisResult:
    """How one analysis ended; ``demands`` are its EDPs by column name of demands.csv.

    ``steps`` are converged steps, ``retries`` further attempts on failed steps, ``last_norm`` the convergence
    norm of the last failed attempt or None. ``history`` is the file of the response histories, relative to
    the run directory; empty if they are not kept.
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
    """Demands, one row per analysis: ``id``, ``group``, ``cluster``, ``scale_factor`` of the selection;
    ``status``, ``message``, EDPs (``peak_story_drift_ratio_1``, ...), ``wall_s``, ``retries``.
    """

    table: pd.DataFrame
    model: Mapping[str, Any] = field(default_factory=dict)

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes on the structure, one line each."""
        return tuple(self.model.get("notes", ()))


#: How the demands of several levels of shaking were sampled.
SAMPLINGS = ("stripes", "ida", "cloud")


@dataclass(frozen=True)
class LevelDemands:
    """Demands over a range of levels of shaking, the basis of fragility, risk and loss.

    Parameters
    ----------
    table
        One row per analysis: ``level`` (text), ``sa_g`` (Sa at T* of the scaled record, g), ``annual_rate``
        (of exceeding that Sa, 1/yr, NaN if unknown), then the columns of demands.csv.
    levels
        One row per level, by rising ``sa_g``: ``level``, ``sa_g``, ``annual_rate``, ``candidates`` and
        ``records``, their numbers.
    conditioning_period_s
        T*, s, the period of ``sa_g``.
    model
        As in :class:`Demands`.
    sampling
        ``"stripes"``: each level has its own records, scaled to its ``sa_g``. ``"ida"``: the same records at
        rising ``sa_g`` up to collapse. ``"cloud"``: each record once, at its own ``sa_g``. For the last two
        ``levels`` is one row with ``sa_g`` NaN.
    estimates
        Of stripes, shares of all candidates that exceed a drift or collapse, as surrogates estimate them:
        ``level``, ``sa_g``, ``drift_ratio`` (infinite for collapse), ``probability``, ``low``, ``high``,
        ``surrogate``, ``equivalent_analyses``. Empty without.
    """

    table: pd.DataFrame
    levels: pd.DataFrame
    conditioning_period_s: float
    model: Mapping[str, Any] = field(default_factory=dict)
    sampling: str = "stripes"
    estimates: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __post_init__(self) -> None:
        for name, frame, needed in (
            ("table", self.table, ("level", "sa_g", "annual_rate", "id", "status")),
            ("levels", self.levels, ("level", "sa_g", "annual_rate", "candidates", "records")),
        ):
            missing = [column for column in needed if column not in frame]
            if missing:
                raise ValueError(f"level demands: {name} lacks the column(s) {', '.join(missing)}")
        if self.sampling not in SAMPLINGS:
            known = ", ".join(SAMPLINGS)
            raise ValueError(f"level demands: sampling is one of {known}, not {self.sampling!r}")
