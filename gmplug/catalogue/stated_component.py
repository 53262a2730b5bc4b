"""Which horizontal component and damping a table says its spectra are of."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.catalogue.numbers import to_texts
from gmplug.catalogue.row_faults import rows_text
from gmplug.errors import InputError
from gmplug.notes import doubtful
from gmplug.spectra.components import NAMES, VERTICAL, spelled
from gmplug.values import BoolArray

_DAMPING_PERCENT = 5.0
_KNOWN_NAMES = '"RotD50", "RotD100", "geometric mean", "GMRotI50" or "single component"'
_PERCENTILE = re.compile(r"(?:rotd|d|p)?(\d{1,3})(?:\.0*)?(?:th)?")


def canonical(text: str) -> str:
    """Return the usual name of a horizontal component; empty for a text that names none."""
    rotated = re.fullmatch(r"rotd(\d{1,3})(?:component)?", re.sub(r"[^a-z0-9]", "", text.lower()))
    if rotated and int(rotated[1]) <= 100:
        return f"RotD{int(rotated[1]):02d}"
    found = spelled(text) or ""
    return NAMES.get(found, found)


def component_of(
    table: pd.DataFrame,
    path: Path,
    asked: str,
    in_headings: str,
    default: str,
    notes: list[str],
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
        Is given what a user should know.

    Raises
    ------
    InputError
        Nothing states it, the table holds several, or what it states is not understood.
    """
    everything = np.ones(len(table), dtype=bool)
    wanted = canonical(asked)
    if wanted == VERTICAL or (asked and not wanted):
        raise InputError(
            f"[catalogue] component: '{asked}' is no known horizontal component; use {_KNOWN_NAMES}"
        )
    stated, rows = _in_column(table, path, wanted, notes)
    heading = canonical(in_headings) or in_headings
    if stated and heading and stated != heading:
        raise InputError(f"{path}: its headings say {heading}, a column says {stated}; correct one of them")
    stated = stated or heading
    if stated == VERTICAL:
        raise InputError(f"{path}: holds vertical spectra; give those of a horizontal component")
    in_name = _in_name(path)
    if stated:
        if wanted and wanted != stated:
            notes.append(
                doubtful(
                    f"{path.name} holds {stated}, not {asked} ([catalogue] component): taken as {stated}"
                )
            )
        if in_name and in_name != stated:
            notes.append(doubtful(f"{path.name} holds {stated}, though its name says {in_name}"))
        return stated, rows
    if wanted:
        if in_name and in_name != wanted:
            notes.append(
                doubtful(f"{path.name} is taken as {wanted} ([catalogue] component); its name says {in_name}")
            )
        return wanted, everything
    if in_name:
        notes.append(
            doubtful(f"{path.name} is taken as {in_name}, by its name: no column states the component")
        )
        return in_name, everything
    if default:
        notes.append(f"{path.name} does not state the component: taken as {default}, NGA-West2's own")
        return default, everything
    raise InputError(
        f"{path}: nothing says which horizontal component its spectra are of; "
        f"set component in [catalogue], such as {_KNOWN_NAMES}"
    )


def _in_column(table: pd.DataFrame, path: Path, wanted: str, notes: list[str]) -> tuple[str, BoolArray]:
    """Return the component that a column states, and the rows that it is stated of or left open."""
    rows = np.ones(len(table), dtype=bool)
    names = [name for name in ("rotd_percentile", "component") if name in table]
    kinds = pd.Series("", index=table.index, dtype=object)
    for name in names:
        texts = to_texts(table[name])
        read = {
            text: _percentile(text) if name == "rotd_percentile" else canonical(text) for text in set(texts)
        }
        unread = [text for text, kind in read.items() if text and not kind]
        if unread:
            bad = rows_text(table.index[texts == unread[0]])
            raise InputError(
                f"{path}: the component '{unread[0]}' in row {bad} is not understood; use {_KNOWN_NAMES}"
            )
        of_column = texts.map(read)
        clash = (kinds != "") & (of_column != "") & (kinds != of_column)
        if clash.any():
            raise InputError(
                f"{path}: two columns state different components in row {rows_text(table.index[clash])}"
            )
        kinds = kinds.where(kinds != "", of_column)
    present = [kind for kind in dict.fromkeys(kinds) if kind]
    if not present:
        return "", rows
    if len(present) > 1:
        if wanted not in present:
            raise InputError(
                f"{path}: holds rows of several components ({', '.join(present)}); "
                f"name the one to use in [catalogue] component"
            )
        rows = (kinds == wanted).to_numpy(dtype=bool)
        notes.append(f"{int((~rows).sum())} rows of {path.name} left out: of another component than {wanted}")
        return wanted, rows
    unstated = int((kinds == "").sum())
    if unstated:
        notes.append(
            doubtful(f"{unstated} rows of {path.name} do not state their component: taken as {present[0]}")
        )
    return present[0], rows


def _percentile(text: str) -> str:
    match = _PERCENTILE.fullmatch(text.lower().replace(" ", "").replace("%", ""))
    if match and int(match.group(1)) <= 100:
        return f"RotD{int(match.group(1)):02d}"
    return canonical(text)


def _in_name(path: Path) -> str:
    """Return the component in a file's name, such as ``Flatfile_RotD100_d050.csv``."""
    match = re.search(r"(?<![a-z])(gm)?rot[-_ ]?([di])[-_ ]?(\d{2,3})(?!\d)", path.stem, re.IGNORECASE)
    return canonical("".join([match[1] or "", "rot", match[2], match[3]])) if match else ""


def check_damping(table: pd.DataFrame, path: Path, notes: list[str]) -> None:
    """Raise InputError where a column, else the file's name (``d100`` for 10 %), states another than 5 %."""
    of_name = re.search(r"(?<![a-z0-9])d(\d{3})(?!\d)", path.stem, re.IGNORECASE)
    in_name = int(of_name.group(1)) / 10.0 if of_name else _DAMPING_PERCENT
    stated = to_texts(table["damping"]) if "damping" in table else pd.Series(dtype=object)
    bad = stated[(stated != "") & ~stated.map(_is_five_percent).astype(bool)]
    if len(bad):
        raise InputError(
            f"{path}: the damping is not 5 % in row {rows_text(bad.index)} ({bad.iloc[0]}); "
            f"give the spectra for 5 %"
        )
    if in_name == _DAMPING_PERCENT:
        return
    if not (stated != "").any():
        raise InputError(
            f"{path}: its name says {in_name:g} % damping and no column says 5 %; "
            f"give the spectra for 5 %, or rename the file"
        )
    notes.append(doubtful(f"{path.name} states 5 % damping, though its name says {in_name:g} %"))


def _is_five_percent(text: str) -> bool:
    try:
        value = float(text.replace("%", "").replace(",", ".").strip())
    except ValueError:
        return False
    return bool(np.isclose(value, 5.0) or np.isclose(value, 0.05))
