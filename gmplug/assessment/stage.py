"""The stage ``assessment``: what the responses say."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from gmplug.chain.calls import Call, provider_call
from gmplug.chain.stage import Stage, StageContext
from gmplug.errors import InputError, PluginError
from gmplug.host.options import call
from gmplug.plain import plain
from gmplug.study.schema import Study
from gmplug.values import Assessment, Demands, Selection, Target

FACTS = "assessment.json"


def run(
    context: StageContext, analysis: Demands | None, selection: Selection, target: Target
) -> Assessment | None:
    """Return what the study's provider makes of the demands; None where nothing was analysed."""
    if analysis is None:
        return None
    section = context.study.assessment
    where = f"[assessment] provider '{section.provider}'"
    given = {"demands": analysis, "selection": selection, "target": target}
    implementation = context.host.provider("assessments", section.provider)
    value = call(implementation, section.options, given, where, base_dir=context.study.base_dir)
    if not isinstance(value, Assessment):
        raise PluginError(f"{where}: returned {type(value).__name__}, not gmplug.values.Assessment")
    bad = [name for name in value.tables if not re.fullmatch(r"[A-Za-z0-9_-]+", name)]
    if bad:
        raise PluginError(f"{where}: its table '{bad[0]}' needs a name of letters, digits, '_' and '-'")
    try:
        json.dumps(plain(value.values), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise PluginError(f"{where}: its values cannot be written as JSON ({error})") from error
    return value


def table_file(name: str) -> str:
    """Return the name of a table's file in the run directory."""
    return f"assessment_{name}.csv"


def save(assessment: Assessment | None, run_dir: Path) -> None:
    """Write the values as JSON and each table as CSV; tables of an earlier run are removed."""
    for stale in run_dir.glob(table_file("*")):
        stale.unlink()
    facts: dict[str, Any] | None = None
    if assessment is not None:
        facts = {"values": plain(assessment.values), "tables": list(assessment.tables)}
        for name, table in assessment.tables.items():
            table.to_csv(run_dir / table_file(name), index=False)
    text = json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False)
    (run_dir / FACTS).write_text(text + "\n", encoding="utf-8")


def load(run_dir: Path, **inputs: Any) -> Assessment | None:
    """Read the assessment back; None where nothing was analysed."""
    path = run_dir / FACTS
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        if facts is None:
            return None
        tables = {name: _read_table(run_dir / table_file(name)) for name in facts["tables"]}
        return Assessment(values=facts["values"], tables=tables)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); delete it to assess anew") from None


def _read_table(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path)
    except pd.errors.EmptyDataError:
        return pd.DataFrame()


def summary(assessment: Assessment | None) -> Mapping[str, Any]:
    """What summary.json says of the assessment."""
    return {} if assessment is None else {"assessment": plain(assessment.values)}


def calls(study: Study) -> tuple[Call, ...]:
    """Return the call of the assessment's provider."""
    return (provider_call("assessments", "assessment", study.assessment),)


STAGE = Stage(
    name="assessment",
    inputs=("analysis", "selection", "target"),
    sections=("assessment",),
    files=(FACTS,),
    run=run,
    save=save,
    load=load,
    calls=calls,
    summary=summary,
)
