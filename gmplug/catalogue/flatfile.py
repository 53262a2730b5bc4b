"""Catalogues from tables: ``spectra-table`` takes databases' flatfiles and any other table of spectra.

``nga-west2`` does so for tables with PEER's record numbers, and finds the AT2 files as PEER names them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from gmplug.catalogue.columns import known_as, known_columns
from gmplug.catalogue.event_times import with_event_times
from gmplug.catalogue.numbers import to_texts
from gmplug.catalogue.read_flatfile import MAGNITUDES, read_flatfile
from gmplug.catalogue.records import tidy_records
from gmplug.catalogue.row_faults import RowFaults, rows_text
from gmplug.catalogue.standard import BAND_COLUMNS, add_usable_period, standard_columns
from gmplug.catalogue.table_of_spectra import read_spectra
from gmplug.catalogue.tables import is_known, read_table
from gmplug.catalogue.usable_rows import usable_rows
from gmplug.catalogue.waveform_files import FILE_COLUMNS, absolute_files, find_nga_files, only_vertical_files
from gmplug.errors import InputError
from gmplug.measures.registry import measures, record_columns
from gmplug.notes import counted
from gmplug.values import NONPULSE, PULSE, Catalogue, FloatArray, Progress, no_progress

_CARRIED = (
    *("group", "pulse", "event", "station", "magnitude", "rjb_km", "rrup_km", "vs30_m_s"),
    *("mechanism", "rake_deg", "max_usable_period_s", "pulse_period_s", *FILE_COLUMNS),
    *("event_class", "event_time", "event_latitude_deg", "event_longitude_deg"),
    *("station_latitude_deg", "station_longitude_deg"),
)
_NONE: Mapping[str, str] = MappingProxyType({})
_ABOUT_SPECTRA = frozenset({"damping", "rotd_percentile", "component", "scale_factor"})
#: Further columns that tell what those of records are.
_FURTHER = ("pulse", "record_number", "rake_deg", "tectonic_class", "vs30_inferred_m_s", *MAGNITUDES)
_WHOLE = ("event_id", "year", "month_day", "hour_minute")


def nga_west2(
    flatfile: Path,
    records: Path | None = None,
    pulses: Path | None = None,
    keep_columns: tuple[str, ...] = (),
    component: str | None = None,
    columns: Mapping[str, str] = _NONE,
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
    columns
        What headings of the flatfile stand for, where gmplug does not know them:
        ``{heading: column (unit)}``.
    skip_bad_rows
        Leave out bad rows, with a note, instead of stopping.
    periods_s
        Given: the study's periods. Rows need spectra for these only.
    """
    where = str(flatfile)
    notes: list[str] = []
    faults = RowFaults(flatfile, skip_bad_rows)
    progress(0, 3, f"reading {flatfile.name}")
    asked = component or ""
    table, source = read_flatfile(
        flatfile, asked, columns, keep_columns, lambda *_: False, _is_number_column, notes, faults
    )
    if source is not None and source.prefix != "RSN":
        raise InputError(f'{where}: is of {source.name}, not NGA-West2; use provider = "spectra-table"')
    if not any(map(_is_number_column, table.columns)):
        raise InputError(
            f"{where}: has no column 'Record Sequence Number'; give an NGA-West2 flatfile, or use "
            f"spectra-table"
        )
    progress(1, 3, "reading spectra")
    further = table[list(keep_columns)]
    found = read_spectra(table, flatfile, known_columns(), asked, "RotD50", faults, notes, source)
    faults.settle(table.index)
    numbers = found.records["record_number"]
    numbers = numbers.where((np.floor(numbers) == numbers) & (numbers > 0))
    wanted, good = usable_rows(found, numbers, "record number", periods_s, where, faults, notes)
    metadata = _metadata(found.records[good], further)
    if pulses is not None:
        _mark_pulses(metadata, pulses, skip_bad_rows, notes)
    tidy, more = tidy_records(metadata, where, faults)
    sa_g = found.sa_g.loc[tidy.index, wanted].to_numpy()
    tidy = tidy.reset_index(drop=True)
    progress(2, 3, "looking for waveform files")
    notes += more + find_nga_files(tidy, records) + only_vertical_files(tidy, found.component)
    return Catalogue(
        records=with_event_times(tidy).drop(
            columns=["month_day", "hour_minute", "rake_deg"], errors="ignore"
        ),
        periods_s=found.periods_s[wanted],
        sa_g=sa_g,
        component=found.component,
        description=f"{counted(len(tidy), 'record')} of the NGA-West2 flatfile {flatfile.name}",
        notes=tuple(notes),
    )


def _is_number_column(name: str) -> bool:
    return known_as(name) == "record_number"


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


def spectra_table(
    path: Path,
    records: Path | None = None,
    component: str = "",
    columns: Mapping[str, str] = _NONE,
    keep_columns: tuple[str, ...] = (),
    skip_bad_rows: bool = False,
    periods_s: FloatArray | None = None,
) -> Catalogue:
    """Records from a database's flatfile, or any table (CSV, XLSX or Parquet) with metadata and spectra.

    Parameters
    ----------
    path
        The table. Spectra are unscaled 5 %-damped pseudo-accelerations in g, or in the unit that the headings
        state.
    records
        Folder against which the table's waveform files (``file_h1``, ...) are found; default: the table's.
    component
        What the spectra are of, such as ``RotD50``, where the table does not state it; of a table with
        several components, the one to take.
    columns
        What headings stand for, where gmplug does not know them: ``{heading: column (unit)}``.
    keep_columns
        Further columns of a database's flatfile to carry along; of other tables, all are.
    skip_bad_rows
        Leave out rows that are bad or whose spectrum is missing or not positive, with a note, instead of
        stopping. Of a database's flatfile, rows without a spectrum are always left out.
    periods_s
        Given: the study's periods. Rows of a database's flatfile need spectra for these only.
    """
    where = str(path)
    notes: list[str] = []
    faults = RowFaults(path, skip_bad_rows)
    table, source = read_flatfile(
        path,
        component,
        columns,
        keep_columns,
        lambda headings, _: not headings.source,
        is_known,
        notes,
        faults,
    )
    found = read_spectra(
        table,
        path,
        {*record_columns(), *BAND_COLUMNS, *_FURTHER, *_ABOUT_SPECTRA},
        component,
        "",
        faults,
        notes,
        source,
    )
    metadata = found.records.drop(columns=list(_ABOUT_SPECTRA), errors="ignore")
    metadata = _named(add_usable_period(metadata), source.prefix if source else "RSN", where)
    metadata = with_event_times(metadata)
    good, wanted = np.ones(len(metadata), dtype=bool), np.ones(len(found.periods_s), dtype=bool)
    if source is None:
        _check_positive(found.sa_g, where, faults)
    else:
        faults.settle(table.index)
        ids = to_texts(metadata["id"])
        wanted, good = usable_rows(found, ids.where(ids != ""), "id", periods_s, where, faults, notes)
        names = {*record_columns(), *_FURTHER, *keep_columns}
        metadata = metadata[[name for name in metadata if name in names]]
    tidy, more = tidy_records(metadata[good], where, faults)
    sa_g = found.sa_g.loc[tidy.index, wanted].to_numpy()
    if source is not None:
        tidy = tidy.drop(columns="rake_deg", errors="ignore")
    tidy = tidy.reset_index(drop=True)
    notes += more + absolute_files(tidy, records or path.parent, where)
    notes += only_vertical_files(tidy, found.component)
    return Catalogue(
        records=tidy,
        periods_s=found.periods_s[wanted],
        sa_g=sa_g,
        component=found.component,
        description=f"{counted(len(tidy), 'record')} from {path.name}",
        notes=tuple(notes),
    )


def _named(table: pd.DataFrame, prefix: str, where: str) -> pd.DataFrame:
    """Return the table with a column ``id``, made of the record number where there is none."""
    if "id" in table:
        return table
    if "record_number" not in table:
        raise InputError(f"{where}: has no column 'id'; add one with a unique name for each record")
    numbers = to_texts(table["record_number"])
    return table.assign(id=numbers.where(numbers == "", prefix + numbers))


def _check_positive(sa_g: pd.DataFrame, where: str, faults: RowFaults) -> None:
    bad = ~(sa_g > 0)
    bad = bad[bad.any(axis=1) & ~bad.index.isin(list(faults.rows))]
    if len(bad):
        faults.add(
            bad.index,
            f"{where}: Sa is missing or not positive in row {rows_text(bad.index)} (first in column "
            f"'{bad.any().idxmax()}'); correct it",
        )
