"""Identifies the code of a plugin, so that gmplug computes results anew when the code changes."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

from gmplug.host.script_files import model_files
from gmplug.host.scripts import SCRIPT_PREFIX

#: A package with more Python files is identified by its version only.
_MOST_FILES = 2000


def plugin_code(plugin: Any, package: str, version: str) -> str:
    """Return a text that changes with the code of a plugin.

    Parameters
    ----------
    plugin
        The module (or object) that the host has registered.
    package, version
        The distribution it comes from; empty version for a script.

    Returns
    -------
    Package, version, and a digest of the Python files of the plugin's top-level package or script. The
    version alone does not change when the code of an editable installation changes.
    """
    digest = hashlib.sha256()
    for path in python_files(plugin):
        digest.update(path.read_bytes())
    return f"{package} {version} {digest.hexdigest()}"


def python_files(plugin: Any) -> list[Path]:
    """Return the Python files of a plugin: its top-level package, or the script and the files it imports."""
    name = getattr(plugin, "__name__", type(plugin).__module__)
    top = sys.modules.get(str(name).partition(".")[0])
    folders = [Path(folder) for folder in getattr(top, "__path__", ())]
    files = sorted(path for folder in folders for path in folder.rglob("*.py"))
    if 0 < len(files) <= _MOST_FILES:
        return files
    own = getattr(plugin, "__file__", None)
    if not own:
        return []
    if str(name).startswith(SCRIPT_PREFIX):
        return list(model_files(Path(own)))
    return [Path(own)]
