"""The ``accelerograms`` provider: a folder of waveform files, response spectra computed from them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from gmplug.catalogue.components import DATA_SUFFIXES, parse_component
from gmplug.catalogue.metadata_table import MetadataTable
from gmplug.catalogue.pairing import RecordFiles, Waveform, make_records
from gmplug.catalogue.pulse_groups import with_pulse_groups
from gmplug.catalogue.records import tidy_records
from gmplug.catalogue.row_faults import RowFaults, rows_text
from gmplug.catalogue.titles import parse_title
from gmplug.errors import InputError
from gmplug.measures.registry import computed_columns, computed_measures
from gmplug.notes import doubtful, doubts_of
from gmplug.spectra import spectra_of_motions
from gmplug.spectra.many import PairSpectrum
from gmplug.units import acceleration_unit
from gmplug.values import Catalogue, FloatArray, Motion, Progress, no_progress
from gmplug.waveforms import Accelerogram, read_accelerogram
from gmplug.waveforms.motion import on_one_axis

#: Suffixes of formats that are not read: such files are opened for the message that names the format.
_FORMAT_SUFFIXES = frozenset(
    (".v1", ".v2", ".v3", ".v1a", ".v2a", ".smc", ".sac", ".mseed", ".msd", ".evt", ".gse")
)
#: Texts that lie beside accelerograms; the last is PEER's list of what was downloaded.
_ABOUT = re.compile(r"[_ ]*(readme|licen[cs]e|disclaimer|copyright|searchresults)", re.IGNORECASE)
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
) -> Catalogue:
    """Records from a folder of accelerograms: AT2, ESM and K-NET files, or text columns.

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
    """
    if periods_s is None:
        periods_s = np.geomspace(0.01, 10.0, 100)
    table = MetadataTable.read(metadata, skip_bad_rows) if metadata is not None else None
    files, others = _find_files(path, pattern, metadata)
    if units is not None:
        acceleration_unit(units, "[catalogue] units")
    reader = _Reader(time_step_s, units, table, skip_bad_files)
    waveforms = reader.read_all(files, progress)
    records, notes = _records(waveforms, path, pairs == "detect", table, reader.unreadable)
    records, more = _of_component(records, component)
    notes += more
    sa_g, measures = _spectra(records, reader, periods_s, component, workers, progress)
    rows = pd.DataFrame([_row(record) for record in records])
    rows["units"] = [reader.units_of(record.horizontal[0].path) or "" for record in records]
    rows = rows.assign(**measures)
    if table is not None:
        rows, more = table.merge(rows, records)
        notes += more
    if classify_pulses:
        rows, more = with_pulse_groups(rows, lambda row: reader.motion(records[row]), workers, progress)
        notes += more
    unknown = {"time_step_s": rows["time_step_s"].isna().all(), "units": (rows["units"] == "").all()}
    rows = rows.drop(columns=[name for name, absent in unknown.items() if absent])
    rows = rows.set_index(pd.RangeIndex(2, len(rows) + 2))
    tidy, more = tidy_records(rows, str(metadata or path), RowFaults(metadata or path, skip=None))
    paired = sum(len(record.horizontal) == 2 for record in records)
    used = sum(len(r.horizontal) + (r.vertical is not None) for r in records)
    counted = f"{used} files make {len(records)} records, {paired} of them with two horizontal components"
    return Catalogue(
        records=tidy.reset_index(drop=True),
        periods_s=np.asarray(periods_s, dtype=float),
        sa_g=sa_g,
        component=_component(paired, len(records), component),
        description=f"{len(records)} records from the accelerograms in {path.name}",
        notes=(counted, *others, *reader.notes(), *notes, *more),
    )


def _find_files(folder: Path, pattern: str, metadata: Path | None) -> tuple[list[Path], list[str]]:
    """Return the files to read, in order of their paths, and a note on others."""
    if not folder.is_dir():
        what = "is a file" if folder.is_file() else "no such folder"
        raise InputError(f"{folder}: {what}; [catalogue] path names a folder of accelerograms")
    present = [file for file in sorted(folder.rglob(pattern)) if file.is_file() and file.name[0] != "."]
    if metadata is not None:
        present = [file for file in present if file.resolve() != metadata.resolve()]
    files = [file for file in present if _may_be_accelerogram(file)]
    if not files:
        raise InputError(
            f"{folder}: holds no accelerograms matching '{pattern}' (AT2, text or CSV); "
            f"check [catalogue] path"
        )
    others = [file.name for file in present if not _may_be_accelerogram(file)]
    return files, [f"{len(others)} other files not read: {rows_text(others)}"] if others else []


def _may_be_accelerogram(file: Path) -> bool:
    suffix = file.suffix.lower()
    component = parse_component(Path(f"_{suffix}")).code  # in place of a format: ABC.NS, ABC.EW2, ABC.HNE
    known = suffix in {*DATA_SUFFIXES, *_FORMAT_SUFFIXES} or (bool(component) and not component.isdigit())
    return known and not _ABOUT.match(file.name)


@dataclass
class _Reader:
    """Reads files once where memory allows, and collects what is wrong with them."""

    time_step_s: float | None
    units: str | None
    table: MetadataTable | None
    skip_bad_files: bool
    _kept: dict[Path, Accelerogram] = field(default_factory=dict)
    _kept_samples: int = 0
    unreadable: list[Path] = field(default_factory=list)
    _bad: list[str] = field(default_factory=list)
    _remarks: list[str] = field(default_factory=list)

    def read_all(self, files: Sequence[Path], progress: Progress) -> list[Waveform]:
        """Return what could be read; raises InputError with one line for each bad file."""
        waveforms = []
        for done, file in enumerate(files):
            progress(done, 2 * len(files), f"reading {file.name}")
            try:
                waveforms.append(self._scan(file))
            except InputError as error:
                self._bad += map(_with_option, error.problems)
                self.unreadable.append(file)
        if self._bad and not self.skip_bad_files:
            raise InputError([f"{line}; {_SKIP}" for line in self._bad])
        if not waveforms:
            raise InputError(["[catalogue] path: none of the files can be read", *self._bad])
        return waveforms

    def _scan(self, file: Path) -> Waveform:
        step = self.table.time_step_s(file) if self.table is not None else None
        component = read_accelerogram(file, step or self.time_step_s, self.units_of(file))
        samples = len(component.acceleration_g)
        if not np.any(component.acceleration_g):
            raise InputError(f"{file}: the acceleration is zero throughout")
        self._remarks.extend(component.notes)
        if self._kept_samples + samples <= _KEPT_SAMPLES:
            self._kept[file] = component
            self._kept_samples += samples
        title = parse_title(component.header)
        return Waveform(file, title, component.time_step_s, samples, component.max_usable_period_s)

    def motion(self, record: RecordFiles) -> Motion:
        """Return a record's horizontal components on one time axis; their files are not kept any longer."""
        parts = [
            self._kept.pop(waveform.path)
            if waveform.path in self._kept
            else read_accelerogram(waveform.path, waveform.time_step_s, self.units_of(waveform.path))
            for waveform in record.horizontal
        ]
        return Motion(parts[0].time_step_s, on_one_axis(parts))

    def units_of(self, file: Path) -> str | None:
        """Return the unit that the metadata or the study gives for a file that states none."""
        return (self.table.units(file) if self.table is not None else None) or self.units

    def notes(self) -> list[str]:
        """Return one line for the files left out, one for what readers remarked, one for what is doubtful."""
        doubts = doubts_of(self._remarks)
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
    measures = {name: np.empty(len(records)) for name in computed_measures()}

    def motions() -> Iterator[Motion]:
        for row, record in enumerate(records):
            motion = reader.motion(record)
            for name, value in computed_columns(motion, 100.0 if component == "rotd100" else 50.0).items():
                measures[name][row] = value
            yield motion

    def show(done: float, total: float, message: str) -> None:
        progress(total + done, 2 * total, message)

    pair = _PAIRED[component][0] if component in _PAIRED else "rotd50"
    sa_g = spectra_of_motions(
        motions(), periods_s, workers=workers, progress=show, total=len(records), pair=pair
    )
    return sa_g, measures


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
    return made, [f"{without} records without a second component left out"] if without else []


def _component(paired: int, count: int, component: Component) -> str:
    pair = _PAIRED[component][1] if component in _PAIRED else ""
    if paired == 0:
        return f"single component ({component})" if component in ("h1", "h2") else "single component"
    if paired == count:
        return pair
    return f"{pair} ({paired} records) and single components ({count - paired})"
