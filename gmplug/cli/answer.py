"""What a command answers: lines for people, or with ``--json`` one JSON document for scripts."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click


@dataclass(frozen=True)
class Answer:
    """The answer of a command.

    Parameters
    ----------
    data
        For scripts.
    lines
        For people, on standard output.
    next_step
        What to do next, with the command; the last line.
    attention
        Warnings and failed analyses, on standard error; with any the exit status is 1.
    status
        The exit status otherwise.
    """

    data: Mapping[str, Any] | Sequence[Any]
    lines: Iterable[str]
    next_step: str = ""
    attention: Sequence[str] = ()
    status: int = 0


def answers(command: Callable[..., Answer]) -> Callable[..., int]:
    """Let a command that returns an :class:`Answer` print it; adds the option ``--json``.

    ``--quiet`` leaves out the lines, not the JSON.
    """

    @click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, for scripts.")
    @functools.wraps(command)
    def answering(as_json: bool, **arguments: Any) -> int:
        answer = command(**arguments)
        if as_json:
            click.echo(_json(answer))
        elif not arguments.get("quiet", False):
            for line in (*answer.lines, *([f"Next: {answer.next_step}"] if answer.next_step else ())):
                click.echo(line)
        for line in answer.attention:
            click.echo(f"gmplug: {' '.join(line.split())}", err=True)
        return 1 if answer.attention else answer.status

    return answering


def records_of(table: Any) -> list[dict[str, Any]]:
    """Return the rows of a DataFrame, each by its columns; what is not known is None."""
    rows: list[dict[str, Any]] = table.astype(object).where(table.notna(), None).to_dict("records")
    return rows


def _json(answer: Answer) -> str:
    import json

    from gmplug.plain import plain

    data = answer.data
    if isinstance(data, Mapping):
        data = {**data, "attention": list(answer.attention), "next": answer.next_step}
    return json.dumps(plain(data), indent=2, ensure_ascii=False, allow_nan=False, default=_text)


def _text(value: object) -> str:
    """Return a path as text; other kinds of values are an error of gmplug."""
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no JSON")
