"""Reading tables as people have them: any dialect of CSV, workbooks, Parquet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.catalogue.blocks import Block, with_unit
from gmplug.catalogue.columns import TEXTS, known_as
from gmplug.catalogue.headings import IsKind, best_dialect, best_sheet
from gmplug.catalogue.numbers import number_columns
from gmplug.catalogue.periods import is_spectral
from gmplug.catalogue.row_faults import RowFaults
from gmplug.catalogue.sources import is_sources
from gmplug.catalogue.workbooks import PARQUET, WORKBOOKS
from gmplug.errors import InputError

#: Returns a table's column names by what they stand for, in the same order.
type Rename = Callable[[Sequence[str]], list[str]]


def is_known(cell: str) -> bool:
    """Tell whether a heading's cell names a column of gmplug or a database, or a spectral ordinate."""
    return known_as(cell) is not None or is_spectral(cell) or is_sources(cell)


def read_table(
    path: Path,
    keep: IsKind = bool,
    key: IsKind = is_known,
    known: IsKind = is_known,
    notes: list[str] | None = None,
    faults: RowFaults | None = None,
    rename: Rename | None = None,
    above: dict[int, str] | None = None,
) -> pd.DataFrame:
    """Read the one table of records in a CSV file (any usual dialect and encoding), workbook or Parquet file.

    Title rows above the heading, notes below the table, repeated headings, other tables in the same file, a
    row of units and blank rows are recognized and are not data. The delimiter is the one that makes most
    known columns; decimal commas are decided from whole columns.

    Parameters
    ----------
    keep
        Tells by its name whether a column is wanted; default: all that have a name.
    key
        Whether a column is one that the table must have: it marks the right table, where a file holds
        several.
    known
        Whether a column is known: a heading has most of those.
    notes
        Collects a line for each thing that was not read.
    faults
        Collects the rows that do not fit the heading; default: they are an error.
    rename
        Returns the table's column names by what they stand for; ``keep`` is asked of those.
    above
        Collects the text above the heading, by its row.

    Returns
    -------
    The table. Its index holds the row numbers of the file (the line, or the row of the sheet, where a row
    begins). Columns of numbers are numeric, others text. Column names are stripped.

    Raises
    ------
    InputError
        The file is missing, is not a table, or holds several.
    """
    if not path.is_file():
        what = "is a folder, not a file" if path.is_dir() else "no such file"
        raise InputError(f"{path}: {what}; give the path of a CSV, XLSX or Parquet table")
    own_faults = RowFaults(path) if faults is None else faults
    notes = [] if notes is None else notes
    suffix = path.suffix.lower()
    try:
        if suffix in PARQUET:
            return _checked(_from_parquet(path, keep, rename), path)
        found = (best_sheet if suffix in WORKBOOKS else best_dialect)(path, key, known)
    except InputError:
        raise
    except Exception as error:  # the readers raise whatever their formats bring along
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: cannot be read as a table ({reason}); check or re-export it") from error
    block = Block(path, found, known, key)
    names = _apart(block.names)
    names = rename(names) if rename else names
    wanted = [i for i, name in enumerate(names) if name and keep(name)]
    if not wanted:
        return pd.DataFrame()
    units = block.read(wanted)
    block.report(own_faults, notes)
    if above is not None:
        above.update(block.above)
    columns = zip(*block.records, strict=True) if block.records else [()] * len(wanted)
    cells = [[cell.strip() for cell in column] for column in columns]
    names = [with_unit(names[i], units[i], path) if units else names[i] for i in wanted]
    table = _typed(names, cells, pd.Index(block.row_numbers, dtype="int64"))
    if faults is None or table.empty:
        own_faults.settle(table.index)
    return _checked(table, path)


def _apart(names: Sequence[str]) -> list[str]:
    """Return column names; of unknown ones that repeat, all but the first get a number: ``CRjb (2)``."""
    seen: Counter[str] = Counter()
    apart = []
    for name in names:
        seen[name] += 1
        again = seen[name] > 1 and name and not is_known(name)
        apart.append(f"{name} ({seen[name]})" if again else name)
    return apart


def _from_parquet(path: Path, keep: IsKind, rename: Rename | None) -> pd.DataFrame:
    table = pd.read_parquet(path)
    names = [str(name).strip() for name in table.columns]
    table.columns = rename(names) if rename else names
    table = table[[name for name in table.columns if keep(name)]]
    return table.set_axis(np.arange(len(table)) + 2, axis=0).dropna(how="all")


def _checked(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    doubled = table.columns[table.columns.duplicated()]
    if len(doubled):
        raise InputError(f"{path}: the column '{doubled[0]}' occurs more than once; rename or remove one")
    if table.empty and len(table.columns):
        raise InputError(f"{path}: holds no rows; check that it is the right file")
    return table


def _typed(names: list[str], columns: list[list[str]], index: pd.Index) -> pd.DataFrame:
    """Return the table with columns of numbers as numbers; known texts stay as they were written."""
    numeric = {i: cells for i, cells in enumerate(columns) if known_as(names[i]) not in TEXTS}
    numbers = number_columns(numeric)
    table = pd.DataFrame(
        {
            i: numbers[i] if i in numbers else pd.Series(cells, index, object)
            for i, cells in enumerate(columns)
        },
        index=index,
    )
    table.columns = names
    return table
