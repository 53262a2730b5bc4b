"""Disk use, for commands that show it."""

from __future__ import annotations

from pathlib import Path


def size_of(path: Path) -> int:
    """Return the size of a file, or of all files in a folder and below it, bytes."""
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file() and not file.is_symlink())


def shown_size(size: int) -> str:
    """Return a size in MB or kB."""
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"
