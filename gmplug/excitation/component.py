"""Which Sa excites a model: the spectrum of the applied component, and the one that records are scaled by.

Records are scaled by one definition of Sa (RotD50, ...), a plane model is excited by one component. Baker &
Cornell (2006), "Which spectral acceleration are you using?", Earthquake Spectra 22(2):293-312: the two must
be one, or the difference must be part of the dispersion.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from gmplug.excitation.selected_motions import MOTIONS_FILE
from gmplug.notes import doubtful, warning
from gmplug.spectra.components import component_named, ln_ratio
from gmplug.values import FloatArray, Motion, Selection, Target

#: Mean of what excites a model over what its records are scaled to: below it is a warning, above it a doubt.
#: 0.9 is also what ASCE 7-22 16.2.3.2 and EN 1998-1 3.2.3.1.2 (4) ask of the mean spectrum.
LEAST_RATIO, LARGEST_RATIO = 0.9, 1.1
#: Differences of ln Sa below this are those of two ways to compute a spectrum.
_SAME = 0.01
_WAYS = (
    'set [analysis] scaling = "excitation"; or take single components, [catalogue] component = "h1"; or '
    'excite a model in space by both, [analysis] component = "both"'
)


@dataclass(frozen=True)
class Excitation:
    """The selected records as they excite the model.

    Parameters
    ----------
    selection
        With the scale factors that are applied.
    table
        One row per record: ``id``, ``component``, ``scale_factor``, Sa at T* of the component and
        of the record's own definition, both scaled by the applied factor, g.
    notes
        One line for each thing a user should know.
    """

    selection: Selection
    table: pd.DataFrame
    notes: tuple[str, ...]


def excitation_of(selection: Selection, target: Target, component: str, scaling: str = "auto") -> Excitation:
    """Return what excites a model through one component, and the scale factors to apply.

    Raises InputError where a waveform cannot be read.

    Parameters
    ----------
    component
        ``h1`` or ``h2``.
    scaling
        ``record``: the selection's factors, by the record's own Sa. ``excitation``: each record's factor is
        multiplied so that the component has, over the periods that records are scaled at, what the record
        has; for a code, what it has of the code's own component. ``auto``: ``excitation`` for a code, which
        the mean of what excites the model must meet, else ``record``.
    """
    periods, star = target.periods_s, np.array([float(target.conditioning_period_s)])
    measure = target.scaled_to
    before = selection.records["scale_factor"].to_numpy(dtype=float)
    exciting = _ln_spectra(selection.records, component, periods) + np.log(before)[:, None]
    wanted = selection.ln_sa + _ln_to_code(target, periods)
    ln_change = np.zeros(len(before))
    scaled = scaling == "excitation" or (scaling == "auto" and bool(target.code_component))
    scaled = scaled and len(measure.periods_s) > 0
    if scaled:
        ln_change = _at(measure.periods_s, periods, wanted - exciting) @ measure.weights
    exciting = exciting + ln_change[:, None]
    factors = before * np.exp(ln_change)
    at_star = _at(star, periods, exciting)[:, 0]
    own = _at(star, periods, selection.ln_sa)[:, 0] + ln_change
    table = pd.DataFrame(
        {
            "id": selection.records["id"].to_numpy(dtype=object),
            "component": component,
            "scale_factor": factors,
            "sa_exciting_g": np.exp(at_star),
            "sa_record_g": np.exp(own),
        }
    )
    applied = replace(
        selection,
        records=selection.records.assign(scale_factor=factors),
        ln_sa=selection.ln_sa + ln_change[:, None],
    )
    ratio = at_star - _at(star, periods, wanted)[:, 0]
    notes = _notes(target, component, exciting, ratio, ln_change, scaled)
    return Excitation(applied, table, notes)


def _ln_spectra(records: pd.DataFrame, component: str, periods_s: FloatArray) -> FloatArray:
    """ln Sa (g) of one component of each record, as recorded, shape (n, P)."""
    from gmplug.spectra.many import map_in_threads, spectrum_of_motion
    from gmplug.waveforms import read_motion

    row = {"h1": 0, "h2": 1}[component]

    def one(record: dict[str, Any]) -> FloatArray:
        motion = read_motion({**record, "file_v": ""})
        alone = Motion(motion.time_step_s, motion.horizontal_g[row : row + 1])
        return np.log(spectrum_of_motion(alone, periods_s))

    rows = [{str(name): value for name, value in r.items()} for r in records.to_dict(orient="records")]
    return np.array(list(map_in_threads(one, rows)))


def _at(periods_s: FloatArray, own_s: FloatArray, ln_sa: FloatArray) -> FloatArray:
    """Spectra (n, P) at other periods, ln Sa linear in ln T."""
    return np.array([np.interp(np.log(periods_s), np.log(own_s), row) for row in ln_sa])


def _ln_to_code(target: Target, periods_s: FloatArray) -> FloatArray:
    """ln of the code's own spectrum over the target's, shape (P,): 0 where they are of one component."""
    of, to = component_named(target.component), component_named(target.code_component)
    return np.zeros(len(periods_s)) if of is None or to is None else ln_ratio(of, to, periods_s)


def _notes(
    target: Target,
    component: str,
    ln_exciting: FloatArray,
    ln_ratio_at_star: FloatArray,
    ln_change: FloatArray,
    scaled: bool,
) -> tuple[str, ...]:
    """Compare the exciting component, ln Sa (n, P), with the target; return the notes."""
    if np.all(np.abs(np.append(ln_ratio_at_star, ln_change)) < _SAME):
        return ()  # the spectra that records are scaled by are those of this component
    at_star, spread = _mean_at_star(target, ln_exciting, ln_ratio_at_star)
    lowest, period, (first, last) = _lowest_over_range(target, ln_exciting)
    text = (
        f"component {component} alone excites the model: its Sa at {target.conditioning_period_s:g} s is "
        f"{at_star:.2f} of {_reference(target)} in the mean (std of ln {spread:.2f}), {lowest:.2f} at the "
        f"lowest from {first:g} to {last:g} s ({period:g} s)"
    )
    least = min(lowest, at_star) if target.checks else at_star
    if scaled:
        change = np.exp(ln_change)
        text += (
            f"; each record is scaled by that component, {change.min():.2f} to {change.max():.2f} times "
            f"the selection's factor ({MOTIONS_FILE})"
        )
        if least >= LEAST_RATIO:
            return (text,)
        return (warning(f"{text}; a common factor of {LEAST_RATIO / least:.2f} would bring it to 0.90"),)
    if least < LEAST_RATIO:
        return (warning(f"{text}; the model is shaken less than the target requires: {_WAYS}"),)
    if at_star > LARGEST_RATIO:
        return (doubtful(f"{text}; the model is shaken more than the target requires: {_WAYS}"),)
    return (f"{text}; its scatter is part of the demands' (Baker & Cornell 2006)",)


def _reference(target: Target) -> str:
    """The spectrum that the component is compared with."""
    if target.code_component:
        known = component_named(target.code_component)
        return "the code's spectrum" + (f" ({target.code_component})" if known else "")
    return f"what records are scaled by ({target.component or 'the catalogue'})"


def _mean_at_star(target: Target, ln_exciting: FloatArray, ln_ratios: FloatArray) -> tuple[float, float]:
    """Mean ratio at T* (to a spectrum to be met in the mean, else to the record's own), std of its ln."""
    spread = float(np.std(ln_ratios, ddof=1)) if len(ln_ratios) > 1 else 0.0
    if not target.mean_only:
        return float(np.exp(np.mean(ln_ratios))), spread
    star = np.array([float(target.conditioning_period_s)])
    mean = np.mean(np.exp(_at(star, target.periods_s, ln_exciting)))
    wanted = _at(star, target.periods_s, target.ln_mean[None, :])[0, 0] + _ln_to_code(target, star)[0]
    return float(mean / np.exp(wanted)), spread


def _lowest_over_range(target: Target, ln_exciting: FloatArray) -> tuple[float, float, tuple[float, float]]:
    """Lowest ratio of the mean spectrum to the target's over a range, its period, and the range."""
    periods, star = target.periods_s, float(target.conditioning_period_s)
    ranges = [check.periods_s for check in target.checks if check.periods_s and check.least_ratio]
    first, last = max(ranges, key=lambda r: r[1] - r[0]) if ranges else (0.2 * star, 2.0 * star)
    inside = (periods >= first * (1 - 1e-9)) & (periods <= last * (1 + 1e-9))
    ln_mean = np.mean(ln_exciting, axis=0)
    if target.mean_only:
        ln_mean = np.log(np.mean(np.exp(ln_exciting), axis=0))
    ratio = np.where(inside, np.exp(ln_mean - target.ln_mean - _ln_to_code(target, periods)), np.inf)
    lowest, shown = int(np.argmin(ratio)), periods[inside]
    return float(ratio[lowest]), float(periods[lowest]), (float(shown[0]), float(shown[-1]))
