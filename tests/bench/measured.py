"""The file of all measured results: JSON, and the page that is made from it."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.places import REPOSITORY

_PACKAGES = ("gmplug", "numpy", "scipy", "numba", "pandas", "scikit-learn", "openseespy", "tensorflow-cpu")
_HEAD = """# Measured

`python -m tests.bench` makes this page and [its data](measured.json). Each section names its machine and
versions. Ratios come from one run on one machine. "Tuned on" and "reported" are the halves of the inputs:
constants were set on the first only. Where a section names no halves, no constant was set on its inputs.
"""


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
    commit = subprocess.run(
        ["git", "-C", str(REPOSITORY), "rev-parse", "--short", "HEAD"], capture_output=True, text=True
    )
    return found | {"commit": commit.stdout.strip() or "unknown"}


def keep(out: Path, name: str, entry: Mapping[str, Any]) -> None:
    """Put a benchmark's entry into OUT.json, and write OUT.md from all entries.

    A benchmark that failed keeps its earlier rows, with the problem beside them.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    data, page = out.with_suffix(".json"), out.with_suffix(".md")
    entries: dict[str, Any] = json.loads(data.read_text(encoding="utf-8")) if data.is_file() else {}
    if "problem" in entry and "rows" in entries.get(name, {}):
        entry = entries[name] | {"problem": entry["problem"]}
    entries[name] = entry
    entries = dict(sorted(entries.items()))
    data.write_text(json.dumps(entries, indent=1, default=_plain) + "\n", encoding="utf-8")
    sections = [_section(name, entry) for name, entry in json.loads(data.read_text(encoding="utf-8")).items()]
    page.write_text("\n".join([_HEAD, *sections]), encoding="utf-8")


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
