"""The stages of the chain: gmplug's in its order, those of other packages after their inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from gmplug.chain.plugin import gmplug_stages
from gmplug.chain.stage import Stage
from gmplug.errors import InputError, PluginError
from gmplug.host.lazy_offers import loaded

if TYPE_CHECKING:
    from gmplug.host import Host

#: The built-in ones.
STAGE_NAMES = tuple(gmplug_stages())

#: Values that are not named as their stage.
_VALUES = {"preselection": "candidates", "clustering": "clusters", "analysis": "demands"}


def value_of(stage: str) -> str:
    """Return the name of a stage's value: in ``run.values``, and as an input of other stages."""
    return _VALUES.get(stage, stage)


def stage_of(value: str) -> str:
    """Return the name of the stage that makes a value."""
    return next((stage for stage, name in _VALUES.items() if name == value), value)


def stage_names(host: Host | None = None) -> tuple[str, ...]:
    """Return the names of the stages in the order of the chain; without plugins, the built-in ones."""
    return tuple(_stages(host))


def load_stage(name: str, host: Host | None = None) -> Stage:
    """Return the stage of that name.

    A stage with ``takes_all`` has the values of all stages before it as inputs.
    """
    stages = _stages(host)
    stage = stages.get(name) or _built_in(name)
    if not stage.takes_all:
        return stage
    names = list(stages)
    before = tuple(names[: names.index(name)])
    inputs = tuple(map(value_of, before))
    return replace(stage, inputs=inputs, sections=(*stage.sections, *(f"stages.{one}" for one in before)))


def stages_until(until: str | None, host: Host | None = None) -> tuple[str, ...]:
    """Return the names of the stages up to and with ``until`` (all of them for None).

    Raises InputError for a name that is not a stage.
    """
    names = stage_names(host)
    if until is None:
        return names
    if until not in names:
        raise InputError(f"--until: unknown stage '{until}'; known: {', '.join(names)}")
    return names[: names.index(until) + 1]


@lru_cache(maxsize=32)
def _built_in(name: str) -> Stage:
    stage: Stage = loaded(gmplug_stages()[name])
    return stage


def _stages(host: Host | None) -> Mapping[str, Stage | None]:
    """The stages in the order of the chain; None for a built-in one, which is not loaded."""
    stages: dict[str, Stage | None] = dict.fromkeys(STAGE_NAMES)
    if host is None:
        return stages
    offers = host.offered_by("stages")
    added = {name: _checked(host, name) for name in offers if name not in stages or len(offers[name]) > 1}
    anchors: dict[str, str] = {}
    order = list(stages)
    while added:
        ready = [name for name, stage in added.items() if {*_before(stage)} <= {*order}]
        if not ready:
            name, stage = next(iter(added.items()))
            missing = next(one for one in _before(stage) if one not in order)
            raise PluginError(
                f"stage '{name}' ({host.packages_of('stages', name)}) takes '{missing}', "
                "which is no stage or comes after it; install the package that offers it"
            )
        for name in ready:
            stage = stages[name] = added.pop(name)
            at = _place(stage, order)
            anchors[name] = order[at - 1]
            while at < len(order) and anchors.get(order[at]) == anchors[name]:
                at += 1  # after those that were installed before it
            order.insert(at, name)
    return {name: stages[name] for name in order}


def _before(stage: Stage) -> tuple[str, ...]:
    """Names of the stages that must come before a stage."""
    return (*map(stage_of, stage.inputs), *stage.after)


def _place(stage: Stage, order: Sequence[str]) -> int:
    """The position of a stage: after its inputs; without inputs, before the report."""
    after = [order.index(name) + 1 for name in _before(stage)]
    return max(after) if after else order.index("report")


def _checked(host: Host, name: str) -> Stage:
    stage: Any = host.provider("stages", name)
    if isinstance(stage, Stage) and stage.name == name:
        for one in (*stage.inputs, *stage.optional):
            if one in _VALUES:
                raise PluginError(
                    f"stage '{name}' ({host.packages_of('stages', name)}) takes '{one}', which is a stage; "
                    f"name its value, '{_VALUES[one]}'"
                )
        return stage
    what = f"a stage named '{stage.name}'" if isinstance(stage, Stage) else type(stage).__name__
    raise PluginError(
        f"stage '{name}' ({host.packages_of('stages', name)}) is {what}; offer a gmplug.Stage of that name"
    )
