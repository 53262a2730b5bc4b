"""Six methods on the three case studies with known groups: accuracy over seeds, mean and worst.

    python -m tests.bench.bench_cases --seeds 5 [--draws 3] [--case NAME] [--method NAME]

On records of the simulated catalogue. The number of groups is given; ``--draws`` makes each case from so many
random draws of base records, none of them the one on which the recipes were set. ``make bench`` takes one
seed and the methods that need no training.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.comparison import CASES, Plan, compare_clusterers, make_case, simulated_base
from gmplug.comparison.cases import CASE_SEED
from gmplug.host import Host
from gmplug.values import Candidates
from tests.bench.measured import pick

TUNED_ON = f"the draw of seed {CASE_SEED}, on which the recipes were set"
REPORTED_ON = f"draws of the seeds from {CASE_SEED + 1}"
METHODS = ("cae-kmeans", "kmeans", "dense-autoencoder", "time-series-kmeans", "spectral", "influence-factors")
TRAINED = ("dense-autoencoder",)


def rows(
    base: Candidates, cases: Sequence[str], methods: Sequence[str], seeds: int, draws: int
) -> list[dict[str, Any]]:
    """One row for each case and method: accuracy over seeds and draws, and the time of a fit."""
    host, found = Host(), []
    for name in cases:
        for method in methods:
            start = time.perf_counter()
            accuracies: list[float] = []
            worst: list[float] = []
            wall: list[float] = []
            reason = ""
            for draw in range(1, draws + 1):
                case = make_case(name, base.ln_sa, base.periods_s, base.records, seed=CASE_SEED + draw)
                plan = Plan(1, seeds, 0, at_two=False)
                try:
                    table = compare_clusterers(
                        case, 1.0, host, clusterers=[method], plan=plan, known_k=True, isolated=False
                    ).table
                except Exception as error:
                    reason = " ".join(str(error).split())[:80]
                    break
                row = table.iloc[0]
                if row["status"] != "ok":
                    reason = str(row["reason"])[:80]
                    break
                accuracies.append(float(row["accuracy"]))
                worst.append(float(row["accuracy_worst"]))
                wall.append(float(row["wall_s"]))
            took = time.perf_counter() - start
            print(f"{name}, {method}: {took:.1f} s {reason}", file=sys.stderr, flush=True)
            known = bool(accuracies) and not reason
            found.append(
                {
                    "case": name,
                    "method": method,
                    "mean": round(float(np.mean(accuracies)), 3) if known else reason,
                    "worst": round(min(worst), 3) if known else "",
                    "fit_s": round(float(np.median(wall)), 1) if known else "",
                }
            )
    return found


def run() -> list[dict[str, Any]]:
    """Rows of the table for ``make bench``; ``GMPLUG_BENCH_SEEDS`` adds the methods that train."""
    seeds = int(os.environ.get("GMPLUG_BENCH_SEEDS", "1"))
    methods = METHODS if "GMPLUG_BENCH_SEEDS" in os.environ else [m for m in METHODS if m not in TRAINED]
    with tempfile.TemporaryDirectory() as folder:
        base = simulated_base(Path(folder), workers=os.cpu_count() or 1)
        return rows(base, list(CASES), methods, seeds, 3)


def found(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What the overview states."""
    accuracy = "; ".join(
        f"{row['case']} {row['mean']}, `kmeans` {pick(rows, case=row['case'], method='kmeans')['mean']}"
        for row in rows
        if row["method"] == "cae-kmeans"
    )
    what = "Case studies with known groups, [clusterers](clusterers.md)"
    return {what: f"Accuracy of `cae-kmeans`: {accuracy}."}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--case", action="append", choices=list(CASES))
    parser.add_argument("--method", action="append")
    parser.add_argument("--cache", type=Path, help="folder in which the simulated catalogue is kept")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        base = simulated_base(options.cache or Path(folder), workers=os.cpu_count() or 1)
        found = rows(
            base, options.case or list(CASES), options.method or METHODS, options.seeds, options.draws
        )
    table = pd.DataFrame(found)
    names = list(dict.fromkeys(table["case"]))
    print("| method | " + " | ".join(names) + " | time of a fit (s) |")
    print("| --- |" + " --- |" * (len(names) + 1))
    for method, part in table.groupby("method", sort=False):
        cells = [f"{row['mean']} ({row['worst']})" for row in part.to_dict("records")]
        times = [t for t in part["fit_s"] if t != ""]
        print(f"| `{method}` | " + " | ".join(cells) + f" | {np.median(times) if times else '–'} |")


if __name__ == "__main__":
    main()
