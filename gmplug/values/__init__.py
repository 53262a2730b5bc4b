"""The values that stages hand on: frozen, plain, checked when made.

Units throughout: periods in s, spectral accelerations in g (5 %-damped pseudo-acceleration unless said
otherwise), distances in km, Vs30 in m/s. ``ln_sa`` is the natural logarithm of Sa in g.
"""

from __future__ import annotations

from gmplug.values.arrays import BoolArray, FloatArray, IntArray, Progress, no_progress
from gmplug.values.assessment import Assessment, Picture
from gmplug.values.clusters import Clusters, GroupClustering
from gmplug.values.motion import Motion, Motions
from gmplug.values.records import (
    MECHANISMS,
    NONPULSE,
    PULSE,
    RECORD_COLUMNS,
    SUBDUCTION,
    UNGROUPED,
    Candidates,
    Catalogue,
    closest,
    lacks_file,
    named_rows,
    rows_by_group,
    rows_by_name,
)
from gmplug.values.responses import (
    SAMPLINGS,
    STATUSES,
    VALID_STATUSES,
    AnalysisResult,
    AnalysisTask,
    Demands,
    LevelDemands,
)
from gmplug.values.selection import Choice, Selection
from gmplug.values.structure import GRAVITY_TOLERANCE, LENGTH_UNITS_M, StructureModel
from gmplug.values.target import (
    AcceptanceCheck,
    CheckOutcome,
    GroundMotion,
    Measures,
    Scaling,
    Scenario,
    Target,
)
