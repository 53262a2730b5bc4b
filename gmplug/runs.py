"""Running and checking studies, of one level or of several; opening any run directory."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gmplug.batch.growth import run_in_batches
from gmplug.chain.check import load_plugins, stage_problems
from gmplug.chain.display import Display
from gmplug.chain.edits import NO_EDITS, Edits
from gmplug.chain.engine import Engine
from gmplug.chain.lock import make_run_dir, run_lock
from gmplug.chain.run import Run, load_chain, load_stages, saved_study
from gmplug.chain.stages import stages_until
from gmplug.chain.state import STATE_FILE
from gmplug.errors import InputError
from gmplug.host import Host
from gmplug.study import Study
from gmplug.study.files import ReadFile, read_study

if TYPE_CHECKING:
    from gmplug.report.page import Report


def run_study(
    study: Study | Path | str,
    out: Path | str | None = None,
    *,
    until: str | None = None,
    workers: int | None = None,
    executor: str | None = None,
    settings: Mapping[str, Any] | None = None,
    fresh: bool = False,
    edits: Edits = NO_EDITS,
    display: Display | None = None,
    host: Host | None = None,
    shared: Run | None = None,
) -> Run:
    """Run a study, or finish one that was begun; a study with levels runs level by level.

    Parameters
    ----------
    study
        A study, or the path of a study file.
    out
        The run directory; if not given, ``NAME-run`` beside the study file, or the folder of a run's own
        ``study.toml``. A stage whose options and inputs have not changed is read from it, and so is a file of
        it that was edited by hand.
    until
        Name of the last stage to run; all if None.
    workers, executor
        Override ``[analysis]``; ``workers`` defaults to the number of processors.
    settings
        Values of keys for this run, by ``"SECTION.KEY"``; only where ``study`` is a path.
    fresh
        Compute everything anew.
    edits
        What to do with files edited by hand whose stage must be computed anew.
    display
        Shows stages, progress and notes; nothing is shown if None.
    shared
        A run whose values are used for the stages it has; its files are referred to, not copied.

    Returns
    -------
    Run
        Of a study with levels, a :class:`gmplug.levels.LevelsRun`.

    Raises
    ------
    InputError
        The study, a file or a plugin is bad; what was computed before stays in the run directory.
    StudyError
        The study could not finish.
    """
    changes = {"workers": workers, "executor": executor}
    changed = {k: v for k, v in changes.items() if v is not None}
    study, host = open_study(study, None, host, changed, until=until, settings=settings)
    names = stages_until(until, host)
    run_dir = Path(out) if out is not None else _default_run_dir(study)
    make_run_dir(run_dir)
    with run_lock(run_dir):
        engine = Engine(run_dir.resolve(), host, display, fresh=fresh, edits=edits)
        if study.many_levels:
            from gmplug.levels import run_levels

            return run_levels(study, engine, names)
        return run_in_batches(study, engine, names, shared)


def _default_run_dir(study: Study) -> Path:
    """Return NAME-run beside the study file; the study file of a run directory continues that run."""
    own = (
        study.path is not None and study.path.name == "study.toml" and (study.base_dir / STATE_FILE).is_file()
    )
    return study.base_dir if own else study.base_dir / f"{study.study.name}-run"


def collect_results(run_dir: Path | str, folder: Path | str, *, display: Display | None = None) -> Run:
    """Put the demands of an exported folder into a run, and make assessment and report; return the run.

    Parameters
    ----------
    run_dir
        Run directory of a study without a model, up to the motions or further.
    folder
        Written by ``gmplug export`` in the format ``opensees-tcl`` or ``openseespy``, and run.

    Raises
    ------
    InputError
        The run has no selection, has a model of its own, or the folder has not the results of its motions.
    """
    from gmplug.analysis.collected import collect

    run_dir = Path(run_dir).resolve()
    run = load_chain(run_dir, until="motions")
    if run.study.structure.model is not None:
        raise InputError(
            f"{run_dir}: the study has a model, [structure] model = '{run.study.structure.model}', which "
            "gives the demands; take it out of the study, run the study again, and collect"
        )
    with run_lock(run_dir):
        collect(run_dir, Path(folder), run.motions.records(run.selection))
    return run_study(run_dir / "study.toml", run_dir, display=display)


#: Of directories that are no run of a study, by the file that marks them: what reads them, and their page.
_KINDS = {
    "portfolio.toml": ("gmplug.portfolio.run:load_portfolio_run", "report.html"),
    "audit.json": ("gmplug.audit.study:load_audit", "audit.html"),
    "compare.json": ("gmplug.comparison.study:load_comparison", "compare.html"),
}


def load_run(run_dir: Path | str, host: Host | None = None, until: str | None = None) -> Any:
    """Read a run directory, finished or not.

    Parameters
    ----------
    run_dir
        The run directory of a study or a portfolio, or the folder ``audit`` or ``compare`` of one.
    host
        The plugins of a study; those installed and its scripts if None.
    until
        Nothing after this stage of a study is read; stages without files are missing.

    Returns
    -------
    Run
        Or, by what the directory holds, a :class:`gmplug.levels.LevelsRun`,
        :class:`gmplug.portfolio.PortfolioRun`, :class:`gmplug.audit.AuditedStudy` or
        :class:`gmplug.comparison.ComparedStudy`. All have ``make_report()``.

    Raises
    ------
    InputError
        The directory is not a run, or a file of it cannot be read.
    """
    run_dir = Path(run_dir).resolve()
    kind = _kind(run_dir)
    if kind is not None:
        module, _, name = kind[0].partition(":")
        return getattr(importlib.import_module(module), name)(run_dir)
    study = saved_study(run_dir)
    if host is None:
        host, _ = load_plugins(study.script_paths())
    if study.many_levels:
        from gmplug.levels import load_levels

        return load_levels(run_dir, study, host)
    return load_stages(run_dir, study, host, until)


def remake_report(run_dir: Path | str) -> tuple[Path, Report]:
    """Make the page of any run directory anew; return its path and the report.

    Raises as :func:`load_run` does.
    """
    run_dir = Path(run_dir).resolve()
    kind = _kind(run_dir)
    name = "report.html" if kind is None else kind[1]
    made = load_run(run_dir).make_report()
    made.save(run_dir, name)
    return run_dir / name, made


def _kind(run_dir: Path) -> tuple[str, str] | None:
    return next((kind for file, kind in _KINDS.items() if (run_dir / file).is_file()), None)


def open_study(
    study: Study | Path | str,
    names: Sequence[str] | None = None,
    host: Host | None = None,
    analysis: Mapping[str, Any] | None = None,
    *,
    until: str | None = None,
    settings: Mapping[str, Any] | None = None,
) -> tuple[Study, Host]:
    """Return a study and its plugins, checked for these stages, or for all up to ``until``.

    ``analysis`` overrides keys of ``[analysis]``, ``settings`` any key of a study file, by ``"SECTION.KEY"``.

    Raises InputError, one line for each problem with keys, scripts, names and options of providers, or files.
    """
    read = ReadFile(study) if isinstance(study, Study) else read_study(Path(study), settings)
    if analysis:
        changed = read.content.analysis.model_copy(update=dict(analysis))
        read = replace(read, content=read.content.model_copy(update={"analysis": changed}))
    problems: list[str] = list(read.problems)
    if host is None:
        host, failed = load_plugins(read.content.script_paths())
        problems += failed
    if names is None:
        names = stages_until(until, host)
    problems += study_problems(read.content, host, names, read.broken)
    if problems:
        raise InputError(list(dict.fromkeys(problems)))
    return read.content, host


def study_problems(
    study: Study, host: Host, names: Sequence[str], broken: frozenset[str] = frozenset()
) -> list[str]:
    """Return the problems of a study and its levels for the stages of these names, a line each.

    ``broken`` are sections with known problems: what depends on them is not checked.
    """
    if not study.many_levels:
        return stage_problems(study, host, names, broken)
    from gmplug.levels.check import levels_problems

    return levels_problems(study, host, names, broken)
