"""Spectra of a catalogue at the periods of a study."""

from __future__ import annotations

import numpy as np

from gmplug.errors import InputError
from gmplug.values import FloatArray

#: Periods closer than this, relatively, are one period.
SAME_PERIOD = 1e-6
#: Spectra interpolated at a time: the coefficients of a large library's would take several times its memory.
_ROWS = 1000


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
