"""What starting gmplug costs beyond a bare interpreter: processor time, medians of ten starts by turns."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
from typing import Any

TUNED_ON = "nothing"
REPORTED_ON = "three commands"
STARTS = 10
COMMANDS = {
    "bare interpreter": ["-c", "pass"],
    "import gmplug": ["-c", "import gmplug"],
    "gmplug --help": ["-m", "gmplug", "--help"],
}


def _processor_time() -> float:
    """Of all processes that this one has ended, s."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run() -> list[dict[str, Any]]:
    """One row per command: its median time and what it takes beyond the bare interpreter, s."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(STARTS):
        for name, arguments in COMMANDS.items():
            start = _processor_time()
            subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
            times[name].append(_processor_time() - start)
    bare = statistics.median(times["bare interpreter"])
    return [
        {
            "command": name,
            "median_cpu_s": round(statistics.median(taken), 3),
            "beyond_bare_s": round(statistics.median(taken) - bare, 3),
        }
        for name, taken in times.items()
    ]


def found(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What the overview states."""
    beyond = {row["command"]: row["beyond_bare_s"] for row in rows}
    return {
        "Starting": (
            f"`import gmplug` takes {beyond['import gmplug']} s, `gmplug --help` "
            f"{beyond['gmplug --help']} s of processor time beyond a bare interpreter."
        )
    }
