"""Files with a column for each component below a header of keys: AFAD, CWB, UNAM and JMA.

``FORMATS`` describes each; a further one is a row there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gmplug.errors import InputError
from gmplug.notes import doubtful
from gmplug.units import Unit, parse_unit
from gmplug.values import FloatArray
from gmplug.waveforms.accelerogram import Accelerogram
from gmplug.waveforms.channels import Channel, Fields, Peak, accelerograms_of, read_numbers
from gmplug.waveforms.sampling import same_step
from gmplug.waveforms.text import Given

_MOST_HEADER_LINES = 150
_NUMBER = r"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?"


@dataclass(frozen=True)
class ColumnFormat:
    """A format by patterns over its header; each pattern's first group is what it states.

    Parameters
    ----------
    begins
        Recognizes the format among the first lines.
    heading
        The line above the data.
    names
        The names of the columns, separated by blanks, commas or semicolons; ``Time`` is no component.
    step, rate, count, length
        Time step, s; sampling rate, Hz; points; length, s.
    unit
        The unit of the data.
    peaks
        One number for each component, in the order of the columns; or the largest and smallest of each.
    skipped
        Lines between the heading and the data.
    """

    begins: str
    heading: str
    names: str
    unit: str
    step: str = ""
    rate: str = ""
    count: str = ""
    length: str = ""
    peaks: str = ""
    station: str = ""
    event: str = ""
    start: str = ""
    skipped: int = 0

    def detect(self, lines: Sequence[str], path: Path) -> bool:
        """Tell whether a file is of this format."""
        return re.search(self.begins, "\n".join(lines[:_MOST_HEADER_LINES]), re.I | re.M) is not None

    def read(self, lines: Sequence[str], path: Path, given: Given) -> list[Accelerogram]:
        """Make accelerograms of a file's lines, one for each component; raises InputError."""
        top = lines[:_MOST_HEADER_LINES]
        at = next((i for i, line in enumerate(top) if re.match(self.heading, line, re.I)), None)
        if at is None:
            raise InputError(f"{path}: no line with the names of the columns above the data; fetch it again")
        return _File(self, lines, at + self.skipped, path, given).accelerograms()


@dataclass(frozen=True)
class _File:
    format: ColumnFormat
    lines: Sequence[str]
    at: int
    path: Path
    given: Given

    @property
    def head(self) -> str:
        return "\n".join(line.rstrip() for line in self.lines[: self.at + 1])

    def stated(self, pattern: str) -> str:
        match = re.search(pattern, self.head, re.IGNORECASE | re.MULTILINE) if pattern else None
        return " ".join(match[1].split()) if match else ""

    def accelerograms(self) -> list[Accelerogram]:
        names = [
            re.sub(r"\(\+\)", "", name)
            for name in re.split(r"[\s,;]+", self.stated(self.format.names))
            if name
        ]
        dt, unit = self.time_step_s(), self.unit()
        values, notes = self.values(len(names), dt)
        columns = dict(zip(names, values.T, strict=True))
        self.check_times(columns, dt)
        columns = {name: column for name, column in columns.items() if name.lower() != "time"}
        if len(columns) + any(name.lower() == "time" for name in names) != len(names):
            raise InputError(
                f"{self.path}, line {self.at + 1}: two columns have one name; correct the header"
            )
        peaks = self.peaks(len(columns))
        channels = [
            Channel(
                np.ascontiguousarray(column),
                unit,
                dt,
                self.at + 1,
                peak=peak,
                component=_component(name),
                station=self.stated(self.format.station),
                event=self.stated(self.format.event),
                start=self.stated(self.format.start),
                processing="uncorrected",
                header=tuple(self.head.split("\n")),
                notes=tuple(notes),
            )
            for (name, column), peak in zip(columns.items(), peaks, strict=True)
        ]
        return accelerograms_of(channels, self.path, self.given)

    def time_step_s(self) -> float:
        step, rate = self.stated(self.format.step), self.stated(self.format.rate)
        numbers = re.findall(_NUMBER, step or rate)
        if not numbers or len({float(number) for number in numbers}) > 1 or float(numbers[0]) <= 0:
            raise InputError(f"{self.path}: states no time step that all components have; correct the header")
        return float(numbers[0]) if step else 1.0 / float(numbers[0])

    def unit(self) -> Unit:
        text = self.stated(self.format.unit)
        unit = parse_unit(text) or parse_unit(text.split("(")[0])
        if unit is None and text:
            raise InputError(f"{self.path}: unit {text[:30]!r} is not understood; correct the header")
        unit = unit or self.given.unit
        if unit is None:
            raise InputError(
                f'{self.path}: no unit of acceleration stated; give units, such as "g", "m/s2" or "cm/s2"'
            )
        return unit

    def values(self, columns: int, dt: float) -> tuple[FloatArray, list[str]]:
        rows = [line.replace(",", " ") for line in self.lines[self.at + 1 :]]
        while rows and not rows[-1].strip():
            rows.pop()
        found = re.findall(r"\d+", self.stated(self.format.count))
        if len(set(found)) > 1:
            raise InputError(f"{self.path}: components have different counts of points ({', '.join(found)})")
        length = self.stated(self.format.length)
        count = int(found[0]) if found else round(float(length) / dt) if length else len(rows)
        if count < 1:
            raise InputError(f"{self.path}: holds no acceleration values; fetch the file again")
        shifted = [*self.lines[: self.at + 1], *rows]  # so that messages name the lines of the file
        numbers, end = read_numbers(shifted, self.at + 1, count * columns, self.path, Fields(columns, 10))
        more = sum(bool(line.strip()) for line in shifted[end:])
        rest = next((i for i in range(end, len(shifted)) if shifted[i].strip()), None)
        if rest is not None and not found and not length:
            raise InputError(f"{self.path}, line {rest + 1}: text after the data; fetch the file again")
        if not found and not length:
            silent = f"{self.path}: states no count of points, so a truncated file is not recognized"
            return numbers.reshape(count, columns), [silent]
        note = f"{self.path}: {more} lines beyond the {count} points that the header states are left out"
        return numbers.reshape(count, columns), [doubtful(note)] if more else []

    def check_times(self, columns: dict[str, FloatArray], dt: float) -> None:
        time = next((column for name, column in columns.items() if name.lower() == "time"), None)
        if time is None or len(time) < 2:
            return
        even = time[0] + dt * np.arange(len(time))
        if (
            not same_step(dt, float(time[-1] - time[0]) / (len(time) - 1))
            or np.abs(time - even).max() > 0.2 * dt
        ):
            raise InputError(
                f"{self.path}: the times are not those of the time step of {dt:g} s that the header states; "
                "correct the wrong one"
            )

    def peaks(self, components: int) -> list[Peak | None]:
        if not self.format.peaks:
            return [None] * components
        found = re.findall(self.format.peaks, self.head, re.IGNORECASE | re.MULTILINE)
        texts = [re.findall(_NUMBER, text) for text in found]
        if len(found) == 1:  # all on one line
            texts = [[number] for number in texts[0]]
        if len(texts) != components or not all(texts):
            return [None] * components
        return [max(map(Peak.parse, numbers), key=lambda peak: peak.value) for numbers in texts]


def _component(name: str) -> str:
    """Return a column's name as a component: CWB writes U, N, E."""
    return {"U": "UP", "N": "N", "E": "E"}.get(name, name)


_AFAD = ColumnFormat(
    begins=r"STRONG[ -]GROUND[ -]MOTION RECORDS OF TURK",
    heading=r"\s*[NEU]-[SWD]\s+[NEU]-[SWD]\s+[NEU]-[SWD]\s*$",
    names=r"^(\s*[NEU]-[SWD]\s+[NEU]-[SWD]\s+[NEU]-[SWD])\s*$",
    unit=r"PGA\s+VALUES\s*\(([^)]*)\)",
    step=r"SAMPLING\s+INTERVAL\s*\(\s*sec\w*\s*\)\s*:\s*(\S+)",
    count=r"NUMBER\s+OF\s+DATA\s*:\s*(\d+)",
    peaks=r"PGA\s+VALUES\s*\([^)]*\)\s*:(.*)",
    station=r"STATION\s+ID\s*:\s*(.*)",
    event=r"EARTHQUAKE\s+DATE\s*:\s*(.*)",
    start=r"RECORD\s+TIME\s*:\s*(.*)",
)
_CWB = ColumnFormat(
    begins=r"^#\s*StationCode\s*:",
    heading=r"#\s*Data\s*:",
    names=r"DataSequence\s*:\s*(.*)",
    unit=r"AmplitudeUnit\s*:\s*([^\s.]+)",
    rate=r"SampleRate\s*\(Hz\)\s*:\s*(\S+)",
    length=r"RecordLength\s*\(sec\)\s*:\s*(\S+)",
    peaks=r"AmplitudeMAX\.\s*\w\s*:(.*)",
    station=r"StationCode\s*:\s*(.*)",
    event=r"Origin\s*Time\s*\S*:\s*(.*)",
    start=r"StartTime\s*\S*:\s*(.*)",
)
_UNAM = ColumnFormat(
    begins=r"ARCHIVO EST[AÁ]NDAR DE ACELERACI[OÓ]N",
    heading=r"\s*CANAL-1\b",
    names=r"CANAL-1.*\n(.*)",
    unit=r"UNIDADES DE LOS DATOS\s*:\s*(.*)",
    step=r"INTERVALO DE MUESTREO, C1-C6 \(s\)\s*:\s*(\S+)",
    count=r"NUM\. TOTAL DE MUESTRAS, C1-C6\s*:\s*(\S+)",
    peaks=r"ACEL\. MAX\.\s*\(Gal\), C1-C6\s*:(.*)",
    station=r"CLAVE DE LA ESTACION\s*:\s*(.*)",
    event=r"FECHA DEL SISMO \[GMT\]\s*:\s*(.*)",
    start=r"HORA DE LA PRIMERA MUESTRA \(GMT\)\s*:\s*(.*)",
    skipped=2,
)
_JMA = ColumnFormat(
    begins=r"^\s*SITE CODE\s*=.*(?:\n.*){0,6}SAMPLING (?:RATE|FREQ)",
    heading=r"\s*\"?(?:NS|EW|UD|X|Y|Z)\"?\s*,\s*\"?(?:NS|EW|UD|X|Y|Z)\b",
    names=r"^\s*((?:NS|EW|UD|X|Y|Z)\s*,\s*(?:NS|EW|UD|X|Y|Z)\s*,\s*(?:NS|EW|UD|X|Y|Z))\s*,*\s*$",
    unit=r"UNIT\s*=\s*([^,(\n]+)",
    rate=r"SAMPLING (?:RATE|FREQ\w*)\.?\s*=\s*(\d+\.?\d*)\s*Hz",
    station=r"SITE CODE\s*=\s*([^,\n]*)",
    start=r"INITIAL TIME\s*=\s*([^,\n]*)",
)
#: The formats by the name that messages use.
FORMATS: dict[str, ColumnFormat] = {
    "AFAD (Turkey)": _AFAD,
    "CWB (Taiwan)": _CWB,
    "UNAM (Mexico) ASA": _UNAM,
    "JMA CSV": _JMA,
}
