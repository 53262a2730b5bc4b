"""The checks by name, and running them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gmplug.testing import checks, offers
from gmplug.testing.outcomes import CheckFailed, DoesNotApply
from gmplug.testing.subject import Subject
from gmplug.values import FloatArray


@dataclass(frozen=True)
class ClustererCheck:
    """One thing that gmplug expects of a clusterer; ``str`` of it is its name.

    Parameters
    ----------
    name
        Short, for test ids.
    about
        What is expected, one line.
    function
        Does the work; raises CheckFailed or DoesNotApply.
    """

    name: str
    about: str
    function: Callable[[Subject], None]

    def __str__(self) -> str:
        return self.name

    def __call__(
        self,
        factory: Callable[..., Any],
        *,
        quick: Mapping[str, Any] | None = None,
        periods_s: FloatArray | None = None,
        conditioning_period_s: float = 1.0,
        records: int = 48,
    ) -> None:
        """Check a clusterer; see :func:`check_clusterer` for the parameters.

        Raises
        ------
        CheckFailed
            With a message that says what is wrong.
        DoesNotApply
            The clusterer does not offer what is checked.
        """
        self.function(Subject(factory, dict(quick or {}), periods_s, conditioning_period_s, records))


def _check(function: Callable[[Subject], None]) -> ClustererCheck:
    """Return a function as a check; its name and first docstring line become the check's."""
    name = function.__name__.removeprefix("check_")
    return ClustererCheck(name, (function.__doc__ or name).strip().splitlines()[0], function)


_CHECKS = {
    check.name: check
    for module in (checks, offers)
    for check in (_check(function) for name, function in vars(module).items() if name.startswith("check_"))
}


def clusterer_checks(*, without: Sequence[str] = ()) -> list[ClustererCheck]:
    """All checks of a clusterer, in the order to read their failures.

    Parameters
    ----------
    without
        Names of checks to leave out.
    """
    unknown = set(without) - set(_CHECKS)
    if unknown:
        raise ValueError(f"no check named {', '.join(sorted(unknown))}; known: {', '.join(_CHECKS)}")
    return [check for name, check in _CHECKS.items() if name not in without]


def check_clusterer(
    factory: Callable[..., Any],
    *,
    quick: Mapping[str, Any] | None = None,
    periods_s: FloatArray | None = None,
    conditioning_period_s: float = 1.0,
    records: int = 48,
    without: Sequence[str] = (),
) -> dict[str, str]:
    """Run all checks against a clusterer.

    Parameters
    ----------
    factory
        What the hook ``gmplug_clusterers`` offers: a class, or a function whose parameters have defaults.
    quick
        Options that keep a costly clusterer quick, such as ``{"epochs": 2}``; given at each construction.
    periods_s
        Period grid of the sample, s, shape (P,); by default 40 periods up to 2 T*.
    conditioning_period_s
        T*, s.
    records
        Records in the sample, at least 12.
    without
        Names of checks to leave out.

    Returns
    -------
    ``{check: "passed"}``, or why the check does not apply.

    Raises
    ------
    CheckFailed
        One line for each check that failed.
    """
    outcomes: dict[str, str] = {}
    failures = []
    for check in clusterer_checks(without=without):
        try:
            check(
                factory,
                quick=quick,
                periods_s=periods_s,
                conditioning_period_s=conditioning_period_s,
                records=records,
            )
            outcomes[check.name] = "passed"
        except DoesNotApply as reason:
            outcomes[check.name] = f"does not apply: {reason}"
        except CheckFailed as failure:
            failures.append(f"{check.name}: {failure}")
    if failures:
        raise CheckFailed("\n".join(failures))
    return outcomes
