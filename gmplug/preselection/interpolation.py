"""Spectra of a catalogue at the periods of a study."""

from __future__ import annotations

import numpy as np

from gmplug.errors import InputError
from gmplug.notes import doubtful
from gmplug.values import FloatArray, Scaling

#: Periods closer than this, relatively, are one period.
SAME_PERIOD = 1e-6
#: Spectra interpolated at a time: the coefficients of a large library's would take several times its memory.
_ROWS = 1000
#: Steps of ln T between a table's periods from which interpolated Sa is doubtful: at the period that records
#: are scaled at, and at the others.
_WIDE_AT_STAR, _WIDE = 0.10, 0.15
#: The widest step for which the error was measured.
_MEASURED = 0.3


def interpolate_ln_sa(catalogue_periods_s: FloatArray, sa_g: FloatArray, periods_s: FloatArray) -> FloatArray:
    """Return ln Sa at ``periods_s``: exact where periods coincide, else PCHIP in ln Sa against ln T.

    Parameters
    ----------
    catalogue_periods_s
        Shape (Q,), s, increasing.
    sa_g
        Shape (N, Q), g.
    periods_s
        Shape (P,), s.

    Returns
    -------
    Shape (N, P). The interpolant is Fritsch & Butland's (1984) monotone piecewise cubic.

    Raises
    ------
    InputError
        A period lies outside the catalogue's.
    """
    first, last = catalogue_periods_s[0], catalogue_periods_s[-1]
    low, high = first * (1 - SAME_PERIOD), last * (1 + SAME_PERIOD)
    if periods_s.min() < low or periods_s.max() > high:
        raise InputError(
            f"[target] periods_s: the study's periods reach from {periods_s.min():g} to {periods_s.max():g} "
            f"s, the catalogue's spectra from {first:g} to {last:g} s; set periods_s = "
            f"{{ start = …, stop = …, step = … }} within them, or use a catalogue that reaches further"
        )
    ln_sa = np.log(sa_g)
    nearest = np.abs(catalogue_periods_s[None, :] - periods_s[:, None]).argmin(axis=1)
    same = np.isclose(catalogue_periods_s[nearest], periods_s, rtol=SAME_PERIOD, atol=0.0)
    result = ln_sa[:, nearest]
    if not same.all():
        from scipy.interpolate import PchipInterpolator

        for first_row in range(0, len(ln_sa), _ROWS):
            rows = slice(first_row, first_row + _ROWS)
            curve = PchipInterpolator(np.log(catalogue_periods_s), ln_sa[rows], axis=1)
            result[rows, ~same] = curve(np.log(periods_s[~same]))
    return np.asarray(result, dtype=float)


def interpolation_notes(
    catalogue_periods_s: FloatArray, periods_s: FloatArray, scaling: Scaling
) -> tuple[str, ...]:
    """Say how far Sa of the records can be relied on between the catalogue's periods, (Q,).

    Spectra of records are jagged: 19 of 20 interpolated values lie within the step of ln T between the two
    periods beside (``tests/preselection/test_interpolation.py``).

    Parameters
    ----------
    periods_s
        The study's, shape (P,), s.
    scaling
        What records are scaled to.
    """
    notes = []
    if len(scaling.periods_s) == 1:
        step, low, high = _widest_step(catalogue_periods_s, scaling.periods_s)
        text = (
            f"{scaling.name} of the records, by which they are scaled, is interpolated between {low:g} and "
            f"{high:g} s of the catalogue: it and the factors are right {_within(step)}"
        )
        notes += [doubtful(text) if step > _WIDE_AT_STAR else text] if step else []
    step, low, high = _widest_step(catalogue_periods_s, periods_s)
    if step > _WIDE:
        notes.append(
            doubtful(
                f"the catalogue has no spectra between {low:g} and {high:g} s, where the study has some: "
                f"Sa of the records there is interpolated, right {_within(step)}"
            )
        )
    return tuple(notes)


def _within(step: float) -> str:
    share = f"{100 * step:.0f} %" if step < _MEASURED else "some tens of percent"
    return f"within {share} for 19 of 20 records"


def _widest_step(own_s: FloatArray, wanted_s: FloatArray) -> tuple[float, float, float]:
    """Return the widest step of ln T in which a period is interpolated, and its ends, s; 0 where none is."""
    at = np.clip(np.searchsorted(own_s, wanted_s), 1, len(own_s) - 1)
    low, high = own_s[at - 1], own_s[at]
    exact = np.isclose(low, wanted_s, rtol=SAME_PERIOD, atol=0) | np.isclose(
        high, wanted_s, rtol=SAME_PERIOD, atol=0
    )
    step = np.where(exact, 0.0, np.log(high / low))
    widest = int(np.argmax(step))
    return float(step[widest]), float(low[widest]), float(high[widest])
