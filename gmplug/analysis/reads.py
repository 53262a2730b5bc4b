"""Files that a script reads while it runs, to find those that its text does not name."""

from __future__ import annotations

import contextlib
import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gmplug.host.scripts import imported_files

_opened: list[str] | None = None
_hooked = False


@contextlib.contextmanager
def files_read() -> Iterator[list[str]]:
    """Collect the names of files that Python opens to read while the block runs (not OpenSees itself)."""
    global _opened, _hooked
    if not _hooked:
        sys.addaudithook(_note_open)
        _hooked = True
    _opened = []
    try:
        yield _opened
    finally:
        _opened = None


def _note_open(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _opened is not None:
        name, mode = arguments[0], arguments[1]
        if isinstance(name, str | bytes | os.PathLike) and not (set(str(mode or "r")) & set("wax")):
            _opened.append(os.fsdecode(name))


def users_own(names: list[str], known: set[Path], apart: Path) -> list[str]:
    """Return the opened files that are the user's and not ``known``, without those below ``apart``.

    They include modules that a script has imported from its own folder.
    """
    loaded = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    modules = {Path(file).resolve() for file in loaded if file}
    found = ({Path(name).resolve() for name in names} - modules) | imported_files()
    ours = [Path(p).resolve() for p in {sys.prefix, sys.base_prefix, *sysconfig.get_paths().values()}]
    ours += [Path(__file__).resolve().parents[1], apart.resolve()]
    ours += [Path("/proc"), Path("/dev"), Path("/sys"), Path("/etc")]
    return sorted(
        str(path)
        for path in found - known
        if path.is_file()
        and path.suffix not in (".pyc", ".so")
        and path.parent.suffix not in (".egg-info", ".dist-info")  # what is installed, editable too
        and not any(path.is_relative_to(folder) for folder in ours)
    )
