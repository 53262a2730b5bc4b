"""ASCE 7-22: the spectrum of the maximum considered earthquake (MCER), and chapter 16's requirements.

The standard is not public and was not read. Its clauses and numbers were checked against what others publish
who read it: see docs/validation/codes.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np

from gmplug.errors import InputError
from gmplug.gmm.correlation import DEFAULT_CORRELATION, CorrelationModel, find_correlation
from gmplug.spectra.components import NAMES, ROTD50, ROTD100, component_named, ln_ratio
from gmplug.target.ranges import period_range, range_scaling
from gmplug.target.spectrum_table import read_spectrum, spectrum_target
from gmplug.values import AcceptanceCheck, FloatArray, Target

_WHERE = "[target] provider 'code-asce7'"
_NOT_READ = (
    "clauses of ASCE 7-22 were checked against public sources, not against the standard itself (sources: "
    "docs/validation/codes.md); confirm them in your copy before a submission"
)
#: 16.2.2: motions for each target spectrum; 16.2.3.2: share of the target that the mean must keep.
_LEAST_COUNT, _LEAST_RATIO = 11, 0.9


def code_asce7(
    periods_s: FloatArray,
    conditioning_period_s: float,
    correlations: Mapping[str, CorrelationModel] | None = None,
    sds: float | None = None,
    sd1: float | None = None,
    sms: float | None = None,
    sm1: float | None = None,
    tl_s: float | None = None,
    spectrum: Path | None = None,
    component: Literal["rotd100", "rotd50"] = "rotd100",
    range_s: tuple[float, float] | None = None,
    sigma_ln: float | None = None,
    correlation: str = DEFAULT_CORRELATION,
    units: str | None = None,
) -> Target:
    """The MCER spectrum of ASCE 7-22 as target, method 1 (16.2.1.1).

    Parameters
    ----------
    sds, sd1
        Design parameters, g; or
    sms, sm1
        those of the MCER, 1.5 times as large: the two-period spectrum of 11.4.5.2 and 11.4.6; or
    spectrum
        CSV with ``period_s`` and ``sa_g``: a multi-period (11.4.5.1) or site-specific MCER spectrum. Sa is
        linear in T between its periods, the first of which may be 0 s, as 11.4.5.1 has it.
    units
        Of Sa in ``spectrum``, where the table states none.
    tl_s
        Long-period transition period T_L, s.
    component
        What the target's spectrum is of. The MCER spectrum is one of maximum direction; with ``rotd50`` it is
        divided by the mean ratio RotD100/RotD50 of Boore & Kishida (2017). Records of another component than
        the target's are converted by the same ratios.
    range_s
        Periods over which records are scaled and checked, s; by default 0.2 T* to 2 T*. 16.2.3.1 requires
        twice the largest first-mode period (1.5 times, if justified) down to 0.2 times the smallest, or less
        where modes with 90 % of the mass need it: state the range where these differ.
    sigma_ln
        Dispersion of ln Sa to match, if any; without it only the mean is matched.
    correlation
        Correlation of ln Sa between periods, by name; used where ``sigma_ln`` is set.

    Raises
    ------
    InputError
        The spectrum is not stated, or stated in two ways.
    """
    periods = np.asarray(periods_s, dtype=float)
    star = np.array([float(conditioning_period_s)])
    if spectrum is not None:
        if any(value is not None for value in (sds, sd1, sms, sm1, tl_s)):
            raise InputError(f"{_WHERE}: give either spectrum or sds, sd1, tl_s, not both")
        table = read_spectrum(spectrum, units=units)
        if table.component and component_named(table.component) != ROTD100:
            raise InputError(
                f"{spectrum}: its heading says {table.component}; the MCER spectrum is one of maximum "
                f"direction (RotD100): give that, or correct the heading"
            )
        ln_mcer, ln_star = (table.ln_at("sa_g", at, linear=True) for at in (periods, star))
        source, notes = spectrum.name, [*table.notes, *table.zero_period_notes(periods)]
    else:
        short, one = _parameters(sds, sd1, sms, sm1)
        ln_mcer = np.log(asce7_two_period(periods, short, one, tl_s))
        ln_star = np.log(asce7_two_period(star, short, one, tl_s))
        source = f"S_MS {short:.3g} g, S_M1 {one:.3g} g"
        notes = [
            "ASCE 7-22 11.4.5 allows the two-period spectrum where multi-period values are not available; "
            'where they are, give them as spectrum = "….csv" in [target]'
        ]
    if component == "rotd50":
        ln_mcer = ln_mcer + ln_ratio(ROTD100, ROTD50, periods)
        ln_star = ln_star + ln_ratio(ROTD100, ROTD50, star)
        notes.append(
            "the maximum-direction MCER spectrum was divided by RotD100/RotD50 of Boore & Kishida (2017), as "
            "the records' spectra are RotD50"
        )
    first, last = period_range(_WHERE, periods, conditioning_period_s, range_s)
    scaling = range_scaling(_WHERE, periods, ln_mcer, conditioning_period_s, (first, last))
    name = {"rotd100": "RotD100", "rotd50": "RotD50"}[component]
    return spectrum_target(
        _WHERE,
        periods,
        ln_mcer,
        conditioning_period_s,
        float(ln_star[0]),
        (sigma_ln, find_correlation(correlations, correlation)),
        description=f"MCER spectrum of ASCE 7-22 ({source}; {name})",
        scaling=scaling,
        component=name,
        code_component=NAMES[ROTD100],
        checks=_checks(np.exp(ln_mcer), first, last, component),
        notes=(_NOT_READ, *notes),
    )


def _checks(mcer_g: FloatArray, first: float, last: float, component: str) -> tuple[AcceptanceCheck, ...]:
    of = "maximum-direction" if component == "rotd100" else "RotD50 (in place of maximum-direction)"
    return (
        AcceptanceCheck("ASCE 7-22 16.2.2: at least 11 motions", least_count=_LEAST_COUNT),
        AcceptanceCheck(
            f"ASCE 7-22 16.2.3.2: average {of} spectrum at least 90 % of the target, {first:g}-{last:g} s",
            least_ratio=_LEAST_RATIO,
            periods_s=(first, last),
            spectrum_g=mcer_g,
        ),
    )


def _parameters(
    sds: float | None, sd1: float | None, sms: float | None, sm1: float | None
) -> tuple[float, float]:
    """S_MS and S_M1, g; S_MS = 1.5 S_DS (11.4.4, eqs. 11.4-1 and 11.4-2)."""
    found = []
    for design, mcer, names in ((sds, sms, ("sds", "sms")), (sd1, sm1, ("sd1", "sm1"))):
        if (design is None) == (mcer is None):
            verb = "give" if design is None else "give only one of"
            raise InputError(
                f'{_WHERE}: {verb} {names[0]} (design) or {names[1]} (MCER), g, or spectrum = "….csv"'
            )
        value = 1.5 * design if design is not None else mcer
        assert value is not None
        if not (np.isfinite(value) and value > 0):
            raise InputError(f"{_WHERE}: {names[0] if design is not None else names[1]} must be positive, g")
        found.append(float(value))
    return found[0], found[1]


def asce7_two_period(periods_s: FloatArray, short_g: float, one_g: float, tl_s: float | None) -> FloatArray:
    """The two-period response spectrum of ASCE 7-22, 11.4.5.2, g, shape (P,).

    With S_DS, S_D1 it is the design spectrum (eqs. 11.4-3 to 11.4-5), with S_MS, S_M1 that of the MCER
    (11.4.6).
    T_0 = 0.2 S_1/S_S, T_S = S_1/S_S.

    Raises
    ------
    InputError
        T_L is needed and not stated, or shorter than T_S.
    """
    t_s = one_g / short_g
    t_0 = 0.2 * t_s
    if tl_s is None and np.max(periods_s) > 4.0:
        raise InputError(f"{_WHERE}: periods beyond 4 s need the long-period transition period, tl_s = …")
    t_l = np.inf if tl_s is None else float(tl_s)
    if t_l <= t_s:
        raise InputError(f"{_WHERE}: tl_s ({t_l:g} s) must be longer than T_S = {t_s:.3g} s")
    t = np.asarray(periods_s, dtype=float)
    rising = short_g * (0.4 + 0.6 * t / t_0)
    falling = one_g / t
    last = one_g * t_l / t**2 if np.isfinite(t_l) else falling
    return np.asarray(np.select([t < t_0, t <= t_s, t <= t_l], [rising, short_g, falling], last), dtype=float)
