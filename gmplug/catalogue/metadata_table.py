"""A user's table about accelerograms: which files are one record, and the metadata of each record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from gmplug.catalogue.columns import known_as
from gmplug.catalogue.components import parse_component, stem
from gmplug.catalogue.numbers import to_texts
from gmplug.catalogue.pairing import RecordFiles, Waveform, same_step
from gmplug.catalogue.periods import is_spectral
from gmplug.catalogue.read_flatfile import MAGNITUDES, Headings, best_magnitude, best_vs30, by_source
from gmplug.catalogue.records import with_codes
from gmplug.catalogue.row_faults import RowFaults, rows_text
from gmplug.catalogue.search_results import group_by_pulse_period
from gmplug.catalogue.standard import BAND_COLUMNS, add_usable_period, standard_columns
from gmplug.catalogue.tables import read_table
from gmplug.catalogue.usable_rows import OF_A_RECORD
from gmplug.catalogue.waveform_files import FILE_COLUMNS
from gmplug.errors import InputError
from gmplug.measures.registry import computed_measures, record_columns
from gmplug.notes import counted, doubtful
from gmplug.units import acceleration_unit

_KEYS = ("file", "id", "record_number")


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
        headings = Headings(where, None, {})
        table = read_table(
            path,
            keep=lambda name: not is_spectral(name),
            key=lambda name: known_as(name) in (*_KEYS, "file_h1"),
            notes=notes,
            faults=faults,
            rename=headings,
        )
        notes += headings.notes
        scaling = [name for name in table.columns if known_as(name) == "scale_factor"]
        if scaling:
            notes.append(
                f"the scale factors of {path.name} are not used: gmplug scales records to the target"
            )
            table = group_by_pulse_period(table.drop(columns=scaling), notes)
        known = {*record_columns(), *_KEYS, *BAND_COLUMNS, "pulse", "rake_deg", "tectonic_class", *MAGNITUDES}
        table = standard_columns(table, {*known, "vs30_inferred_m_s"}, where, faults, notes)
        table = by_source(table, headings.source, path, notes)
        table = best_vs30(best_magnitude(table, path, notes), path, notes)
        if not {*_KEYS, "file_h1"} & set(table.columns):
            raise InputError(
                f"{path}: has no column that names files or records; add 'file' (or 'file_h1' and 'file_h2', "
                f"'id', 'record_number')"
            )
        table = with_codes(add_usable_period(table), where, faults)
        texts = [name for name in (*FILE_COLUMNS, "file", "id", "units") if name in table]
        table = table.assign(**{name: to_texts(table[name]) for name in texts})
        steps = table.get("time_step_s", pd.Series(dtype=float))
        wrong = list(steps.index[steps <= 0])
        if wrong:
            faults.add(wrong, f"{path}: time_step_s in row {rows_text(wrong)} is not positive; correct it")
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
        component = parse_component(file)
        names = [*_file_names(file), component.base.strip("-_. "), f"rsn{component.record_number}"]
        found = next((self._row_of[name] for name in map(_tidy, names) if name in self._row_of), None)
        return self.table[column].iloc[found] if found is not None and column in self.table else None

    @cached_property
    def _row_of(self) -> dict[str, int]:
        """The first row that has a name of a file or record, by the name in lower case.

        A file's name without its folders tells the row only where no other row has the same.
        """
        row_of: dict[str, int] = {}
        short: dict[str, set[int]] = defaultdict(set)
        for position, row in enumerate(self.table.to_dict("records")):
            names = [_tidy(str(row[name])) for name in (*FILE_COLUMNS, "file", "id") if row.get(name)]
            number = row.get("record_number", np.nan)
            if not np.isnan(number):
                names.append(f"rsn{int(number)}")
            for name in names:
                row_of.setdefault(name, position)
                for end in _ends(name):
                    short[end].add(position)
        return {end: min(rows) for end, rows in short.items() if len(rows) == 1} | row_of

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
        by_name = _by_name(waveforms, folder)
        bad_names = {_tidy(path.name) for path in unreadable}
        problems: list[str] = []
        claimed: dict[Path, object] = {}
        dropped: set[Path] = set()
        incomplete: list[object] = []
        no_vertical: list[object] = []
        records = []
        for row_number, row in self.table.iterrows():
            where = f"{self.path}, row {row_number}"
            parts: dict[str, Waveform] = {}
            absent: dict[str, str] = {}
            for column in (name for name in FILE_COLUMNS if row.get(name)):
                base = Path(_tidy(row[column])).name
                found = by_name.get(_tidy(row[column])) or by_name.get(base)
                if found is None:
                    absent[column] = base
                elif found.path in claimed:
                    first = claimed[found.path]
                    problems.append(f"{where}: file '{row[column]}' is that of row {first} already; keep one")
                else:
                    parts[column] = found
                    claimed[found.path] = row_number
            horizontal = parts.keys() - {"file_v"}
            if "record_number" in row and not horizontal and bad_names.isdisjoint(absent.values()):
                continue
            if not bad_names.isdisjoint(base for column, base in absent.items() if column != "file_v"):
                incomplete.append(row_number)
                dropped.update(part.path for part in parts.values())
                continue
            if horizontal and absent.pop("file_v", ""):
                no_vertical.append(row_number)
            problems += [
                f"{where}: no usable file '{row[column]}' ({column}) in {folder}; correct the name"
                for column in absent
            ]
            if "file_h1" in parts:
                problems += _bad_steps(list(parts.values()), where)
                records.append(_record(row, parts))
        if problems:
            raise InputError(problems)
        notes = [
            f"{counted(len(rows), 'record')} of {self.path.name} {why}: rows {rows_text(rows)}"
            for rows, why in (
                (incomplete, "left out, a file of theirs cannot be read"),
                (no_vertical, "without their vertical file"),
            )
            if rows
        ]
        return records, dropped, notes

    def merge(self, rows: pd.DataFrame, records: Sequence[RecordFiles]) -> tuple[pd.DataFrame, list[str]]:
        """Return ``rows`` with what the table states of each record, and notes; the table goes first."""
        names = [_record_names(record) for record in records]
        matched = [next((self._row_of[n] for n in some if n in self._row_of), -1) for some in names]
        stated = self.table.reset_index(drop=True).reindex(matched).set_index(rows.index)
        computed = [name for name in stated if name in computed_measures() and name in rows]
        merged = rows.copy()
        other = {*FILE_COLUMNS, "file", "id", "time_step_s", "units", *computed}
        for name in (name for name in stated.columns if name not in other):
            known = stated[name].notna() & (stated[name] != "")
            merged[name] = stated[name].where(known, rows.get(name))
        notes = list(self.notes)
        if computed:
            notes.append(
                f"{', '.join(computed)} are computed from the waveforms, not taken from {self.path.name}"
            )
        without = [record.id for record, row in zip(records, matched, strict=True) if row < 0]
        if without:
            notes.append(
                f"{self.path.name} has no row for {counted(len(without), 'record')}: {rows_text(without)}"
            )
        folders: dict[int, set[Path]] = defaultdict(set)
        for record, row in zip(records, matched, strict=True):
            folders[row].add(record.horizontal[0].path.parent)
        shared = [self.table.index[row] for row, found in folders.items() if row >= 0 and len(found) > 1]
        if shared:
            notes.append(
                doubtful(
                    f"row {rows_text(shared)} of {self.path.name} is taken for records of several folders: "
                    "their files have one name; name them with their folders"
                )
            )
        notes += self._contradictions(names)
        used = {self._row_of[name] for some in names for name in some if name in self._row_of}
        spare = [number for row, number in enumerate(self.table.index) if row not in used]
        if spare:
            notes.append(
                f"{counted(len(spare), 'row')} of {self.path.name} without a file in the folder: rows "
                f"{rows_text(spare)}"
            )
        return merged, notes

    def _contradictions(self, names: Sequence[Sequence[str]]) -> list[str]:
        """Return a doubt for each record of which several rows state different things."""
        doubts = []
        stated = [name for name in OF_A_RECORD if name in self.table]
        for some in names:
            found = sorted({self._row_of[name] for name in some if name in self._row_of})
            rows = self.table.iloc[found]
            other = [name for name in stated if len(rows[name].dropna().unique()) > 1]
            if other:
                doubts.append(
                    doubtful(
                        f"rows {rows_text(rows.index)} of {self.path.name} are of one record with another "
                        f"{', '.join(other)}: the first that names it is taken"
                    )
                )
        return list(dict.fromkeys(doubts))


def refuse_two_units(records: Sequence[RecordFiles], units_of: Callable[[Path], str | None]) -> None:
    """Raise InputError where the files of a record have different units: a record has one for its files.

    ``units_of`` returns what the study gives for a file that states none.
    """
    for record in records:
        parts = (*record.horizontal, *([record.vertical] if record.vertical else []))
        given = {part.file.name: units_of(part.file) for part in parts}
        sizes = {acceleration_unit(unit, f"unit of {name}").si for name, unit in given.items() if unit}
        if len(sizes) > 1:
            listed = ", ".join(f"{name} in {unit}" for name, unit in given.items())
            raise InputError(
                f"[catalogue] metadata: record {record.id} has files of different units ({listed}); write "
                "the unit into their headers, or convert one"
            )


def _record(row: pd.Series, parts: dict[str, Waveform]) -> RecordFiles:
    horizontal = tuple(parts[name] for name in FILE_COLUMNS[:2] if name in parts)
    number = row.get("record_number", np.nan)
    number = None if np.isnan(number) else int(number)
    named = horizontal[0].named
    name = named.base.strip("-_. ") if len(horizontal) == 2 else stem(horizontal[0].path)
    name = f"RSN{number}" if number is not None else name
    return RecordFiles(row.get("id") or name, horizontal, parts.get("file_v"), number)


def _bad_steps(parts: Sequence[Waveform], where: str) -> list[str]:
    if all(same_step(parts[0], part) for part in parts):
        return []
    listed = ", ".join(f"{part.path.name} {part.time_step_s:g} s" for part in parts)
    return [f"{where}: components with different time steps ({listed}); resample one"]


def _tidy(name: str) -> str:
    return name.replace("\\", "/").strip().lower()


def _ends(name: str) -> list[str]:
    """Return the ends of a path, the longest first: ``a/b/c``, ``b/c``, ``c``."""
    parts = name.split("/")
    return ["/".join(parts[at:]) for at in range(len(parts))]


def _file_names(path: Path) -> list[str]:
    """Return how a table may name a file, with and without its suffix, the surest first."""
    ends = zip(_ends(path.as_posix()), _ends(path.with_name(stem(path)).as_posix()), strict=True)
    return [name for pair in ends for name in pair]


def _record_names(record: RecordFiles) -> list[str]:
    """Return a record's names, the surest first: its id, its files, its record number."""
    names = [record.id]
    for part in (*record.horizontal, *([record.vertical] if record.vertical else [])):
        names += [*_file_names(part.path), *_file_names(part.file)]
    if record.record_number is not None:
        names.append(f"rsn{record.record_number}")
    return [_tidy(name) for name in names]


def _by_name(waveforms: Sequence[Waveform], folder: Path) -> dict[str, Waveform]:
    """Return files by their path below the folder, and by their name where just one has it, in lower case."""
    named: dict[str, list[Waveform]] = {}
    for waveform in waveforms:
        named.setdefault(_tidy(waveform.path.name), []).append(waveform)
    once = {name: found[0] for name, found in named.items() if len(found) == 1}
    return once | {_tidy(w.path.relative_to(folder).as_posix()): w for w in waveforms}
