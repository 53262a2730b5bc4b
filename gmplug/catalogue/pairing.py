"""Putting component files together into records, never two that may belong to different motions."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gmplug.catalogue.components import (
    Component,
    at_right_angles,
    azimuth_of,
    is_component,
    is_vertical,
    order,
    parse_component,
    perpendicular,
    plain_code,
    stem,
)
from gmplug.catalogue.row_faults import rows_text
from gmplug.catalogue.titles import Title
from gmplug.errors import InputError
from gmplug.notes import counted, doubtful
from gmplug.waveforms.motion import TIME_STEP_TOLERANCE
from gmplug.waveforms.reference import file_of

#: Channel codes of accelerometers with an orientation that has no fixed meaning (``HNA``, ``ENU``).
_OTHER_CHANNEL = re.compile(r"[hbe]n[a-z0-9]", re.IGNORECASE)
#: How to say which file is which component.
_ANSWER = (
    "name them in a table, [catalogue] metadata, by file_h1, file_h2 and file_v; or, if each of them is a "
    'horizontal record of its own, set [catalogue] pairs = "none"'
)


@dataclass(frozen=True)
class Waveform:
    """A component that was read: what is needed to tell which record it belongs to.

    ``path`` is ``FILE#2`` for the second component of a file that holds several. ``samples`` is the number of
    points, ``max_usable_period_s`` NaN where the header states no filter.
    """

    path: Path
    title: Title
    time_step_s: float
    samples: int
    max_usable_period_s: float = float("nan")
    processing: str = ""

    @property
    def file(self) -> Path:
        """The file; the same for the components of one."""
        return file_of(self.path)

    @property
    def shares_file(self) -> bool:
        """Whether the file holds further components."""
        return self.file != self.path

    @property
    def named(self) -> Component:
        """What the file's name says; nothing of the component where the file holds several."""
        return Component(stem(self.file)) if self.shares_file else parse_component(self.path)

    @property
    def code(self) -> str:
        """The component: as the title states it, else as the name does."""
        stated = plain_code(self.title.component)
        return stated if is_component(stated) else self.named.code

    @property
    def vertical(self) -> bool:
        """Whether it is the vertical component."""
        return is_vertical(self.code)

    @property
    def contradicts(self) -> bool:
        """Whether the title states another component than the name."""
        stated, named = plain_code(self.title.component), self.named
        if not is_component(stated) or not named.code or named.glued:
            return False
        if is_vertical(stated) != is_vertical(named.code):
            return True
        one, two = azimuth_of(stated), azimuth_of(named.code)
        return one is not None and two is not None and not at_right_angles(one + 90.0, two)

    @property
    def oriented(self) -> bool:
        """Whether title or name tell the component: not a number that may as well be the record's."""
        number = self.named.glued and self.code.isdigit() and int(self.code) % 90 != 0
        return bool(self.code) and not (number and not self.title.station)


@dataclass(frozen=True)
class RecordFiles:
    """The files of one record: one or two horizontal ones, and the vertical if there is one."""

    id: str
    horizontal: tuple[Waveform, ...]
    vertical: Waveform | None = None
    record_number: int | None = None

    @property
    def max_usable_period_s(self) -> float:
        """Longest period usable in every horizontal component whose filter is known, s; NaN if none is."""
        return float(np.fmin.reduce([part.max_usable_period_s for part in self.horizontal]))


def make_records(
    waveforms: Sequence[Waveform], folder: Path, *, pair: bool = True
) -> tuple[list[RecordFiles], list[str]]:
    """Return records in the order of their files, and notes.

    Two files are the horizontal components of one record if their names differ in the component alone, their
    titles (where they have them) state the same earthquake and station, their directions are at right
    angles, and their time steps agree. Without titles a number at the end of a name counts as an azimuth only
    if it is a multiple of 90 and just two files share the rest of the name and the number of points.

    Parameters
    ----------
    folder
        Where the files lie; ids hold the path below it where names alone are not unique.
    pair
        Whether to put components together at all; else every horizontal file is a record.

    Raises
    ------
    InputError
        Files look like components of one record, but which they are is not known.
    """
    if pair:
        _ask_about_unknown(waveforms, folder)
    groups: dict[object, list[Waveform]] = defaultdict(list)
    for waveform in waveforms:
        groups[_key(waveform) if pair else waveform.path].append(waveform)
    notes: list[str] = []
    records = [record for members in groups.values() for record in _records_of(members, notes)]
    used = {record.vertical.path for record in records if record.vertical}
    lone = sum(w.vertical and w.path not in used for w in waveforms)
    if lone:
        notes.append(f"{lone} vertical components without horizontal ones: left out")
    notes += _doubts(waveforms, folder, pair)
    records = _unique_ids(records, folder)
    position = {w.path: i for i, w in enumerate(waveforms)}
    return sorted(records, key=lambda record: min(position[w.path] for w in record.horizontal)), notes


def _ask_about_unknown(waveforms: Sequence[Waveform], folder: Path) -> None:
    """Raise InputError where names look like components of which not all are known.

    Names do where two or three differ in the last character of a short last part alone (``STA-A`` and
    ``STA-B``, ``STA_1`` to ``STA_3``) and their files have as many points; or where they end in an
    accelerometer's channel code of no fixed direction.
    """
    alike: dict[object, list[Waveform]] = defaultdict(list)
    problems = []
    shared: dict[object, list[Waveform]] = defaultdict(list)
    for waveform in waveforms:
        if waveform.shares_file:
            shared[_key(waveform)].append(waveform)
            continue
        name = stem(waveform.path)
        last = re.fullmatch(r".*[-_. ](\w{1,5})", name)
        if last is None:
            continue
        step = round(float(np.log(waveform.time_step_s)) / TIME_STEP_TOLERANCE)
        key = (waveform.path.parent, name[:-1].lower(), step, waveform.samples)
        alike[key].append(waveform)
        if not waveform.code and _OTHER_CHANNEL.fullmatch(last[1]) and not waveform.title.component:
            problems.append([waveform])
    for members in alike.values():
        if 2 <= len(members) <= 3 and not all(waveform.code for waveform in members):
            problems = [some for some in problems if some[0] not in members]
            problems.append(members)
    problems += [members for members in shared.values() if not _is_one_record(members)]
    if problems:
        shown = "; ".join(_listed(members, folder) for members in problems[:5])
        shown += f"; and {len(problems) - 5} more" if len(problems) > 5 else ""
        raise InputError(
            f"{folder}: which component is which is not known of {shown} (neither names nor headers say; a "
            f"vertical one must not be taken for horizontal): {_ANSWER}"
        )


def _is_one_record(members: Sequence[Waveform]) -> bool:
    """Tell whether the components of one station in one file are surely one record's."""
    if not all(is_component(waveform.code) for waveform in members):
        return False
    horizontal = [waveform for waveform in members if not waveform.vertical]
    if len(horizontal) > 2 or len(members) - len(horizontal) > 1:
        return False  # instruments at several places of a structure
    return len(horizontal) < 2 or perpendicular(horizontal[0].code, horizontal[1].code)


def _doubts(waveforms: Sequence[Waveform], folder: Path, pair: bool) -> list[str]:
    """Notes on what is used although name and header leave a doubt."""
    silent = [w for w in waveforms if not w.oriented] if pair else []
    against = [w for w in waveforms if w.contradicts]
    deep = [w for w in waveforms if w.named.borehole and not w.vertical]
    said = "; ".join(
        f"{w.path.name} (the header says {w.title.component}, the name {w.named.code.upper()})"
        for w in against[:5]
    )
    notes = {
        f"{counted(len(silent), 'file states', 'files state')} no direction in name or header: taken as "
        f"horizontal records of a single component: {_listed(silent, folder)}; if one is vertical, say so in "
        f"[catalogue] metadata (file_h1, file_h2, file_v)": silent,
        f"the header's component is not the name's in {counted(len(against), 'file')}, and is taken: "
        f"{said}": against,
        f"{counted(len(deep), 'file is', 'files are')} of KiK-net's instrument in the borehole (1; 2 is the "
        f"one on the surface): {_listed(deep, folder)}; keep them out by [catalogue] pattern": deep,
    }
    return [doubtful(note) for note, files in notes.items() if files]


def _listed(waveforms: Sequence[Waveform], folder: Path) -> str:
    return rows_text([waveform.path.relative_to(folder).as_posix() for waveform in waveforms])


def _key(waveform: Waveform) -> object:
    """Files with the same key may be components of one record."""
    named, title = waveform.named, waveform.title
    if waveform.shares_file:
        return ("file", str(waveform.file), title.station, Component("", waveform.code).channel)
    motion = tuple(" ".join(text.lower().split()) for text in (title.event, title.station))
    folder = str(waveform.path.parent).lower()
    if named.record_number is not None:
        return ("rsn", named.record_number, folder, motion)
    if not named.code and all(motion) and is_component(title.component):
        return ("title", folder, motion)  # the name says nothing, the header everything
    return ("name", named.base.lower(), named.channel, folder, motion)


def _records_of(members: Sequence[Waveform], notes: list[str]) -> list[RecordFiles]:
    """Return the records of files with one key."""
    horizontal = sorted((w for w in members if not w.vertical), key=lambda w: (order(w.code), str(w.path)))
    vertical = [w for w in members if w.vertical]
    if not horizontal:
        return []
    first, number = horizontal[0], horizontal[0].named.record_number
    if first.shares_file and len(horizontal) == 2 and same_step(*horizontal):
        third = vertical[0] if vertical and same_step(first, vertical[0]) else None
        return [RecordFiles(stem(first.file), tuple(horizontal), third, number)]
    third = vertical[0] if len(vertical) == 1 and _safe(first, vertical[0]) else None
    if len(horizontal) == 1:
        name = f"RSN{number}" if number is not None else stem(first.path)
        return [RecordFiles(name, (first,), third, number)]
    reason = _why_not(first, horizontal[1]) if len(horizontal) == 2 else "names"
    if not reason:
        name = f"RSN{number}" if number is not None else first.named.base.strip("-_. ")
        return [RecordFiles(name, tuple(horizontal), third, number)]
    if reason != "names":
        notes.append(f"not paired, {reason}: {first.path.name} and {horizontal[1].path.name}")
    if len(horizontal) > 2 and first.title.station:
        names = ", ".join(waveform.path.name for waveform in horizontal[:4])
        notes.append(f"not paired, more than two horizontal components: {names}")
    return [RecordFiles(stem(waveform.path), (waveform,), None, number) for waveform in horizontal]


def _safe(first: Waveform, second: Waveform) -> bool:
    """Tell whether a vertical file surely belongs to a horizontal one."""
    titled = bool(first.title.station) and bool(second.title.station)
    numbered = first.named.record_number is not None
    return same_step(first, second) and (titled or numbered or not second.named.glued)


def _why_not(first: Waveform, second: Waveform) -> str:
    """Say why two horizontal files with one key are not one record; empty where they are."""
    one, two = azimuth_of(first.code), azimuth_of(second.code)
    sure = bool(first.title.station) or first.named.record_number is not None
    numbers = not sure and (first.named.glued or first.code.isdigit() or second.code.isdigit())
    if numbers and (first.samples != second.samples or (one or 0) % 90 or (two or 0) % 90):
        return "names"
    if not perpendicular(first.code, second.code):
        if not sure or not (first.code or second.code):
            return "names"
        known = one is not None and two is not None
        return "directions not at right angles" if known else "directions not known"
    return "" if same_step(first, second) else "time steps differ"


def against_a_pair(first: Waveform, second: Waveform) -> str:
    """Say what names and titles of two files tell against one motion; empty where nothing does."""
    for what, one, two in (
        ("earthquakes", first.title.event, second.title.event),
        ("stations", first.title.station, second.title.station),
        ("record numbers", first.named.record_number, second.named.record_number),
    ):
        if one and two and str(one).casefold() != str(two).casefold():
            return f"the files are of two {what} ({one} and {two})"
    if first.code and second.code and not perpendicular(first.code, second.code):
        return f"directions {first.code} and {second.code} are not at right angles"
    return ""


def same_step(first: Waveform, second: Waveform) -> bool:
    """Tell whether two files have one time step, within the digits that headers print."""
    return abs(first.time_step_s - second.time_step_s) <= TIME_STEP_TOLERANCE * first.time_step_s


def _unique_ids(records: list[RecordFiles], folder: Path) -> list[RecordFiles]:
    """Return the records with ids made unique: by name, by file name, by path below the folder."""
    for rename in (_file_and_station, lambda first: first.path.relative_to(folder).as_posix()):
        counts = Counter(record.id.lower() for record in records)
        records = [
            record if counts[record.id.lower()] == 1 else replace(record, id=rename(record.horizontal[0]))
            for record in records
        ]
    return records


def _file_and_station(first: Waveform) -> str:
    """Return a file's name; with the station where the file holds several."""
    return f"{stem(first.file)}-{first.title.station}" if first.shares_file else stem(first.path)
