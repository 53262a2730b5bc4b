"""The response of every candidate: through the structure, and of bilinear oscillators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.chain.stage import StageContext
from gmplug.comparison.response import STRENGTH_RATIOS, candidate_responses
from gmplug.demands import FLOOR_ACCELERATION, RESIDUAL_DRIFT, ROOF_DRIFT, STORY_DRIFT
from gmplug.errors import InputError
from gmplug.excitation.stage import unchanged
from gmplug.values import (
    BoolArray,
    Candidates,
    Clusters,
    IntArray,
    Progress,
    Selection,
    lacks_file,
    no_progress,
)

#: Demands that are audited where nobody names any: columns of demands.csv, and those of each story.
WHOLE = tuple(one.column for one in (STORY_DRIFT, ROOF_DRIFT, FLOOR_ACCELERATION, RESIDUAL_DRIFT))


@dataclass(frozen=True)
class CandidateResponses:
    """Demands of the candidates, one row each in their order.

    Parameters
    ----------
    values
        One column per demand, positive; NaN where an analysis gives none (collapsed, failed, not run).
    collapsed
        Shape (N,), for the demands of the structure: the analysis ended by collapse.
    known
        Shape (N,): the candidate's response is known, be it a collapse.
    from_structure
        Names of the columns that collapses concern; the oscillators cannot collapse.
    notes
        One line for each thing a user should know.
    """

    values: pd.DataFrame
    collapsed: BoolArray
    known: BoolArray
    from_structure: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


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
    from gmplug.analysis import stage

    at = _with_waveform(candidates)
    everyone = _as_selection(candidates, clusters, at)
    found = stage.run(context, everyone, unchanged(everyone))
    assert found is not None  # the caller has looked for a model
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
    return CandidateResponses(
        values, collapsed, known, tuple(columns), _structure_notes(status, rows - len(at), rows)
    )


def oscillator_responses(
    candidates: Candidates,
    period_s: float,
    sa_g: float,
    base_dir: Path | None,
    progress: Progress = no_progress,
) -> CandidateResponses:
    """Peak displacement (m) of bilinear oscillators, R = 2, 4, 6, under the candidates with waveforms."""
    found = candidate_responses(candidates, period_s, sa_g, base_dir=base_dir, progress=progress)
    names = [f"peak_displacement_m_r{ratio:g}" for ratio in STRENGTH_RATIOS]
    values = pd.DataFrame(np.exp(found.ln_peak_m), columns=names)
    known = values.notna().all(axis=1).to_numpy()
    if not known.any():
        raise InputError(
            "no candidate has a waveform that can be read: name their folder in [catalogue]; the audit needs "
            "the response of the candidates"
        )
    missing = int(np.sum(~known))
    notes = found.notes
    if missing:
        notes = (
            *notes,
            f"{missing} of {len(known)} candidates have no waveform and are left out of the audit",
        )
    return CandidateResponses(values, np.zeros(len(known), dtype=bool), known, (), notes)


def together(first: CandidateResponses, second: CandidateResponses) -> CandidateResponses:
    """Both: a candidate is known where both know it."""
    return CandidateResponses(
        pd.concat([first.values, second.values], axis=1),
        first.collapsed | second.collapsed,
        first.known & second.known,
        first.from_structure + second.from_structure,
        tuple(dict.fromkeys(first.notes + second.notes)),
    )


def demand_columns(table: pd.DataFrame, wanted: Sequence[str] = ()) -> list[str]:
    """Columns of a table of demands that are audited: those wanted, or the usual ones that it has."""
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
        raise InputError(
            f"none of the {len(candidates.records)} candidates has a waveform: name their folder in "
            "[catalogue]; the audit runs them all"
        )
    return at


def _as_selection(candidates: Candidates, clusters: Clusters, at: IntArray) -> Selection:
    """All these candidates as a selection, as the analysis stage takes it."""
    kept, labels = candidates.take(at), clusters.table["cluster"].to_numpy()[at].astype(int)
    quotas = pd.DataFrame(columns=["group", "cluster", "candidates", "quota"])
    nothing = float("nan")
    return Selection(kept.records.assign(cluster=labels), kept.ln_sa, quotas, nothing, nothing, nothing)


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
