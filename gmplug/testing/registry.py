"""The checks by name, and the function that runs them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gmplug.testing import checks, offers
from gmplug.testing.outcomes import CheckFailed, DoesNotApply
from gmplug.testing.subject import Subject


@dataclass(frozen=True)
class ClustererCheck:
    """One thing that gmplug expects of a clusterer. ``str`` of it is its name, for test ids.

    Parameters
    ----------
    name, about
        Name, and one line on what is expected.
    function
        The check; raises CheckFailed or DoesNotApply.
    """

    name: str
    about: str
    function: Callable[[Subject], None]

    def __str__(self) -> str:
        return self.name

    def __call__(self, factory: Callable[..., Any], **sample: Any) -> None:
        """Check a clusterer; :class:`gmplug.testing.subject.Subject` lists the parameters.

        Raises
        ------
        CheckFailed
            With the reason.
        DoesNotApply
            The clusterer does not offer what is checked.
        """
        self.function(Subject(factory, **sample))


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
    """Return all checks of a clusterer but those in ``without``, in the order to read their failures."""
    unknown = set(without) - set(_CHECKS)
    if unknown:
        raise ValueError(f"no check named {', '.join(sorted(unknown))}; known: {', '.join(_CHECKS)}")
    return [check for name, check in _CHECKS.items() if name not in without]


def check_clusterer(
    factory: Callable[..., Any], *, without: Sequence[str] = (), **sample: Any
) -> dict[str, str]:
    """Run all checks of a clusterer but those named in ``without``.

    :class:`gmplug.testing.subject.Subject` lists the other parameters.

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
            check(factory, **sample)
            outcomes[check.name] = "passed"
        except DoesNotApply as reason:
            outcomes[check.name] = f"does not apply: {reason}"
        except CheckFailed as failure:
            failures.append(f"{check.name}: {failure}")
    if failures:
        raise CheckFailed("\n".join(failures))
    return outcomes
