"""Time steps in OpenSees, with other algorithms and smaller steps where one does not converge.

``gmplug export --format openseespy`` copies this file into its folder: it must run without gmplug.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gmplug.analysis.solver_settings import SolverSettings

#: Increase it whenever results of the same inputs may change: run directories are then computed again.
SOLVER_REVISION = 8
#: Newton's method with one tangent for all steps, until the command is given again.
KEPT_TANGENT = ("ModifiedNewton", "-FactorOnce")
#: Factor on the tolerance of such steps: their corrections are less exact than Newton's.
KEPT_FACTOR = 0.1
#: Nodes up to which a banded solver is the faster one.
BANDED_NODES = 400


class Stepper:
    """Takes steps of given length, by default by Newmark's average acceleration (stable, adds no damping).

    Where Newton's method and ``NormDispOrUnbalance`` solve a step in one iteration, its tangent is kept for
    the steps that follow, until one of them takes more iterations.

    Parameters
    ----------
    tolerances
        Of the convergence test, in the model's units: one, or two for ``NormDispOrUnbalance``.

    Attributes
    ----------
    steps
        Converged steps, the shortened ones included.
    retries
        Further attempts on steps that had failed.
    last_norm
        Norm of the last attempt that failed; None if none did.
    """

    def __init__(self, ops: Any, settings: SolverSettings, tolerances: Sequence[float]) -> None:
        self._ops = ops
        self._analyze = ops.analyze
        self._settings = settings
        self.steps = 0
        self.retries = 0
        self.last_norm: float | None = None
        ops.wipeAnalysis()
        handler = settings.constraints or constraint_handler(ops)
        ops.constraints(*handler)
        ops.numberer(*settings.numberer)
        self._system = settings.system or _system(ops)
        self._watched = self._system[0] == "UmfPack"
        self._elements = ops.getEleTags() if self._watched else []
        ops.system(*self._system)
        self._tolerances = tolerances
        # Rounding errors of penalties exceed the smaller tolerance of kept tangents.
        self._may_keep = (
            len(tolerances) > 1
            and settings.algorithms[0] == ("Newton",)
            and handler[0] in ("Plain", "Transformation")
        )
        self._strict = False
        self._kept = False
        self._test(1.0)
        ops.algorithm(*settings.algorithms[0])
        ops.integrator(*settings.integrator)
        ops.analysis("Transient", "-noWarnings")

    @property
    def exhausted(self) -> bool:
        """Whether all retries of the analysis are used."""
        return self.retries >= self._settings.max_retries

    def advance(self, step_s: float) -> bool:
        """Advance by ``step_s``, in several smaller steps if necessary. Return False if that fails."""
        if self._watched:
            self._follow_elements()
        if self._kept:
            done = self._analyze(1, step_s) == 0
            self.steps += done
            if not done or self._ops.testIter() > 1:
                self._keep_tangent(False)
            if done:
                return True
        if not self._attempt(step_s):
            return self._recover(step_s, 0)
        if self._may_keep and not self._strict and self._ops.testIter() == 1:
            self._keep_tangent(True)
        return True

    def _follow_elements(self) -> None:
        """Set the solver up anew where elements came or went: UmfPack's old pattern gives wrong solutions."""
        elements = self._ops.getEleTags()
        if elements != self._elements:
            self._elements = elements
            self._ops.system(*self._system)
            self._keep_tangent(False)

    def _keep_tangent(self, keep: bool) -> None:
        self._kept = keep
        self._test(KEPT_FACTOR if keep else 1.0)
        self._ops.algorithm(*(KEPT_TANGENT if keep else self._settings.algorithms[0]))

    def be_strict(self, strict: bool) -> None:
        """Let displacements alone decide whether a step has converged, or take the test as it was set.

        Near collapse a small unbalance may hide large displacements.
        """
        if strict is not self._strict:
            self._strict = strict
            self._keep_tangent(False)

    def _test(self, factor: float) -> None:
        """Set the convergence test, its tolerances multiplied.

        With a kept tangent the forces alone decide: corrections are small wherever an old tangent is stiff.
        """
        limits = [tolerance * factor for tolerance in self._tolerances]
        limits[1:] = [0.0 if self._strict else limit for limit in limits[1:]]
        if self._kept:
            limits[0] = 0.0
        # With two tolerances OpenSees wants all arguments: no printing, the 2-norm, no limit of growth.
        rest = (0, 2, -1) if len(limits) > 1 else ()
        self._ops.test(self._settings.test, *limits, self._settings.max_iterations, *rest)

    def _attempt(self, step_s: float) -> bool:
        if self._analyze(1, step_s) == 0:
            self.steps += 1
            return True
        self.last_norm = _norm(self._ops)
        return False

    def _recover(self, step_s: float, halvings: int) -> bool:
        """Take a step whose first attempt has failed."""
        if self._with_other_algorithms(step_s):
            return True
        if halvings == self._settings.max_halvings:
            return self._with_raised_tolerance(step_s)
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

    def _with_raised_tolerance(self, step_s: float) -> bool:
        if self._settings.last_resort == 1.0:
            return False
        self._test(self._settings.last_resort)
        done = self._retry(step_s) or self._with_other_algorithms(step_s)
        self._test(1.0)
        return done

    def _retry(self, step_s: float) -> bool:
        """Attempt a step again, as long as there are retries left."""
        if self.exhausted:
            return False
        self.retries += 1
        return self._attempt(step_s)


def _system(ops: Any) -> tuple[str, ...]:
    """Return a solver for equations that are not always positive definite: banded for small models."""
    return ("BandGeneral",) if len(ops.getNodeTags()) <= BANDED_NODES else ("UmfPack",)


def constraint_handler(ops: Any) -> tuple[str, ...]:
    """Return the handler of constraints: the fastest that is right for the model.

    ``Plain`` merges equal degrees of freedom. It is exact where the tied nodes lie at one place, so that one
    moves as the other. ``Auto`` is right for every model, by penalties: to 1e-4 or better.
    """
    if entangled(ops):
        return ("Auto",)
    if all(ops.nodeCoord(node) == ops.nodeCoord(other) for node, other in _ties(ops)):
        return ("Plain",)
    return ("Auto",) if partly_held(ops) else ("Transformation",)


def entangled(ops: Any) -> str:
    """Return which node hangs on several constraints; empty where none does.

    ``Transformation`` of OpenSees 3.8.0 then displaces nodes wrongly, without a warning; ``Plain`` if a tied
    node has a lower tag than the tied one it follows.
    """
    tied, fixed = set(ops.getConstrainedNodes()), set(ops.getFixedNodes())
    for node, other in _ties(ops):
        if other in tied:
            return f"node {node} is tied to node {other}, which is tied to another one itself"
        if len(ops.getRetainedNodes(node)) > 1:
            return f"node {node} is tied to node {other} and to another one"
        if node in fixed and not set(ops.getFixedDOFs(node)).isdisjoint(ops.getConstrainedDOFs(node, other)):
            return f"node {node} is fixed in a direction in which it is tied to node {other}"
    return ""


def partly_held(ops: Any) -> str:
    """Return which node is fixed in some of the directions in which others follow it; empty without any.

    ``Transformation`` of OpenSees 3.8.0 then displaces those wrongly, without a warning.
    """
    fixed = set(ops.getFixedNodes())
    for node, other in _ties(ops):
        followed = set(ops.getRetainedDOFs(other, node))
        if other in fixed and set() < followed & set(ops.getFixedDOFs(other)) < followed:
            return f"node {node} follows node {other}, which is fixed in some of these directions"
    return ""


def turning(ops: Any) -> str:
    """Return which node moves as one at another place turns, which ``Plain`` ignores; empty without any."""
    for node, other in _ties(ops):
        turns = max(ops.getConstrainedDOFs(node, other)) > len(ops.nodeCoord(node))
        if turns and ops.nodeCoord(node) != ops.nodeCoord(other):
            return f"node {node} moves as node {other} turns, at another place"
    return ""


def _ties(ops: Any) -> list[tuple[int, int]]:
    """Return the pairs of a tied node and the one it follows."""
    return [(node, other) for node in ops.getConstrainedNodes() for other in ops.getRetainedNodes(node)]


def _norm(ops: Any) -> float | None:
    """Return the norm at the last iteration; None where there was none, as when an element fails."""
    try:
        norms, made = ops.testNorm(), int(ops.testIter())
        return float(norms[min(max(made, 1), len(norms)) - 1]) or None
    except Exception:  # OpenSees' error is a bare one
        return None
