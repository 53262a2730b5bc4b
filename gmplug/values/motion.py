"""Waveforms of records, and the motions that excite the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from gmplug.values.arrays import FloatArray
from gmplug.values.assessment import Picture
from gmplug.values.selection import Selection


@dataclass(frozen=True)
class Motion:
    """The waveforms of one record.

    Parameters
    ----------
    time_step_s
        Sampling interval, s.
    horizontal_g
        Acceleration of the horizontal components, g, shape (1 or 2, n).
    vertical_g
        Acceleration of the vertical component, g, shape (n,), or None.
    """

    time_step_s: float
    horizontal_g: FloatArray
    vertical_g: FloatArray | None = None

    def __post_init__(self) -> None:
        if self.horizontal_g.ndim != 2 or self.horizontal_g.shape[0] not in (1, 2):
            raise ValueError(f"horizontal_g must have shape (1 or 2, n), not {self.horizontal_g.shape}")
        if not self.time_step_s > 0:
            raise ValueError(f"time_step_s must be positive, not {self.time_step_s}")


@dataclass(frozen=True)
class Motions:
    """The motions that excite the model, one row per selected record, in the selection's order.

    Parameters
    ----------
    table
        ``id``; ``file_h1``, ``file_h2``, ``file_v``, the waveform files (empty: no such component);
        ``scale_factor`` of their accelerations; ``time_step_s`` and ``units`` of files without them. Further
        columns are kept.
    notes
        For the user, one line each.
    tables, pictures
        For the report, by name (letters, digits, ``_`` and ``-``).
    facts
        For ``summary.json``, under ``motions``; must be valid JSON.
    """

    COLUMNS: ClassVar[tuple[str, ...]] = (
        "id", "file_h1", "file_h2", "file_v", "scale_factor", "time_step_s", "units",
    )  # fmt: skip

    table: pd.DataFrame
    notes: tuple[str, ...] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def complete(self) -> Motions:
        """The motions with all columns; those missing in the table are empty."""
        table = self.table.reset_index(drop=True)
        for name in self.COLUMNS:
            if name in ("scale_factor", "time_step_s"):
                table[name] = table[name].astype(float) if name in table else np.nan
            else:
                table[name] = table[name].fillna("").astype(str) if name in table else ""
        others = [name for name in table if name not in self.COLUMNS]
        return replace(self, table=table[[*self.COLUMNS, *others]])

    def records(self, selection: Selection) -> pd.DataFrame:
        """Return the rows of the selection with the files and factors of the motions."""
        table = self.complete.table
        return selection.records.assign(**{name: table[name].to_numpy() for name in self.COLUMNS[1:]})
