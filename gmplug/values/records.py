"""Records: the catalogue and the candidates for a selection."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.notes import doubtful
from gmplug.values.arrays import BoolArray, FloatArray, IntArray, check_periods

#: Group of records that may or may not be pulse-type.
UNGROUPED = "all"
PULSE = "pulse"
NONPULSE = "nonpulse"
#: Columns of a catalogue's ``records`` that gmplug knows besides those of the intensity measures (see
#: gmplug/measures); a catalogue may carry others along.
RECORD_COLUMNS: Mapping[str, str] = {
    "id": "unique name of the record (text)",
    "group": "pulse, nonpulse, or all if that is not known",
    "event": "earthquake (text)",
    "station": "recording station (text)",
    "magnitude": "moment magnitude",
    "rjb_km": "Joyner-Boore distance, km",
    "rrup_km": "closest distance to the rupture, km",
    "vs30_m_s": "time-averaged shear-wave velocity of the top 30 m, m/s",
    "mechanism": "strike-slip, normal, reverse, normal-oblique, reverse-oblique, or unspecified",
    "max_usable_period_s": "longest period the record's filter leaves usable, s",
    "pulse_period_s": "period of the velocity pulse, s",
    "file_h1": "waveform file of the first horizontal component (empty: not available)",
    "file_h2": "waveform file of the second horizontal component (empty: single component)",
    "file_v": "waveform file of the vertical component",
    "time_step_s": "time step, s, of waveform files without one",
    "units": "unit of acceleration of waveform files without one (text)",
}
#: Fault mechanisms of crustal earthquakes.
MECHANISMS = ("strike-slip", "normal", "reverse", "normal-oblique", "reverse-oblique", "unspecified")
#: What stands in ``mechanism`` for earthquakes of subduction zones: never a crustal mechanism.
SUBDUCTION = ("interface", "intraslab", "outer-rise")


def rows_by_name(records: pd.DataFrame) -> dict[str, int]:
    """Return the rows of records by id, which goes first, and by record number."""
    row_of: dict[str, int] = {str(name): row for row, name in enumerate(records["id"])}
    if "record_number" in records:
        for row, number in enumerate(records["record_number"]):
            row_of.setdefault(str(number).removesuffix(".0"), row)
    return row_of


def named_rows(records: pd.DataFrame, wanted: Iterable[str | int], where: str) -> list[int]:
    """Return the rows of the records of these ids or record numbers, in the order given.

    Parameters
    ----------
    records
        Table with ``id``, and ``record_number`` where records have one.
    wanted
        ``"RSN77"``, ``"77"`` or 77; an id goes before a record number.
    where
        What the records are, for messages: ``"candidates"``.

    Raises
    ------
    InputError
        One line for each name that is not there, with the closest ones.
    """
    row_of = rows_by_name(records)
    unknown = [str(item) for item in wanted if str(item) not in row_of]
    if unknown:
        raise InputError([f"{where} no record '{name}'; {closest(name, row_of)}" for name in unknown])
    return [row_of[str(item)] for item in wanted]


def closest(name: str, known: Iterable[str]) -> str:
    """Return what to do about an unknown record: the closest names."""
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(close)}?" if close else "correct or remove it"


@dataclass(frozen=True)
class Catalogue:
    """Records with their unscaled response spectra.

    Parameters
    ----------
    records
        One row per record, in the order of ``sa_g``; columns of :data:`RECORD_COLUMNS` (``id`` and ``group``
        are required, unknown numbers are NaN, unknown texts empty) and any others.
    periods_s
        Periods of the spectra, s, shape (Q,), increasing.
    sa_g
        5 %-damped pseudo-spectral acceleration, g, shape (N, Q).
    component
        Definition of Sa: ``"RotD50"``, ``"single component"``, ...
    description
        Source of the records in one line, shown in reports.
    simulated
        True for simulated records; every display says so.
    notes
        One line each, for the user (rows left out and why, ...).
    """

    records: pd.DataFrame
    periods_s: FloatArray
    sa_g: FloatArray
    component: str
    description: str
    simulated: bool = False
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_periods(self.periods_s, "catalogue")
        missing = {"id", "group"} - set(self.records.columns)
        if missing:
            raise ValueError(f"catalogue: records lack the column(s) {', '.join(sorted(missing))}")
        if self.sa_g.shape != (len(self.records), len(self.periods_s)):
            raise ValueError(
                f"catalogue: sa_g has shape {self.sa_g.shape}, expected "
                f"({len(self.records)}, {len(self.periods_s)})"
            )
        if not np.all(np.isfinite(self.sa_g)) or np.any(self.sa_g <= 0):
            raise ValueError("catalogue: sa_g must be finite and positive")
        duplicated = self.records["id"][self.records["id"].duplicated()]
        if len(duplicated):
            raise ValueError(f"catalogue: the id {duplicated.iloc[0]!r} occurs more than once")


@dataclass(frozen=True)
class Candidates:
    """The records that pass pre-selection, scaled.

    Parameters
    ----------
    records
        One row per candidate: the catalogue's columns and ``scale_factor``.
    periods_s
        The study's period grid, s, shape (P,).
    ln_sa
        ln of the scaled Sa (g), shape (N, P).
    funnel
        One row per filter, in the order they ran: ``filter``, ``reason``, ``removed`` (records it was the
        first to remove), ``removed_alone`` (records it would remove by itself), ``unknown`` (records it kept
        without a check, because their value is unknown), ``remaining``, ``note`` (a line on the records that
        it found).
    component_notes
        How the spectra were converted to the target's horizontal component and the study's periods.
    """

    records: pd.DataFrame
    periods_s: FloatArray
    ln_sa: FloatArray
    funnel: pd.DataFrame
    component_notes: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """One line for each filter that found records or could not check some, and those on components."""
        if "unknown" not in self.funnel:
            return self.component_notes
        unchecked = self.funnel[self.funnel["unknown"] > 0]
        lines = tuple(
            doubtful(
                f"filter '{row['filter']}' ({row['reason']}) lacks the value for {row['unknown']} of "
                f"{row['remaining']} records: they are kept unchecked"
            )
            for row in unchecked.to_dict("records")
        )
        found = tuple(str(note) for note in self.funnel["note"] if note) if "note" in self.funnel else ()
        return lines + found + self.component_notes

    def __post_init__(self) -> None:
        if self.ln_sa.shape != (len(self.records), len(self.periods_s)):
            raise ValueError(
                f"candidates: ln_sa has shape {self.ln_sa.shape}, expected "
                f"({len(self.records)}, {len(self.periods_s)})"
            )

    def take(self, at: IntArray) -> Candidates:
        """Return the candidates at these positions, shape (n,), in this order."""
        return replace(self, records=self.records.iloc[at].reset_index(drop=True), ln_sa=self.ln_sa[at])

    def order_by_id(self) -> IntArray:
        """Positions, shape (N,), that sort the candidates by id."""
        return np.argsort(self.records["id"].astype(str).to_numpy(), kind="stable")

    def positions(self, ids: Iterable[str]) -> IntArray:
        """Positions of the candidates with these ids, in their order; raises KeyError for an unknown id."""
        row = {str(name): at for at, name in enumerate(self.records["id"])}
        return np.array([row[str(name)] for name in ids], dtype=np.int64)


def lacks_file(records: pd.DataFrame, column: str = "file_h1") -> BoolArray:
    """Which records name no waveform file in a column, shape (N,): by default that of the first component."""
    if column not in records:
        return np.ones(len(records), dtype=bool)
    names = records[column]
    return np.asarray(names.isna() | (names.astype(str).str.strip() == ""), dtype=bool)


def rows_by_group(groups: pd.Series) -> dict[str, IntArray]:
    """Rows of each group that occurs: pulse, nonpulse, then any others by name."""
    found = set(groups)
    names = [name for name in (PULSE, NONPULSE) if name in found] + sorted(found - {PULSE, NONPULSE})
    return {name: np.flatnonzero((groups == name).to_numpy()) for name in names}
