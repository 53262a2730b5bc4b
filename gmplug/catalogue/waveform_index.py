"""Finding the waveform files of NGA-West2 records in a folder, however they were downloaded.

PEER's download of 2013 and later is one flat folder with ``RSN12_KERN.PEL_PEL090.AT2``; the flatfile says
``KERN.PEL\\PEL090.AT2``, and older collections keep ``KERN.PEL/PEL090.AT2`` or the bare ``PEL090.AT2``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

_RSN = re.compile(r"rsn(\d+)[_-](.+)")


class WaveformIndex:
    """All AT2 files below a folder, looked up without regard to case.

    Attributes
    ----------
    count
        Number of files.
    """

    def __init__(self, folder: Path) -> None:
        files = sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".at2" and path.is_file())
        self.count = len(files)
        self._by_folder_and_name: dict[tuple[str, str], Path] = {}
        self._by_name: dict[str, list[Path]] = defaultdict(list)
        self._by_number: dict[int, dict[str, Path]] = defaultdict(dict)
        for path in files:
            name = path.name.lower()
            numbered = _RSN.fullmatch(name)
            if numbered:
                self._by_number[int(numbered.group(1))][numbered.group(2)] = path
            else:
                self._by_folder_and_name.setdefault((path.parent.name.lower(), name), path)
                self._by_name[name].append(path)

    def find(self, record_number: int, flatfile_name: str) -> Path | None:
        """Return the file named by record number, or by folder and name; None if absent."""
        folder, name = _split(flatfile_name)
        numbered = self._by_number.get(record_number)
        if numbered:
            exact = numbered.get(f"{folder}_{name}" if folder else name)
            same_end = [path for end, path in numbered.items() if end == name or end.endswith(f"_{name}")]
            found = exact or (same_end[0] if len(same_end) == 1 else None)
            if found:
                return found
        return self._by_folder_and_name.get((folder, name))

    def find_by_name_alone(self, flatfile_name: str) -> Path | None:
        """Return the only file of that bare name; None if there is none, or more than one."""
        found = self._by_name.get(_split(flatfile_name)[1], [])
        return found[0] if len(found) == 1 else None

    def numbered(self, record_number: int) -> list[Path]:
        """Return all files whose names start with the record number."""
        return list(self._by_number.get(record_number, {}).values())


def bare_name(flatfile_name: str) -> str:
    """Return a flatfile's file name without its folder, in lower case."""
    return _split(flatfile_name)[1]


def _split(flatfile_name: str) -> tuple[str, str]:
    parts = flatfile_name.replace("\\", "/").strip("/ ").lower().split("/")
    return (parts[-2].strip() if len(parts) > 1 else ""), parts[-1].strip()
