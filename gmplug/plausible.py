"""Which values are physically possible, and which are unusual: one table for every place where values enter.

A value outside ``possible`` is an error: most often a wrong unit or a shifted column. A study that means it
lists the quantity in ``[study] accept``. A value outside ``usual`` is used, with a note that begins with
``doubtful:``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from gmplug.errors import InputError
from gmplug.limits import Limits
from gmplug.measures.registry import measures
from gmplug.notes import doubtful

_SHOWN = 5


#: By the names that records, study files and tables use; see :func:`known_limits` for all.
LIMITS: Mapping[str, Limits] = {
    "magnitude": Limits(
        "magnitude", "", (0.0, 9.7), (3.0, 9.2), "the largest recorded: Mw 9.5, Chile 1960 (USGS)"
    ),
    "rjb_km": Limits("Joyner-Boore distance", "km", (0.0, 2000.0), (0.0, 500.0), "strong-motion data"),
    "rrup_km": Limits("rupture distance", "km", (0.0, 2000.0), (0.0, 500.0), "strong-motion data"),
    "vs30_m_s": Limits(
        "Vs30", "m/s", (40.0, 4000.0), (90.0, 3000.0), "NGA-West2: 89 to 2100 m/s; very hard rock: 3000 m/s"
    ),
    "sa_g": Limits(
        "spectral acceleration",
        "g",
        (1e-7, 25.0),
        (1e-5, 8.0),
        "four times the limits of PGA at the upper end",
    ),
    "median_sa_g": Limits(
        "median, over all records, of their largest Sa",
        "g",
        (1e-5, 10.0),
        (0.002, 3.0),
        "a whole catalogue in a wrong unit",
    ),
    "time_step_s": Limits(
        "time step", "s", (1e-4, 0.1), (0.001, 0.04), "sampling of accelerographs: 25 to 1000 per second"
    ),
    "record_length_s": Limits(
        "length of the record", "s", (0.5, 7200.0), (4.0, 900.0), "strong-motion records"
    ),
    "period_s": Limits(
        "period of the structure", "s", (0.01, 30.0), (0.04, 10.0), "short walls to long-span bridges"
    ),
    "story_height_m": Limits(
        "story height", "m", (0.5, 50.0), (2.0, 8.0), "a wrong length unit: inches or mm taken for m"
    ),
    "story_height_ratio": Limits(
        "story height over the height between its floors' nodes",
        "",
        (0.9, 1.1),
        (0.99, 1.01),
        "the same, but for offsets of nodes from floors",
    ),
    "periods_s": Limits(
        "period of a spectrum", "s", (0.001, 100.0), (0.005, 20.0), "a wrong unit, such as ms"
    ),
    "epsilon": Limits("epsilon", "", (-6.0, 6.0), (-3.0, 3.5), "standard deviations of a normal variable"),
    "sigma_ln": Limits(
        "standard deviation of ln Sa", "", (0.0, 2.0), (0.0, 1.2), "ground-motion models: 0.5 to 0.9"
    ),
    "damping": Limits("damping ratio", "", (0.0, 0.5), (0.0, 0.2), "a ratio: 0.05 is 5 % of critical"),
    "story_drift_ratio": Limits(
        "story drift ratio",
        "",
        (0.0, 1.0),
        (0.0, 0.15),
        "a ratio: 0.02 is 2 %; buildings collapse below 0.15",
    ),
    "floor_acceleration_g": Limits(
        "floor acceleration", "g", (0.0, 100.0), (0.0, 10.0), "ten times the usual peak ground accelerations"
    ),
}


def known_limits() -> Mapping[str, Limits]:
    """Return the limits of all quantities, those of the intensity measures among them."""
    return {**LIMITS, **{name: one.limits for name, one in measures().items() if one.limits is not None}}


@dataclass(frozen=True)
class Findings:
    """What was found: ``problems`` end the work unless accepted, ``notes`` are shown."""

    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __add__(self, other: Findings) -> Findings:
        return Findings(self.problems + other.problems, self.notes + other.notes)

    def raise_problems(self) -> tuple[str, ...]:
        """Return the notes; raises InputError where there are problems."""
        if self.problems:
            raise InputError(self.problems)
        return self.notes


def look_at(
    quantity: str,
    values: ArrayLike,
    where: str,
    names: Sequence[Any] = (),
    accept: Iterable[str] = (),
    insist: str = '[study] accept = ["{}"]',
) -> Findings:
    """Compare values with the limits of their quantity.

    Parameters
    ----------
    quantity
        A key of :func:`known_limits`.
    values
        Shape () or (N,); NaN is unknown and passes.
    where
        Start of a line, such as ``catalogue`` or ``[target] sa_g``.
    names
        What the values belong to (ids, rows), length N, for the line.
    accept
        Quantities whose values outside what is possible are used nevertheless.
    insist
        How a user adds the quantity to ``accept``.

    Returns
    -------
    Findings
        At most one problem and one note.
    """
    limits = known_limits()[quantity]
    array = np.atleast_1d(np.asarray(values, dtype=float))
    known = ~np.isnan(array)
    outside = known & ~_within(array, limits.possible)
    unusual = known & ~outside & ~_within(array, limits.usual)
    found = Findings()
    if outside.any():
        line = (
            f"{where}: {_which(limits, array, outside, names)}; possible is {limits.text(limits.possible)}. "
            "Check the unit and the column"
        )
        if quantity in set(accept):
            found += Findings(notes=(doubtful(f"{line} (accepted)"),))
        else:
            found += Findings(problems=(f"{line}, or insist with {insist.format(quantity)}",))
    if unusual.any():
        line = f"{where}: {_which(limits, array, unusual, names)}; usual is {limits.text(limits.usual)}"
        found += Findings(notes=(doubtful(line),))
    return found


def _within(values: np.ndarray, ends: tuple[float, float]) -> np.ndarray:
    low, high = ends
    return np.asarray((values >= low) & (values <= high))


def _which(limits: Limits, values: np.ndarray, chosen: np.ndarray, names: Sequence[Any]) -> str:
    """Say which values: one with its name, or how many and the first of them."""
    unit = f" {limits.unit}" if limits.unit else ""
    at = np.flatnonzero(chosen)
    shown = [f"{values[i]:g}{unit}" + (f" ({names[i]})" if len(names) else "") for i in at[:_SHOWN]]
    if len(values) == 1:
        return f"{limits.title} {shown[0]}"
    more = f" and {len(at) - _SHOWN} more" if len(at) > _SHOWN else ""
    return f"{limits.title} of {len(at)} of {len(values)}: {', '.join(shown)}{more}"


def unknown_accepted(accept: Iterable[str]) -> list[str]:
    """Return one line for each name that is no quantity with limits; plugins add some."""
    known = known_limits()
    problems = []
    for name in accept:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean '{close[0]}'? " if close else ""
            problems.append(f"[study] accept: unknown quantity '{name}'; {hint}known: {', '.join(known)}")
    return problems


def look_at_options(content: Mapping[str, Any], accept: Iterable[str] = ()) -> Findings:
    """Compare every number of a study file that is called like a quantity with its limits.

    Sections of ranges, where a limit may lie anywhere (``[preselection]``), are left out.
    """
    found = Findings()
    for section, value in content.items():
        if section not in ("study", "preselection"):
            found += _look_below(value, f"[{section}]", accept)
    return found


#: Options of study files that hold a quantity under another name.
_ALSO: Mapping[str, str] = {
    "drift_thresholds": "story_drift_ratio",
    "collapse_drift_ratio": "story_drift_ratio",
    "start": "periods_s",
    "stop": "periods_s",
}


def _look_below(value: Any, where: str, accept: Iterable[str]) -> Findings:
    found = Findings()
    if isinstance(value, Mapping):
        for name, item in value.items():
            quantity = _ALSO.get(name, name)
            if quantity in known_limits() and _numbers(item):
                found += look_at(quantity, item, f"{where} {name}", accept=accept)
            else:
                found += _look_below(item, f"{where} {name}" if isinstance(item, Mapping) else where, accept)
    elif isinstance(value, list):
        for item in value:
            found += _look_below(item, where, accept)
    return found


def _numbers(value: Any) -> bool:
    items = value if isinstance(value, list) else [value]
    return bool(items) and all(isinstance(item, int | float) and not isinstance(item, bool) for item in items)
