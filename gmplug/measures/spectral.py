"""Intensity measures that are made of a response spectrum: spectrum intensities and average Sa."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gmplug.constants import STANDARD_GRAVITY_M_S2
from gmplug.values import FloatArray, Motion

#: AvgSa: the number of evenly spaced periods, as by default in the target ``avgsa-conditional``.
AVGSA_COUNT = 10


@dataclass(frozen=True)
class SpectrumIntensity:
    """The integral of a pseudo-spectrum over periods, 5 % damping, trapezoidal rule.

    Parameters
    ----------
    first_s, last_s, step_s
        Periods, s.
    of_velocity
        The spectrum is PSV, cm/s, and the integral in cm; else it is PSA, g, and the integral in g s.
    """

    first_s: float
    last_s: float
    step_s: float
    of_velocity: bool = False

    def periods_s(self, t_star_s: float) -> FloatArray:
        """Periods of the integral, s, shape (P,); they do not depend on T*."""
        count = round((self.last_s - self.first_s) / self.step_s) + 1
        return np.round(self.first_s + self.step_s * np.arange(count), 9)

    def of_spectrum(self, periods_s: FloatArray, sa_g: FloatArray) -> FloatArray:
        """Return the integral for spectra, shape (..., P) -> (...)."""
        to_velocity = 100.0 * STANDARD_GRAVITY_M_S2 * periods_s / (2.0 * np.pi)
        values = sa_g * (to_velocity if self.of_velocity else 1.0)
        return np.asarray(np.trapezoid(values, periods_s, axis=-1))

    def compute(self, motion: Motion, percentile: float) -> float:
        """Return the integral for a motion; of two components RotDnn at each period, nn the percentile."""
        from gmplug.spectra import response_spectrum, rotd_spectrum

        periods_s, step, components = self.periods_s(np.nan), motion.time_step_s, motion.horizontal_g
        if len(components) == 1:
            sa_g = response_spectrum(components[0], step, periods_s)
        else:
            h1_g, h2_g = components
            sa_g = rotd_spectrum(h1_g, h2_g, step, periods_s, percentiles=(percentile,))[0]
        return float(self.of_spectrum(periods_s, sa_g))


@dataclass(frozen=True)
class AverageSa:
    """AvgSa, the geometric mean of Sa at evenly spaced periods from ``first`` T* to ``last`` T*, g.

    Baker & Cornell (2006), "Spectral shape, epsilon and record selection", Earthq. Eng. Struct. Dyn.
    35(9):1077-1095; Eads, Miranda & Lignos (2015), "Average spectral acceleration as an intensity measure for
    collapse risk assessment", Earthq. Eng. Struct. Dyn. 44(12):2057-2073, for 0.2 T* to 3 T*.
    """

    first: float
    last: float

    def periods_s(self, t_star_s: float) -> FloatArray:
        """Periods for T*, s, shape (P,)."""
        return np.linspace(round(self.first * t_star_s, 9), round(self.last * t_star_s, 9), AVGSA_COUNT)

    def of_spectrum(self, periods_s: FloatArray, sa_g: FloatArray) -> FloatArray:
        """Return AvgSa for spectra, shape (..., P) -> (...)."""
        return np.asarray(np.exp(np.mean(np.log(sa_g), axis=-1)))
