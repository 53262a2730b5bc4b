"""gmplug: select earthquake ground motions for OpenSees studies, and run those studies.

The public names are loaded when they are first used, so that importing gmplug is quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmplug._version import __version__
from gmplug.lazy import lazy_names

# The public names by module.
_NAMES = {
    "gmplug.analysis": ("ExecutorError", "ProcessExecutor", "WorkerCrashed", "wire"),
    "gmplug.analysis.demands": ("FloorHistory",),
    "gmplug.analysis.kept_histories": ("read_histories",),
    "gmplug.catalogue": ("accelerograms",),
    "gmplug.chain": ("Edits", "Run"),
    "gmplug.clustering.spectra_space": ("checked_spectra",),
    "gmplug.chain.stage": ("Stage", "StageContext"),
    "gmplug.demands": ("Demand",),
    "gmplug.errors": ("GmplugError", "InputError", "PluginError", "StudyError"),
    "gmplug.excitation.selected_motions": ("SelectedMotion", "motions"),
    "gmplug.export.simcenter": ("edp_columns",),
    "gmplug.hookspecs": ("hookimpl",),
    "gmplug.library": ("candidates", "cluster", "conditional_spectrum", "make_target", "select"),
    "gmplug.measures": ("IntensityMeasure",),
    "gmplug.notes": ("doubtful", "warning"),
    "gmplug.preselection.funnel": ("Judgement",),
    "gmplug.pulses": ("Pulse", "classify_pulse"),
    "gmplug.recovery": ("loss_pictures", "summarize_losses"),
    "gmplug.runs": ("load_run", "run_study"),
    "gmplug.spectra": ("response_spectrum", "rotd_spectrum"),
    "gmplug.values": (
        "AcceptanceCheck",
        "AnalysisResult",
        "AnalysisTask",
        "Assessment",
        "Candidates",
        "Catalogue",
        "Choice",
        "Clusters",
        "Demands",
        "GroundMotion",
        "LevelDemands",
        "Measures",
        "Motion",
        "Motions",
        "Picture",
        "RECORD_COLUMNS",
        "Scaling",
        "Scenario",
        "Selection",
        "StructureModel",
        "Target",
    ),
    "gmplug.waveforms": ("Accelerogram", "read_motion", "write_at2"),
}
_PUBLIC = {name: module for module, names in _NAMES.items() for name in names}

__all__ = ["__version__", *sorted(_PUBLIC)]

if TYPE_CHECKING:
    from gmplug.analysis import ExecutorError, ProcessExecutor, WorkerCrashed, wire
    from gmplug.analysis.demands import FloorHistory
    from gmplug.analysis.kept_histories import read_histories
    from gmplug.catalogue import accelerograms
    from gmplug.chain import Edits, Run
    from gmplug.chain.stage import Stage, StageContext
    from gmplug.clustering.spectra_space import checked_spectra
    from gmplug.demands import Demand
    from gmplug.errors import GmplugError, InputError, PluginError, StudyError
    from gmplug.excitation.selected_motions import SelectedMotion, motions
    from gmplug.export.simcenter import edp_columns
    from gmplug.hookspecs import hookimpl
    from gmplug.library import candidates, cluster, conditional_spectrum, make_target, select
    from gmplug.measures import IntensityMeasure
    from gmplug.notes import doubtful, warning
    from gmplug.preselection.funnel import Judgement
    from gmplug.pulses import Pulse, classify_pulse
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
