"""Tables and pictures that a provider returns beside its result, as files of the run directory."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from gmplug.plain import plain, write_json
from gmplug.values import Picture

#: What a provider may call a table or picture.
NAME = re.compile(r"[A-Za-z0-9_-]+")


def attachment_problems(
    facts: Any, what: str, tables: Mapping[str, pd.DataFrame], pictures: Mapping[str, Picture]
) -> list[str]:
    """Return why what a provider returned cannot be kept, a line each; ``what`` names its ``facts``."""
    problems = [
        f"its {kind} '{name}' needs a name of letters, digits, '_' and '-'"
        for kind, names in (("table", tables), ("picture", pictures))
        for name in names
        if not NAME.fullmatch(name)
    ]
    try:
        json.dumps(plain(facts), allow_nan=False)
    except (TypeError, ValueError) as error:
        problems.append(f"its {what} cannot be written as JSON ({error})")
    return problems


def save_attachments(
    facts: Mapping[str, Any],
    path: Path,
    prefix: str,
    tables: Mapping[str, pd.DataFrame],
    pictures: Mapping[str, Picture],
) -> None:
    """Write tables as CSV and pictures as PNG beside ``path``, and facts with their names to it as JSON.

    ``prefix`` is the start of the files' names.
    """
    for name, table in tables.items():
        table.to_csv(path.with_name(f"{prefix}{name}.csv"), index=False)
    for name, picture in pictures.items():
        path.with_name(f"{prefix}{name}.png").write_bytes(picture.png)
    about = {name: {"caption": p.caption, "wide": p.wide} for name, p in pictures.items()}
    write_json(path, {**facts, "tables": list(tables), "pictures": about})


def load_attachments(
    path: Path, prefix: str
) -> tuple[dict[str, Any], dict[str, pd.DataFrame], dict[str, Picture]]:
    """Read facts, tables and pictures back.

    Raises OSError, ValueError, KeyError or TypeError where a file is missing or its content is wrong.
    """
    facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    tables = {name: _read_table(path.with_name(f"{prefix}{name}.csv")) for name in facts["tables"]}
    pictures = {
        name: Picture(path.with_name(f"{prefix}{name}.png").read_bytes(), about["caption"], about["wide"])
        for name, about in facts.get("pictures", {}).items()
    }
    return facts, tables, pictures


def _read_table(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path)
    except pd.errors.EmptyDataError:
        return pd.DataFrame()
