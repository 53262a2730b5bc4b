"""Which files a model consists of: what its script imports, sources and names, and nothing is run for it."""

from __future__ import annotations

import keyword
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmplug.analysis import AnalysisSetup
from gmplug.analysis.fingerprint import setup_fingerprint
from gmplug.structures import model_files


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write the files; return the first one."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder / next(iter(files))


def names(script: Path, folder: Path) -> set[str]:
    return {path.relative_to(folder.resolve()).as_posix() for path in model_files(script)}


#: How a script may come by a file beside it: lines of Python, and the files that it uses so.
PYTHON_USES = [
    ("from {n} import E", ["{n}.py"]),
    ("import {n} as p", ["{n}.py"]),
    ("def late():\n    from {n} import E", ["{n}.py"]),
    ("import {n}.steel", ["{n}/__init__.py", "{n}/steel.py"]),
    ("from {n} import steel", ["{n}/__init__.py", "{n}/steel.py"]),
    ("from {n}.sections import wide", ["{n}/sections/wide.py"]),
    ("import importlib\nimportlib.import_module('{n}')", ["{n}.py"]),
    ("exec(open('{n}.py').read())", ["{n}.py"]),
    ("E = float(open('{n}.txt').read())", ["{n}.txt"]),
    ("from pathlib import Path\nE = (Path(__file__).parent / '{n}.json').read_text()", ["{n}.json"]),
    ("import os\nos.path.join(os.path.dirname(__file__), 'data', '{n}.csv')", ["data/{n}.csv"]),
    ("from pathlib import Path\nD = Path(__file__).parent / 'data'\nf = D / '{n}.dat'", ["data/{n}.dat"]),
    ("for i in range(2):\n    open(f'{n}_{{i}}.txt')", ["{n}_0.txt", "{n}_1.txt"]),
    ("for i in range(2):\n    open('{n}_%d.txt' % i)", ["{n}_0.txt", "{n}_1.txt"]),
    ("for i in range(2):\n    open('{n}_{{}}.txt'.format(i))", ["{n}_0.txt", "{n}_1.txt"]),
    ("import sys\nsys.path.insert(0, 'lib')\nimport {n}", ["lib/{n}.py"]),
    ("from pathlib import Path\nPath(__file__).with_suffix('.{n}')", ["model.{n}"]),
]
TCL_USES = [
    ("source {n}.tcl", ["{n}.tcl"]),
    ('source "{n}.tcl"', ["{n}.tcl"]),
    ("source {{{n}.tcl}}", ["{n}.tcl"]),
    ("source [file join [file dirname [info script]] {n}.tcl]", ["{n}.tcl"]),
    ("source [file join [file dirname [info script]] lib {n}.tcl]", ["lib/{n}.tcl"]),
    ("set dir [file dirname [info script]]\nsource $dir/{n}.tcl", ["{n}.tcl"]),
    ("set dir .\nsource ${{dir}}/{n}.tcl", ["{n}.tcl"]),
    ("source lib/{n}.tcl;  # sections", ["lib/{n}.tcl"]),
    ("foreach f {{{n} other}} {{source $f.tcl}}", ["{n}.tcl"]),
    ("foreach i {{1 2}} {{source {n}$i.tcl}}", ["{n}1.tcl", "{n}2.tcl"]),
    ("timeSeries Path 9 -dt 0.01 -filePath {n}.txt", ["{n}.txt"]),
    ("set f [open {n}.dat r]", ["{n}.dat"]),
]


@settings(max_examples=60, deadline=None)
@given(
    name=st.from_regex(r"[a-z][a-z_]{2,8}", fullmatch=True).filter(
        lambda n: (
            not keyword.iskeyword(n)
            and n not in ("data", "lib", "model", "other", "unused", "steel")
            and not n.endswith("_")
        )
    ),
    use=st.sampled_from([*(("py", *u) for u in PYTHON_USES), *(("tcl", *u) for u in TCL_USES)]),
)
def test_a_file_belongs_however_the_script_names_it(
    name: str, use: tuple[str, str, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("model").resolve()
    kind, text, files = use
    used = [f.format(n=name) for f in files]
    script = write(
        folder, {f"model.{kind}": text.format(n=name), **dict.fromkeys(used, ""), "unused.txt": ""}
    )
    assert names(script, folder) == {f"model.{kind}", *used}
    if kind == "tcl":  # Tcl models are exported, not analyzed
        return
    # Every one of them counts for the fingerprint, and nothing else does.
    setup = AnalysisSetup("model.py", 1.0, base_dir=folder, scripts=(script,))
    before = setup_fingerprint(setup, {})
    (folder / "unused.txt").write_text("more")
    assert setup_fingerprint(setup, {}) == before
    for file in used:
        (folder / file).write_text("# changed\n")
        after = setup_fingerprint(setup, {})
        assert after != before
        before = after


def test_files_of_files_belong_and_circles_end(tmp_path: Path) -> None:
    script = write(
        tmp_path,
        {
            "model.py": "import a",
            "a.py": "import b\nimport model",
            "b.py": "open('E.txt')",
            "E.txt": "1",
            "c.py": "",
        },
    )
    assert names(script, tmp_path) == {"model.py", "a.py", "b.py", "E.txt"}
    tcl = write(
        tmp_path, {"x.tcl": "source sub/y.tcl", "sub/y.tcl": "source z.tcl", "sub/z.tcl": "", "z.tcl": ""}
    )
    assert names(tcl, tmp_path) == {"x.tcl", "sub/y.tcl", "sub/z.tcl", "z.tcl"}


def test_what_a_script_writes_is_no_part_of_it(tmp_path: Path) -> None:
    script = write(
        tmp_path,
        {
            "model.py": (
                "open('a.txt', 'w'); open('b.txt', mode='a'); ops.recorder('Node', '-file', 'c.txt')\n"
                "Path('d.txt').open('w')\n"
            ),
            **dict.fromkeys(("a.txt", "b.txt", "c.txt"), ""),
        },
    )
    assert names(script, tmp_path) == {"model.py"}


def test_a_missing_script_is_itself(tmp_path: Path) -> None:
    assert model_files(tmp_path / "none.py") == ((tmp_path / "none.py").resolve(),)
    (tmp_path / "bad.py").write_text("def (")
    assert model_files(tmp_path / "bad.py") == ((tmp_path / "bad.py").resolve(),)
