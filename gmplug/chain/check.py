"""Checks of a study before the first computation, all problems at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from gmplug.chain.calls import Call, call_problems, calls_of
from gmplug.chain.stage import Stage, StageContext
from gmplug.chain.stages import load_stage, stage_names, stage_of
from gmplug.errors import InputError, PluginError
from gmplug.host import Host, is_script
from gmplug.plausible import look_at_options, unknown_accepted
from gmplug.study.schema import Study
from gmplug.values import no_progress


def load_plugins(scripts: Iterable[Path]) -> tuple[Host, list[str]]:
    """Return the plugins with all usable scripts, and one line for each other."""
    host = Host()
    problems: list[str] = []
    for path in scripts:
        try:
            host.add_script(path)
        except PluginError as error:
            problems += error.problems
    return host, problems


def stage_problems(
    study: Study, host: Host, names: Sequence[str], broken: frozenset[str] = frozenset()
) -> list[str]:
    """Return what is wrong with a study of one level for the stages of these names, a line each.

    ``broken`` are sections with known problems: what depends on them is not checked.
    """
    context = StageContext(study, host, Path(), 1, no_progress)
    content = study.model_dump(mode="json", exclude_none=True)
    problems = unknown_accepted(study.study.accept)
    problems += look_at_options(content, study.study.accept).problems
    problems += [
        f"[stages.{name}]: unknown stage '{name}'; known: {', '.join(stage_names(host))}"
        for name in study.stages
        if name not in stage_names(host)
    ]
    found: dict[str, list[str]] = {}
    checks: dict[str, Future[None]] = {}
    stages = stages_for(names, host)
    with ThreadPoolExecutor(1) as pool:
        # From the end: a model is built in its own process while the modules of other stages load.
        for stage in reversed(stages):
            calls = calls_of(stage, study, host)
            usable = [call for call in calls if not _script_is_missing(call, host, study.base_dir)]
            found[stage.name] = [
                line for call in usable for line in call_problems(host, call, study.base_dir)
            ]
            found[stage.name] += stage.settings_problems(study)
            stumbles = found[stage.name] or len(usable) < len(calls)
            if not stumbles and not broken & {*_sections(stage), "structure", "levels"}:
                checks[stage.name] = pool.submit(stage.check, context)
    for stage in stages:
        problems += found[stage.name]
        try:
            if stage.name in checks:
                checks[stage.name].result()
        except InputError as error:
            problems += error.problems
    return list(dict.fromkeys(problems))


def stages_for(names: Iterable[str], host: Host | None = None) -> list[Stage]:
    """Return the stages of these names and of their inputs, in the order of the chain."""
    wanted: set[str] = set()
    open_names = list(names)
    while open_names:
        name = open_names.pop()
        if name not in wanted:
            wanted.add(name)
            open_names += map(stage_of, load_stage(name, host).inputs)
    return [load_stage(name, host) for name in stage_names(host) if name in wanted]


def _sections(stage: Stage) -> set[str]:
    return {name.partition(".")[0] for name in stage.sections}


def _script_is_missing(call: Call, host: Host, base_dir: Path) -> bool:
    """Whether the call is of a script that could not be loaded, which is reported already."""
    return (
        call.name is not None
        and is_script(call.name)
        and (base_dir / call.name).resolve() not in host.scripts
    )


def study_calls(study: Study, host: Host | None = None) -> list[Call]:
    """Return the calls of providers by all stages of a study of one level."""
    return [call for name in stage_names(host) for call in calls_of(load_stage(name, host), study, host)]
