"""Assessments as files: values, captions and names as JSON, tables as CSV, pictures as PNG."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from gmplug.attachments import load_attachments, save_attachments
from gmplug.errors import InputError, PluginError
from gmplug.plain import plain
from gmplug.values import Assessment

FACTS = "assessment.json"
#: Name of the table and of the entry of the values with the accuracy that a study asks for.
ACCURACY = "accuracy"
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
    facts = {"values": plain(assessment.values)}
    save_attachments(facts, folder / FACTS, prefix, assessment.tables, assessment.pictures)


def load_assessment(folder: Path, prefix: str = "") -> Assessment:
    """Read an assessment back; raises InputError where a file of it is missing or bad."""
    path = folder / FACTS
    try:
        facts, tables, pictures = load_attachments(path, prefix)
        return Assessment(facts["values"], tables, pictures)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); delete it to assess anew") from None
