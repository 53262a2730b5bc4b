"""The built-in provider of motions: ``scaled``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gmplug.hookspecs import hookimpl
from gmplug.values import Motions, Selection


@hookimpl
def gmplug_motions() -> dict[str, Callable[..., Any]]:
    """Offer ``scaled``."""
    return {"scaled": scaled}


def scaled(*, selection: Selection) -> Motions:
    """Return the selected records as they are, each with its scale factor. No waveform is read."""
    records = selection.records
    names = [name for name in Motions.COLUMNS if name in records]
    table = records[names].reset_index(drop=True)
    return Motions(table if "file_h1" in table else table.assign(file_h1=""))  # spectra without waveforms
