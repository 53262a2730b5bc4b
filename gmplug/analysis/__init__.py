"""Running the selected motions through the structure, each in a worker process, and keeping what came out."""

from __future__ import annotations

from gmplug.analysis import wire
from gmplug.analysis.errors import ExecutorError, WorkerCrashed
from gmplug.analysis.executors import ProcessExecutor, SerialExecutor
from gmplug.analysis.setup import AnalysisSetup
