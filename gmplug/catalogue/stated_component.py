"""Which component and damping a table says its spectra are of."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.catalogue.numbers import to_texts
from gmplug.catalogue.row_faults import rows_text
from gmplug.errors import InputError
from gmplug.notes import doubtful
from gmplug.spectra.components import VERTICAL, canonical, kind_of
from gmplug.values import BoolArray

_DAMPING_PERCENT = 5.0
_KNOWN_NAMES = '"RotD50", "RotD100", "geometric mean", "GMRotI50" or "single component"'
_PERCENTILE = re.compile(r"(?:rotd|d|p)?(\d{1,3})(?:\.0*)?(?:th)?")


def component_of(
    table: pd.DataFrame,
    path: Path,
    asked: str,
    in_headings: str,
    default: str,
    notes: list[str],
    database: str = "NGA-West2",
) -> tuple[str, BoolArray]:
    """Return what a table's spectra are of, and which rows are, shape (N,).

    A column or the headings win over the study, the study over the file's name, and that over the default.

    Parameters
    ----------
    table
        Under gmplug's names; columns ``rotd_percentile`` and ``component`` may state it.
    asked
        The study's ``component``, empty where it has none.
    in_headings
        What the names of the spectral columns state, empty where they state nothing.
    default
        What the format defines; empty where it defines nothing.
    notes
        Collects what a user should know.
    database
        Whose definition the default is, for a note.

    Raises
    ------
    InputError
        Nothing states it, the table holds several, what it states is not understood, or the spectra are
        vertical and the study does not ask for these (or the other way round).
    """
    wanted, heading, name = canonical(asked), canonical(in_headings) or in_headings, path.name
    if asked and not wanted:
        raise InputError(
            f"[catalogue] component: '{asked}' is no known component; use {_KNOWN_NAMES}, or \"vertical\""
        )
    stated, rows = _in_column(table, path, asked, notes)
    if stated and heading and stated != heading:
        raise InputError(f"{path}: its headings say {heading}, a column says {stated}; correct one of them")
    stated = stated or heading
    in_name = _in_name(path)
    if wanted != VERTICAL and VERTICAL in (stated, "" if wanted else in_name):
        raise InputError(
            f"{path}: holds vertical spectra; give those of a horizontal component, or set "
            f'component = "vertical" in [catalogue]'
        )
    if wanted == VERTICAL and stated not in ("", VERTICAL):
        raise InputError(f"{path}: holds {stated} spectra, not vertical ones; correct [catalogue] component")
    found = stated or wanted or in_name or default
    if not found:
        raise InputError(
            f"{path}: nothing says which horizontal component its spectra are of; "
            f"set component in [catalogue], such as {_KNOWN_NAMES}"
        )
    if stated and wanted and wanted != stated:
        notes.append(
            doubtful(f"{name} holds {stated}, not {asked} ([catalogue] component): taken as {stated}")
        )
    if (stated or wanted) and in_name and in_name != found:
        source = "as it states" if stated else "as [catalogue] component says"
        notes.append(doubtful(f"{name} is taken as {found}, {source}, though its name says {in_name}"))
    if not stated and not wanted:
        why = "by its name: no column states the component"
        notes.append(
            doubtful(f"{name} is taken as {found}, {why}")
            if in_name
            else f"{name} does not state the component: taken as {default}, {database}'s own"
        )
    return found, rows


def _in_column(table: pd.DataFrame, path: Path, asked: str, notes: list[str]) -> tuple[str, BoolArray]:
    """Return the component that a column states, and the rows that it is stated of or left open."""
    wanted = kind_of(asked)
    kinds = pd.Series("", index=table.index, dtype=object)
    for name, read in (("rotd_percentile", _percentile), ("component", kind_of)):
        texts = to_texts(table[name]) if name in table else pd.Series("", index=table.index)
        of_column = texts.map(read)
        unread = texts[(texts != "") & (of_column == "")]
        if len(unread):
            raise InputError(
                f"{path}: the component '{unread.iloc[0]}' in row {rows_text(unread.index)} is not "
                f"understood; use {_KNOWN_NAMES}"
            )
        clash = (kinds != "") & (of_column != "") & (kinds != of_column)
        if clash.any():
            raise InputError(
                f"{path}: two columns state different components in row {rows_text(table.index[clash])}; "
                f"correct one of them"
            )
        kinds = kinds.where(kinds != "", of_column)
    present = [kind for kind in dict.fromkeys(kinds) if kind]
    if len(present) > 1 and wanted not in present:
        raise InputError(
            f"{path}: holds rows of several components ({', '.join(present)}); "
            f"name the one to use in [catalogue] component"
        )
    found = wanted if len(present) > 1 else "".join(present)
    rows = np.asarray(kinds == found) if len(present) > 1 else np.ones(len(table), dtype=bool)
    if not rows.all():
        notes.append(f"{int((~rows).sum())} rows of {path.name} left out: of another component than {found}")
    elif found and (kinds == "").any():
        count = int((kinds == "").sum())
        notes.append(doubtful(f"{count} rows of {path.name} do not state their component: taken as {found}"))
    return canonical(found), rows


@lru_cache(maxsize=256)
def _percentile(text: str) -> str:
    match = _PERCENTILE.fullmatch(re.sub(r"[ %]", "", text.lower()))
    return f"RotD{int(match[1]):02d}" if match and int(match[1]) <= 100 else canonical(text)


def _in_name(path: Path) -> str:
    """Return the component in a file's name, such as ``Flatfile_RotD100_d050.csv``."""
    match = re.search(
        r"(?<![a-z])((?:gm)?rot[-_ ]?[di](?:[-_ ]?|\(percentile=)\d{2,3}(?!\d)|vertical(?![a-z]))",
        path.stem,
        re.IGNORECASE,
    )
    return canonical(match[1].replace("percentile=", "")) if match else ""


def check_damping(table: pd.DataFrame, path: Path, notes: list[str]) -> None:
    """Raise InputError where a column, else the file's name (``d100`` for 10 %), states another than 5 %."""
    stated = to_texts(table["damping"]) if "damping" in table else pd.Series(dtype=object)
    stated = stated[stated != ""]
    bad = stated[~stated.map(_is_five_percent).astype(bool)]
    if len(bad):
        raise InputError(
            f"{path}: the damping is not 5 % in row {rows_text(bad.index)} ({bad.iloc[0]}); "
            f"give the spectra for 5 %"
        )
    of_name = re.search(r"(?<![a-z0-9])d(\d{3})(?!\d)", path.stem, re.IGNORECASE)
    in_name = int(of_name[1]) / 10.0 if of_name else _DAMPING_PERCENT
    if in_name == _DAMPING_PERCENT:
        return
    if stated.empty:
        raise InputError(
            f"{path}: its name says {in_name:g} % damping and no column says 5 %; "
            f"give the spectra for 5 %, or rename the file"
        )
    notes.append(doubtful(f"{path.name} states 5 % damping, though its name says {in_name:g} %"))


def _is_five_percent(text: str) -> bool:
    try:
        value = float(text.replace("%", "").replace(",", "."))
    except ValueError:
        return False
    return bool(np.isclose(value, 5.0) or np.isclose(value, 0.05))
