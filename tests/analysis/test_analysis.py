"""Analyses against independent integration, and what happens to those that go wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.signal import lsim

from gmplug.analysis import AnalysisSetup, ProcessExecutor, WorkerCrashed, stage
from gmplug.analysis.history import step_s
from gmplug.analysis.store import Finished, ResultStore
from gmplug.analysis.task import analyze
from gmplug.chain.stage import StageContext
from gmplug.errors import InputError, StudyError
from gmplug.excitation.stage import unchanged
from gmplug.host import Host
from gmplug.study import parse_study
from gmplug.values import AnalysisResult, AnalysisTask, Demands
from tests.support.analyses import run_stage, selection
from tests.support.motions import GRAVITY, burst, write_motion
from tests.support.oscillators import elastoplastic, exact_displacement
from tests.support.processes import die, is_alive, nap, wait_for

# -- right answers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("period_s", [0.3, 1.0, 2.5])
def test_linear_oscillator_on_real_records(shared_data: Path, period_s: float) -> None:
    from gmplug.waveforms import read_motion

    for name in ("A-ELC180.AT2", "CHY101-N.AT2", "B-ELC000.AT2"):
        path = shared_data / "records_at2" / name
        if not path.is_file():
            continue
        record = {"id": name, "file_h1": str(path)}
        motion = read_motion(record)
        setup = AnalysisSetup("sdof", period_s, free_vibration_s=0.0)
        result = analyze(setup, AnalysisTask(name, 2.0, record))
        exact = 2.0 * np.max(np.abs(exact_displacement(motion.horizontal_g[0], motion.time_step_s, period_s)))
        assert result.status == "ok", result.message
        assert result.demands["peak_roof_displacement_m"] == pytest.approx(exact, rel=0.005)
        assert result.demands["peak_floor_acceleration_0_g"] == pytest.approx(
            2.0 * np.max(np.abs(motion.horizontal_g[0])), rel=1e-9
        )


def test_peak_displacement_is_the_response_spectrum(tmp_path: Path) -> None:
    from gmplug.spectra import response_spectrum

    path = write_motion(tmp_path / "m.txt", burst())
    periods_s = np.array([0.2, 0.6, 1.5])
    sa_g = response_spectrum(burst(), 0.01, periods_s)
    for period, sa in zip(periods_s, sa_g, strict=True):
        task = AnalysisTask("m", 2.5, {"id": "m", "file_h1": str(path), "time_step_s": 0.01})
        result = analyze(AnalysisSetup("sdof", float(period)), task)
        expected_m = 2.5 * sa * GRAVITY * (period / 2 / np.pi) ** 2
        assert result.demands["peak_roof_displacement_m"] == pytest.approx(expected_m, rel=0.005)


def test_absolute_acceleration_of_a_linear_oscillator(tmp_path: Path) -> None:
    """Absolute acceleration is −(2ξω v + ω² u); a stiff oscillator's is the ground's."""
    path = write_motion(tmp_path / "m.txt", burst())
    task = AnalysisTask("m", 1.0, {"id": "m", "file_h1": str(path), "time_step_s": 0.01})
    w, dt = 2 * np.pi / 0.7, 0.01
    system = ([[0, 1], [-(w**2), -0.1 * w]], [[0], [-1]], [[w**2, 0.1 * w]], [[0]])
    exact = np.max(np.abs(lsim(system, burst() * GRAVITY, dt * np.arange(len(burst())))[1])) / GRAVITY
    result = analyze(AnalysisSetup("sdof", 0.7), task)
    assert result.demands["peak_floor_acceleration_1_g"] == pytest.approx(exact, rel=0.005)
    assert result.demands["residual_story_drift_ratio_1"] < 1e-3 * result.demands["peak_story_drift_ratio_1"]
    rigid = analyze(AnalysisSetup("sdof", 0.02), task)
    assert rigid.demands["peak_floor_acceleration_1_g"] == pytest.approx(0.4, rel=0.01)


@pytest.mark.parametrize("hardening", [0.0, 0.03])
def test_yielding_oscillator(tmp_path: Path, hardening: float) -> None:
    path = write_motion(tmp_path / "m.txt", burst())
    options = {"yield_coefficient": 0.06, "hardening": hardening}
    setup = AnalysisSetup("sdof", 0.5, options=options, time_step_s=0.0005)
    task = AnalysisTask("m", 1.0, {"id": "m", "file_h1": str(path), "time_step_s": 0.01})
    result = analyze(setup, task)
    u = elastoplastic(burst(), 0.01, 0.5, 0.06, hardening)
    yield_displacement = 0.06 * GRAVITY * (0.5 / 2 / np.pi) ** 2
    assert np.max(np.abs(u)) > 3 * yield_displacement
    assert result.demands["peak_roof_displacement_m"] == pytest.approx(np.max(np.abs(u)), rel=0.005)
    settled = abs(np.mean(u[-4000:]))
    assert result.demands["residual_story_drift_ratio_1"] == pytest.approx(
        settled, abs=0.01 * yield_displacement
    )
    # The default step is a hundredth of the period: still within a few percent.
    coarse = analyze(replace(setup, time_step_s=None), task)
    assert coarse.demands["peak_roof_displacement_m"] == pytest.approx(np.max(np.abs(u)), rel=0.02)


def test_steps_divide_the_motions_own() -> None:
    assert step_s(0.01, 0.02) == 0.01
    assert step_s(0.02, 0.01) == 0.01
    assert step_s(0.01, 0.003) == 0.0025


def test_steps_of_a_tall_building_suit_its_higher_modes(tmp_path: Path) -> None:
    """T1/100 of 2.5 s is 0.025 s: with the motion's own 0.02 s floor accelerations are 2 to 3 % off."""
    options = {"stories": 10, "building_type": "S1", "design_level": "high"}
    setup = AnalysisSetup("shear-building", 2.5, options=options, free_vibration_s=2.0)
    file = write_motion(tmp_path / "a.txt", burst(8.0, dt=0.02, seed=2))
    task = AnalysisTask("a", 1.0, {"file_h1": str(file), "time_step_s": 0.02})
    names = [f"peak_floor_acceleration_{floor}_g" for floor in range(1, 11)]
    by_default, fine = (
        np.array([analyze(replace(setup, time_step_s=step), task).demands[name] for name in names])
        for step in (None, 0.0025)
    )
    np.testing.assert_allclose(by_default, fine, rtol=0.015)


def test_demands_in_inches_are_reported_in_metres(tmp_path: Path) -> None:
    """A model may use any units: displacements come out in metres, accelerations in g."""
    (tmp_path / "inches.py").write_text(SCRIPT_INCHES)
    path = write_motion(tmp_path / "m.txt", burst())
    task = AnalysisTask("m", 1.0, {"id": "m", "file_h1": str(path), "time_step_s": 0.01})
    script = (tmp_path / "inches.py").resolve()
    setup = AnalysisSetup("inches.py", 0.5, base_dir=tmp_path, scripts=(script,))
    inches, metres = analyze(setup, task), analyze(AnalysisSetup("sdof", 0.5), task)
    for name in ("peak_roof_displacement_m", "peak_floor_acceleration_1_g"):
        assert inches.demands[name] == pytest.approx(metres.demands[name], rel=1e-6)


SCRIPT_INCHES = """
import math
import gmplug

def build_model(ops, damping_ratio):
    w = 2 * math.pi / 0.5
    ops.model("basic", "-ndm", 1, "-ndf", 1)
    ops.node(1, 0.0); ops.node(2, 0.0); ops.fix(1, 1); ops.mass(2, 3.0)
    ops.uniaxialMaterial("Elastic", 1, 3.0 * w**2)
    ops.element("zeroLength", 1, 1, 2, "-mat", 1, "-dir", 1)
    ops.rayleigh(2 * damping_ratio * w, 0.0, 0.0, 0.0)
    return gmplug.StructureModel((1, 2), (120.0,), gravity=9.80665 / 0.0254, periods_s=(0.5,))
"""


# -- analyses that go wrong --------------------------------------------------------------------------

#: A small yielding oscillator whose analyses end differently, by the record's id.
SCRIPT_TROUBLE = """
import os, signal, sys, time
import gmplug
from gmplug.structures import sdof

def build_model(ops, damping_ratio, conditioning_period_s, limit: float = 0.5):
    from dataclasses import replace
    model = sdof(ops=ops, damping_ratio=damping_ratio, conditioning_period_s=conditioning_period_s,
                 yield_coefficient=0.1)
    return replace(model, collapse_drift_ratio=limit)

@gmplug.hookimpl
def gmplug_analysis_starting(task, ops, model):
    print("starting", task.id)
    with open(os.path.join(os.path.dirname(__file__), "calls.txt"), "a") as stream:
        stream.write(task.id + chr(10))
    if task.id == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if task.id == "abort":
        os.abort()
    if task.id == "hang":
        time.sleep(600)
    if task.id == "raise":
        raise ValueError("no such thing")
    if task.id == "exit":
        sys.exit(3)
    if task.id == "diverge":  # all but dry friction: the force jumps with the sign of the velocity
        ops.uniaxialMaterial("Viscous", 9, 5.0, 0.01)
        ops.element("zeroLength", 9, 1, 2, "-mat", 9, "-dir", 1)
    if task.id == "not-a-number":
        ops.setNodeVel(2, 1, float("nan"), "-commit")

@gmplug.hookimpl
def gmplug_analysis_step(task, ops, model, time_s):
    if task.id == "unstable" and abs(ops.nodeDisp(2, 1)) > 0.3:  # from here on no step converges
        ops.timeSeries("Constant", 5)
        ops.pattern("Plain", 5, 5)
        ops.load(2, float("nan"))

@gmplug.hookimpl
def gmplug_extra_demands(task, ops, model):
    return {"end_time_s": ops.getTime()}
"""

IDS = (
    "good-1",
    "segfault",
    "hang",
    "raise",
    "exit",
    "diverge",
    "not-a-number",
    "collapse",
    "unstable",
    "good-2",
    "abort",
)


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Demands]:
    """Eleven analyses, most of which go wrong, each in its own way."""
    folder = tmp_path_factory.mktemp("troubled")
    (folder / "trouble.py").write_text(SCRIPT_TROUBLE)
    files = {name: write_motion(folder / f"{name}.txt", burst(4.0)) for name in IDS}
    scale = [40.0 if name in ("collapse", "unstable") else 1.0 for name in IDS]
    study = {
        "structure": {"period_s": 0.5, "model": "trouble.py"},
        "analysis": {"timeout_s": 8.0, "workers": 2},
    }
    return folder, run_stage(selection(files, scale), folder / "run", study)


def test_each_bad_analysis_has_its_status_and_the_others_are_right(troubled: tuple[Path, Demands]) -> None:
    folder, demands = troubled
    table = demands.table.set_index("id")
    assert list(table.index) == list(IDS)
    assert dict(table["status"]) == {
        "good-1": "ok",
        "segfault": "crashed",
        "hang": "timeout",
        "raise": "failed",
        "exit": "failed",
        "diverge": "failed",
        "not-a-number": "failed",
        "collapse": "collapsed",
        "unstable": "collapsed",
        "good-2": "ok",
        "abort": "crashed",
    }
    assert "SIGSEGV" in table.loc["segfault", "message"]
    assert "analysis/logs/segfault.log" in table.loc["segfault", "message"]
    assert "SIGABRT" in table.loc["abort", "message"]
    assert "not finished after 8 s" in table.loc["hang", "message"]
    assert table.loc["raise", "message"].startswith("trouble.py, line ")
    assert table.loc["raise", "message"].endswith("ValueError: no such thing")
    assert "no convergence at" in table.loc["diverge", "message"]
    assert table.loc["diverge", "retries"] > 10
    assert "last norm nan" in table.loc["not-a-number", "message"]
    assert "story drift ratio above 0.5" in table.loc["collapse", "message"]
    assert "dynamic instability" in table.loc["unstable", "message"]
    assert table.loc["collapse", "peak_story_drift_ratio"] > 0.5
    assert np.isnan(table.loc["collapse", "residual_story_drift_ratio_1"])
    assert np.isnan(table.loc["segfault", "peak_story_drift_ratio"])
    alone = analyze(
        AnalysisSetup("sdof", 0.5, options={"yield_coefficient": 0.1, "collapse_drift_ratio": 0.5}),
        AnalysisTask("a", 1.0, {"id": "a", "file_h1": str(folder / "good-1.txt"), "time_step_s": 0.01}),
    )
    for name in ("good-1", "good-2"):
        for demand, value in alone.demands.items():
            assert table.loc[name, demand] == pytest.approx(value, rel=1e-12)
        assert table.loc[name, "end_time_s"] == pytest.approx(8.99)
    assert "Segmentation fault" in (folder / "run/analysis/logs/segfault.log").read_text()
    assert (folder / "run/analysis/logs/good-1.log").read_text() == "starting good-1\n"


def test_results_are_kept_and_only_what_changed_runs_again(troubled: tuple[Path, Demands]) -> None:
    folder, first = troubled
    calls = folder / "calls.txt"
    assert sorted(calls.read_text().split()) == sorted([*IDS, "segfault", "abort"])  # crashes are tried twice
    calls.unlink()
    files = {name: folder / f"{name}.txt" for name in IDS}
    scale = [40.0 if name in ("collapse", "unstable") else 1.0 for name in IDS]
    study = {
        "structure": {"period_s": 0.5, "model": "trouble.py"},
        "analysis": {"timeout_s": 8.0, "workers": 1},
    }
    again = run_stage(selection(files, scale), folder / "run", study)
    pd.testing.assert_frame_equal(again.table, first.table)
    assert not calls.exists()
    scale[IDS.index("good-2")] = 1.5
    changed = run_stage(selection(files, scale), folder / "run", study)
    assert calls.read_text().split() == ["good-2"]
    before, after = (d.table.set_index("id") for d in (first, changed))
    assert after.loc["good-2", "peak_story_drift_ratio"] != before.loc["good-2", "peak_story_drift_ratio"]
    pd.testing.assert_frame_equal(after.drop("good-2"), before.drop("good-2"))


def test_demands_are_read_back_as_written(troubled: tuple[Path, Demands]) -> None:
    folder, demands = troubled
    run_dir = folder / "run"
    stage.save(demands, run_dir)
    chosen = selection({name: folder / f"{name}.txt" for name in IDS})
    back = stage.load(run_dir, selection=chosen)
    pd.testing.assert_frame_equal(back.table, demands.table)
    assert back.model["periods_s"] == [0.5]
    assert stage.summary(back)["analyses"] == {
        "ok": 2, "collapsed": 2, "failed": 4, "crashed": 2, "timeout": 1
    }  # fmt: skip
    text = (run_dir / "demands.csv").read_text()
    (run_dir / "demands.csv").write_text(text.replace("collapsed", "colapsed", 1))
    with pytest.raises(InputError, match="line 9: unknown status 'colapsed'"):
        stage.load(run_dir, selection=chosen)
    (run_dir / "demands.csv").write_text(text.replace("good-2,", "good-3,"))
    with pytest.raises(InputError, match=r"line 11: record 'good-3' is not in selection\.csv"):
        stage.load(run_dir, selection=chosen)
    lines = text.splitlines(keepends=True)
    (run_dir / "demands.csv").write_text("".join(line for line in lines if not line.startswith("good-2,")))
    with pytest.raises(InputError, match=r"demands\.csv: no row of 1 selected record \(good-2\)"):
        stage.load(run_dir, selection=chosen)


def test_any_number_of_workers_gives_the_same_demands(tmp_path: Path) -> None:
    files = {f"r{k}": write_motion(tmp_path / f"r{k}.txt", burst(3.0, seed=k)) for k in range(4)}
    study: dict[str, Any] = {
        "structure": {"period_s": 1.0, "model": "frame"},
        "analysis": {"free_vibration_s": 1.0},
    }
    two = run_stage(selection(files, 4.0), tmp_path / "two", study, workers=2).table
    order = dict(reversed(files.items()))
    study["analysis"]["executor"] = "serial"
    serial = run_stage(selection(order, 4.0), tmp_path / "serial", study).table
    effort = ["wall_s"]
    pd.testing.assert_frame_equal(
        two.drop(columns=effort),
        serial.iloc[::-1].reset_index(drop=True).drop(columns=effort),
        check_exact=True,
    )
    assert (two["status"] == "ok").all()
    assert two["peak_story_drift_ratio_2"].between(1e-3, 0.1).all()


SCRIPT_EVENTS = """
from pathlib import Path
import gmplug

times = []

@gmplug.hookimpl
def gmplug_analysis_starting(task, ops, model):
    times.clear()

@gmplug.hookimpl
def gmplug_analysis_step(task, ops, model, time_s):
    times.append(time_s)

@gmplug.hookimpl
def gmplug_extra_demands(task, ops, model):
    return {"steps_seen": len(times), "last_seen_s": times[-1]}

@gmplug.hookimpl
def gmplug_analysis_finished(result):
    with open(Path(__file__).parent / "finished.txt", "a") as stream:
        stream.write(f"{result.id} {result.status}" + chr(10))
"""


def test_a_script_watches_the_analyses(tmp_path: Path) -> None:
    (tmp_path / "watch.py").write_text(SCRIPT_EVENTS)
    files = {f"r{k}": write_motion(tmp_path / f"r{k}.txt", burst(2.0, seed=k)) for k in range(2)}
    study = {
        "study": {"scripts": ["watch.py"]},
        "structure": {"period_s": 1.0, "model": "sdof"},
        "analysis": {"executor": "serial", "free_vibration_s": 1.0},
    }
    seen: list[str] = []
    table = run_stage(selection(files), tmp_path / "run", study, seen=seen).table
    assert seen == ["r0: ok", "r1: ok"]
    assert list(table["steps_seen"]) == list(table["steps"]) == [299, 299]
    assert table["last_seen_s"].tolist() == pytest.approx([2.99, 2.99])
    assert (tmp_path / "finished.txt").read_text() == "r0 ok\nr1 ok\n"


# -- bad input ---------------------------------------------------------------------------------------


def test_missing_waveforms_are_counted_and_named(tmp_path: Path) -> None:
    chosen = selection({"a": Path("x"), "b": Path("y")})
    chosen.records["file_h1"] = ["", None]
    with pytest.raises(StudyError, match=r"2 of 2 selected records have no waveform file \(a, b\)"):
        run_stage(chosen, tmp_path / "run", {"structure": {"period_s": 1.0, "model": "sdof"}})
    chosen = selection({"a": Path("x")})
    study = {"structure": {"period_s": 1.0, "model": "sdof"}, "analysis": {"component": "h2"}}
    with pytest.raises(InputError, match="1 selected records have one component only"):
        run_stage(chosen, tmp_path / "run", study)


@pytest.mark.parametrize(
    ("study", "line"),
    [
        ({"structure": {"period_s": 1.0, "model": "frame", "hardning": 0.1}}, "unknown option 'hardning'"),
        ({"structure": {"period_s": 1.0, "model": "frame", "hardening": 2}}, "option 'hardening'"),
        (
            {"structure": {"period_s": 1.0, "model": "sdof"}, "analysis": {"executor": "slurm"}},
            "unknown executor 'slurm'",
        ),
        (
            {
                "structure": {"period_s": 1.0, "model": "sdof"},
                "analysis": {"executor_options": {"memory": 1}},
            },
            "executor 'processes': unknown option 'memory'",
        ),
    ],
)
def test_bad_options_are_found_before_anything_runs(tmp_path: Path, study: dict[str, Any], line: str) -> None:
    path = write_motion(tmp_path / "m.txt", burst(1.0))
    with pytest.raises(InputError, match=line):
        run_stage(selection({"m": path}), tmp_path / "run", study)


def test_a_study_without_a_structure_has_nothing_to_analyse(tmp_path: Path) -> None:
    study = parse_study({"catalogue": {"provider": "simulated"}, "structure": {"period_s": 1.0}})
    context = StageContext(study, Host(entry_points=False), tmp_path, 1, lambda *_: None)
    chosen = selection({"m": Path("m")})
    assert stage.run(context, chosen, unchanged(chosen)) is None


def test_a_script_that_cannot_build_ends_the_study_at_once(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("def build_model(ops):\n    ops.element('zeroLength', 1, 1)\n")
    path = write_motion(tmp_path / "m.txt", burst(1.0))
    study = {"structure": {"period_s": 1.0, "model": "bad.py"}}
    with pytest.raises(StudyError, match=r"bad.py, line 2: OpenSeesError"):
        run_stage(selection({"m": path}), tmp_path / "run", study)


# -- store and executors -----------------------------------------------------------------------------


def test_the_store_gives_back_what_it_was_given(tmp_path: Path) -> None:
    result = AnalysisResult("a", "ok", {"x": 0.1 + 0.2, "y": float("nan")}, "", 1.5, 7, 2, 3.25)
    with ResultStore(tmp_path) as store:
        store.put([Finished("f", "s", result, "log")])
    with ResultStore(tmp_path) as store:
        back = store.get("f")
        assert store.get("g") is None
    assert back is not None
    assert back.demands["x"] == 0.1 + 0.2
    assert np.isnan(back.demands["y"])
    assert replace(back, demands={}) == replace(result, demands={})
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "analyses.sqlite").write_text("this is not a database, but long enough " * 40)
    with pytest.raises(InputError, match="not a store of results"):
        ResultStore(tmp_path / "other")


def test_a_dying_worker_costs_its_own_call_only() -> None:
    with ProcessExecutor(workers=1) as executor:
        first = executor.submit(nap, 0.0).result()
        dead = executor.submit(die)
        not_plain = executor.submit(open, os.devnull)
        second = executor.submit(nap, 0.0)
        with pytest.raises(WorkerCrashed, match="SIGKILL"):
            dead.result()
        with pytest.raises(RuntimeError, match="cannot be sent back"):
            not_plain.result()
        with pytest.raises(ZeroDivisionError):
            executor.submit(divmod, 1, 0).result()
        assert second.result() != first
    assert not is_alive(second.result())


def _leave_a_daemon(seconds: float) -> None:
    """Start a process that holds this one's pipes in a session of its own; then sleep, or die."""
    if os.fork() == 0:
        os.setsid()
        time.sleep(60)
        os._exit(0)
    time.sleep(seconds)
    os._exit(3)


def test_a_daemon_that_holds_the_pipes_delays_no_limit() -> None:
    began = time.monotonic()
    with ProcessExecutor(workers=1, timeout_s=2.0) as executor:
        with pytest.raises(TimeoutError, match="not finished after 2 s"):
            executor.submit(_leave_a_daemon, 60.0).result()
        with pytest.raises(WorkerCrashed, match="exit status 3"):
            executor.submit(_leave_a_daemon, 0.0).result()
    assert time.monotonic() - began < 40


def test_killing_the_workers_ends_them_and_their_calls() -> None:
    executor = ProcessExecutor(workers=1)
    pid = executor.submit(nap, 0.0).result()
    running, queued = executor.submit(nap, 600.0), executor.submit(nap, 0.0)
    assert wait_for(running.running)
    executor.kill_workers()
    assert queued.cancelled()
    with pytest.raises(WorkerCrashed):
        running.result()
    assert not is_alive(pid)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_workers_die_with_their_parent(tmp_path: Path) -> None:
    """Even while native code that never returns holds the interpreter."""
    (tmp_path / "native.py").write_text(
        "import ctypes\n\n\ndef block():\n    ctypes.PyDLL(None).sleep(600)\n"
    )
    program = tmp_path / "parent.py"
    program.write_text(
        textwrap.dedent(
            """
            from os import getpid
            from time import sleep

            from gmplug.analysis import ProcessExecutor
            from native import block

            executor = ProcessExecutor(workers=1)
            print(executor.submit(getpid).result(), flush=True)
            executor.submit(block)
            sleep(600)
            """
        )
    )
    parent = subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    assert is_alive(worker)
    time.sleep(0.3)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert wait_for(lambda: not is_alive(worker))
