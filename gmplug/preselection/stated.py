"""What the records state, for filters: an option that no record can answer is an error."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.preselection.funnel import Judgement
from gmplug.values import BoolArray, FloatArray

#: What becomes of the records that a filter finds: named in a note, removed, or nothing at all.
Treatment = Literal["note", "remove", "keep"]
#: Records that a note names at most.
_NAMED = 5


def numbers(records: pd.DataFrame, column: str, option: str) -> FloatArray:
    """Return a column as floats; an option that the catalogue cannot answer is an error."""
    if column not in records or not pd.api.types.is_numeric_dtype(records[column]):
        known = ", ".join(str(name) for name in records if pd.api.types.is_numeric_dtype(records[name]))
        raise InputError(
            f"[preselection] {option}: the catalogue has no numbers in a column '{column}'; remove the "
            f"option, or give a catalogue that has them (it has: {known})"
        )
    stated = records[column].to_numpy(dtype=float, na_value=np.nan)
    if np.isnan(stated).all() and len(stated):
        raise InputError(
            f"[preselection] {option}: the catalogue states '{column}' of no record; remove the "
            f"option, or give a catalogue that has it"
        )
    return stated


def texts(records: pd.DataFrame, column: str, option: str) -> pd.Series:
    """Return a column as texts; an option that the catalogue cannot answer is an error."""
    if column not in records or not records[column].astype(str).str.len().any():
        raise InputError(
            f"[preselection] {option}: the catalogue has no '{column}'; remove the option, or give a "
            f"catalogue that has it"
        )
    return records[column].astype(str)


def within_limits(values: FloatArray, limits: tuple[float, float], missing: str = "") -> Judgement:
    """Return which lie within the limits; the unknown are removed for the reason ``missing``."""
    with np.errstate(invalid="ignore"):
        inside: BoolArray = (values >= limits[0]) & (values <= limits[1])
    return Judgement(inside, np.isnan(values), missing)


def some(names: list[str]) -> str:
    """Return the first names for a note, and how many there are."""
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")


def treated(
    treatment: Treatment,
    records: pd.DataFrame,
    flawed: BoolArray,
    unknown: BoolArray,
    what: str,
    missing: str,
) -> Judgement | None:
    """Return the judgement of records that a filter finds, shape (N,), None where it has nothing to say.

    ``what`` follows their number in the note: ``records of 300 start within strong shaking``. Unknown records
    are removed, for the reason ``missing``, where the found ones are.
    """
    ids = [str(name) for name in records["id"][flawed & ~unknown]]
    if treatment == "remove":
        return Judgement(~flawed, unknown, missing)
    if not ids:
        return None
    note = f"{len(ids)} of {len(records)} records {what}: {some(ids)}"
    return Judgement(np.ones(len(records), dtype=bool), np.zeros(len(records), dtype=bool), note=note)
