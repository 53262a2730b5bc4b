"""Assessments and the pictures of a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Picture:
    """A figure for a report: a PNG file's content, and what it shows. ``wide`` ones take the page's width."""

    png: bytes
    caption: str
    wide: bool = False


@dataclass(frozen=True)
class Assessment:
    """What the responses say: ``values`` can be JSON, ``tables`` are shown in the report and saved as CSV.

    ``pictures`` are shown in the report and saved as PNG; all names are of letters, digits, ``_`` and ``-``.
    ``values["notes"]``, a list of lines, is shown as such. Of assessments of several levels,
    ``values["title"]`` heads their section of the page, and ``values["headline"]``, from label to number or
    text, stands at its top.
    """

    values: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    pictures: Mapping[str, Picture] = field(default_factory=dict)

    @property
    def notes(self) -> tuple[str, ...]:
        """One line for each thing a user should know: ``values["notes"]``."""
        stated = self.values.get("notes")
        return tuple(map(str, stated)) if isinstance(stated, list | tuple) else ()
