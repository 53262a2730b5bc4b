"""Filters of recordings with a flaw, by columns that catalogues of waveforms compute."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gmplug.preselection.funnel import Judgement
from gmplug.preselection.stated import Treatment, numbers, treated
from gmplug.values import FloatArray

#: Velocity at the end over PGV from which a baseline drifts. Of 217 recorded motions (FEMA P-695 and those
#: of OpenSees' examples) the largest has 0.20; the limit of gmprocess (``check_tail``) is 0.3 too.
LARGEST_END_VELOCITY = 0.3
#: A motion is cut where its strong phase, 5 to 95 % of the Arias intensity (Trifunac & Brady 1975), begins in
#: its first second or ends in its last one.
_STRONG = 0.05


def baseline_drift_filter(records: pd.DataFrame, baseline_drift: Treatment = "note") -> Judgement | None:
    """Velocity at the end of the record above 30 % of PGV: the baseline drifts

    Parameters
    ----------
    baseline_drift
        ``"note"`` names such records, ``"remove"`` leaves them out, ``"keep"`` does not look.
    """
    shares = _shares(records, baseline_drift, "baseline_drift", ("end_velocity_share",))
    if shares is None:
        return None
    what = (
        "drift: their velocity at the end is above 30 % of PGV, so PGV, PGD and Sa at long periods are in "
        'doubt; correct their baseline, or set baseline_drift = "remove"'
    )
    return treated(
        baseline_drift, records, shares > LARGEST_END_VELOCITY, np.isnan(shares), what, "Drift unknown"
    )


def truncated_filter(records: pd.DataFrame, truncated: Treatment = "note") -> Judgement | None:
    """Strong shaking in the first or last second of the record: a part was not recorded

    Parameters
    ----------
    truncated
        ``"note"`` names such records, ``"remove"`` leaves them out, ``"keep"`` does not look.
    """
    shares = _shares(records, truncated, "truncated", ("arias_first_second", "arias_last_second"))
    if shares is None:
        return None
    what = (
        "begin or end within strong shaking (more than 5 % of their Arias intensity in the first or last "
        'second); a part was not recorded or was cut, set truncated = "remove" to leave them out'
    )
    missing = "Not known whether strong shaking is cut"
    return treated(truncated, records, shares > _STRONG, np.isnan(shares), what, missing)


def _shares(
    records: pd.DataFrame, treatment: Treatment, option: str, columns: tuple[str, ...]
) -> FloatArray | None:
    """Return the largest of the columns, shape (N,); None where the filter has nothing to do."""
    if treatment == "keep" or (treatment == "note" and not set(columns) <= set(records)):
        return None
    return np.asarray(np.max([numbers(records, column, option) for column in columns], axis=0))
