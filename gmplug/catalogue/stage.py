"""The catalogue stage: asks the provider that the study names, and keeps what it returns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gmplug.catalogue.records import check_text_columns, is_text
from gmplug.catalogue.stored import about, catalogue_of, table_of
from gmplug.chain.calls import Call, provider_call
from gmplug.chain.stage import Stage, StageContext
from gmplug.errors import InputError, PluginError, readable
from gmplug.host.options import call
from gmplug.notes import counted
from gmplug.plain import write_json
from gmplug.plausible import Findings, known_limits, look_at
from gmplug.study.schema import Study
from gmplug.values import Catalogue

if TYPE_CHECKING:
    from gmplug.host import Host

TABLE = "catalogue.parquet"
ABOUT = "catalogue.json"
CACHE = "catalogue"


def run(context: StageContext) -> Catalogue:
    """Return the study's catalogue.

    Raises
    ------
    InputError
        The provider is unknown, or an option or file of it is bad.
    PluginError
        The provider returns something else than a Catalogue, or fails to make one.
    """
    section = context.study.catalogue
    given = {
        "periods_s": context.study.periods_s(),
        "seed": context.study.study.seed,
        "workers": context.workers,
        "cache_dir": context.run_dir / CACHE,
        "progress": context.progress,
        "keeper": None,
    }
    base_dir, accept = context.study.base_dir, context.study.study.accept
    return ask(context.host, section.provider, section.options, given, base_dir, accept)


def ask(
    host: Host,
    name: str,
    options: Mapping[str, Any],
    given: Mapping[str, Any],
    base_dir: Path,
    accept: Iterable[str],
) -> Catalogue:
    """Return the catalogue of a provider, checked; raises as :func:`run`."""
    where = f"[catalogue] provider '{name}'"
    provider = host.provider("catalogues", name)
    try:
        catalogue = call(provider, options, given, where, base_dir=base_dir)
    except ValueError as error:  # the checks of Catalogue itself
        raise PluginError(f"{where}: {error}; report this to the author of the provider") from error
    if not isinstance(catalogue, Catalogue):
        raise PluginError(
            f"{where}: returns {type(catalogue).__name__}, not a gmplug.Catalogue; repair the plugin"
        )
    if catalogue.records.empty:
        raise InputError([f"{where}: holds no records", *catalogue.notes])
    catalogue = replace(catalogue, records=check_text_columns(catalogue.records.reset_index(drop=True)))
    found = implausible(catalogue, accept).raise_problems()
    return replace(catalogue, notes=tuple(dict.fromkeys((*catalogue.notes, *found))))


def implausible(catalogue: Catalogue, accept: Iterable[str]) -> Findings:
    """Compare the records' numbers, and the largest Sa of each, with what is physically possible."""
    ids = list(catalogue.records["id"])
    largest = catalogue.sa_g.max(axis=1)
    found = look_at("sa_g", largest, "largest Sa of a record", ids, accept)
    if not found.problems:
        found += look_at("median_sa_g", np.median(largest), "catalogue", accept=accept)
    known = known_limits()
    for name in (n for n in catalogue.records if n in known and not is_text(catalogue.records[n])):
        values = catalogue.records[name].to_numpy(dtype=float, na_value=np.nan)
        found += look_at(str(name), values, f"catalogue, column {name}", ids, accept)
    return found


def save(catalogue: Catalogue, run_dir: Path) -> None:
    """Write the records with their spectra as Parquet, and what is said about them as JSON."""
    table = table_of(catalogue)
    texts = [name for name in table if is_text(table[name])]  # no dictionaries of distinct numbers
    table.to_parquet(run_dir / TABLE, index=False, use_dictionary=texts or False)
    write_json(run_dir / ABOUT, about(catalogue))


def load(run_dir: Path) -> Catalogue:
    """Read what :func:`save` wrote.

    Raises InputError where a file is missing or is not what it should be.
    """
    path = run_dir / TABLE
    with readable(path, "run again with --fresh"):
        stated = json.loads((run_dir / ABOUT).read_text(encoding="utf-8"))
        return catalogue_of(pd.read_parquet(path), stated)


def earlier_run(path: Path) -> Catalogue:
    """Return the catalogue that another run has made: its records, spectra and waveforms.

    Parameters
    ----------
    path
        The run directory, or its ``catalogue.parquet``.

    Raises
    ------
    InputError
        There is no catalogue.
    """
    folder = path.parent if path.name == TABLE else path
    if not (folder / TABLE).is_file():
        raise InputError(
            f"[catalogue] path: {folder} holds no {TABLE}; name the directory of a run that has a catalogue"
        )
    return load(folder)


def summary(catalogue: Catalogue) -> Mapping[str, Any]:
    """Return what the catalogue adds to summary.json."""
    return {
        "catalogue": {
            "records": len(catalogue.records),
            "description": catalogue.description,
            "component": catalogue.component,
            "simulated": catalogue.simulated,
        }
    }


def calls(study: Study) -> tuple[Call, ...]:
    """Return the call of the catalogue's provider."""
    return (provider_call("catalogues", "catalogue", study.catalogue),)


STAGE = Stage(
    name="catalogue",
    inputs=(),
    sections=("study", "catalogue"),
    files=(TABLE, ABOUT),
    scratch=(CACHE,),
    run=run,
    save=save,
    load=load,
    gist=lambda v: (
        f"{counted(len(v.records), 'record')}, {v.component}" + (", simulated" if v.simulated else "")
    ),
    calls=calls,
    events=("gmplug_intensity_measures",),
    summary=summary,
)
