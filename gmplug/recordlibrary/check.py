"""Whether a library is as it was built, and its sources as they were read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from gmplug.catalogue.periods import period_of
from gmplug.catalogue.waveform_files import FILE_COLUMNS
from gmplug.errors import InputError
from gmplug.notes import counted
from gmplug.recordlibrary.files import RECORDS, SOURCES, TABLES, UNFINISHED, About, read_about, read_table
from gmplug.recordlibrary.sources import digest_of
from gmplug.values import Progress, no_progress
from gmplug.waveforms import read_accelerogram


def check_library(folder: Path, progress: Progress = no_progress) -> tuple[list[str], list[str]]:
    """Compare every file with its checksum.

    Returns
    -------
    What is wrong in the library, and what has changed at the sources since, one line each.

    Raises
    ------
    InputError
        There is no finished library, or a table was changed.
    """
    about = read_about(folder)
    tables = {name: read_table(folder, name, about) for name in TABLES}
    records, sources = tables[RECORDS], tables[SOURCES]
    return list(_damage(folder, records, progress)), list(_changes(folder, sources, about))


def _damage(folder: Path, records: pd.DataFrame, progress: Progress) -> Iterator[str]:
    columns = [name for name in FILE_COLUMNS if name in records]
    for done, row in enumerate(records.to_dict("records")):
        progress(done, len(records), "waveforms")
        for column in columns:
            if not row[column]:
                continue
            try:
                read_accelerogram(folder / row[column], row["time_step_s"], "g")
            except InputError as error:
                yield f"record {row['id']}: {error.problems[0]}"


def _changes(folder: Path, sources: pd.DataFrame, about: About) -> Iterator[str]:
    made = folder.resolve() / UNFINISHED  # files that the provider made for the build
    known = dict(zip(sources["path"], sources["sha256"], strict=True)) | dict(about.inputs)
    for name, digest in sorted(known.items()):
        path = Path(name)
        if path.is_relative_to(made):
            continue
        if not path.is_file():
            yield f"{path}: no longer there"
        elif digest_of(path) != digest:
            yield f"{path}: changed"


def describe(folder: Path) -> list[str]:
    """Return what is in a library, one line for each subject.

    Raises InputError where there is no finished library, or a table was changed.
    """
    about = read_about(folder)
    records, sources = read_table(folder, RECORDS, about), read_table(folder, SOURCES, about)
    counts, stated, recipe = about.counts, about.catalogue, about.recipe
    files = [path for path in folder.rglob("*") if path.is_file()]
    size_mb = sum(path.stat().st_size for path in files) / 1e6
    lines = [
        f"{counted(counts['records'], 'record')}, {counts['records_with_waveforms']} with waveforms "
        f"({counted(counts['components'], 'component')})" + (", SIMULATED" if stated["simulated"] else ""),
        f"from: {stated['description']}; provider {recipe.provider}, gmplug {about.gmplug_version}",
        f"spectra: {stated['component']}, g, {about.damping:.0%} damping, "
        f"{counted(len(recipe.periods_s), 'period')} asked for; waveforms: g, 64-bit NumPy arrays",
        *_spans(records),
    ]
    if len(sources):
        kinds = sources["path"].map(lambda name: Path(name).suffix.lower() or "none").value_counts()
        lines.append("source files: " + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())))
    lines.append(f"size: {size_mb:.1f} MB in {counted(len(files), 'file')}")
    return lines + [f"note: {note}" for note in stated["notes"]]


def _spans(records: pd.DataFrame) -> Iterator[str]:
    """Yield the events and the range of each number."""
    for name in ("event", "station"):
        known = records[name][records[name] != ""] if name in records else pd.Series(dtype=object)
        if len(known):
            yield f"{name}s: {known.nunique()}"
    if "group" in records:
        counted = records["group"].value_counts().sort_index()
        yield "groups: " + ", ".join(f"{count} {group}" for group, count in counted.items())
    for column in records.select_dtypes("number"):
        known = records[column].dropna()
        name = str(column)
        if len(known) and period_of(name) is None:
            yield f"{name}: {known.min():.4g} to {known.max():.4g} ({len(known)} of {len(records)})"
