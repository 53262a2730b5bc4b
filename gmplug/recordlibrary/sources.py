"""Source files of a library: what a file was when it was read, and where its waveforms lie in the library."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import threading
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gmplug.catalogue.keeper import Keeper, WaveformFile
from gmplug.chain.fingerprint import file_digest
from gmplug.errors import InputError
from gmplug.recordlibrary.files import WAVEFORMS
from gmplug.waveforms import Accelerogram, read_accelerogram
from gmplug.waveforms.beside import times_beside
from gmplug.waveforms.npy import write_npy

#: What tells one reading from another: the file, and what was given for a file that states none.
Key = tuple[str, float | None, str | None]


@dataclass(frozen=True)
class Part:
    """One component of a file.

    Parameters
    ----------
    path
        The file, as :class:`gmplug.Accelerogram` names the component.
    waveform
        File of the library with the acceleration, g, relative to the library.
    time_step_s, start_time_s
        As in :class:`gmplug.Accelerogram`.
    stated
        The other fields of the accelerogram, as JSON.
    """

    path: str
    waveform: str
    time_step_s: float
    start_time_s: float
    stated: str

    def accelerogram(self, folder: Path) -> Accelerogram:
        """Return what was read, from the library's waveform; InputError where that is not as it was."""
        kept = read_accelerogram(folder / self.waveform, self.time_step_s, "g")
        stated = json.loads(self.stated)
        fields: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in stated.items()
        }
        return Accelerogram(
            self.time_step_s,
            kept.acceleration_g,
            path=Path(self.path),
            start_time_s=self.start_time_s,
            **fields,
        )


_OWN = ("path", "acceleration_g", "time_step_s", "start_time_s")


@dataclass(frozen=True)
class Source:
    """A file that was read.

    Parameters
    ----------
    path, given_time_step_s, given_units
        The file, and the step and unit that were given.
    size, mtime_ns, sha256
        The file's content when it was read.
    reader
        Version of gmplug that read it, with the code of packages that add formats.
    parts
        Its components.
    """

    path: str
    given_time_step_s: float | None
    given_units: str | None
    size: int
    mtime_ns: int
    sha256: str
    reader: str
    parts: tuple[Part, ...]

    @property
    def key(self) -> Key:
        """What tells this reading from others."""
        return self.path, self.given_time_step_s, self.given_units

    def current(self, reader: str) -> Source | None:
        """Return what holds of the file as it is now; None where it must be read anew.

        A file of the same size and time of modification counts as unchanged; of another time, where its
        content has the same checksum. ``reader`` is the one of this build.
        """
        path = Path(self.path)
        if self.reader != reader or not path.is_file():
            return None
        size, mtime_ns = _state(path)
        if size != self.size:
            return None
        if mtime_ns == self.mtime_ns:
            return self
        return dataclasses.replace(self, mtime_ns=mtime_ns) if digest_of(path) == self.sha256 else None

    def plain(self) -> dict[str, Any]:
        """Return the fields as plain data; the parts are JSON."""
        parts = json.dumps([dataclasses.asdict(part) for part in self.parts])
        return {**{name: getattr(self, name) for name in SOURCE_COLUMNS}, "parts": parts}


SOURCE_COLUMNS = tuple(field.name for field in dataclasses.fields(Source))


def key_of(file: WaveformFile) -> Key:
    """Return what tells the reading of a file from others."""
    return os.path.realpath(file.path), file.time_step_s, file.units


def source_from(stated: dict[str, Any]) -> Source:
    """Return what :meth:`Source.plain` gave; TypeError, KeyError or ValueError for other data."""
    return Source(**{**stated, "parts": tuple(Part(**part) for part in json.loads(stated["parts"]))})


def _contents(path: Path) -> list[Path]:
    """Return the file, and the one beside it with its times."""
    times = times_beside(path)
    return [path] if times is None else [path, times]


def _state(path: Path) -> tuple[int, int]:
    stats = [file.stat() for file in _contents(path)]
    return sum(stat.st_size for stat in stats), max(stat.st_mtime_ns for stat in stats)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a source file; with times in a file beside it, of both checksums."""
    digests = [file_digest(file) for file in _contents(path)]
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


@dataclass(frozen=True)
class Reading:
    """How a build reads: the library's folder, what ``Source.reader`` says, and the scripts of the study."""

    folder: Path
    reader: str
    scripts: tuple[Path, ...] = ()


def read_source(file: WaveformFile, reading: Reading, build: int) -> Source | None:
    """Read a file and write its waveforms to the library; None where it cannot be read (no message yet).

    ``build`` is the id of the process that builds: a worker ends with it.
    """
    if os.getpid() != build:
        _end_with(build)
        _load_plugins(reading.scripts)
    try:
        return read_or_raise(file, reading)
    except InputError:
        return None


def read_or_raise(file: WaveformFile, reading: Reading) -> Source:
    """Read a file and write its waveforms to the library; raises InputError where it cannot be read."""
    found = Keeper().read(file)
    size, mtime_ns = _state(file.path)
    return Source(
        *key_of(file),
        size=size,
        mtime_ns=mtime_ns,
        sha256=digest_of(file.path),
        reader=reading.reader,
        parts=tuple(_part(one, file, reading.folder) for one in found),
    )


def _part(one: Accelerogram, file: WaveformFile, folder: Path) -> Part:
    path = one.path or file.path
    stated = {
        field.name: getattr(one, field.name) for field in dataclasses.fields(one) if field.name not in _OWN
    }
    name = write_npy(folder / WAVEFORMS, path.name.removesuffix(path.suffix), one.acceleration_g)
    return Part(
        str(path),
        f"{WAVEFORMS}/{name}",
        float(one.time_step_s),
        float(one.start_time_s),
        json.dumps(stated, sort_keys=True),
    )


@cache
def _load_plugins(scripts: tuple[Path, ...]) -> None:
    """Put the formats of packages and scripts in use, as they are in the process that builds."""
    from gmplug.host import Host

    Host(scripts)


@cache
def _end_with(build: int) -> None:
    """Let this worker end when the build does: after a kill it would wait for work for minutes."""

    def watch() -> None:
        while os.getppid() == build:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
