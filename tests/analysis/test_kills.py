"""``kill -9`` of a study and of its workers: resumed, every analysis is there once, as if undisturbed."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from gmplug.analysis.store import STORE_FILE, ResultStore
from gmplug.analysis.task import analyze
from tests.support.analyses import setup, tasks
from tests.support.places import REPOSITORY
from tests.support.processes import is_alive, wait_for

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")

PROGRAM = """
import sys
from pathlib import Path

from gmplug.analysis import ProcessExecutor
from gmplug.analysis.campaign import Campaign
from gmplug.analysis.store import ResultStore
from gmplug.chain.lock import run_lock
from tests.analysis.test_kills import jobs

folder, count = Path(sys.argv[1]), int(sys.argv[2])

def show(job, result):
    print(result.id, result.status, flush=True)
    sys.stdin.readline()  # the test looks at every result before the study goes on

with run_lock(folder), ResultStore(folder) as store:
    with Campaign(store, lambda: ProcessExecutor(workers=2), {"gmplug": "test"}) as campaign:
        campaign.run(jobs(folder, count), show)
"""


def jobs(folder: Path, count: int) -> list:
    """So many analyses of an oscillator, of ten motions with different factors."""
    from dataclasses import replace

    motions = tasks(folder, 10, 1.0)
    made = [
        replace(motions[k % 10], id=f"a{k}", scale_factor=1.0 + k / 100, record=motions[k % 10].record)
        for k in range(count)
    ]
    return [(setup(0.5, yield_coefficient=0.05), task) for task in made]


def _children(pid: int) -> list[int]:
    """The workers: children that have a session of their own and the mark of one."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            try:
                if b"GMPLUG_WORKER=" in Path(f"/proc/{child}/environ").read_bytes():
                    found.append(int(child))
            except OSError:
                continue
    return found


def _under_fire(folder: Path, count: int, kills: int) -> None:
    chance = random.Random(11)
    every = count // (kills + 1)
    seen: set[str] = set()
    left = kills
    workers: set[int] = set()
    while len(seen) < count:
        command = [sys.executable, "-c", PROGRAM, str(folder), str(count)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with subprocess.Popen(command, text=True, cwd=REPOSITORY, **pipes) as run:
            assert run.stdin is not None and run.stdout is not None
            for line in run.stdout:
                task_id, status = line.split()
                assert status == "ok", line
                new = task_id not in seen
                seen.add(task_id)
                if new and left and len(seen) >= (kills - left + 1) * every:
                    left -= 1
                    workers.update(_children(run.pid))
                    if left % 2:
                        run.kill()
                        break
                    os.kill(chance.choice(_children(run.pid)), signal.SIGKILL)
                print(file=run.stdin, flush=True)
        if left == 0 and run.returncode == 0:
            break
    assert left == 0
    assert wait_for(lambda: not any(is_alive(pid) for pid in workers))
    with closing(sqlite3.connect(folder / STORE_FILE)) as store:
        ids = [row[0] for row in store.execute("SELECT id FROM analyses")]
    expected = {task.id: analyze(job_setup, task) for job_setup, task in jobs(folder, count)}
    assert sorted(ids) == sorted(expected)
    with ResultStore(folder) as results:
        for result in results.results():
            assert result.status == "ok"
            assert result.demands == expected[result.id].demands


def test_a_study_survives_kills(tmp_path: Path) -> None:
    _under_fire(tmp_path, count=40, kills=3)


@pytest.mark.slow
def test_two_hundred_analyses_survive_twenty_kills(tmp_path: Path) -> None:
    _under_fire(tmp_path, count=200, kills=20)
