"""The provider: each selected record matched to the target's median spectrum, written as AT2."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field

import gmplug
from gmplug_spectral_matching.matching import Matched, library, match
from gmplug_spectral_matching.picture import picture

_WHERE = "[motions] provider 'spectral-matching'"
#: Percentile of RotDnn by the target's definition of Sa; None for a single component.
PERCENTILES = {"rotd50": 50, "rotd100": 100}
#: Memory for matching several records at a time: REQPY keeps the wavelet details of all iterations.
MEMORY_BYTES = 2e9


def spectral_matching(
    *,
    selection: gmplug.Selection,
    target: gmplug.Target,
    motions: Sequence[gmplug.SelectedMotion],
    out_dir: Path,
    workers: int,
    progress: Callable[[float, float, str], None],
    period_range_s: tuple[float, float] | None = None,
    tolerance: Annotated[float, Field(gt=0, lt=1)] = 0.10,
    iterations: Annotated[int, Field(ge=1, le=100)] = 10,
    scales: Annotated[int, Field(ge=50, le=1000)] = 100,
) -> gmplug.Motions:
    """Match each selected record to the target's median spectrum by wavelets (Montejo 2021).

    Parameters
    ----------
    period_range_s
        Shortest and longest period to match, s; the target's own range, from 0.05 s on, if not given.
    tolerance
        Largest misfit of a record that is no warning: root mean square of Sa over target − 1 in the range.
    iterations, scales
        Of the matching: rounds of correction, wavelet scales.

    Raises
    ------
    gmplug.InputError
        REQPY is not installed, the target has no spectrum to match, the range does not lie within it, or a
        component is missing.
    """
    library()
    first, last = matched_range(target, period_range_s)
    percentile = percentile_of(target, motions)
    periods, median = target.periods_s, np.exp(target.ln_mean)
    done = 0
    most = max(motion.recorded.horizontal_g.size for motion in motions)
    threads = max(1, min(workers, int(MEMORY_BYTES / (8 * most * scales * (iterations + 1)))))

    def one(motion: gmplug.SelectedMotion) -> Matched:
        nonlocal done
        found = match(motion, periods, median, (first, last), percentile, iterations, scales)
        done += 1
        progress(done, len(motions), motion.id)
        return found

    with ThreadPoolExecutor(threads) as pool:
        matched = list(pool.map(one, motions))
    rows = []
    for number, found in enumerate(matched, start=1):
        title = f"MATCHED BY GMPLUG-SPECTRAL-MATCHING (REQPY) FROM RECORD {found.id}"
        files = {}
        for name, values in found.acceleration_g.items():
            path = out_dir / f"{number:03d}_{name}.AT2"
            component = gmplug.Accelerogram(
                found.time_step_s, values, header=(title, "not a recorded motion")
            )
            gmplug.write_at2(path, component)
            files[f"file_{name}"] = str(path)
        rows.append({"id": found.id, "scale_factor": 1.0, **files})
    misfit = pd.DataFrame([found.misfit(periods, median, (first, last)) for found in matched])
    return gmplug.Motions(
        pd.DataFrame(rows),
        notes=tuple(notes(misfit, tolerance, (first, last), any("v" in m.recorded_g for m in motions))),
        tables={"misfit": misfit},
        pictures={"spectra": picture(matched, periods, median, (first, last))},
        facts={
            "matched_period_range_s": [first, last],
            "largest_misfit": float(misfit["misfit_after"].max()),
        },
    )


def matched_range(target: gmplug.Target, wanted: tuple[float, float] | None) -> tuple[float, float]:
    """Return the period range to match, s; raises InputError if the target or the range cannot be matched."""
    periods = target.periods_s
    if len(periods) < 2 or not np.all(np.isfinite(target.ln_mean)):
        raise gmplug.InputError(
            f"{_WHERE}: the target has a median at {len(periods)} period(s) or is unknown at some; "
            "matching needs a spectrum: set [target] periods_s to a range"
        )
    first, last = wanted or (max(0.05, float(periods[0])), float(periods[-1]))
    if not 0 < first < last:
        raise gmplug.InputError(
            f"{_WHERE}: option 'period_range_s': {first:g} to {last:g} s is no range; "
            "give the shorter period first"
        )
    if first < periods[0] * (1 - 1e-6) or last > periods[-1] * (1 + 1e-6):
        raise gmplug.InputError(
            f"{_WHERE}: option 'period_range_s': {first:g} to {last:g} s reaches beyond the target's "
            f"periods, {periods[0]:g} to {periods[-1]:g} s; narrow it, or widen [target] periods_s"
        )
    inside = int(np.sum((periods >= first) & (periods <= last)))
    if inside < 5:
        raise gmplug.InputError(
            f"{_WHERE}: option 'period_range_s': the target has {inside} periods from {first:g} to "
            f"{last:g} s; matching needs 5 or more: widen the range, or give [target] periods_s more periods"
        )
    return first, last


def percentile_of(target: gmplug.Target, motions: Sequence[gmplug.SelectedMotion]) -> int | None:
    """Return the percentile of RotDnn to match pairs by; None where single components are matched."""
    pairs = {motion.id: len(motion.recorded.horizontal_g) == 2 for motion in motions}
    if not any(pairs.values()):
        return None
    named = target.component.split("(")[0].strip().casefold()
    if named not in PERCENTILES:
        raise gmplug.InputError(
            f"{_WHERE}: the target is of {target.component or 'an unstated component'}; pairs of components "
            "are matched to RotD50 or RotD100: give [target] component, or single components"
        )
    alone = [name for name, pair in pairs.items() if not pair]
    if alone:
        raise gmplug.InputError(
            f"{_WHERE}: record {alone[0]} has one component only, others have two, and the target "
            f"is of {target.component}; let [preselection] keep out such records"
        )
    return PERCENTILES[named]


def notes(
    misfit: pd.DataFrame, tolerance: float, periods_s: tuple[float, float], vertical: bool
) -> list[str]:
    """Return the notes on the matching."""
    after = misfit["misfit_after"]
    said = [
        f"all records are matched to the target's median from {periods_s[0]:g} to {periods_s[1]:g} s "
        f"(REQPY): in the median the misfit (rms) is {misfit['misfit_before'].median():.0%} before and "
        f"{after.median():.0%} after; the target's scatter is lost, so that demands have less dispersion "
        "than with recorded motions"
    ]
    bad = misfit[after > tolerance]
    if len(bad):
        worst = bad.loc[bad["misfit_after"].idxmax()]
        said.append(
            gmplug.warning(
                f"{len(bad)} of {len(misfit)} matched records miss the target by more than {tolerance:.0%} "
                f"(rms), {worst['id']} by {worst['misfit_after']:.0%}; raise iterations, narrow "
                "period_range_s, or reject the record"
            )
        )
    if vertical:
        said.append(
            gmplug.doubtful("vertical components are not matched, and are left out of the matched motions")
        )
    return said
