"""Run the benchmarks; write one table of all as JSON and Markdown, and the overview of what was found.

    python -m tests.bench [NAME ...] [--out docs/validation/measured] [--against DIR]

Each benchmark is a module ``bench_NAME`` with ``run``, which returns rows, and ``found``, which returns from
them what the overview states. ``TUNED_ON`` and ``REPORTED_ON`` name the inputs on which constants of the
package were set, and those of the figures; ``TUNED_ON`` begins with "nothing" where no constant was. The file
keeps the rows of benchmarks that are not run. ``--pages`` runs none: it makes the pages from the rows, and
what the overview states of the named benchmarks.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import pandas as pd

from tests.bench import measured
from tests.support.places import REPOSITORY


def main(arguments: list[str]) -> int:
    """Run the benchmarks of these names, or all; return 1 where one failed, 2 for an unknown name."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Run the benchmarks.")
    parser.add_argument("names", nargs="*", help=f"{', '.join(measured.BENCHES)}; all if none is given")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "docs" / "validation" / "measured")
    parser.add_argument("--against", help="a checkout to compare with, for before_after")
    parser.add_argument("--pages", action="store_true", help="make the pages from the rows, run nothing")
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.names) - set(measured.BENCHES))
    if unknown:
        print(
            f"unknown benchmark {', '.join(unknown)}; known: {', '.join(measured.BENCHES)}", file=sys.stderr
        )
        return 2
    if given.against:
        os.environ["GMPLUG_BENCH_AGAINST"] = str(Path(given.against).resolve())
    if given.pages:
        entries = measured.read(given.out)
        anew = [name for name in given.names or entries if "rows" in entries.get(name, {})]
        measured.write(given.out, entries | {n: entries[n] | _stated(n, entries[n]["rows"]) for n in anew})
        return 0
    failed = 0
    for name in given.names or measured.BENCHES:
        print(f"\n== {name}", flush=True)
        entry = _measure(name)
        failed += "problem" in entry
        print(entry.get("problem") or pd.DataFrame(entry["rows"]).to_string(index=False), flush=True)
        measured.keep(given.out, name, entry)
    return 1 if failed else 0


def _measure(name: str) -> dict[str, Any]:
    """Return the rows of a benchmark, or the problem that ended it, with what they were made on."""
    start = time.perf_counter()
    entry: dict[str, Any] = {"machine": measured.machine(), "versions": measured.versions()}
    try:
        rows = importlib.import_module(f"tests.bench.bench_{name}").run()
        entry |= _stated(name, rows) | {"rows": rows}
    except Exception as error:  # one benchmark's failure must not lose the others
        traceback.print_exc()
        entry["problem"] = f"{type(error).__name__}: {error}"
    return entry | {"wall_s": round(time.perf_counter() - start, 1)}


def _stated(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a benchmark's module says of itself and of its rows."""
    module = importlib.import_module(f"tests.bench.bench_{name}")
    return {
        "title": str(module.__doc__).split("\n")[0],
        "tuned_on": module.TUNED_ON,
        "reported_on": module.REPORTED_ON,
        "found": module.found(rows),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
