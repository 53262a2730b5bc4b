"""The common settings of all analyses of a structure, as plain data for worker processes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: Folder of the run directory for files of single analyses.
ANALYSIS_DIR = "analysis"


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
        Options of :func:`gmplug.analysis.solver_settings.SolverSettings`, over those of the model's script.
    time_step_s
        Longest time step; None for a hundredth of the model's first period.
    free_vibration_s
        Time after the motion's end; None for ten times the model's first period.
    histories
        Response histories that are kept of each analysis: all, none, or those of these names. There are
        none without ``run_dir``.
    accept
        Quantities whose values are used although they are outside what is possible (``gmplug.plausible``).
    run_dir
        Run directory. Its folder ``analysis`` gets logs, files of recorders and histories. None keeps no
        files: what OpenSees and scripts print appears on the terminal.
    folder
        Folder of this structure within ``analysis/logs``, ``analysis/output`` and ``analysis/histories``,
        where a run has several structures.
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
    run_dir: Path | None = None
    folder: str = ""

    @property
    def keeps_histories(self) -> bool:
        """Whether response histories are to be kept, and there is a folder for them."""
        return bool(self.histories) and self.run_dir is not None

    def log_file(self, name: str) -> Path | None:
        """Return the path of the log of the analysis of this name."""
        return self._path("logs", f"{file_name(name)}.log")

    def output_dir(self, name: str) -> Path | None:
        """Return the folder one analysis runs in, for files of its recorders; None: where the process is."""
        return self._path("output", file_name(name))

    def history_file(self, name: str, digest: str) -> Path | None:
        """Return the path of the response histories of one analysis, by the digest of their content."""
        return self._path("histories", f"{file_name(name)}-{digest}.parquet")

    def _path(self, kind: str, name: str) -> Path | None:
        return None if self.run_dir is None else self.run_dir / ANALYSIS_DIR / kind / self.folder / name


def file_name(name: str) -> str:
    """Return the name if every system allows it for a file, otherwise a readable part of it and a digest."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)[:100]
    if plain == name and not plain.startswith("."):
        return plain
    return f"{plain.lstrip('.')}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
