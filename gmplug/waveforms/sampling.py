"""Time step, count of samples and filter corners as a header states them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gmplug.errors import InputError
from gmplug.waveforms.blocks import Line


@dataclass(frozen=True)
class Stated[Value]:
    """A value and the line that states it."""

    value: Value
    line: int


_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eEdD][-+]?\d+)?"
_VALUE = rf"(?P<value>-?\d+,\d+(?![\d.,])|-?{_NUMBER})(?![\w.]*[-:/]\d)"
_TIME_UNIT = r"milli-?sec(?:ond)?s?|msecs?|ms|micro-?sec(?:ond)?s?|usecs?|us|sec(?:ond)?s?|s"
_UNIT_BEFORE = rf"(?:[\s_]*[(\[]\s*(?P<unit1>{_TIME_UNIT})\.?\s*[)\]]|_(?P<unit3>{_TIME_UNIT})(?![a-z]))?"
_UNIT_AFTER = rf"\s*[(\[]?(?P<unit2>{_TIME_UNIT})?(?![a-z])"
_SAMPLE = r"(?:sampl(?:e|ing)|digiti[sz](?:ing|ation)|recording|data)"
_LONG_INTERVAL = (
    rf"(?:time[\s_-]*(?:step|interval|increment|spacing)"
    rf"|{_SAMPLE}[\s_-]*(?:time[\s_-]*)?(?:interval|period|step|dt|spacing|increment))"
)
_INTERVALS = (
    re.compile(
        rf"(?<![a-z]){_LONG_INTERVAL}{_UNIT_BEFORE}\s*(?:[=:]|\bis\b|\bof\b)?\s*{_VALUE}{_UNIT_AFTER}", re.I),
    re.compile(
        rf"(?<![a-z])(?:d_?t|delta[\s_-]?t|δt|step|interval){_UNIT_BEFORE}\s*[=:]\s*{_VALUE}"
        rf"{_UNIT_AFTER}", re.I),
    re.compile(rf"(?<![a-z])d_?t\s+(?P<value>0?\.\d+)(?![\d.]){_UNIT_AFTER}", re.I),
    re.compile(
        rf"(?:spaced|sampled|intervals?|steps?|increments?)\s+(?:at|of|every)\s+(?:(?:equal\s+)?(?:time\s+)?"
        rf"(?:intervals?|steps?|increments?)\s+of\s+)?{_VALUE}\s*(?P<unit2>{_TIME_UNIT})(?![a-z])",
        re.I,
    ),
    re.compile(
        rf"(?<![\w.]){_VALUE}[\s-]*(?P<unit2>{_TIME_UNIT})\.?[\s-]+(?:time\s*)?"
        r"(?:intervals?|steps?|spacing|sampling)\b",
        re.I,
    ),
)  # fmt: skip
_PER_SECOND = r"(?:samples?|points?|values?)[\s_]*(?:/|per|_per_)[\s_]*s(?:ec(?:ond)?)?(?![a-z])"
_RATES = (
    re.compile(
        rf"(?<![a-z])(?:{_SAMPLE}[\s_-]*(?:freq(?:uency|\.)?|rate)|(?:freq(?:uency)?|rate)\s+of\s+sampling"
        rf"|{_PER_SECOND})(?:[\s_]*[(\[]?\s*(?P<khz>k?)hz\s*[)\]]?)?"
        rf"(?:\s*[(\[][^)\]]{{0,20}}[)\]])?\s*(?:[=:]|\bis\b|\bof\b)?\s*{_VALUE}(?:\s*(?P<khz2>k)hz)?",
        re.I,
    ),
    re.compile(rf"(?<![\w.]){_VALUE}\s*(?:sps\b|{_PER_SECOND}|hz\s+sampl)", re.I),
    re.compile(rf"sampled\s+at\s+{_VALUE}\s*hz", re.I),
    re.compile(rf"(?<![a-z])(?:fs|sps|samp_?rate)\s*(?:[(\[]?\s*hz\s*[)\]]?)?\s*[=:]\s*{_VALUE}", re.I),
)
_UNLIKE_DATA = re.compile(
    r"original|instrument|natural|before\s+(?:decimat|process|resampl)|raw\s+record", re.I
)
_BOTH = (
    re.compile(rf"^\s*(?P<npts>\d+)[\s,]+(?P<value>{_NUMBER})[\s,]+NPTS\s*,?\s*DT\b", re.I),
    re.compile(rf"\bNPTS\s*,\s*DT\s*[=:]?\s*(?P<npts>\d+)[\s,]+(?P<value>{_NUMBER})", re.I),
)
_STATES_DT = re.compile(
    r"(?<![a-z])(?:dt|sampling_interval_s)\s*[=:]\s*(?P<word>[^\s,;:/-]+)(?![^\s,;])", re.I
)
_POINTS = (
    re.compile(
        r"(?<![a-z])(?:n_?p(?:oin)?ts?|ndata|n_?samples?|n_?points|np|(?:n(?:umber|um|o|r)?\.?)[\s_]*(?:of)?[\s_]*"
        r"(?:acc\w*[\s_]+|data[\s_]+|record\w*[\s_]+|sampl\w+[\s_]+)?"
        r"(?:p(?:oin)?ts|samples?|values?|data)"
        r"|(?:data[\s_]*)?points|samples)\s*[=:]\s*(?P<npts>\d+)(?![\d.]*\d)",
        re.I,
    ),
    re.compile(
        r"(?<![a-z])(?:npts|ndata|number\s+of\s+(?:data\s+)?(?:points|samples|values|data))\s+"
        r"(?P<npts>\d+)(?![.\d])", re.I),
    re.compile(
        r"(?:^|[,:=(])\s*(?P<npts>\d{2,})\s+(?:data\s+)?(?:points|samples|values)\b(?![\s_]*(?:/|per\b))"
        r"(?!\s+(?:before|after|removed|added|padded))", re.I),
)  # fmt: skip
#: Names of the filter's corners: PEER's, and those of ESM (DYNA 1.2 header, Luzi et al. 2016, Seismological
#: Research Letters 87(4)).
HIGHPASS, LOWPASS = r"(?:HP|LOW_CUT_FREQUENCY_HZ)", r"(?:LP|HIGH_CUT_FREQUENCY_HZ)"
_CORNER = r"\s*[=:]\s*(\d*\.?\d+|\d+\.)"
#: Headers print time steps with few digits (0.0033 s for 300 Hz): statements that differ by less agree.
_SAME_STEP = 0.011


def _first(patterns: Sequence[re.Pattern[str]], text: str) -> re.Match[str] | None:
    return next((match for pattern in patterns if (match := pattern.search(text))), None)


def time_steps(line: Line, path: Path) -> list[Stated[float]]:
    """Return the time steps, s, that a line states; raises InputError where one is no positive number."""
    number, text = line
    if _UNLIKE_DATA.search(text):
        return []
    if both := _first(_BOTH, text):
        return [Stated(_real(both["value"]), number)]
    found = []
    if rate := _first(_RATES, text):
        kilo = any(rate.groupdict().get(name) for name in ("khz", "khz2"))
        hertz = _real(rate["value"]) * (1000.0 if kilo else 1.0)
        if hertz <= 0:
            raise InputError(f"{path}, line {number}: the sampling rate is {hertz:g}; it must be positive")
        found.append(Stated(1.0 / hertz, number))
    if interval := _first(_INTERVALS, text):
        step = _real(interval["value"]) * _seconds(interval)
        if step <= 0:
            raise InputError(f"{path}, line {number}: DT is {step:g}; it must be positive")
        return [*found, Stated(step, number)]
    unread = None if found else _STATES_DT.search(text)
    if unread:
        raise InputError(
            f"{path}, line {number}: DT is {unread['word'][:30]!r}, not a number; correct the header"
        )
    return found


def _seconds(match: re.Match[str]) -> float:
    groups = match.groupdict()
    unit = (groups.get("unit1") or groups.get("unit3") or groups.get("unit2") or "s").lower()
    if unit.startswith(("micro", "us")):
        return 1e-6
    return 1e-3 if unit.startswith("m") else 1.0


def agreed[Value](
    stated: Sequence[Stated[Value]],
    same: Callable[[Value, Value], bool],
    show: Callable[[Value], str],
    path: Path,
) -> Stated[Value] | None:
    """Return the first of several statements of one thing; raise InputError where another differs."""
    for other in stated[1:]:
        if not same(stated[0].value, other.value):
            raise InputError(
                f"{path}: line {stated[0].line} states {show(stated[0].value)}, line {other.line} "
                f"{show(other.value)}; correct the wrong one"
            )
    return stated[0] if stated else None


def same_step(one_s: float, other_s: float) -> bool:
    """Tell whether two statements of the time step agree."""
    return abs(other_s / one_s - 1) <= _SAME_STEP


def points(line: Line) -> list[Stated[int]]:
    """Return the count of samples that a line states."""
    match = _first((*_BOTH, *_POINTS), line[1])
    return [Stated(int(match["npts"]), line[0])] if match else []


def _real(token: str) -> float:
    return float(token.lower().replace("d", "e").replace(",", "."))


def corner(name: str, lines: Sequence[Line]) -> float | None:
    """Return the corner frequency, Hz, that a line states by a name, a pattern; None where none does."""
    for _, text in lines:
        match = re.search(rf"\b{name}{_CORNER}", text, re.IGNORECASE)
        if match:
            return float(match[1])
    return None
