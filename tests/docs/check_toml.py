"""Check a TOML block of the documentation: a study, a portfolio or a pyproject, in whole or in part."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from gmplug.chain.calls import call_problems, calls_of
from gmplug.chain.check import stages_for
from gmplug.chain.stages import stage_names
from gmplug.host import Host, is_script
from gmplug.levels.check import level_calls
from gmplug.portfolio.check import portfolio_calls
from gmplug.portfolio.schema import parse_portfolio
from gmplug.study.files import parse_study
from gmplug.testing.small_study import STUDY

#: Packages' extras and files of the reader are not at hand.
_READERS_FILE = "no such file or folder"
_LEVELS = [{"name": "one", "sa_g": 0.2, "return_period_years": 72}]


@cache
def _host() -> Host:
    return Host()


def toml_problems(text: str, own: frozenset[str] = frozenset()) -> list[str]:
    """Return what gmplug would refuse in a block; sections that the block leaves out are those of a study.

    ``own`` are the names of providers and measures that the page defines.
    """
    content = tomllib.loads(text)
    if "project" in content:
        return [] if content["project"]["entry-points"]["gmplug"] else ["no entry point"]
    if "portfolio" in content:
        return _portfolio_problems(content)
    return _study_problems(_completed(content), own)


def _completed(content: dict[str, Any]) -> dict[str, Any]:
    base = tomllib.loads(STUDY)
    whole = {**base, **content}
    for section, key in (("catalogue", "provider"), ("structure", "period_s")):
        whole[section] = {key: base[section][key]} | whole[section]
    if "risk" in content and not {"levels", "ida", "cloud"} & set(content):
        whole["levels"] = _LEVELS
    return whole


def _study_problems(content: dict[str, Any], own: frozenset[str]) -> list[str]:
    study = parse_study(content, Path("block.toml").absolute())
    host, problems = _host(), []
    calls = level_calls(study) if study.many_levels else []
    for stage in stages_for(stage_names(host), host):
        problems += stage.settings_problems(study)
        calls += calls_of(stage, study, host)
    for call in calls:
        if call.name is None or not (is_script(call.name) or call.name in own):
            problems += call_problems(host, call, study.base_dir)
    of_page = [f"unknown option '{name}'" for name in own]
    return [line for line in problems if not any(part in line for part in (_READERS_FILE, *of_page))]


def _portfolio_problems(content: dict[str, Any]) -> list[str]:
    portfolio = parse_portfolio({"catalogue": {"provider": "simulated"}, **content})
    problems = [line for call in portfolio_calls(portfolio) for line in call_problems(_host(), call, Path())]
    return [line for line in problems if _READERS_FILE not in line]
