"""How steps are solved: the options of ``[analysis] solver``, checked here because OpenSees only warns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from gmplug.errors import InputError, did_you_mean

#: A command of OpenSees: its name, or its name and arguments.
CommandInput = str | Sequence[str | int | float]

_KNOWN: Mapping[str, tuple[str, ...]] = {
    "algorithms": (
        "Newton", "NewtonLineSearch", "ModifiedNewton", "KrylovNewton", "SecantNewton", "RaphsonNewton",
        "PeriodicNewton", "MillerNewton", "ExpressNewton", "BFGS", "Broyden", "Linear",
    ),
    "integrator": (
        "Newmark", "HHT", "GeneralizedAlpha", "TRBDF2", "TRBDF3", "Houbolt", "WilsonTheta",
        "CentralDifference", "ExplicitDifference",
    ),
    "system": (
        "BandGeneral", "BandSPD", "ProfileSPD", "SuperLU", "SparseGeneral", "UmfPack",
        "FullGeneral", "Diagonal",
    ),
    "constraints": ("Plain", "Transformation", "Penalty", "Lagrange", "Auto"),
    "numberer": ("RCM", "Plain", "AMD"),
}  # fmt: skip
#: Convergence tests, and whether their tolerance is a length, a pure number, or in units of the model's own.
_TESTS = {
    "NormDispIncr": "length",
    "NormDispOrUnbalance": "length",
    "RelativeNormDispIncr": "number",
    "RelativeTotalNormDispIncr": "number",
    "RelativeNormUnbalance": "number",
    "RelativeEnergyIncr": "number",
    "NormUnbalance": "model",
    "EnergyIncr": "model",
}
_DEFAULT_TOLERANCE = {"length": 1e-8, "number": 1e-8}


@dataclass(frozen=True)
class SolverSettings:
    """How steps are solved. Commands of OpenSees are a name, or a list of name and arguments.

    Parameters
    ----------
    test, tolerance, max_iterations
        OpenSees' convergence test. The tolerance of ``NormDispIncr`` and ``NormDispOrUnbalance`` is a length
        in m, whatever the model's units (default 1e-8); of a relative test a number (1e-8); of
        ``NormUnbalance`` and ``EnergyIncr`` it is in the model's units and has no default.
    force_tolerance
        Of ``NormDispOrUnbalance`` only: share of the largest force of the motion, the mass of the nodes times
        its peak acceleration. A step converges where the unbalanced forces or the last displacements are
        below their tolerance: an elastic step takes one iteration.
    algorithms
        The first solves every step; the others are tried in turn on a step that fails.
    max_halvings
        A step that fails with all of them is halved, at most this often; the next is of full length again.
    last_resort
        The shortest step that fails with all of them is tried with the tolerance raised by this factor.
    max_retries
        Attempts beyond the first of each step, over the whole analysis; then it ends as failed.
    instability_share
        Where steps fail for good with a story drift above this share of the collapse drift, the largest so
        far and growing, the structure has collapsed; otherwise the solution has merely not converged.
    constraints
        None for ``Plain``, or ``Transformation`` where constraints tie nodes at different places.
    system
        None for ``BandGeneral``, or ``UmfPack`` for more than 400 nodes.

    Raises InputError on a name that OpenSees does not have.
    """

    test: str = "NormDispOrUnbalance"
    tolerance: Annotated[float, Field(gt=0)] | None = None
    force_tolerance: Annotated[float, Field(ge=0)] = 1e-6
    max_iterations: Annotated[int, Field(ge=1)] = 25
    algorithms: Annotated[Sequence[CommandInput], Field(min_length=1)] = (
        "Newton",
        "NewtonLineSearch",
        "KrylovNewton",
        ("ModifiedNewton", "-initial"),
    )
    max_halvings: Annotated[int, Field(ge=0, le=30)] = 8
    last_resort: Annotated[float, Field(ge=1)] = 100.0
    max_retries: Annotated[int, Field(ge=0)] = 4000
    instability_share: Annotated[float, Field(ge=0, le=1)] = 0.5
    integrator: CommandInput = ("Newmark", 0.5, 0.25)
    constraints: CommandInput | None = None
    numberer: CommandInput = "RCM"
    system: CommandInput | None = None

    def __post_init__(self) -> None:
        if self.test not in _TESTS:
            raise InputError(_unknown("test", self.test, _TESTS))
        default = _DEFAULT_TOLERANCE.get(_TESTS[self.test])
        tolerance = default if self.tolerance is None else self.tolerance
        if tolerance is None:
            raise InputError(
                f"the tolerance of test '{self.test}' is in the model's units; set it beside the test"
            )
        commands = tuple(_command("algorithms", given) for given in self.algorithms)
        checked: dict[str, Any] = {"tolerance": tolerance, "algorithms": commands}
        for option in ("integrator", "constraints", "numberer", "system"):
            given = getattr(self, option)
            checked[option] = None if given is None else _command(option, given)
        for option, value in checked.items():
            object.__setattr__(self, option, value)  # the dataclass is frozen

    def model_tolerances(self, length_unit_m: float, force: float) -> tuple[float, ...]:
        """Return the tolerances of the test in the model's units; ``force`` is the largest of the motion."""
        assert self.tolerance is not None
        first = self.tolerance / length_unit_m if _TESTS[self.test] == "length" else self.tolerance
        return (first, self.force_tolerance * force) if self.test == "NormDispOrUnbalance" else (first,)


def read_settings(options: Mapping[str, Any], where: str = "[analysis] solver") -> SolverSettings:
    """Return the settings that options give; InputError, with ``where``, on one that is unknown or wrong."""
    from gmplug.host.options import bind

    arguments = bind(SolverSettings, options, {}, where)
    try:
        return SolverSettings(**arguments)
    except InputError as error:
        raise InputError([f"{where}: {problem}" for problem in error.problems]) from error


def _command(option: str, given: CommandInput) -> tuple[Any, ...]:
    command: tuple[Any, ...] = (given,) if isinstance(given, str) else tuple(given)
    if not command or command[0] not in _KNOWN[option]:
        raise InputError(_unknown(option, str(command[0]) if command else "", _KNOWN[option]))
    return command


def _unknown(option: str, name: str, known: Sequence[str] | Mapping[str, str]) -> str:
    hint = did_you_mean(name, known)
    return f"option '{option}': OpenSees has no '{name}' here; {hint}known: {', '.join(known)}"
