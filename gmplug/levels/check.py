"""What can be found wrong with a study of several levels before the first of them runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gmplug.chain.calls import Call, call_problems, provider_call
from gmplug.chain.check import stage_problems
from gmplug.errors import InputError
from gmplug.excitation.stage import UNCHANGED
from gmplug.host import Host
from gmplug.host.options import unknown_option
from gmplug.levels.studies import hazard_curve, level_studies
from gmplug.study.schema import Study


def level_calls(study: Study) -> list[Call]:
    """Return the calls of the levels' targets and of the assessments of all levels."""
    target = provider_call("targets", "target", study.target)
    found = [
        replace(target, options=level.options, place=("levels", number))
        for number, level in enumerate(study.levels)
    ]
    names = dict.fromkeys([*study.risk.assess, *study.risk.options])
    return [*found, *(risk_call(study, name) for name in names)]


def risk_call(study: Study, name: str) -> Call:
    """Return the call of an assessment of all levels."""
    return Call("risk_assessments", name, study.risk.options_of(name), f"[risk.{name}]", ("risk", name))


def levels_problems(study: Study, host: Host, names: Sequence[str], broken: frozenset[str]) -> list[str]:
    """Return what is wrong with the levels, each a study of its own, and with what is made of all."""
    problems = []
    offered = host.providers("risk_assessments")
    for name in study.risk.options:
        if name not in offered and name not in study.risk.assess:
            problems.append(unknown_option(name, {*offered, "assess", "hazard_curve"}, "[risk]"))
    wanted = [*study.risk.assess, *(name for name in study.risk.options if name in offered)]
    for name in dict.fromkeys(wanted):
        problems += call_problems(host, risk_call(study, name), study.base_dir)
    try:
        levels = level_studies(study, hazard_curve(study))
    except InputError as error:
        return [*problems, *error.problems]
    target = provider_call("targets", "target", study.target)
    of_target = call_problems(host, target, study.base_dir)  # levels may replace what is wrong there
    problems += [line for line in of_target if "is missing" not in line]
    if not levels:
        if study.motions.provider != UNCHANGED:
            kind = "ida" if study.ida else "cloud"
            problems.append(
                f"[motions] provider '{study.motions.provider}': [{kind}] scales the recorded motions to "
                f'levels of its own; leave out [{kind}], or use provider = "{UNCHANGED}"'
            )
        if study.analysis.orientation != "recorded":
            problems.append(
                f"[analysis] orientation: [{'ida' if study.ida else 'cloud'}] uses the components as "
                "recorded; leave the option out"
            )
        return list(dict.fromkeys(problems + stage_problems(single_study(study), host, names, broken)))
    before = [name for name in names if name not in ("analysis", "assessment", "report")]
    common = stage_problems(single_study(study), host, before, broken)
    for number, level in enumerate(levels):
        of_level: Sequence[str] = before if number else names  # the model is that of all levels
        for line in stage_problems(level.study, host, of_level, broken):
            own = line.startswith("[target]") and line not in common
            problems.append(f"[[levels]] '{level.name}': {line}" if own else line)
    return list(dict.fromkeys(problems))


def single_study(study: Study) -> Study:
    """Return the study without its levels: what ``[ida]`` and ``[cloud]`` select records for."""
    return study.model_copy(update={"levels": [], "ida": None, "cloud": None})
