"""What a user waits for, here and in an older checkout: processor time by turns in one run, and peak memory.

    python -m tests.bench before_after --against DIR

Each task is a process of its own; its time has that of its children, its memory is of the largest process.
Needs the real data (../shared/data) for all but the simulated catalogue, the large library and the demo.
``GMPLUG_BENCH_TASKS`` names the tasks, separated by semicolons, ``GMPLUG_BENCH_ROUNDS`` sets the turns (1);
the least time of each counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.measured import commit
from tests.bench.tasks import comparisons
from tests.support.places import EXAMPLES, REPOSITORY, SHARED_DATA

TUNED_ON = (
    "analyses and spectra: records 1, 9, 17, ... of records_at2; catalogue: seed 1; clustering: the "
    "published candidates; 40 of 21,540 records: a library of seed 0"
)
REPORTED_ON = (
    "analyses: records 5, 45, 85, 125, 165; spectra: records 5, 13, 21, ...; catalogue: seed 2; clustering: "
    "the published candidates, as their time was asked for; a library of seed 1"
)
RECORDS = SHARED_DATA / "records_at2"
PUBLISHED = EXAMPLES / "jia2025" / "study.toml"
TASKS = Path(__file__).parent / "tasks"

SIMULATED = """
[study]
name = "simulated"
seed = 2
[catalogue]
provider = "simulated"
count = 450
cache = "cache"
[structure]
period_s = 1.0
[target]
epsilon = 1.0
gmm = "BSSA14"
scenario = { magnitude = 7.0, rjb_km = 15.0, vs30_m_s = 400.0, mechanism = "strike-slip" }
[clustering]
method = "kmeans"
"""


@dataclass(frozen=True)
class Task:
    """What is run in a folder: commands of Python that prepare it, and the one that is timed.

    ``goal`` is the ratio of times that was asked for; ``compare`` makes columns of the two outputs.
    """

    commands: Callable[[Path], list[list[str]]]
    goal: float | None = None
    prepare: Callable[[Path], None] = lambda folder: None
    compare: Callable[[str, str], dict[str, Any]] = field(default=lambda before, after: {})


def _study(text: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / "study.toml").write_text(text)

    return write


def _large(folder: Path) -> None:
    from tests.bench import bench_selection_large as large

    large.library().to_parquet(folder / "library.parquet", index=False)
    text = large.STUDY.format(
        seed=1, periods=large.PERIODS.tolist(), count=large.COUNT, quotas="none", clusters="k_max = 1"
    )
    (folder / "study.toml").write_text(text)


def _gmplug(*arguments: str) -> list[str]:
    return ["-m", "gmplug", *arguments]


def _task(name: str, *arguments: str) -> list[str]:
    return [str(TASKS / name), *arguments]


ALL: dict[str, Task] = {
    "import gmplug": Task(lambda folder: [["-c", "import gmplug"]]),
    "response spectra, one component": Task(
        lambda folder: [_task("spectra.py", str(RECORDS), "one", "4", "8")], 0.25, compare=comparisons.spectra
    ),
    "response spectra, RotD50 and RotD100": Task(
        lambda folder: [_task("spectra.py", str(RECORDS), "rotd", "4", "8")],
        0.15, compare=comparisons.spectra,
    ),
    "analyses, ten models": Task(
        lambda folder: [_task("models.py", str(RECORDS), str(EXAMPLES / "models"), "4", "40")],
        0.65, compare=comparisons.analyses,
    ),
    "simulated catalogue, 450 records": Task(
        lambda folder: [_gmplug("run", "study.toml", "--until", "catalogue", "--quiet")],
        0.2, _study(SIMULATED),
    ),
    "clustering, published candidates": Task(
        lambda folder: [
            _gmplug("run", str(PUBLISHED), "--out", "run", "--quiet", "--until", stage)
            for stage in ("target", "clustering")
        ],
        1 / 6, compare=comparisons.clusters,
    ),
    "report of the demo": Task(
        lambda folder: [_gmplug("demo", "--out", "run", "--quiet"), _gmplug("report", "run")]
    ),
    "demo": Task(lambda folder: [_gmplug("demo", "--out", "run", "--quiet")]),
    "40 of 21,540 records": Task(
        lambda folder: [_gmplug("run", "study.toml", "--until", "selection", "--quiet")], None, _large
    ),
}  # fmt: skip


def run() -> list[dict[str, Any]]:
    """A row for each task; one that fails says so in its row, and the others go on."""
    against = os.environ.get("GMPLUG_BENCH_AGAINST")
    if not against:
        raise ValueError("name a checkout to compare with: --against DIR")
    wanted = os.environ.get("GMPLUG_BENCH_TASKS")
    names = [name.strip() for name in wanted.split(";")] if wanted else list(ALL)
    trees = {"before": Path(against).resolve(), "after": REPOSITORY}
    return [_row(name, ALL[name], trees) for name in names]


def _row(name: str, task: Task, trees: dict[str, Path]) -> dict[str, Any]:
    least: dict[str, dict[str, Any]] = {}
    for _ in range(int(os.environ.get("GMPLUG_BENCH_ROUNDS", "1"))):
        for side, tree in trees.items():
            try:
                taken = _timed(task, tree)
            except subprocess.CalledProcessError as error:
                return {"what": name, "problem": f"{side}: {error.stderr.strip().splitlines()[-1:]}"}
            if side not in least or taken["cpu_s"] < least[side]["cpu_s"]:
                least[side] = taken
    before, after = least["before"], least["after"]
    own = [
        json.loads(side["output"]) if side["output"].startswith('{"cpu_s"') else None
        for side in least.values()
    ]
    times = [side["cpu_s"] for side in own if side] if all(own) else [before["cpu_s"], after["cpu_s"]]
    row = {
        "what": name,
        "against": commit(trees["before"]),
        "before_cpu_s": round(times[0], 3),
        "after_cpu_s": round(times[1], 3),
        "ratio": round(times[1] / times[0], 3),
        "goal": None if task.goal is None else round(task.goal, 3),
        "before_wall_s": round(before["wall_s"], 2),
        "after_wall_s": round(after["wall_s"], 2),
        "before_mib": round(before["peak_mib"]),
        "after_mib": round(after["peak_mib"]),
    }
    return row | task.compare(before["output"], after["output"])


def _timed(task: Task, tree: Path) -> dict[str, Any]:
    """Run a task under a checkout; its last command's processor and wall time, peak memory and last line."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        task.prepare(folder)
        *before, last = task.commands(folder)
        environment = {**os.environ, "PYTHONPATH": str(tree)}
        for command in before:
            subprocess.run(
                [sys.executable, *command],
                cwd=folder,
                env=environment,
                check=True,
                capture_output=True,
                text=True,
            )
        wall = time.perf_counter()
        with (folder / "stdout").open("w+") as out, (folder / "stderr").open("w+") as err:
            process = subprocess.Popen(
                [sys.executable, *last], cwd=folder, env=environment, stdout=out, stderr=err
            )
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            err.seek(0)
            if process.returncode not in (0, 1):  # 1: warnings stand in the summary
                raise subprocess.CalledProcessError(process.returncode, last, stderr=err.read())
            lines = out.read().strip().splitlines() or [""]
        clusters = folder / "run" / "clusters.csv"
        return {
            "cpu_s": usage.ru_utime + usage.ru_stime,
            "wall_s": time.perf_counter() - wall,
            "peak_mib": usage.ru_maxrss / 1024,
            "output": clusters.read_text() if "clustering" in last else lines[-1],
        }


def found(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What the overview states."""
    measured = [row for row in rows if "ratio" in row]
    each = "; ".join(f"{row['what']} {row['ratio']:.2f}" for row in measured)
    return {f"Processor time over that of commit {measured[0]['against']}": f"{each}."} if measured else {}
