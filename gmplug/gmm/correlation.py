"""Correlation of spectral accelerations between periods."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

import numpy as np

from gmplug.errors import InputError, PluginError
from gmplug.gmm.definite import nearest_correlation
from gmplug.gmm.named import find_named
from gmplug.notes import doubtful
from gmplug.values import FloatArray

CorrelationModel = Callable[..., FloatArray]

DEFAULT_CORRELATION = "baker-jayaram-2008"


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


def baker_cornell_2006(periods_s: FloatArray, other_periods_s: FloatArray | None = None) -> FloatArray:
    """Correlation of the residuals of ln Sa at two periods in one direction.

    Baker & Cornell (2006), "Correlation of response spectral values for multicomponent ground motions", Bull.
    Seism. Soc. Am. 96(1):215-227, eq. 9. Meant for 0.05 to 5 s; parameters as of :func:`baker_jayaram_2008`.
    """
    short, long = _ordered(periods_s, other_periods_s)
    slope = 0.359 + 0.163 * np.log(np.minimum(short, 0.189) / 0.189)
    return np.asarray(1.0 - np.cos(np.pi / 2.0 - slope * np.log(long / short)), dtype=float)


def goda_atkinson_2009(periods_s: FloatArray, other_periods_s: FloatArray | None = None) -> FloatArray:
    """Correlation of the residuals of ln Sa at two periods, from Japanese records.

    Goda & Atkinson (2009), "Probabilistic characterization of spatially correlated response spectra for
    earthquakes in Japan", Bull. Seism. Soc. Am. 99(5):3003-3020, eq. 9. Meant for 0.1 to 5 s; parameters as
    of :func:`baker_jayaram_2008`. Below 0.25 s the formula exceeds 1 for near periods; it is cut there.
    """
    short, long = _ordered(periods_s, other_periods_s)
    ratio = np.log10(long / short)
    slope = 1.374 + 5.586 * (short / long) ** 0.728 * np.log10(np.minimum(short, 0.25) / 0.25)
    first = 1.0 - np.cos(np.pi / 2.0 - slope * ratio)
    return np.asarray(np.minimum((first + 1.0 + np.cos(1.5 * ratio)) / 3.0, 1.0), dtype=float)


def _ordered(periods_s: FloatArray, other_periods_s: FloatArray | None) -> tuple[FloatArray, FloatArray]:
    """The shorter and the longer period of each pair, shape (P, Q)."""
    rows = np.asarray(periods_s, dtype=float)[:, None]
    columns = rows.T if other_periods_s is None else np.asarray(other_periods_s, dtype=float)[None, :]
    return np.minimum(rows, columns), np.maximum(rows, columns)


#: The built-in models, by the name a study gives.
CORRELATIONS: Mapping[str, CorrelationModel] = {
    DEFAULT_CORRELATION: baker_jayaram_2008,
    "baker-cornell-2006": baker_cornell_2006,
    "goda-atkinson-2009": goda_atkinson_2009,
}
#: Periods that the authors of each mean, s.
_LIMITS_S = dict(zip(CORRELATIONS, ((0.01, 10.0), (0.05, 5.0), (0.1, 5.0)), strict=True))


def find_correlation(models: Mapping[str, CorrelationModel] | None, name: str) -> CorrelationModel:
    """Return ``f(periods_s) -> (P, P)`` by its name; raises InputError that lists the known ones."""
    return find_named(models or CORRELATIONS, name, "[target]: unknown correlation")


def correlation_matrix(
    model: CorrelationModel, periods_s: FloatArray, where: str = "[target]"
) -> tuple[FloatArray, tuple[str, ...]]:
    """Return a model's correlations, shape (P, P), positive semidefinite, and notes on them.

    Models fitted pair by pair need not be positive semidefinite: the nearest matrix is taken then.

    Raises
    ------
    PluginError
        They are not finite, not symmetric, or not 1 on the diagonal.
    InputError
        They exceed 1, as a formula can outside the periods that it is meant for.
    """
    matrix = np.asarray(model(periods_s, periods_s), dtype=float)
    count = len(periods_s)
    if matrix.shape != (count, count) or not np.all(np.isfinite(matrix)):
        raise PluginError(f"{where}: correlation: returns no finite array of shape ({count}, {count})")
    if not (np.allclose(matrix, matrix.T, atol=1e-8) and np.allclose(np.diag(matrix), 1.0, atol=1e-8)):
        raise PluginError(f"{where}: correlation: is not symmetric with 1 on the diagonal")
    own = (known for known, one in CORRELATIONS.items() if one is inspect.unwrap(model))
    name = next(own, getattr(model, "__name__", "of a plugin"))
    low, high = _LIMITS_S.get(name, (0.0, np.inf))
    span = f"the study's periods run from {periods_s[0]:g} to {periods_s[-1]:g} s"
    meant = f" is meant for {low:g} to {high:g} s" if name in _LIMITS_S else ""
    if np.max(np.abs(matrix)) > 1 + 1e-6:
        row, column = np.unravel_index(int(np.argmax(np.abs(matrix))), matrix.shape)
        raise InputError(
            f"{where}: correlation '{name}'{meant}; {span}, and it gives {matrix[row, column]:.2f} between "
            f"{periods_s[row]:g} and {periods_s[column]:g} s; choose another correlation, or set periods_s"
        )
    corrected = nearest_correlation(matrix)
    names = [f"Sa({period:g} s)" for period in periods_s]
    notes = corrected.notes(f"correlations between periods ({name})", names, matrix)
    if periods_s[0] < 0.999 * low or periods_s[-1] > 1.001 * high:
        notes = (doubtful(f"correlation '{name}'{meant}; {span}"), *notes)
    return corrected.matrix, notes
