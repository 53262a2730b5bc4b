"""Writes a plugin package."""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from string import Template

from gmplug.errors import InputError

#: Kinds of providers that a package can be written for.
KINDS = ("clusterer",)

_TEMPLATES = Path(__file__).parent / "template"
_FILES = {
    "pyproject.toml": "pyproject.toml.in",
    "{module}.py": "module.py.in",
    "tests/test_{module}.py": "test_module.py.in",
    "README.md": "README.md.in",
}


def checked_name(name: str) -> str:
    """Return the plugin's name without a leading ``gmplug-``.

    Raises
    ------
    InputError
        The name is not a letter followed by lower-case letters, digits and single hyphens.
    """
    short = name.removeprefix("gmplug-")
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", short) or keyword.iskeyword(short):
        raise InputError(
            f"'{name}' cannot name a plugin; use lower-case letters, digits and hyphens, such as my-method"
        )
    return short


def write_plugin(name: str, folder: Path, kind: str = "clusterer") -> list[Path]:
    """Write a package that installs and passes the test kit without changes.

    Parameters
    ----------
    name
        The name in studies. The package is ``gmplug-NAME``.
    folder
        Where to write: a new or an empty folder.
    kind
        One of :data:`KINDS`.

    Returns
    -------
    The files written.

    Raises
    ------
    InputError
        The name or kind is not valid, or the folder is not empty or cannot be written.
    """
    if kind not in KINDS:
        raise InputError(f"no plugin of kind '{kind}' can be written; known: {', '.join(KINDS)}")
    short = checked_name(name)
    module = "gmplug_" + short.replace("-", "_")
    words = {"name": short, "module": module, "class_name": short.title().replace("-", "")}
    files = {folder / target.format(module=module): source for target, source in _FILES.items()}
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError(f"{folder}: exists and is not an empty folder; choose another with --out")
        for target, source in files.items():
            text = Template((_TEMPLATES / source).read_text(encoding="utf-8")).substitute(words)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror}); choose another folder") from error
    return list(files)
