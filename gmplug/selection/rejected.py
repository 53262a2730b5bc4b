"""Records that the user rejected: they stay out of every selection made in the run directory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from gmplug.errors import InputError, readable

#: Of the run directory; the column ``id`` counts. Removing a row lets the record in again.
REJECTED = "rejected.csv"


def read_rejected(run_dir: Path) -> tuple[str, ...]:
    """Return the ids of the rejected records; raises InputError where the file cannot be read."""
    path = run_dir / REJECTED
    if not path.is_file():
        return ()
    with readable(path, "correct it, or remove it"):
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    if "id" not in table:
        raise InputError(f"{path}: has no column 'id'; put it back, or remove the file")
    return tuple(dict.fromkeys(name.strip() for name in table["id"] if name.strip()))


def add_rejected(run_dir: Path, ids: Sequence[str]) -> None:
    """Add records to the rejected ones."""
    names = dict.fromkeys([*read_rejected(run_dir), *ids])
    part = run_dir / f"{REJECTED}.new"
    pd.DataFrame({"id": list(names)}).to_csv(part, index=False)
    part.replace(run_dir / REJECTED)
