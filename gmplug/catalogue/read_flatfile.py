"""Reading a flatfile: its columns by what they stand for, and what its database means by coded cells."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.catalogue.columns import ARROW, known_as
from gmplug.catalogue.headings import IsKind
from gmplug.catalogue.mapping import check_mapping, study_meanings, target_of, translated
from gmplug.catalogue.numbers import to_texts
from gmplug.catalogue.periods import is_spectral
from gmplug.catalogue.records import mechanism_name
from gmplug.catalogue.row_faults import RowFaults, rows_text
from gmplug.catalogue.search_results import with_search_spectra
from gmplug.catalogue.sources import Source, source_of
from gmplug.catalogue.tables import is_known, read_table
from gmplug.catalogue.unit_checks import check_lines_above
from gmplug.errors import InputError
from gmplug.notes import counted, doubtful

#: Peaks whose sign only tells the direction.
_PEAKS = ("pga_g", "pgv_cm_s")
#: Columns that state a magnitude, or of which type it is.
_OTHERS = {"emec_magnitude": "Mw of EMEC", "ms_magnitude": "Ms", "ml_magnitude": "ML"}
MAGNITUDES = ("magnitude", *_OTHERS, "magnitude_type")
_JOINED_BY = {"id": "_", "station": "."}


class Headings:
    """Names a table's columns by what they stand for: the study's mapping first, then the database's.

    Parameters
    ----------
    where
        Start of an error line: the file.
    component
        The study's ``component``, empty where it has none; None where no spectra are wanted.
    mapping
        The study's ``[catalogue.columns]``.
    """

    def __init__(self, where: str, component: str | None, mapping: Mapping[str, str]) -> None:
        check_mapping(mapping)
        self.source: Source | None = None
        self.notes: list[str] = []
        self._where, self._component, self._mapping = where, component, mapping

    def __call__(self, names: Sequence[str]) -> list[str]:
        """Return the names; raises InputError where the study's mapping does not fit them."""
        self.source = source_of(names)
        found: dict[str, str] = {}
        if self.source is not None:
            found = self.source.meanings(names, self._component, self._where)
            self.notes.append(f"{Path(self._where).name} is read as {self.source.about}")
        if self._mapping:
            own = study_meanings([name for name in names if name], self._mapping, self._where)
            targets = {target_of(meaning) for meaning in own.values()} - {None}
            aside = [n for n in names if n not in own and target_of(found.get(n, n)) in targets]
            if aside:
                self.notes.append(f"not used, as [catalogue.columns] names others: {rows_text(aside)}")
            found |= dict.fromkeys(aside, "") | own
        return translated(names, found)

    def keeps(self, name: str) -> bool:
        """Tell whether a database's column is of use."""
        parts = {part for group in self.source.joined.values() for part in group} if self.source else set()
        return known_as(name) is not None or is_spectral(name) or name.casefold() in parts


def read_flatfile(
    path: Path,
    component: str,
    mapping: Mapping[str, str],
    keep_columns: Collection[str],
    keep: Callable[[Headings, str], bool],
    key: IsKind,
    notes: list[str],
    faults: RowFaults,
) -> tuple[pd.DataFrame, Source | None]:
    """Read the table of records and spectra in a file, and tell the database that it is of.

    ``keep`` tells which other columns than the known ones and ``keep_columns`` to read. The tables of a
    ``_SearchResults.csv`` become one.

    Raises InputError where the file is no such table, or lacks a column of ``keep_columns``.
    """
    headings = Headings(str(path), component, mapping)
    above: dict[int, str] = {}
    table = read_table(
        path,
        keep=lambda name: headings.keeps(name) or name in keep_columns or keep(headings, name),
        key=key,
        known=lambda cell: is_known(cell) or cell in mapping,
        notes=notes,
        faults=faults,
        rename=headings,
        above=above,
    )
    if headings.source is None:
        check_lines_above(above, [str(name) for name in table], path)
    notes += headings.notes
    meant = dict(str(name).split(ARROW) for name in table if ARROW in str(name))
    problems = [
        f"{path}: the column '{name}' is read as {meant[name]}; leave it out of keep_columns"
        if name in meant
        else f"{path}: has no column '{name}', which keep_columns names; correct the option"
        for name in keep_columns
        if name not in table
    ]
    if problems:
        raise InputError(problems)
    return with_search_spectra(table, path, component, notes), headings.source


def by_source(records: pd.DataFrame, source: Source | None, path: Path, notes: list[str]) -> pd.DataFrame:
    """Return the records, under gmplug's names, with a database's codes read and its texts joined."""
    if source is None:
        return records
    records = records.copy()
    for name, codes in source.values.items():
        if name in records:
            known = {code.casefold(): meaning for code, meaning in codes.items()}
            records[name] = [known.get(text.casefold(), text) for text in to_texts(records[name])]
    if "mechanism" in records and "mechanism" in source.values:
        stated = to_texts(records["mechanism"])
        unknown = stated[stated.map(mechanism_name).isna()]
        if len(unknown):
            listed = rows_text(unknown.unique())
            notes.append(
                doubtful(
                    f"{counted(len(unknown), 'record')} of {path.name} without a known mechanism ({listed})"
                )
            )
            records["mechanism"] = stated.drop(unknown.index).reindex(records.index, fill_value="")
    for name, parts in source.joined.items():
        given = [column for part in parts for column in records if str(column).casefold() == part]
        if given and not (name == "id" and "id" in records):
            cells = zip(*(to_texts(records[column]) for column in given), strict=True)
            records[name] = [_JOINED_BY[name].join(filter(None, row)) for row in cells]
    extra = {part for parts in source.joined.values() for part in parts} - {"event", "station"}
    for name in _PEAKS:
        if name in records:
            records[name] = np.abs(records[name])
    return records.drop(columns=[name for name in records if str(name).casefold() in extra])


def best_magnitude(records: pd.DataFrame, path: Path, notes: list[str]) -> pd.DataFrame:
    """Return the records with ``magnitude`` from whatever states it; notes tell where that is not Mw.

    Moment magnitude goes first, that of EMEC next, Ms and ML where there is neither.
    """
    others = [name for name in _OTHERS if name in records]
    magnitude = records["magnitude"] if "magnitude" in records else pd.Series(np.nan, records.index)
    for name in others:
        fills = magnitude.isna() & records[name].notna()
        if fills.any():
            note = (
                f"{counted(int(fills.sum()), 'record')} of {path.name} without Mw: the magnitude is "
                f"{_OTHERS[name]}"
            )
            notes.append(note if name == "emec_magnitude" else doubtful(note))
        magnitude = magnitude.where(~fills, records[name])
    if "magnitude_type" in records:
        types = to_texts(records["magnitude_type"])
        other = types[(types != "") & ~types.str.lower().str.match(r"mw|m$|moment")]
        if len(other):
            counts = ", ".join(f"{name} {count}" for name, count in other.value_counts().items())
            notes.append(
                doubtful(
                    f"the magnitude of {len(other)} records of {path.name} is no moment magnitude "
                    f"({counts}): taken as stated"
                )
            )
    known = others or "magnitude" in records
    records = records.drop(columns=[*others, *(n for n in ("magnitude_type",) if n in records)])
    return records.assign(magnitude=magnitude) if known else records


def best_vs30(records: pd.DataFrame, path: Path, notes: list[str]) -> pd.DataFrame:
    """Return the records with ``vs30_m_s`` inferred where it is not measured; a note counts these."""
    if "vs30_inferred_m_s" not in records:
        return records
    inferred = records["vs30_inferred_m_s"]
    vs30 = records["vs30_m_s"] if "vs30_m_s" in records else pd.Series(np.nan, records.index)
    fills = vs30.isna() & inferred.notna()
    if fills.any():
        notes.append(
            f"Vs30 of {counted(int(fills.sum()), 'record')} of {path.name} is inferred from the "
            "terrain's slope"
        )
    return records.drop(columns="vs30_inferred_m_s").assign(vs30_m_s=vs30.where(~fills, inferred))
