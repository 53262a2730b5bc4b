"""Which horizontal component Sa is of, and published ratios between the definitions in use.

A catalogue's spectra, a target and a ground-motion model are each of one definition. The two sides of a
comparison are brought to one of them here, or the study is refused; they are never mixed without a word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from gmplug.errors import InputError
from gmplug.values import FloatArray, GroundMotion

ROTD50, ROTD100, GMROTI50 = "rotd50", "rotd100", "gmroti50"
GEOMETRIC_MEAN, LARGER, ARBITRARY = "geometric mean", "larger", "arbitrary"
GMROTD50, VERTICAL = "GMRotD50", "vertical"
#: The definitions that can be converted, and how they are shown.
NAMES: Mapping[str, str] = {
    ROTD50: "RotD50",
    ROTD100: "RotD100",
    GMROTI50: "GMRotI50",
    GEOMETRIC_MEAN: "geometric mean",
    LARGER: "larger component",
    ARBITRARY: "single component",
}
#: How studies and tables spell each, letters and digits alone; those not in :data:`NAMES` are known by name
#: only. A last word "component" may follow.
_SPELLINGS: Mapping[str, str] = {
    ROTD50: "rotd50",
    ROTD100: "rotd100 maximumdirection maxdirection maximumdirectionrotd100",
    GMROTI50: "gmroti50 gmroti",
    GEOMETRIC_MEAN: (
        "geometricmean geomean gm gmean geom gmar gmxy averagehorizontal geometricmeanasrecorded"
    ),
    LARGER: (
        "larger largest largeroftwo largeroftwocomponents greateroftwohorizontal maximumcomponent envelope "
        "envxy"
    ),
    ARBITRARY: (
        "arbitrary single singlecomponents singlecomponenth1 singlecomponenth2 singlecomponentarbitrary "
        "random randomhorizontal asrecorded h1 h2 h x y n e ns ew fn fp horizontal1 horizontal2 faultnormal "
        "faultparallel"
    ),
    GMROTD50: "gmrotd50 gmrotd",
    "SRSS": "srss",
    VERTICAL: "v z ud up vertical",
}
_KNOWN = {spelling: key for key, spellings in _SPELLINGS.items() for spelling in spellings.split()}


class _Ratio(NamedTuple):
    """Ratios of one definition to another at periods, s, linear in ln T between, constant outside; of PGV."""

    periods_s: tuple[float, ...]
    ratios: tuple[float, ...]
    pgv: float

    def ln_at(self, periods_s: FloatArray) -> FloatArray:
        return np.log(np.interp(np.log(periods_s), np.log(self.periods_s), self.ratios))


#: RotD50 and the larger of two over the geometric mean as recorded, and RotD100 over RotD50: Boore & Kishida
#: (2017), "Relations between some horizontal-component ground-motion intensity measures used in practice",
#: Bull. Seism. Soc. Am. 107(1):334-343, their equation in the period alone (the first two as OpenQuake's
#: hazardlib has them). RotD50 over GMRotI50, and PGV: their regressions (electronic supplement) for
#: magnitude 6.5 at 50 km.
_ROTD50_GM = _Ratio((0.09, 0.58, 4.59, 8.93), (1.009, 1.028, 1.042, 1.077), 1.024)
_LARGER_GM = _Ratio((0.10, 0.53, 4.48, 8.70), (1.117, 1.165, 1.195, 1.266), 1.161)
_ROTD100_ROTD50 = _Ratio((0.12, 0.41, 3.14, 10.0), (1.188, 1.225, 1.241, 1.287), 1.227)
_ROTD50_GMROTI50 = _Ratio(
    (0.01, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0),
    (1.0008, 1.0050, 1.0122, 1.0196, 1.0244, 1.0265, 1.0403, 1.0536),
    1.014,
)
#: The ratios whose product, each to its power, is a definition over the geometric mean.
_OVER_GM: Mapping[str, tuple[tuple[_Ratio, int], ...]] = {
    GEOMETRIC_MEAN: (),
    ARBITRARY: (),
    LARGER: ((_LARGER_GM, 1),),
    ROTD50: ((_ROTD50_GM, 1),),
    ROTD100: ((_ROTD50_GM, 1), (_ROTD100_ROTD50, 1)),
    GMROTI50: ((_ROTD50_GM, 1), (_ROTD50_GMROTI50, -1)),
}
#: Baker & Cornell (2006) give their correlation of two perpendicular components for these periods, s.
_PERPENDICULAR_S = (0.05, 5.0)
#: Period, s, whose ratio stands for that of PGA.
_PGA_PERIOD_S = 0.01


def component_named(text: str) -> str | None:
    """Return the definition (a key of :data:`NAMES`) that a text names, None where it is not known.

    ``RotD50 (simulated)`` and ``RotD50 (3 records) and single components (1)`` are RotD50; see
    :func:`is_mixed`.
    """
    text = text.strip().lower()
    for candidate in (text, re.sub(r"\(.*", "", text)):
        found = _spelled(candidate)
        if found in NAMES:
            return found
    return None


def _spelled(text: str) -> str:
    plain = re.sub(r"[^a-z0-9]", "", text.lower())
    return _KNOWN.get(plain) or _KNOWN.get(plain.removesuffix("component")) or ""


@lru_cache(maxsize=256)  # a column states one for each record
def canonical(text: str) -> str:
    """Return the usual name of a component, of :data:`NAMES` or another; empty for a text that names none."""
    rotated = re.fullmatch(r"rotd(\d{1,3})(?:component)?", re.sub(r"[^a-z0-9]", "", text.lower()))
    if rotated and int(rotated[1]) <= 100:
        return f"RotD{int(rotated[1]):02d}"
    return NAMES.get(_spelled(text), _spelled(text))


@lru_cache(maxsize=256)
def kind_of(text: str) -> str:
    """Return a component's :func:`canonical` name, but ``h1`` and ``h2`` where it is one of these two."""
    plain = re.sub(r"[^a-z0-9]", "", text.lower())
    return plain if plain in ("h1", "h2") else canonical(text)


def is_mixed(text: str) -> bool:
    """Tell whether a catalogue says that some of its records are single components beside pairs."""
    return re.search(r"and single components \(\d+\)", text) is not None


def read_component(text: str, where: str) -> str:
    """Return the definition that an option names.

    Raises InputError where it is not known; lists those that are.
    """
    found = component_named(text)
    if found is None:
        raise InputError(f"{where}: component '{text}' is not known; known: {known_names()}")
    return found


def known_names() -> str:
    """The definitions that can be named, for a message."""
    return ", ".join(f'"{name}"' for name in NAMES.values())


def ln_ratio(of: str, to: str, periods_s: ArrayLike) -> FloatArray:
    """Return ln of median Sa of the definition ``to`` over that of ``of``, shape (P,).

    Both are keys of :data:`NAMES`. The arbitrary component has the median of the geometric mean: ln of the
    two components differ from theirs by as much, with opposite signs.
    """
    periods = np.asarray(periods_s, dtype=float)
    return sum((power * r.ln_at(periods) for r, power in _steps(of, to)), np.zeros(len(periods)))


def _ln_pgv_ratio(of: str, to: str) -> float:
    return float(sum(power * np.log(ratio.pgv) for ratio, power in _steps(of, to)))


def _steps(of: str, to: str) -> list[tuple[_Ratio, int]]:
    return [*_OVER_GM[to], *((ratio, -power) for ratio, power in _OVER_GM[of])]


def sigma_factor(of: str, to: str, periods_s: ArrayLike) -> FloatArray:
    """Return σ of ln Sa of the definition ``to`` over that of ``of``, shape (P,).

    That of an arbitrary component is the geometric mean's times √(2 / (1 + ρ)), ρ = 0.79 − 0.023 ln T
    being the correlation of two perpendicular components: Baker & Cornell (2006), "Correlation of response
    spectral values for multicomponent ground motions", Bull. Seism. Soc. Am. 96(1):215-227. The others have
    the same σ within 2 % (Beyer & Bommer 2006, Bull. Seism. Soc. Am. 96(4A):1512-1522, Table 3).
    """
    periods = np.clip(np.asarray(periods_s, dtype=float), *_PERPENDICULAR_S)
    arbitrary = np.sqrt(2.0 / (1.79 - 0.023 * np.log(periods)))
    power = (to == ARBITRARY) - (of == ARBITRARY)
    return np.asarray(arbitrary**power, dtype=float)


def convert_prediction(prediction: GroundMotion, to: str) -> GroundMotion:
    """Return a ground-motion model's prediction for another definition of Sa (a key of :data:`NAMES`).

    Medians change by :func:`ln_ratio`, σ by :func:`sigma_factor`, the increase being within events; PGA as Sa
    at 0.01 s. A prediction that does not state its definition is returned as it is.

    Raises
    ------
    InputError
        It states one that is not known.
    """
    if not prediction.component:
        return prediction
    of = read_component(prediction.component, "[target] gmm")
    if of == to:
        return prediction
    periods = prediction.periods_s
    sigma = prediction.sigma_ln * sigma_factor(of, to, periods)
    phi = prediction.phi_ln
    if phi is not None:
        phi = np.sqrt(np.maximum(phi**2 + sigma**2 - prediction.sigma_ln**2, 0.0))
    pga = float(ln_ratio(of, to, [_PGA_PERIOD_S])[0])
    factor = float(sigma_factor(of, to, [_PGA_PERIOD_S])[0])
    shifts = {"pga_g": pga, "pgv_cm_s": _ln_pgv_ratio(of, to)}
    measures = {
        name: (ln_median + shifts[name], s * factor) if name in shifts else (ln_median, s)
        for name, (ln_median, s) in prediction.measures.items()
    }
    return replace(
        prediction,
        median_g=prediction.median_g * np.exp(ln_ratio(of, to, periods)),
        sigma_ln=sigma,
        phi_ln=phi,
        measures=measures,
        component=NAMES[to],
    )


def source_of(of: str, to: str) -> str:
    """Say whose ratio :func:`ln_ratio` is."""
    return "Boore & Kishida 2017" + (
        "; σ: Baker & Cornell 2006" if ARBITRARY in (of, to) and of != to else ""
    )
