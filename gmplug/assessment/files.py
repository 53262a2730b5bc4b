"""Assessments as files: values, captions and names as JSON, tables as CSV, pictures as PNG."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd

from gmplug.errors import InputError, PluginError
from gmplug.plain import plain
from gmplug.values import Assessment, Picture

FACTS = "assessment.json"
#: What an assessment, one of its tables or pictures may be called.
NAME = re.compile(r"[A-Za-z0-9_-]+")


def checked(value: Any, where: str) -> Assessment:
    """Return what a provider made; raises PluginError where it is no assessment or cannot be kept."""
    if not isinstance(value, Assessment):
        raise PluginError(f"{where}: returned {type(value).__name__}, not gmplug.values.Assessment")
    for kind, names in (("table", value.tables), ("picture", value.pictures)):
        bad = [name for name in names if not NAME.fullmatch(name)]
        if bad:
            raise PluginError(f"{where}: its {kind} '{bad[0]}' needs a name of letters, digits, '_' and '-'")
    try:
        json.dumps(plain(value.values), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise PluginError(f"{where}: its values cannot be written as JSON ({error})") from error
    return value


def save_assessment(assessment: Assessment, folder: Path, prefix: str = "") -> None:
    """Write an assessment; names of the files of tables and pictures start with ``prefix``."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, frame in assessment.tables.items():
        frame.to_csv(folder / f"{prefix}{table}.csv", index=False)
    for picture, content in assessment.pictures.items():
        (folder / f"{prefix}{picture}.png").write_bytes(content.png)
    facts = {
        "values": plain(assessment.values),
        "tables": list(assessment.tables),
        "pictures": {n: {"caption": p.caption, "wide": p.wide} for n, p in assessment.pictures.items()},
    }
    text = json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / FACTS).write_text(text + "\n", encoding="utf-8")


def load_assessment(folder: Path, prefix: str = "") -> Assessment:
    """Read an assessment back; raises InputError where a file of it is missing or bad."""
    path = folder / FACTS
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        tables = {table: _read_table(folder / f"{prefix}{table}.csv") for table in facts["tables"]}
        pictures = {
            name: Picture((folder / f"{prefix}{name}.png").read_bytes(), about["caption"], about["wide"])
            for name, about in facts.get("pictures", {}).items()
        }
        return Assessment(facts["values"], tables, pictures)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); delete it to assess anew") from None


def _read_table(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path)
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
