"""What headings stand for by a mapping: a study's ``[catalogue.columns]``, or a database's in sources.toml.

A mapping is ``{heading: meaning}``. The meaning is any heading that gmplug knows, with its unit, such as
``rjb_km (mi)`` or ``RotD50 Sa(0.5) [m/s2]``; empty for a column that is not to be used. A heading with
``{period}`` stands for the spectral columns of all periods, its meaning then is ``Sa [m/s2]``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from gmplug.catalogue.columns import ARROW, heading, known_columns
from gmplug.catalogue.periods import ordinate, period_named
from gmplug.errors import InputError
from gmplug.units import factor, known_units

WHERE = "[catalogue.columns]"
PERIOD = "{period}"
_NUMBER = r"(\d+(?:(?:[.,_]|pt|p)\d+)?)"
_SPECTRUM = re.compile(
    r"(?:(?P<component>[\w ]+?)\s+)?P?Sa(?:\s*[\[(](?P<unit>[^\[\]()]+)[\])])?", re.IGNORECASE
)


def plain_heading(name: str) -> str:
    """Return a heading as it is compared: in lower case, each run of blanks one blank."""
    return " ".join(str(name).split()).casefold()


@lru_cache(maxsize=1024)
def pattern(name: str) -> re.Pattern[str]:
    """Return what a mapping's heading matches, in :func:`plain_heading`'s spelling."""
    parts = [re.escape(part) for part in plain_heading(name).split(PERIOD)]
    return re.compile(_NUMBER.join(parts))


def period_meaning(period: str, meaning: str) -> str | None:
    """Return the heading of Sa for a period as it is written in a name; None where it is none.

    ``meaning`` is ``Sa``, with a component before it and a unit behind it.
    """
    found = _SPECTRUM.fullmatch(meaning.strip())
    period_s = period_named(re.sub(r"[,_]|pt|p", ".", period))
    if found is None or period_s is None:
        return None
    component = f"{found['component']} " if found["component"] else ""
    unit = f" [{found['unit']}]" if found["unit"] else ""
    return f"{component}Sa({period_s!r}){unit}"


def meanings(names: Iterable[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """Return what a mapping says of each of a table's headings that it speaks of."""
    whole = {plain_heading(name): meaning for name, meaning in mapping.items() if PERIOD not in name}
    series = [(pattern(name), meaning) for name, meaning in mapping.items() if PERIOD in name]
    found = {}
    for name in names:
        spelled = plain_heading(name)
        if spelled in whole:
            found[name] = whole[spelled]
            continue
        for one, meaning in series:
            match = one.fullmatch(spelled)
            read = period_meaning(match[1], meaning) if match else None
            if read is not None:
                found[name] = read
                break
    return found


def translated(names: Sequence[str], found: Mapping[str, str]) -> list[str]:
    """Return a table's headings, each with its meaning behind an arrow: ``JB_dist → rjb_km``."""
    return [f"{name}{ARROW}{found[name]}" if name in found else name for name in names]


def check_mapping(mapping: Mapping[str, str]) -> None:
    """Raise InputError where a study's mapping has a meaning that gmplug does not know."""
    problems = []
    for name, meaning in mapping.items():
        start = f"{WHERE} '{name}'"
        if PERIOD in name:
            problems += _bad_series(start, name, meaning)
        elif meaning.strip():
            problems += _bad_meaning(start, meaning)
    if problems:
        raise InputError(problems)


def _bad_series(start: str, name: str, meaning: str) -> list[str]:
    found = _SPECTRUM.fullmatch(meaning.strip())
    if found is None or name.count(PERIOD) > 1 or ordinate(period_meaning("1.0", meaning) or "") is None:
        return [f'{start}: \'{meaning}\' is not understood; write "Sa [unit]", such as "RotD50 Sa [cm/s2]"']
    return _bad_unit(start, found["unit"] or "", "g")


def _bad_meaning(start: str, meaning: str) -> list[str]:
    said = heading(meaning)
    if said is not None:
        return _bad_unit(start, said.unit, said.own_unit) if said.factor is None else []
    spectral = ordinate(meaning)
    if spectral is not None:
        return _bad_unit(start, spectral.unit, "g")
    asked = re.split(r"\s*[(\[,]", meaning.strip())[0]
    close = difflib.get_close_matches(asked.lower(), [*known_columns(), "Sa(1.0)"], n=2, cutoff=0.5)
    hint = f"did you mean {' or '.join(repr(name) for name in close)}? " if close else ""
    return [
        f"{start}: '{meaning}' is no column that gmplug knows; {hint}"
        f'write its name and unit, such as "rjb_km (mi)" or "Sa(0.5) [m/s2]"'
    ]


def _bad_unit(start: str, unit: str, own: str) -> list[str]:
    if not unit or factor(unit, own) is not None:
        return []
    return [f"{start}: the unit '{unit}' is not understood; use one of {known_units(own)}"]


def study_meanings(names: Sequence[str], mapping: Mapping[str, str], where: str) -> dict[str, str]:
    """Return what a study's mapping says of a table's headings.

    Raises
    ------
    InputError
        A heading is not in the table, or two headings stand for the same.
    """
    found = meanings(names, mapping)
    problems = []
    spelled = {plain_heading(name): name for name in names}
    for name in mapping:
        matches = (one for one in spelled if pattern(name).fullmatch(one))
        if next(matches, None) is None:
            close = difflib.get_close_matches(plain_heading(name), list(spelled), n=3, cutoff=0.5)
            near = ", ".join(f"'{spelled[one]}'" for one in close) or ", ".join(map(repr, list(names)[:5]))
            problems.append(f"{where}: has no column '{name}', which {WHERE} names; near: {near}")
    by_target: dict[object, str] = {}
    for name, meaning in found.items():
        target = target_of(meaning)
        if target is None:
            continue
        if target in by_target:
            problems.append(
                f"{WHERE}: '{by_target[target]}' and '{name}' both stand for {target_text(target)}; keep one"
            )
        by_target.setdefault(target, name)
    if problems:
        raise InputError(problems)
    return found


def target_of(meaning: str) -> object | None:
    """Return which of gmplug's columns, or component and period, a heading stands for; None for neither."""
    said = heading(meaning)
    if said is not None:
        return said.name
    spectral = ordinate(meaning)
    return None if spectral is None else (spectral.kind, spectral.period_s)


def target_text(target: object) -> str:
    """Return what :func:`target_of` returned for a line of text."""
    return f"Sa({target[1]:g} s) {target[0]}".strip() if isinstance(target, tuple) else str(target)
