"""A stage: a step of the chain from values to a value, which it can write and read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gmplug.values import Progress

if TYPE_CHECKING:
    from gmplug.chain.calls import Call
    from gmplug.host import Host
    from gmplug.study import Study


@dataclass(frozen=True)
class StageContext:
    """What every stage may use besides its inputs.

    Parameters
    ----------
    study
        The resolved study.
    host
        The plugins: ``host.provider("clusterers", name)`` and the events.
    run_dir
        Folder of the run; a stage writes nowhere else.
    workers
        Processes or threads to use at most.
    progress
        Called as ``progress(done, total, message)``.
    common_dir
        Folder of the run that the study is a member of, such as that of all levels; None if of none.
    """

    study: Study
    host: Host
    run_dir: Path
    workers: int
    progress: Progress
    common_dir: Path | None = None


@dataclass(frozen=True)
class Stage:
    """A stage of the chain.

    Parameters
    ----------
    name
        As in ``--until`` and ``timing_s``.
    inputs
        Values that :attr:`run` takes as keyword arguments: ``catalogue``, ``target``, ``candidates``,
        ``clusters``, ``selection``, ``motions``, ``demands``, ``assessment``, ``report``, or a stage's name.
    sections
        Sections of the study file that :attr:`run` reads, or ``SECTION.KEY`` for one key. A value in the run
        directory is reused if they, the inputs, the code of the providers in :attr:`calls` and of the plugins
        with :attr:`events`, T* and the period grid are unchanged.
    files
        Files of the run directory with the value. A user may edit them.
    run
        ``run(context, **inputs) -> value``. Further parameters are options that a study sets in
        ``[stages.NAME]``.
    save
        ``save(value, run_dir)`` writes :attr:`files`.
    load
        ``load(run_dir, **inputs) -> value`` reads them; raises InputError where a file was edited badly.
    summary
        ``summary(value) -> dict`` for summary.json.
    outputs
        Patterns of further files with the value, whose number depends on it. A user may edit them too.
    gist
        ``gist(value)``: the value in a few words, for the terminal.
    scratch
        Further files and folders of the run directory that a fresh start removes.
    calls
        ``calls(study)`` returns the providers that :attr:`run` calls, and their options. Names, options and
        files are checked before the first stage runs.
    events
        Hooks that change the result of :attr:`run`.
    settings_problems
        ``settings_problems(study)`` returns problems with options of gmplug's own, a line each.
    check
        ``check(context)`` finds further problems without computing, for all stages before the first one;
        raises InputError, one line for each problem.
    decisions
        Further files of the run directory with decisions of the user that :attr:`run` reads.
    optional
        Values that :attr:`run` takes if another run shares them.
    after
        Stages that it follows besides those of its inputs. A stage of another package stands after all of
        these, or before the report if it has none.
    takes_all
        Whether it takes the values of all stages before it.
    """

    name: str
    inputs: tuple[str, ...]
    sections: tuple[str, ...]
    files: tuple[str, ...]
    run: Callable[..., Any]
    save: Callable[[Any, Path], None]
    load: Callable[..., Any]
    summary: Callable[[Any], Mapping[str, Any]] = lambda value: {}
    scratch: tuple[str, ...] = ()
    calls: Callable[[Study], tuple[Call, ...]] = lambda study: ()
    events: tuple[str, ...] = ()
    settings_problems: Callable[[Study], list[str]] = lambda study: []
    check: Callable[[StageContext], None] = lambda context: None
    decisions: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    gist: Callable[[Any], str] = lambda value: ""
    after: tuple[str, ...] = ()
    takes_all: bool = False
