"""gmplug: select earthquake ground motions for OpenSees studies, and run those studies.

The public names below are loaded when they are first used, so that importing gmplug costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmplug._version import __version__
from gmplug.lazy import lazy_names

# Where each public name lives.
_PUBLIC = {
    "ExecutorError": "gmplug.analysis",
    "ProcessExecutor": "gmplug.analysis",
    "WorkerCrashed": "gmplug.analysis",
    "wire": "gmplug.analysis",
    "FloorHistory": "gmplug.analysis.demands",
    "read_histories": "gmplug.analysis.kept_histories",
    "accelerograms": "gmplug.catalogue",
    "Edits": "gmplug.chain",
    "Run": "gmplug.chain",
    "load_run": "gmplug.runs",
    "run_study": "gmplug.runs",
    "Stage": "gmplug.chain.stage",
    "StageContext": "gmplug.chain.stage",
    "Demand": "gmplug.demands",
    "GmplugError": "gmplug.errors",
    "InputError": "gmplug.errors",
    "PluginError": "gmplug.errors",
    "StudyError": "gmplug.errors",
    "SelectedMotion": "gmplug.export",
    "motions": "gmplug.export",
    "edp_columns": "gmplug.export.simcenter",
    "hookimpl": "gmplug.hookspecs",
    "candidates": "gmplug.library",
    "cluster": "gmplug.library",
    "conditional_spectrum": "gmplug.library",
    "make_target": "gmplug.library",
    "select": "gmplug.library",
    "IntensityMeasure": "gmplug.measures",
    "doubtful": "gmplug.notes",
    "warning": "gmplug.notes",
    "Judgement": "gmplug.preselection.funnel",
    "loss_pictures": "gmplug.recovery",
    "summarize_losses": "gmplug.recovery",
    "response_spectrum": "gmplug.spectra",
    "rotd_spectrum": "gmplug.spectra",
    "AcceptanceCheck": "gmplug.values",
    "AnalysisResult": "gmplug.values",
    "AnalysisTask": "gmplug.values",
    "Assessment": "gmplug.values",
    "Candidates": "gmplug.values",
    "Catalogue": "gmplug.values",
    "Choice": "gmplug.values",
    "Clusters": "gmplug.values",
    "Demands": "gmplug.values",
    "GroundMotion": "gmplug.values",
    "LevelDemands": "gmplug.values",
    "Measures": "gmplug.values",
    "Motion": "gmplug.values",
    "Motions": "gmplug.values",
    "Picture": "gmplug.values",
    "RECORD_COLUMNS": "gmplug.values",
    "Scaling": "gmplug.values",
    "Scenario": "gmplug.values",
    "Selection": "gmplug.values",
    "StructureModel": "gmplug.values",
    "Target": "gmplug.values",
    "Accelerogram": "gmplug.waveforms",
    "read_motion": "gmplug.waveforms",
    "write_at2": "gmplug.waveforms",
}

__all__ = ["__version__", *sorted(_PUBLIC)]

if TYPE_CHECKING:
    from gmplug.analysis import ExecutorError, ProcessExecutor, WorkerCrashed, wire
    from gmplug.analysis.demands import FloorHistory
    from gmplug.analysis.kept_histories import read_histories
    from gmplug.catalogue import accelerograms
    from gmplug.chain import Edits, Run
    from gmplug.chain.stage import Stage, StageContext
    from gmplug.demands import Demand
    from gmplug.errors import GmplugError, InputError, PluginError, StudyError
    from gmplug.export import SelectedMotion, motions
    from gmplug.export.simcenter import edp_columns
    from gmplug.hookspecs import hookimpl
    from gmplug.library import candidates, cluster, conditional_spectrum, make_target, select
    from gmplug.measures import IntensityMeasure
    from gmplug.notes import doubtful, warning
    from gmplug.preselection.funnel import Judgement
    from gmplug.recovery import loss_pictures, summarize_losses
    from gmplug.runs import load_run, run_study
    from gmplug.spectra import response_spectrum, rotd_spectrum
    from gmplug.values import (
        RECORD_COLUMNS,
        AcceptanceCheck,
        AnalysisResult,
        AnalysisTask,
        Assessment,
        Candidates,
        Catalogue,
        Choice,
        Clusters,
        Demands,
        GroundMotion,
        LevelDemands,
        Measures,
        Motion,
        Motions,
        Picture,
        Scaling,
        Scenario,
        Selection,
        StructureModel,
        Target,
    )
    from gmplug.waveforms import Accelerogram, read_motion, write_at2


__getattr__ = lazy_names(__name__, _PUBLIC)


def __dir__() -> list[str]:
    return sorted(__all__)
