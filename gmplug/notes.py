"""The importance of a note: its first word, so that every file with notes keeps it.

A plain note informs. ``doubtful:`` marks a possible but unusual value: the terminal and the top of the report
show it. ``warning:`` marks a result that must not be used before somebody has checked it: shown there too and
listed in summary.json; the command ends with status 1.
"""

from __future__ import annotations

from collections.abc import Iterable

_DOUBTFUL = "doubtful: "
_WARNING = "warning: "


def doubtful(text: str) -> str:
    """Return the note that a value is possible but unusual."""
    return text if text.startswith(_DOUBTFUL) else _DOUBTFUL + text


def warning(text: str) -> str:
    """Return the note that a result must not be used before somebody has checked it."""
    return text if text.startswith(_WARNING) else _WARNING + text


def warnings_of(notes: Iterable[str]) -> list[str]:
    """Return the warnings among notes, without the word, each once."""
    return [note.removeprefix(_WARNING) for note in dict.fromkeys(notes) if note.startswith(_WARNING)]


def doubts_of(notes: Iterable[str]) -> list[str]:
    """Return the doubtful values among notes, without the word, each once."""
    return [note.removeprefix(_DOUBTFUL) for note in dict.fromkeys(notes) if note.startswith(_DOUBTFUL)]


def labelled(label: str, note: str) -> str:
    """Return a note with a name before it, of the same importance."""
    for word in (_DOUBTFUL, _WARNING):
        if note.startswith(word):
            return f"{word}{label}: {note.removeprefix(word)}"
    return f"{label}: {note}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: ``1 record``, ``2 records``; ``plural`` where that is not noun + s."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"
