"""gmplug: select earthquake ground motions for OpenSees studies, and run those studies.

The public names below are loaded when they are first used, so that importing gmplug costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmplug._version import __version__
from gmplug.lazy import lazy_names

# Where each public name lives.
_PUBLIC = {
    "hookimpl": "gmplug.hookspecs",
    "GmplugError": "gmplug.errors",
    "InputError": "gmplug.errors",
    "PluginError": "gmplug.errors",
    "StudyError": "gmplug.errors",
    "AnalysisResult": "gmplug.values",
    "AnalysisTask": "gmplug.values",
    "Assessment": "gmplug.values",
    "Candidates": "gmplug.values",
    "Catalogue": "gmplug.values",
    "Choice": "gmplug.values",
    "Clusters": "gmplug.values",
    "Demand": "gmplug.demands",
    "Demands": "gmplug.values",
    "GroundMotion": "gmplug.values",
    "LevelDemands": "gmplug.values",
    "IntensityMeasure": "gmplug.measures",
    "Motion": "gmplug.values",
    "Motions": "gmplug.values",
    "Picture": "gmplug.values",
    "RECORD_COLUMNS": "gmplug.values",
    "Scenario": "gmplug.values",
    "Selection": "gmplug.values",
    "Stage": "gmplug.chain.stage",
    "StageContext": "gmplug.chain.stage",
    "StructureModel": "gmplug.values",
    "Target": "gmplug.values",
    "accelerograms": "gmplug.catalogue",
    "Accelerogram": "gmplug.waveforms",
    "SelectedMotion": "gmplug.export",
    "motions": "gmplug.export",
    "read_histories": "gmplug.analysis.kept_histories",
    "read_motion": "gmplug.waveforms",
    "write_at2": "gmplug.waveforms",
    "rotd_spectrum": "gmplug.spectra",
    "response_spectrum": "gmplug.spectra",
    "Edits": "gmplug.chain",
    "Run": "gmplug.chain",
    "load_run": "gmplug.runs",
    "run_study": "gmplug.runs",
    "doubtful": "gmplug.notes",
    "warning": "gmplug.notes",
}

__all__ = ["__version__", *sorted(_PUBLIC)]

if TYPE_CHECKING:
    from gmplug.analysis.kept_histories import read_histories
    from gmplug.catalogue import accelerograms
    from gmplug.chain import Edits, Run, Stage, StageContext
    from gmplug.demands import Demand
    from gmplug.errors import GmplugError, InputError, PluginError, StudyError
    from gmplug.export import SelectedMotion, motions
    from gmplug.hookspecs import hookimpl
    from gmplug.measures import IntensityMeasure
    from gmplug.notes import doubtful, warning
    from gmplug.runs import load_run, run_study
    from gmplug.spectra import response_spectrum, rotd_spectrum
    from gmplug.values import (
        RECORD_COLUMNS,
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
        Motion,
        Motions,
        Picture,
        Scenario,
        Selection,
        StructureModel,
        Target,
    )
    from gmplug.waveforms import Accelerogram, read_motion, write_at2


__getattr__ = lazy_names(__name__, _PUBLIC)


def __dir__() -> list[str]:
    return sorted(__all__)
