"""Assessments and the pictures of a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Picture:
    """A figure for a report: the content of a PNG file, a caption, and whether it takes the page's width."""

    png: bytes
    caption: str
    wide: bool = False


@dataclass(frozen=True)
class Assessment:
    """Results from the demands, shown in the report and saved.

    ``values`` are valid JSON; ``tables`` are saved as CSV, ``pictures`` as PNG. Names have letters, digits,
    ``_`` and ``-``. ``values["notes"]`` are lines for the user. For several levels ``values["title"]`` is the
    heading of the section, and ``values["headline"]``, labels with numbers or texts, stands at its top.
    """

    values: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    pictures: Mapping[str, Picture] = field(default_factory=dict)

    @property
    def notes(self) -> tuple[str, ...]:
        """``values["notes"]``: for the user, one line each."""
        stated = self.values.get("notes")
        return tuple(map(str, stated)) if isinstance(stated, list | tuple) else ()
