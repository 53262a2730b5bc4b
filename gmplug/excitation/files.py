"""The motions in the run directory: ``motions.csv``, ``motions.json``, and what the provider shows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from gmplug.attachments import load_attachments, save_attachments
from gmplug.chain.fingerprint import file_digest
from gmplug.errors import InputError, readable
from gmplug.excitation.selected_motions import MOTIONS_FILE, WAVEFORM_COLUMNS
from gmplug.plain import plain
from gmplug.values import Motions, Selection

FACTS_FILE = "motions.json"
#: Folder of the run for the files that a provider writes.
MOTIONS_DIR = "motions"
_TEXTS = ("id", *WAVEFORM_COLUMNS, "units", "component")


def save(value: Motions, run_dir: Path) -> None:
    """Write the table as CSV, the facts as JSON, each further table as CSV and each picture as PNG.

    Files within the run directory are named relative to it. ``motions.json`` has their digests, so that what
    follows is computed anew where a motion changes.
    """
    table = value.table.copy()
    made: dict[str, str] = {}
    for column in WAVEFORM_COLUMNS:
        names = [_within(str(name), run_dir) for name in table[column]]
        made |= {name: file_digest(run_dir / name) for name in names if name and not Path(name).is_absolute()}
        table[column] = names
    table.to_csv(run_dir / MOTIONS_FILE, index=False)
    facts = {"notes": list(value.notes), "facts": plain(value.facts), "files": made}
    save_attachments(facts, run_dir / FACTS_FILE, "motions_", value.tables, value.pictures)


def load(run_dir: Path, selection: Selection | None = None, **inputs: Any) -> Motions:
    """Read the motions back.

    Raises InputError where a file cannot be read, the table lacks a record of the selection, or a motion was
    changed or removed since the stage wrote it.
    """
    path = run_dir / FACTS_FILE
    with readable(path, "delete it to make the motions anew"):
        facts, tables, pictures = load_attachments(path, "motions_")
        text = pd.read_csv(run_dir / MOTIONS_FILE, dtype=str, keep_default_na=False)
        _check_made(facts["files"], run_dir)
        notes, more = tuple(facts["notes"]), facts["facts"]
    table = _table(text, run_dir)
    if selection is not None:
        problems = list(table_problems(table, selection))
        if problems:
            raise InputError([f"{run_dir / MOTIONS_FILE}: {problem}" for problem in problems])
    return Motions(table, notes, tables, pictures, more)


def table_problems(table: pd.DataFrame, selection: Selection) -> Iterator[str]:
    """Yield what is wrong with a table of motions: records, order, factors, files."""
    missing = [name for name in ("id", "file_h1", "scale_factor") if name not in table]
    if missing:
        yield f"column(s) {', '.join(missing)} missing"
        return
    ids = [str(i) for i in selection.records["id"]]
    found = [str(i) for i in table["id"]]
    if found != ids:
        strange = next((i for i in (*found, *ids) if i not in found or i not in ids), "")
        what = f"record {strange!r}" if strange else "the order of the records"
        yield f"{what} is not as in the selection; the motions are one row per selected record, in its order"
        return
    factors = pd.to_numeric(table["scale_factor"], errors="coerce")
    for name, factor in zip(found, factors, strict=True):
        if not 0 < factor < float("inf"):
            yield f"record {name}: scale_factor is {factor:g}; it has to be positive"


def _table(text: pd.DataFrame, run_dir: Path) -> pd.DataFrame:
    """Return the columns of the file as what they hold, waveform files with absolute paths."""
    table = text.copy()
    for name in text:
        if name in WAVEFORM_COLUMNS:
            table[name] = [str(run_dir / cell) if cell else "" for cell in text[name]]
        elif name == "changed":
            table[name] = text[name] == "True"
        elif name not in _TEXTS:
            with contextlib.suppress(ValueError):  # a provider's column of texts stays one
                table[name] = [float(cell or "nan") for cell in text[name]]
    return table


def _within(name: str, run_dir: Path) -> str:
    """Return a file's path relative to the run directory, where it lies there."""
    if not name:
        return ""
    path = Path(name)
    path = path if path.is_absolute() else run_dir / path
    folder = run_dir.resolve() / MOTIONS_DIR
    resolved = path.resolve()
    return resolved.relative_to(run_dir.resolve()).as_posix() if resolved.is_relative_to(folder) else name


def _check_made(files: Mapping[str, str], run_dir: Path) -> None:
    for name, digest in files.items():
        path = run_dir / name
        if not path.is_file():
            raise InputError(f"{path}: the file of this motion is missing; run with --fresh to make it anew")
        if file_digest(path) != digest:
            raise InputError(
                f"{path}: this motion was changed after the stage motions wrote it; run with --fresh to make "
                "it anew, or give the changed file to a study of its own as a catalogue"
            )
