"""Tables of records with spectra: which columns are Sa, of which component, and what the others are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.catalogue.numbers import to_numbers, to_texts
from gmplug.catalogue.periods import ordinate, spectral_columns
from gmplug.catalogue.read_flatfile import best_magnitude, best_vs30, by_source
from gmplug.catalogue.row_faults import RowFaults
from gmplug.catalogue.sources import Source
from gmplug.catalogue.standard import standard_columns
from gmplug.catalogue.stated_component import check_damping, component_of
from gmplug.catalogue.unit_checks import check_units
from gmplug.errors import InputError
from gmplug.notes import doubtful
from gmplug.spectra.components import GEOMETRIC_MEAN, NAMES, kind_of
from gmplug.values import FloatArray


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
        What Sa is of: a definition of the horizontal component, or vertical.
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
    source: Source | None = None,
) -> TableOfSpectra:
    """Tell spectra and metadata of a table apart; keep the rows of one component.

    Parameters
    ----------
    names
        The known columns that are wanted; the others stay as they are.
    component, default
        The study's option, and what the format defines; empty without.
    source
        The database whose flatfile it is.

    Raises
    ------
    InputError
        There are no spectra, two columns of one period differ, the component is not known, the damping is
        not 5 %, or the units of Sa, PGA and PGV do not fit each other.
    """
    where = str(path)
    sa_g, periods_s, in_headings = _spectra(table, where, component, faults, notes)
    spectral = [name for name in table.columns if ordinate(name) is not None or name in sa_g]
    records = standard_columns(table.drop(columns=spectral), names, where, faults, notes)
    check_damping(records, path, notes)
    records = by_source(records, source, path, notes)
    has_spectrum = (sa_g > 0).any(axis=1).to_numpy()
    database = source.name if source else "NGA-West2"
    default = (source.states or source.component) if source else default
    in_headings = in_headings or (source.states if source else "")
    stated, rows = component_of(records[has_spectrum], path, component, in_headings, default, notes, database)
    kept = ~has_spectrum
    kept[has_spectrum] = rows
    records = best_vs30(best_magnitude(records[kept], path, notes), path, notes)
    notes += check_units(records, sa_g[kept], periods_s, where)
    factors = to_texts(records["scale_factor"]) if "scale_factor" in records else pd.Series(dtype=str)
    if not factors.str.fullmatch(r"(1(\.0*)?)?").all():
        notes.append(
            doubtful(f"the scale factors of {path.name} are not used: its spectra are taken as unscaled")
        )
    return TableOfSpectra(records, sa_g[kept], periods_s, stated)


def _spectra(
    table: pd.DataFrame, where: str, component: str, faults: RowFaults, notes: list[str]
) -> tuple[pd.DataFrame, FloatArray, str]:
    """Return Sa, g, of one component, its periods, s, shape (Q,), and what the headings say it is."""
    kinds = {said.kind for said in map(ordinate, table.columns) if said}
    mean = NAMES[GEOMETRIC_MEAN]
    if kind_of(component) == mean and {"h1", "h2"} <= kinds and mean not in kinds:
        first, first_s, _ = _of_one(table, where, "h1", faults, notes)
        second, second_s, _ = _of_one(table, where, "h2", faults, notes)
        if not np.array_equal(first_s, second_s):
            raise InputError(
                f"{where}: the two horizontal components have different periods; give both the same"
            )
        notes.append("Sa is the geometric mean of both horizontal components")
        product = first.where(first > 0) * second.where(second > 0).to_numpy()
        return product**0.5, first_s, mean
    return _of_one(table, where, component, faults, notes)


def _of_one(
    table: pd.DataFrame, where: str, component: str, faults: RowFaults, notes: list[str]
) -> tuple[pd.DataFrame, FloatArray, str]:
    spectral = spectral_columns(table.columns, where, component)
    if not spectral.names:
        raise InputError(
            f"{where}: has no spectral columns; name them by period, such as T0.010S for Sa(0.010 s) in g, "
            f"give the table that has the spectra, or say what its columns are in [catalogue.columns]; with "
            f'the records\' files: provider = "accelerograms", path = FOLDER, metadata = this table'
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
    return sa_g.loc[:, ~again], spectral.periods_s[~again], spectral.component
