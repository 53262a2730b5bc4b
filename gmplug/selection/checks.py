"""Checks of a set of scaled motions against the requirements of the target's code."""

from __future__ import annotations

import numpy as np

from gmplug.values import AcceptanceCheck, CheckOutcome, FloatArray, Target

#: Periods in a range below which a check on all of it says little.
_FEW = 10


def evaluate_checks(ln_sa: FloatArray, target: Target) -> tuple[CheckOutcome, ...]:
    """Return how a set, ln Sa of shape (n, P), meets each of the target's checks.

    Means are arithmetic means of Sa, as codes have them.
    """
    return tuple(_outcome(check, ln_sa, target.periods_s) for check in target.checks)


def _outcome(check: AcceptanceCheck, ln_sa: FloatArray, periods_s: FloatArray) -> CheckOutcome:
    if check.least_count is not None:
        count = len(ln_sa)
        more = "" if count >= check.least_count else f"; set count = {check.least_count} in [selection]"
        detail = f"{count} selected{more}"
        return CheckOutcome(check.name, count >= check.least_count, count, check.least_count, detail)
    assert check.least_ratio is not None
    assert check.periods_s is not None
    assert check.spectrum_g is not None
    first, last = check.periods_s
    inside = (periods_s >= first * (1 - 1e-9)) & (periods_s <= last * (1 + 1e-9))
    ratio = np.exp(ln_sa)[:, inside].mean(axis=0) / check.spectrum_g[inside]
    lowest = int(np.argmin(ratio))
    value, period = float(ratio[lowest]), float(periods_s[inside][lowest])
    passed = value >= check.least_ratio * (1 - 1e-12)
    detail = f"lowest ratio {value:.3f} at {period:g} s"
    if 1 < len(ratio) < _FEW:
        detail += f", but only {len(ratio)} of the study's periods lie there: set periods_s in [target]"
    if not passed:
        detail += f"; a common factor of {check.least_ratio / value:.3f} on all records would meet it"
    return CheckOutcome(check.name, passed, value, check.least_ratio, detail)
