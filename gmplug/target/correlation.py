"""Correlation of spectral accelerations between periods."""

from __future__ import annotations

import numpy as np

from gmplug.values import FloatArray


def baker_jayaram_2008(periods_s: FloatArray, other_periods_s: FloatArray | None = None) -> FloatArray:
    """Correlation of the residuals of ln Sa at two periods.

    Baker & Jayaram (2008), "Correlation of spectral acceleration values from NGA ground motion models",
    Earthquake Spectra 24(1):299-317, eqs. 1-6; as coded in pygmm. Meant for 0.01 to 10 s.

    Parameters
    ----------
    periods_s
        Shape (P,), s.
    other_periods_s
        Shape (Q,), s; the same periods where left out.

    Returns
    -------
    array
        Shape (P, Q).
    """
    from pygmm.baker_jayaram_2008 import calc_correls

    rows = np.asarray(periods_s, dtype=float)
    columns = rows if other_periods_s is None else np.asarray(other_periods_s, dtype=float)
    return np.asarray(calc_correls(rows[:, None], columns[None, :]), dtype=float)
