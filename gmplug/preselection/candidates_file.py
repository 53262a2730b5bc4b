"""Reading candidates.csv, which a person may have edited."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from gmplug.catalogue.numbers import to_numbers, to_texts
from gmplug.catalogue.records import TEXT_COLUMNS, check_text_columns, is_text
from gmplug.catalogue.row_faults import RowFaults, rows_text
from gmplug.errors import InputError, readable
from gmplug.textfile import refuse_cut
from gmplug.values import NONPULSE, PULSE, UNGROUPED

_REQUIRED = ("id", "group", "scale_factor")


def read_candidates(path: Path, known_ids: list[str], like: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the rows of candidates.csv, checked.

    Parameters
    ----------
    known_ids
        The ids that there are spectra for.
    like
        The catalogue's records, whose text columns stay text even where they look like numbers.

    Raises
    ------
    InputError
        A column is missing, an id is unknown or occurs twice, a factor is not positive, a group unknown.
    """
    refuse_cut(path)
    texts = set(TEXT_COLUMNS)
    if like is not None:
        texts |= {str(name) for name in like if is_text(like[name])}
    with readable(path, "correct it, or run with --fresh"):
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig").astype(object)
    missing = [name for name in _REQUIRED if name not in table]
    if missing:
        raise InputError(f"{path}: has no column '{missing[0]}'; put it back, or run with --fresh")
    if table.empty:
        raise InputError(f"{path}: holds no candidates; put rows back, or run with --fresh")
    table.index = pd.RangeIndex(2, len(table) + 2)
    table["id"] = to_texts(table["id"])
    _check(table, path, known_ids)
    for name in (name for name in table.columns if name not in texts):
        table[name] = _values(table[name])
    if not pd.api.types.is_numeric_dtype(table["scale_factor"]):  # 1,5 for 1.5
        table["scale_factor"] = to_numbers(table["scale_factor"], str(path))
    return check_text_columns(table.reset_index(drop=True))


def _values(texts: pd.Series) -> pd.Series:
    """Return a column's numbers, read exactly as they were written; texts stay as they are."""
    if texts.isin(["True", "False"]).all():
        return texts == "True"
    if texts.str.fullmatch(r"-?\d{1,18}").all():
        return texts.astype("int64")
    try:
        return texts.map(lambda text: float(text) if text else float("nan")).astype(float)
    except ValueError:
        return texts


def _check(table: pd.DataFrame, path: Path, known_ids: list[str]) -> None:
    faults = RowFaults(path, skip=None)
    ids, groups = table["id"], to_texts(table["group"])
    factors = to_numbers(table["scale_factor"], str(path), faults)
    for wrong, line in (
        (
            ~ids.isin(known_ids),
            "no such candidate ({}); rows can be removed here, not added: widen [preselection] instead",
        ),
        (ids.duplicated(), "the id {} occurs again; remove it"),
        (
            ~groups.isin([PULSE, NONPULSE, UNGROUPED]),
            "unknown group {1}; use pulse, nonpulse or all",
        ),
        (
            pd.Series(~(factors > 0), table.index) & ~table.index.isin(list(faults.rows)),
            "scale_factor must be a positive number; correct it",
        ),
    ):
        rows = table.index[wrong]
        if len(rows):
            said = line.format(repr(ids[rows[0]]), repr(groups[rows[0]]))
            faults.add(rows, f"{path}: row {rows_text(rows)}: {said}")
    faults.settle(table.index)
