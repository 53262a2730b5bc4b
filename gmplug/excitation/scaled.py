"""The default motions: the files of the selected records with the factors of the selection."""

from __future__ import annotations

from gmplug.values import Motions, Selection


def scaled(*, selection: Selection) -> Motions:
    """Return the selected records as they are, each with its scale factor. No waveform is read."""
    records = selection.records
    names = [name for name in Motions.COLUMNS if name in records]
    table = records[names].reset_index(drop=True)
    return Motions(table if "file_h1" in table else table.assign(file_h1=""))  # spectra without waveforms
