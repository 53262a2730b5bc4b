"""The package in numbers at some commits: size, circles of imports, places per fact.

Circles are counted on all imports that run, those inside functions too; imports for type checkers do not
count. A circle is a largest set of modules, or of folders, each of which reaches the others. Places per fact
are files or folders that match a pattern; the patterns are below.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.support.places import REPOSITORY

TUNED_ON = "nothing"
REPORTED_ON = "all modules of the package"
#: The release 0.1.0, the commit at which the work on one engine began, and now.
COMMITS = {"0.1.0": "001a77e", "before": "de3d911", "now": "HEAD"}
#: What the source of a file has that is a home of the fact.
FACTS = {
    "timing: files that call perf_counter": r"perf_counter\(",
    "saving: files that save a stage's value": r"\b(stage|STAGE)\.save\(",
    "hazard curve: files with a class or a rule of it": r"class HazardCurve|def (rates?_at|sa_at)\b",
    "HAZUS: folders that read its tables": r"hazus_\w+\.csv|files\(\"gmplug\.hazus\"\)",
    "measure names: files that name PGV": r"\"pgv_cm_s\"",
    "waveform check: files that test for a missing one": (
        r"records\[\"file_h1\"\]\.(astype|map)|(files|records\[column\]|names)\.isna\(\) \||"
        r"if \"file_h1\" in records else"
    ),
}


def run() -> list[dict[str, Any]]:
    """Return a row for each number, a column for each commit."""
    columns = {name: measure(_sources(commit)) for name, commit in COMMITS.items()}
    return [
        {"": what, **{name: numbers[what] for name, numbers in columns.items()}} for what in columns["now"]
    ]


def found(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What the overview states."""
    now = {row[""]: row["now"] for row in rows}
    return {
        "Size and order of the package, [architecture](architecture.md)": (
            f"{now['lines']:,} lines in {now['files']} files, {now['circles of modules']} circles of imports."
        )
    }


def measure(sources: Mapping[str, str]) -> dict[str, Any]:
    """Return the numbers of a package, from its modules' sources by path."""
    lines = {path: text.count("\n") for path, text in sources.items()}
    graph = import_graph(sources)
    folders: dict[str, set[str]] = {}
    for module, others in graph.items():
        folders.setdefault(_folder(module), set()).update(map(_folder, others))
    longest = sorted(lines, key=lambda path: -lines[path])[:3]
    modules, of_folders = circles(graph), circles(folders)
    return {
        "lines": sum(lines.values()),
        "files": len(lines),
        "circles of modules": len(modules),
        "modules in them": sum(map(len, modules)),
        "circles of folders": len(of_folders),
        "folders in them": sum(map(len, of_folders)),
        **{fact: len(_places(fact, sources)) for fact in FACTS},
        "longest files": ", ".join(f"{path.removeprefix('gmplug/')} {lines[path]}" for path in longest),
    }


def _places(fact: str, sources: Mapping[str, str]) -> set[str]:
    paths = {path for path, text in sources.items() if re.search(FACTS[fact], text)}
    return {path.split("/")[1] for path in paths} if "folders" in fact else paths


def import_graph(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """Return the modules that each module of the package imports when it runs."""
    paths = {re.sub(r"(/__init__)?\.py$", "", path).replace("/", "."): path for path in sources}
    graph: dict[str, set[str]] = {}
    for module, path in paths.items():
        found = set()
        for name in _imported(ast.parse(sources[path])):
            while name and name not in paths:
                name = name.rpartition(".")[0]
            found.add(name)
        graph[module] = found - {"", module}
    return graph


def _imported(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        yield from _imported(child)


def circles(graph: Mapping[str, Iterable[str]]) -> list[set[str]]:
    """Return the strongly connected components of two or more."""
    reached = {start: _reached(graph, start) for start in graph}
    found: list[set[str]] = []
    for start in graph:
        circle = {other for other in reached[start] if start in reached.get(other, ())}
        if len(circle | {start}) > 1 and circle | {start} not in found:
            found.append(circle | {start})
    return found


def _reached(graph: Mapping[str, Iterable[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = list(graph.get(start, ()))
    while waiting:
        name = waiting.pop()
        if name not in found and name != start:
            found.add(name)
            waiting += graph.get(name, ())
    return found


def _folder(module: str) -> str:
    return ".".join(module.split(".")[:2])


def _sources(commit: str) -> dict[str, str]:
    names = _git("ls-tree", "-r", "--name-only", commit, "gmplug").splitlines()
    return {name: _git("show", f"{commit}:{name}") for name in names if name.endswith(".py")}


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout
