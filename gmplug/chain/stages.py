"""The stages of the chain, by name and in the order people think of them."""

from __future__ import annotations

import importlib

from gmplug.chain.stage import Stage
from gmplug.errors import InputError

STAGE_NAMES = (
    "catalogue",
    "preselection",
    "target",
    "clustering",
    "selection",
    "analysis",
    "assessment",
    "report",
)


#: Stages that only a study with several levels has, and their modules.
_SHARED = {"training": "gmplug.clustering.shared_training"}


def load_stage(name: str) -> Stage:
    """Return the stage of that name; its module is loaded when it is first asked for."""
    stage: Stage = importlib.import_module(_SHARED.get(name, f"gmplug.{name}.stage")).STAGE
    return stage


def stages_until(until: str | None) -> tuple[str, ...]:
    """Return the names of the stages up to and with ``until`` (all of them for None).

    Raises InputError for a name that is not a stage.
    """
    if until is None:
        return STAGE_NAMES
    if until not in STAGE_NAMES:
        raise InputError(f"--until: unknown stage '{until}'; known: {', '.join(STAGE_NAMES)}")
    return STAGE_NAMES[: STAGE_NAMES.index(until) + 1]
