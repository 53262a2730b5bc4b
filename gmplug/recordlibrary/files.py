"""The files of a record library, and the catalogue provider ``library`` that opens it."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from gmplug.catalogue.row_faults import rows_text
from gmplug.catalogue.stored import catalogue_of
from gmplug.catalogue.waveform_files import FILE_COLUMNS
from gmplug.errors import InputError
from gmplug.values import Catalogue, lacks_file

ABOUT = "library.json"
RECORDS, SOURCES, COMPUTED = "records.parquet", "sources.parquet", "computed.parquet"
#: The tables of a library; ``library.json`` has their checksums.
TABLES = (RECORDS, SOURCES, COMPUTED)
WAVEFORMS = "waveforms"
#: What an unfinished build has done so far.
UNFINISHED = ".build"
#: Periods of the NGA-West2 flatfile, s: what a library has unless the build is told others.
NGA_WEST2_PERIODS_S: tuple[float, ...] = (
    0.01, 0.02, 0.022, 0.025, 0.029, 0.03, 0.032, 0.035, 0.036, 0.04, 0.042, 0.044, 0.045, 0.046, 0.048,
    0.05, 0.055, 0.06, 0.065, 0.067, 0.07, 0.075, 0.08, 0.085, 0.09, 0.095, 0.1, 0.11, 0.12, 0.13, 0.133,
    0.14, 0.15, 0.16, 0.17, 0.18, 0.19, 0.2, 0.22, 0.24, 0.25, 0.26, 0.28, 0.29, 0.3, 0.32, 0.34, 0.35,
    0.36, 0.38, 0.4, 0.42, 0.44, 0.45, 0.46, 0.48, 0.5, 0.55, 0.6, 0.65, 0.667, 0.7, 0.75, 0.8, 0.85, 0.9,
    0.95, 1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2, 2.2, 2.4, 2.5, 2.6, 2.8, 3, 3.2, 3.4, 3.5,
    3.6, 3.8, 4, 4.2, 4.4, 4.6, 4.8, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5, 10, 11, 12, 13, 14, 15, 20,
)  # fmt: skip
#: Raised when the files change their meaning.
FORMAT = 1


@dataclass(frozen=True)
class Recipe:
    """Where a library's records come from: a catalogue provider with its options.

    Parameters
    ----------
    provider, options
        As in ``[catalogue]``.
    base_dir
        Folder from which relative paths among the options are taken, absolute.
    periods_s
        Periods of the spectra that are computed, s.
    seed
        For providers that draw numbers.
    accept
        Quantities whose physically impossible values are used all the same, as ``[study] accept``.
    scripts
        Scripts that offer the provider, absolute.
    """

    provider: str
    options: Mapping[str, Any]
    base_dir: str
    periods_s: tuple[float, ...]
    seed: int = 1
    accept: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()


@dataclass(frozen=True)
class About:
    """The content of ``library.json``.

    Parameters
    ----------
    recipe
        What the library is made from.
    catalogue
        Component, description, notes and ``simulated`` of the catalogue.
    counts
        Numbers of records, of those with waveforms, of components and of source files.
    files
        SHA-256 of each table.
    inputs
        SHA-256 of the files that the options name, by their path.
    gmplug_version
        The version that built it.
    """

    recipe: Recipe
    catalogue: Mapping[str, Any]
    counts: Mapping[str, int]
    files: Mapping[str, str]
    inputs: Mapping[str, str]
    gmplug_version: str
    units: Mapping[str, str] = field(
        default_factory=lambda: {"waveforms": "g", "spectra": "g", "periods": "s", "time_step_s": "s"}
    )
    damping: float = 0.05
    format: int = FORMAT

    def as_json(self) -> str:
        """Return the text of the file."""
        return json.dumps({**vars(self), "recipe": vars(self.recipe)}, indent=1, ensure_ascii=False) + "\n"


def read_about(folder: Path) -> About:
    """Read ``library.json``; raises InputError where no library is finished, or it has another format."""
    path = folder / ABOUT
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        begun = (folder / UNFINISHED).is_dir()
        what = "the build of this library is not finished" if begun else f"no record library (no {ABOUT})"
        command = f"gmplug catalogue build {folder}{'' if begun else ' --from SOURCE'}"
        raise InputError(f"{folder}: {what}; run `{command}`") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error}); build the library again") from None
    if stated.get("format") != FORMAT:
        raise InputError(
            f"{path}: format {stated.get('format')!r}, this gmplug reads {FORMAT}; build the library again"
        )
    try:
        recipe = stated.pop("recipe")
        tuples = {name: tuple(recipe[name]) for name in ("periods_s", "accept", "scripts")}
        return About(recipe=Recipe(**{**recipe, **tuples}), **stated)
    except (TypeError, KeyError) as error:
        raise InputError(f"{path}: not as gmplug writes it ({error}); build the library again") from None


def read_table(folder: Path, name: str, about: About) -> pd.DataFrame:
    """Read a table of the library; raises InputError where it is not the one that ``library.json`` states."""
    path = folder / name
    try:
        raw = path.read_bytes()
        if hashlib.sha256(raw).hexdigest() != about.files[name]:
            raise ValueError(f"its checksum is not the one in {ABOUT}")
        return pd.read_parquet(io.BytesIO(raw))
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(
            f"{path}: cannot be used ({reason}); run `gmplug catalogue build {folder}`"
        ) from None


def library(path: Path) -> Catalogue:
    """Return the records of a library that ``gmplug catalogue build`` made.

    Parameters
    ----------
    path
        The library's directory.

    Raises
    ------
    InputError
        There is no finished library, a table was changed, or a waveform is missing.
    """
    about = read_about(path)
    made = catalogue_of(read_table(path, RECORDS, about), about.catalogue)
    records = made.records
    absent: set[str] = set()
    for column in (name for name in FILE_COLUMNS if name in records):
        absent |= missing_waveforms(path, records[~lacks_file(records, column)][column])
        start = str(path.resolve()) + os.sep
        records[column] = [start + name if name else "" for name in records[column]]
    if absent:
        raise InputError(
            f"{path}: {len(absent)} waveforms of the library are missing ({rows_text(sorted(absent))}); "
            f"run `gmplug catalogue build {path}`"
        )
    return replace(made, records=records, description=f"{made.description} (library {path.name})")


def missing_waveforms(folder: Path, names: pd.Series) -> set[str]:
    """Return which of these files, relative to the library, are not there."""
    try:
        present = {f"{WAVEFORMS}/{entry.name}" for entry in os.scandir(folder / WAVEFORMS)}
    except FileNotFoundError:
        present = set()
    return set(names) - present
