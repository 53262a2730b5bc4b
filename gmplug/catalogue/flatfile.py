"""The ``nga-west2`` provider: PEER's NGA-West2 flatfile in its own columns, and its AT2 files."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.catalogue.columns import SPELLINGS, known_as, match_columns
from gmplug.catalogue.files import promote_single_component
from gmplug.catalogue.periods import find_period_columns, period_of
from gmplug.catalogue.records import mechanism_from_rake, mechanism_name, tidy_records
from gmplug.catalogue.tables import read_table, rows_text, to_numbers, to_texts
from gmplug.catalogue.titles import parse_title
from gmplug.catalogue.waveform_index import WaveformIndex, bare_name
from gmplug.errors import InputError
from gmplug.values import NONPULSE, PULSE, BoolArray, Catalogue, FloatArray, Progress, no_progress

_NUMBERS = ("magnitude", "rjb_km", "rrup_km", "vs30_m_s")
_MEASURES = ("pga_g", "pgv_cm_s", "duration_5_75_s", "duration_5_95_s")
_FILES = ("file_h1", "file_h2", "file_v")
_RSN = "Record Sequence Number"


def nga_west2(
    flatfile: Path,
    records: Path | None = None,
    pulses: Path | None = None,
    keep_columns: tuple[str, ...] = (),
    component: str | None = None,
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
        What the spectra are of; default: what the flatfile's RotD column says, else RotD50.
    periods_s
        Given: the study's periods. Rows need spectra for these only.
    """
    where = str(flatfile)
    progress(0, 3, f"reading {flatfile.name}")
    kept_names = set(keep_columns)
    table = read_table(
        flatfile,
        keep=lambda name: known_as(name) is not None or period_of(name) is not None or name in kept_names,
        sheet_with=SPELLINGS["record_number"],
    )
    columns = match_columns(table.columns)
    _check_columns(table, columns, keep_columns, where)
    names, grid_s = _spectral_columns(table, where)
    progress(1, 3, "reading spectra")
    spectra = np.column_stack([to_numbers(table[name], where) for name in names])
    notes: list[str] = []
    wanted, good = _usable(table, columns, names, grid_s, spectra, periods_s, where, notes)
    metadata = _metadata(table, columns, keep_columns, where)[good]
    component = _stated(component, _component(table[good], columns, where), columns, where)
    if pulses is not None:
        _mark_pulses(metadata, pulses, notes)
    tidy, more = tidy_records(metadata, where)
    notes += more
    progress(2, 3, "looking for waveform files")
    _find_files(tidy, records, notes)
    tidy = tidy.drop(columns=["month_day"], errors="ignore")
    return Catalogue(
        records=tidy,
        periods_s=grid_s[wanted],
        sa_g=spectra[good][:, wanted],
        component=component,
        description=f"{len(tidy)} records of the NGA-West2 flatfile {flatfile.name}",
        notes=tuple(notes),
    )


def _check_columns(
    table: pd.DataFrame, columns: dict[str, str], keep_columns: tuple[str, ...], where: str
) -> None:
    problems = []
    if "record_number" not in columns:
        problems.append(f"{where}: has no column '{_RSN}'; give an NGA-West2 flatfile, or use spectra-table")
    problems += [
        f"{where}: has no column '{name}', which keep_columns names; correct the option"
        for name in keep_columns
        if name not in table.columns
    ]
    if problems:
        raise InputError(problems)


def _spectral_columns(table: pd.DataFrame, where: str) -> tuple[list[str], FloatArray]:
    names, periods_s = find_period_columns(table.columns)
    if not names:
        raise InputError(
            f"{where}: has no spectral columns such as 'T1.000S'; give the flatfile that has the spectra "
            f"(RotD50, 5 % damping)"
        )
    repeated = np.append(False, np.diff(periods_s) <= 0)
    return [name for name, again in zip(names, repeated, strict=True) if not again], periods_s[~repeated]


def _usable(
    table: pd.DataFrame,
    columns: dict[str, str],
    names: list[str],
    grid_s: FloatArray,
    spectra: FloatArray,
    periods_s: FloatArray | None,
    where: str,
    notes: list[str],
) -> tuple[BoolArray, BoolArray]:
    """Return which periods and which rows to take, and note each reason for leaving some out."""
    has = spectra > 0
    needed = _needed(grid_s, periods_s) & has.any(axis=0)
    if not needed.any():
        raise InputError(
            f"{where}: has no spectral values at the periods asked for; check columns {names[0]} …"
        )
    numbers = to_numbers(table[columns["record_number"]], where, lowest=0.0)
    numbered = np.floor(numbers) == numbers
    present = has[:, needed].sum(axis=1)
    complete = present == needed.sum()
    first = ~pd.Series(numbers).where(complete).duplicated().to_numpy()
    good = numbered & complete & first
    reasons = {
        "no record number": ~numbered,
        "no spectrum": numbered & (present == 0),
        "spectrum incomplete at the study's periods": numbered & (present > 0) & ~complete,
        "record number repeated, the first row taken": numbered & complete & ~first,
    }
    for reason, left_out in reasons.items():
        if left_out.any():
            rows = rows_text(table.index[left_out])
            notes.append(f"{int(left_out.sum())} rows of the flatfile left out: {reason} (rows {rows})")
    if not good.any():
        raise InputError([f"{where}: no usable row is left", *notes])
    wanted = needed | has[good].all(axis=0)
    if not wanted.all():
        dropped = rows_text(name for name, kept in zip(names, wanted, strict=True) if not kept)
        notes.append(f"{int((~wanted).sum())} periods left out, as not every record has them: {dropped}")
    return wanted, good


def _needed(grid_s: FloatArray, periods_s: FloatArray | None) -> BoolArray:
    """Tell which spectral columns enclose the study's periods."""
    if periods_s is None:
        return np.ones(len(grid_s), dtype=bool)
    below, above = grid_s[grid_s <= periods_s[0] * (1 + 1e-9)], grid_s[grid_s >= periods_s[-1] * (1 - 1e-9)]
    low = below[-1] if len(below) else grid_s[0]
    high = above[0] if len(above) else grid_s[-1]
    needed: BoolArray = (grid_s >= low) & (grid_s <= high)
    return needed


def _metadata(
    table: pd.DataFrame, columns: dict[str, str], keep_columns: tuple[str, ...], where: str
) -> pd.DataFrame:
    numbers = to_numbers(table[columns["record_number"]], where, lowest=0.0)
    number = pd.Series(numbers, index=table.index).fillna(0).astype("int64")
    found: dict[str, Any] = {"id": "RSN" + number.astype(str), "record_number": number}
    for name in ("group", "pulse", "event", "station", "pulse_period_s", *_NUMBERS, *_FILES):
        if name in columns:
            found[name] = table[columns[name]]
    for name in ("event_id", "year", "month_day"):
        if name in columns:
            found[name] = _whole(to_numbers(table[columns[name]], where, lowest=0.0))
    for name in _MEASURES:
        if name in columns:
            values = to_numbers(table[columns[name]], where, lowest=-np.inf)
            found[name] = np.where(values > 0, values, np.nan)
    found["mechanism"] = _mechanism(table, columns, where)
    found["max_usable_period_s"] = _max_usable_period(table, columns, where)
    for name in _NUMBERS:
        if name in found:
            lowest = -np.inf if name == "magnitude" else 0.0
            found[name] = to_numbers(found[name], where, lowest=lowest)
    for name in keep_columns:
        found.setdefault(name, table[name])
    metadata = pd.DataFrame(found, index=table.index)
    return metadata.drop(columns=[c for c in ("mechanism", "max_usable_period_s") if found[c] is None])


def _whole(numbers: FloatArray) -> Any:
    """Return whole numbers as integers where none is missing."""
    return numbers if np.isnan(numbers).any() else numbers.astype("int64")


def _mechanism(table: pd.DataFrame, columns: dict[str, str], where: str) -> list[str] | None:
    """Return mechanisms by the flatfile's code, by the rake angle where it has none."""
    if "mechanism" not in columns and "rake_deg" not in columns:
        return None
    stated = (
        to_texts(table[columns["mechanism"]]) if "mechanism" in columns else pd.Series("", index=table.index)
    )
    names = [mechanism_name(text) or text for text in stated]  # what is unknown is reported with the rest
    if "rake_deg" not in columns:
        return names
    rake = to_numbers(table[columns["rake_deg"]], where)
    by_rake = mechanism_from_rake(np.where(np.abs(rake) <= 180, rake, np.nan))
    return [other if name == "unspecified" else name for name, other in zip(names, by_rake, strict=True)]


def _max_usable_period(table: pd.DataFrame, columns: dict[str, str], where: str) -> FloatArray | None:
    """Return 1 / lowest usable frequency, s; NaN where the flatfile states none."""
    known = [n for n in ("lowest_usable_hz", "lowest_usable_h1_hz", "lowest_usable_h2_hz") if n in columns]
    if not known:
        return None
    frequency = {name: to_numbers(table[columns[name]], where, lowest=0.0) for name in known}
    single = [frequency[name] for name in known if name != "lowest_usable_hz"]
    highest = np.fmax.reduce(single) if single else np.full(len(table), np.nan)
    average = frequency.get("lowest_usable_hz", np.full(len(table), np.nan))
    lowest_usable_hz = np.where(average > 0, average, highest)
    period: FloatArray = np.where(
        lowest_usable_hz > 0, 1.0 / np.where(lowest_usable_hz > 0, lowest_usable_hz, 1), np.nan
    )
    return period


def _component(table: pd.DataFrame, columns: dict[str, str], where: str) -> str:
    if "damping_percent" in columns:
        damping = to_numbers(table[columns["damping_percent"]], where)
        other = table.index[~np.isnan(damping) & ~np.isclose(damping, 5.0) & ~np.isclose(damping, 0.05)]
        if len(other):
            raise InputError(
                f"{where}: the damping is not 5 % in row {rows_text(other)}; give the one for 5 %"
            )
    if "rotd_percentile" in columns:
        percentiles = Counter(to_numbers(table[columns["rotd_percentile"]], where).tolist())
        percentile = percentiles.most_common(1)[0][0]
        if not np.isnan(percentile):
            return f"RotD{percentile:02.0f}"
    return "RotD50"


def _stated(component: str | None, found: str, columns: dict[str, str], where: str) -> str:
    """What the study says the spectra are of, unless the flatfile says otherwise."""
    if component is None:
        return found
    plain = component.lower().replace("-", "").replace(" ", "")
    if "rotd_percentile" in columns and plain.startswith("rotd") and plain != found.lower():
        raise InputError(
            f"{where}: holds {found}, not {component} ([catalogue] component); give the flatfile of that"
        )
    return {"rotd50": "RotD50", "rotd100": "RotD100"}.get(plain, component)


def _mark_pulses(metadata: pd.DataFrame, pulses: Path, notes: list[str]) -> None:
    """Set ``group`` and ``pulse_period_s`` by a list of pulse-type records, in place."""
    where = str(pulses)
    table = read_table(pulses, sheet_with=SPELLINGS["record_number"])
    columns = match_columns(table.columns)
    if "record_number" not in columns:
        raise InputError(f"{where}: has no column 'record_number' (or '{_RSN}', 'RSN', 'NGA#'); add it")
    numbers = to_numbers(table[columns["record_number"]], where)
    listed = pd.DataFrame({"id": table.index.astype(str), "number": numbers}, index=table.index)
    listed["group"] = PULSE
    if "pulse" in columns or "group" in columns:
        stated = "group" if "group" in columns else "pulse"
        listed = listed.drop(columns="group").assign(**{stated: table[columns[stated]]})
    if "pulse_period_s" in columns:
        listed["pulse_period_s"] = to_numbers(table[columns["pulse_period_s"]], where, lowest=0.0)
    listed, more = tidy_records(listed, where)
    notes += more
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
