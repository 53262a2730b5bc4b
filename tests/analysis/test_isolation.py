"""Sixty analyses, many of which go as badly as they can; the others must not notice, and nothing may stay."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gmplug.analysis import AnalysisSetup
from gmplug.analysis.task import analyze
from gmplug.values import AnalysisTask, Demands
from tests.support.analyses import run_stage, selection
from tests.support.motions import burst, write_motion
from tests.support.processes import wait_for

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")

#: So long a sleep that no other program on the machine has the same command line.
SLEEP_S = "98765.4321"
SCRIPT = f"""
import ctypes, os, subprocess, sys
import gmplug
from gmplug.structures import sdof

def build_model(ops, conditioning_period_s):
    given = dict(damping_ratio=0.05, conditioning_period_s=conditioning_period_s)
    return sdof(ops=ops, **given, yield_coefficient=0.1)

def leave_children():
    subprocess.Popen(["sleep", "{SLEEP_S}"])
    subprocess.Popen(["sleep", "{SLEEP_S}"], start_new_session=True)
    if os.fork() == 0:  # holds all that its parent has open, the pipes too
        ctypes.CDLL(None).sleep(98765)

@gmplug.hookimpl
def gmplug_analysis_starting(task, ops, model):
    kind = task.id.partition("-")[0]
    if kind != "good":
        print("about to", kind, flush=True)
    if kind == "segfault":
        leave_children()
        ctypes.string_at(0)
    if kind == "hang":
        leave_children()
        ctypes.PyDLL(None).sleep(98765)  # native code that keeps the interpreter to itself
    if kind == "eat":
        eaten = []
        while True:
            eaten.append(bytearray(b"x" * 4_000_000))
    if kind == "gulp":
        bytearray(10**13)
    if kind == "raise":
        raise ValueError("no such thing")
    if kind == "diverge":  # all but dry friction: the force jumps with the sign of the velocity
        ops.uniaxialMaterial("Viscous", 9, 5.0, 0.01)
        ops.element("zeroLength", 9, 1, 2, "-mat", 9, "-dir", 1)
"""
BAD = {"segfault": "crashed", "hang": "timeout", "eat": "crashed", "gulp": "failed", "raise": "failed"}
BAD["diverge"] = "failed"
HOW_MANY = {"segfault": 3, "hang": 2, "eat": 2, "gulp": 2, "raise": 5, "diverge": 4}
COUNT = 60


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Demands]:
    folder = tmp_path_factory.mktemp("isolation")
    (folder / "trouble.py").write_text(SCRIPT)
    bad = [f"{kind}-{k}" for kind, count in HOW_MANY.items() for k in range(count)]
    names = [f"good-{k}" for k in range(COUNT - len(bad))]
    for k, name in enumerate(bad):
        names.insert(2 * k, name)
    files = {name: write_motion(folder / f"{name}.txt", burst(2.0, seed=len(name))) for name in names}
    analysis = {"timeout_s": 6.0, "memory_limit_mb": 500.0, "free_vibration_s": 1.0}
    content = {"structure": {"period_s": 0.5, "model": "trouble.py"}, "analysis": analysis}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ISOLATION_TEST", str(folder))  # whatever comes of this study has it in its environment
        return folder, run_stage(selection(files), folder / "run", content, workers=2)


def test_each_analysis_has_the_right_status_and_the_good_ones_are_right(study: tuple[Path, Demands]) -> None:
    folder, demands = study
    table = demands.table.set_index("id")
    assert len(table) == COUNT
    expected = {name: BAD.get(name.partition("-")[0], "ok") for name in table.index}
    assert dict(table["status"]) == expected
    setup = AnalysisSetup("sdof", 0.5, options={"yield_coefficient": 0.1}, free_vibration_s=1.0)
    by_seed: dict[int, dict[str, float]] = {}
    for name in (n for n, status in expected.items() if status == "ok"):
        if len(name) not in by_seed:
            record = {"file_h1": str(folder / f"{name}.txt"), "time_step_s": 0.01}
            by_seed[len(name)] = dict(analyze(setup, AnalysisTask("x", 1.0, record)).demands)
        for demand, value in by_seed[len(name)].items():
            assert table.loc[name, demand] == value


def test_each_bad_analysis_says_why_and_leaves_its_log(study: tuple[Path, Demands]) -> None:
    folder, demands = study
    table = demands.table.set_index("id")
    said = {
        "segfault": "SIGSEGV",
        "hang": "not finished after 6 s",
        "eat": "used more than 500 MiB of memory (memory_limit_mb)",
        "gulp": "MemoryError",
        "raise": "trouble.py, line ",
        "diverge": "no convergence at",
    }
    for kind, text in said.items():
        for k in range(HOW_MANY[kind]):
            assert text in table.loc[f"{kind}-{k}", "message"]
            log = folder / "run/analysis/logs" / f"{kind}-{k}.log"
            assert log.read_text().startswith(f"about to {kind}\n")
    assert "analysis/logs/segfault-0.log" in table.loc["segfault-0", "message"]
    assert "(tried 2 times)" in table.loc["segfault-0", "message"]


def test_no_process_is_left_behind(study: tuple[Path, Demands]) -> None:
    """Neither those in the worker's group, nor those in a session of their own, nor a bare fork."""
    folder, _ = study
    assert _processes_of(folder) == []


def _processes_of(folder: Path) -> list[int]:
    """Processes with a sleep of ours as their command, or with the environment of this folder's study."""
    left: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command, environment = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
        except OSError:
            continue
        mine = f"ISOLATION_TEST={folder}".encode() in environment.split(b"\0")
        if mine or SLEEP_S.encode() in command:
            left.append(int(process.name))
    return left


def test_a_killed_parent_leaves_nothing_behind_either(tmp_path: Path) -> None:
    (tmp_path / "daemon.py").write_text(
        "import os, subprocess\n\n\ndef start():\n"
        f"    return subprocess.Popen(['sleep', '{SLEEP_S}'], start_new_session=True).pid\n"
    )
    program = tmp_path / "parent.py"
    program.write_text(
        "from time import sleep\nfrom gmplug.analysis import ProcessExecutor\nfrom daemon import start\n"
        "executor = ProcessExecutor(workers=1)\n"
        "print(executor.submit(start).result(), flush=True)\nsleep(600)\n"
    )
    environment = {**os.environ, "ISOLATION_TEST": str(tmp_path)}
    command = [sys.executable, str(program)]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert parent.stdout is not None
    try:
        started = int(parent.stdout.readline())
        assert wait_for(lambda: started in _processes_of(tmp_path))
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
    assert wait_for(lambda: _processes_of(tmp_path) == [])
