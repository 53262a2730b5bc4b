"""The stage ``assessment``: statistics of the responses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gmplug.assessment.files import FACTS, checked, load_assessment, save_assessment
from gmplug.chain.calls import Call, provider_call
from gmplug.chain.stage import Stage, StageContext
from gmplug.errors import InputError
from gmplug.host.options import call, known_names
from gmplug.plain import plain
from gmplug.study.schema import Study
from gmplug.values import Assessment, Candidates, Clusters, Demands, Selection, Target

#: Names of the files of tables and pictures start with it.
PREFIX = "assessment_"


def run(
    context: StageContext,
    demands: Demands | None,
    selection: Selection,
    target: Target,
    candidates: Candidates | None = None,
    clusters: Clusters | None = None,
) -> Assessment | None:
    """Return the assessment of the study's provider; None without demands."""
    if demands is None:
        return None
    section = context.study.assessment
    where = f"[assessment] provider '{section.provider}'"
    given: dict[str, Any] = {
        "demands": demands,
        "selection": selection,
        "target": target,
        "candidates": candidates,
        "clusters": clusters,
    }
    implementation = context.host.provider("assessments", section.provider)
    if candidates is not None and "surrogate" in known_names(implementation, where):
        from gmplug.surrogate.responses import surrogate_of

        given["surrogate"] = surrogate_of(context, candidates)
    made = checked(
        call(implementation, section.options, given, where, base_dir=context.study.base_dir), where
    )
    if section.accuracy is None or candidates is None or clusters is None:
        return made
    from gmplug.assessment.accuracy import with_accuracy

    surrogate = given.get("surrogate")
    return with_accuracy(made, context.study, demands, selection, target, candidates, clusters, surrogate)


def check(context: StageContext) -> None:
    """Raise InputError where a study asks for an accuracy that no further records can give."""
    study, problems = context.study, []
    if study.assessment.accuracy is None:
        return
    if study.structure.model is None:
        problems.append(
            "[assessment] accuracy: [structure] names no model, so there are no demands; set model"
        )
    method = study.selection.method
    selector = context.host.provider("selectors", method)
    if "include" not in known_names(selector, f"[selection] method '{method}'"):
        problems.append(
            f"[assessment] accuracy: [selection] method '{method}' cannot add records to a set, as it has no "
            'option include; use "optimised" or "representative"'
        )
    if problems:
        raise InputError(problems)


def save(assessment: Assessment, run_dir: Path) -> None:
    """Write ``assessment.json`` and ``assessment_NAME.csv`` and ``.png``."""
    save_assessment(assessment, run_dir, PREFIX)


def load(run_dir: Path, **inputs: Any) -> Assessment:
    """Read the assessment back."""
    return load_assessment(run_dir, PREFIX)


def summary(assessment: Assessment) -> Mapping[str, Any]:
    """Return the part of summary.json on the assessment."""
    return {"assessment": plain(assessment.values)}


def calls(study: Study) -> tuple[Call, ...]:
    """Return the call of the assessment's provider."""
    return (provider_call("assessments", "assessment", study.assessment),)


STAGE = Stage(
    name="assessment",
    inputs=("demands", "selection", "target", "candidates", "clusters"),
    sections=("assessment", "selection.batches"),
    files=(FACTS,),
    outputs=(f"{PREFIX}*.csv", f"{PREFIX}*.png"),
    run=run,
    save=save,
    load=load,
    calls=calls,
    check=check,
    summary=summary,
)
