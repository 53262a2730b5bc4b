"""Every branch of the solver's strategy, each made to happen by a structure that needs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gmplug.analysis.history import Excitation, Outcome, run_motion
from gmplug.analysis.solver import constraint_handler
from gmplug.analysis.solver_settings import _KNOWN, SolverSettings, read_settings
from gmplug.errors import InputError
from gmplug.structures import sdof
from gmplug.values import StructureModel
from tests.support.analyses import run_stage, selection
from tests.support.motions import burst, write_motion

PERIOD_S = 0.5
STEP_S = 0.1  # a fifth of the period: iterations converge slowly where the spring yields
MOTION = Excitation(STEP_S, {1: burst(8.0, dt=STEP_S, seed=4)})
STEPS = 79 + 20  # of full length: the motion and 2 s of free vibration


def yielding(ops: Any) -> StructureModel:
    return sdof(ops=ops, damping_ratio=0.02, conditioning_period_s=PERIOD_S, yield_coefficient=0.1)


def run(ops: Any, seen: list[float] | None = None, **options: Any) -> Outcome:
    model = yielding(ops)
    outcome = run_motion(
        ops, model, MOTION, STEP_S, 2.0, None if seen is None else seen.append, read_settings(options)
    )
    ops.wipe()
    return outcome


def peak(outcome: Outcome) -> float:
    return float(np.max(np.abs(outcome.history.displacement)))


# -- steps that do not converge ----------------------------------------------------------------------


def test_a_step_that_fails_is_tried_with_the_next_algorithm(ops: Any) -> None:
    plain = run(ops)
    assert (plain.status, plain.steps, plain.retries, plain.last_norm) == ("ok", STEPS, 0, None)
    assert peak(plain) > 2 * 0.1 * 9.80665 * (PERIOD_S / 2 / np.pi) ** 2  # it yields
    helped = run(ops, algorithms=[["ModifiedNewton", "-initial"], "Newton"], max_iterations=4)
    assert (helped.status, helped.steps) == ("ok", STEPS)  # no step was halved
    assert 0 < helped.retries < STEPS
    assert helped.last_norm is not None
    assert helped.last_norm > 1e-8
    assert peak(helped) == pytest.approx(peak(plain), rel=1e-6)


def test_a_step_is_halved_and_the_next_is_of_full_length_again(ops: Any) -> None:
    seen: list[float] = []
    halved = run(ops, seen, algorithms=[["ModifiedNewton", "-initial"]], max_iterations=9)
    assert halved.status == "ok"
    assert halved.retries > 0
    assert STEPS < halved.steps < 2 * STEPS
    assert seen == pytest.approx(STEP_S * np.arange(1, STEPS + 1))
    assert len(halved.history.time_s) == STEPS + 1
    assert peak(halved) == pytest.approx(peak(run(ops)), rel=0.1)  # finer where it yields


def test_the_shortest_step_may_pass_with_a_raised_tolerance_only(ops: Any) -> None:
    options: dict[str, Any] = {
        "algorithms": [["ModifiedNewton", "-initial"]], "max_iterations": 6, "max_halvings": 0
    }  # fmt: skip
    strict = run(ops, last_resort=1.0, **options)
    assert strict.status == "failed"
    assert "no convergence at" in strict.message
    assert 0 < strict.time_reached_s < STEP_S * STEPS
    lax = run(ops, last_resort=1e4, **options)
    assert (lax.status, lax.steps) == ("ok", STEPS)
    assert lax.retries > 0
    assert peak(lax) == pytest.approx(peak(run(ops)), rel=0.02)


def test_the_effort_is_bounded(ops: Any) -> None:
    outcome = run(ops, algorithms=[["ModifiedNewton", "-initial"]], max_iterations=1, max_retries=7)
    assert outcome.status == "failed"
    assert outcome.retries == 7
    assert "after 7 retries, the most allowed, last norm " in outcome.message


# -- collapse ----------------------------------------------------------------------------------------


def falling(ops: Any, limit: float) -> StructureModel:
    """A story of 1 m whose strength falls beyond yield as P-Delta makes it fall, to nothing at 25 cm."""
    w = 2 * np.pi / PERIOD_S
    ops.model("basic", "-ndm", 1, "-ndf", 1)
    ops.node(1, 0.0)
    ops.node(2, 0.0)
    ops.fix(1, 1)
    ops.mass(2, 1.0)
    ops.uniaxialMaterial("Steel01", 1, 1.0, w**2, -0.025)
    ops.element("zeroLength", 1, 1, 2, "-mat", 1, "-dir", 1)
    return StructureModel((1, 2), (1.0,), gravity=9.80665, periods_s=(PERIOD_S,), collapse_drift_ratio=limit)


def test_a_drift_beyond_the_limit_is_collapse(ops: Any) -> None:
    outcome = run_motion(ops, falling(ops, 0.1), MOTION, 0.01, 10.0)
    assert outcome.status == "collapsed"
    assert outcome.message.startswith("story drift ratio above 0.1 at ")
    assert peak(outcome) > 0.1
    assert np.max(np.abs(outcome.history.displacement[0, :-1])) <= 0.1
    assert outcome.retries == 0


def crushing(ops: Any, axial_share: float, limit: float) -> StructureModel:
    """A cantilever of 2 m, 0.4 x 0.4 m, force-based, crushing under ``axial_share``; kN, m, t."""
    ops.wipe()
    ops.model("basic", "-ndm", 2, "-ndf", 3)
    ops.node(1, 0.0, 0.0)
    ops.node(2, 0.0, 2.0)
    ops.fix(1, 1, 1, 1)
    ops.uniaxialMaterial("Concrete01", 1, -30e3, -0.002, -3e3, -0.006)
    ops.uniaxialMaterial("Steel01", 2, 300e3, 200e6, 0.0)
    ops.section("Fiber", 1)
    ops.patch("rect", 1, 20, 1, -0.2, -0.2, 0.2, 0.2)
    for depth in (0.17, -0.17):
        ops.layer("straight", 2, 2, 3e-4, depth, -0.17, depth, 0.17)
    ops.geomTransf("PDelta", 1)
    ops.beamIntegration("Lobatto", 1, 1, 5)
    ops.element("forceBeamColumn", 1, 1, 2, 1, 1)
    load = axial_share * 30e3 * 0.16
    ops.mass(2, load / 9.80665, 1e-3, 1e-3)
    ops.timeSeries("Linear", 1)
    ops.pattern("Plain", 1, 1)
    ops.load(2, 0.0, -load, 0.0)
    ops.constraints("Plain")
    ops.numberer("RCM")
    ops.system("BandGeneral")
    ops.test("NormDispIncr", 1e-8, 50)
    ops.algorithm("Newton")
    ops.integrator("LoadControl", 0.1)
    ops.analysis("Static")
    assert ops.analyze(10) == 0
    period = 2 * np.pi / np.sqrt(ops.eigen("-fullGenLapack", 1)[0])
    return StructureModel((1, 2), (2.0,), gravity=9.80665, periods_s=(period,), collapse_drift_ratio=limit)


STRONG = Excitation(0.01, {1: burst(6.0, peak_g=0.6)})


def test_steps_that_fail_as_the_drift_runs_away_are_dynamic_instability(ops: Any) -> None:
    """The column loses its axial strength; no step, however short, converges any more."""
    outcome = run_motion(ops, crushing(ops, 0.3, limit=0.05), STRONG, 0.01, 2.0)
    assert outcome.status == "collapsed"
    assert outcome.message.startswith(
        ("dynamic instability: story drift ratio 0.03", "dynamic instability: story drift ratio 0.04")
    )
    drift = np.abs(outcome.history.displacement[0, :, 1]) / 2.0
    assert 0.025 < drift[-1] <= 0.05
    assert drift[-1] == np.max(drift)
    # Full steps are whole hundredths; shortened ones went on from there, and what they reached is kept.
    assert outcome.history.time_s[-1] == outcome.time_reached_s
    assert abs(outcome.time_reached_s * 100 - round(outcome.time_reached_s * 100)) > 1e-3
    # The same end at a smaller share of the collapse drift than was set is no collapse.
    settings = read_settings({"instability_share": 1.0})
    failed = run_motion(ops, crushing(ops, 0.3, limit=0.05), STRONG, 0.01, 2.0, None, settings)
    assert failed.status == "failed"
    assert failed.time_reached_s == outcome.time_reached_s


def test_steps_that_fail_at_a_small_drift_are_non_convergence(ops: Any) -> None:
    outcome = run_motion(ops, crushing(ops, 0.5, limit=0.05), STRONG, 0.01, 2.0)
    assert outcome.status == "failed"
    assert peak(outcome) / 2.0 < 0.025
    assert "no convergence at" in outcome.message
    assert f"after {outcome.retries} retries" in outcome.message


# -- what a study says -------------------------------------------------------------------------------


def test_a_study_sets_the_solver(tmp_path: Path) -> None:
    chosen = selection({"m": write_motion(tmp_path / "m.txt", burst(4.0))})
    study: dict[str, Any] = {
        "structure": {"period_s": PERIOD_S, "model": "sdof", "yield_coefficient": 0.06},
        "analysis": {"executor": "serial", "free_vibration_s": 1.0},
    }
    table = run_stage(chosen, tmp_path / "run", study).table
    study["analysis"]["solver"] = {
        "test": "EnergyIncr",
        "tolerance": 1e-14,
        "algorithms": [["ModifiedNewton", "-initial"], "Newton"],
        "max_iterations": 2,
        "integrator": ["HHT", 0.9],
        "system": "FullGeneral",
        "constraints": "Plain",
        "numberer": "Plain",
    }
    other = run_stage(chosen, tmp_path / "run", study).table  # the same directory: it is a different analysis
    assert table.loc[0, "retries"] == 0
    assert np.isnan(table.loc[0, "last_norm"])
    assert other.loc[0, "status"] == "ok"
    assert other.loc[0, "retries"] > 0
    assert other.loc[0, "last_norm"] > 1e-14
    drifts = [t.loc[0, "peak_story_drift_ratio"] for t in (table, other)]
    assert drifts[0] != drifts[1]
    assert drifts[1] == pytest.approx(drifts[0], rel=0.02)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"tolerence": 1e-6}, r"\[analysis\] solver: unknown option 'tolerence'; did you mean 'tolerance'"),
        ({"tolerance": 0}, "solver: option 'tolerance'"),
        ({"algorithms": []}, "solver: option 'algorithms'"),
        ({"algorithms": ["Newtn"]}, "OpenSees has no 'Newtn' here; did you mean 'Newton'"),
        ({"integrator": ["Newmrk", 0.5, 0.25]}, "OpenSees has no 'Newmrk' here; did you mean 'Newmark'"),
        ({"test": "EnergyIncr"}, "tolerance of test 'EnergyIncr' is in the model's units; set it"),
        ({"test": "Energy", "tolerance": 1}, "no 'Energy' here"),
    ],
)
def test_wrong_options_are_found_before_anything_runs(
    tmp_path: Path, options: dict[str, Any], line: str
) -> None:
    chosen = selection({"m": tmp_path / "m.txt"})
    study = {"structure": {"period_s": 1.0, "model": "sdof"}, "analysis": {"solver": options}}
    with pytest.raises(InputError, match=line):
        run_stage(chosen, tmp_path / "run", study)


def test_a_tolerance_is_a_length_in_metres_whatever_the_model_counts_in() -> None:
    plain = read_settings({"test": "NormDispIncr"})
    assert plain.model_tolerances(1.0, 5.0) == (1e-8,)
    assert plain.model_tolerances(0.001, 5.0) == pytest.approx((1e-5,))
    relative = read_settings({"test": "RelativeNormDispIncr", "tolerance": 1e-6})
    assert relative.model_tolerances(0.001, 5.0) == (1e-6,)
    assert read_settings({}) == SolverSettings()
    assert read_settings({}).model_tolerances(0.001, 5.0) == pytest.approx((1e-5, 5e-6))


# -- fast steps --------------------------------------------------------------------------------------


def test_an_elastic_step_takes_one_iteration_and_the_same_response(ops: Any) -> None:
    """With displacements alone as the test, a second solution only shows that nothing moves any more."""
    found = {}
    for test in ("NormDispOrUnbalance", "NormDispIncr"):
        model = sdof(ops=ops, damping_ratio=0.02, conditioning_period_s=PERIOD_S)
        iterations: list[int] = []
        outcome = run_motion(
            ops, model, MOTION, 0.01, 2.0, lambda _, kept=iterations: kept.append(int(ops.testIter())),
            read_settings({"test": test}),
        )  # fmt: skip
        found[test] = (set(iterations), peak(outcome))
        ops.wipe()
    assert max(found["NormDispOrUnbalance"][0]) == 1
    assert max(found["NormDispIncr"][0]) == 2
    assert found["NormDispOrUnbalance"][1] == pytest.approx(found["NormDispIncr"][1], rel=1e-12)


class Watched:
    """OpenSees, and the algorithms that it was given."""

    def __init__(self, ops: Any) -> None:
        self._ops = ops
        self.algorithms: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ops, name)

    def algorithm(self, *command: Any) -> None:
        self.algorithms.append(command[0])
        self._ops.algorithm(*command)


def test_the_tangent_is_kept_until_the_spring_yields(ops: Any) -> None:
    watched = Watched(ops)
    run_motion(watched, yielding(ops), MOTION, 0.01, 2.0)
    algorithms = watched.algorithms
    assert set(algorithms) == {"Newton", "ModifiedNewton"}
    assert algorithms == ["Newton", "ModifiedNewton"] * (len(algorithms) // 2)
    assert 2 < len(algorithms) < 200  # of 990 steps


@pytest.mark.parametrize("system", ["BandGeneral", "ProfileSPD", "UmfPack"])
def test_a_kept_tangent_gives_the_response_of_one_formed_anew(ops: Any, system: str) -> None:
    """Also where a script takes an element away: then the tangent is not that of the structure any more."""

    def remove(time_s: float) -> None:
        if 2.0 <= time_s < 2.005:
            ops.remove("element", 9)

    found = []
    for options in ({"system": system}, {"algorithms": ["NewtonLineSearch"], "test": "NormDispIncr"}):
        ops.wipe()
        model = yielding(ops)
        ops.uniaxialMaterial("Elastic", 9, 40.0)
        ops.node(3, 0.0)
        ops.mass(3, 0.5)
        ops.element("zeroLength", 9, 2, 3, "-mat", 9, "-dir", 1)
        found.append(run_motion(ops, model, MOTION, 0.01, 2.0, remove, read_settings(options)))
    assert [outcome.status for outcome in found] == ["ok", "ok"]
    kept, anew = (outcome.history.displacement[0, :, 1] for outcome in found)
    assert np.max(np.abs(kept)) > 0.02
    np.testing.assert_allclose(kept, anew, atol=1e-6 * np.max(np.abs(anew)))


def _two_masses(ops: Any, constraint: str, offset_m: float) -> None:
    ops.wipe()
    ops.model("basic", "-ndm", 2, "-ndf", 3)
    ops.node(1, 0.0, 0.0)
    ops.node(2, 0.0, 3.0)
    ops.node(3, offset_m, 3.0)
    ops.fix(1, 1, 1, 1)
    ops.mass(2, 1.0, 1.0, 0.1)
    ops.mass(3, 1.0, 1.0, 0.1)
    ops.geomTransf("Linear", 1)
    ops.element("elasticBeamColumn", 1, 1, 2, 0.1, 2e8, 1e-5, 1)
    if constraint == "equalDOF":
        ops.equalDOF(2, 3, 1, 2, 3)
    else:
        ops.rigidLink("beam", 2, 3)


@pytest.mark.parametrize(
    ("constraint", "offset_m", "handler"),
    [("equalDOF", 0.0, "Plain"), ("rigidLink", 0.0, "Plain"), ("rigidLink", 2.0, "Transformation"),
     ("equalDOF", 2.0, "Transformation")],
)  # fmt: skip
def test_constraints_are_merged_only_where_that_is_exact(
    ops: Any, constraint: str, offset_m: float, handler: str
) -> None:
    _two_masses(ops, constraint, offset_m)
    assert constraint_handler(ops) == (handler,)
    model = StructureModel((1, 2), (3.0,), gravity=9.80665, periods_s=(PERIOD_S,))
    peaks = []
    for options in ({}, {"constraints": "Transformation", "test": "NormDispIncr"}):
        _two_masses(ops, constraint, offset_m)
        peaks.append(peak(run_motion(ops, model, MOTION, 0.01, 1.0, None, read_settings(options))))
    assert peaks[0] > 1e-3
    assert peaks[0] == pytest.approx(peaks[1], rel=1e-9)


def test_opensees_knows_every_name_that_a_study_may_give() -> None:
    """It only warns of a name it does not know, and goes on with what was set before."""
    program = """
import sys
import openseespy.opensees as ops

extra = {"HHT": [0.9], "GeneralizedAlpha": [0.9, 0.8], "Newmark": [0.5, 0.25], "WilsonTheta": [1.4],
         "Penalty": [1e9, 1e9], "ExpressNewton": [2]}
for line in sys.stdin.read().split():
    chosen, name = line.split(":")
    print(line, file=sys.stderr, flush=True)
    ops.wipe()
    ops.model("basic", "-ndm", 1, "-ndf", 1)
    ops.node(1, 0.0); ops.node(2, 0.0); ops.fix(1, 1); ops.mass(2, 1.0)
    ops.uniaxialMaterial("Elastic", 1, 40.0)
    ops.element("zeroLength", 1, 1, 2, "-mat", 1, "-dir", 1)
    commands = {"constraints": "Plain", "numberer": "Plain", "system": "BandGeneral",
                "algorithms": "Newton", "integrator": "Newmark"} | {chosen: name}
    ops.test("NormDispIncr", 1e-8, 25)
    for command, value in commands.items():
        getattr(ops, {"algorithms": "algorithm"}.get(command, command))(value, *extra.get(value, []))
    ops.analysis("Transient", "-noWarnings")
    ops.analyze(1, 0.01)
"""
    names = [f"{option}:{name}" for option, known in _KNOWN.items() for name in known]
    done = subprocess.run(
        [sys.executable, "-c", program], input="\n".join(names), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    said = [line for line in done.stderr.splitlines() if line not in names]
    assert not [line for line in said if "unknown" in line.lower() or "ERROR" in line], done.stderr
