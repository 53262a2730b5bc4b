"""The spectra of PEER's ``_SearchResults.csv``: a table of records, then scaled and unscaled spectra.

The scaled ones are of the ordinate that the search asked for, times the scale factor of each record. The
unscaled ones are of both horizontal components and the vertical one, as recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.catalogue.columns import known_as
from gmplug.catalogue.headings import csv_rows, is_number
from gmplug.catalogue.numbers import to_numbers, to_texts
from gmplug.catalogue.periods import is_spectral
from gmplug.catalogue.row_faults import rows_text
from gmplug.catalogue.workbooks import PARQUET, WORKBOOKS, sheets
from gmplug.errors import InputError
from gmplug.spectra.components import GEOMETRIC_MEAN, NAMES, VERTICAL, canonical, kind_of
from gmplug.textfile import read_text
from gmplug.units import factor
from gmplug.values import NONPULSE, PULSE, FloatArray

_PERIOD = re.compile(r"period\b.*", re.IGNORECASE)
_SPECTRUM = re.compile(r"RSN[-_ ]?(\d+)\b\s*(.*?)\s*p?-?Sa\s*[(\[]([^()\[\]]*)[)\]]", re.IGNORECASE)
_RECORDED = {"horizontal-1": "h1", "horizontal-2": "h2", "vertical": VERTICAL}
_REMEDY = "give the file as PEER made it"
#: Spectra from the two tables agree within this share.
_AGREE = 0.01
#: The median ratio of RotDnn to the geometric mean of both components lies well within these.
_FROM_MEAN, _TO_MEAN = 0.6, 1.7


@dataclass
class _Section:
    """A table of spectra: a row for each period, a column for each record and component."""

    title: str
    row: int
    names: list[str]
    rows: list[list[str]] = field(default_factory=list)

    @property
    def scaled(self) -> bool | None:
        """Whether the title says that its spectra are scaled; None where it says neither."""
        if re.search(r"un-?scaled", self.title, re.IGNORECASE):
            return False
        return True if re.search("scaled", self.title, re.IGNORECASE) else None


def with_search_spectra(table: pd.DataFrame, path: Path, component: str, notes: list[str]) -> pd.DataFrame:
    """Return the table of records of a ``_SearchResults.csv`` with the unscaled spectra of its other tables.

    Other tables are returned as they are. ``component`` is the study's, empty for the ordinate of the search.
    Records with a pulse period are of the group pulse.

    Raises
    ------
    InputError
        The damping is not 5 %, the component is not there, the scale factors are missing, or the two tables
        of spectra do not agree.
    """
    meant = {known_as(name): name for name in reversed(table.columns)}
    if "record_number" not in meant or "scale_factor" not in meant or any(map(is_spectral, table.columns)):
        return table
    rows = list(_rows(path))
    sections = _sections(rows)
    if not sections:
        return table
    _check_damping(rows, path)
    numbers = to_numbers(table[meant["record_number"]], str(path))
    found = _Spectra(path, sections, table, numbers)
    spectra, what = found.of(component)
    notes[:] = [note for note in notes if not note.startswith(f"{path.name}: another table,")]
    notes.append(f"{path.name}: spectra {what}")
    table = table.drop(columns=[meant[n] for n in ("component", "scale_factor") if n in meant])
    return pd.concat([group_by_pulse_period(table, notes), spectra], axis=1)


def group_by_pulse_period(table: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Return PEER's table of records with ``group``: pulse for those with a pulse period, if any has one."""
    meant = {known_as(name): name for name in table.columns}
    if "pulse_period_s" not in meant or "group" in meant or "pulse" in meant:
        return table
    has_pulse = to_texts(table[meant["pulse_period_s"]]) != ""
    if not has_pulse.any():
        return table
    notes.append(f"{int(has_pulse.sum())} of {len(table)} records have a pulse period: group pulse")
    return table.assign(group=np.where(has_pulse, PULSE, NONPULSE))


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    if path.suffix.lower() in PARQUET:
        return
    if path.suffix.lower() in WORKBOOKS:
        for rows in sheets(path).values():
            yield from ((number, [cell.strip() for cell in cells]) for number, cells in rows)
        return
    text = read_text(path, "a CSV file")
    heading = next((line for line in text.splitlines() if _PERIOD.match(line.strip('" \t'))), "")
    delimiter = max(",;\t", key=heading.count)
    for number, cells in csv_rows(text, delimiter):
        if not isinstance(cells, str):
            yield number, [cell.strip().strip('"').strip() for cell in cells]


def _sections(rows: list[tuple[int, list[str]]]) -> list[_Section]:
    sections: list[_Section] = []
    title, current = "", None
    for number, cells in rows:
        filled = [cell for cell in cells if cell]
        if filled and filled[0].startswith("--"):
            title, current = " ".join(filled), None
        elif filled and _PERIOD.fullmatch(cells[0]) and any(map(_SPECTRUM.fullmatch, cells)):
            current = _Section(title, number, cells)
            sections.append(current)
        elif current is not None and cells and is_number(cells[0]):
            current.rows.append([*cells, *[""] * (len(current.names) - len(cells))])
        else:
            current = None
    return [section for section in sections if section.rows]


def _check_damping(rows: list[tuple[int, list[str]]], path: Path) -> None:
    for number, cells in rows:
        if cells and cells[0].lower().startswith("damping ratio") and len(cells) > 1 and cells[1]:
            value = to_numbers(pd.Series(cells[1:2], [number], dtype=object), str(path))[0]
            if not np.isclose(value, 0.05) and not np.isclose(value, 5.0):
                raise InputError(
                    f"{path}, row {number}: its spectra are of damping {value:g}; search with 0.05"
                )


class _Spectra:
    """The spectra of all tables by component, unscaled, in the order of the records."""

    def __init__(
        self, path: Path, sections: list[_Section], table: pd.DataFrame, numbers: FloatArray
    ) -> None:
        self._path, self._numbers = path, numbers
        self.periods_s: FloatArray = np.empty(0)
        self._scaled: dict[int, FloatArray] = {}
        self._recorded: dict[str, dict[int, FloatArray]] = {}
        ordinates: set[str] = set()
        for section in sections:
            ordinates |= self._read(section)
        for name in table:
            if known_as(str(name)) == "component":
                ordinates |= {canonical(text) or text for text in to_texts(table[name])}
        ordinates -= {""}
        if len(ordinates) > 1:
            raise InputError(
                f"{path}: states several ordinates ({', '.join(sorted(ordinates))}); search for one"
            )
        self.ordinate = next(iter(ordinates), "")
        self._table = table

    def _read(self, section: _Section) -> set[str]:
        where = f"{self._path}, table in row {section.row}"
        if section.scaled is None:
            raise InputError(f"{where}: nothing says whether its spectra are scaled; {_REMEDY}")
        columns = list(zip(*section.rows, strict=False))
        index = pd.Index(range(section.row + 1, section.row + 1 + len(section.rows)))
        periods_s = self._numbers_of(columns[0], section.names[0], index)
        if not np.all(np.diff(periods_s) > 0) or not periods_s[0] > 0:
            raise InputError(f"{where}: its periods do not rise; {_REMEDY}")
        if len(self.periods_s) and not np.array_equal(self.periods_s, periods_s):
            raise InputError(f"{where}: its periods are not those of the other table; {_REMEDY}")
        self.periods_s = periods_s
        ordinates = set()
        for name, cells in zip(section.names, columns, strict=False):
            match = _SPECTRUM.fullmatch(name)
            if match is None:
                continue
            to_g = factor(match[3], "g")
            if to_g is None:
                raise InputError(
                    f"{where}: the unit '{match[3]}' of column '{name}' is not understood; use g"
                )
            values, number, ordinate = (
                to_g * self._numbers_of(cells, name, index),
                int(match[1]),
                match[2].lower(),
            )
            if section.scaled:
                of = self._scaled
                ordinates.add(canonical(ordinate) or match[2])
            else:
                of = self._recorded.setdefault(_RECORDED.get(ordinate) or kind_of(ordinate) or ordinate, {})
            if number in of:
                raise InputError(f"{where}: has two columns '{name}'; {_REMEDY}")
            of[number] = values
        return ordinates

    def _numbers_of(self, cells: tuple[str, ...], name: str, index: pd.Index) -> FloatArray:
        return to_numbers(pd.Series(list(cells), index, dtype=object, name=name), str(self._path))

    def of(self, component: str) -> tuple[pd.DataFrame, str]:
        """Return Sa, g, a column for each period, NaN where a record has none, and what it is in words."""
        h1, h2 = (self._stack(self._recorded.get(kind, {})) for kind in ("h1", "h2"))
        asked = kind_of(component) if component else ""
        mean, srss = NAMES[GEOMETRIC_MEAN], canonical("srss")
        derived = {mean: np.sqrt(h1 * h2), srss: np.hypot(h1, h2)}
        if asked in self._recorded:
            return self._named(asked, self._stack(self._recorded[asked])), f"of {asked} as recorded"
        if asked in derived and asked != self.ordinate and np.isfinite(derived[asked]).any():
            return self._named(asked, derived[asked]), f"are the {asked} of both components as recorded"
        if asked and self.ordinate and asked != self.ordinate:
            there = ", ".join(dict.fromkeys((self.ordinate, *self._recorded, mean)))
            raise InputError(
                f"{self._path}: holds spectra of {there}, not {component}; correct [catalogue] component, "
                f"or search for that ordinate"
            )
        if not self.ordinate and not asked:
            raise InputError(
                f"{self._path}: nothing says of which component its spectra are; set component in [catalogue]"
            )
        sa_g = self._stack(self._scaled) / self._factors()[:, None]
        self._compare(sa_g, h1, h2, derived.get(self.ordinate))
        what = f"of {self.ordinate or 'the search'}, divided by the scale factors"
        if self.ordinate == srss and np.isfinite(h1 * h2).any():
            what += f'; no ground-motion model is of SRSS: component = "{mean}" takes that of both components'
        return self._named(self.ordinate, sa_g), what

    def _stack(self, by_number: dict[int, FloatArray]) -> FloatArray:
        none = np.full(len(self.periods_s), np.nan)
        return np.array([by_number.get(int(n), none) if np.isfinite(n) else none for n in self._numbers])

    def _named(self, component: str, sa_g: FloatArray) -> pd.DataFrame:
        names = [f"{component} Sa({float(period)!r})".strip() for period in self.periods_s]
        return pd.DataFrame(sa_g, index=self._table.index, columns=names)

    def _factors(self) -> FloatArray:
        named = [n for n in self._table if re.sub(r"[^a-z]", "", str(n).lower()) == "scalefactor"]
        if not named:
            raise InputError(f"{self._path}: has no column 'Scale Factor' to unscale its spectra; {_REMEDY}")
        factors = to_numbers(self._table[named[0]], str(self._path))
        bad = ~(factors > 0)
        if bad.any():
            raise InputError(
                f"{self._path}, column '{named[0]}': no scale factor in row "
                f"{rows_text(self._table.index[bad])}; {_REMEDY}"
            )
        return factors

    def _compare(self, sa_g: FloatArray, h1: FloatArray, h2: FloatArray, exact: FloatArray | None) -> None:
        """Raise InputError where the unscaled spectra are not those of the components as recorded."""
        ratios = sa_g / (np.sqrt(h1 * h2) if exact is None else exact)
        for row, ratio in zip(self._table.index, ratios, strict=True):
            ratio = ratio[np.isfinite(ratio)]
            least, most = (_FROM_MEAN, _TO_MEAN) if exact is None else (1.0 - _AGREE, 1.0 + _AGREE)
            if len(ratio) and not least < float(np.median(ratio)) < most:
                raise InputError(
                    f"{self._path}, row {row}: its scaled spectrum, divided by the scale factor, does not "
                    f"fit its spectra as recorded; {_REMEDY}"
                )
