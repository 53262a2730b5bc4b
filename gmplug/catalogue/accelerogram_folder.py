"""The ``accelerograms`` provider: a folder of waveform files, response spectra computed from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from gmplug.catalogue.folder_files import find_files
from gmplug.catalogue.keeper import Keeper, WaveformFile
from gmplug.catalogue.metadata_table import MetadataTable
from gmplug.catalogue.pairing import RecordFiles, Waveform, make_records
from gmplug.catalogue.pulse_groups import with_pulse_groups
from gmplug.catalogue.records import tidy_records
from gmplug.catalogue.row_faults import RowFaults, rows_text
from gmplug.catalogue.titles import Title, parse_title
from gmplug.errors import InputError
from gmplug.measures.registry import computed_columns, computed_measures
from gmplug.notes import counted, doubtful, doubts_of
from gmplug.spectra.many import PairSpectrum, map_in_threads, spectrum_of_motion
from gmplug.units import acceleration_unit
from gmplug.values import Catalogue, FloatArray, Motion, Progress, no_progress
from gmplug.waveforms import Accelerogram
from gmplug.waveforms.motion import on_one_axis
from gmplug.waveforms.reference import file_of

#: Acceleration samples kept between the two passes over the files; beyond that they are read again.
_KEPT_SAMPLES = 40_000_000
#: What the spectrum of a record with two horizontal components may be.
Component = Literal["rotd50", "rotd100", "geometric-mean", "h1", "h2", "each"]
_PAIRED: Mapping[str, tuple[PairSpectrum, str]] = {
    "rotd50": ("rotd50", "RotD50"),
    "rotd100": ("rotd100", "RotD100"),
    "geometric-mean": ("geometric-mean", "geometric mean"),
}
_SKIP = "correct or remove it, or set [catalogue] skip_bad_files = true to leave such files out"
#: What the user can do about a problem of a file, in place of what the reader says.
_REMEDIES = {
    "no time step stated": "set [catalogue] time_step_s, or a column time_step_s in the metadata",
    "no unit of acceleration stated": (
        'set [catalogue] units, such as "g" or "m/s2", or a column units in the metadata'
    ),
    "no line of numbers": "if it is a table about the records, name it in [catalogue] metadata",
}


def accelerograms(
    path: Path,
    metadata: Path | None = None,
    pairs: Literal["detect", "none"] = "detect",
    time_step_s: float | None = None,
    units: str | None = None,
    pattern: str = "*",
    skip_bad_files: bool = False,
    skip_bad_rows: bool = False,
    component: Component = "rotd50",
    classify_pulses: bool = False,
    periods_s: FloatArray | None = None,
    workers: int = 1,
    progress: Progress = no_progress,
    keeper: Keeper | None = None,
) -> Catalogue:
    """Records from a folder of accelerograms, in any of the formats that gmplug reads, or text columns.

    Parameters
    ----------
    path
        The folder; folders below it are searched too.
    metadata
        Table (CSV, XLSX, Parquet) with columns as in gmplug's catalogues, keyed by ``file``, ``id`` or
        ``record_number``; ``file_h1``, ``file_h2`` and ``file_v`` state which files are one record.
    pairs
        ``detect`` puts the two horizontal components of a station together by name and title; ``none`` makes
        every horizontal file a record.
    time_step_s
        Time step, s, of files that state none. What a file states goes first.
    units
        Unit of acceleration of files that state none, such as ``g``, ``m/s2`` or ``gal``. What a file states
        goes first.
    pattern
        Which files to read, such as ``*.AT2``.
    skip_bad_files
        Leave out files that cannot be read, with a note, instead of stopping.
    skip_bad_rows
        Leave out bad rows of the metadata, with a note, instead of stopping.
    component
        What the spectra of two horizontal components are: ``rotd50``, ``rotd100`` or ``geometric-mean`` of
        the pair, which has one scale factor; ``h1`` or ``h2`` alone; ``each`` makes both records.
    classify_pulses
        Classify records whose metadata state no group by their waveforms: ``pulse`` or ``nonpulse``.
    periods_s
        Given: the study's periods, s, at which spectra are computed.
    workers
        Given: processes or threads to use at most.
    keeper
        Given: reads the files; in the build of a record library it keeps what it read.
    """
    if periods_s is None:
        periods_s = np.geomspace(0.01, 10.0, 100)
    table = MetadataTable.read(metadata, skip_bad_rows) if metadata is not None else None
    files, others = find_files(path, pattern, metadata)
    if units is not None:
        acceleration_unit(units, "[catalogue] units")
    reader = _Reader(time_step_s, units, table, skip_bad_files, keeper or Keeper())
    waveforms = reader.read_all(files, progress)
    records, notes = _records(waveforms, path, pairs == "detect", table, reader.unreadable)
    records, more = _of_component(records, component)
    notes += more
    sa_g, measures = _spectra(records, reader, periods_s, component, workers, progress)
    rows = pd.DataFrame([_row(record) for record in records])
    rows["units"] = [reader.units_of(record.horizontal[0].file) or "" for record in records]
    rows = rows.assign(**measures)
    if table is not None:
        rows, more = table.merge(rows, records)
        notes += more
    if classify_pulses:
        rows, more = with_pulse_groups(rows, lambda row: reader.motion(records[row]), workers, progress)
        notes += more
    unknown = {name: (rows[name] == "").all() for name in ("units", "components", "processing")}
    unknown["time_step_s"] = rows["time_step_s"].isna().all()
    rows = rows.drop(columns=[name for name, absent in unknown.items() if absent])
    rows = rows.set_index(pd.RangeIndex(2, len(rows) + 2))
    tidy, more = tidy_records(rows, str(metadata or path), RowFaults(metadata or path, skip=None))
    paired = sum(len(record.horizontal) == 2 for record in records)
    used = {part.file for r in records for part in (*r.horizontal, r.vertical) if part is not None}
    source = f"{counted(len(used), 'file')} {'makes' if len(used) == 1 else 'make'}"
    how = f"{source} {counted(len(records), 'record')}, {paired} of them with two horizontal components"
    return Catalogue(
        records=tidy.reset_index(drop=True),
        periods_s=np.asarray(periods_s, dtype=float),
        sa_g=sa_g,
        component=_component(paired, len(records), component),
        description=f"{counted(len(records), 'record')} from the accelerograms in {path.name}",
        notes=(how, *others, *reader.notes(), *notes, *more),
    )


@dataclass
class _Reader:
    """Reads files once where memory allows, and collects what is wrong with them."""

    time_step_s: float | None
    units: str | None
    table: MetadataTable | None
    skip_bad_files: bool
    keeper: Keeper
    _kept: dict[Path, Accelerogram] = field(default_factory=dict)
    _kept_samples: int = 0
    unreadable: list[Path] = field(default_factory=list)
    _bad: list[str] = field(default_factory=list)
    _remarks: dict[str, None] = field(default_factory=dict)

    def read_all(self, files: Sequence[Path], progress: Progress) -> list[Waveform]:
        """Return what could be read; raises InputError with one line for each bad file."""
        waveforms = []
        self.keeper.read_ahead(map(self._given, files), progress)
        for done, file in enumerate(files):
            progress(done, 2 * len(files), f"reading {file.name}")
            try:
                waveforms += self._scan(file)
            except InputError as error:
                self._bad += map(_with_option, error.problems)
                self.unreadable.append(file)
        if self._bad and not self.skip_bad_files:
            raise InputError([f"{line}; {_SKIP}" for line in self._bad])
        if not waveforms:
            raise InputError(["[catalogue] path: none of the files can be read", *self._bad])
        return waveforms

    def _scan(self, file: Path) -> list[Waveform]:
        """Return the components of a file."""
        found = []
        for part in self.keeper.read(self._given(file)):
            path, samples = part.path or file, len(part.acceleration_g)
            if not np.any(part.acceleration_g):
                raise InputError(f"{path}: the acceleration is zero throughout")
            self._remarks.update(dict.fromkeys(part.notes))  # components of one file share some
            if self._kept_samples + samples <= _KEPT_SAMPLES:
                self._kept[path] = part
                self._kept_samples += samples
            found.append(waveform_of(path, part))
        return found

    def motion(self, record: RecordFiles) -> Motion:
        """Return a record's horizontal components on one time axis; their files are not kept any longer."""
        paths = [waveform.path for waveform in record.horizontal]
        if not all(path in self._kept for path in paths):
            for file in {waveform.file: None for waveform in record.horizontal}:
                self._kept |= {part.path or file: part for part in self.keeper.read(self._given(file))}
        parts = [self._kept.pop(path) for path in paths]
        starts = [part.start_time_s for part in parts]
        if max(starts) - min(starts) > 0.5 * parts[0].time_step_s:
            text = f"the components of {record.id} begin {max(starts) - min(starts):g} s apart, as they state"
            self._remarks[doubtful(f"{text}: the later one is taken as zero before")] = None
        return Motion(parts[0].time_step_s, on_one_axis(parts))

    def _given(self, file: Path) -> WaveformFile:
        step = self.table.time_step_s(file) if self.table is not None else None
        return WaveformFile(file, step or self.time_step_s, self.units_of(file))

    def units_of(self, file: Path) -> str | None:
        """Return the unit that the metadata or the study gives for a file that states none."""
        return (self.table.units(file) if self.table is not None else None) or self.units

    def notes(self) -> list[str]:
        """Return one line for the files left out, one for what readers remarked, one for what is doubtful."""
        doubts = doubts_of(list(self._remarks))
        remarks = [remark for remark in self._remarks if remark != doubtful(remark)]
        told = (
            (self._bad, "files left out, as they cannot be read", "file left out, as it cannot be read"),
            (remarks, "remarks on files", "remark on a file"),
            (doubts, "doubts about files", "doubt about a file"),
        )
        notes = [
            f"{len(lines)} {one if len(lines) == 1 else many}: {'; '.join(lines[:5])}"
            for lines, many, one in told
            if lines
        ]
        return [*notes[:-1], doubtful(notes[-1])] if doubts else notes


def waveform_of(path: Path, part: Accelerogram) -> Waveform:
    """Return what tells which record a component belongs to."""
    samples = len(part.acceleration_g)
    return Waveform(path, _title(part), part.time_step_s, samples, part.max_usable_period_s, part.processing)


def _title(part: Accelerogram) -> Title:
    """Return what a reader found of event, station and component, else what the header's title says."""
    if part.station or part.component:
        return Title(part.event, part.station, part.component)
    return parse_title(part.header)


def _with_option(line: str) -> str:
    remedy = next((remedy for problem, remedy in _REMEDIES.items() if problem in line), None)
    return line if remedy is None else f"{line.split(';')[0]}; {remedy}"


def _records(
    waveforms: list[Waveform],
    folder: Path,
    pair: bool,
    table: MetadataTable | None,
    unreadable: Sequence[Path],
) -> tuple[list[RecordFiles], list[str]]:
    stated, dropped, told = (
        table.stated_records(waveforms, folder, unreadable) if table is not None else ([], set[Path](), [])
    )
    used = {
        part.path for record in stated for part in (*record.horizontal, record.vertical) if part
    } | dropped
    rest = [waveform for waveform in waveforms if waveform.path not in used]
    named = {file_of(path) for path in used}
    spare = [waveform for waveform in rest if waveform.file in named]
    if spare:
        rest = [waveform for waveform in rest if waveform.file not in named]
        shown = rows_text([waveform.path.name for waveform in spare])
        told = [
            *told,
            f"{len(spare)} further components of files that the metadata name are left out: {shown}",
        ]
    found, notes = make_records(rest, folder, pair=pair) if rest else ([], [])
    names = {record.id.lower() for record in stated}
    clash = [record.id for record in found if record.id.lower() in names]
    if clash:
        raise InputError(
            f"[catalogue] metadata: the id {rows_text(clash)} is stated for one record and is the "
            f"name of another file; choose another id"
        )
    if not stated and not found:
        raise InputError(["[catalogue] path: the files make no record", *notes])
    return stated + found, told + notes


def _row(record: RecordFiles) -> dict[str, Any]:
    first = record.horizontal[0]
    parts = (*record.horizontal, *([record.vertical] if record.vertical else []))
    longest = record.max_usable_period_s
    row: dict[str, Any] = {
        "id": record.id,
        "event": first.title.event,
        "station": first.title.station,
        "max_usable_period_s": longest if np.isfinite(longest) else np.nan,
        "file_h1": str(first.path.resolve()),
        "file_h2": str(record.horizontal[1].path.resolve()) if len(record.horizontal) > 1 else "",
        "file_v": str(record.vertical.path.resolve()) if record.vertical else "",
        "time_step_s": first.time_step_s,
        "components": ", ".join(part.title.component or part.code for part in parts).strip(", "),
        "processing": ", ".join(sorted({part.processing for part in parts} - {""})),
    }
    if record.record_number is not None:
        row["record_number"] = record.record_number
    return row


def _spectra(
    records: list[RecordFiles],
    reader: _Reader,
    periods_s: FloatArray,
    component: Component,
    workers: int,
    progress: Progress,
) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Return Sa, g, shape (N, P), of single components or pairs, and further intensity measures."""
    pair = _PAIRED[component][0] if component in _PAIRED else "rotd50"
    percentile = {"rotd100": 100.0, "geometric-mean": None}.get(component, 50.0)

    def compute(motion: Motion) -> dict[str, FloatArray]:
        values = computed_columns(motion, percentile)
        return {
            "sa_g": spectrum_of_motion(motion, periods_s, pair=pair),
            **{name: np.atleast_1d(value) for name, value in values.items()},
        }

    settings = {"periods_s": periods_s.tolist(), "pair": pair, "percentile": percentile}
    compute_once = reader.keeper.remembering(compute, **settings, measures=computed_measures())
    found = []
    for values in map_in_threads(compute_once, map(reader.motion, records), workers):
        found.append(values)
        progress(len(records) + len(found), 2 * len(records), "response spectra")
    measures = {name: np.array([values[name][0] for values in found]) for name in found[0]}
    return np.array([values["sa_g"] for values in found]), {n: v for n, v in measures.items() if n != "sa_g"}


def _of_component(records: list[RecordFiles], component: Component) -> tuple[list[RecordFiles], list[str]]:
    """Return records with the components asked for, the vertical carried along, and notes."""
    if component in _PAIRED:
        return records, []
    made: list[RecordFiles] = []
    without = 0
    for record in records:
        if component == "each" and len(record.horizontal) == 2:
            made += [
                replace(record, id=f"{record.id}-{name}", horizontal=(part,))
                for name, part in zip(("h1", "h2"), record.horizontal, strict=True)
            ]
        elif component == "h2" and len(record.horizontal) == 1:
            without += 1
        else:
            made.append(replace(record, horizontal=(record.horizontal[1 if component == "h2" else 0],)))
    if not made:
        raise InputError(
            '[catalogue] component: "h2" leaves no record, as none has two horizontal components'
        )
    return made, [f"{counted(without, 'record')} without a second component left out"] if without else []


def _component(paired: int, count: int, component: Component) -> str:
    pair = _PAIRED[component][1] if component in _PAIRED else ""
    if paired == 0:
        return f"single component ({component})" if component in ("h1", "h2") else "single component"
    if paired == count:
        return pair
    return f"{pair} ({counted(paired, 'record')}) and single components ({count - paired})"
