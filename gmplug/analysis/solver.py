"""One time step after another through OpenSees, and what to do where one does not converge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

#: Raised whenever results of the same inputs may change: results in a run directory are then made anew.
SOLVER_REVISION = 1

Algorithm = tuple[Any, ...]


@dataclass(frozen=True)
class SolverSettings:
    """How steps are solved.

    Parameters
    ----------
    tolerance
        Largest norm of a displacement increment at convergence, for lengths in metres (scaled by the
        model's gravity for others).
    algorithms
        OpenSees algorithms, tried in turn on a step that fails.
    max_halvings
        A step that fails with all of them is halved, at most this often.
    last_resort
        The shortest step that fails with all of them is tried with the tolerance raised by this factor.
    max_retries
        Attempts beyond the first of each step, over the whole analysis; then it ends as failed.
    """

    tolerance: float = 1e-8
    max_iterations: int = 25
    algorithms: Sequence[Algorithm] = (
        ("Newton",),
        ("NewtonLineSearch",),
        ("KrylovNewton",),
        ("ModifiedNewton", "-initial"),
    )
    max_halvings: int = 8
    last_resort: float = 100.0
    max_retries: int = 4000
    constraints: tuple[Any, ...] = ("Transformation",)
    numberer: tuple[Any, ...] = ("RCM",)
    system: tuple[Any, ...] | None = None


class Stepper:
    """Takes steps of given length by Newmark's average acceleration (stable, and without damping of its own).

    Attributes
    ----------
    steps
        Converged steps, the shortened ones included.
    retries
        Further attempts on steps that had failed.
    last_norm
        Norm of the last attempt that failed; None if none did.
    """

    def __init__(self, ops: Any, settings: SolverSettings, length_scale: float = 1.0) -> None:
        self._ops = ops
        self._settings = settings
        self.steps = 0
        self.retries = 0
        self.last_norm: float | None = None
        ops.wipeAnalysis()
        ops.constraints(*settings.constraints)
        ops.numberer(*settings.numberer)
        ops.system(*(settings.system or _system(ops)))
        self._tolerance = settings.tolerance * length_scale
        self._test(1.0)
        ops.algorithm(*settings.algorithms[0])
        ops.integrator("Newmark", 0.5, 0.25)
        ops.analysis("Transient", "-noWarnings")

    def advance(self, step_s: float) -> bool:
        """Go on by ``step_s``; in several smaller steps where need be. False if that cannot be done."""
        return self._attempt(step_s) or self._recover(step_s, 0)

    def _test(self, factor: float) -> None:
        self._ops.test("NormDispIncr", self._tolerance * factor, self._settings.max_iterations)

    def _attempt(self, step_s: float) -> bool:
        if self._ops.analyze(1, step_s) == 0:
            self.steps += 1
            return True
        self.last_norm = _norm(self._ops)
        return False

    def _recover(self, step_s: float, halvings: int) -> bool:
        """Take a step whose first attempt has failed."""
        if self._with_other_algorithms(step_s):
            return True
        if halvings == self._settings.max_halvings:
            self._test(self._settings.last_resort)
            done = self._with_other_algorithms(step_s)
            self._test(1.0)
            return done
        half = step_s / 2
        return all(self._retry(half) or self._recover(half, halvings + 1) for _ in range(2))

    def _with_other_algorithms(self, step_s: float) -> bool:
        for algorithm in self._settings.algorithms[1:]:
            self._ops.algorithm(*algorithm)
            done = self._retry(step_s)
            self._ops.algorithm(*self._settings.algorithms[0])
            if done:
                return True
        return False

    def _retry(self, step_s: float) -> bool:
        """Attempt a step again, as long as there are retries left."""
        if self.retries >= self._settings.max_retries:
            return False
        self.retries += 1
        return self._attempt(step_s)


def _system(ops: Any) -> tuple[str, ...]:
    """Return a solver for equations that are not always positive definite: banded for small models."""
    return ("BandGeneral",) if len(ops.getNodeTags()) <= 400 else ("UmfPack",)


def _norm(ops: Any) -> float | None:
    try:
        norm = ops.testNorm()
        return float(norm[-1]) if isinstance(norm, list | tuple) else float(norm)
    except Exception:  # OpenSees has none before the first convergence test, and its error is a bare one
        return None
