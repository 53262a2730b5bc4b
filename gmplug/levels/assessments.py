"""The assessments of ``[risk] assess``: each made by a plugin, kept in ``risk/NAME/``, reused while good."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from gmplug.chain.stage import Stage
from gmplug.errors import InputError, PluginError
from gmplug.host import Host
from gmplug.host.options import call
from gmplug.plain import plain
from gmplug.values import Assessment, Picture

RISK_DIR, FACTS, OWN_FILES = "risk", "assessment.json", "files"
_NAME = re.compile(r"[A-Za-z0-9_-]+")


def assessment_stage(name: str) -> Stage:
    """How the assessment of that name is written and read, as a stage of the run directory."""
    if not _NAME.fullmatch(name):
        raise InputError(f"[risk] assess: '{name}' is no name of an assessment")
    folder = f"{RISK_DIR}/{name}"
    return Stage(
        name=f"risk {name}",
        inputs=(),
        sections=(),
        files=(f"{folder}/{FACTS}",),
        run=assess,
        save=partial(save, name=name),
        load=partial(load, name=name),
        scratch=(folder,),
    )


def assess(
    name: str, host: Host, options: Mapping[str, Any], given: dict[str, Any], run_dir: Path, base_dir: Path
) -> Assessment:
    """Call the assessment's implementation and check what it returns; its folder is emptied first.

    Raises
    ------
    InputError
        It is unknown, or an option of it is bad.
    PluginError
        It returns something that cannot be kept.
    """
    where = f"[risk.{name}]"
    implementation = host.provider("risk_assessments", name)
    shutil.rmtree(run_dir / RISK_DIR / name, ignore_errors=True)
    out_dir = run_dir / RISK_DIR / name / OWN_FILES
    out_dir.mkdir(parents=True)
    value = call(implementation, options, given | {"out_dir": out_dir}, where, base_dir=base_dir)
    if not any(out_dir.iterdir()):
        out_dir.rmdir()
    if not isinstance(value, Assessment):
        raise PluginError(f"{where}: returned {type(value).__name__}, not gmplug.values.Assessment")
    bad = [n for n in (*value.tables, *value.pictures) if not _NAME.fullmatch(n)]
    if bad:
        raise PluginError(f"{where}: '{bad[0]}' needs a name of letters, digits, '_' and '-'")
    try:
        json.dumps(plain(value.values), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise PluginError(f"{where}: its values cannot be written as JSON ({error})") from error
    return value


def save(assessment: Assessment, run_dir: Path, name: str) -> None:
    """Write values, captions and names as JSON, tables as CSV, pictures as PNG."""
    folder = run_dir / RISK_DIR / name
    folder.mkdir(parents=True, exist_ok=True)
    for table, frame in assessment.tables.items():
        frame.to_csv(folder / f"{table}.csv", index=False)
    for picture, content in assessment.pictures.items():
        (folder / f"{picture}.png").write_bytes(content.png)
    facts = {
        "values": plain(assessment.values),
        "tables": list(assessment.tables),
        "pictures": {n: {"caption": p.caption, "wide": p.wide} for n, p in assessment.pictures.items()},
    }
    text = json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / FACTS).write_text(text + "\n", encoding="utf-8")


def load(run_dir: Path, name: str) -> Assessment:
    """Read the assessment back; raises InputError where a file of it is missing or bad."""
    folder = run_dir / RISK_DIR / name
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        tables = {table: _read_table(folder / f"{table}.csv") for table in facts["tables"]}
        pictures = {
            picture: Picture((folder / f"{picture}.png").read_bytes(), about["caption"], about["wide"])
            for picture, about in facts["pictures"].items()
        }
        return Assessment(facts["values"], tables, pictures)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{folder}: cannot be read back ({error}); delete it to assess anew") from None


def _read_table(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path)
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
