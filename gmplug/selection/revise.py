"""Revising a finished selection: alternates of its records, and the best set without some of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from gmplug.chain.lock import run_lock
from gmplug.chain.run import Run, load_chain
from gmplug.chain.state import RunState
from gmplug.errors import InputError
from gmplug.host.options import call
from gmplug.selection.error import misfit
from gmplug.selection.explain import ALTERNATES
from gmplug.selection.optimised import WHERE, optimised
from gmplug.selection.quotas import as_taken
from gmplug.selection.rejected import add_rejected, read_rejected
from gmplug.selection.stage import STAGE, TABLE, held_quotas
from gmplug.values import Selection, named_rows


@dataclass(frozen=True)
class Revision:
    """A revised selection: ids that left and came, E before and now, and the file."""

    out: list[str]
    into: list[str]
    error_before: float
    error: float
    table: Path


def alternates_of(run_dir: Path, ids: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return the alternates of the selected records of a run, or of those named by id or record number.

    Each row has ``id``, ``group``, ``cluster``, and ``alternates`` with ``id`` and ``change_of_error``.
    """
    _, selection = _selected(run_dir)
    ids = _named(ids, selection, run_dir)
    explained = selection.explained
    assert explained is not None
    shown = explained[explained["id"].isin(ids)] if ids else explained
    return [
        {name: row[name] for name in ("id", "group", "cluster")}
        | {
            "alternates": [
                {"id": row[f"alternate_{k}"], "change_of_error": row[f"cost_{k}"]}
                for k in range(1, ALTERNATES + 1)
                if row[f"alternate_{k}"]
            ]
        }
        for row in shown.to_dict("records")
    ]


def reject(run_dir: Path, ids: Sequence[str]) -> Revision:
    """Put the best set without some records, the others kept, into ``selection.csv``.

    The quotas and the options of the study's ``optimised`` method hold; with another method its defaults.
    The records go into ``rejected.csv``: no later selection in the run directory uses them.
    """
    run, selection = _selected(run_dir)
    ids = _named(ids, selection, run_dir)
    section, clusters = run.study.selection, run.clusters
    kept = [name for name in selection.records["id"].astype(str) if name not in set(ids)]
    there = set(run.candidates.records["id"].astype(str))
    before = [name for name in read_rejected(run_dir) if name in there]
    options: dict[str, Any] = dict(section.options) if section.method == "optimised" else {}
    options |= {
        "include": kept,
        "exclude": [*(options.get("exclude") or []), *before, *ids],
        "price": False,
    }
    held, within = held_quotas(as_taken(selection.quotas, selection.records), clusters, section.quotas)
    given = {
        "candidates": run.candidates,
        "target": run.target,
        "clusters": within,
        "quotas": held,
        "seed": run.study.study.seed,
    }
    choice = call(optimised, options, given, WHERE, base_dir=run.study.base_dir)
    candidates = run.candidates.records
    names = candidates["id"].astype(str).to_numpy()[choice.positions]
    new = [name for name in names if name not in set(kept)]
    with run_lock(run_dir):
        state = RunState(run_dir)
        edited = state.edited(STAGE)
        _write(run, selection, candidates, kept, new)
        add_rejected(run_dir, ids)
        state.decided(STAGE, edited)
    after = misfit(run.candidates.ln_sa[choice.positions], run.target)
    return Revision(list(ids), new, selection.error, after.error, run_dir / TABLE)


def _write(
    run: Run, selection: Selection, candidates: pd.DataFrame, kept: Sequence[str], new: Sequence[str]
) -> None:
    """Write selection.csv with the rows of the kept records as they are, then those of the new ones."""
    labels = run.clusters.table.set_index("id")
    rows = candidates[candidates["id"].isin(new)].set_index("id").loc[list(new)].reset_index()
    rows = rows.assign(
        group=labels.loc[list(new), "group"].to_numpy(), cluster=labels.loc[list(new), "cluster"].to_numpy()
    )
    old = selection.records
    table = pd.concat([old[old["id"].isin(kept)], rows[[c for c in old if c in rows]]], ignore_index=True)
    table.to_csv(run.run_dir / TABLE, index=False)


def _selected(run_dir: Path) -> tuple[Run, Selection]:
    run = load_chain(run_dir, until="selection")
    selection = run.values.get("selection")
    if selection is None:
        raise InputError(f"{run_dir}: has no selection yet; run the study until selection first")
    return run, selection


def _named(ids: Sequence[str], selection: Selection, run_dir: Path) -> list[str]:
    """Return the ids of selected records that are named by id or record number."""
    rows = named_rows(selection.records, ids, f"{run_dir / TABLE}: the selection has")
    return [str(name) for name in selection.records["id"].iloc[rows]]
