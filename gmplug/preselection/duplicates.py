"""The filter of one record under several names, found by its content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.preselection.funnel import Judgement
from gmplug.preselection.stated import Treatment, some
from gmplug.values import BoolArray, FloatArray, IntArray, lacks_file

#: Largest difference of ln Sa, apart from a common factor, of records that may be one: resampling and a trim
#: change spectra by up to this.
_MAY_BE = 0.02
#: Records without waveforms are one where their spectra differ by less than this, at so many periods.
_SAME, _PERIODS = 0.001, 20
#: Correlation of waveforms from which records are one.
_CORRELATED = 0.99
#: Periods by which candidates are searched, and pairs of candidates that are looked at.
_SEARCHED, _MOST_PAIRS = 12, 100_000
#: Significant durations of one record differ by less than this share, or by so many seconds.
_DURATION, _DURATION_S = 0.02, 0.05


def duplicates_filter(
    records: pd.DataFrame, kept: BoolArray, ln_sa: FloatArray | None = None, duplicates: Treatment = "remove"
) -> Judgement | None:
    """One record under another name: the same accelerations but for unit, scale, sampling, trim and direction

    Of records that are one, the one with the most known columns stays.

    Parameters
    ----------
    duplicates
        ``"note"`` names such records, ``"remove"`` leaves them out, ``"keep"`` does not look.
    """
    if duplicates == "keep" or ln_sa is None:
        return None
    pairs = _candidates(records, np.flatnonzero(kept), ln_sa)
    if pairs is None:
        note = "duplicates are not looked for: the spectra of too many records are alike"
        return Judgement(np.ones(len(records), dtype=bool), np.ones(len(records), dtype=bool), note=note)
    found, unknown = _groups(records, pairs, ln_sa.shape[1])
    keep = np.ones(len(records), dtype=bool)
    if not found:
        return Judgement(keep, unknown) if unknown.any() else None
    known = _known_columns(records)
    told = []
    for rows in found:
        order = sorted(rows, key=lambda row: (-known[row], str(records["id"].iloc[row])))
        keep[order[1:]] = duplicates != "remove"
        told.append(" = ".join(str(records["id"].iloc[row]) for row in order))
    what = "the first of each stays" if duplicates == "remove" else 'set duplicates = "remove"'
    note = f"{sum(map(len, found)) - len(found)} records occur under another name: {some(told)}; {what}"
    return Judgement(keep, unknown, note=note)


def _known_columns(records: pd.DataFrame) -> FloatArray:
    """Return how many columns are known of each record, shape (N,)."""
    known = records.notna() & (records.astype(str) != "") & (records.astype(str) != "unspecified")
    return known.sum(axis=1).to_numpy(dtype=float)


def _groups(
    records: pd.DataFrame, pairs: Iterable[tuple[int, int, float]], periods: int
) -> tuple[list[list[int]], BoolArray]:
    """Return the rows of records that are one, two or more each, and which waveforms cannot be read."""
    without = lacks_file(records)
    motions: dict[int, tuple[float, FloatArray] | None] = {}
    one_of: dict[int, int] = {}
    for first, second, difference in pairs:
        if without[first] or without[second]:
            same = difference < _SAME and periods >= _PERIODS
        else:
            parts = [_motion(records, row, motions) for row in (first, second)]
            same = all(parts) and likeness(*parts[0], *parts[1]) >= _CORRELATED
        if same:
            one, other = (_root(row, one_of) for row in (first, second))
            one_of[max(one, other)] = min(one, other)
    groups: dict[int, list[int]] = {}
    for row in {*one_of, *one_of.values()}:
        groups.setdefault(_root(row, one_of), []).append(row)
    unknown = np.zeros(len(records), dtype=bool)
    unknown[[row for row, motion in motions.items() if motion is None]] = True
    return [sorted(rows) for _, rows in sorted(groups.items()) if len(rows) > 1], unknown


def _root(row: int, one_of: Mapping[int, int]) -> int:
    while one_of.get(row, row) != row:
        row = one_of[row]
    return row


def _candidates(
    records: pd.DataFrame, rows: IntArray, ln_sa: FloatArray
) -> list[tuple[int, int, float]] | None:
    """Return pairs of rows with spectra of one shape and one duration, and the largest difference of ln Sa.

    None where they are too many.
    """
    shape = ln_sa[rows] - np.mean(ln_sa[rows], axis=1, keepdims=True)
    pairs = near_pairs(shape[:, np.unique(np.linspace(0, shape.shape[1] - 1, _SEARCHED).astype(int))])
    if pairs is None:
        return None
    first, second = pairs[np.lexsort(pairs.T[::-1])].T
    difference = np.array([np.max(np.abs(shape[i] - shape[j])) for i, j in zip(first, second, strict=True)])
    alike = np.asarray(difference <= _MAY_BE, dtype=bool)
    for name in ("duration_5_75_s", "duration_5_95_s"):
        if name in records:
            durations = records[name].to_numpy(dtype=float, na_value=np.nan)[rows]
            one, other = durations[first], durations[second]
            alike &= ~(np.abs(one - other) > _DURATION_S + _DURATION * np.minimum(one, other))
    return [
        (int(rows[i]), int(rows[j]), float(d))
        for i, j, d in zip(first[alike], second[alike], difference[alike], strict=True)
    ]


def near_pairs(points: FloatArray) -> IntArray | None:
    """Return pairs (K, 2) of points (N, C) of which no coordinate differs by more than ``_MAY_BE``.

    None where they are too many. Along the widest coordinate, each point is compared with those next to it.
    """
    none = np.empty((0, 2), dtype=np.int64)
    if len(points) < 2:
        return none
    along = int(np.argmax(np.std(points, axis=0)))
    order = np.argsort(points[:, along], kind="stable")
    columns = np.ascontiguousarray(points[order].T)
    widest = columns[along]
    reach = np.searchsorted(widest, widest + _MAY_BE, side="right") - np.arange(len(widest))
    found = [none]
    for apart in range(1, int(reach.max())):
        at = np.flatnonzero(reach > apart)
        for column in columns:
            at = at[np.abs(column[at] - column[at + apart]) <= _MAY_BE]
        found.append(np.sort(np.stack([order[at], order[at + apart]], axis=1), axis=1))
        if sum(map(len, found)) > _MOST_PAIRS:
            return None
    return np.concatenate(found)


def _motion(records: pd.DataFrame, row: int, read: dict[int, tuple[float, FloatArray] | None]) -> Any:
    """Return time step and components of a record, None where they cannot be read."""
    from gmplug.waveforms import read_motion

    if row not in read:
        record = {str(name): value for name, value in records.iloc[row].items()}
        try:
            motion = read_motion({**record, "file_v": ""})
            read[row] = (motion.time_step_s, motion.horizontal_g)
        except InputError:
            read[row] = None
    return read[row]


def likeness(first_step_s: float, first: FloatArray, second_step_s: float, second: FloatArray) -> float:
    """Largest correlation of two motions over all shifts in time and turns of the components, 0 to 1.

    For matrices A and B of components and samples, shape (1 or 2, n), it is the nuclear norm of A Bᵀ over the
    Frobenius norms of A and B; 1 where B is A turned, mirrored, scaled and shifted.
    """
    from scipy.signal import fftconvolve

    step = max(first_step_s, second_step_s)
    a, b = _sampled(first, first_step_s, step), _sampled(second, second_step_s, step)
    if len(a) != len(b):
        return 0.0
    cross = np.array([[fftconvolve(one, other[::-1]) for other in b] for one in a])
    squares = np.sum(np.square(cross), axis=(0, 1))
    if len(a) == 2:
        squares = squares + 2.0 * np.abs(cross[0, 0] * cross[1, 1] - cross[0, 1] * cross[1, 0])
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(np.sqrt(max(np.max(squares), 0.0)) / size) if size > 0 else 0.0


def _sampled(components: FloatArray, own_step_s: float, step_s: float) -> FloatArray:
    """Components at another time step, shape (components, m)."""
    if abs(own_step_s - step_s) < 1e-6 * step_s:
        return components
    own = np.arange(components.shape[1]) * own_step_s
    times = np.arange(0.0, own[-1], step_s)
    return np.array([np.interp(times, own, one) for one in components])
