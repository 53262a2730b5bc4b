"""Plain functions for scripts: target, candidates, clusters and selection without a study file.

They call the providers of the study's stages, so that options, defaults and messages are those of the study
file. Their ``**options`` are the keys of the section of the study file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from gmplug.chain.calls import call_problems, calls_of
from gmplug.chain.stage import StageContext
from gmplug.chain.stages import load_stage
from gmplug.errors import InputError
from gmplug.host import Host
from gmplug.processors import available_processors
from gmplug.study.files import parse_study
from gmplug.values import (
    UNGROUPED,
    Candidates,
    Catalogue,
    Clusters,
    Selection,
    Target,
    no_progress,
)


def conditional_spectrum(periods_s: ArrayLike, conditioning_period_s: float, **options: Any) -> Target:
    """Return the conditional spectrum on Sa(T*).

    Parameters
    ----------
    periods_s
        Periods of the target, s, shape (P,). T* is added if it is not among them.
    conditioning_period_s
        T*, s.
    options
        Keys of ``[target]``: ``sa_g`` or ``epsilon``, ``gmm``, ``scenario``, ...

    Raises
    ------
    InputError
        One line for each problem with the options.
    """
    return make_target("conditional-spectrum", periods_s, conditioning_period_s, **options)


def make_target(provider: str, periods_s: ArrayLike, conditioning_period_s: float, **options: Any) -> Target:
    """Return the target of a provider, such as ``"gcim"``; see :func:`conditional_spectrum`."""
    target: Target = _run("target", periods_s, conditioning_period_s, {"provider": provider, **options})
    return target


def candidates(
    sa_g: ArrayLike,
    periods_s: ArrayLike,
    target: Target,
    *,
    component: str,
    records: pd.DataFrame | None = None,
    accept: Sequence[str] = (),
    **options: Any,
) -> Candidates:
    """Return the records that every filter keeps, scaled to the target.

    Parameters
    ----------
    sa_g
        Unscaled 5 %-damped pseudo-spectral acceleration, g, shape (N, Q).
    periods_s
        Periods of ``sa_g``, s, shape (Q,), increasing.
    target
        What the records are scaled to. Its periods are those of the candidates.
    component
        What ``sa_g`` is of: ``"RotD50"``, ``"single component"``, ...
    records
        Metadata, N rows in the order of ``sa_g``: columns of :data:`gmplug.RECORD_COLUMNS` and any others.
        Without ``id`` the records are numbered from 1; without ``group`` all are of group ``all``. Unknown
        numbers are NaN.
    accept
        Quantities, such as ``"sa_g"``, that may be outside the physically possible range.
    options
        Keys of ``[preselection]``: ``magnitude``, ``rjb_km``, ``scale_factor``, ``max_per_event``, ...

    Raises
    ------
    InputError
        One line for each problem with arrays, records or options, impossible values, or no record is left.
    """
    from gmplug.catalogue.stage import implausible

    spectra = np.asarray(sa_g, dtype=float)
    table = pd.DataFrame(index=range(len(spectra))) if records is None else records.reset_index(drop=True)
    if "id" not in table:
        table = table.assign(id=[str(number) for number in range(1, len(table) + 1)])
    if "group" not in table:
        table = table.assign(group=UNGROUPED)
    table = table.assign(id=table["id"].astype(str))
    try:
        catalogue = Catalogue(table, np.asarray(periods_s, dtype=float), spectra, component, "arrays")
    except ValueError as error:
        raise InputError(f"candidates: {error}; correct sa_g, periods_s or records") from error
    problems = implausible(catalogue, accept).problems
    if problems:
        raise InputError([line.replace("[study] accept", "accept") for line in problems])
    found: Candidates = _run_for(target, "preselection", options, {"catalogue": catalogue, "target": target})
    return found


def cluster(
    candidates: Candidates, target: Target, *, seed: int = 1, workers: int | None = None, **options: Any
) -> Clusters:
    """Return the clusters of the candidates.

    Parameters
    ----------
    candidates, target
        As :func:`candidates` made and took them.
    seed
        Of all randomness.
    workers
        Processes or threads to use; all available processors by default.
    options
        ``method``, ``k_max``, ``noise``, and the options of the method: ``n_clusters``, ...

    Raises
    ------
    InputError
        One line for each problem with the options.
    """
    section: dict[str, Any] = {
        name: options.pop(name) for name in ("method", "k_max", "noise") if name in options
    }
    section["options"] = options
    found: Clusters = _run_for(target, "clustering", section, {"candidates": candidates}, seed, workers)
    return found


def select(
    candidates: Candidates,
    target: Target,
    clusters: Clusters | None = None,
    *,
    seed: int = 1,
    workers: int | None = None,
    **options: Any,
) -> Selection:
    """Return the records that a selector chooses.

    Parameters
    ----------
    candidates, target
        As :func:`candidates` made and took them.
    clusters
        The clusters whose quotas hold; without them only the number of records is fixed.
    seed, workers
        As for :func:`cluster`.
    options
        Keys of ``[selection]``: ``count``, ``method``, ``share``, ``quotas``, and the options of the method.

    Raises
    ------
    InputError
        One line for each problem with the options, or there are too few candidates.
    """
    if clusters is None:
        clusters = cluster(candidates, target, method="kmeans", n_clusters=1)
        options = {"quotas": "none", **options}
    values = {"candidates": candidates, "target": target, "clusters": clusters}
    found: Selection = _run_for(target, "selection", options, values, seed, workers)
    return found


def _run_for(
    target: Target,
    stage: str,
    options: Mapping[str, Any],
    values: Mapping[str, Any],
    seed: int = 1,
    workers: int | None = None,
) -> Any:
    return _run(stage, target.periods_s, target.conditioning_period_s, options, values, seed, workers)


def _run(
    stage: str,
    periods_s: ArrayLike,
    conditioning_period_s: float,
    options: Mapping[str, Any],
    values: Mapping[str, Any] | None = None,
    seed: int = 1,
    workers: int | None = None,
) -> Any:
    """Return the value of a stage with the options of its section."""
    content: dict[str, dict[str, Any]] = {
        "study": {"seed": seed},
        "catalogue": {"provider": "arrays"},
        "structure": {"period_s": conditioning_period_s},
        "target": {"periods_s": np.asarray(periods_s, dtype=float).tolist()},
    }
    content.setdefault(stage, {}).update(options)
    study = parse_study(content)
    host, found = _host(), load_stage(stage)
    problems = [
        line for call in calls_of(found, study, host) for line in call_problems(host, call, study.base_dir)
    ]
    if problems:
        raise InputError(problems)
    with tempfile.TemporaryDirectory() as folder:
        context = StageContext(study, host, Path(folder), workers or available_processors(), no_progress)
        return found.run(context, **(values or {}))


@lru_cache(maxsize=1)
def _host() -> Host:
    return Host()
