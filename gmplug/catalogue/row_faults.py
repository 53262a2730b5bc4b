"""What is wrong with single rows of a table: an error that names them, or rows left out and counted."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.values import BoolArray

_SHOWN = 5


def rows_text(rows: Iterable[object]) -> str:
    """Return row numbers (or names) for a line of text: the first few, and how many more."""
    listed = [str(row) for row in rows]
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + more


class RowFaults:
    """Collects bad rows of one file, by the numbers they have there.

    Parameters
    ----------
    path
        The file.
    skip
        Leave such rows out, with a note, instead of stopping; None where no option does that.
    """

    def __init__(self, path: Path, skip: bool | None = False) -> None:
        self.rows: dict[object, None] = {}
        self._path = path
        self._skip = skip
        self._lines: list[str] = []

    def add(self, rows: Iterable[object], line: str) -> None:
        """Add rows with a line that says what is wrong, where, and what to do."""
        self.rows.update(dict.fromkeys(rows))
        self._lines.append(line)

    def settle(self, index: pd.Index) -> tuple[BoolArray, list[str]]:
        """Return which rows of ``index`` are good, shape (N,), and notes on those left out.

        Raises
        ------
        InputError
            There are bad rows, and they are not to be left out; or no row is good.
        """
        good = np.asarray(~index.isin(list(self.rows)), dtype=bool)
        if not self.rows:
            return good, []
        if not self._skip:
            way = "" if self._skip is None else ", or set [catalogue] skip_bad_rows = true to leave it out"
            raise InputError([f"{line}{way}" for line in self._lines])
        if not good.any():
            raise InputError([f"{self._path}: no good row is left", *self._lines])
        reasons = [line.removeprefix(f"{self._path}").lstrip(":, ").rsplit(";", 1)[0] for line in self._lines]
        more = f"; and {len(reasons) - _SHOWN} more reasons" if len(reasons) > _SHOWN else ""
        listed = "; ".join(reasons[:_SHOWN]) + more
        return good, [f"{len(self.rows)} bad rows of {self._path.name} left out: {listed}"]
