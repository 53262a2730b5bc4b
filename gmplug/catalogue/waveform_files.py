"""Where the waveform files that a table names lie."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.catalogue.components import sort_components
from gmplug.catalogue.row_faults import rows_text
from gmplug.catalogue.titles import parse_title
from gmplug.errors import InputError
from gmplug.notes import counted, doubtful
from gmplug.spectra.components import VERTICAL
from gmplug.waveforms.reference import file_of

FILE_COLUMNS = ("file_h1", "file_h2", "file_v")
_RSN = re.compile(r"rsn(\d+)[_-](.+)")


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
            if path is not None and not file_of(path).is_file():
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
    promoted = _promote_single_component(records) if "file_h2" in records else 0
    if promoted:
        only = counted(promoted, "record has only its", "records have only their")
        notes.append(f"{only} second horizontal file: taken as single component")
    return notes


def only_vertical_files(records: pd.DataFrame, component: str) -> list[str]:
    """Drop the horizontal files of records in place where the spectra are vertical; return a note on that.

    A motion is chosen by its spectrum: with a vertical one, its horizontal components must not be used.
    """
    if component != VERTICAL:
        return []
    for name in (name for name in FILE_COLUMNS[:2] if name in records):
        del records[name]
    return [doubtful("the spectra are of the vertical component: of the waveform files only file_v is kept")]


def _promote_single_component(records: pd.DataFrame) -> int:
    """Where only the second horizontal file is at hand, make it the first, in place; return how many."""
    only_second = (records["file_h1"] == "") & (records["file_h2"] != "")
    records.loc[only_second, "file_h1"] = records.loc[only_second, "file_h2"]
    records.loc[only_second, "file_h2"] = ""
    return int(only_second.sum())


def find_nga_files(records: pd.DataFrame, folder: Path | None) -> list[str]:
    """Replace the flatfile's file names in ``records`` by the AT2 files found, in place; return notes.

    A file is looked up by record number, by folder and name, and last by its bare name where that is safe.
    ``month_day`` and ``year`` of the records serve to tell earthquakes apart.

    Raises InputError where the folder is missing.
    """
    stated = {name: list(records[name]) if name in records else [""] * len(records) for name in FILE_COLUMNS}
    for name in FILE_COLUMNS:
        records[name] = pd.Series([""] * len(records), dtype=object)
    if folder is None:
        return ["no folder of waveforms ([catalogue] records): a selection works, an analysis does not"]
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; [catalogue] records names the folder of the AT2 files")
    index = _NgaFiles(folder)
    uses = Counter(_split(name)[1] for names in stated.values() for name in names if name)
    other_date = []
    for column, names in stated.items():
        found = []
        for row, (number, name) in enumerate(zip(records["record_number"], names, strict=True)):
            path = index.find(number, column, name)
            if path is None and name and uses[_split(name)[1]] == 1:
                path = index.find_by_name_alone(name)
                if path is not None and not _same_date(path, records.iloc[row]):
                    other_date.append(path.name)
                    path = None
            found.append(str(path.resolve()) if path else "")
        records[column] = pd.Series(found, dtype=object)
    _promote_single_component(records)
    two = records["file_h2"] != ""
    one = (records["file_h1"] != "") & ~two
    notes = [
        f"waveforms: {int(two.sum())} records with both horizontal files, {int(one.sum())} with only one, "
        f"{int((~one & ~two).sum())} with none; {index.count} AT2 files in {folder.name}"
    ]
    if one.any():
        notes.append(f"only one horizontal file found for {rows_text(records['id'][one])}")
    if other_date:
        notes.append(
            f"{len(other_date)} files not taken, as their title states another date: {rows_text(other_date)}"
        )
    return notes


class _NgaFiles:
    """All AT2 files below a folder, looked up without regard to case, however they were downloaded.

    PEER's download of 2013 and later is one flat folder with ``RSN12_KERN.PEL_PEL090.AT2``; the flatfile says
    ``KERN.PEL\\PEL090.AT2``, and older collections keep ``KERN.PEL/PEL090.AT2`` or the bare ``PEL090.AT2``.
    """

    def __init__(self, folder: Path) -> None:
        files = sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".at2" and path.is_file())
        self.count = len(files)
        self._by_folder_and_name: dict[tuple[str, str], Path] = {}
        self._by_name: dict[str, list[Path]] = defaultdict(list)
        self._by_number: dict[int, dict[str, Path]] = defaultdict(dict)
        for path in files:
            name = path.name.lower()
            numbered = _RSN.fullmatch(name)
            if numbered:
                self._by_number[int(numbered[1])][numbered[2]] = path
            else:
                self._by_folder_and_name.setdefault((path.parent.name.lower(), name), path)
                self._by_name[name].append(path)

    def find(self, record_number: int, column: str, flatfile_name: str) -> Path | None:
        """Return the file named by record number, or by folder and name; None if absent.

        Where the flatfile names no file, the files of the record number tell by their names which is which.
        """
        numbered = self._by_number.get(record_number, {})
        if not flatfile_name:
            return sort_components(numbered.values()).get(column)
        folder, name = _split(flatfile_name)
        if own := _RSN.fullmatch(name):
            return numbered.get(own[2]) if int(own[1]) == record_number else None
        exact = numbered.get(f"{folder}_{name}" if folder else name)
        same_end = [path for end, path in numbered.items() if end == name or end.endswith(f"_{name}")]
        found = exact or (same_end[0] if len(same_end) == 1 else None)
        return found or self._by_folder_and_name.get((folder, name))

    def find_by_name_alone(self, flatfile_name: str) -> Path | None:
        """Return the only file of that bare name; None if there is none, or more than one."""
        found = self._by_name.get(_split(flatfile_name)[1], [])
        return found[0] if len(found) == 1 else None


def _split(flatfile_name: str) -> tuple[str, str]:
    parts = flatfile_name.replace("\\", "/").strip("/ ").lower().split("/")
    return (parts[-2].strip() if len(parts) > 1 else ""), parts[-1].strip()


def _same_date(path: Path, record: pd.Series) -> bool:
    """Tell whether a file may be of the record's earthquake, by the date in its title."""
    with path.open(encoding="latin-1") as stream:
        title = parse_title([stream.readline() for _ in range(4)])
    year, month_day = (float(record.get(name, np.nan)) for name in ("year", "month_day"))
    if title.date is None or np.isnan(year):
        return True
    try:
        stated = date(int(year), int(month_day) // 100, int(month_day) % 100)
    except ValueError:  # no month and day, or none that exist
        return year == title.date.year
    return abs((stated - title.date).days) <= 1  # UTC or local date
