"""EN 1998-1:2004: the horizontal elastic response spectrum, and the requirements of 3.2.3.1.2.

The standard is not public and was not read. Its clauses and numbers were checked against public
implementations: see docs/validation/codes.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from gmplug.errors import InputError
from gmplug.gmm.correlation import DEFAULT_CORRELATION, CorrelationModel, find_correlation
from gmplug.spectra.components import NAMES, read_component
from gmplug.target.ranges import period_range, range_scaling
from gmplug.target.spectrum_table import spectrum_target
from gmplug.values import AcceptanceCheck, FloatArray, Target

_WHERE = "[target] provider 'code-eurocode8'"
_NOT_READ = (
    "clauses of EN 1998-1 were checked against public implementations, not against the standard itself "
    "(sources: docs/validation/codes.md); confirm them in your copy before a submission"
)
#: S, T_B, T_C, T_D (s) of the recommended spectra: EN 1998-1:2004, Tables 3.2 (type 1) and 3.3 (type 2).
PARAMETERS: Mapping[int, Mapping[str, tuple[float, float, float, float]]] = {
    1: {
        "A": (1.0, 0.15, 0.4, 2.0),
        "B": (1.2, 0.15, 0.5, 2.0),
        "C": (1.15, 0.20, 0.6, 2.0),
        "D": (1.35, 0.20, 0.8, 2.0),
        "E": (1.4, 0.15, 0.5, 2.0),
    },
    2: {
        "A": (1.0, 0.05, 0.25, 1.2),
        "B": (1.35, 0.05, 0.25, 1.2),
        "C": (1.5, 0.10, 0.25, 1.2),
        "D": (1.8, 0.10, 0.30, 1.2),
        "E": (1.6, 0.05, 0.25, 1.2),
    },
}
#: The spectrum is defined up to this period, s (3.2.2.2); the constant-displacement part goes on in Annex A.
_LONGEST_S = 4.0
#: 3.2.3.1.2 (4): accelerograms at least; share of the spectrum that the mean must keep.
_LEAST_COUNT, _LEAST_RATIO = 3, 0.9
#: A grid that starts at or below this period, s, can stand for the zero-period value.
_NEARLY_ZERO_S = 0.03


def code_eurocode8(
    periods_s: FloatArray,
    conditioning_period_s: float,
    ag_g: float,
    ground_type: Literal["A", "B", "C", "D", "E"],
    correlations: Mapping[str, CorrelationModel] | None = None,
    spectrum_type: Literal[1, 2] = 1,
    parameters: tuple[float, float, float, float] | None = None,
    range_s: tuple[float, float] | None = None,
    sigma_ln: float | None = None,
    correlation: str = DEFAULT_CORRELATION,
    component: str | None = None,
) -> Target:
    """The elastic response spectrum of Eurocode 8 (5 % damping) as target.

    Parameters
    ----------
    ag_g
        Design ground acceleration on type A ground, a_g = γ_I a_gR, g.
    ground_type, spectrum_type
        A to E; 1 (surface-wave magnitude above 5.5) or 2.
    parameters
        S, T_B, T_C, T_D of a national annex, in place of the recommended ones.
    range_s
        Periods over which records are scaled and checked, s; by default 0.2 T* to 2 T*.
    sigma_ln
        Dispersion of ln Sa to match, if any; without it only the mean is matched.
    correlation
        Correlation of ln Sa between periods, by name; used where ``sigma_ln`` is set.
    component
        The horizontal component that the spectrum is taken to be of. EN 1998-1 states none: by default any
        catalogue is compared with it as it is.

    Raises
    ------
    InputError
        A value cannot be, or the periods reach beyond 4 s.
    """
    periods = np.asarray(periods_s, dtype=float)
    if not (np.isfinite(ag_g) and ag_g > 0):
        raise InputError(f"{_WHERE}: ag_g must be positive, g, not {ag_g!r}")
    chosen = parameters if parameters is not None else PARAMETERS[spectrum_type][ground_type]
    spectrum_g = eurocode8_spectrum(periods, ag_g, *chosen)
    star_g = eurocode8_spectrum(np.array([float(conditioning_period_s)]), ag_g, *chosen)[0]
    first, last = period_range(_WHERE, periods, conditioning_period_s, range_s)
    ln_mean = np.log(spectrum_g)
    scaling = range_scaling(_WHERE, periods, ln_mean, conditioning_period_s, (first, last))
    kind = "national parameters" if parameters is not None else f"type {spectrum_type}"
    checks, note = _checks(periods, spectrum_g, ag_g * chosen[0], first, last)
    return spectrum_target(
        _WHERE,
        periods,
        ln_mean,
        conditioning_period_s,
        float(np.log(star_g)),
        (sigma_ln, find_correlation(correlations, correlation)),
        description=f"elastic spectrum of EN 1998-1 ({kind}, ground {ground_type}, a_g {ag_g:.3g} g)",
        scaling=scaling,
        component="" if component is None else NAMES[read_component(component, _WHERE)],
        code_component="not stated",
        checks=checks,
        notes=(_NOT_READ, *note),
    )


def _checks(
    periods_s: FloatArray, spectrum_g: FloatArray, zero_g: float, first: float, last: float
) -> tuple[tuple[AcceptanceCheck, ...], tuple[str, ...]]:
    clause = "EN 1998-1 3.2.3.1.2"
    checks = [
        AcceptanceCheck(f"{clause}(4)a: at least 3 accelerograms", least_count=_LEAST_COUNT),
        AcceptanceCheck(
            f"{clause}(4)c: mean spectrum at least 90 % of the elastic one, {first:g}-{last:g} s",
            least_ratio=_LEAST_RATIO,
            periods_s=(first, last),
            spectrum_g=spectrum_g,
        ),
    ]
    shortest = float(periods_s[0])
    if shortest > _NEARLY_ZERO_S:
        return tuple(checks), (
            f"{clause}(4)b, mean zero-period value at least a_g S = {zero_g:.3g} g, is not checked: the "
            f"study's periods start at {shortest:g} s; set periods_s in [target] from 0.01 s",
        )
    zero = AcceptanceCheck(
        f"{clause}(4)b: mean zero-period value (Sa at {shortest:g} s) at least a_g S = {zero_g:.3g} g",
        least_ratio=1.0,
        periods_s=(shortest, shortest),
        spectrum_g=np.full(len(periods_s), zero_g),
    )
    return (checks[0], zero, checks[1]), ()


def eurocode8_spectrum(
    periods_s: FloatArray, ag_g: float, soil: float, t_b: float, t_c: float, t_d: float, damping: float = 0.05
) -> FloatArray:
    """S_e(T), g, shape (P,): EN 1998-1:2004, eqs. 3.2 to 3.6.

    Raises
    ------
    InputError
        A period beyond 4 s, or corner periods out of order.
    """
    t = np.asarray(periods_s, dtype=float)
    if not (0 < t_b < t_c < t_d and soil > 0):
        raise InputError(f"{_WHERE}: parameters are S, T_B, T_C, T_D with 0 < T_B < T_C < T_D")
    if np.max(t) > _LONGEST_S * (1 + 1e-9):
        raise InputError(
            f"{_WHERE}: the spectrum of 3.2.2.2 ends at 4 s, the study's periods at {np.max(t):g} s; set "
            f"periods_s in [target] up to 4 s"
        )
    eta = max(np.sqrt(10.0 / (5.0 + 100.0 * damping)), 0.55)
    plateau = 2.5 * eta
    shape = np.select(
        [t <= t_b, t <= t_c, t <= t_d],
        [1.0 + t / t_b * (plateau - 1.0), plateau, plateau * t_c / t],
        plateau * t_c * t_d / t**2,
    )
    return np.asarray(ag_g * soil * shape, dtype=float)
