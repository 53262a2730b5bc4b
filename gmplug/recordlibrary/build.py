"""Builds a record library: asks the provider, keeps its waveforms, and writes all or nothing."""

from __future__ import annotations

import hashlib
import io
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gmplug._version import __version__
from gmplug.catalogue.keeper import WaveformFile
from gmplug.catalogue.stage import ask
from gmplug.catalogue.stored import about as about_catalogue
from gmplug.catalogue.stored import table_of
from gmplug.catalogue.waveform_files import FILE_COLUMNS
from gmplug.chain.fingerprint import file_digest
from gmplug.chain.lock import run_lock
from gmplug.errors import InputError, StudyError
from gmplug.host.options import path_options, paths_in
from gmplug.processors import available_processors
from gmplug.recordlibrary.files import ABOUT, RECORDS, UNFINISHED, WAVEFORMS, About, Recipe, read_about
from gmplug.recordlibrary.keep import LibraryKeeper
from gmplug.values import Catalogue, Progress, lacks_file, no_progress
from gmplug.waveforms.motion import on_one_axis
from gmplug.waveforms.npy import write_npy

if TYPE_CHECKING:
    from gmplug.recordlibrary.sources import Part


@dataclass(frozen=True)
class Built:
    """What a build made: the content of ``library.json``, how many files it read anew, and its time."""

    about: About
    read_anew: int
    wall_s: float


def build_library(
    folder: Path,
    recipe: Recipe | None = None,
    *,
    workers: int | None = None,
    fresh: bool = False,
    progress: Progress = no_progress,
) -> Built:
    """Build a library, or bring it up to date.

    Only files that are new or have changed are read. The bytes of the library depend on the sources and on
    gmplug's version alone: not on the number of workers, nor on how often a build was interrupted.

    Parameters
    ----------
    folder
        The library's directory; made if it is not there.
    recipe
        What to build it from; None: what it was built from before.
    workers
        Processes and threads to use at most; all processors if None.
    fresh
        Read and compute everything anew.

    Raises
    ------
    InputError
        An option, a file or a record is bad, another build is at work, or the folder holds other files.
    StudyError
        A worker ended, or the library cannot be written.
    """
    start, folder = time.perf_counter(), folder.resolve()
    recipe = recipe or read_about(folder).recipe
    _check_folder(folder, recipe)
    try:
        about, read_anew = _build(folder, recipe, workers or available_processors(), progress, fresh=fresh)
    except OSError as error:
        raise StudyError(
            f"{folder}: cannot be written ({error}); what was read is kept: make room and build again"
        ) from error
    return Built(about, read_anew, time.perf_counter() - start)


def _build(
    folder: Path, recipe: Recipe, workers: int, progress: Progress, *, fresh: bool
) -> tuple[About, int]:
    scratch = folder / UNFINISHED
    scratch.mkdir(parents=True, exist_ok=True)
    (folder / WAVEFORMS).mkdir(exist_ok=True)
    with run_lock(scratch, "choose another directory for the library"):
        if fresh:
            for path in (scratch / "read", scratch / "computed"):
                path.unlink(missing_ok=True)
        host = _host(recipe)
        keeper = LibraryKeeper(folder, scratch, workers, host, fresh=fresh)
        try:
            catalogue = _asked(host, recipe, keeper, scratch / "source", workers, progress)
            records, in_use = _with_waveforms(catalogue.records, keeper, folder, progress)
        finally:
            keeper.close()
        made = replace(catalogue, records=records)
        about = _write(folder, scratch, made, recipe, keeper, _inputs(host, recipe))
        _tidy(folder, in_use)
    shutil.rmtree(scratch, ignore_errors=True)
    return about, keeper.read_anew


def _check_folder(folder: Path, recipe: Recipe) -> None:
    """Refuse a folder of other things: the library removes what it does not use from its own."""
    if folder.is_file():
        raise InputError(f"{folder}: is a file; name a directory for the library")
    own = {ABOUT, UNFINISHED}
    if folder.is_dir() and any(folder.iterdir()) and not own & {path.name for path in folder.iterdir()}:
        raise InputError(f"{folder}: holds other files; name a new directory for the library")
    for value in recipe.options.values():
        source = (Path(recipe.base_dir) / value).resolve() if isinstance(value, str) else None
        if source is not None and source.is_dir() and folder.is_relative_to(source):
            raise InputError(f"{folder}: lies in the source {source}; name another directory for the library")


def _host(recipe: Recipe) -> Any:
    from gmplug.host import Host

    return Host([Path(script) for script in recipe.scripts])


def _inputs(host: Any, recipe: Recipe) -> dict[str, str]:
    """Return the checksums of the files that the options name; folders are among the sources."""
    provider = host.provider("catalogues", recipe.provider)
    named = path_options(provider, recipe.options, Path(recipe.base_dir)).values()
    return {str(path): file_digest(path) for value in named for path in paths_in(value) if path.is_file()}


def _asked(
    host: Any, recipe: Recipe, keeper: LibraryKeeper, cache_dir: Path, workers: int, progress: Progress
) -> Catalogue:
    given = {
        "periods_s": np.array(recipe.periods_s),
        "seed": recipe.seed,
        "workers": workers,
        "cache_dir": cache_dir,
        "progress": progress,
        "keeper": keeper,
    }
    cache_dir.mkdir(exist_ok=True)
    return ask(host, recipe.provider, recipe.options, given, Path(recipe.base_dir), recipe.accept)


def _with_waveforms(
    records: pd.DataFrame, keeper: LibraryKeeper, folder: Path, progress: Progress
) -> tuple[pd.DataFrame, set[str]]:
    """Return the records with their waveforms in the library, and the names of the waveforms in use.

    Raises InputError with a line for each record whose waveforms cannot be read.
    """
    rows = [{str(name): value for name, value in row.items()} for row in records.to_dict("records")]
    wanted = [_files(row) for row in rows]
    keeper.read_ahead((file for files in wanted for file in files.values()), progress)
    aligned: set[str] = set()
    problems: list[str] = []
    made: dict[str, list[Any]] = {name: [] for name in (*FILE_COLUMNS, "time_step_s", "units")}
    for row, files in zip(rows, wanted, strict=True):
        names: dict[str, str] = {}
        step = np.nan
        try:
            parts = {column: keeper.part(file) for column, file in files.items()}
            names = _on_one_axis(parts, folder)
            step = next((part.time_step_s for part in parts.values()), np.nan)
        except InputError as error:
            problems += [f"record {row['id']}: {line}" for line in error.problems]
        for column in FILE_COLUMNS:
            made[column].append(names.get(column, ""))
        made["time_step_s"].append(step)
        made["units"].append("g" if names else "")
        aligned |= {Path(name).name for name in names.values()}
    if problems:
        raise InputError(problems)
    return records.assign(**{name: pd.Series(values) for name, values in made.items()}), (
        aligned | keeper.waveforms_in_use()
    )


def _files(row: Mapping[str, Any]) -> dict[str, WaveformFile]:
    """Return the files that a row names, by their column."""
    stated = {name: row[name] for name in row if not pd.isna(row[name]) and row[name] != ""}
    step = float(stated["time_step_s"]) if "time_step_s" in stated else None
    return {
        name: WaveformFile(Path(stated[name]), step, stated.get("units"))
        for name in FILE_COLUMNS
        if name in stated
    }


def _on_one_axis(parts: Mapping[str, Part], folder: Path) -> dict[str, str]:
    """Return the waveforms of a record by column; components that start at other times are written anew."""
    names = {column: part.waveform for column, part in parts.items()}
    if len({(part.start_time_s, part.time_step_s) for part in parts.values()}) <= 1:
        return names
    aligned = on_one_axis([part.accelerogram(folder) for part in parts.values()])
    for (column, part), values in zip(parts.items(), aligned, strict=True):
        names[column] = f"{WAVEFORMS}/{write_npy(folder / WAVEFORMS, Path(part.path).stem, values)}"
    return names


def _write(
    folder: Path,
    scratch: Path,
    catalogue: Catalogue,
    recipe: Recipe,
    keeper: LibraryKeeper,
    inputs: Mapping[str, str],
) -> About:
    """Write the tables and ``library.json``: beside the earlier ones first, then in their place."""
    tables = {RECORDS: table_of(catalogue), **keeper.tables()}
    digests = {}
    for name, table in tables.items():
        buffer = io.BytesIO()
        table.to_parquet(buffer, index=False)
        digests[name] = hashlib.sha256(buffer.getvalue()).hexdigest()
        (scratch / name).write_bytes(buffer.getvalue())
    with_waveforms = ~lacks_file(catalogue.records)
    counts = {
        "records": len(catalogue.records),
        "records_with_waveforms": int(with_waveforms.sum()),
        "components": int(sum((~lacks_file(catalogue.records, name)).sum() for name in FILE_COLUMNS)),
        "source_files": len(keeper.sources),
    }
    about = About(recipe, about_catalogue(catalogue), counts, digests, inputs, __version__)
    (scratch / ABOUT).write_text(about.as_json(), encoding="utf-8")
    for name in (*tables, ABOUT):
        (scratch / name).replace(folder / name)
    return about


def _tidy(folder: Path, in_use: set[str]) -> None:
    """Remove waveforms that the finished library does not use, and what killed processes left."""
    for path in (folder / WAVEFORMS).iterdir():
        if path.name not in in_use:
            path.unlink()
