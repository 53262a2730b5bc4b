"""The ``nga-west2`` provider: PEER's NGA-West2 flatfile in its own columns, and its AT2 files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.catalogue.columns import known_as, known_columns
from gmplug.catalogue.event_times import with_event_times
from gmplug.catalogue.periods import is_spectral
from gmplug.catalogue.records import tidy_records
from gmplug.catalogue.row_faults import RowFaults, rows_text
from gmplug.catalogue.standard import add_usable_period, standard_columns
from gmplug.catalogue.table_of_spectra import TableOfSpectra, read_spectra
from gmplug.catalogue.tables import read_table
from gmplug.catalogue.waveform_files import FILE_COLUMNS, find_nga_files
from gmplug.errors import InputError
from gmplug.measures.registry import measures
from gmplug.values import NONPULSE, PULSE, BoolArray, Catalogue, FloatArray, Progress, no_progress

_CARRIED = (
    *("group", "pulse", "event", "station", "magnitude", "rjb_km", "rrup_km", "vs30_m_s"),
    *("mechanism", "rake_deg", "max_usable_period_s", "pulse_period_s", *FILE_COLUMNS),
    *("event_class", "event_time", "event_latitude_deg", "event_longitude_deg"),
    *("station_latitude_deg", "station_longitude_deg"),
)
_WHOLE = ("event_id", "year", "month_day", "hour_minute")


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
    notes: list[str] = []
    faults = RowFaults(flatfile, skip_bad_rows)
    progress(0, 3, f"reading {flatfile.name}")
    table = read_table(
        flatfile,
        keep=lambda name: known_as(name) is not None or is_spectral(name) or name in keep_columns,
        key=_is_number_column,
        notes=notes,
        faults=faults,
    )
    _check_columns(table, keep_columns, where)
    progress(1, 3, "reading spectra")
    further = table[list(keep_columns)]
    found = read_spectra(table, flatfile, known_columns(), component or "", "RotD50", faults, notes)
    faults.settle(table.index)
    wanted, good = _usable(found, periods_s, where, faults, notes)
    metadata = _metadata(found.records[good], further)
    if pulses is not None:
        _mark_pulses(metadata, pulses, skip_bad_rows, notes)
    tidy, more = tidy_records(metadata, where, faults)
    sa_g = found.sa_g.loc[tidy.index, wanted].to_numpy()
    tidy = tidy.reset_index(drop=True)
    progress(2, 3, "looking for waveform files")
    notes += more + find_nga_files(tidy, records)
    return Catalogue(
        records=with_event_times(tidy).drop(
            columns=["month_day", "hour_minute", "rake_deg"], errors="ignore"
        ),
        periods_s=found.periods_s[wanted],
        sa_g=sa_g,
        component=found.component,
        description=f"{len(tidy)} records of the NGA-West2 flatfile {flatfile.name}",
        notes=tuple(notes),
    )


def _is_number_column(name: str) -> bool:
    return known_as(name) == "record_number"


def _check_columns(table: pd.DataFrame, keep_columns: tuple[str, ...], where: str) -> None:
    problems = []
    if not any(map(_is_number_column, table.columns)):
        problems.append(
            f"{where}: has no column 'Record Sequence Number'; give an NGA-West2 flatfile, or use "
            f"spectra-table"
        )
    problems += [
        f"{where}: has no column '{name}', which keep_columns names; correct the option"
        for name in keep_columns
        if name not in table.columns
    ]
    if problems:
        raise InputError(problems)


def _usable(
    table: TableOfSpectra, periods_s: FloatArray | None, where: str, faults: RowFaults, notes: list[str]
) -> tuple[BoolArray, BoolArray]:
    """Return which periods and which rows to take, and note each reason for leaving some out."""
    has = (table.sa_g > 0).to_numpy()
    needed = _needed(table.periods_s, periods_s) & has.any(axis=0)
    if not needed.any():
        raise InputError(
            f"{where}: has no spectral values at the study's periods; check columns {table.sa_g.columns[0]} …"
        )
    numbers = table.records["record_number"]
    numbered = np.asarray((np.floor(numbers) == numbers) & (numbers > 0))
    sound = ~table.records.index.isin(list(faults.rows))
    complete = numbered & sound & has[:, needed].all(axis=1)
    repeated = numbers.where(complete).duplicated().to_numpy() & complete
    reasons = {
        "no record number": ~numbered,
        "no spectrum": numbered & ~has.any(axis=1),
        "spectrum incomplete at the study's periods": numbered & sound & has.any(axis=1) & ~complete,
        "record number repeated with the same spectrum": repeated,
    }
    for reason, left_out in reasons.items():
        if left_out.any():
            listed = rows_text(numbers.index[left_out])
            notes.append(f"{int(left_out.sum())} rows of the flatfile left out: {reason} (rows {listed})")
    for number, rows in table.sa_g.loc[complete, needed].groupby(numbers[complete]):
        if len(rows) > 1 and not (rows == rows.iloc[0]).all(axis=None):
            faults.add(
                rows.index,
                f"{where}: record number {number:.0f} stands in row {rows_text(rows.index)} with different "
                f"spectra; keep one",
            )
    good = complete & ~repeated
    if not good.any():
        raise InputError([f"{where}: no usable row is left", *notes])
    wanted = needed | has[good].all(axis=0)
    if not wanted.all():
        dropped = rows_text(table.sa_g.columns[~wanted])
        notes.append(f"{int((~wanted).sum())} periods left out, as not every record has them: {dropped}")
    return wanted, good


def _needed(grid_s: FloatArray, periods_s: FloatArray | None) -> BoolArray:
    """Tell which spectral columns enclose the study's periods."""
    if periods_s is None:
        return np.ones(len(grid_s), dtype=bool)
    first = np.searchsorted(grid_s, periods_s[0] * (1 + 1e-9), side="right") - 1
    last = np.searchsorted(grid_s, periods_s[-1] * (1 - 1e-9), side="left")
    at = np.arange(len(grid_s))
    return np.asarray((at >= first) & (at <= last))


def _metadata(table: pd.DataFrame, further: pd.DataFrame) -> pd.DataFrame:
    """Return what is kept of each row, under gmplug's names; ``further`` columns as they are."""
    number = table["record_number"].astype("int64")
    found: dict[str, Any] = {"id": "RSN" + number.astype(str), "record_number": number}
    table = add_usable_period(table)
    found |= {name: table[name] for name in _CARRIED if name in table}
    found |= {
        name: table[name] if table[name].isna().any() else table[name].astype("int64")
        for name in _WHOLE
        if name in table
    }
    found |= {name: table[name].where(table[name] > 0) for name in measures() if name in table}
    for name in further.columns:
        found.setdefault(name, further.loc[table.index, name])
    return pd.DataFrame(found, index=table.index)


def _mark_pulses(metadata: pd.DataFrame, pulses: Path, skip_bad_rows: bool, notes: list[str]) -> None:
    """Set ``group`` and ``pulse_period_s`` by a list of pulse-type records, in place."""
    where = str(pulses)
    faults = RowFaults(pulses, skip_bad_rows)
    table = read_table(pulses, key=_is_number_column, notes=notes, faults=faults)
    known = ("record_number", "pulse", "group", "pulse_period_s")
    table = standard_columns(table, known, where, faults, notes)
    if "record_number" not in table:
        raise InputError(
            f"{where}: has no column 'record_number' (or 'Record Sequence Number', 'RSN', 'NGA#'); add it"
        )
    listed = table[[name for name in known if name in table]].assign(id=table.index.astype(str))
    if "pulse" not in listed and "group" not in listed:
        listed = listed.assign(group=PULSE)
    listed, more = tidy_records(listed, where, faults)
    notes += more
    listed = listed.dropna(subset="record_number").drop_duplicates("record_number").set_index("record_number")
    marked = metadata["record_number"].astype(float)
    metadata["group"] = marked.map(listed["group"]).fillna(NONPULSE)
    if "pulse_period_s" in listed:
        metadata["pulse_period_s"] = marked.map(listed["pulse_period_s"])
    absent = int((~listed.index.isin(marked)).sum())
    if absent:
        notes.append(f"{absent} of {len(listed)} records of {pulses.name} are not in the flatfile")
