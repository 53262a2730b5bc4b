"""Run the code of a page of the documentation, in the order of the page, in an empty folder.

- A line ``% input: NAME`` puts files there that a user would bring along: ``tests/docs/inputs.py``.
- A block with a ``:caption:`` is a file of that name; it is written.
- Lines after ``$ `` in a ``console`` block are commands, run by themselves, without a shell. The lines below
  are their output, in which ``...`` stands for any text.
- Other ``python`` blocks run one after another in one namespace.
- All other blocks are for reading alone.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.docs.inputs import INPUTS

_BLOCK = re.compile(r"^(`{3,4})(?:\{([\w-]+)\} ?)?(\w*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
_CAPTION = re.compile(r"\A:caption: (\S+)\n\n?")
_ALIKE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


PROGRAMS = {
    "gmplug": [sys.executable, "-m", "gmplug"],
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


def run_page(page: str, folder: Path) -> None:
    """Run all blocks of a page in a folder; fail at the first that does not do what the page shows."""
    for name in re.findall(r"^% input: (\S+)$", page, re.MULTILINE):
        INPUTS[name](folder)
    names: dict[str, object] = {"__name__": "page"}
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
            exec(compile(block.text, "page", "exec"), names)


def _run(command: str, shown: str, folder: Path) -> Path:
    name, *arguments = shlex.split(command)
    if name == "cd":
        return (folder / arguments[0]).resolve()
    program = PROGRAMS.get(name, [name])
    environment = os.environ | {"COLUMNS": "200", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [*program, *arguments], cwd=folder, capture_output=True, text=True, env=environment, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, f"{command}: status {done.returncode}\n{said}"
    for line in shown.splitlines():
        if line.strip() and line.strip() != "...":
            found = any(doctest.OutputChecker().check_output(line, one, _ALIKE) for one in said.splitlines())
            assert found, f"{command}: the page shows\n{line}\nwhich is not in\n{said}"
    return folder
