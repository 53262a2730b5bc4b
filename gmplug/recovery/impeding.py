"""Delays before repair starts.

    T_D = inspection + max(financing, engineering + design + permitting, contractor)

The sequence is REDi's (Almufti & Willford 2013, "REDi rating system", Arup). The defaults follow the authors'
implementation of Cook, Liel, Haselton & Koliou (2022), "A framework for operationalizing the assessment of
post-earthquake functional recovery of buildings", Earthquake Spectra 38(3):1972-2007 (OpenPBEE/PBEE-Recovery
on GitHub, July 2022). README.md lists usual medians and the differences from that implementation.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import ndtr, ndtri

from gmplug.errors import InputError
from gmplug.values import FloatArray

FACTORS = ("inspection", "financing", "engineering", "design", "permitting", "contractor")
#: Standard deviations at which a delay's distribution is cut; the cost ratio that the owner can pay at once.
TRUNCATION, CAPITAL_AVAILABLE_RATIO = 2.0, 0.1


def delays(
    median_days: Mapping[str, float],
    dispersion: float,
    cost_ratio: FloatArray,
    minor_cost_ratio: float,
    seed: int | list[int],
    truncation: float = TRUNCATION,
    capital_available_ratio: float = CAPITAL_AVAILABLE_RATIO,
) -> FloatArray:
    """Return the days from the event to the start of repair, of each realization, shape (n,).

    Parameters
    ----------
    median_days
        Median of each factor of :data:`FACTORS`; one that is left out causes no delay.
    dispersion
        Standard deviation of ln days of every factor; the factors of a realization are independent.
    cost_ratio
        Repair cost over the cost of replacement, shape (n,). Nothing is delayed where it is 0.
    minor_cost_ratio, truncation, capital_available_ratio
        Options of :func:`gmplug.recovery.resilience.resilience`.

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
    if bad or not (np.isfinite(dispersion) and dispersion >= 0):
        what = f"impeding_days {bad[0]}" if bad else "impeding_dispersion"
        raise InputError(f"[risk.resilience] {what} must be a number, 0 or more")
    if not truncation > 0:
        raise InputError(f"[risk.resilience] impeding_truncation must be above 0, not {truncation}")
    rng = np.random.default_rng(seed)
    n = len(cost_ratio)
    low = ndtr(-truncation)
    # All are drawn whether used or not: a further factor does not change the others.
    days = {
        name: float(median_days.get(name, 0.0))
        * np.exp(dispersion * ndtri(low + (1.0 - 2.0 * low) * rng.random(n)))
        for name in FACTORS
    }
    financing = np.where(cost_ratio > capital_available_ratio, days["financing"], 0.0)
    preparation = np.maximum.reduce(
        [financing, days["engineering"] + days["design"] + days["permitting"], days["contractor"]]
    )
    major = cost_ratio >= minor_cost_ratio
    return np.where(cost_ratio > 0, days["inspection"] + np.where(major, preparation, 0.0), 0.0)
