"""Training that several hazard levels share: once on the candidates of all, for each group of them.

A clusterer offers it by a method ``train(X)`` that trains and makes no clusters, ``save(path)``, and a
constructor parameter ``trained``, the path of such a file: its ``fit`` then trains nothing. Records are the
same at every level but for a factor, so what differs between the levels is which of them are candidates.
"""

from __future__ import annotations

import inspect
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd

from gmplug.chain.fingerprint import file_digest
from gmplug.chain.stage import Stage, StageContext
from gmplug.clustering.groups import (
    FEWEST_RECORDS,
    Clusterer,
    clusterer_calls,
    failures,
    share_of_progress,
    study_clusterer,
)
from gmplug.clustering.spectra_space import anchor_index
from gmplug.errors import InputError, PluginError
from gmplug.host.options import known_names
from gmplug.values import Candidates, FloatArray

#: Of the run directory: what was trained, and the folder with a file for each group.
FACTS, FOLDER = "training.json", "training"
#: Spread of ln Sa(T*) among the candidates of a level from which on they do not count as scaled to one value.
_ONE_VALUE = 1e-6


@dataclass(frozen=True)
class SharedTraining:
    """What was trained: the method, and for each group the number of records and the trained file.

    ``folder`` is that of the run whose levels share it. ``notes`` has a line for each thing to know.
    """

    method: str
    folder: Path
    records: Mapping[str, int]
    digests: Mapping[str, str]
    notes: tuple[str, ...] = ()

    def file(self, group: str) -> Path | None:
        """Return the trained file of a group, absolute; None where the group was too small to train on."""
        return trained_file(self.folder, group) if group in self.digests else None

    def intact(self) -> bool:
        """Tell whether the trained files are those that were written."""
        files = {trained_file(self.folder, group): digest for group, digest in self.digests.items()}
        return all(path.is_file() and file_digest(path) == digest for path, digest in files.items())


def trained_file(run_dir: Path, group: str) -> Path:
    """Return where the trained file of a group lies in a run directory."""
    return run_dir / FOLDER / f"{quote(group, safe='')}.npz"


def offers_training(implementation: Any, where: str) -> bool:
    """Tell whether a clusterer can be trained once for several sets of records."""
    methods = all(callable(getattr(implementation, name, None)) for name in ("train", "save"))
    return methods and "trained" in known_names(implementation, where)


def unsound(candidates: Sequence[Candidates], conditioning_period_s: float) -> str | None:
    """Return why levels with these candidates cannot share a training; None where they can.

    The levels' spectra differ by a factor alone where all records of a level are scaled to one Sa(T*), and
    can be put together where the levels have one period grid.
    """
    first = candidates[0].periods_s
    if any(not np.array_equal(one.periods_s, first) for one in candidates):
        return "the levels have different periods"
    for one in candidates:
        anchor = anchor_index(one.ln_sa, one.periods_s, conditioning_period_s)
        if len(one.ln_sa) and np.ptp(one.ln_sa[:, anchor]) > _ONE_VALUE:
            return "the records of a level are not scaled to one Sa(T*)"
    return None


def union_by_group(
    candidates: Sequence[Candidates], conditioning_period_s: float
) -> dict[str, tuple[list[str], FloatArray]]:
    """Return, for each group, the records that are candidates at some level, each once.

    Returns
    -------
    Ids, sorted, and ln of Sa(T)/Sa(T*), shape (n, P).
    """
    found: dict[str, dict[str, FloatArray]] = {}
    for one in candidates:
        anchor = anchor_index(one.ln_sa, one.periods_s, conditioning_period_s)
        shapes = one.ln_sa - one.ln_sa[:, [anchor]]
        for identity, group, shape in zip(one.records["id"], one.records["group"], shapes, strict=True):
            found.setdefault(str(group), {}).setdefault(str(identity), shape)
    return {
        group: (sorted(shapes), np.array([shapes[identity] for identity in sorted(shapes)]))
        for group, shapes in found.items()
    }


def run(context: StageContext, candidates: Sequence[Candidates]) -> SharedTraining:
    """Train the study's clusterer once for each group of the candidates of all levels; write the files.

    Raises
    ------
    InputError
        An option is bad or does not suit so many records.
    PluginError
        The clusterer fails.
    """
    groups = union_by_group(candidates, context.study.conditioning_period_s)
    clusterer = study_clusterer(context, candidates[0].periods_s)
    shutil.rmtree(context.run_dir / FOLDER, ignore_errors=True)
    (context.run_dir / FOLDER).mkdir()
    digests: dict[str, str] = {}
    for done, (group, (ids, shapes)) in enumerate(groups.items()):
        if len(ids) < FEWEST_RECORDS:
            continue
        path = trained_file(context.run_dir, group)
        _train(context, clusterer, group, shapes, path, done / len(groups), 1 / len(groups))
        digests[group] = file_digest(path)
    records = {group: len(ids) for group, (ids, _) in groups.items()}
    listed = ", ".join(f"{group} {records[group]}" for group in digests)
    note = f"{clusterer.name} was trained once for all levels, on all records that are candidates: {listed}"
    return SharedTraining(clusterer.name, context.run_dir, records, digests, (note,))


def _train(
    context: StageContext,
    clusterer: Clusterer,
    group: str,
    shapes: FloatArray,
    path: Path,
    start: float,
    share: float,
) -> None:
    estimator = clusterer.make()
    where = f"{clusterer.where}, group '{group}' ({len(shapes)} records of all levels)"

    report = share_of_progress(context.progress, group, start, share)
    extra = {"progress": report} if "progress" in inspect.signature(estimator.train).parameters else {}
    with failures(where, "train fails with"):
        estimator.train(shapes.copy(), **extra)
    with failures(where, "save fails with"):
        estimator.save(path)
    if not path.is_file():
        raise PluginError(f"{where}: save wrote no file {path.name}")
    history = getattr(estimator, "history_", None)
    if isinstance(history, pd.DataFrame):
        history.to_csv(path.with_suffix(".csv"), index=False)


# -- files -------------------------------------------------------------------------------------------


def save(training: SharedTraining, run_dir: Path) -> None:
    """Write training.json."""
    content = {name: value for name, value in asdict(training).items() if name != "folder"}
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    (run_dir / FACTS).write_text(text, encoding="utf-8")


def load(run_dir: Path, **inputs: Any) -> SharedTraining:
    """Read it back; raises InputError where the file is not one."""
    path = run_dir / FACTS
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        known = {name: content[name] for name in ("method", "records", "digests")}
        return SharedTraining(folder=run_dir, notes=tuple(content["notes"]), **known)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); remove it, or run with --fresh") from error


STAGE = Stage(
    name="training",
    inputs=("candidates",),
    sections=("study", "clustering"),
    files=(FACTS,),
    run=run,
    save=save,
    load=load,
    scratch=(FOLDER,),
    calls=clusterer_calls,
    gist=lambda training: f"{training.method}, {len(training.digests)} groups",
)
