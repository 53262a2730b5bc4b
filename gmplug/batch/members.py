"""Runs of several studies below one run directory, which share stages of a base run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gmplug.batch.growth import run_in_batches
from gmplug.chain.display import Display
from gmplug.chain.engine import Engine
from gmplug.chain.lock import run_lock
from gmplug.chain.run import Run
from gmplug.notes import labelled
from gmplug.study import Study


def member_notes(notes: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the notes of members with their names before; a note that all share once, without a name."""
    every = list(notes.values())
    shared = [note for note in every[0] if all(note in own for own in every)] if every else []
    own = [labelled(name, note) for name, found in notes.items() for note in found if note not in shared]
    return list(dict.fromkeys(shared + own))


def run_member(
    engine: Engine,
    folder: Path | str,
    study: Study,
    stages: Sequence[str],
    shared: Run | None = None,
    *,
    display: Display | None = None,
    last: bool = True,
) -> Run:
    """Run stages of a study in a folder of the engine's run directory.

    Stages that the run ``shared`` has are not computed; its files are referred to, not copied. Only the
    ``last`` call for the member writes summary.json.
    """
    place = engine.run_dir / folder
    place.mkdir(parents=True, exist_ok=True)
    with run_lock(place):
        how: dict[str, Any] = {"fresh": engine.fresh, "edits": engine.edits, "common_dir": engine.run_dir}
        own = Engine(place, engine.host, display, **how)
        return run_in_batches(study, own, stages, shared, last=last)
