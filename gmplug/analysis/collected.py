"""Demands of analyses that ran outside gmplug, by an exported folder: put into a run directory, and read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.demands.builtin import BASE_SHEAR, RESIDUAL_DRIFT, ROOF_DRIFT, STORY_DRIFT
from gmplug.errors import InputError, readable
from gmplug.notes import doubtful
from gmplug.values import STATUSES, AnalysisResult

#: Of the run directory: what was collected. Removing it takes the demands out of the run.
COLLECTED = "collected.csv"
#: Of an exported folder, written by its driver.
RESULTS = "demands.csv"
_NEEDED = ("id", "status", "scale_factor")
_EFFORT = ("steps", "retries", "time_reached_s")


def collect(run_dir: Path, folder: Path, records: pd.DataFrame) -> Path:
    """Put the demands of an exported folder into a run directory; return the file written.

    Parameters
    ----------
    folder
        Written by ``gmplug export`` in the format ``opensees-tcl`` or ``openseespy``, and run.
    records
        The records that were analyzed: ``id``, ``scale_factor``.

    Raises
    ------
    InputError
        The folder has no results, or they are of other records, of other scale factors, or not complete.
    """
    table = _read(folder / RESULTS, f"run its driver first, such as `OpenSees run_records.tcl` in {folder}")
    _check(table, folder / RESULTS, records)
    part = run_dir / f"{COLLECTED}.new"
    table.assign(collected_from=folder.resolve().name).to_csv(part, index=False)
    part.replace(run_dir / COLLECTED)
    return run_dir / COLLECTED


def collected_results(run_dir: Path, records: pd.DataFrame) -> tuple[list[AnalysisResult], str]:
    """Return the collected results in the order of the records, and the folder's name.

    Raises InputError as :func:`collect` does, where the selection has changed since.
    """
    path = run_dir / COLLECTED
    table = _read(path, f"correct it, or remove it and collect again with `gmplug collect {run_dir} FOLDER`")
    _check(table, path, records)
    rows = table.set_index("id").loc[list(records["id"].astype(str))].reset_index()
    names = [name for name in table if name not in (*_NEEDED, *_EFFORT, "collected_from", "message")]
    demands = rows[names].apply(pd.to_numeric, errors="coerce")
    results = [
        AnalysisResult(
            str(row["id"]),
            str(row["status"]),
            _with_largest(
                {name: float(value) for name, value in demands.loc[at].items() if np.isfinite(value)}
            ),
            steps=int(row.get("steps") or 0),
            retries=int(row.get("retries") or 0),
            time_reached_s=float(row.get("time_reached_s") or 0.0),
        )
        for at, row in rows.iterrows()
    ]
    return results, str(table["collected_from"].iloc[0])


def collected_model(results: list[AnalysisResult], folder: str) -> dict[str, Any]:
    """Return what is known of a model that ran elsewhere, for the report."""
    notes = [
        f"the demands were collected from the exported folder '{folder}': gmplug did not run these analyses, "
        "and did not check the model"
    ]
    if not any(name.startswith(STORY_DRIFT.name) for result in results for name in result.demands):
        notes.append(
            doubtful(
                "the collected results have no story drifts: set floorNodes and storyHeights in the model, "
                "run the driver again, and collect again"
            )
        )
    if not any(name.startswith(BASE_SHEAR.name) for result in results for name in result.demands):
        notes.append("the collected results have no base shears: a Tcl model reports them with supportNodes")
    return {"description": f"model of the exported folder {folder}", "notes": notes}


def _with_largest(demands: dict[str, float]) -> dict[str, float]:
    """Add the largest of all stories, as gmplug's own analyses have it."""
    for demand in (STORY_DRIFT, RESIDUAL_DRIFT):
        pattern = re.compile(rf"{demand.name}_\d+")
        stories = [value for name, value in demands.items() if pattern.fullmatch(name)]
        if stories:
            demands[demand.column] = max(stories)
    known = [
        name for name in (STORY_DRIFT.column, RESIDUAL_DRIFT.column, ROOF_DRIFT.column) if name in demands
    ]
    return {name: demands[name] for name in dict.fromkeys([*known, *demands])}


def _read(path: Path, remedy: str) -> pd.DataFrame:
    if not path.is_file():
        raise InputError(f"{path}: no such file; {remedy}")
    with readable(path, remedy):
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    missing = [name for name in _NEEDED if name not in table]
    if missing:
        raise InputError(f"{path}: column(s) {', '.join(missing)} missing; {remedy}")
    return table


def _check(table: pd.DataFrame, path: Path, records: pd.DataFrame) -> None:
    """Raise InputError where results are not those of these records at these scale factors."""
    factors = dict(zip(records["id"].astype(str), records["scale_factor"].astype(float), strict=True))
    problems = []
    for line, row in enumerate(table.to_dict("records"), start=2):
        name, stated = row["id"], pd.to_numeric(row["scale_factor"], errors="coerce")
        if row["status"] not in STATUSES:
            problems.append(
                f"{path}, line {line}: unknown status {row['status']!r}; known: {', '.join(STATUSES)}"
            )
        if name not in factors:
            problems.append(f"{path}, line {line}: record '{name}' is not selected; {_AGAIN}")
        elif not abs(stated / factors[name] - 1) < 1e-6:
            problems.append(
                f"{path}, line {line}: record '{name}' ran with scale factor {row['scale_factor']}, the "
                f"selection has {factors[name]:.6g}; {_AGAIN}"
            )
    repeated = sorted(table["id"][table["id"].duplicated()])
    problems += [f"{path}: record '{name}' occurs more than once; remove a row" for name in repeated]
    lacking = [name for name in factors if name not in set(table["id"])]
    if lacking:
        problems.append(
            f"{path}: no results of {len(lacking)} of {len(factors)} records ({', '.join(lacking[:5])}); let "
            f"the driver run to its end, or {_AGAIN}"
        )
    if problems:
        raise InputError(problems)


_AGAIN = "export the selection as it is now, run the driver, and collect again"
