"""The catalogue of an earlier run, as it lies in its run directory."""

from __future__ import annotations

from pathlib import Path

from gmplug.errors import InputError
from gmplug.values import Catalogue


def earlier_run(path: Path) -> Catalogue:
    """Return the catalogue that another run has made: its records, spectra and waveforms.

    Parameters
    ----------
    path
        The run directory, or its ``catalogue.parquet``.

    Raises
    ------
    InputError
        There is no catalogue.
    """
    from gmplug.catalogue.stage import TABLE, load

    folder = path.parent if path.name == TABLE else path
    if not (folder / TABLE).is_file():
        raise InputError(
            f"[catalogue] path: {folder} holds no {TABLE}; name the directory of a run that has a catalogue"
        )
    return load(folder)
