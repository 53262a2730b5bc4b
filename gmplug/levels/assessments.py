"""The assessments of ``[risk] assess``: each made by a plugin, a stage kept in ``risk/NAME/``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from gmplug.assessment.files import FACTS, checked, load_assessment, save_assessment
from gmplug.attachments import NAME
from gmplug.chain.edits import put_aside
from gmplug.chain.stage import Stage, StageContext
from gmplug.errors import InputError
from gmplug.host.options import call
from gmplug.levels.check import risk_call
from gmplug.values import Assessment, LevelDemands

RISK_DIR, OWN_FILES = "risk", "files"
#: What the names of these stages start with.
ASSESSMENT = "risk "


def assessment_stage(name: str) -> Stage:
    """Return the stage that makes the assessment of that name."""
    if not NAME.fullmatch(name):
        raise InputError(f"[risk] assess: '{name}' is no name of an assessment")
    folder = f"{RISK_DIR}/{name}"
    return Stage(
        name=f"{ASSESSMENT}{name}",
        inputs=(),
        sections=(),
        files=(f"{folder}/{FACTS}",),
        outputs=(f"{folder}/*.csv", f"{folder}/*.png", f"{folder}/{OWN_FILES}/**/*"),
        run=partial(assess, name=name),
        save=partial(_save, name=name),
        load=partial(_load, name=name),
        calls=lambda study: (risk_call(study, name),),
        gist=lambda value: ", ".join(value.tables),
    )


def assess(
    context: StageContext,
    demands: LevelDemands,
    hazard: pd.DataFrame | None,
    before: Mapping[str, Assessment],
    *,
    name: str,
) -> Assessment:
    """Call the assessment's implementation and check what it returns.

    Raises
    ------
    InputError
        It is unknown, or an option of it is bad.
    PluginError
        It returns something that cannot be kept.
    """
    where, study = f"[risk.{name}]", context.study
    implementation = context.host.provider("risk_assessments", name)
    out_dir = context.run_dir / RISK_DIR / name / OWN_FILES
    if out_dir.is_dir() and any(path.is_file() for path in out_dir.rglob("*")):
        put_aside(out_dir)  # a user's, or put aside there: gmplug's own are removed before
    out_dir.mkdir(parents=True, exist_ok=True)
    given = {
        "demands": demands,
        "hazard": hazard,
        "before": before,
        "seed": study.study.seed,
        "workers": context.workers,
        "progress": context.progress,
        "out_dir": out_dir,
    }
    value = call(implementation, study.risk.options_of(name), given, where, base_dir=study.base_dir)
    if not any(out_dir.iterdir()):
        out_dir.rmdir()
    return checked(value, where)


def _save(assessment: Assessment, run_dir: Path, name: str) -> None:
    save_assessment(assessment, run_dir / RISK_DIR / name)


def _load(run_dir: Path, name: str, **inputs: Any) -> Assessment:
    return load_assessment(run_dir / RISK_DIR / name)
