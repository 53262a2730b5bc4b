"""Files of recorders, checked because OpenSees does not report one that it cannot write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from gmplug.notes import doubtful

_FILE_FLAGS = ("-file", "-xml", "-csv", "-binary", "-fileCSV")
#: Recorders that take the name first.
_NAMED_FIRST = ("mpco", "pvd", "vtk", "gmsh")


class RecorderFiles:
    """The files of the recorders of one analysis.

    Attributes
    ----------
    own_folder
        Whether the process runs in the analysis' own folder, where gmplug makes missing folders.
    shared
        Files outside that folder.
    made
        Folders made in it.
    """

    def __init__(self, own_folder: bool) -> None:
        self.own_folder = own_folder
        self.shared: list[Path] = []
        self.made: list[str] = []
        self._files: list[Path] = []

    def prepare(self, arguments: tuple[Any, ...]) -> None:
        """Make the folder of a recorder's file in the analysis' own folder.

        Raises FileNotFoundError where the folder is missing elsewhere.
        """
        here = Path.cwd()
        for named in _files(arguments):
            path = (here / named).resolve()
            inside = self.own_folder and path.is_relative_to(here.resolve())
            if not path.parent.is_dir():
                if not inside:
                    raise FileNotFoundError(
                        f"the recorder of {named} cannot write: there is no folder {path.parent}; give a "
                        "path relative to the analysis's own folder, such as 'Data/disp.out', whose "
                        "folders gmplug makes"
                    )
                path.parent.mkdir(parents=True)
                self.made.append(Path(named).parent.as_posix())
                print(f"gmplug: made the folder {Path(named).parent} for the recorder of {named}")
            if not inside and self.own_folder:
                self.shared.append(path)
            self._files.append(path)

    def notes(self) -> list[str]:
        """Return notes on files outside the analysis' own folder, and on folders made in it."""
        notes = [
            doubtful(
                f"a recorder writes {file}, the same file in every analysis; give it a relative path: each "
                "analysis has a folder of its own (analysis/output/ID)"
            )
            for file in self.shared
        ]
        if self.made:
            notes.append(
                f"recorders write to folders that gmplug makes: {', '.join(self.made)} in analysis/output/ID "
                "of the run directory"
            )
        return notes

    def unwritten(self) -> str:
        """Return a message that names the missing and empty files after the analysis; empty without any."""
        missing = [path.name for path in self._files if not path.is_file() or not path.stat().st_size]
        if not missing:
            return ""
        return f"recorders have written nothing to {', '.join(dict.fromkeys(missing))}"


def _files(arguments: tuple[Any, ...]) -> list[str]:
    words = [str(argument) for argument in arguments]
    found = [words[at + 1] for at, word in enumerate(words[:-1]) if word in _FILE_FLAGS]
    if words and words[0].lower() in _NAMED_FIRST and len(words) > 1:
        return []  # these make what they need themselves
    return found


_current: RecorderFiles | None = None


def watch_recorders(ops: Any, files: RecorderFiles | None) -> None:
    """Pass every recorder that is made from now on to ``files``; None ends it."""
    global _current
    _current = files
    if not hasattr(ops.recorder, "looked_at"):
        ops.recorder = _looked_at(ops.recorder)


def _looked_at(original: Callable[..., Any]) -> Callable[..., Any]:
    def recorder(*arguments: Any) -> Any:
        if _current is not None:
            _current.prepare(arguments)
        return original(*arguments)

    recorder.looked_at = True  # type: ignore[attr-defined]
    return recorder
