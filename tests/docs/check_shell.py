"""Check the commands of the documentation: names, options and arguments, without running them."""

from __future__ import annotations

import importlib.util
import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import Any

import click

from gmplug.cli import cli
from tests.support.places import REPOSITORY

#: Programs that are not gmplug's: their arguments are their own.
OTHERS = {"cd", "OpenSees", "dask", "npm", "npx", "pytest", "sbatch", "git", "pre-commit", "sleep"}


def commands_of(text: str) -> Iterator[str]:
    """Yield the commands of a block: lines, or those after ``$ `` where there are any; no comments."""
    lines = text.replace("\\\n", " ").splitlines()
    prompted = [line[2:] for line in lines if line.startswith("$ ")]
    for line in prompted or lines:
        if shlex.split(line, comments=True):
            yield line


def command_problem(command: str) -> str:
    """Return what is wrong with a command, or an empty text."""
    program, *arguments = shlex.split(command, comments=True)
    if program == "gmplug":
        return _gmplug(arguments)
    if program == "make":
        missing = [name for name in arguments if f"\n{name}:" not in _makefile()]
        return f"the Makefile has no {missing[0]}" if missing else ""
    if program == "python" and arguments[0] == "-m":
        found = importlib.util.find_spec(arguments[1].partition(".")[0]) is None or _module(arguments[1])
        return "" if found else f"no module {arguments[1]}"
    if program == "python":
        return ""
    if program == "pip":
        return next(filter(None, map(_not_ours, arguments[1:])), "")
    return "" if program in OTHERS else f"{program}: unknown to tests/docs/check_shell.py"


def _gmplug(arguments: list[str]) -> str:
    """Return what click says against the arguments, without running the command."""
    for file in arguments:
        if file.startswith("examples/") and not (REPOSITORY / file).exists():
            return f"no file {file}"
    command: click.Command = cli
    context: click.Context | None = None
    try:
        while arguments:
            context = command.make_context(command.name or "gmplug", list(arguments), parent=context)
            if not isinstance(command, click.Group):
                return ""
            arguments = [*context._protected_args, *context.args]
            _, found, arguments = command.resolve_command(context, arguments)
            assert found is not None
            command = found
        command.make_context(command.name or "gmplug", [], parent=context)
    except click.exceptions.Exit:
        return ""
    except click.ClickException as error:
        return error.format_message()
    return ""


def mention_problem(mention: str) -> str:
    """Return what is wrong with a mention such as ``gmplug run STUDY --until``: commands, options."""
    command: click.Command = cli
    for word in mention.split()[1:]:
        if isinstance(command, click.Group) and re.fullmatch(r"[a-z][a-z-]*", word):
            found = command.get_command(click.Context(cli), word)
            if found is None:
                return f"no command {word}"
            command = found
        option = re.match(r"(--?[a-z][a-z-]*)", word)
        known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
        if option and option[1] not in {*known, "--help", "-h", "--debug"}:
            return f"{command.name} has no option {option[1]}"
    return ""


def _module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _not_ours(requirement: str) -> str:
    """Return what is wrong with a package or an extra of gmplug or its plugins."""
    if requirement.startswith("-") or requirement in (".", "./gmplug-NAME"):
        return ""
    match = re.fullmatch(r"([\w./-]+?)(?:\[(\w+)\])?", requirement)
    assert match is not None, requirement
    known = _extras()
    if match[1] == ".":
        return "" if any(match[2] in extras for extras in known.values()) else f"no extra {match[2]}"
    if not match[1].startswith("gmplug"):
        return ""
    if match[1] not in known:
        return f"no package {match[1]}"
    return "" if match[2] in (None, *known[match[1]]) else f"{match[1]} has no extra {match[2]}"


@cache
def _extras() -> dict[str, set[str]]:
    """Extras of gmplug and of the packages in ``plugins``, by name."""
    found: dict[str, set[str]] = {}
    for path in (REPOSITORY / "pyproject.toml", *REPOSITORY.glob("plugins/*/pyproject.toml")):
        project: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
        found[project["name"]] = set(project.get("optional-dependencies", ()))
    return found


@cache
def _makefile() -> str:
    return (REPOSITORY / "Makefile").read_text(encoding="utf-8")
