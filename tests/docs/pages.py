"""Run the code of a page of the documentation, in the order of the page, in an empty folder.

- A line ``<!-- run with: NAME -->`` gives what a user would bring along: ``tests/docs/inputs.py``. Pages of
  the tutorial and the how-tos run without it; other pages that run say ``<!-- run -->``.
- A block with a ``:caption:`` is a file of that name; it is written.
- Lines after ``$ `` in a ``console`` block are commands, run by themselves, without a shell; ``gmplug`` in
  this process, which saves the imports. The lines below are their output, in which ``...``
  stands for any text.
- Other ``python`` blocks run one after another in one namespace. Numbers in the comment after an expression
  are its value.
- All other blocks are checked without running: ``test_blocks.py``.
"""

from __future__ import annotations

import ast
import contextlib
import doctest
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from click.testing import CliRunner

from gmplug.cli import cli
from tests.docs.inputs import INPUTS
from tests.support.places import REPOSITORY

_BLOCK = re.compile(r"^(`{3,4})(?:\{([\w-]+)\} ?)?(\w*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
_RUN = re.compile(r"^<!-- run(?: with: (\S+))? -->$", re.MULTILINE)
_CAPTION = re.compile(r"\A:caption: (\S+)\n\n?")
_ALIKE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


#: The Markdown files of the tree.
FILES = sorted(
    path
    for folder in ("", "docs/**/", "gmplug/**/", "plugins/**/", "examples/**/", "tests/**/")
    for path in REPOSITORY.glob(f"{folder}*.md")
    if not {"template", "build", ".venv"} & set(path.parts)
)

PROGRAMS = {
    "python": [sys.executable],
    "OpenSees": [sys.executable, "-m", "opensees"],
}


@dataclass(frozen=True)
class Block:
    """A block of code: its language, the name of the file that it is (or empty), and its text."""

    language: str
    file: str
    text: str


def blocks(page: str) -> Iterator[Block]:
    """Yield the blocks of a page in Markdown."""
    for _, directive, language, text in _BLOCK.findall(page):
        if directive not in ("", "code-block"):
            continue
        caption = _CAPTION.match(text)
        yield Block(language, caption[1] if caption else "", text[caption.end() :] if caption else text)


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Yield the commands of a console block, each with the output that the page shows."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        while command.endswith("\\"):
            more, _, output = output.partition("\n")
            command = command[:-1] + more.strip()
        yield command, output


def is_run(path: Path, page: str) -> bool:
    """Return whether the tests run a page: one of the tutorial or the how-tos, or one that says so."""
    return path.parent.name in ("tutorial", "howto") or _RUN.search(page) is not None


def run_page(page: str, folder: Path) -> None:
    """Run all blocks of a page in a folder; fail at the first that does not do what the page shows."""
    names: dict[str, object] = {"__name__": "page"}
    for name in filter(None, _RUN.findall(page)):
        names |= INPUTS[name](folder) or {}
    here = folder
    for block in blocks(page):
        if block.file:
            path = folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            for command, output in commands(block.text):
                here = _run(command, output, here)
        elif block.language == "python":
            _execute(block.text, names)


def _execute(text: str, names: dict[str, object]) -> None:
    """Run a Python block; an expression has the value that numbers in its comment state."""
    for statement in ast.parse(text).body:
        shown = None
        if isinstance(statement, ast.Expr):
            shown = re.search(r"# ([\d., ]+)$", text.splitlines()[(statement.end_lineno or 1) - 1])
            statement = ast.parse(f"shown_value = {ast.unparse(statement)}").body[0]
        exec(compile(ast.Module([statement], []), "page", "exec"), names)
        if shown:
            numbers = [float(number) for number in shown[1].split(",")]
            np.testing.assert_allclose(np.ravel(names["shown_value"]), numbers, atol=5e-4, err_msg=shown[0])


def _run(command: str, shown: str, folder: Path) -> Path:
    name, *arguments = shlex.split(command)
    if name == "cd":
        return (folder / arguments[0]).resolve()
    failed, said = _gmplug(arguments, folder) if name == "gmplug" else _program(name, arguments, folder)
    assert not failed, f"{command}: {failed}\n{said}"
    for line in shown.splitlines():
        if line.strip() and line.strip() != "...":
            found = any(doctest.OutputChecker().check_output(line, one, _ALIKE) for one in said.splitlines())
            assert found, f"{command}: the page shows\n{line}\nwhich is not in\n{said}"
    return folder


def _gmplug(arguments: list[str], folder: Path) -> tuple[object, str]:
    with contextlib.chdir(folder):
        done = CliRunner(env={"COLUMNS": "200"}).invoke(cli, arguments, standalone_mode=False)
    return done.exception or done.return_value, done.output


def _program(name: str, arguments: list[str], folder: Path) -> tuple[object, str]:
    environment = os.environ | {"COLUMNS": "200", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [*PROGRAMS.get(name, [name]), *arguments],
        cwd=folder, capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr
