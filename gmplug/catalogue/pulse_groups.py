"""Groups of records whose table does not say whether they are pulse-type: from their waveforms."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from gmplug.catalogue.numbers import to_texts
from gmplug.errors import InputError
from gmplug.pulses import Pulse, classify_pulse
from gmplug.spectra.many import map_in_threads
from gmplug.values import NONPULSE, PULSE, Motion, Progress


def with_pulse_groups(
    rows: pd.DataFrame, motion: Callable[[int], Motion], workers: int, progress: Progress
) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows with ``group`` and ``pulse_period_s`` filled from waveforms, and a note.

    What the rows state stays: a group, ``pulse`` (yes or no), a period of the pulse.

    Parameters
    ----------
    rows
        A row for each record; ``group`` or ``pulse`` may be missing, or empty in some rows.
    motion
        Returns the motion of a row, by its position.

    Raises
    ------
    InputError
        A motion cannot be classified.
    """
    flag_only = "pulse" in rows and "group" not in rows
    name, yes, no = ("pulse", "yes", "no") if flag_only else ("group", PULSE, NONPULSE)
    stated = to_texts(rows[name]) if name in rows else pd.Series("", index=rows.index, dtype=object)
    unknown = [position for position, text in enumerate(stated) if text == ""]

    def classify(position: int) -> Pulse:
        found = motion(position)
        try:
            return classify_pulse(found.horizontal_g, found.time_step_s)
        except ValueError as error:
            raise InputError(
                f"[catalogue] classify_pulses: record {rows['id'].iloc[position]}: {error}; "
                f"state its group in the metadata"
            ) from error

    pulses = []
    for pulse in map_in_threads(classify, unknown, workers):
        pulses.append(pulse)
        progress(len(pulses), len(unknown), "velocity pulses")
    at = rows.index[unknown]
    groups = pd.Series([yes if pulse.pulse_like else no for pulse in pulses], at, dtype=object)
    periods_s = pd.Series([pulse.period_s if pulse.pulse_like else np.nan for pulse in pulses], at)
    period = rows["pulse_period_s"] if "pulse_period_s" in rows else pd.Series(np.nan, rows.index)
    period = period.where(to_texts(period) != "", periods_s.reindex(rows.index))
    rows = rows.assign(**{name: groups.reindex(rows.index).fillna(stated), "pulse_period_s": period})
    if not unknown:
        return rows, []
    count = sum(pulse.pulse_like for pulse in pulses)
    note = (
        f"{len(unknown)} of {len(rows)} records classified by their waveforms (Shahi & Baker 2014; of single "
        f"components Baker 2007): {count} pulse-type"
    )
    return rows, [note]
