"""Errors for the user: one line each, with place and remedy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


class GmplugError(Exception):
    """Any expected failure; ``exit_status`` is that of the command line."""

    exit_status = 1


class StudyError(GmplugError):
    """A study that could not finish, through no fault of its input (exit status 1)."""


class InputError(GmplugError):
    """Bad input: a file, row, column, option or plugin (exit status 2).

    Give one problem as a string, or several as a sequence of strings: each becomes one line.
    """

    exit_status = 2

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(self.problems)


class PluginError(InputError):
    """A plugin that cannot be used; the message names it and the reason."""


@contextmanager
def readable(path: Path, remedy: str) -> Iterator[None]:
    """Raise InputError, with the remedy, where a file of gmplug's own cannot be read or is not as written."""
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: cannot be read ({reason}); {remedy}") from error


def did_you_mean(name: str, known: Iterable[str], form: str = "'{}'") -> str:
    """Return "did you mean 'NAME'? " for a message; an empty text where no known name is close.

    ``form`` shows the name.
    """
    import difflib

    close = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {form.format(close[0])}? " if close else ""
