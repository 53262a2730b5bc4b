"""Where the waveform files that a table names really lie."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from gmplug.catalogue.row_faults import rows_text
from gmplug.errors import InputError

FILE_COLUMNS = ("file_h1", "file_h2", "file_v")


def absolute_files(records: pd.DataFrame, folder: Path, where: str) -> list[str]:
    """Make the file columns of ``records`` absolute in place; return a note on files not at hand.

    Raises
    ------
    InputError
        A second component without a first.
    """
    absent: set[str] = set()
    files = 0
    for column in (name for name in FILE_COLUMNS if name in records):
        found = []
        for name in records[column]:
            path = folder / str(name).replace("\\", "/") if name else None
            files += path is not None
            if path is not None and not path.is_file():
                absent.add(str(name))
                path = None
            found.append(str(path.resolve()) if path else "")
        records[column] = pd.Series(found, index=records.index, dtype=object)
    if "file_h2" in records and "file_h1" not in records:
        raise InputError(f"{where}: has a column 'file_h2' but no 'file_h1'; a single component is file_h1")
    notes = []
    if absent:
        notes.append(
            f"{len(absent)} of {files} waveform files are not in {folder}: {rows_text(sorted(absent))}"
        )
    if "file_h2" in records:
        promoted = promote_single_component(records)
        if promoted:
            notes.append(
                f"{promoted} records have only their second horizontal file: taken as single component"
            )
    return notes


def promote_single_component(records: pd.DataFrame) -> int:
    """Where only the second horizontal file is at hand, make it the first, in place; return how many."""
    only_second = (records["file_h1"] == "") & (records["file_h2"] != "")
    records.loc[only_second, "file_h1"] = records.loc[only_second, "file_h2"]
    records.loc[only_second, "file_h2"] = ""
    return int(only_second.sum())
