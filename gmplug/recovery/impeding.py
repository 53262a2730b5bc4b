"""What delays the start of repair.

The arrangement is REDi's (Almufti & Willford 2013, "REDi rating system", Arup, section on downtime): after an
inspection three things go on side by side, money, engineers and then the permit, contractors; repair starts
when the last is there:

    T_D = inspection + max(financing, engineering + permitting, contractor)

Each is lognormal about its median. Usual medians in days, and the dispersion 0.6, are those of Cook, Liel,
Haselton & Koliou (2022), "A framework for operationalizing the assessment of post-earthquake functional
recovery of buildings", Earthquake Spectra 38(3):1972-2007, as in their published tables: inspection 7
(essential 3, an inspector on retainer 1), financing 60, engineering 14 (on retainer 1), permitting 56 (rapid
1).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gmplug.errors import InputError
from gmplug.values import FloatArray

FACTORS = ("inspection", "financing", "engineering", "permitting", "contractor")


def delays(
    median_days: Mapping[str, float],
    dispersion: float,
    cost_ratio: FloatArray,
    minor_cost_ratio: float,
    seed: int | list[int],
) -> FloatArray:
    """Days from the event to the start of repair, of each realization, shape (n,).

    Parameters
    ----------
    median_days
        Median of each factor of :data:`FACTORS`; one that is left out causes no delay.
    dispersion
        Standard deviation of ln days, of all; the factors of a realization are independent.
    cost_ratio
        Repair cost over the cost of replacement, shape (n,). Nothing is delayed where it is 0; below
        ``minor_cost_ratio`` there is an inspection and nothing else.

    Raises
    ------
    InputError
        A factor is unknown or a median negative.
    """
    unknown = [name for name in median_days if name not in FACTORS]
    if unknown:
        raise InputError(
            f"[risk.resilience] impeding_days: unknown '{unknown[0]}'; known: {', '.join(FACTORS)}"
        )
    bad = [name for name, days in median_days.items() if not (np.isfinite(days) and days >= 0)]
    if bad or not dispersion >= 0:
        what = f"impeding_days {bad[0]}" if bad else "impeding_dispersion"
        raise InputError(f"[risk.resilience] {what} must be a number, 0 or more")
    rng = np.random.default_rng(seed)
    n = len(cost_ratio)
    # All five are drawn whether used or not: adding one changes no other.
    days = {
        name: float(median_days.get(name, 0.0)) * np.exp(dispersion * rng.standard_normal(n))
        for name in FACTORS
    }
    preparation = np.maximum.reduce(
        [days["financing"], days["engineering"] + days["permitting"], days["contractor"]]
    )
    major = cost_ratio >= minor_cost_ratio
    return np.where(cost_ratio > 0, days["inspection"] + np.where(major, preparation, 0.0), 0.0)
