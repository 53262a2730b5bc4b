"""What an unfinished build has done so far: a line of JSON for each piece, whole or ignored."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Journal:
    """A file to which lines are added; a line that a killed process left unfinished is passed over."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._stream: Any = None

    def __iter__(self) -> Iterator[dict[str, Any]]:
        if not self._path.is_file():
            return
        with self._path.open(encoding="utf-8", errors="replace") as stream:
            for line in stream:
                try:
                    entry = json.loads(line)
                except ValueError:
                    continue
                if isinstance(entry, dict):
                    yield entry

    def add(self, entry: dict[str, Any]) -> None:
        """Write an entry; it is there when this returns, whatever happens to the process."""
        with self._lock:
            if self._stream is None:
                self._stream = self._path.open("a", encoding="utf-8")
                self._stream.write("\n")  # ends a line that is not whole
            self._stream.write(json.dumps(entry) + "\n")
            self._stream.flush()

    def close(self) -> None:
        """Close the file."""
        if self._stream is not None:
            self._stream.close()
