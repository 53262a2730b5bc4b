"""The file of all measured results: JSON, and the pages that are made from it."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.places import REPOSITORY

Row = Mapping[str, Any]

_PACKAGES = ("gmplug", "numpy", "scipy", "numba", "pandas", "scikit-learn", "openseespy", "tensorflow-cpu")
_HEAD = """# Measured

`python -m tests.bench` makes this page and [its data](measured.json). Each section names its machine and
versions. Ratios come from one run on one machine. "Tuned on" are the inputs on which constants of the package
were set; figures that the [overview](README.md) states are of the other inputs, "reported".
"""
#: The benchmarks, by the names of their modules.
BENCHES = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
#: The part of the overview that is made from the data.
BEGIN, END = "<!-- made by python -m tests.bench -->\n", "<!-- end -->\n"


def machine() -> str:
    """Return the processor, the number of usable cores, the memory and the load now."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
        memory_kib = Path("/proc/meminfo").read_text().split()[1]
        memory = f", {int(memory_kib) / 2**20:.0f} GiB"
    except (OSError, StopIteration):
        memory = ""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{model}, {usable} cores{memory}, {platform.system()}, load {os.getloadavg()[0]:.1f}"


def versions() -> dict[str, str]:
    """Return the versions of Python, of packages that take time, and the commit."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found | {"commit": commit(REPOSITORY)}


def commit(tree: Path) -> str:
    """Return the commit of a checkout, short."""
    done = subprocess.run(
        ["git", "-C", str(tree), "rev-parse", "--short", "HEAD"], capture_output=True, text=True
    )
    return done.stdout.strip() or "unknown"


def pick(rows: Sequence[Row], **wanted: Any) -> Row:
    """Return the first row with these values."""
    return next(row for row in rows if all(row.get(key) == value for key, value in wanted.items()))


def span(values: Sequence[float], digits: str = "g") -> str:
    """Return the range of values, such as ``0.1 to 0.3``; one value where all are printed alike."""
    least, most = format(min(values), digits), format(max(values), digits)
    return least if least == most else f"{least} to {most}"


def read(out: Path) -> dict[str, Any]:
    """Return the entries of OUT.json; none where there is no file."""
    data = out.with_suffix(".json")
    entries: dict[str, Any] = json.loads(data.read_text(encoding="utf-8")) if data.is_file() else {}
    return entries


def keep(out: Path, name: str, entry: Mapping[str, Any]) -> None:
    """Put a benchmark's entry into OUT.json, and make the pages.

    A benchmark that failed keeps its earlier rows, with the problem beside them.
    """
    entries = read(out)
    if "problem" in entry and "rows" in entries.get(name, {}):
        entry = entries[name] | {"problem": entry["problem"]}
    write(out, entries | {name: entry})


def write(out: Path, entries: Mapping[str, Any]) -> None:
    """Write OUT.json, OUT.md and the table of the README.md beside them, where there is one."""
    out.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(dict(sorted(entries.items())), indent=1, default=_plain)
    out.with_suffix(".json").write_text(text + "\n", encoding="utf-8")
    out.with_suffix(".md").write_text(page(read(out)), encoding="utf-8")
    overview = out.parent / "README.md"
    if overview.is_file():
        before, _, after = _parts(overview.read_text(encoding="utf-8"))
        overview.write_text(before + findings(read(out)) + after, encoding="utf-8")


def page(entries: Mapping[str, Any]) -> str:
    """Return the page with all rows."""
    return "\n".join([_HEAD, *(_section(name, entry) for name, entry in entries.items())])


def findings(entries: Mapping[str, Any]) -> str:
    """Return the table of what was found, with the command of each row."""
    lines = ["| what | found | command |", "| --- | --- | --- |"]
    for name, entry in entries.items():
        command = f"[`python -m tests.bench {name}`](measured.md#{name})"
        for what, found in entry.get("found", {}).items():
            lines.append(f"| {_cell(what)} | {_cell(found)} | {command} |")
    missing = sorted(set(BENCHES) - {name for name, entry in entries.items() if "rows" in entry})
    if missing:
        lines += ["", f"No measurement is kept of: {', '.join(f'`{name}`' for name in missing)}."]
    return "\n".join([*lines, ""])


def found_on(overview: str) -> str:
    """Return the table of findings that an overview has."""
    return _parts(overview)[1]


def _parts(overview: str) -> tuple[str, str, str]:
    before, rest = overview.split(BEGIN)
    made, after = rest.split(END)
    return before + BEGIN, made, END + after


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    return str(value)


def _section(name: str, entry: Mapping[str, Any]) -> str:
    lines = [f"## {name}", "", entry.get("title", ""), ""]
    for half, text in (("tuned_on", "Tuned on"), ("reported_on", "Reported")):
        if entry.get(half):
            lines += [f"{text}: {entry[half]}.", ""]
    if "problem" in entry:
        lines += [f"The last run failed: {entry['problem']}", ""]
    if entry.get("rows"):
        names = list(dict.fromkeys(key for row in entry["rows"] for key in row))
        lines += ["| " + " | ".join(names) + " |", "| " + " | ".join("---" for _ in names) + " |"]
        lines += ["| " + " | ".join(_cell(row.get(key)) for key in names) + " |" for row in entry["rows"]]
        lines.append("")
    packages = ", ".join(f"{package} {version}" for package, version in entry["versions"].items())
    return "\n".join([*lines, f"{entry['machine']}; {packages}; {entry['wall_s']:.0f} s.", ""])


def _cell(value: Any) -> str:
    if value is None or value != value:  # None, NaN
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value).replace("|", "\\|").replace("\n", " ")
