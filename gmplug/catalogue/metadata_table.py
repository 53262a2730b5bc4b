"""What a user's table says of accelerograms: which files are one record, and everything else about it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from gmplug.catalogue.columns import known_as
from gmplug.catalogue.components import parse_component, stem
from gmplug.catalogue.numbers import to_texts
from gmplug.catalogue.pairing import RecordFiles, Waveform
from gmplug.catalogue.periods import is_spectral
from gmplug.catalogue.records import mechanism_from_rake, with_codes
from gmplug.catalogue.row_faults import RowFaults, rows_text
from gmplug.catalogue.standard import BAND_COLUMNS, add_usable_period, standard_columns
from gmplug.catalogue.tables import read_table
from gmplug.errors import InputError
from gmplug.measures.registry import computed_measures, record_columns

_KEYS = ("file", "id", "record_number")
_FILES = ("file_h1", "file_h2", "file_v")


@dataclass(frozen=True)
class MetadataTable:
    """A table of metadata, its columns under gmplug's names; its index holds row numbers."""

    path: Path
    table: pd.DataFrame
    notes: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: Path, skip_bad_rows: bool = False) -> Self:
        """Read the table; raises InputError where it has no column that names records or files.

        ``skip_bad_rows`` leaves out bad rows, with a note, instead of stopping.
        """
        where = str(path)
        notes: list[str] = []
        faults = RowFaults(path, skip_bad_rows)
        table = read_table(
            path,
            keep=lambda name: not is_spectral(name),
            key=lambda name: known_as(name) in (*_KEYS, "file_h1"),
            notes=notes,
            faults=faults,
        )
        scaling = [name for name in table.columns if known_as(name) == "scale_factor"]
        if scaling:
            notes.append(
                f"the scale factors of {path.name} are not used: gmplug scales records to the target"
            )
        known = {*record_columns(), *_KEYS, *BAND_COLUMNS, "pulse", "rake_deg"}
        table = standard_columns(table.drop(columns=scaling), known, where, faults, notes)
        if not {*_KEYS, "file_h1"} & set(table.columns):
            raise InputError(
                f"{path}: has no column that names files or records; add 'file' (or 'file_h1' and 'file_h2', "
                f"'id', 'record_number')"
            )
        table = with_codes(add_usable_period(_with_mechanism(table)), where, faults)
        table = table.assign(
            **{name: to_texts(table[name]) for name in (*_FILES, "file", "id", "units") if name in table}
        )
        if "time_step_s" in table:
            wrong = table.index[table["time_step_s"] <= 0]
            if len(wrong):
                faults.add(
                    wrong, f"{path}: time_step_s in row {rows_text(wrong)} is not positive; correct it"
                )
        good, more = faults.settle(table.index)
        return cls(path, table[good], (*notes, *more))

    def time_step_s(self, file: Path) -> float | None:
        """Return the time step, s, that the table states for a file, None where it does not."""
        step = self._of_file(file, "time_step_s")
        return None if step is None or np.isnan(step) else float(step)

    def units(self, file: Path) -> str | None:
        """Return the unit of acceleration that the table states for a file, None where it does not."""
        return self._of_file(file, "units") or None

    def _of_file(self, file: Path, column: str) -> Any:
        if column not in self.table:
            return None
        wanted = set(_names_of(file))
        for position, names in enumerate(self._row_names()):
            if wanted & names:
                return self.table[column].iloc[position]
        return None

    def _row_names(self) -> Iterator[set[str]]:
        """Yield, for each row, every name by which a file or record may be known to it, in lower case."""
        for row in self.table.to_dict("records"):
            names = {_tidy(str(row[name])) for name in (*_FILES, "file", "id") if row.get(name)}
            number = row.get("record_number", np.nan)
            if not np.isnan(number):
                names.add(f"rsn{int(number)}")
            yield names | {_tidy(Path(name).name) for name in names}

    def stated_records(
        self, waveforms: Sequence[Waveform], folder: Path, unreadable: Collection[Path] = ()
    ) -> tuple[list[RecordFiles], set[Path], list[str]]:
        """Return the records whose files the table states in ``file_h1``, ``file_h2`` and ``file_v``.

        Parameters
        ----------
        unreadable
            Files that are there and were left out as they cannot be read.

        Returns
        -------
        The records, the files of rows that make no record because one of theirs cannot be read, and notes.

        Raises
        ------
        InputError
            A file is not there, two rows claim one, or components have different time steps. A row of a table
            with record numbers without any horizontal file is of a record that was not downloaded.
        """
        if "file_h1" not in self.table:
            return [], set(), []
        by_name = _index(waveforms, folder)
        bad_names = {_tidy(path.name) for path in unreadable}
        problems: list[str] = []
        claimed: dict[Path, int] = {}
        dropped: set[Path] = set()
        incomplete: list[object] = []
        no_vertical: list[object] = []
        records = []
        for row_number, row in self.table.iterrows():
            where = f"{self.path}, row {row_number}"
            parts: dict[str, Waveform] = {}
            absent = []
            for name in (n for n in _FILES if row.get(n)):
                base = _tidy(Path(_slashes(row[name])).name)
                found = by_name.get(_tidy(row[name])) or by_name.get(base)
                if found is None:
                    absent.append((name, base))
                elif found.path in claimed:
                    first = claimed[found.path]
                    problems.append(f"{where}: file '{row[name]}' is that of row {first} already; keep one")
                else:
                    parts[name] = found
                    claimed[found.path] = int(str(row_number))
            horizontal = [name for name in parts if name != "file_v"]
            if "record_number" in row and not horizontal and not any(base in bad_names for _, base in absent):
                continue
            lost = [name for name, base in absent if base in bad_names and name != "file_v"]
            if lost:
                incomplete.append(row_number)
                dropped |= {part.path for part in parts.values()}
                continue
            if any(name == "file_v" for name, _ in absent) and horizontal:
                no_vertical.append(row_number)
            problems += [
                f"{where}: no usable file '{row[name]}' ({name}) in {folder}; correct the name"
                for name, _ in absent
                if name != "file_v" or not horizontal
            ]
            if "file_h1" in parts:
                problems.extend(_bad_steps(parts, where))
                records.append(self._record(row, parts))
        if problems:
            raise InputError(problems)
        notes = []
        if incomplete:
            notes.append(
                f"{len(incomplete)} records of {self.path.name} left out, a file of theirs cannot be read: "
                f"rows {rows_text(incomplete)}"
            )
        if no_vertical:
            notes.append(
                f"{len(no_vertical)} records of {self.path.name} without their vertical file: "
                f"rows {rows_text(no_vertical)}"
            )
        return records, dropped, notes

    def _record(self, row: pd.Series, parts: dict[str, Waveform]) -> RecordFiles:
        horizontal = tuple(parts[name] for name in ("file_h1", "file_h2") if name in parts)
        number = row.get("record_number", np.nan)
        number = None if np.isnan(number) else int(number)
        named = horizontal[0].named
        name = named.base.strip("-_. ") if len(horizontal) == 2 else stem(horizontal[0].path)
        name = f"RSN{number}" if number is not None else name
        return RecordFiles(row.get("id") or name, horizontal, parts.get("file_v"), number)

    def merge(self, rows: pd.DataFrame, records: Sequence[RecordFiles]) -> tuple[pd.DataFrame, list[str]]:
        """Return ``rows`` with what the table states of each record, and notes; the table wins over headers.

        Raises InputError where two rows say different things of one record.
        """
        names_of_rows = list(self._row_names())
        row_of_name: dict[str, int] = {}
        for position in reversed(range(len(names_of_rows))):
            row_of_name.update(dict.fromkeys(names_of_rows[position], position))
        matched = [self._row_for(record, row_of_name) for record in records]
        merged = rows.copy()
        computed = [name for name in self.table.columns if name in computed_measures() and name in rows]
        for name in self.table.columns:
            if name in (*_FILES, "file", "id", "time_step_s", "units", *computed):
                continue
            merged[name] = pd.Series(self._filled(name, matched, rows), index=merged.index)
        used = {position for position in matched if position is not None}
        used |= {row_of_name[n] for record in records for n in _record_names(record) if n in row_of_name}
        notes = list(self.notes)
        if computed:
            notes.append(
                f"{', '.join(computed)} are computed from the waveforms, not taken from {self.path.name}"
            )
        without = [record.id for record, position in zip(records, matched, strict=True) if position is None]
        if without:
            notes.append(f"{self.path.name} says nothing of {len(without)} records: {rows_text(without)}")
        spare = [self.table.index[i] for i in range(len(self.table)) if i not in used]
        if spare:
            notes.append(
                f"{len(spare)} rows of {self.path.name} are of no file here: rows {rows_text(spare)}"
            )
        return merged, notes

    def _row_for(self, record: RecordFiles, row_of_name: dict[str, int]) -> int | None:
        for name in _record_names(record):
            if name in row_of_name:
                return row_of_name[name]
        return None

    def _filled(self, name: str, matched: Sequence[int | None], rows: pd.DataFrame) -> list[object]:
        column = self.table[name]
        filled: list[object] = []
        for index, position in enumerate(matched):
            value = column.iloc[position] if position is not None else None
            if value is None or pd.isna(value) or value == "":
                value = rows[name].iloc[index] if name in rows else None
            filled.append(value)
        return filled


def _with_mechanism(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the mechanism by the rake angle, where it states no mechanism but that."""
    if "rake_deg" not in table:
        return table
    rake = table["rake_deg"].to_numpy(dtype=float)
    by_rake = mechanism_from_rake(np.where(np.abs(rake) <= 180, rake, np.nan))
    stated = to_texts(table["mechanism"]) if "mechanism" in table else pd.Series("", index=table.index)
    return table.assign(mechanism=stated.where(stated != "", pd.Series(by_rake, index=table.index)))


def _bad_steps(parts: dict[str, Waveform], where: str) -> list[str]:
    steps = {part.time_step_s for part in parts.values()}
    if max(steps) - min(steps) <= 1e-4 * min(steps):
        return []
    listed = ", ".join(f"{part.path.name} {part.time_step_s:g} s" for part in parts.values())
    return [f"{where}: components with different time steps ({listed}); resample one"]


def _slashes(name: str) -> str:
    return name.replace("\\", "/")


def _tidy(name: str) -> str:
    return _slashes(name).strip().lower()


def _names_of(file: Path) -> list[str]:
    """Return the names, in lower case, by which a table may call a file or its record."""
    component = parse_component(file)
    names = [file.name, stem(file), component.base.strip("-_. ")]
    if component.record_number is not None:
        names.append(f"rsn{component.record_number}")
    return [_tidy(name) for name in names]


def _record_names(record: RecordFiles) -> list[str]:
    """Return a record's names, the surest first: its id, its files, its record number."""
    names = [_tidy(record.id)]
    for part in (*record.horizontal, *([record.vertical] if record.vertical else [])):
        names += [_tidy(part.path.name), _tidy(stem(part.path))]
    if record.record_number is not None:
        names.append(f"rsn{record.record_number}")
    return names


def _index(waveforms: Sequence[Waveform], folder: Path) -> dict[str, Waveform]:
    """Return files by their path below the folder and by their name, in lower case, the path being surer."""
    by_name: dict[str, Waveform] = {}
    doubled: set[str] = set()
    for waveform in waveforms:
        name = _tidy(waveform.path.name)
        if name in by_name:
            doubled.add(name)
        by_name[name] = waveform
    for name in doubled:
        del by_name[name]
    return by_name | {_tidy(w.path.relative_to(folder).as_posix()): w for w in waveforms}
