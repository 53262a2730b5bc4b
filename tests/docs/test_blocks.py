"""Every block and command in every Markdown file of the tree is checked; ``text`` is for reading alone."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.docs.check_python import python_problems
from tests.docs.check_shell import command_problem, commands_of, mention_problem
from tests.docs.check_toml import toml_problems
from tests.docs.pages import FILES, blocks, is_run
from tests.support.places import REPOSITORY

#: Languages of blocks for reading, and of blocks that are checked. Pages that run also have ``console``.
TEXT = {"text", "csv", "tcl"}
CHECKED = {"python", "toml", "bash"}
_MENTION = re.compile(r"`(gmplug [^`]+)`")


def _name(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_every_block_is_right(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    found, problems = list(blocks(page)), []
    python = [block.text for block in found if block.language == "python"]
    own = frozenset(re.findall(r'"([\w-]+)"', "\n".join(python)))
    for block in found:
        if block.language == "toml":
            problems += toml_problems(block.text, own)
        if block.language in ("bash", "console"):
            problems += [
                f"{line}: {why}" for line in commands_of(block.text) if (why := command_problem(line))
            ]
    assert problems + python_problems(python) == []


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_no_block_goes_unchecked(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    languages = {block.language for block in blocks(page)}
    assert languages <= CHECKED | TEXT | ({"console"} if is_run(path, page) else set())
    assert is_run(path, page) or not any(block.file for block in blocks(page))
    outside = re.sub(r"^(`{3,})[^\n]*\n.*?^\1$", "", page, flags=re.MULTILINE | re.DOTALL)
    assert "```" not in outside, "a fence stands open, or is not at the margin"
    assert not re.search(r"(?:\A|\n)\n {4}(?! *[-*0-9])\S", outside), "a block without a fence and a language"


def test_all_files_of_the_tree_are_checked() -> None:
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=REPOSITORY, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a clone")
    missing = {REPOSITORY / name for name in listed.stdout.split() if "template" not in name} - set(FILES)
    assert missing == set()


def test_commands_in_sentences_and_messages_exist() -> None:
    sources = [*FILES, *REPOSITORY.glob("gmplug/**/*.py"), *REPOSITORY.glob("plugins/*/**/*.py")]
    problems = []
    for path in sources:
        for mention in _MENTION.findall(path.read_text(encoding="utf-8")):
            why = mention_problem(mention.replace("{", " ").replace("\n", " "))
            problems += [f"{_name(path)}: {mention}: {why}"] if why else []
    assert problems == []


@pytest.mark.parametrize(
    ("check", "text", "problem"),
    [
        (toml_problems, "[clustering]\nmethod = 'kmeans'\noptions = { wrong = 1 }", "unknown option 'wrong'"),
        (toml_problems, "[motions]\nprovider = 'nobody'", "unknown"),
        (lambda text: [command_problem(text)], "gmplug run study.toml --untill x", "No such option"),
        (lambda text: [command_problem(text)], "gmplug report", "Missing argument"),
        (lambda text: [command_problem(text)], 'pip install "gmplug[nothing]"', "no extra nothing"),
        (lambda text: [mention_problem(text)], "gmplug repotr", "no command repotr"),
        (lambda text: python_problems([text]), "import gmplug\ngmplug.nothing()", "gmplug has no nothing"),
        (lambda text: python_problems([text]), "import gmplug\ngmplug.run_study(1, x=2)", "unexpected"),
        (lambda text: python_problems([text]), "import gmplug\ngmplug.load_run('x').targt", "has no targt"),
    ],
)  # fmt: skip
def test_a_wrong_block_is_found(check, text, problem) -> None:  # type: ignore[no-untyped-def]
    assert problem in "\n".join(check(text))
