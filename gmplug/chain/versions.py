"""Whether this version of gmplug reads what another one wrote."""

from __future__ import annotations

from pathlib import Path

from gmplug._version import __version__
from gmplug.errors import InputError


def check_version(made_by: str, folder: Path, remedy: str) -> None:
    """Raise InputError where a version with files of another form wrote the folder.

    The form changes with the first two parts of the version. ``remedy`` says how to make the files again.
    """
    if made_by.split(".")[:2] != __version__.split(".")[:2]:
        raise InputError(
            f"{folder}: made by gmplug {made_by}; this is gmplug {__version__}, which does not read its "
            f"files; {remedy}, or read it with gmplug {made_by}"
        )
