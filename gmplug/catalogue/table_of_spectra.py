"""The ``spectra-table`` provider: spectra that somebody has computed, and what is known of the records."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.catalogue.files import absolute_files
from gmplug.catalogue.numbers import to_numbers, to_texts
from gmplug.catalogue.periods import SpectralColumns, spectral_columns
from gmplug.catalogue.records import tidy_records
from gmplug.catalogue.row_faults import RowFaults, rows_text
from gmplug.catalogue.standard import BAND_COLUMNS, add_usable_period, standard_columns
from gmplug.catalogue.stated_component import check_damping, component_of
from gmplug.catalogue.tables import read_table
from gmplug.errors import InputError
from gmplug.measures.registry import record_columns
from gmplug.values import Catalogue, FloatArray

_ABOUT_SPECTRA = frozenset({"damping", "rotd_percentile", "component", "scale_factor"})


def spectra_table(
    path: Path, records: Path | None = None, component: str = "", skip_bad_rows: bool = False
) -> Catalogue:
    """Records from a table (CSV, XLSX or Parquet) with ``id``, metadata and spectra in columns ``T0.010S``.

    Parameters
    ----------
    path
        The table. Spectra are unscaled 5 %-damped pseudo-accelerations in g, or in the unit that the headings
        state.
    records
        Folder against which the table's waveform files (``file_h1``, ...) are found; default: the table's.
    component
        What the spectra are of, such as ``RotD50``, where the table does not state it.
    skip_bad_rows
        Leave out rows that are bad or whose spectrum is missing or not positive, with a note, instead of
        stopping.
    """
    where = str(path)
    notes: list[str] = []
    faults = RowFaults(path, skip_bad_rows)
    table = read_table(path, notes=notes, faults=faults)
    spectral = spectral_columns(table.columns, where, component)
    if not spectral.names:
        raise InputError(
            f"{where}: has no spectral columns; name them by period, such as T0.010S for Sa(0.010 s) in g"
        )
    _check_distinct(spectral, where)
    notes += spectral.notes
    sa_g = _spectra(table, spectral, where, faults)
    known = {*record_columns(), *BAND_COLUMNS, "pulse", "record_number", *_ABOUT_SPECTRA}
    metadata = standard_columns(table.drop(columns=spectral.names), known, where, faults, notes)
    check_damping(metadata, path, notes)
    stated, of_component = component_of(metadata, path, component, spectral.component, "", notes)
    metadata = _named(add_usable_period(metadata.drop(columns=list(_ABOUT_SPECTRA), errors="ignore")), where)
    tidy, more = tidy_records(metadata[of_component], where, faults)
    notes += more
    good, more = faults.settle(tidy.index)
    notes += more
    tidy = tidy[good].reset_index(drop=True)
    notes += absolute_files(tidy, records or path.parent, where)
    return Catalogue(
        records=tidy,
        periods_s=spectral.periods_s,
        sa_g=sa_g[of_component][good],
        component=stated,
        description=f"{len(tidy)} records from {path.name}",
        notes=tuple(notes),
    )


def _check_distinct(spectral: SpectralColumns, where: str) -> None:
    same = np.flatnonzero(np.diff(spectral.periods_s) <= 0)
    if len(same):
        first, second = spectral.names[same[0]], spectral.names[same[0] + 1]
        raise InputError(f"{where}: columns '{first}' and '{second}' are the same period; remove one")


def _named(table: pd.DataFrame, where: str) -> pd.DataFrame:
    """Return the table with a column ``id``, made of the record number where there is none."""
    if "id" in table:
        return table
    if "record_number" not in table:
        raise InputError(f"{where}: has no column 'id'; add one with a unique name for each record")
    return table.assign(id="RSN" + to_texts(table["record_number"]))


def _spectra(table: pd.DataFrame, spectral: SpectralColumns, where: str, faults: RowFaults) -> FloatArray:
    """Return Sa, g, shape (N, Q), 1 in rows that are bad."""
    sa_g = np.column_stack([to_numbers(table[name], where, faults) for name in spectral.names])
    bad = ~(sa_g > 0)
    in_row = np.asarray(bad.any(axis=1))
    rows = [row for row in table.index[in_row] if row not in faults]
    if len(rows):
        column = spectral.names[int(np.argmax(bad[table.index.isin(rows)].any(axis=0)))]
        faults.add(
            rows,
            f"{where}: Sa is missing or not positive in row {rows_text(rows)} (first in column '{column}'); "
            f"correct it",
        )
    return np.where(bad, 1.0, sa_g * spectral.factors)
