"""The ``spectra-table`` provider: spectra that somebody has computed, and what is known of the records."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.catalogue.columns import match_columns
from gmplug.catalogue.files import absolute_files
from gmplug.catalogue.periods import find_period_columns
from gmplug.catalogue.records import tidy_records
from gmplug.catalogue.tables import read_table, rows_text, to_numbers
from gmplug.errors import InputError
from gmplug.values import RECORD_COLUMNS, Catalogue, FloatArray

_KNOWN = (*RECORD_COLUMNS, "pulse", "record_number")


def spectra_table(
    path: Path, records: Path | None = None, component: str = "", skip_bad_rows: bool = False
) -> Catalogue:
    """Records from a table (CSV, XLSX or Parquet) with ``id``, metadata and spectra in columns ``T0.010S``.

    Parameters
    ----------
    path
        The table. Spectra are unscaled 5 %-damped pseudo-accelerations in g.
    records
        Folder against which the table's waveform files (``file_h1``, ...) are found; default: the table's.
    component
        What the spectra are of, shown in reports; such as ``RotD50``.
    skip_bad_rows
        Leave out rows whose spectrum is missing or not positive, with a note, instead of stopping.
    """
    where = str(path)
    table = read_table(path)
    names, periods_s = find_period_columns(table.columns)
    if not names:
        raise InputError(
            f"{where}: has no spectral columns; name them by period, such as T0.010S for Sa(0.010 s) in g"
        )
    _check_distinct(names, periods_s, where)
    sa_g, good = _spectra(table, names, where, skip_bad_rows)
    metadata = _metadata(table.drop(columns=names), where)
    records_table, notes = tidy_records(metadata[good], where)
    notes += absolute_files(records_table, records or path.parent, where)
    if not good.all():
        notes.append(f"{int((~good).sum())} rows of {path.name} left out: no positive spectrum")
    if not len(records_table):
        raise InputError(f"{where}: no row has a complete, positive spectrum; check the spectral columns")
    return Catalogue(
        records=records_table,
        periods_s=periods_s,
        sa_g=sa_g[good],
        component=component or "as given in the table",
        description=f"{len(records_table)} records from {path.name}",
        notes=tuple(notes),
    )


def _check_distinct(names: list[str], periods_s: FloatArray, where: str) -> None:
    same = np.flatnonzero(np.diff(periods_s) <= 0)
    if len(same):
        raise InputError(
            f"{where}: columns '{names[same[0]]}' and '{names[same[0] + 1]}' are the same period; remove one"
        )


def _metadata(table: pd.DataFrame, where: str) -> pd.DataFrame:
    known = {name: column for name, column in match_columns(table.columns).items() if name in _KNOWN}
    if "id" not in known and "record_number" in known:
        table = table.assign(id="RSN" + table[known["record_number"]].astype(str).str.removesuffix(".0"))
        known["id"] = "id"
    if "id" not in known:
        raise InputError(f"{where}: has no column 'id'; add one with a unique name for each record")
    return table.rename(columns={column: name for name, column in known.items()})


def _spectra(
    table: pd.DataFrame, names: list[str], where: str, skip_bad_rows: bool
) -> tuple[FloatArray, np.ndarray]:
    sa_g = np.column_stack([to_numbers(table[name], where) for name in names])
    bad = ~(sa_g > 0)
    good: np.ndarray = ~np.any(bad, axis=1)
    if not good.all() and not skip_bad_rows:
        column = names[int(np.argmax(bad[~good].any(axis=0)))]
        raise InputError(
            f"{where}: Sa is missing or not positive in row {rows_text(table.index[~good])} (first in column "
            f"'{column}'); correct it, or set [catalogue] skip_bad_rows = true to leave such rows out"
        )
    return sa_g, good
