"""The hooks: where gmplug can be extended, and what it says while it works.

A plugin is a module (or object) with functions marked by ``gmplug.hookimpl``. It is found through an entry
point of the group ``gmplug``, or, for a study's own script, by the path in the study file.

**Providers** return a mapping from name to implementation. An implementation is a callable. Its parameters
are of two kinds: those whose names are listed below as *given* are filled in by gmplug, all others are the
options a study may set (their defaults and annotations are used to check what the study says; a ``Path``
is resolved against the study file). An implementation takes only what it needs of either.

**Events** are called while a study runs. They return nothing unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from gmplug.analysis.demands import FloorHistory
    from gmplug.demands import Demand
    from gmplug.measures import IntensityMeasure
    from gmplug.values import AnalysisResult, AnalysisTask, StructureModel

PROJECT = "gmplug"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

Providers = Mapping[str, Callable[..., Any]]


# -- providers ---------------------------------------------------------------------------------------


@hookspec
def gmplug_catalogues() -> Providers:
    """Where records come from: ``f(...) -> Catalogue``. Chosen by ``[catalogue] provider``.

    Given: ``periods_s`` (P,) the study's period grid, T* included; ``seed`` int; ``workers`` int;
    ``cache_dir`` Path, a folder of the run for files worth keeping (waveforms too); ``progress``.
    Spectra may be on periods of their own; gmplug interpolates.
    """


@hookspec
def gmplug_ground_motion_models() -> Providers:
    """Ground-motion models: ``f(scenario: Scenario, periods_s (P,)) -> GroundMotion``.

    Chosen by ``gmm`` in ``[target]``. Both parameters are given.
    """


@hookspec
def gmplug_targets() -> Providers:
    """Target spectra: ``f(...) -> Target``. Chosen by ``[target] provider``.

    Given: ``periods_s`` (P,); ``conditioning_period_s`` float, T*; ``ground_motion_models``, a mapping
    from name to ground-motion model; ``correlations``, a mapping from name to correlation model.
    """


@hookspec
def gmplug_correlations() -> Providers:
    """Correlation of ln Sa between periods: ``f(periods_s (P,), other_periods_s (Q,)) -> array (P, Q)``.

    Chosen by ``correlation`` in ``[target]``. Both parameters are given.
    """


@hookspec
def gmplug_filters() -> Providers:
    """Pre-selection filters: ``f(...) -> bool array (N,)``, True to keep; or None where it does not apply.

    Every installed filter runs, in the order of installation, and a record stays if all keep it.
    The options of all filters live side by side in ``[preselection]``. The first line of the docstring
    is the reason shown in the funnel. ``gmplug.preselection.funnel.Judgement`` in place of the array also
    says which records it kept without knowing what it asks.
    Given: ``records`` DataFrame (N rows) of the catalogue with ``scale_factor``; ``periods_s`` (P,);
    ``conditioning_period_s``; ``kept`` bool array (N,), what the filters before this one left.
    """


@hookspec
def gmplug_clusterers() -> Providers:
    """Clusterers after scikit-learn's habits: a class (or factory) whose ``fit(X)`` sets ``labels_`` (N,).

    Chosen by ``[clustering] method``; constructor parameters are the options. ``X`` is ln Sa of the scaled
    records, shape (N, P). Given to the constructor if it has them: ``random_state`` int, ``periods_s`` (P,),
    ``conditioning_period_s``, ``trained`` (a path, or None). Given to ``fit`` if it takes them: ``metadata``
    DataFrame (N rows), ``progress``. If ``n_clusters`` has a default that is not None and the study does not
    set it, gmplug fits once for each number of clusters and keeps the largest mean silhouette; a clusterer
    whose default is None chooses by itself. Read if there: ``features_`` (N, f), ``scores_`` and ``history_``
    DataFrames.

    A clusterer that trains can be trained once for several hazard levels: it has the methods ``train(X)``,
    which makes no clusters (given ``progress`` if it takes it), and ``save(path)``, and the parameter
    ``trained``, such a file, with which ``fit`` trains nothing. The spectra of two levels differ by a factor,
    the same for all records.
    """


@hookspec
def gmplug_selectors() -> Providers:
    """Selection: ``f(...) -> int array (n,)``, positions in the candidates. Chosen by ``[selection] method``.

    Or a ``Choice``: positions with notes, facts, and a table that explains them.

    Given: ``candidates`` Candidates; ``target`` Target; ``clusters`` Clusters; ``quotas`` DataFrame with
    ``group``, ``cluster``, ``candidates``, ``quota``; ``seed`` int; ``workers`` int; ``progress``.
    """


@hookspec
def gmplug_motions() -> Providers:
    """What excites the model: ``f(...) -> Motions`` from the selected records.

    Chosen by ``[motions] provider``. Given: ``selection`` Selection; ``target`` Target; ``motions``, a list
    of ``gmplug.SelectedMotion``, read only if it is taken; ``out_dir`` Path, an empty folder of the run for
    waveform files; ``seed`` int; ``workers`` int; ``progress``. The table of the motions has one row per
    selected record, in its order.
    """


@hookspec
def gmplug_structures() -> Providers:
    """OpenSees models: ``f(...) -> StructureModel`` builds the model, gravity load applied.

    Chosen by ``[structure] model``; a script instead of a name has to define ``build_model``, of the same
    form. Called in the worker process, once per analysis, on an empty domain.
    Given: ``ops``, the module openseespy.opensees; ``damping_ratio``; ``conditioning_period_s``, T*.
    """


@hookspec
def gmplug_executors() -> Providers:
    """Where analyses run: ``f(...) -> concurrent.futures.Executor``. Chosen by ``[analysis] executor``.

    Given: ``workers`` int; ``timeout_s`` and ``memory_limit_mb`` float or None, the limits of one call. A
    call whose process dies, of memory too, ends in ``gmplug.analysis.WorkerCrashed``, one over its time in
    ``TimeoutError``; others go on. ``gmplug.analysis.ExecutorError`` ends the run, which can be resumed.
    """


@hookspec
def gmplug_assessments() -> Providers:
    """What the responses say: ``f(...) -> Assessment``. Chosen by ``[assessment] provider``.

    Given: ``demands`` Demands; ``selection`` Selection; ``target`` Target.
    """


@hookspec
def gmplug_risk_assessments() -> Providers:
    """What the responses at several levels of shaking say: ``f(...) -> Assessment``.

    Chosen, in their order, by ``[risk] assess = ["fragility", ...]``; options stand in ``[risk.NAME]``.
    Given: ``demands`` LevelDemands; ``hazard`` DataFrame with ``sa_g`` and ``annual_rate`` (of exceedance,
    1/yr), two rows or more by rising ``sa_g``, or None where neither a curve nor the levels' rates are known;
    ``before``, a mapping from name to Assessment of those that stand before this one in ``assess``; ``seed``
    int; ``workers`` int; ``out_dir`` Path, an empty folder of the run for this one's own files; ``progress``.
    """


@hookspec
def gmplug_exporters() -> Providers:
    """Formats of ``gmplug export --format NAME``: ``f(...) -> list of Path``, the files it wrote.

    Given: ``motions``, a list of ``gmplug.SelectedMotion``, read only if it is taken; ``run_dir`` Path, the
    run's folder, to read from; ``out_dir`` Path, an empty folder to write in;
    ``study`` Study, the run's. Options are what the command line says by ``--option NAME=VALUE``.
    """


@hookspec
def gmplug_stages() -> Mapping[str, Any]:
    """Stages of the chain: a mapping from name to ``gmplug.Stage``, or to its ``"module:attribute"``.

    A stage stands after the stages it takes (``inputs``) and those it names (``after``). ``--until``,
    ``summary.json``, ``timing_s`` and the report know it; its options stand in ``[stages.NAME]`` and are
    the further parameters of its ``run``. If its value has ``tables``, ``pictures`` or ``notes``, as
    ``Assessment`` has, the report shows them. gmplug's own stages are offered by this hook.
    """


@hookspec
def gmplug_commands() -> Mapping[str, Any]:
    """Commands of ``gmplug``: a mapping from name to ``click.Command``, or to ``"module:attribute"``.

    ``gmplug --help`` loads that module for its line of help: let it import nothing heavy at its top.
    gmplug's own commands are offered by this hook.
    """


# -- registries --------------------------------------------------------------------------------------


@hookspec
def gmplug_intensity_measures() -> Iterable[IntensityMeasure]:
    """Intensity measures besides Sa: a column that catalogues compute or read, and what is known of it.

    Pre-selection, targets, selection, tables, plots and ``gmplug compare`` use every measure that is offered.
    """


@hookspec
def gmplug_demands() -> Iterable[Demand]:
    """Engineering demands: columns of demands.csv, and what is known of them.

    Tables, plots, limits of fragility and exports use every demand that is offered. ``gmplug_extra_demands``
    gives the values.
    """


# -- events ------------------------------------------------------------------------------------------


@hookspec
def gmplug_stage_started(stage: str) -> None:
    """A stage begins: catalogue, preselection, target, ..., training, ida, cloud, ``risk NAME``.

    Portfolios, audits and comparisons tell of their steps too, by the names that the terminal shows.
    """


@hookspec
def gmplug_stage_finished(stage: str, value: Any, wall_s: float) -> None:
    """A stage has its value (Catalogue, Candidates, Target, ...), computed or read from the run directory."""


@hookspec
def gmplug_damping(ops: Any, model: StructureModel, damping_ratio: float) -> None:
    """In the worker, when the model stands: give it damping, beside or instead of what its builder gave."""


@hookspec
def gmplug_analysis_options(model: StructureModel) -> Mapping[str, Any]:
    """In the worker: options of ``[analysis] solver`` that this model needs; the study's own come before."""


@hookspec
def gmplug_analysis_starting(task: AnalysisTask, ops: Any, model: StructureModel) -> None:
    """In the worker, when the model stands and before the motion starts: add recorders here.

    The process runs in a folder of the analysis' own then, ``analysis/output/ID`` of the run directory, so
    that files of recorders (``-file hinge.out``) of different analyses do not meet.
    """


@hookspec
def gmplug_analysis_step(task: AnalysisTask, ops: Any, model: StructureModel, time_s: float) -> None:
    """In the worker, after each converged step."""


@hookspec
def gmplug_extra_demands(
    task: AnalysisTask, ops: Any, model: StructureModel, history: FloorHistory
) -> Mapping[str, float]:
    """In the worker, after the last step: further EDPs by column name, for demands.csv.

    ``history`` is the response of the floors at all steps: ``time_s`` (n,), ``displacement`` (d, n, floors)
    in the model's length unit, ``acceleration_g`` (d, n, floors).
    """


@hookspec
def gmplug_extra_histories(task: AnalysisTask, ops: Any, model: StructureModel) -> Mapping[str, float]:
    """In the worker, at rest and after each converged step: values of further histories, by column name.

    Called only where ``[analysis] histories`` asks for such; the same names each time.
    """


@hookspec
def gmplug_analysis_finished(result: AnalysisResult) -> None:
    """In the main process, as each analysis ends, whatever its status."""
