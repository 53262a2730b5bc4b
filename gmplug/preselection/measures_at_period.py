"""Intensity measures that depend on T*, or follow from the spectra: computed where a study asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.measures import IntensityMeasure, measures
from gmplug.preselection.interpolation import interpolate_ln_sa
from gmplug.spectra.components import GEOMETRIC_MEAN, ROTD100, component_named
from gmplug.values import Catalogue, FloatArray, IntArray, Measures, Motion, lacks_file


def with_asked_measures(
    catalogue: Catalogue,
    options: Mapping[str, Any],
    followed: Measures | None,
    t_star_s: float,
    workers: int = 1,
) -> pd.DataFrame:
    """Return the catalogue's records with the measures that a study asks for and that can be computed.

    A study asks for a measure by an option of ``[preselection]`` or in the target. What the catalogue states
    stays.

    Parameters
    ----------
    options
        Of ``[preselection]``.
    followed
        Measures of the target.
    t_star_s
        T*, s.

    Raises
    ------
    InputError
        The spectra do not reach the periods that a measure needs, or a waveform cannot be read.
    """
    ranges = options.get("ranges")
    asked = {*options, *(ranges if isinstance(ranges, Mapping) else ())}
    asked |= set(followed.names) if followed is not None else set()
    records = catalogue.records.reset_index(drop=True)
    for name, one in measures().items():
        if name not in asked or not (one.spectral or one.of_period):
            continue
        stated = records[name].to_numpy(dtype=float, na_value=np.nan) if name in records else None
        missing = np.isnan(stated) if stated is not None else np.ones(len(records), dtype=bool)
        if missing.any():
            values = np.full(len(records), np.nan) if stated is None else stated.copy()
            values[missing] = _values(one, catalogue, np.flatnonzero(missing), t_star_s, workers)
            records[name] = values
    return records


def _values(
    one: IntensityMeasure, catalogue: Catalogue, rows: IntArray, t_star_s: float, workers: int
) -> FloatArray:
    """Return the measure of some records, shape (n,), NaN where it cannot be known."""
    if one.spectral is not None:
        periods_s = one.spectral.periods_s(t_star_s)
        low, high = catalogue.periods_s[0], catalogue.periods_s[-1]
        if periods_s[0] < low * (1 - 1e-6) or periods_s[-1] > high * (1 + 1e-6):
            raise InputError(
                f"[preselection] {one.column}: needs Sa from {periods_s[0]:g} to {periods_s[-1]:g} s, the "
                f"catalogue's spectra are from {low:g} to {high:g} s; set [target] periods_s that reach so "
                "far, use a catalogue that does, or remove the option"
            )
        ln_sa = interpolate_ln_sa(catalogue.periods_s, catalogue.sa_g[rows], periods_s)
        return one.spectral.of_spectrum(periods_s, np.exp(ln_sa))
    from gmplug.spectra.many import map_in_threads
    from gmplug.waveforms import read_motion

    of_period = one.of_period
    assert of_period is not None
    component = component_named(catalogue.component)
    percentile = 100.0 if component == ROTD100 else 50.0
    values = np.full(len(rows), np.nan)
    at_hand = np.flatnonzero(~lacks_file(catalogue.records.iloc[rows]))
    table = catalogue.records.iloc[rows[at_hand]].assign(file_v="").to_dict("records")

    def value(record: dict[Any, Any]) -> float:
        motion = read_motion({str(key): cell for key, cell in record.items()})
        parts = [motion]
        if component == GEOMETRIC_MEAN:
            parts = [Motion(motion.time_step_s, row[None, :]) for row in motion.horizontal_g]
        return float(np.prod([of_period(part, percentile, t_star_s) for part in parts]) ** (1 / len(parts)))

    values[at_hand] = list(map_in_threads(value, table, workers))
    return values
