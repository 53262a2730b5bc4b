"""Whether the waveforms of selected records are those of their published spectra.

A flatfile's spectra and the files lie apart: a file may be of another record, in another unit, or cut. Each
selected record's spectrum is computed from its files and compared with the catalogue's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.notes import doubtful
from gmplug.spectra.components import (
    ARBITRARY,
    GEOMETRIC_MEAN,
    LARGER,
    NAMES,
    ROTD50,
    ROTD100,
    component_named,
)
from gmplug.spectra.many import map_in_threads, spectrum_of_motion
from gmplug.values import BoolArray, Catalogue, FloatArray, Motion
from gmplug.waveforms import read_motion

#: Periods, s, at which spectra are compared, where the catalogue and the record's band have them.
PERIODS_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
#: Largest difference of a spectral ordinate, as a share. Spectra of one record computed by different programs
#: differ by less than 1 %, those of one processed twice by some percent, those of two records by tens.
TOLERANCE = 0.10
#: One component of a pair is at most this share of its RotD50: sqrt(2), for motion along a line.
_LINEAR = float(np.sqrt(2.0))


def check_agreement(records: pd.DataFrame, catalogue: Catalogue, workers: int = 1) -> tuple[str, ...]:
    """Compare the spectra of the records' files with the catalogue's; return a note on what it could not.

    Raises
    ------
    InputError
        Spectra differ by more than :data:`TOLERANCE`, or a file cannot be read: one line for each record.
    """
    rows = [{str(name): value for name, value in row.items()} for row in records.to_dict("records")]
    at = {str(name): row for row, name in enumerate(catalogue.records["id"])}
    definition = component_named(catalogue.component)
    grid = np.flatnonzero(_compared(catalogue.periods_s))

    def compare(row: dict[str, Any]) -> str | None:
        published = catalogue.sa_g[at[str(row["id"])], grid]
        return _difference(row, definition, catalogue.periods_s[grid], published)

    problems: list[str] = []
    unchecked: list[str] = []
    for row, found in zip(rows, map_in_threads(_caught(compare), rows, workers), strict=True):
        if isinstance(found, InputError):
            problems += found.problems
        elif found is not None:
            unchecked.append(f"{row['id']} ({found})")
    if problems:
        raise InputError(problems)
    return tuple(_note(unchecked, len(rows)))


def _note(unchecked: list[str], count: int) -> Iterator[str]:
    if unchecked:
        listed = ", ".join(unchecked[:5]) + (", ..." if len(unchecked) > 5 else "")
        yield doubtful(
            f"the spectra of {len(unchecked)} of {count} selected records' files could not be compared with "
            f"the catalogue's: {listed}"
        )


def _caught(compare: Any) -> Any:
    """Return ``compare`` with its InputError as a result: all records are looked at."""

    def caught(row: dict[str, Any]) -> Any:
        try:
            return compare(row)
        except InputError as error:
            return error

    return caught


def _compared(periods_s: FloatArray) -> BoolArray:
    """Tell which of the catalogue's periods are compared: those nearest to :data:`PERIODS_S`, shape (Q,)."""
    chosen = np.zeros(len(periods_s), dtype=bool)
    for period in PERIODS_S:
        nearest = int(np.argmin(np.abs(np.log(periods_s / period))))
        chosen[nearest] |= abs(np.log(periods_s[nearest] / period)) < 0.2
    return chosen


def _difference(
    row: dict[str, Any], definition: str | None, periods_s: FloatArray, published_g: FloatArray
) -> str | None:
    """Raise InputError where the files are of another record; return why they could not be compared."""
    motion = read_motion({**row, "file_v": ""})
    longest_s = float(pd.to_numeric(row.get("max_usable_period_s", np.nan), errors="coerce"))
    usable = ~(periods_s > longest_s * (1 + 1e-9))  # NaN: unknown, no limit
    if not usable.any():
        return "no common period"
    periods_s, published_g = periods_s[usable], published_g[usable]
    pair = len(motion.horizontal_g) == 2
    if definition in (ROTD50, ROTD100, GEOMETRIC_MEAN, LARGER) and not pair:
        alone_g = spectrum_of_motion(motion, periods_s)
        over = np.log(alone_g / published_g)
        _refuse(row, "Sa of the one component", periods_s, alone_g, published_g, over, np.log(_LINEAR))
        return "one component of two"
    candidates = list(_computed(motion, definition, periods_s))
    if not candidates:
        return f"spectra of {NAMES.get(definition or '', 'a component that gmplug does not compute')}"
    best = min(candidates, key=lambda computed_g: np.abs(np.log(computed_g / published_g)).max())
    difference = np.abs(np.log(best / published_g))
    _refuse(row, NAMES[definition or ROTD50], periods_s, best, published_g, difference, 0.0)
    return None


def _computed(motion: Motion, definition: str | None, periods_s: FloatArray) -> Iterator[FloatArray]:
    """Yield the spectra that the catalogue's may be, g: one, or those of either component."""
    if definition == ROTD50:
        yield spectrum_of_motion(motion, periods_s, pair="rotd50")
    elif definition == ROTD100:
        yield spectrum_of_motion(motion, periods_s, pair="rotd100")
    elif definition == GEOMETRIC_MEAN:
        yield spectrum_of_motion(motion, periods_s, pair="geometric-mean")
    elif definition in (ARBITRARY, LARGER):
        each = [
            spectrum_of_motion(Motion(motion.time_step_s, component[None, :]), periods_s)
            for component in motion.horizontal_g
        ]
        yield from each if definition == ARBITRARY else [np.max(each, axis=0)]


def _refuse(
    row: dict[str, Any],
    what: str,
    periods_s: FloatArray,
    computed_g: FloatArray,
    published_g: FloatArray,
    difference: FloatArray,
    allowed: float,
) -> None:
    """Raise InputError where a difference of ln Sa is beyond the tolerance; name the largest."""
    worst = int(np.argmax(difference))
    if difference[worst] <= allowed + np.log1p(TOLERANCE):
        return
    files = ", ".join(str(row[name]) for name in ("file_h1", "file_h2") if row.get(name))
    raise InputError(
        f"record {row['id']}: {files}: {what} at {periods_s[worst]:g} s is {computed_g[worst]:.4g} g, in the "
        f"catalogue {published_g[worst]:.4g} g; the files are of another record, unit or component: fetch "
        f'them again, or leave the record out ([preselection] exclude = ["{row["id"]}"])'
    )
