"""The response of every candidate: through the structure, and of bilinear oscillators."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from gmplug.chain.stage import StageContext
from gmplug.comparison.response import CandidateResponses
from gmplug.demands import FLOOR_ACCELERATION, RESIDUAL_DRIFT, ROOF_DRIFT, STORY_DRIFT
from gmplug.errors import InputError
from gmplug.values import Candidates, Clusters, IntArray, lacks_file

#: Demands that are audited by default: these columns of demands.csv, and the drifts of each story.
_REMEDY = "name their folder in [catalogue]; the audit needs the responses of all candidates"
WHOLE = tuple(one.column for one in (STORY_DRIFT, ROOF_DRIFT, FLOOR_ACCELERATION, RESIDUAL_DRIFT))


def structure_responses(
    context: StageContext, candidates: Candidates, clusters: Clusters, demands: Sequence[str] = ()
) -> CandidateResponses:
    """Run every candidate with a waveform through the study's structure, once.

    By the ordinary analysis stage: what the run directory's store has is not run again, and what is run here
    is there for ``gmplug run``.

    Parameters
    ----------
    demands
        Columns of demands.csv; those of README.md if empty.

    Raises
    ------
    InputError
        No candidate has a waveform, or a demand that is named is not there.
    """
    from gmplug.analysis.stage import analyze_records

    at = _with_waveform(candidates)
    labels = clusters.table["cluster"].to_numpy()[at].astype(int)
    records = candidates.take(at).records.assign(cluster=labels)
    found = analyze_records(context, records)
    table = found.table
    status = table["status"].astype(str).to_numpy()
    columns = demand_columns(table, demands)
    rows = len(candidates.records)
    values = pd.DataFrame(np.nan, index=range(rows), columns=columns)
    ok = status == "ok"
    numbers = table[columns].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    values.iloc[at[ok]] = np.where(numbers[ok] > 0, numbers[ok], np.nan)
    collapsed, known = np.zeros(rows, dtype=bool), np.zeros(rows, dtype=bool)
    collapsed[at] = status == "collapsed"
    known[at] = ok | (status == "collapsed")
    notes = _structure_notes(status, rows - len(at), rows)
    limit = float(found.model.get("collapse_drift_ratio") or math.inf)
    return CandidateResponses(values, collapsed, known, tuple(columns), notes, limit)


def audited_oscillators(found: CandidateResponses) -> CandidateResponses:
    """Return responses of oscillators with a note on the candidates without a waveform.

    Raises InputError where no candidate has one.
    """
    missing = int(np.sum(~found.known))
    if missing == len(found.known):
        raise InputError(f"no candidate has a waveform that can be read: {_REMEDY}")
    note = f"{missing} of {len(found.known)} candidates have no waveform and are left out of the audit"
    return replace(found, notes=(*found.notes, *([note] if missing else [])))


def together(first: CandidateResponses, second: CandidateResponses) -> CandidateResponses:
    """Return both; a candidate is known where both have its response."""
    return CandidateResponses(
        pd.concat([first.values, second.values], axis=1),
        first.collapsed | second.collapsed,
        first.known & second.known,
        first.from_structure + second.from_structure,
        tuple(dict.fromkeys(first.notes + second.notes)),
        min(first.collapse_drift_ratio, second.collapse_drift_ratio),
    )


def demand_columns(table: pd.DataFrame, wanted: Sequence[str] = ()) -> list[str]:
    """Return the columns of a table of demands to audit: those wanted, else the default ones."""
    missing = [name for name in wanted if name not in table]
    if missing:
        known = ", ".join(str(c) for c in table.columns if str(c).startswith(("peak_", "residual_")))
        raise InputError(f"--demand {missing[0]}: the analyses have no such column; known: {known}")
    if wanted:
        return list(dict.fromkeys(wanted))
    stories = [str(c) for c in table if (STORY_DRIFT.place(str(c)) or ("-",))[0] == ""]
    if len(stories) < 2:  # a single story's is the largest
        stories = []
    return [name for name in WHOLE if name in table] + stories


def _with_waveform(candidates: Candidates) -> IntArray:
    at = np.flatnonzero(~lacks_file(candidates.records))
    if not len(at):
        raise InputError(f"none of the {len(candidates.records)} candidates has a waveform: {_REMEDY}")
    return at


def _structure_notes(status: np.ndarray, without: int, rows: int) -> tuple[str, ...]:
    notes = []
    if without:
        notes.append(f"{without} of {rows} candidates have no waveform and are left out of the audit")
    for kind in ("failed", "crashed", "timeout"):
        count = int(np.sum(status == kind))
        if count:
            notes.append(f"{count} of {len(status)} analyses ended as {kind}; left out of the audit")
    collapsed = int(np.sum(status == "collapsed"))
    if collapsed:
        notes.append(
            f"{collapsed} of {len(status)} analyses collapsed: medians and dispersions are of the others, "
            "the share of collapses is compared by itself, and in the distance of distributions a collapse "
            "exceeds every value"
        )
    return tuple(notes)
