"""Run the benchmarks and print one table for each."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

import pandas as pd


def main(names: list[str]) -> int:
    """Run the benchmarks of these names, or all; return the number that could not run."""
    here = Path(__file__).parent
    known = [
        m.name.removeprefix("bench_") for m in pkgutil.iter_modules([str(here)]) if m.name[:6] == "bench_"
    ]
    unknown = sorted(set(names) - set(known))
    if unknown:
        print(f"unknown benchmark {', '.join(unknown)}; known: {', '.join(known)}", file=sys.stderr)
        return 2
    for name in names or known:
        print(f"\n== {name}", flush=True)
        rows = importlib.import_module(f"tests.bench.bench_{name}").run()
        print(pd.DataFrame(rows).to_string(index=False), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
