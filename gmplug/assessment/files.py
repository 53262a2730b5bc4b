"""Assessments as files: values, captions and names as JSON, tables as CSV, pictures as PNG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gmplug.attachments import attachment_problems, load_attachments, save_attachments
from gmplug.errors import PluginError, readable
from gmplug.plain import plain
from gmplug.values import Assessment

FACTS = "assessment.json"
#: Name of the table and of the entry of the values with the accuracy that a study asks for.
ACCURACY = "accuracy"


def checked(value: Any, where: str) -> Assessment:
    """Return what a provider made; raises PluginError where it is no assessment or cannot be kept."""
    if not isinstance(value, Assessment):
        raise PluginError(f"{where}: returned {type(value).__name__}, not gmplug.values.Assessment")
    problems = attachment_problems(value.values, "values", value.tables, value.pictures)
    if problems:
        raise PluginError([f"{where}: {problem}" for problem in problems])
    return value


def save_assessment(assessment: Assessment, folder: Path, prefix: str = "") -> None:
    """Write an assessment; names of the files of tables and pictures start with ``prefix``."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"values": plain(assessment.values)}
    save_attachments(facts, folder / FACTS, prefix, assessment.tables, assessment.pictures)


def load_assessment(folder: Path, prefix: str = "") -> Assessment:
    """Read an assessment back; raises InputError where a file of it is missing or bad."""
    path = folder / FACTS
    with readable(path, "delete it to assess anew"):
        facts, tables, pictures = load_attachments(path, prefix)
        return Assessment(facts["values"], tables, pictures)
