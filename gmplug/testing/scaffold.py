"""Writes a plugin package."""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from string import Template

from gmplug.errors import InputError
from gmplug.testing.in_study import USES

#: Kinds of plugins that a package can be written for.
KINDS = tuple(sorted(USES))

_TEMPLATES = Path(__file__).parent / "template"
_FILES = {
    "pyproject.toml": "pyproject.toml.in",
    "{module}.py": "{kind}.py.in",
    "tests/test_{module}.py": "test_{kind}.py.in",
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


def offered_name(name: str, kind: str) -> str:
    """Return the name that studies and checks use: measures and demands are columns."""
    column = name.replace("-", "_")
    return {"measure": f"{column}_s", "demand": column}.get(kind, name)


def _in_use(kind: str, name: str) -> list[str]:
    """Return the lines of a study, or the command, that use the plugin."""
    use = USES[kind]
    if use.section:
        value = f'["{name}"]' if use.key == "assess" else f'"{name}"'
        return [f"[{use.section}]", f"{use.key} = {value}"]
    column = offered_name(name, kind)
    return {
        "filter": ["[preselection]", 'not_from = ["Chi-Chi, Taiwan"]'],
        "measure": ["[preselection]", f"{column} = [0.2, 1.0]"],
        "stage": [f"[stages.{name}]", "limit = 3.0"],
        "exporter": [f"gmplug export RUN --format {name}"],
        "command": [f"gmplug {name} RUN"],
        "demand": [f"# nothing to set: demands.csv has the column {column}_m"],
    }[kind]


def _source(target: str, kind: str) -> str:
    """Return the template of a file; kinds without a test of their own share one."""
    name = target.format(kind=kind)
    return name if (_TEMPLATES / name).is_file() else "test_in_study.py.in"


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
    words = {
        "name": short,
        "offered": offered_name(short, kind),
        "kind": kind,
        "module": module,
        "class_name": short.title().replace("-", ""),
        "function": short.replace("-", "_"),
        "use": "\n".join(f"    {line}" for line in _in_use(kind, short)),
    }
    files = {
        folder / target.format(module=module): _source(source, kind) for target, source in _FILES.items()
    }
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
