"""The intensity measures that gmplug brings along.

Correlations with ln Sa(T), 0.01 to 10 s, and among themselves. PGA: Bradley (2011), "Empirical correlation of
PGA, spectral accelerations and spectrum intensities from active shallow crustal earthquakes", Earthq. Eng.
Struct. Dyn. 40(15):1707-1721. PGV: Bradley (2012), "Empirical correlations between peak ground velocity and
spectrum-based intensity measures", Earthquake Spectra 28(1):17-35. CAV: Bradley (2012), "Empirical
correlations between cumulative absolute velocity and amplitude-based ground motion intensity measures",
Earthquake Spectra 28(1):37-54. Durations: Bradley (2011), "Correlation of significant duration with amplitude
and cumulative intensity measures and its use in ground motion selection", J. Earthq. Eng. 15(6):809-832.
ASI and SI: the papers of PGA, PGV, CAV and durations. Arias intensity: Bradley (2015), "Correlation of Arias
intensity with amplitude, duration and cumulative intensity measures", Soil Dyn. Earthq. Eng. 78:89-98.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gmplug.measures.compute import (
    arias_intensity_m_s,
    cumulative_absolute_velocity_m_s,
    peak_acceleration_g,
    peak_displacement_cm,
    peak_velocity_cm_s,
    significant_duration_s,
)
from gmplug.measures.incremental_velocity import fiv3_cm_s
from gmplug.measures.measure import IntensityMeasure
from gmplug.measures.spectral import AverageSa, SpectrumIntensity
from gmplug.values import FloatArray


@dataclass(frozen=True)
class _Segments:
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
class _Knots:
    """ρ(T) linear in ln T between knots."""

    periods_s: tuple[float, ...]
    values: tuple[float, ...]

    def __call__(self, periods_s: FloatArray) -> FloatArray:
        """Return the correlation at the periods, shape (P,)."""
        return np.asarray(np.interp(np.log(periods_s), np.log(self.periods_s), self.values), dtype=float)


_ASI = SpectrumIntensity(0.1, 0.5, 0.01)
_SI = SpectrumIntensity(0.1, 2.5, 0.02, of_velocity=True)

BUILTIN = (
    IntensityMeasure(
        column="pga_g",
        title="peak ground acceleration",
        symbol="PGA",
        unit="g",
        scale_power=1.0,
        source="Boore (2010), BSSA 100(4):1830-1835, for orientations",
        spellings=("PGA (g)", "PGA"),
        compute=peak_acceleration_g,
        correlation_with_sa=_Segments((1.0, 0.97), (0.895, 0.25), (0.06, 0.80), (1.6, 0.8), (0.20, 10.0)),
        possible=(1e-6, 6.0),
        usual=(1e-4, 2.0),
        limits_source=(
            "largest recorded: 4.4 g (vector sum, IWTH25, Iwate-Miyagi 2008; Aoi et al. 2008, "
            "Science 322:727)"
        ),
    ),
    IntensityMeasure(
        column="pgv_cm_s",
        title="peak ground velocity",
        symbol="PGV",
        unit="cm/s",
        scale_power=1.0,
        source="Boore (2010), BSSA 100(4):1830-1835, for orientations",
        spellings=("PGV (cm/sec)", "PGV (cm/s)", "PGV"),
        compute=peak_velocity_cm_s,
        correlation_with_sa=_Segments(
            (0.73, 0.54, 0.80, 0.76),
            (0.54, 0.81, 0.76, 0.70),
            (0.045, 0.28, 1.10, 5.0),
            (1.8, 1.5, 3.0, 3.2),
            (0.1, 0.75, 2.5, 10.0),
        ),
        correlations={"pga_g": 0.733},
        possible=(1e-4, 1000.0),
        usual=(1e-3, 350.0),
        limits_source="largest recorded: about 320 cm/s (TCU068, Chi-Chi 1999; NGA-West2 flatfile)",
    ),
    IntensityMeasure(
        column="duration_5_75_s",
        title="significant duration, 5 to 75 % of Arias intensity",
        symbol="D5-75",
        unit="s",
        scale_power=0.0,
        source="Trifunac & Brady (1975), BSSA 65(3):581-626",
        spellings=("5-75% Duration (sec)", "5-75% Duration", "Ds5-75 (s)", "Ds5-75", "D5-75"),
        compute=lambda motion, percentile: significant_duration_s(motion, 0.05, 0.75),
        depends_on_orientation=False,
        correlation_with_sa=_Knots(
            (0.01, 0.09, 0.30, 1.40, 6.5, 10.0), (-0.45, -0.39, -0.39, -0.06, 0.16, 0.0)
        ),
        correlations={"pga_g": -0.442, "pgv_cm_s": -0.259, "cav_m_s": 0.077},
    ),
    IntensityMeasure(
        column="duration_5_95_s",
        title="significant duration, 5 to 95 % of Arias intensity",
        symbol="D5-95",
        unit="s",
        scale_power=0.0,
        source="Trifunac & Brady (1975), BSSA 65(3):581-626",
        spellings=("5-95% Duration (sec)", "5-95% Duration", "Ds5-95 (s)", "Ds5-95", "D5-95"),
        compute=lambda motion, percentile: significant_duration_s(motion, 0.05, 0.95),
        depends_on_orientation=False,
        correlation_with_sa=_Knots(
            (0.01, 0.04, 0.08, 0.26, 1.40, 6.0, 10.0), (-0.41, -0.41, -0.38, -0.35, -0.02, 0.23, 0.02)
        ),
        correlations={"pga_g": -0.405, "pgv_cm_s": -0.211, "cav_m_s": 0.122, "duration_5_75_s": 0.843},
    ),
    IntensityMeasure(
        column="cav_m_s",
        title="cumulative absolute velocity",
        symbol="CAV",
        unit="m/s",
        scale_power=1.0,
        source="EPRI (1988), NP-5930",
        spellings=("CAV", "cumulative absolute velocity"),
        compute=lambda motion, percentile: cumulative_absolute_velocity_m_s(motion),
        depends_on_orientation=False,
        correlation_with_sa=_Segments(
            (0.7, 0.635, 0.525), (0.635, 0.525, 0.39), (0.043, 0.95, 6.2), (2.5, 3.0, 4.0), (0.20, 3.0, 10.0)
        ),
        correlations={"pga_g": 0.700, "pgv_cm_s": 0.691},
    ),
    IntensityMeasure(
        column="arias_m_s",
        title="Arias intensity",
        symbol="Arias intensity",
        unit="m/s",
        scale_power=2.0,
        source="Arias (1970), Seismic Design for Nuclear Power Plants, MIT Press",
        spellings=("Arias Intensity (m/sec)", "Arias Intensity"),
        compute=lambda motion, percentile: arias_intensity_m_s(motion),
        depends_on_orientation=False,
        correlation_with_sa=_Segments(
            (0.83, 0.74, 0.46), (0.74, 0.46, 0.35), (0.05, 1.0, 5.5), (2.5, 1.5, 6.0), (0.2, 4.0, 10.0)
        ),
        correlations={
            "pga_g": 0.83,
            "pgv_cm_s": 0.73,
            "cav_m_s": 0.89,
            "duration_5_75_s": -0.19,
            "duration_5_95_s": -0.20,
        },
    ),
    IntensityMeasure(
        column="pgd_cm",
        title="peak ground displacement",
        symbol="PGD",
        unit="cm",
        scale_power=1.0,
        source="Boore (2010), BSSA 100(4):1830-1835, for orientations",
        spellings=("PGD (cm)", "PGD"),
        compute=peak_displacement_cm,
    ),
    IntensityMeasure(
        column="asi_g_s",
        title="acceleration spectrum intensity, 0.1 to 0.5 s",
        symbol="ASI",
        unit="g s",
        scale_power=1.0,
        source="Von Thun, Roehm, Scott & Wilson (1988), Earthquake Engineering and Soil Dynamics II, ASCE",
        spellings=("ASI", "acceleration spectrum intensity"),
        compute=_ASI.compute,
        spectral=_ASI,
        correlation_with_sa=_Segments(
            (0.927, 0.823, 1.05), (0.823, 0.962, 0.29), (0.04, 0.14, 0.8), (1.8, 2.2, 1.0), (0.075, 0.3, 10.0)
        ),
        correlations={
            "pga_g": 0.928,
            "pgv_cm_s": 0.729,
            "cav_m_s": 0.703,
            "arias_m_s": 0.81,
            "duration_5_75_s": -0.411,
            "duration_5_95_s": -0.370,
        },
    ),
    IntensityMeasure(
        column="si_cm",
        title="Housner's spectrum intensity, 0.1 to 2.5 s",
        symbol="SI",
        unit="cm",
        scale_power=1.0,
        source="Housner (1952), Intensity of ground motion during strong earthquakes, Caltech",
        spellings=("Housner intensity", "Housner spectrum intensity"),
        compute=_SI.compute,
        spectral=_SI,
        correlation_with_sa=_Segments(
            (0.6, 0.38, 0.95), (0.38, 0.94, 0.68), (0.045, 0.33, 3.1), (1.5, 1.4, 1.6), (0.1, 1.4, 10.0)
        ),
        correlations={
            "pga_g": 0.599,
            "pgv_cm_s": 0.890,
            "cav_m_s": 0.681,
            "arias_m_s": 0.68,
            "asi_g_s": 0.641,
            "duration_5_75_s": -0.131,
            "duration_5_95_s": -0.079,
        },
    ),
    IntensityMeasure(
        column="avgsa2_g",
        title="average Sa, 0.2 T* to 2 T*",
        symbol="AvgSa(0.2-2 T*)",
        unit="g",
        scale_power=1.0,
        source="Baker & Cornell (2006), EESD 35(9):1077-1095",
        spectral=AverageSa(0.2, 2.0),
    ),
    IntensityMeasure(
        column="avgsa3_g",
        title="average Sa, 0.2 T* to 3 T*",
        symbol="AvgSa(0.2-3 T*)",
        unit="g",
        scale_power=1.0,
        source="Eads, Miranda & Lignos (2015), EESD 44(12):2057-2073",
        spectral=AverageSa(0.2, 3.0),
    ),
    IntensityMeasure(
        column="fiv3_cm_s",
        title="filtered incremental velocity for T*",
        symbol="FIV3",
        unit="cm/s",
        scale_power=1.0,
        source="Dávalos & Miranda (2019), EESD 48(12):1384-1405",
        of_period=fiv3_cm_s,
    ),
)
