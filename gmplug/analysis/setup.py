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
    log_dir: Path | None = None

    def log_file(self, task_id: str) -> Path | None:
        """Return the path of the log of one analysis."""
        if self.log_dir is None:
            return None
        return self.log_dir / f"{_file_name(task_id)}.log"

    def output_dir(self, task_id: str) -> Path | None:
        """Return the folder one analysis runs in, for files of its recorders; None: where the process is."""
        if self.log_dir is None:
            return None
        return _output_dir(self.log_dir) / _file_name(task_id)


def _output_dir(log_dir: Path) -> Path:
    """Return ``analysis/output/B`` for logs in ``analysis/logs/B``: its own wherever the logs' folder is."""
    parts = log_dir.parts
    if "logs" not in parts:
        return log_dir / "output"
    last = len(parts) - 1 - parts[::-1].index("logs")
    return Path(*parts[:last], "output", *parts[last + 1 :])


def _file_name(task_id: str) -> str:
    """Return the id where it can name a file everywhere, else a readable part of it and a digest."""
    import hashlib
    import re

    plain = re.sub(r"[^A-Za-z0-9._-]", "_", task_id)[:100]
    if plain == task_id and not plain.startswith("."):
        return plain
    return f"{plain.lstrip('.')}-{hashlib.sha256(task_id.encode()).hexdigest()[:8]}"
