"""What a provider of accelerograms reads and computes; the build of a record library keeps both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gmplug.values import FloatArray, Motion, Progress
from gmplug.waveforms import Accelerogram, read_accelerograms

#: Computes values of a motion by name, each of shape (n,).
Compute = Callable[[Motion], Mapping[str, FloatArray]]


@dataclass(frozen=True)
class WaveformFile:
    """A file to read, with the time step, s, and the unit of acceleration for a file that states none."""

    path: Path
    time_step_s: float | None = None
    units: str | None = None


class Keeper:
    """Reads files and computes values of motions. This one keeps nothing; see ``gmplug/recordlibrary``."""

    def read_ahead(self, files: Iterable[WaveformFile], progress: Progress) -> None:
        """Read files that :meth:`read` will be asked for, in parallel; this one does not."""

    def read(self, file: WaveformFile) -> list[Accelerogram]:
        """Return the components of a file; raises InputError as :func:`read_accelerograms` does."""
        return read_accelerograms(file.path, file.time_step_s, file.units)

    def remembering(self, compute: Compute, **settings: Any) -> Compute:
        """Return ``compute``, which may give again what it gave for the same motion and ``settings``.

        ``settings`` are plain data: all that the values depend on besides the motion.
        """
        return compute
