"""The analyses of many structures or levels: one executor, one store, results case by case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gmplug.analysis.campaign import Job
from gmplug.analysis.errors import ExecutorError
from gmplug.analysis.setup import AnalysisSetup
from gmplug.analysis.stage import longest_first, open_campaign
from gmplug.chain.stage import StageContext
from gmplug.errors import GmplugError
from gmplug.host import Host
from gmplug.study.schema import AnalysisSection
from gmplug.values import AnalysisResult, AnalysisTask, Progress


@dataclass(frozen=True)
class Settings:
    """How analyses run.

    Parameters
    ----------
    analysis
        ``[analysis]`` of the file.
    workers
        Processes at most.
    progress
        Called as ``progress(done, total, message)`` after each analysis.
    """

    analysis: AnalysisSection
    host: Host
    workers: int
    progress: Progress

    @classmethod
    def of(cls, context: StageContext) -> Settings:
        """Return those of a study."""
        study = context.study
        workers = study.analysis.workers or context.workers
        return cls(study.analysis, context.host, workers, context.progress)


@dataclass
class Case:
    """A structure, the analyses to run with it, and their results once they have ended.

    Parameters
    ----------
    tasks
        Each has an id or a name of its own.
    description
        What is known of the structure once it was built.
    results
        Of the analyses that have ended, in the order in which they did.
    error
        Why the structure could not be built; None if it could.
    """

    name: str
    setup: AnalysisSetup
    tasks: Sequence[AnalysisTask]
    description: Mapping[str, Any] = field(default_factory=dict)
    results: list[tuple[AnalysisTask, AnalysisResult]] = field(default_factory=list)
    error: GmplugError | None = None


#: The analyses that follow from a result.
Follow = Callable[[AnalysisTask, AnalysisResult], Iterable[AnalysisTask]]


def run_cases(
    settings: Settings,
    cases: Sequence[Case],
    on_complete: Callable[[Case], None] = lambda case: None,
    *,
    follow: Follow = lambda task, result: (),
    most: int | None = None,
) -> None:
    """Run the analyses of all cases; what the store has is not run again.

    The setups have one model, base directory and run directory. Every structure is built once before the
    first analysis. One that cannot be built stops no other.

    Parameters
    ----------
    on_complete
        Called with each case whose analyses have all ended.
    follow
        Returns further analyses of the case after each result.
    most
        Analyses at most, for the progress; those of the cases if None.

    Raises
    ------
    InputError
        The executor or an option of it is unknown.
    StudyError
        The store cannot be written, or the executor is gone.
    """
    first = sum(len(case.tasks) for case in cases)
    total = first if most is None else most
    by_setup = {id(case.setup): case for case in cases}
    under_way = {id(case.setup): len(case.tasks) for case in cases}
    done = 0

    def on_result(job: Job, result: AnalysisResult) -> list[tuple[AnalysisSetup, AnalysisTask]]:
        nonlocal done
        done += 1
        case = by_setup[id(job.setup)]
        case.results.append((job.task, result))
        settings.host.hook.gmplug_analysis_finished(result=result)
        settings.progress(done, total, f"{case.name}, {job.task.name or job.task.id}: {result.status}")
        further = list(follow(job.task, result))
        under_way[id(job.setup)] += len(further) - 1
        if not under_way[id(job.setup)]:
            on_complete(case)
        return [(job.setup, task) for task in further]

    def jobs() -> Iterator[tuple[AnalysisSetup, AnalysisTask]]:
        for case in cases:
            if case.error is None:
                for task in longest_first(case.tasks):
                    yield case.setup, task

    if not cases:
        return
    workers = min(settings.workers, max(first, 1))
    with open_campaign(settings.analysis, settings.host, cases[0].setup, workers) as campaign:
        for case in cases:
            try:
                case.description = campaign.describe(case.setup)
            except ExecutorError:
                raise  # nothing is known of the structure
            except GmplugError as error:
                case.error = error
        campaign.run(jobs(), on_result)
