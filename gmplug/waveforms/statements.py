"""Quantity, unit, time step, count of samples and filter corners as a header states them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gmplug.errors import InputError
from gmplug.notes import doubtful
from gmplug.units import UNDERSTOOD, Unit, match_unit, plain
from gmplug.waveforms.blocks import Line
from gmplug.waveforms.sampling import (
    HIGHPASS,
    LOWPASS,
    Stated,
    agreed,
    corner,
    points,
    same_step,
    time_steps,
)  # fmt: skip


@dataclass(frozen=True)
class Statements:
    """What a header states; None where it is silent.

    Parameters
    ----------
    other
        ``velocity`` or ``displacement`` where the header says that the data are that.
    acceleration
        Whether the header says in words that the data are acceleration.
    unit
        Unit of the data.
    time_step_s, npts
        Sampling interval, s, and count of samples.
    highpass_hz, lowpass_hz
        Corners of the filter, Hz.
    """

    other: Stated[str] | None = None
    acceleration: bool = False
    unit: Stated[Unit] | None = None
    time_step_s: Stated[float] | None = None
    npts: Stated[int] | None = None
    highpass_hz: float | None = None
    lowpass_hz: float | None = None
    notes: tuple[str, ...] = field(default=())


def word_pattern(*words: str) -> str:
    """Return a pattern for any of the words, not as part of a longer one; ``_`` may stand beside."""
    return rf"(?<![^\W_])(?:{'|'.join(words)})(?![^\W_])"


ACCELERATION = word_pattern(
    r"acc(?:el(?:eration)?s?\.?)?", "accs", r"accelerazion[ei]", r"acc[ée]l[ée]rations?",
    r"aceleraci[oó]n(?:es)?", r"acelera[cç][aã]o", r"beschleunigung(?:en)?", "ivme",
)  # fmt: skip
_OTHERS = {
    "velocity": word_pattern(
        r"velocit(?:y|ies|à|a'?)", "vel", r"vitesses?", r"velocidad(?:es)?", "velocidade",
        r"geschwindigkeit(?:en)?", "hız", "hiz",
    ),
    "displacement": word_pattern(
        r"displacements?", r"displ?", r"spostament[oi]", r"d[ée]placements?", r"desplazamientos?",
        "deslocamento", r"verschiebung(?:en)?", "yerdeğiştirme",
    ),
}  # fmt: skip
_PEAK = re.compile(
    r"(?<![a-z])(?:p[cg][avd]|peaks?|max(?:imum|imo|\.)?|min(?:imum|\.)?|largest|initial|final|rms|arias|scale"
    r"|sensitivity|range|gain|threshold|noise|trigger|resolution|capacity|vs_?30|response)(?![a-z])",
    re.IGNORECASE,
)
_WAVE_BEFORE = re.compile(
    r"(?:shear|wave|[sp]-?wave|vs_?30|peak|max\w*\.?|min\w*\.?|initial|final|remov\w*|residual"
    r"|mean|average|pgv|pgd|rupture|pulse|rms)\W*(?:ground\W+)?(?:in|to|for|of)?\W*$",
    re.IGNORECASE,
)
_WAVE_AFTER = re.compile(r"[\s_-]*(?:model|profile|pulse|structure|spectr|response|drift|of wave)", re.I)
_DATA_WORD = re.compile(
    r"[\s_-]*(?:time|series|histor|record|trace|data|values?|file|seismogra|waveform|component|samples)", re.I
)
#: Words before a unit that others are converted to.
_CONVERSION = re.compile(r"multipl|convert|divide|conversion|to\s+(?:get|obtain)", re.IGNORECASE)
#: A factor on the data; NIED's turns counts into gal.
_FACTOR = re.compile(
    r"(?:scal(?:e|ing)[\s_-]*factor|factor[\s_-]*of[\s_-]*scaling|multipl(?:y|ied|ier))\W*(?:(?:by|of|is|with)\b\W*)?"
    r"(?P<value>[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)(?![\d.]|\s*\(gal\)\s*/)",
    re.IGNORECASE,
)
_KEY = re.compile(
    r"(?:type|quantity|kind|content|contents|data|channel|parameter|measure\w*|variable|what|grandezza|tipo)"
    r"\s*[:=]\s*\W*$",
    re.IGNORECASE,
)
_FILLERS = frozenset(
    ("the", "of", "corrected", "uncorrected", "filtered", "processed", "ground", "relative", "absolute",
     "horizontal", "vertical", "component", "comp", "data", "strong", "motion", "n", "s", "e", "w", "ns",
     "ew", "ud", "h", "h1", "h2", "v", "east", "north", "south", "west", "up", "down")
)  # fmt: skip
_OPENERS = re.compile(r"\(|\[|\bin\s+(?:units?\s+of\s+)?|[:=,/_]\s*|\s+-?\s*", re.IGNORECASE)
_VALUE_AFTER = re.compile(r"\s*[)\]]?\s*[:=]?\s*[-+]?\.?\d")
_NOT_DATA_UNIT = re.compile(
    r"(?:time|distance|length|depth|frequency|height|period|record\w*|instrument|storage|control|sensor|geologic\w*)"
    r"[\s_]*$",
    re.IGNORECASE,
)
_UNIT_WORD = re.compile(
    r"(?<![gG]-)(?:(?<![A-Za-z])[Uu]nits?|(?<=[a-z])Units?|(?<![A-Za-z])UNITS?"
    r"|(?i:(?<![a-z])(?:einheit(?:en)?|unit[àa]|unidad(?:es)?|unit[ée]s?|birim)))(?![A-Za-z])"
)
_LEAD = re.compile(
    r"(?:[\s:=(\[_-]|(?:of|are|is|in(?=\s)|for|the|measure(?:ment)?|accel\w*\.?|acc|data|values?|amplitudes?"
    r"|time\s*(?:in\s+)?(?:s|sec|seconds)\s*[,;])(?![a-z]))*",
    re.IGNORECASE,
)
_END = re.compile(r"[)\];\t\n]|\.\s|\.$|\s{2,}|\s\(")
_LIST = re.compile(r"\s*[,&+]\s*|\s+and\s+")
#: Words in brackets after a quantity that are no unit: directions and kinds of processing.
NO_UNIT = re.compile(
    r"(?:un)?(?:corrected|filtered|processed|scaled)|horizontal|vertical|north|south|east|west|up|down|[nsewzxyhlt]"
    r"|ns|ew|ud|[nsew]-[nsew]|u-d|h1|h2|[a-z]{2}[nezxy12]|\d{1,3}|transverse|longitudinal|radial|abs\w*|rel\w*"
    r"|total|ground|raw|baseline.*|component.*|comp.*|channel.*|ch.*|see.*|n\d+[ew]|s\d+[ew]",
    re.IGNORECASE,
)


def read_statements(header: Sequence[Line], path: Path) -> Statements:
    """Return what the lines of a header state.

    Raises
    ------
    InputError
        A stated unit that is not understood, two units or time steps that contradict each other, a time step
        that is no positive number.
    """
    lines = [(number, plain(text)) for number, text in header]
    units = [
        u for line in lines for find in (_after_unit_word, _after_acceleration) for u in find(line, path)
    ]
    unit = agreed_unit(units or [u for line in lines for u in _loose_units(line)], path)
    steps = [stated for line in lines for stated in time_steps(line, path)]
    return Statements(
        other=_other_quantity(lines, unit is not None and unit.value.quantity == "acceleration"),
        acceleration=any(re.search(ACCELERATION, text, re.I) and not _PEAK.search(text) for _, text in lines),
        unit=unit,
        time_step_s=agreed(steps, same_step, lambda step: f"a time step of {step:g} s", path),
        npts=next((stated for line in lines for stated in points(line)), None),
        highpass_hz=corner(HIGHPASS, lines),
        lowpass_hz=corner(LOWPASS, lines),
        notes=tuple(_factors(lines, unit is not None, path)),
    )


def _factors(lines: Sequence[Line], has_unit: bool, path: Path) -> Iterator[str]:
    """Yield a doubt for each factor that a header states; with a unit, that to another is none."""
    for number, text in lines:
        found = _FACTOR.search(text)
        if not found or float(found["value"]) == 1.0:
            continue
        if not (has_unit and re.search(r"\bto\b", text[found.end() :], re.IGNORECASE)):
            yield doubtful(
                f"{path}, line {number}: states a factor ({' '.join(found[0].split())}); values are taken "
                "as they stand: multiply them, if they are not multiplied yet"
            )


def agreed_unit(stated: Sequence[Stated[Unit]], path: Path) -> Stated[Unit] | None:
    """Return the unit that statements agree on; raises InputError where they do not."""
    return agreed(stated, Unit.same_as, lambda unit: f"the unit {unit.name!r}", path)


# Units


def _after_unit_word(line: Line, path: Path) -> list[Stated[Unit]]:
    """``UNITS: cm/s^2``, ``IN UNITS OF G``, ``units = s, m/s2``: always a statement, understood or not."""
    number, text = line
    found = []
    for word in _UNIT_WORD.finditer(text):
        before = text[: word.start()]
        if _NOT_DATA_UNIT.search(before):
            continue
        lead = _LEAD.match(text, word.end())
        start = lead.end() if lead else word.end()
        rest = text[start:]
        if not rest.strip() or (word[0].lower() == "unit" and re.match(r"(?:no\b|#|\d)", rest, re.I)):
            continue
        stated = match_unit(rest, multiples=True)
        end = _END.search(rest, stated[1] if stated else 0)
        parts = _LIST.split(rest[: end.start()] if end else rest)
        units = [m[0] for m in (match_unit(_without_role(p), multiples=True) for p in parts) if m]
        data = [unit for unit in units if unit.quantity != "time"]
        if data:
            about_other = any(re.search(p + r"[\s_]*$", before, re.I) for p in _OTHERS.values())
            if not (about_other and data[0].quantity != "acceleration"):
                found.append(Stated(data[0], number))
        elif not units and parts[0].strip(" )]"):
            raise InputError(not_understood(parts[0], path, number))
    return found


def _without_role(part: str) -> str:
    return re.sub(
        r"^[\s:=(\"']*(?:(?:time|acc\w*)\s*(?:in\b|:|=)?\s*)?", "", part.strip(), flags=re.IGNORECASE
    )


def not_understood(text: str, path: Path, number: int) -> str:
    """Return the message on a stated unit that is none we know."""
    shown = " ".join(text.split())[:30]
    return f"{path}, line {number}: unit {shown!r} is not understood; write one of: {UNDERSTOOD}"


def _after_acceleration(line: Line, path: Path) -> list[Stated[Unit]]:
    """``Acceleration (cm/s^2)``, ``acc [g]``, ``accel. data in gal``, ``acc_m_s2``."""
    number, text = line
    for word in re.finditer(ACCELERATION, text, re.IGNORECASE):
        if _PEAK.search(text[max(0, word.start() - 30) : word.start()]):
            continue
        rest = text[word.end() :]
        if _UNIT_WORD.search(rest) or _CONVERSION.search(text[: word.start()]):
            continue
        for opener in _OPENERS.finditer(rest[:60]):
            if _PEAK.search(rest[: opener.start()]):
                break
            bare = opener[0] not in "([" and "in" not in opener[0].lower()
            if bare and not _between_is_plain(rest[: opener.start()]):
                continue
            bracket = opener[0] in "(["
            found = match_unit(rest, opener.end(), multiples=bracket)
            if (
                found
                and _VALUE_AFTER.match(rest, found[1])
                and not rest[found[1] :].lstrip(" )]").startswith(",")
            ):
                break  # a value of this unit: "Acceleration (g): 0.3"
            if found and (bracket or found[0].quantity == "acceleration" or "in" in opener[0]):
                if found[0].quantity != "time":
                    return [Stated(found[0], number)]
            elif bracket:
                inside = re.split(r"[)\]]", rest[opener.end() :])[0].strip()
                if (
                    inside
                    and not _VALUE_AFTER.match(rest, opener.end() + len(inside) + 1)
                    and not NO_UNIT.fullmatch(inside)
                ):
                    raise InputError(not_understood(inside, path, number))
    return []


def _between_is_plain(text: str) -> bool:
    """Tell whether only words like "time series" stand between the quantity and a unit without brackets."""
    words = [word for word in re.split(r"[\s,:=/_.-]+", text) if word]
    return all(_DATA_WORD.match(word) or NO_UNIT.fullmatch(word) for word in words)


def _loose_units(line: Line) -> list[Stated[Unit]]:
    """A unit without a quantity beside it: alone on its line, in brackets, or after "in"."""
    number, text = line
    if _CONVERSION.search(text):
        return []
    bare = text.strip().strip("#%!/*- ")
    whole = match_unit(bare.strip("()[]"))
    if whole and whole[1] == len(bare.strip("()[]")) and whole[0].quantity != "time":
        return [Stated(whole[0], number)]
    for start in re.finditer(r"[(\[]\s*|(?<![a-z])in\s+|(?<=[\s,:_])(?=[mcfi][mnt]?)", text, re.IGNORECASE):
        if _PEAK.search(text[: start.start()]) or re.search(r"\d\s*$", text[: start.start()]):
            continue
        found = match_unit(text, start.end())
        if not found or found[0].quantity != "acceleration" or _VALUE_AFTER.match(text, found[1]):
            continue
        named = re.search(r"(\S*)\s*$", text[: start.start()])
        compound = "s" in found[0].name.lower().removesuffix("s")
        if compound or start[0].lower().startswith("in") or (named and _OF_DATA.fullmatch(named[1])):
            return [Stated(found[0], number)]
    return []


#: What "(g)" is said of; after other words it may be a class of soil.
_OF_DATA = re.compile(
    rf"(?:ampl\w*|values?|data|motion|history|series|trace|record\w*|signal|{NO_UNIT.pattern})?[:,]?", re.I
)


# Quantity


def _other_quantity(lines: Sequence[Line], in_acceleration: bool) -> Stated[str] | None:
    """Return where a header says that the data are velocity or displacement.

    A peak value, a wave velocity or Vs30 says nothing of the data; nor does a line that lists acceleration
    too. Where the data have a unit of acceleration, other files may be spoken of.
    """
    weak = None
    for number, text in lines:
        of_esm = re.match(r"\s*DATA_TYPE\s*:\s*(?!.*ACC)(\S.*)", text, re.IGNORECASE)
        if of_esm:
            return Stated(of_esm[1].strip().lower(), number)
        for quantity, pattern in _OTHERS.items():
            for word in re.finditer(pattern, text, re.IGNORECASE):
                before, after = text[: word.start()], text[word.end() :]
                if _WAVE_BEFORE.search(before[-40:]) or _WAVE_AFTER.match(after):
                    continue
                if in_acceleration and _UNIT_WORD.match(after.lstrip(" _")):
                    continue
                if _KEY.search(before) or _has_unit_of(quantity, after):
                    return Stated(quantity, number)
                if re.search(ACCELERATION, text, re.IGNORECASE):
                    continue
                words = {w for w in re.split(r"[\W_\d]+", text.lower()) if w} - _FILLERS
                if weak is None and (_DATA_WORD.match(after) or len(words) <= 1):
                    weak = Stated(quantity, number)
    return None if in_acceleration else weak


def _has_unit_of(quantity: str, after: str) -> bool:
    for opener in _OPENERS.finditer(after[:45]):
        if opener[0].isspace() and opener.start() > 0:
            continue
        found = match_unit(after, opener.end())
        if found and found[0].quantity == quantity:
            return not _VALUE_AFTER.match(after, found[1])
    return False
