"""Every block and command of the tutorial, the how-tos and other pages that run does what the page shows."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.docs.pages import FILES, blocks, commands, is_run, run_page

PAGES = [path for path in FILES if is_run(path, path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_page_does_what_it_shows(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = page.read_text(encoding="utf-8")
    if "$ OpenSees " in text:
        if importlib.util.find_spec("opensees") is None:
            pytest.skip("no OpenSees with Tcl: pip install --no-deps opensees")
        pytest.importorskip("tkinter", reason="this Python has no Tcl")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)  # as Python finds modules beside a script
    run_page(text, tmp_path)


def test_blocks_of_a_page_are_found() -> None:
    console = "# A\n```console\n$ gmplug a \\\n    b\nsaid ...\n```\n\n"
    page = console + "```{code-block} toml\n:caption: x.toml\n\na = 1\n```\n"
    first, second = blocks(page)
    assert list(commands(first.text)) == [("gmplug a b", "said ...\n")]
    assert (second.language, second.file, second.text) == ("toml", "x.toml", "a = 1\n")
