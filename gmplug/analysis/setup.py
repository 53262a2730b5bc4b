"""What all analyses of a study have in common, as plain data that a worker process can be sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class AnalysisSetup:
    """The structure and the settings of the analyses.

    Parameters
    ----------
    model
        Name of a structure, or path of a script (ending in ``.py``, taken from ``base_dir``).
    conditioning_period_s
        T*, s.
    options
        Options of the structure.
    base_dir
        Folder from which relative paths are taken.
    scripts
        Absolute paths of the study's scripts, which are plugins.
    damping_ratio
        Given to the structure.
    component
        Horizontal component that excites the model's (first) horizontal direction, ``h1`` or ``h2``; or
        ``both``: the first component in the first direction, the second in the second.
    vertical
        Whether the vertical component excites the model too.
    solver
        Options of :func:`gmplug.analysis.solver_settings.solver_settings`, over those of the model's script.
    time_step_s
        Longest time step; None for a hundredth of the model's first period.
    free_vibration_s
        Time after the motion's end; None for ten times the model's first period.
    histories
        Response histories that are kept of each analysis: all, none, or those of these names. They lie
        beside the logs, so there are none without ``log_dir``.
    accept
        Quantities whose values are used although they are outside what is possible (``gmplug.plausible``).
    log_dir
        Folder for what OpenSees and scripts print, one file for each analysis; None to let it through.
    """

    model: str
    conditioning_period_s: float
    options: Mapping[str, Any] = field(default_factory=dict)
    base_dir: Path = Path()
    scripts: tuple[Path, ...] = ()
    damping_ratio: float = 0.05
    component: str = "h1"
    vertical: bool = False
    solver: Mapping[str, Any] = field(default_factory=dict)
    time_step_s: float | None = None
    free_vibration_s: float | None = None
    histories: bool | tuple[str, ...] = False
    accept: tuple[str, ...] = ()
    log_dir: Path | None = None

    @property
    def keeps_histories(self) -> bool:
        """Whether response histories are to be kept, and there is a folder for them."""
        return bool(self.histories) and self.log_dir is not None

    def log_file(self, name: str) -> Path | None:
        """Return the path of the log of the analysis of this name."""
        if self.log_dir is None:
            return None
        return self.log_dir / f"{_file_name(name)}.log"

    def output_dir(self, name: str) -> Path | None:
        """Return the folder one analysis runs in, for files of its recorders; None: where the process is."""
        if self.log_dir is None:
            return None
        return beside_logs(self.log_dir, "output") / _file_name(name)

    def history_file(self, name: str, digest: str) -> Path | None:
        """Return the path of the response histories of one analysis, by the digest of their content."""
        if self.log_dir is None:
            return None
        return beside_logs(self.log_dir, "histories") / f"{_file_name(name)}-{digest}.parquet"

    def root_dir(self) -> Path:
        """Return the run directory: the folder that names of files of histories are relative to."""
        if self.log_dir is None:
            return Path()
        at = _logs_at(self.log_dir)
        return self.log_dir if at is None else Path(*self.log_dir.parts[: max(at - 1, 0)])


def beside_logs(log_dir: Path, name: str) -> Path:
    """Return ``analysis/NAME/B`` for logs in ``analysis/logs/B``: its own wherever the logs' folder is."""
    at = _logs_at(log_dir)
    return log_dir / name if at is None else Path(*log_dir.parts[:at], name, *log_dir.parts[at + 1 :])


def _logs_at(log_dir: Path) -> int | None:
    """Return the position among a path's parts of the folder of all logs: ``logs``, in ``analysis`` if so."""
    parts = log_dir.parts
    found = [at for at, part in enumerate(parts) if part == "logs"]
    inner = [at for at in found if at and parts[at - 1] == "analysis"]  # what lies in it may be called so too
    return max(inner or found, default=None)


def _file_name(name: str) -> str:
    """Return the name where it can be a file's everywhere, else a readable part of it and a digest."""
    import hashlib
    import re

    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)[:100]
    if plain == name and not plain.startswith("."):
        return plain
    return f"{plain.lstrip('.')}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
