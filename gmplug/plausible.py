"""Possible and usual values of quantities, for all input.

A value outside ``possible`` is an error: most often a wrong unit or a shifted column. ``[study] accept``
lists quantities that are used nevertheless. A value outside ``usual`` is used, with a doubtful note.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from gmplug.errors import InputError, did_you_mean
from gmplug.limits import Limits
from gmplug.measures.registry import measures
from gmplug.notes import doubtful

_SHOWN = 5


def _read_limits() -> dict[str, Limits]:
    text = files("gmplug").joinpath("limits.csv").read_text(encoding="utf-8")
    return {
        row["quantity"]: Limits(
            row["title"],
            row["unit"],
            (float(row["least_possible"]), float(row["most_possible"])),
            (float(row["least_usual"]), float(row["most_usual"])),
            row["why"],
        )
        for row in csv.DictReader(text.splitlines())
    }


#: By the names that records, study files and tables use; see :func:`known_limits` for all.
LIMITS: Mapping[str, Limits] = _read_limits()


def known_limits() -> Mapping[str, Limits]:
    """Return the limits of all quantities, those of the intensity measures among them."""
    return {**LIMITS, **{name: one.limits for name, one in measures().items() if one.limits is not None}}


@dataclass(frozen=True)
class Findings:
    """Result of a check: ``problems`` end the work, ``notes`` are shown."""

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
        Shape () or (N,); NaN passes as unknown.
    where
        Start of a line, such as ``catalogue`` or ``[target] sa_g``.
    names
        Names of the values (ids, rows), length N, for the line.
    accept
        Quantities whose impossible values are used nevertheless.
    insist
        How a user accepts the quantity.

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
    """Return the values in text: one with its name, or their number and the first of them."""
    unit = f" {limits.unit}" if limits.unit else ""
    at = np.flatnonzero(chosen)
    shown = [f"{values[i]:g}{unit}" + (f" ({names[i]})" if len(names) else "") for i in at[:_SHOWN]]
    if len(values) == 1:
        return f"{limits.title} {shown[0]}"
    more = f" and {len(at) - _SHOWN} more" if len(at) > _SHOWN else ""
    return f"{limits.title} of {len(at)} of {len(values)}: {', '.join(shown)}{more}"


def unknown_accepted(accept: Iterable[str]) -> list[str]:
    """Return one line for each name without limits."""
    known = known_limits()
    problems = []
    for name in accept:
        if name not in known:
            hint = did_you_mean(name, known)
            problems.append(f"[study] accept: unknown quantity '{name}'; {hint}known: {', '.join(known)}")
    return problems


def look_at_options(content: Mapping[str, Any], accept: Iterable[str] = ()) -> Findings:
    """Compare the numbers of a study file whose option is named as a quantity with its limits.

    ``[preselection]`` is left out: the ends of a range may lie anywhere.
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
