"""Reading candidates.csv, which a person may have edited."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from gmplug.catalogue.numbers import to_numbers, to_texts
from gmplug.catalogue.records import check_text_columns, is_text
from gmplug.catalogue.row_faults import rows_text
from gmplug.errors import InputError
from gmplug.values import NONPULSE, PULSE, UNGROUPED, FloatArray

_REQUIRED = ("id", "group", "scale_factor")
_ALWAYS_TEXT = ("id", "group", "event", "station", "mechanism", "file_h1", "file_h2", "file_v", "units")


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
    texts = set(_ALWAYS_TEXT)
    if like is not None:
        texts |= {str(name) for name in like if is_text(like[name])}
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig").astype(object)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: cannot be read ({reason}); correct it, or run with --fresh") from error
    missing = [name for name in _REQUIRED if name not in table]
    if missing:
        raise InputError(f"{path}: has no column '{missing[0]}'; put it back, or run with --fresh")
    table.index = pd.RangeIndex(2, len(table) + 2)
    problems = _problems(table, path, set(known_ids))
    if problems:
        raise InputError(problems)
    table["scale_factor"] = _factors(table["scale_factor"], path)
    for name in table.columns:
        if name not in texts and name != "scale_factor":
            table[name] = _values(table[name])
    return check_text_columns(table.reset_index(drop=True))


def _factors(texts: pd.Series, path: Path) -> FloatArray:
    """Return scale factors exactly as written: were one off by rounding, its analysis would run again."""
    values = _values(texts)
    if pd.api.types.is_numeric_dtype(values):
        return values.to_numpy(dtype=float)
    return to_numbers(texts, str(path))


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


def _problems(table: pd.DataFrame, path: Path, known_ids: set[str]) -> list[str]:
    if table.empty:
        return [f"{path}: holds no candidates; put rows back, or run with --fresh"]
    problems = []
    table["id"] = to_texts(table["id"])
    unknown = table.index[~table["id"].isin(known_ids)]
    if len(unknown):
        problems.append(
            f"{path}: row {rows_text(unknown)}: no such candidate ({table['id'][unknown[0]]!r}); "
            f"rows can be removed here, not added: widen [preselection] instead"
        )
    doubled = table.index[table["id"].duplicated()]
    if len(doubled):
        problems.append(
            f"{path}: row {rows_text(doubled)}: the id {table['id'][doubled[0]]!r} occurs again; remove it"
        )
    groups = to_texts(table["group"])
    strange = table.index[~groups.isin([PULSE, NONPULSE, UNGROUPED])]
    if len(strange):
        problems.append(
            f"{path}: row {rows_text(strange)}: unknown group {groups[strange[0]]!r}; "
            f"use pulse, nonpulse or all"
        )
    try:
        factor = to_numbers(table["scale_factor"], str(path))
        bad = table.index[~(factor > 0)]
        if len(bad):
            problems.append(
                f"{path}: row {rows_text(bad)}: scale_factor must be a positive number; correct it"
            )
    except InputError as error:
        problems.extend(error.problems)
    return problems
