"""Nonlinear response of the candidates: a bilinear oscillator of period T* under their waveforms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.comparison.oscillator import bilinear_peaks
from gmplug.errors import InputError
from gmplug.values import Candidates, FloatArray, Progress, no_progress

#: Strength ratios: Sa(T*) over the yield acceleration.
STRENGTH_RATIOS = (2.0, 4.0, 6.0)
#: Ratio whose share of variance stands for the others in short tables.
MAIN_RATIO = 4.0


@dataclass(frozen=True)
class Responses:
    """ln of peak displacement (m), shape (N, R), NaN where no waveform is at hand."""

    strength_ratios: tuple[float, ...]
    ln_peak_m: FloatArray
    notes: tuple[str, ...] = ()

    @property
    def known(self) -> int:
        """Records with a response."""
        return int(np.sum(np.isfinite(self.ln_peak_m).all(axis=1)))


def candidate_responses(
    candidates: Candidates,
    period_s: float,
    sa_g: float,
    *,
    base_dir: Path | None = None,
    strength_ratios: Sequence[float] = STRENGTH_RATIOS,
    damping: float = 0.05,
    hardening: float = 0.03,
    progress: Progress = no_progress,
) -> Responses:
    """Peak displacement of one structure under every scaled candidate with a waveform.

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
    ratios = tuple(float(r) for r in strength_ratios)
    ln_peak = np.full((len(records), len(ratios)), np.nan)
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
    if rows:
        half = len(records)
        peaks = bilinear_peaks(
            components,
            steps,
            period_s,
            [sa_g / r for r in ratios],
            damping=damping,
            hardening=hardening,
            progress=lambda done, total, text: progress(half * (1 + done / max(total, 1)), 2 * half, text),
        )
        with np.errstate(divide="ignore"):
            table = pd.DataFrame(np.log(peaks)).groupby(np.array(rows)).mean()
        ln_peak[table.index.to_numpy()] = table.to_numpy()
        ln_peak[~np.isfinite(ln_peak)] = np.nan
    return Responses(ratios, ln_peak, _notes(problems, len(records)))


def _path(value: object, base_dir: Path | None) -> str:
    name = value.strip() if isinstance(value, str) else ""
    return str(base_dir / name) if name and base_dir is not None else name


def _notes(problems: list[str], records: int) -> tuple[str, ...]:
    if not problems:
        return ()
    return (f"{len(problems)} of {records} waveforms cannot be read, the first: {problems[0]}",)
