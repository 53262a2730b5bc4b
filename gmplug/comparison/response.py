"""Responses of the candidates: of bilinear oscillators of period T* under their waveforms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.chain.engine import Engine
from gmplug.chain.run import Run
from gmplug.comparison.oscillator import bilinear_peaks
from gmplug.errors import InputError
from gmplug.values import BoolArray, Candidates, Progress, no_progress

#: Strength ratios: Sa(T*) over the yield acceleration.
STRENGTH_RATIOS = (2.0, 4.0, 6.0)
#: Ratio whose share of variance stands for the others in short tables.
MAIN_RATIO = 4.0
#: What the columns of oscillators start with; the strength ratio follows.
PEAK = "peak_displacement_m_r"


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
        Shape (N,): the candidate's response is known, or it is a collapse.
    from_structure
        Names of the columns that collapses concern; the oscillators cannot collapse.
    notes
        One line each.
    collapse_drift_ratio
        At which an analysis ends as collapsed; infinite where none is set.
    """

    values: pd.DataFrame
    collapsed: BoolArray
    known: BoolArray
    from_structure: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    collapse_drift_ratio: float = math.inf

    @classmethod
    def of_oscillators(cls, values: pd.DataFrame, notes: Sequence[str] = ()) -> CandidateResponses:
        """Return responses that are known where all values are."""
        known = values.notna().all(axis=1).to_numpy(dtype=bool)
        return cls(values, np.zeros(len(known), dtype=bool), known, (), tuple(notes))


def candidate_oscillators(engine: Engine, run: Run) -> CandidateResponses:
    """:func:`oscillator_responses` of a run's candidates, at its T* and its target's Sa."""
    study = run.study
    return oscillator_responses(
        run.candidates, study.conditioning_period_s, run.target.sa_g, base_dir=study.base_dir,
        progress=engine.display.progress,
    )  # fmt: skip


def oscillator_responses(
    candidates: Candidates,
    period_s: float,
    sa_g: float,
    *,
    base_dir: Path | None = None,
    progress: Progress = no_progress,
) -> CandidateResponses:
    """Peak displacement (m) of bilinear oscillators under every scaled candidate with a waveform.

    The oscillator's yield strength over weight is Sa(T*) / R, the same for all records, as they are scaled to
    one Sa(T*). With two horizontal components, the geometric mean of the two peaks.

    Parameters
    ----------
    period_s
        T*, s.
    sa_g
        Sa at T* of the scaled candidates, g.
    base_dir
        Folder against which relative file names hold.
    """
    from gmplug.waveforms import read_motion

    records = candidates.records
    rows, components, steps, problems = [], [], [], []
    for row, record in enumerate(records.to_dict("records")):
        progress(row, 2 * len(records), "reading waveforms")
        files = {key: _path(record.get(key), base_dir) for key in ("file_h1", "file_h2")}
        if not files["file_h1"]:
            continue
        known = {name: record.get(name) for name in ("id", "time_step_s", "units")}
        try:
            motion = read_motion(known | files)
        except InputError as error:
            problems.append(error.problems[0])
            continue
        for component in motion.horizontal_g:
            rows.append(row)
            components.append(float(record["scale_factor"]) * component)
            steps.append(motion.time_step_s)
    names = [f"{PEAK}{float(ratio):g}" for ratio in STRENGTH_RATIOS]
    half = len(records)
    peaks = bilinear_peaks(
        components,
        steps,
        period_s,
        [sa_g / ratio for ratio in STRENGTH_RATIOS],
        damping=0.05,
        hardening=0.03,
        progress=lambda done, total, text: progress(half * (1 + done / max(total, 1)), 2 * half, text),
    )
    with np.errstate(divide="ignore"):
        ln_peaks = pd.DataFrame(np.log(peaks), columns=names).replace(-np.inf, np.nan)
    ln_means = ln_peaks.groupby(np.array(rows, dtype=int)).mean().reindex(range(len(records)))
    values = pd.DataFrame(np.exp(ln_means.to_numpy(dtype=float)), columns=names)
    unread = f"{len(problems)} of {len(records)} waveforms cannot be read, the first: {''.join(problems[:1])}"
    return CandidateResponses.of_oscillators(values, (unread,) if problems else ())


def _path(value: object, base_dir: Path | None) -> str:
    name = value.strip() if isinstance(value, str) else ""
    return str(base_dir / name) if name and base_dir is not None else name
