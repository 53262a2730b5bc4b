"""How steps are solved: what a study says in ``[analysis] solver``, checked, since OpenSees only warns."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from gmplug.errors import InputError

#: A command of OpenSees: its name and arguments.
Command = tuple[Any, ...]
Stated = str | list[str | int | float]

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
    """How steps are solved; see :func:`solver_settings` for what each means."""

    test: str = "NormDispIncr"
    tolerance: float = 1e-8
    max_iterations: int = 25
    algorithms: Sequence[Command] = (
        ("Newton",),
        ("NewtonLineSearch",),
        ("KrylovNewton",),
        ("ModifiedNewton", "-initial"),
    )
    max_halvings: int = 8
    last_resort: float = 100.0
    max_retries: int = 4000
    instability_share: float = 0.5
    integrator: Command = ("Newmark", 0.5, 0.25)
    constraints: Command = ("Transformation",)
    numberer: Command = ("RCM",)
    system: Command | None = None

    def model_tolerance(self, length_unit_m: float) -> float:
        """Return the tolerance in the model's units."""
        return self.tolerance / length_unit_m if _TESTS[self.test] == "length" else self.tolerance


_DEFAULT = SolverSettings()
_INTEGRATOR: Stated = list(_DEFAULT.integrator)
_ALGORITHMS: list[Stated] = [list(command) for command in _DEFAULT.algorithms]


def solver_settings(
    *,
    test: str = _DEFAULT.test,
    tolerance: Annotated[float, Field(gt=0)] | None = None,
    max_iterations: Annotated[int, Field(ge=1)] = _DEFAULT.max_iterations,
    algorithms: Annotated[list[Stated], Field(min_length=1)] = _ALGORITHMS,
    max_halvings: Annotated[int, Field(ge=0, le=30)] = _DEFAULT.max_halvings,
    last_resort: Annotated[float, Field(ge=1)] = _DEFAULT.last_resort,
    max_retries: Annotated[int, Field(ge=0)] = _DEFAULT.max_retries,
    instability_share: Annotated[float, Field(ge=0, le=1)] = _DEFAULT.instability_share,
    integrator: Stated = _INTEGRATOR,
    constraints: Stated = "Transformation",
    numberer: Stated = "RCM",
    system: Stated | None = None,
) -> SolverSettings:
    """Make settings of what a study or script says; commands are a name, or a list of name and arguments.

    Parameters
    ----------
    test, tolerance, max_iterations
        OpenSees' convergence test. The tolerance of ``NormDispIncr`` is a length in m, whatever the
        model's units (default 1e-8); of a relative test a number (1e-8); of ``NormUnbalance`` and
        ``EnergyIncr`` it is in the model's units and has no default.
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
    system
        None for ``BandGeneral``, or ``UmfPack`` for more than 400 nodes.

    Raises InputError on a name that OpenSees does not have.
    """
    if test not in _TESTS:
        raise InputError(_unknown("test", test, _TESTS))
    default = _DEFAULT_TOLERANCE.get(_TESTS[test])
    if tolerance is None and default is None:
        raise InputError(f"the tolerance of test '{test}' is in the model's units; set it beside the test")
    return SolverSettings(
        test=test,
        tolerance=default if tolerance is None else tolerance,  # type: ignore[arg-type]
        max_iterations=max_iterations,
        algorithms=tuple(_command("algorithms", stated) for stated in algorithms),
        max_halvings=max_halvings,
        last_resort=last_resort,
        max_retries=max_retries,
        instability_share=instability_share,
        integrator=_command("integrator", integrator),
        constraints=_command("constraints", constraints),
        numberer=_command("numberer", numberer),
        system=None if system is None else _command("system", system),
    )


def read_settings(options: Mapping[str, Any], where: str = "[analysis] solver") -> SolverSettings:
    """Return the settings that options state; InputError, with ``where``, on one that is unknown or wrong."""
    from gmplug.host.options import bind

    arguments = bind(solver_settings, options, {}, where)
    try:
        return solver_settings(**arguments)
    except InputError as error:
        raise InputError([f"{where}: {problem}" for problem in error.problems]) from error


def _command(option: str, stated: Stated) -> Command:
    command: Command = (stated,) if isinstance(stated, str) else tuple(stated)
    if not command or command[0] not in _KNOWN[option]:
        raise InputError(_unknown(option, str(command[0]) if command else "", _KNOWN[option]))
    return command


def _unknown(option: str, name: str, known: Sequence[str] | Mapping[str, str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    hint = f"did you mean '{close[0]}'? " if close else ""
    return f"option '{option}': OpenSees has no '{name}' here; {hint}known: {', '.join(known)}"
