"""Cache of motions in a worker: several structures or levels use the same records."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from gmplug.values import Motion
from gmplug.waveforms import read_motion
from gmplug.waveforms.reference import file_of

#: Size of the accelerations that a worker keeps: some hundred records of three components.
CACHE_BYTES = 64 * 2**20
_FILES = ("file_h1", "file_h2", "file_v")


class MotionCache:
    """Reads motions and keeps those used last, up to a number of bytes.

    A file that has changed since (size or time of modification) is read again. Motions are shared, so their
    arrays cannot be written to.

    Parameters
    ----------
    most_bytes
        Size of the arrays that are kept. A larger motion is not kept.
    read
        Reads the motion of a record (a row of the selection).
    """

    def __init__(
        self, most_bytes: int = CACHE_BYTES, read: Callable[[Mapping[str, Any]], Motion] = read_motion
    ) -> None:
        self._most_bytes = most_bytes
        self._read = read
        self._kept: OrderedDict[Hashable, Motion] = OrderedDict()
        self.held_bytes = 0

    def read(self, record: Mapping[str, Any]) -> Motion:
        """Return the motion of a record; raises as :func:`gmplug.read_motion` does."""
        key = _key(record)
        motion = None if key is None else self._kept.get(key)
        if motion is not None:
            self._kept.move_to_end(key)
            return motion
        motion = self._read(record)
        for part in (motion.horizontal_g, motion.vertical_g):
            if part is not None:
                part.flags.writeable = False
        if key is not None:
            self._keep(key, motion)
        return motion

    def _keep(self, key: Hashable, motion: Motion) -> None:
        self._kept[key] = motion
        self.held_bytes += _bytes(motion)
        while self.held_bytes > self._most_bytes:
            _, oldest = self._kept.popitem(last=False)
            self.held_bytes -= _bytes(oldest)


def _key(record: Mapping[str, Any]) -> Hashable:
    """Return the inputs of a motion; None where a file is missing, which the reader reports."""
    names = [str(record.get(key) or "").strip() for key in _FILES]
    try:
        stats = [file_of(name).stat() if name and name != "nan" else None for name in names]
    except (OSError, ValueError):
        return None
    files = tuple(
        None if stat is None else (name, stat.st_size, stat.st_mtime_ns)
        for name, stat in zip(names, stats, strict=True)
    )
    return (*files, str(record.get("time_step_s")), str(record.get("units")))


def _bytes(motion: Motion) -> int:
    vertical = motion.vertical_g
    return motion.horizontal_g.nbytes + (0 if vertical is None else vertical.nbytes)
