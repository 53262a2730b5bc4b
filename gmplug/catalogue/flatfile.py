"""The ``nga-west2`` provider: PEER's NGA-West2 flatfile in its own columns, and its AT2 files."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.catalogue.columns import known_as, known_columns, match_columns
from gmplug.catalogue.files import promote_single_component
from gmplug.catalogue.numbers import to_numbers, to_texts
from gmplug.catalogue.periods import SpectralColumns, is_spectral, spectral_columns
from gmplug.catalogue.records import mechanism_from_rake, mechanism_name, tidy_records
from gmplug.catalogue.row_faults import RowFaults, rows_text
from gmplug.catalogue.standard import add_usable_period, standard_columns
from gmplug.catalogue.stated_component import check_damping, component_of
from gmplug.catalogue.tables import read_table
from gmplug.catalogue.titles import parse_title
from gmplug.catalogue.waveform_index import WaveformIndex, bare_name
from gmplug.errors import InputError
from gmplug.measures.registry import measures
from gmplug.values import NONPULSE, PULSE, BoolArray, Catalogue, FloatArray, Progress, no_progress

_CARRIED = (
    *("group", "pulse", "event", "station", "magnitude", "rjb_km", "rrup_km", "vs30_m_s"),
    *("max_usable_period_s", "pulse_period_s", "file_h1", "file_h2", "file_v"),
)
_WHOLE = ("event_id", "year", "month_day")
_FILES = ("file_h1", "file_h2", "file_v")
_RSN = "Record Sequence Number"


def nga_west2(
    flatfile: Path,
    records: Path | None = None,
    pulses: Path | None = None,
    keep_columns: tuple[str, ...] = (),
    component: str | None = None,
    skip_bad_rows: bool = False,
    periods_s: FloatArray | None = None,
    progress: Progress = no_progress,
) -> Catalogue:
    """Records of the NGA-West2 flatfile (CSV, XLSX or Parquet), spectra as published there.

    Parameters
    ----------
    flatfile
        The flatfile in its original columns, any version; the one with 5 % damping and RotD50.
    records
        Folder of AT2 files, named as PEER's download names them or as the flatfile does.
    pulses
        Table (CSV) of the pulse-type records: a column of record numbers, optionally ``pulse`` (yes/no) and
        ``pulse_period_s``. Records it does not list are nonpulse; without it all records are one group.
    keep_columns
        Further columns of the flatfile to carry along, by their names there.
    component
        What the spectra are of, where the flatfile does not state it (it wins, with a note); default:
        RotD50, as NGA-West2 defines it. Of a table with several components, the one to take.
    skip_bad_rows
        Leave out bad rows, with a note, instead of stopping.
    periods_s
        Given: the study's periods. Rows need spectra for these only.
    """
    where = str(flatfile)
    progress(0, 3, f"reading {flatfile.name}")
    kept_names = set(keep_columns)
    notes: list[str] = []
    faults = RowFaults(flatfile, skip_bad_rows)
    table = read_table(
        flatfile,
        keep=lambda name: known_as(name) is not None or is_spectral(name) or name in kept_names,
        key=lambda name: known_as(name) == "record_number",
        notes=notes,
        faults=faults,
    )
    _check_columns(table, keep_columns, where)
    progress(1, 3, "reading spectra")
    spectral = spectral_columns(table.columns, where, component or "")
    if not spectral.names:
        raise InputError(
            f"{where}: has no spectral columns such as 'T1.000S'; give the flatfile that has the spectra "
            f"(RotD50, 5 % damping)"
        )
    notes += spectral.notes
    spectral_names = spectral.names
    spectra = np.column_stack([to_numbers(table[name], where, faults) for name in spectral.names])
    spectral, spectra = _distinct(spectral, spectra * spectral.factors, where)
    further = table[list(keep_columns)]
    table = standard_columns(table.drop(columns=spectral_names), known_columns(), where, faults, notes)
    check_damping(table, flatfile, notes)
    has_spectrum: BoolArray = np.asarray((spectra > 0).any(axis=1))
    stated, of_component = component_of(
        table.loc[has_spectrum], flatfile, component or "", spectral.component, "RotD50", notes
    )
    has_spectrum[has_spectrum] = of_component
    sound, _ = faults.settle(table.index)
    wanted, good = _usable(table, spectral, spectra, has_spectrum & sound, periods_s, where, faults, notes)
    metadata = _metadata(table, further)[good]
    if pulses is not None:
        _mark_pulses(metadata, pulses, skip_bad_rows, notes)
    tidy, more = tidy_records(metadata, where, faults)
    notes += more
    sound, more = faults.settle(tidy.index)
    notes += more
    tidy, good_sa_g = tidy[sound].reset_index(drop=True), spectra[good][sound]
    progress(2, 3, "looking for waveform files")
    _find_files(tidy, records, notes)
    tidy = tidy.drop(columns=["month_day"], errors="ignore")
    return Catalogue(
        records=tidy,
        periods_s=spectral.periods_s[wanted],
        sa_g=good_sa_g[:, wanted],
        component=stated,
        description=f"{len(tidy)} records of the NGA-West2 flatfile {flatfile.name}",
        notes=tuple(notes),
    )


def _check_columns(table: pd.DataFrame, keep_columns: tuple[str, ...], where: str) -> None:
    problems = []
    if "record_number" not in match_columns(table.columns, ("record_number",), where):
        problems.append(f"{where}: has no column '{_RSN}'; give an NGA-West2 flatfile, or use spectra-table")
    problems += [
        f"{where}: has no column '{name}', which keep_columns names; correct the option"
        for name in keep_columns
        if name not in table.columns
    ]
    if problems:
        raise InputError(problems)


def _distinct(
    spectral: SpectralColumns, spectra: FloatArray, where: str
) -> tuple[SpectralColumns, FloatArray]:
    """Return spectral columns and spectra without those of a period that stands there already."""
    repeated = np.append(False, np.diff(spectral.periods_s) <= 0)
    for position in np.flatnonzero(repeated):
        if not np.allclose(spectra[:, position], spectra[:, position - 1], rtol=1e-4, equal_nan=True):
            raise InputError(
                f"{where}: columns '{spectral.names[position - 1]}' and '{spectral.names[position]}' are of "
                f"one period and differ; remove one"
            )
    return (
        replace(
            spectral,
            names=[name for name, again in zip(spectral.names, repeated, strict=True) if not again],
            periods_s=spectral.periods_s[~repeated],
            factors=spectral.factors[~repeated],
        ),
        spectra[:, ~repeated],
    )


def _usable(
    table: pd.DataFrame,
    spectral: SpectralColumns,
    spectra: FloatArray,
    candidates: BoolArray,
    periods_s: FloatArray | None,
    where: str,
    faults: RowFaults,
    notes: list[str],
) -> tuple[BoolArray, BoolArray]:
    """Return which periods and which rows to take, and note each reason for leaving some out."""
    has = spectra > 0
    needed = _needed(spectral.periods_s, periods_s) & has.any(axis=0)
    if not needed.any():
        raise InputError(
            f"{where}: has no spectral values at the periods asked for; check columns {spectral.names[0]} …"
        )
    numbers = table["record_number"].to_numpy(dtype=float)
    numbered = (np.floor(numbers) == numbers) & (numbers > 0)
    present = has[:, needed].sum(axis=1)
    complete = candidates & (present == needed.sum())
    first = ~pd.Series(numbers).where(numbered & complete).duplicated().to_numpy()
    good = numbered & complete & first
    reasons = {
        "no record number": ~numbered,
        "no spectrum": numbered & ~has.any(axis=1),
        "spectrum incomplete at the study's periods": numbered & candidates & ~complete,
        "record number repeated with the same spectrum": numbered & complete & ~first,
    }
    for reason, left_out in reasons.items():
        if left_out.any():
            rows = rows_text(table.index[left_out])
            notes.append(f"{int(left_out.sum())} rows of the flatfile left out: {reason} (rows {rows})")
    _check_repeated(table.index, numbers, spectra[:, needed], numbered & complete, where, faults)
    if not good.any():
        raise InputError([f"{where}: no usable row is left", *notes])
    wanted = needed | has[good].all(axis=0)
    if not wanted.all():
        dropped = rows_text(name for name, kept in zip(spectral.names, wanted, strict=True) if not kept)
        notes.append(f"{int((~wanted).sum())} periods left out, as not every record has them: {dropped}")
    return wanted, good


def _check_repeated(
    index: pd.Index, numbers: FloatArray, spectra: FloatArray, rows: BoolArray, where: str, faults: RowFaults
) -> None:
    """Report record numbers that stand in several rows with different spectra."""
    repeated = pd.Series(numbers).where(rows).duplicated(keep=False).to_numpy() & rows
    for number in np.unique(numbers[repeated]):
        same = np.flatnonzero(rows & (numbers == number))
        if not np.array_equal(spectra[same], np.broadcast_to(spectra[same[0]], spectra[same].shape)):
            faults.add(
                index[same],
                f"{where}: record number {number:.0f} stands in row {rows_text(index[same])} with different "
                f"spectra; keep one",
            )


def _needed(grid_s: FloatArray, periods_s: FloatArray | None) -> BoolArray:
    """Tell which spectral columns enclose the study's periods."""
    if periods_s is None:
        return np.ones(len(grid_s), dtype=bool)
    below, above = grid_s[grid_s <= periods_s[0] * (1 + 1e-9)], grid_s[grid_s >= periods_s[-1] * (1 - 1e-9)]
    low = below[-1] if len(below) else grid_s[0]
    high = above[0] if len(above) else grid_s[-1]
    needed: BoolArray = (grid_s >= low) & (grid_s <= high)
    return needed


def _metadata(table: pd.DataFrame, further: pd.DataFrame) -> pd.DataFrame:
    """Return what is kept of each row, under gmplug's names; ``further`` columns as they are."""
    number = table["record_number"].fillna(0).astype("int64")
    found: dict[str, Any] = {"id": "RSN" + number.astype(str), "record_number": number}
    table = add_usable_period(table)
    found |= {name: table[name] for name in _CARRIED if name in table}
    found |= {name: _whole(table[name].to_numpy(dtype=float)) for name in _WHOLE if name in table}
    found |= {name: table[name].where(table[name] > 0) for name in measures() if name in table}
    mechanism = _mechanism(table)
    if mechanism is not None:
        found["mechanism"] = mechanism
    for name in further.columns:
        found.setdefault(name, further[name])
    return pd.DataFrame(found, index=table.index)


def _whole(numbers: FloatArray) -> Any:
    """Return whole numbers as integers where none is missing."""
    return numbers if np.isnan(numbers).any() else numbers.astype("int64")


def _mechanism(table: pd.DataFrame) -> list[str] | None:
    """Return mechanisms by the flatfile's code, by the rake angle where it has none."""
    if "mechanism" not in table and "rake_deg" not in table:
        return None
    stated = to_texts(table["mechanism"]) if "mechanism" in table else pd.Series("", index=table.index)
    names = [mechanism_name(text) or text for text in stated]  # what is unknown is reported with the rest
    if "rake_deg" not in table:
        return names
    rake = table["rake_deg"].to_numpy(dtype=float)
    by_rake = mechanism_from_rake(np.where(np.abs(rake) <= 180, rake, np.nan))
    return [other if name == "unspecified" else name for name, other in zip(names, by_rake, strict=True)]


def _mark_pulses(metadata: pd.DataFrame, pulses: Path, skip_bad_rows: bool, notes: list[str]) -> None:
    """Set ``group`` and ``pulse_period_s`` by a list of pulse-type records, in place."""
    where = str(pulses)
    faults = RowFaults(pulses, skip_bad_rows)
    table = read_table(pulses, key=lambda name: known_as(name) == "record_number", notes=notes, faults=faults)
    known = {"record_number", "pulse", "group", "pulse_period_s"}
    table = standard_columns(table, known, where, faults, notes)
    if "record_number" not in table:
        raise InputError(f"{where}: has no column 'record_number' (or '{_RSN}', 'RSN', 'NGA#'); add it")
    listed = table[[name for name in table if name in known]].rename(columns={"record_number": "number"})
    listed = listed.assign(id=table.index.astype(str))
    if "pulse" not in listed and "group" not in listed:
        listed = listed.assign(group=PULSE)
    listed, more = tidy_records(listed, where, faults)
    notes += more
    good, more = faults.settle(listed.index)
    notes += more
    listed = listed[good]
    listed = listed.dropna(subset="number").drop_duplicates("number").set_index("number")
    marked = metadata["record_number"].astype(float)
    metadata["group"] = marked.map(listed["group"]).fillna(NONPULSE)
    if "pulse_period_s" in listed:
        metadata["pulse_period_s"] = marked.map(listed["pulse_period_s"])
    absent = int((~listed.index.isin(marked)).sum())
    if absent:
        notes.append(f"{absent} of {len(listed)} records of {pulses.name} are not in the flatfile")


def _find_files(tidy: pd.DataFrame, folder: Path | None, notes: list[str]) -> None:
    """Replace the flatfile's file names by the files found, in place."""
    stated = {name: list(tidy[name]) if name in tidy else [""] * len(tidy) for name in _FILES}
    for name in _FILES:
        tidy[name] = pd.Series([""] * len(tidy), dtype=object)
    if folder is None:
        notes.append(
            "no folder of waveforms given ([catalogue] records): a selection can be made, not analysed"
        )
        return
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; [catalogue] records names the folder of the AT2 files")
    index = WaveformIndex(folder)
    finder = _FileFinder(index, stated)
    numbers = tidy["record_number"].tolist()
    for name in _FILES:
        found = [finder.find(row, numbers[row], name, tidy) for row in range(len(tidy))]
        tidy[name] = pd.Series([str(path) if path else "" for path in found], dtype=object)
    promote_single_component(tidy)
    one, two = (tidy["file_h1"] != "") & (tidy["file_h2"] == ""), (tidy["file_h2"] != "")
    notes.append(
        f"waveforms: {int(two.sum())} records with both horizontal files, {int(one.sum())} with only one, "
        f"{int((~one & ~two).sum())} with none; {index.count} AT2 files in {folder.name}"
    )
    if one.any():
        notes.append(f"only one horizontal file found for {rows_text(tidy['id'][one])}")
    notes.extend(finder.notes())


class _FileFinder:
    """Looks files up by record number, by folder and name, and last by bare name where that is safe."""

    def __init__(self, index: WaveformIndex, stated: dict[str, list[str]]) -> None:
        self._index = index
        self._stated = stated
        self._uses = Counter(bare_name(name) for names in stated.values() for name in names if name)
        self._other_date: list[str] = []

    def find(self, row: int, number: int, column: str, tidy: pd.DataFrame) -> Path | None:
        name = self._stated[column][row]
        if not name:
            return self._by_number_alone(number, column)
        found = self._index.find(number, name)
        if found is None and self._uses[bare_name(name)] == 1:
            found = self._index.find_by_name_alone(name)
            if found is not None and not self._same_date(found, row, tidy):
                self._other_date.append(found.name)
                found = None
        return found.resolve() if found else None

    def notes(self) -> list[str]:
        if not self._other_date:
            return []
        names = rows_text(self._other_date)
        return [f"{len(self._other_date)} files not taken, as their title states another date: {names}"]

    def _by_number_alone(self, number: int, column: str) -> Path | None:
        """Where the flatfile names no file: by the files' own names, if they leave no doubt."""
        from gmplug.catalogue.components import sort_components

        files = self._index.numbered(number)
        found = sort_components(files).get(column) if files else None
        return found.resolve() if found else None

    def _same_date(self, path: Path, row: int, tidy: pd.DataFrame) -> bool:
        """A bare name such as PEL090.AT2 may belong to another earthquake: compare the title's date."""
        with path.open(encoding="latin-1") as stream:
            title = parse_title([stream.readline() for _ in range(4)])
        if title.year is None or title.month is None or title.day is None or "year" not in tidy:
            return True
        year = tidy["year"].iloc[row]
        month_day = tidy["month_day"].iloc[row] if "month_day" in tidy else np.nan
        if np.isnan(year) or np.isnan(month_day):
            return bool(np.isnan(year) or year == title.year)
        try:
            stated = date(int(year), int(month_day) // 100, int(month_day) % 100)
            apart = stated - date(title.year, title.month, title.day)
        except ValueError:
            return bool(year == title.year)
        return abs(apart.days) <= 1  # UTC or local date
