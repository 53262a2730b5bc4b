"""Shows a run: a progress bar on a terminal, plain lines elsewhere, or nothing."""

from __future__ import annotations

import sys
import time
from typing import Any

import click

from gmplug.chain.display import Display
from gmplug.notes import doubts_of, warnings_of

#: Least time between plain lines of progress, s.
_PLAIN_EVERY_S = 10.0


def make_display(quiet: bool) -> Display:
    """Return the display for stderr."""
    if quiet:
        return Display()
    return BarDisplay() if sys.stderr.isatty() else PlainDisplay()


def _line(stage: str, wall_s: float, reused: bool, text: str) -> str:
    took = "as before" if reused else f"{wall_s:.1f} s"
    return f"{stage:<13} {took:>9}  {text}"


def noted(note: str) -> str:
    """Return a note with its importance."""
    for word, told in (("WARNING", warnings_of([note])), ("DOUBTFUL", doubts_of([note]))):
        if told:
            return f"{word}: {told[0]}"
    return f"note: {note}"


class PlainDisplay(Display):
    """One line for each finished stage, and some lines of progress."""

    def __init__(self) -> None:
        self._stage = ""
        self._last = 0.0

    def stage_started(self, stage: str) -> None:
        self._stage, self._last = stage, time.monotonic()

    def progress(self, done: float, total: float, message: str) -> None:
        if time.monotonic() - self._last >= _PLAIN_EVERY_S and total > 0:
            self._last = time.monotonic()
            click.echo(f"{self._stage:<13} {100 * done / total:8.0f} %  {message}", err=True)

    def stage_finished(self, stage: str, wall_s: float, *, reused: bool, text: str) -> None:
        click.echo(_line(stage, wall_s, reused, text), err=True)

    def note(self, text: str) -> None:
        click.echo(f"  {noted(text)}", err=True)


class BarDisplay(Display):
    """A progress bar for the current stage, below a line for each finished one."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True, highlight=False)
        self._bar: Any = None
        self._task: Any = None

    def stage_started(self, stage: str) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.fields[stage]:<13}"),
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
        )
        self._close()
        self._bar = Progress(*columns, console=self._console, transient=True)
        self._task = self._bar.add_task("", total=None, stage=stage)
        self._bar.start()

    def progress(self, done: float, total: float, message: str) -> None:
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total, description=message)

    def stage_finished(self, stage: str, wall_s: float, *, reused: bool, text: str) -> None:
        self._close()
        self._console.print(_line(stage, wall_s, reused, text), markup=False, soft_wrap=True)

    def note(self, text: str) -> None:
        line = noted(text)
        style = "bold red" if line.startswith("WARNING") else "yellow"
        self._console.print(f"  {line}", markup=False, style=style, soft_wrap=True)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
