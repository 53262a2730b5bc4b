"""Which rows and periods of a database's flatfile are usable, and why others are left out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gmplug.catalogue.row_faults import RowFaults, rows_text
from gmplug.catalogue.table_of_spectra import TableOfSpectra
from gmplug.errors import InputError
from gmplug.notes import counted
from gmplug.values import BoolArray, FloatArray

#: What two rows of one record must agree on.
_OF_A_RECORD = ("magnitude", "rjb_km", "rrup_km", "vs30_m_s", "mechanism")


def usable_rows(
    table: TableOfSpectra,
    names: pd.Series,
    what: str,
    periods_s: FloatArray | None,
    where: str,
    faults: RowFaults,
    notes: list[str],
) -> tuple[BoolArray, BoolArray]:
    """Return which periods and which rows to take, shapes (Q,) and (N,); note why others are left out.

    Parameters
    ----------
    names
        What tells records apart: a number or a text for each row, missing where there is none.
    what
        What messages call that, such as ``record number``.
    periods_s
        The study's periods, s; rows need spectra for these only. None: for all of the table's.

    Raises
    ------
    InputError
        No row is usable.
    """
    has = (table.sa_g > 0).to_numpy()
    needed = _needed(table.periods_s, periods_s) & has.any(axis=0)
    if not needed.any():
        raise InputError(
            f"{where}: has no spectral values at the study's periods; check columns {table.sa_g.columns[0]} …"
        )
    named = np.asarray(names.notna())
    sound = ~table.records.index.isin(list(faults.rows))
    complete = named & sound & has[:, needed].all(axis=1)
    repeated = names.where(complete).duplicated().to_numpy() & complete
    reasons = {
        f"no {what}": ~named,
        "no spectrum": named & ~has.any(axis=1),
        "spectrum incomplete at the study's periods": named & sound & has.any(axis=1) & ~complete,
        f"{what} repeated with the same spectrum": repeated,
    }
    for reason, left_out in reasons.items():
        if left_out.any():
            listed = rows_text(names.index[left_out])
            notes.append(
                f"{counted(int(left_out.sum()), 'row')} of the flatfile left out: {reason} (rows {listed})"
            )
    again = complete & names.duplicated(keep=False).to_numpy()
    stated = [name for name in _OF_A_RECORD if name in table.records]
    for name, rows in table.sa_g.loc[again, needed].groupby(names[again]):
        shown = f"{name:.0f}" if isinstance(name, float) else name
        if not (rows == rows.iloc[0]).all(axis=None):
            faults.add(
                rows.index,
                f"{where}: {what} {shown} stands in row {rows_text(rows.index)} with different "
                f"spectra; keep one",
            )
            continue
        records = table.records.loc[rows.index]
        other = [name for name in stated if len(records[name].dropna().unique()) > 1]
        if other:
            faults.add(
                rows.index,
                f"{where}: {what} {shown} stands in row {rows_text(rows.index)} with different "
                f"{', '.join(other)}; keep one",
            )
    good = complete & ~repeated
    if not good.any():
        raise InputError([f"{where}: no usable row is left", *notes])
    wanted = needed | has[good].all(axis=0)
    if not wanted.all():
        dropped = rows_text(table.sa_g.columns[~wanted])
        notes.append(
            f"{counted(int((~wanted).sum()), 'period')} left out, as not every record has them: {dropped}"
        )
    return wanted, good


def _needed(grid_s: FloatArray, periods_s: FloatArray | None) -> BoolArray:
    """Tell which spectral columns enclose the study's periods."""
    if periods_s is None:
        return np.ones(len(grid_s), dtype=bool)
    first = np.searchsorted(grid_s, periods_s[0] * (1 + 1e-9), side="right") - 1
    last = np.searchsorted(grid_s, periods_s[-1] * (1 - 1e-9), side="left")
    at = np.arange(len(grid_s))
    return np.asarray((at >= first) & (at <= last))
