"""Forms of the published correlations of intensity measures with ln Sa(T)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gmplug.values import FloatArray


@dataclass(frozen=True)
class Segments:
    """ρ(T) = (a+b)/2 − (a−b)/2 tanh(d ln(T/c)), piecewise up to the periods ``ends``."""

    a: tuple[float, ...]
    b: tuple[float, ...]
    c: tuple[float, ...]
    d: tuple[float, ...]
    ends: tuple[float, ...]

    def __call__(self, periods_s: FloatArray) -> FloatArray:
        """Return the correlation at the periods, shape (P,)."""
        part = np.minimum(np.searchsorted(self.ends, periods_s, side="left"), len(self.ends) - 1)
        a, b, c, d = (np.array(values)[part] for values in (self.a, self.b, self.c, self.d))
        return np.asarray((a + b) / 2 - (a - b) / 2 * np.tanh(d * np.log(periods_s / c)), dtype=float)


@dataclass(frozen=True)
class Knots:
    """ρ(T) linear in ln T between knots."""

    periods_s: tuple[float, ...]
    values: tuple[float, ...]

    def __call__(self, periods_s: FloatArray) -> FloatArray:
        """Return the correlation at the periods, shape (P,)."""
        return np.asarray(np.interp(np.log(periods_s), np.log(self.periods_s), self.values), dtype=float)
