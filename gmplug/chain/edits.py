"""Files of the run directory that the user edited, and what to do with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gmplug.errors import InputError


class UndecidedEditError(InputError):
    """A stage must be computed anew, and a file of it was edited: the user has to decide."""


@dataclass(frozen=True)
class Edits:
    """What to do with edited files whose stage must be computed anew.

    Parameters
    ----------
    keep
        Files to use as they are: names, or ends of paths such as ``levels/rare/selection.csv``.
    discard
        Files to put aside, as ``NAME.edited.csv``.
    """

    keep: tuple[str, ...] = ()
    discard: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        both = [name for name in self.keep if name in self.discard]
        if both:
            raise InputError(f"--keep and --discard both name {both[0]}; give one of them")

    def kept(self, run_dir: Path, edited: Sequence[str], stage: str) -> bool:
        """Return whether edited files of a stage stay, though an input has changed.

        Raises UndecidedEditError for a file in neither list.
        """
        undecided = [name for name in edited if not _names(self.keep + self.discard, run_dir / name)]
        if undecided:
            raise UndecidedEditError([_question(run_dir / name, stage) for name in undecided])
        kept = [name for name in edited if _names(self.keep, run_dir / name)]
        if kept and len(kept) < len(edited):
            other = next(name for name in edited if name not in kept)
            raise UndecidedEditError(
                f"{run_dir}: {kept[0]} and {other} belong to one stage, {stage}; keep or discard both"
            )
        return bool(kept)


#: The run asks about each edited file.
NO_EDITS = Edits()


def put_aside(path: Path) -> Path:
    """Rename an edited file to ``NAME.edited.csv`` (or ``NAME.edited-2.csv``, ...); return its new path."""
    number, aside = 1, path.with_suffix(f".edited{path.suffix}")
    while aside.exists():
        number += 1
        aside = path.with_suffix(f".edited-{number}{path.suffix}")
    path.replace(aside)
    return aside


def _names(given: Sequence[str], path: Path) -> bool:
    parts = path.parts
    return any(parts[-len(Path(text).parts) :] == Path(text).parts for text in given if text)


def _question(path: Path, stage: str) -> str:
    return (
        f"{path}: you edited this file, and what stage {stage} follows from has changed since. Computing it "
        f"anew would lose the edit. Run again with --keep {path.name} (takes the file as it is), --discard "
        f"{path.name} (puts it aside as {path.stem}.edited{path.suffix}) or --fresh (everything anew)"
    )
