"""Analyses of a few motions, as the stage runs them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.analysis import AnalysisSetup, stage
from gmplug.chain.stage import StageContext
from gmplug.excitation.stage import check_waveforms, unchanged
from gmplug.host import Host
from gmplug.study import parse_study
from gmplug.values import AnalysisTask, Demands, Selection
from tests.support.motions import burst, write_motion


def selection(files: Mapping[str, Path], scale: float | list[float] = 1.0) -> Selection:
    records = pd.DataFrame({"id": list(files), "group": "all", "cluster": 1, "scale_factor": scale})
    records["file_h1"] = [str(path) for path in files.values()]
    records["time_step_s"] = 0.01
    return Selection(records, np.zeros((len(records), 2)), pd.DataFrame(), 0.0, 0.0, 0.0)


def run_stage(
    chosen: Selection,
    run_dir: Path,
    study: Mapping[str, Any],
    workers: int = 1,
    seen: Any = None,
    entry_points: bool = False,
) -> Demands:
    run_dir.mkdir(exist_ok=True)
    resolved = parse_study({"catalogue": {"provider": "simulated"}, **study}, run_dir.parent / "study.toml")
    host = Host(resolved.script_paths(), entry_points=entry_points)
    progress = (lambda done, total, text: seen.append(text)) if seen is not None else lambda *_: None
    if resolved.structure.model is not None:
        check_waveforms(chosen.records, resolved.analysis, run_dir)  # by the stage before
    context = StageContext(resolved, host, run_dir, workers, progress)
    demands = stage.run(context, chosen, unchanged(chosen))
    assert demands is not None
    return demands


def tasks(folder: Path, count: int, seconds: float = 2.0) -> list[AnalysisTask]:
    made = []
    for k in range(count):
        path = write_motion(folder / f"m{k}.txt", burst(seconds, seed=k))
        made.append(AnalysisTask(f"m{k}", 1.0 + k / 10, {"file_h1": str(path), "time_step_s": 0.01}))
    return made


def setup(period_s: float, **options: Any) -> AnalysisSetup:
    return AnalysisSetup("sdof", period_s, options=options, free_vibration_s=0.5)
