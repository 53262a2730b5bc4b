"""Tables of records with spectra, and the provider ``spectra-table``, which takes any."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.catalogue.numbers import to_numbers, to_texts
from gmplug.catalogue.periods import spectral_columns
from gmplug.catalogue.records import tidy_records
from gmplug.catalogue.row_faults import RowFaults, rows_text
from gmplug.catalogue.standard import BAND_COLUMNS, add_usable_period, standard_columns
from gmplug.catalogue.stated_component import check_damping, component_of
from gmplug.catalogue.tables import read_table
from gmplug.catalogue.waveform_files import absolute_files
from gmplug.errors import InputError
from gmplug.measures.registry import record_columns
from gmplug.values import Catalogue, FloatArray

_ABOUT_SPECTRA = frozenset({"damping", "rotd_percentile", "component", "scale_factor"})


@dataclass(frozen=True)
class TableOfSpectra:
    """A table of records with spectra; ``records`` and ``sa_g`` have the rows of the file as index.

    Parameters
    ----------
    records
        Metadata, known columns under gmplug's names and in its units.
    sa_g
        Sa, g, a column for each period, under the names that the file has; NaN where the file has none.
    periods_s
        Shape (Q,), s, increasing.
    component
        The horizontal component that Sa is of.
    """

    records: pd.DataFrame
    sa_g: pd.DataFrame
    periods_s: FloatArray
    component: str


def read_spectra(
    table: pd.DataFrame,
    path: Path,
    names: Collection[str],
    component: str,
    default: str,
    faults: RowFaults,
    notes: list[str],
) -> TableOfSpectra:
    """Tell spectra and metadata of a table apart; keep the rows of one horizontal component.

    Parameters
    ----------
    names
        The known columns that are wanted; the others stay as they are.
    component, default
        The study's option, and what the format defines; empty without.

    Raises
    ------
    InputError
        There are no spectra, two columns of one period differ, the component is not known or the damping is
        not 5 %.
    """
    where = str(path)
    spectral = spectral_columns(table.columns, where, component)
    if not spectral.names:
        raise InputError(
            f"{where}: has no spectral columns; name them by period, such as T0.010S for Sa(0.010 s) in g, "
            f"or give the table that has the spectra"
        )
    notes += spectral.notes
    sa_g = pd.DataFrame(
        {name: to_numbers(table[name], where, faults) for name in spectral.names}, index=table.index
    )
    sa_g *= spectral.factors
    again = np.append(False, np.diff(spectral.periods_s) <= 0)
    for at in np.flatnonzero(again):
        first, second = spectral.names[at - 1], spectral.names[at]
        if not np.allclose(sa_g[first], sa_g[second], rtol=1e-4, equal_nan=True):
            raise InputError(
                f"{where}: columns '{first}' and '{second}' are of one period and differ; remove one"
            )
    records = standard_columns(table.drop(columns=spectral.names), names, where, faults, notes)
    check_damping(records, path, notes)
    has_spectrum = (sa_g > 0).any(axis=1).to_numpy()
    stated, rows = component_of(records[has_spectrum], path, component, spectral.component, default, notes)
    kept = ~has_spectrum
    kept[has_spectrum] = rows
    return TableOfSpectra(records[kept], sa_g.loc[kept, ~again], spectral.periods_s[~again], stated)


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
    names = {*record_columns(), *BAND_COLUMNS, "pulse", "record_number", "rake_deg", *_ABOUT_SPECTRA}
    found = read_spectra(table, path, names, component, "", faults, notes)
    _check_positive(found.sa_g, where, faults)
    metadata = add_usable_period(found.records.drop(columns=list(_ABOUT_SPECTRA), errors="ignore"))
    tidy, more = tidy_records(_named(metadata, where), where, faults)
    sa_g = found.sa_g.loc[tidy.index].to_numpy()
    tidy = tidy.reset_index(drop=True)
    notes += more + absolute_files(tidy, records or path.parent, where)
    return Catalogue(
        records=tidy,
        periods_s=found.periods_s,
        sa_g=sa_g,
        component=found.component,
        description=f"{len(tidy)} records from {path.name}",
        notes=tuple(notes),
    )


def _named(table: pd.DataFrame, where: str) -> pd.DataFrame:
    """Return the table with a column ``id``, made of the record number where there is none."""
    if "id" in table:
        return table
    if "record_number" not in table:
        raise InputError(f"{where}: has no column 'id'; add one with a unique name for each record")
    return table.assign(id="RSN" + to_texts(table["record_number"]))


def _check_positive(sa_g: pd.DataFrame, where: str, faults: RowFaults) -> None:
    bad = ~(sa_g > 0)
    bad = bad[bad.any(axis=1) & ~bad.index.isin(list(faults.rows))]
    if len(bad):
        faults.add(
            bad.index,
            f"{where}: Sa is missing or not positive in row {rows_text(bad.index)} (first in column "
            f"'{bad.any().idxmax()}'); correct it",
        )
