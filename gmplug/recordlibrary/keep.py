"""Reads files and computes values of motions for the build of a library, each once."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gmplug._version import __version__
from gmplug.catalogue.keeper import Compute, Keeper, WaveformFile
from gmplug.errors import InputError, StudyError
from gmplug.recordlibrary.files import COMPUTED, SOURCES, read_about, read_table
from gmplug.recordlibrary.journal import Journal
from gmplug.recordlibrary.sources import (
    SOURCE_COLUMNS,
    Key,
    Part,
    Reading,
    Source,
    key_of,
    read_or_raise,
    read_source,
    source_from,
)
from gmplug.values import FloatArray, Motion, Progress
from gmplug.waveforms import Accelerogram
from gmplug.waveforms.reference import file_of, split_reference

if TYPE_CHECKING:
    from gmplug.host import Host


class LibraryKeeper(Keeper):
    """Keeps what it reads and computes in the library, and in journals while the build lasts.

    Parameters
    ----------
    folder
        The library.
    scratch
        Its folder for what an unfinished build has done.
    workers
        Processes that read files.
    host
        The plugins, whose formats read files and whose measures are computed.
    fresh
        Use nothing of an earlier build.
    """

    def __init__(self, folder: Path, scratch: Path, workers: int, host: Host, *, fresh: bool = False) -> None:
        self._folder, self._workers = folder, workers
        self._code = host.code_of_hook("gmplug_intensity_measures")
        formats = {name: code for name, code in host.code_of_hook("gmplug_waveform_formats").items() if code}
        reader = f"{__version__} {json.dumps(formats, sort_keys=True)}" if formats else __version__
        self._reading = Reading(folder, reader, tuple(host.scripts))
        self._read_log, self._computed_log = Journal(scratch / "read"), Journal(scratch / "computed")
        self._known: dict[Key, Source] = {}
        self._computed: dict[str, dict[str, FloatArray]] = {}
        self._by_result: dict[Key, Source] = {}
        #: What this build has used.
        self.sources: dict[Key, Source] = {}
        self.computed: dict[str, dict[str, FloatArray]] = {}
        self.read_anew = 0
        if not fresh:
            self._take_earlier()

    def _take_earlier(self) -> None:
        """Use what the finished library and the unfinished build have; what is not readable is made anew."""
        tables = (_rows(self._folder, SOURCES), _rows(self._folder, COMPUTED))
        for stated in (*tables[0], *self._read_log):
            try:
                source = source_from(stated)
            except (TypeError, KeyError, ValueError):
                continue
            self._known[source.key] = source
        for stated in (*tables[1], *self._computed_log):
            try:
                values = {name: np.asarray(row, dtype=float) for name, row in stated["values"].items()}
                self._computed[str(stated["key"])] = values
            except (TypeError, KeyError, ValueError, AttributeError):
                continue

    def read_ahead(self, files: Iterable[WaveformFile], progress: Progress) -> None:
        """Read the files that are new or have changed, in processes."""
        whole = {key_of(one): one for one in (replace(file, path=file_of(file.path)) for file in files)}
        wanted = [file for file in whole.values() if self._unchanged(file) is None]
        if not wanted:
            return
        from joblib import Parallel, delayed

        found = Parallel(n_jobs=min(self._workers, len(wanted)), return_as="generator")(
            delayed(read_source)(file, self._reading, os.getpid()) for file in wanted
        )
        try:
            for done, (file, source) in enumerate(zip(wanted, found, strict=True), start=1):
                if source is not None:
                    self._remember(source)
                progress(done, 2 * len(wanted), f"reading {file.path.name}")
        except BrokenProcessPool as error:
            raise StudyError(
                f"a process that reads waveforms ended ({error}); run again, with fewer --workers if memory "
                "was short: what was read is kept"
            ) from error

    def read(self, file: WaveformFile) -> list[Accelerogram]:
        """Return the components of a file; raises InputError where it cannot be read."""
        return [part.accelerogram(self._folder) for part in self._source(file).parts]

    def part(self, file: WaveformFile) -> Part:
        """Return the component that ``file`` names; raises InputError where it cannot be read."""
        path, number = split_reference(file.path)
        parts = self._source(replace(file, path=path)).parts
        if number is None and len(parts) > 1:
            raise InputError(f"{path}: holds {len(parts)} components; name one, such as {path}#1")
        if not 1 <= (number or 1) <= len(parts):
            raise InputError(f"{file.path}: the file holds {len(parts)} components of acceleration")
        return parts[(number or 1) - 1]

    def _source(self, file: WaveformFile) -> Source:
        """Return what is known of a file that is as it was, reading it where needed."""
        return self._unchanged(file) or self._remember(read_or_raise(file, self._reading))

    def _unchanged(self, file: WaveformFile) -> Source | None:
        """Return what is known of a file, checked once in a build."""
        key = key_of(file)
        used = self.sources.get(key) or self._by_result.get(key)
        if used is not None:
            return used
        known = self._known[key].current(self._reading.reader) if key in self._known else None
        if known is None:
            return None
        try:
            for part in known.parts:
                part.accelerogram(self._folder)
        except InputError:
            return None
        return self._use(known)

    def _remember(self, source: Source) -> Source:
        self._read_log.add(source.plain())
        self.read_anew += 1
        return self._use(source)

    def _use(self, source: Source) -> Source:
        self.sources[source.key] = source
        for part in source.parts:  # a catalogue's row gives the file's own time step
            self._by_result[source.path, part.time_step_s, source.given_units] = source
        return source

    def remembering(self, compute: Compute, **settings: Any) -> Compute:
        """Return a function that computes the values of a motion once."""
        text = json.dumps({"gmplug": __version__, "code": self._code, **settings}, sort_keys=True)

        def once(motion: Motion) -> Mapping[str, FloatArray]:
            key = _digest(text, motion)
            values = self._computed.get(key)
            if values is None:
                values = {name: np.asarray(row, dtype=float) for name, row in compute(motion).items()}
                plain = {name: row.tolist() for name, row in values.items()}
                self._computed_log.add({"key": key, "values": plain})
            self.computed[key] = values
            return values

        return once

    def close(self) -> None:
        """Close the journals."""
        self._read_log.close()
        self._computed_log.close()

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return what a later build starts from, by the table's file, in an order of its own."""
        sources = [self.sources[key].plain() for key in sorted(self.sources, key=repr)]
        computed = [
            {"key": key, "name": name, "values": row.tolist()}
            for key, values in sorted(self.computed.items())
            for name, row in values.items()
        ]
        return {
            SOURCES: pd.DataFrame(sources, columns=list(SOURCE_COLUMNS)),
            COMPUTED: pd.DataFrame(computed, columns=["key", "name", "values"]),
        }

    def waveforms_in_use(self) -> set[str]:
        """Return the names of the waveforms that were read or used."""
        return {Path(part.waveform).name for source in self.sources.values() for part in source.parts}


def _digest(text: str, motion: Motion) -> str:
    digest = hashlib.sha256(text.encode())
    digest.update(repr((motion.time_step_s, motion.horizontal_g.shape)).encode())
    digest.update(np.ascontiguousarray(motion.horizontal_g).tobytes())
    if motion.vertical_g is not None:
        digest.update(motion.vertical_g.tobytes())
    return digest.hexdigest()


def _rows(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table of an earlier build, those of one key together; none where it was changed."""
    try:
        table = read_table(folder, name, read_about(folder))
    except InputError:
        return
    if name == SOURCES:
        for row in table.to_dict("records"):
            yield {str(name): _plain(value) for name, value in row.items()}
    elif {"key", "name", "values"} <= set(table):
        for key, rows in table.groupby("key", sort=False):
            yield {"key": key, "values": dict(zip(rows["name"], rows["values"], strict=True))}


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and np.isnan(value) else value
