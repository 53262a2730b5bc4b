"""Columns of spectral ordinates: gmplug's own names, and those that people give them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from gmplug.catalogue.columns import meaning
from gmplug.errors import InputError
from gmplug.spectra.components import kind_of
from gmplug.units import factor, known_units
from gmplug.values import FloatArray

_PERIOD_COLUMN = re.compile(r"T(\d+(?:[.,]\d*)?)S(?:\s*[(\[]([^()\[\]]+)[)\]])?", re.IGNORECASE)
_NUMBER = r"\d+(?:[.,]\d*)?(?:e[-+]?\d+)?|[.,]\d+"
_COMPONENTS = (
    r"rot\s*d\s*(?:\d{1,3}|pp)|gm\s*rot\s*[di]\s*\d{1,3}|geo(?:metric)?\s*mean|gm|"
    r"single\s*component|larger|srss|h1|h2|v|vertical"
)
#: ``Sa(1.0)``, ``PSA 0.5 s (g)``, ``SA_RotD100(0.2)``, ``RotD50 Sa 1.0s``, ``SA(1.0, 2%) [cm/s2]``.
_SPECTRAL = re.compile(
    rf"(?:(?P<before>{_COMPONENTS})[\s_:-]*)?"
    rf"p?-?s[-_]?a(?:[\s_:-]*(?P<within>{_COMPONENTS}))?"
    rf"(?:[\s_,:]*(?P<damping0>\d+(?:[.,]\d+)?)\s*%)?"
    rf"[\s_:]*[(\[]?\s*(?:t\s*=?\s*)?(?P<period>{_NUMBER})\s*(?P<unit>ms|msec|s|sec|seconds?)?"
    rf"(?:\s*[,;_ ]\s*(?P<damping>\d+(?:[.,]\d+)?)\s*(?P<percent>%)?)?\s*[)\]]?"
    rf"(?:[\s_-]*(?P<after>{_COMPONENTS}))?"
    rf"(?:[\s_,]*(?P<damping2>\d+(?:[.,]\d+)?)\s*%)?"
    rf"(?:\s*[(\[](?P<measure>[^()\[\]]+)[)\]]|[\s_,]+(?:in\s+)?(?P<measure2>[a-z%][\w%/^².-]*))?",
    re.IGNORECASE,
)
#: Periods, s, that a column may stand for; beyond it a number is no period.
_SHORTEST_S, _LONGEST_S = 1e-4, 60.0
_LONGEST_NAME = 80
_FEWEST_BARE = 3


@dataclass(frozen=True)
class Ordinate:
    """What the name of a spectral column says; ``unit`` and ``component`` as they stand there, else empty."""

    period_s: float
    unit: str = ""
    component: str = ""
    damping_percent: float | None = None

    @property
    def factor(self) -> float | None:
        """What makes the values g; None where the unit is not understood."""
        return factor(self.unit, "g") if self.unit else 1.0

    @property
    def kind(self) -> str:
        """The component by its usual name, as written where it has none."""
        return kind_of(self.component) or self.component.lower()


def period_column(period_s: float) -> str:
    """Return the column name of a period, s: three decimals, more where the period needs them.

    ``period_of(period_column(t)) == t`` for every period, so that close periods keep names of their own.
    """
    return f"T{np.format_float_positional(period_s, unique=True, min_digits=3)}S"


def period_columns(periods_s: ArrayLike) -> list[str]:
    """Return the column names of periods, s, shape (P,)."""
    return [period_column(float(t)) for t in np.atleast_1d(np.asarray(periods_s, dtype=float))]


def period_of(column: str) -> float | None:
    """Return the period, s, that a column name of NGA-West2's style stands for; None for another column."""
    match = _PERIOD_COLUMN.fullmatch(str(column).strip())
    return _float(match[1]) or None if match and not match[2] else None


def find_period_columns(columns: Iterable[str]) -> tuple[list[str], FloatArray]:
    """Return the spectral columns of NGA-West2's style and their periods, s, shape (Q,), by period."""
    found = sorted((period, name) for name in columns if (period := period_of(name)) is not None)
    return [name for _, name in found], np.array([period for period, _ in found], dtype=float)


@lru_cache(maxsize=8192)
def ordinate(column: str) -> Ordinate | None:
    """Return what a spectral column's name says, None for a name that is not unmistakably one of Sa."""
    name = " ".join(meaning(column).split())
    own = _PERIOD_COLUMN.fullmatch(name)
    if own and _float(own[1]) > 0:
        return Ordinate(_float(own[1]), (own[2] or "").strip())
    match = _SPECTRAL.fullmatch(name) if len(name) <= _LONGEST_NAME else None
    if match is None:
        return None
    part = match.groupdict()
    period = _float(part["period"]) * (0.001 if (part["unit"] or "").lower().startswith("ms") else 1.0)
    if not _SHORTEST_S <= period <= _LONGEST_S:
        return None
    stated = next((part[key] for key in ("damping0", "damping", "damping2") if part[key]), None)
    damping = _float(stated) if stated else None
    if damping is not None and stated == part["damping"] and not part["percent"]:
        damping = 100.0 * damping if damping <= 0.5 else damping  # SA(1.0, 0.02) as hazard programs write it
    unit = part["measure"] or part["measure2"] or ""
    component = part["before"] or part["within"] or part["after"] or ""
    return Ordinate(period, unit.strip(), component, damping)


def period_named(text: str) -> float | None:
    """Return the period, s, that a number stands for; None for none, and for one that can be no period."""
    try:
        period = float(text)
    except ValueError:
        return None
    return period if _SHORTEST_S <= period <= _LONGEST_S else None


def _float(text: str) -> float:
    return float(text.replace(",", "."))


def is_spectral(column: str) -> bool:
    """Tell whether a name is unmistakably that of a spectral ordinate."""
    text = meaning(column).strip()
    return text[:1].lower() in "tpsrglhv" and ordinate(text) is not None


@dataclass(frozen=True)
class SpectralColumns:
    """The spectral columns of a table, by period.

    Parameters
    ----------
    names, periods_s
        Their names, and periods, s, shape (Q,), increasing.
    factors
        What makes each column's values g, shape (Q,).
    component
        Component that all their names state, empty where they state none.
    notes
        One line for each thing a user should know.
    """

    names: list[str]
    periods_s: FloatArray
    factors: FloatArray
    component: str
    notes: tuple[str, ...]


def spectral_columns(columns: Iterable[str], where: str, component: str = "") -> SpectralColumns:
    """Return a table's spectral columns; ``names`` is empty where there are none.

    Columns named by a bare number are taken where a table has no others, at least three of them, by rising
    period.

    Parameters
    ----------
    component
        Of several components in one table, the one wanted.

    Raises
    ------
    InputError
        A unit is not understood, a damping is not 5 %, the columns are of several components, or two are of
        the same period.
    """
    columns = [str(name) for name in columns]
    found = {name: said for name in columns if (said := ordinate(name)) is not None}
    notes: list[str] = []
    if not found:
        found = _bare(columns)
        if found:
            notes.append(
                f"the {len(found)} columns named by a number are taken as Sa in g at these periods in s, "
                f"{next(iter(found))} to {list(found)[-1]}"
            )
    found, stated = _one_component(found, where, component)
    problems = []
    for name, said in found.items():
        if said.factor is None:
            problems.append(
                f"{where}: the unit '{said.unit}' of column '{name}' is not understood; "
                f"use one of {known_units('g')}"
            )
        if said.damping_percent is not None and abs(said.damping_percent - 5.0) > 1e-6:
            problems.append(
                f"{where}: column '{name}' is of {said.damping_percent:g} % damping; give spectra of 5 %"
            )
    if problems:
        more = [f"{where}: and {len(problems) - 3} more such columns"] if len(problems) > 3 else []
        raise InputError([*problems[:3], *more])
    names = sorted(found, key=lambda name: found[name].period_s)
    units = dict.fromkeys(found[name].unit for name in names if found[name].factor != 1.0)
    if units:
        notes.append(f"Sa is converted to g from {', '.join(units)}, as the headings state")
    periods_s = np.array([found[name].period_s for name in names], dtype=float)
    factors = np.array([found[name].factor for name in names], dtype=float)
    return SpectralColumns(names, periods_s, factors, stated, tuple(notes))


def _bare(columns: list[str]) -> dict[str, Ordinate]:
    found = {
        name: Ordinate(_float(name))
        for name in columns
        if re.fullmatch(r"\d*[.,]?\d+", name.strip()) and _SHORTEST_S <= _float(name) <= _LONGEST_S
    }
    periods = [said.period_s for said in found.values()]
    return found if len(found) >= _FEWEST_BARE and np.all(np.diff(periods) > 0) else {}


def _one_component(found: dict[str, Ordinate], where: str, wanted: str) -> tuple[dict[str, Ordinate], str]:
    """Return the columns of one component and what it is called; an error where none is singled out."""
    kinds: dict[str, str] = {}
    for said in found.values():
        kinds.setdefault(said.kind, said.component)
    if len(kinds) <= 1:
        return found, next(iter(kinds.values()), "")
    choice = kind_of(wanted)
    if not choice or choice not in kinds:
        listed = ", ".join(name or "none stated" for name in kinds.values())
        raise InputError(
            f"{where}: has spectral columns of several components ({listed}); "
            f"name the one to use in [catalogue] component"
        )
    return {name: said for name, said in found.items() if said.kind == choice}, kinds[choice]
