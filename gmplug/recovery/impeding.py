"""What delays the start of repair.

The arrangement is REDi's (Almufti & Willford 2013, "REDi rating system", Arup, section on downtime): after an
inspection three things go on side by side, money, engineers with their design and then the permit, and
contractors; repair starts when the last is there:

    T_D = inspection + max(financing, engineering + design + permitting, contractor)

Each is lognormal about its median, cut at two standard deviations. Usual medians in days, the dispersion 0.6,
the cut, and the cost ratio of 0.1 above which money has to be found, are those of the authors' implementation
of Cook, Liel, Haselton & Koliou (2022), "A framework for operationalizing the assessment of post-earthquake
functional recovery of buildings", Earthquake Spectra 38(3):1972-2007 (OpenPBEE/PBEE-Recovery on GitHub, July
2022, ``static_tables/impeding_factors.csv`` and ``+recovery/+impedance``): inspection 7 (essential 3, an
inspector on retainer 1), financing 60, engineering mobilization 14 (on retainer 1), permitting 56 (rapid 1).
REDi's own report was not read; what is said of it is what that implementation says.

gmplug differs from that implementation:

- one delay for the building; they have one for each of its systems;
- ``design`` and ``contractor`` are medians that the user states; they derive the first from the repair cost
  within bounds (structure 14 to 182 days), and draw the second evenly between bounds (structure 28 to 364);
- no surge of demand after a regional disaster, and days are not rounded up to whole ones;
- a repair below ``minor_cost_ratio`` waits for the inspection alone; they ask each damaged component whether
  it needs a permit or a design.
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
    truncation
        Standard deviations of ln days at which the distributions are cut.
    capital_available_ratio
        Financing delays only where the cost ratio is above this.

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
    # All are drawn whether used or not: adding one changes no other.
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
