"""The hooks: where packages and scripts extend gmplug.

A plugin is a module (or object) with functions marked by ``gmplug.hookimpl``. gmplug finds it through an
entry point of the group ``gmplug``, or, for a study's own script, by the path in the study file.

**Providers** return a mapping from name to implementation. An implementation is a callable, or a text
``"module:attribute"`` that names one; gmplug then loads the module when a study uses it. gmplug fills in the
parameters whose names the hook lists as *given*; each implementation names those that it needs. All
other parameters are options of the study. Their annotations and defaults are used to check the study, and a
``Path`` is resolved against the study file. One parameter ``options``, annotated with a dataclass or a
pydantic model, can take all options at once.

**Registries** return entries, all of which are in use.

**Events** are called while a study runs. They return nothing unless said otherwise.

``docs/hooks.md`` is made from this module: ``python -m gmplug.host.hooks_page``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from gmplug.analysis.demands import FloorHistory
    from gmplug.demands import Demand
    from gmplug.measures import IntensityMeasure
    from gmplug.values import AnalysisResult, AnalysisTask, StructureModel
    from gmplug.waveforms import BinaryWaveformFormat, WaveformFormat

PROJECT = "gmplug"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

Providers = Mapping[str, Callable[..., Any] | str]


@dataclass(frozen=True)
class ProviderKind:
    """A kind of provider.

    Parameters
    ----------
    hook
        Returns the implementations by name.
    singular
        What messages call one.
    chosen_by
        The option or command that names one.
    returns
        What an implementation returns.
    given
        What each parameter is that gmplug gives; all others are options of the study.
    is_function
        Whether an implementation is a function or class, with options as parameters.
    """

    hook: str
    singular: str
    chosen_by: str
    returns: str
    given: Mapping[str, str]
    is_function: bool = True


@dataclass(frozen=True)
class Registry:
    """A registry that plugins extend: ``hook`` returns entries with distinct values of ``key``."""

    hook: str
    singular: str
    key: str


#: By the name of the hook without ``gmplug_``.
KINDS: dict[str, ProviderKind] = {}
REGISTRIES: dict[str, Registry] = {}


def _provider[Hook: Callable[..., Any]](
    singular: str, chosen_by: str, returns: str, *, is_function: bool = True, **given: str
) -> Callable[[Hook], Hook]:
    """Make a function the specification of a hook for providers."""

    def register(hook: Hook) -> Hook:
        name = hook.__name__
        KINDS[name.removeprefix("gmplug_")] = ProviderKind(
            name, singular, chosen_by, returns, given, is_function
        )
        return hookspec(hook)

    return register


def _registry[Hook: Callable[..., Any]](singular: str, key: str) -> Callable[[Hook], Hook]:
    """Make a function the specification of a hook that extends a registry."""

    def register(hook: Hook) -> Hook:
        name = hook.__name__
        REGISTRIES[name.removeprefix("gmplug_")] = Registry(name, singular, key)
        return hookspec(hook)

    return register


_PERIODS = "array (P,), s: the study's period grid, with T*"
_T_STAR = "float, s: T*"
_SEED = "int: the study's seed"
_WORKERS = "int: processes or threads to use at most"
_PROGRESS = "function to call as `progress(done, total, message)`"


# -- providers ---------------------------------------------------------------------------------------


@_provider(
    "catalogue", "`[catalogue] provider`", "`Catalogue`",
    periods_s=_PERIODS, seed=_SEED, workers=_WORKERS, progress=_PROGRESS,
    cache_dir="`Path`: a folder of the run for files worth keeping, waveforms too",
    keeper="for `gmplug.accelerograms`: what reads the files; `gmplug catalogue build` keeps what it read",
)  # fmt: skip
def gmplug_catalogues() -> Providers:
    """Where records come from.

    Spectra may be on other periods than the study's. gmplug interpolates.
    """


@_provider(
    "ground-motion model", "`[target] gmm`", "`GroundMotion`",
    scenario="`Scenario`: the earthquake and the site", periods_s="array (P,), s",
)  # fmt: skip
def gmplug_ground_motion_models() -> Providers:
    """Median and standard deviation of Sa, and of further measures, for a scenario."""


@_provider(
    "target", "`[target] provider`", "`Target`", periods_s=_PERIODS, conditioning_period_s=_T_STAR,
    ground_motion_models="mapping from name to ground-motion model",
    correlations="mapping from name to correlation model",
)  # fmt: skip
def gmplug_targets() -> Providers:
    """The spectra that the selected motions should follow."""


@_provider(
    "correlation", "`[target] correlation`", "array (P, Q)",
    periods_s="array (P,), s", other_periods_s="array (Q,), s",
)  # fmt: skip
def gmplug_correlations() -> Providers:
    """Correlation of ln Sa between periods."""


@_provider(
    "filter", "`[preselection]`, by all filters", "bool array (N,), True to keep; or None, to keep all",
    records="`DataFrame`, N rows: the catalogue's records, with `scale_factor`",
    periods_s=_PERIODS, conditioning_period_s=_T_STAR,
    kept="bool array (N,): the records that the filters before this one keep",
    ln_sa="array (N, P): ln of the unscaled Sa, g, of the target's component; or None",
)  # fmt: skip
def gmplug_filters() -> Providers:
    """Filters of the pre-selection, in the order of installation. A record stays if all filters keep it.

    The options of all filters are in ``[preselection]``. The first line of the docstring is the reason in the
    funnel. A filter can return a ``gmplug.Judgement`` instead, which also counts the records that it keeps
    although their data are missing.
    """


@_provider(
    "clusterer", "`[clustering] method`", "an estimator with `fit(X)` and `labels_` (N,)",
    random_state=_SEED, periods_s=_PERIODS, conditioning_period_s=_T_STAR,
)  # fmt: skip
def gmplug_clusterers() -> Providers:
    """Clusterers with the interface of scikit-learn: a class, or a function that returns an estimator.

    The constructor's parameters are the options, in ``[clustering] options``. ``X`` is ln Sa of the scaled
    records, shape (N, P). ``fit`` also gets ``metadata``, a DataFrame of N rows, and ``progress`` if it has
    these parameters.

    If the default of ``n_clusters`` is not None and the study does not set it, gmplug fits once for each
    number of clusters and keeps the largest mean silhouette. With the default None the clusterer chooses
    the number. The report uses ``features_`` (N, f) and the DataFrames ``scores_`` and ``history_`` if they
    exist, and the lines in ``notes_`` if it is there.
    """


@_provider(
    "selector", "`[selection] method`", "int array (n,), positions in the candidates; or a `Choice`",
    candidates="`Candidates`", target="`Target`", clusters="`Clusters`",
    quotas="`DataFrame`: `group`, `cluster`, `candidates`, `quota`",
    surrogate="`Surrogate`: the candidates' demands by surrogates of the structure, computed only if the "
    "selector takes it",
    seed=_SEED, workers=_WORKERS, progress=_PROGRESS,
)  # fmt: skip
def gmplug_selectors() -> Providers:
    """Choose the records within the quotas.

    A ``Choice`` has positions, notes, facts, and a table that explains them.
    """


@_provider(
    "provider of motions", "`[motions] provider`", "`Motions`", selection="`Selection`", target="`Target`",
    motions="list of `SelectedMotion`, read only if the provider takes it",
    out_dir="`Path`: an empty folder of the run for waveform files",
    seed=_SEED, workers=_WORKERS, progress=_PROGRESS,
)  # fmt: skip
def gmplug_motions() -> Providers:
    """The accelerograms that excite the model, made from the selected records.

    The table of the motions has one row per selected record, in its order.
    """


@_provider(
    "structure", "`[structure] model`", "`StructureModel`",
    ops="module: `openseespy.opensees`", damping_ratio="float: `[analysis] damping`",
    conditioning_period_s=_T_STAR,
)  # fmt: skip
def gmplug_structures() -> Providers:
    """OpenSees models with the gravity load applied.

    gmplug calls the function in the worker process, once per analysis, on an empty domain. A script has a
    function ``build_model`` of the same form instead.
    """


@_provider(
    "executor", "`[analysis] executor`", "`concurrent.futures.Executor`",
    workers="int: processes", timeout_s="float or None, s: limit of one call",
    memory_limit_mb="float or None, MB: limit of one call",
)  # fmt: skip
def gmplug_executors() -> Providers:
    """Where analyses run.

    A call whose process crashes or runs out of memory raises ``gmplug.WorkerCrashed``, and one over its time
    ``TimeoutError``. Other calls go on. ``gmplug.ExecutorError`` ends the run, which can be resumed.
    """


@_provider(
    "assessment", "`[assessment] provider`", "`Assessment`",
    demands="`Demands`", selection="`Selection`", target="`Target`",
    candidates="`Candidates`", clusters="`Clusters`",
    surrogate="`Surrogate`: the candidates' demands by surrogates of the structure, computed only if the "
    "assessment takes it",
)  # fmt: skip
def gmplug_assessments() -> Providers:
    """Tables, pictures and numbers from the demands of one hazard level."""


@_provider(
    "risk assessment", "`[risk] assess`", "`Assessment`", demands="`LevelDemands`",
    hazard="`DataFrame` with `sa_g` and `annual_rate` of exceedance, 1/yr, two rows or more by rising "
    "`sa_g`; None without a hazard curve and without rates of the levels",
    before="mapping from name to the Assessment of each that runs before this one",
    seed=_SEED, workers=_WORKERS, progress=_PROGRESS,
    out_dir="`Path`: an empty folder of the run for its files",
)  # fmt: skip
def gmplug_risk_assessments() -> Providers:
    """Tables, pictures and numbers from the demands of several hazard levels.

    gmplug runs them in the order of ``[risk] assess``. The options are in ``[risk.NAME]``.
    """


@_provider(
    "export format", "`gmplug export --format`", "list of `Path`: the files that it wrote",
    motions="list of `SelectedMotion`, read only if the exporter takes it",
    run_dir="`Path`: the run's folder, to read from", out_dir="`Path`: an empty folder to write in",
    study="`Study`: the run's",
)  # fmt: skip
def gmplug_exporters() -> Providers:
    """Formats for other programs. Options are set by ``--option NAME=VALUE``."""


@_provider(
    "stage", "all stages of the chain run", "the stage's value", is_function=False,
    context="`StageContext`: study, plugins, run directory, workers, progress",
)  # fmt: skip
def gmplug_stages() -> Mapping[str, Any]:
    """Stages of the chain: a mapping from name to ``gmplug.Stage``, or to its ``"module:attribute"``.

    The ``inputs`` of a stage are the values that ``run`` gets by these names: ``catalogue``, ``target``,
    ``candidates``, ``clusters``, ``selection``, ``motions``, ``demands``, ``assessment``. The stage runs
    after the stages of its inputs and after those in ``after``. ``--until``, ``summary.json``, ``timing_s``
    and the report include it. Its options are the further parameters of ``run``, in ``[stages.NAME]``. The
    report shows ``tables``, ``pictures`` and ``notes`` of the value if they exist. gmplug's own stages come
    from this hook.
    """


@_provider("command", "`gmplug NAME`", "`click.Command`", is_function=False)
def gmplug_commands() -> Mapping[str, Any]:
    """Commands of ``gmplug``: a mapping from name to ``click.Command``, or to ``"module:attribute"``.

    ``gmplug --help`` loads that module for its line of help: import nothing heavy at its top. gmplug's own
    commands come from this hook.
    """


# -- registries --------------------------------------------------------------------------------------


@_registry("intensity measure", key="column")
def gmplug_intensity_measures() -> Iterable[IntensityMeasure]:
    """Intensity measures besides Sa: a column that catalogues compute or read, and its properties.

    Pre-selection, targets, selection, tables, plots and ``gmplug compare`` use all of them.
    """


@_registry("demand", key="name")
def gmplug_demands() -> Iterable[Demand]:
    """Engineering demands: columns of demands.csv and their properties.

    Tables, plots, limits of fragility and exports use all of them. ``gmplug_extra_demands`` returns the
    values.
    """


@_registry("waveform format", key="name")
def gmplug_waveform_formats() -> Iterable[WaveformFormat | BinaryWaveformFormat]:
    """Formats of waveform files: how to recognize one, and a reader that makes its accelerograms.

    gmplug tries its own formats first, then those of plugins, then those that it only refuses by name.
    """


# -- events ------------------------------------------------------------------------------------------


@hookspec
def gmplug_stage_started(stage: str) -> None:
    """A stage starts: ``catalogue``, ``preselection``, ``target``, ...

    Only some studies have the stages ``ida``, ``cloud`` and ``risk NAME``. Portfolios, audits
    and comparisons fire it for their steps, by the names that the terminal shows.
    """


@hookspec
def gmplug_stage_finished(stage: str, value: Any, wall_s: float) -> None:
    """A stage has its value (Catalogue, Candidates, Target, ...), computed or read from the run directory."""


@hookspec
def gmplug_damping(ops: Any, model: StructureModel, damping_ratio: float) -> None:
    """In the worker, after the model is built: give it damping, beside or instead of its builder's."""


@hookspec
def gmplug_analysis_options(model: StructureModel) -> Mapping[str, Any]:
    """In the worker: options of ``[analysis] solver`` that this model needs; the study's own prevail."""


@hookspec
def gmplug_analysis_starting(task: AnalysisTask, ops: Any, model: StructureModel) -> None:
    """In the worker, after the model is built and before the motion starts: add recorders.

    The process then works in a folder for this analysis, ``analysis/output/ID`` of the run directory, so that
    files of recorders (``-file hinge.out``) of different analyses do not collide.
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

    gmplug calls it only where ``[analysis] histories`` names such histories. Return the same names each time.
    """


@hookspec
def gmplug_analysis_finished(result: AnalysisResult) -> None:
    """In the main process, at the end of each analysis, whatever its status."""
