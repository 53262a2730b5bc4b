"""Mean annual frequency: a probability given Sa, integrated over the hazard."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gmplug.hazard import HazardCurve
from gmplug.values import FloatArray

#: Integration stops where the rate is this far (in ln) below and above the curve's ends.
_BEYOND_LN = 9.0
_STEP_LN = 0.02
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(6)


def annual_frequency(
    probability: Callable[[FloatArray], FloatArray], hazard: HazardCurve, beyond: bool = True
) -> float:
    """Mean annual frequency ∫ P(x) |dλ(x)|, 1/yr.

    Cornell & Krawinkler (2000), "Progress and challenges in seismic performance assessment", PEER Center
    News 3(2). By Gauss-Legendre on the straight pieces of ln λ over ln x.

    Parameters
    ----------
    probability
        P given Sa (g), array to array of the same shape.
    beyond
        Whether to continue beyond the curve's ends, by its end slopes; callers report the share from there.
    """
    edges = _edges(hazard, beyond)
    half, middle = np.diff(edges) / 2, (edges[1:] + edges[:-1]) / 2
    x = np.exp(middle[:, None] + half[:, None] * _NODES)
    slope = np.diff(np.log(hazard.rate(np.exp(edges)))) / np.diff(edges)
    density = hazard.rate(x) * -slope[:, None]  # |dλ/d ln x|
    p = probability(x.ravel()).reshape(x.shape)
    return float(np.sum(half[:, None] * _WEIGHTS * p * density))


def _edges(hazard: HazardCurve, beyond: bool) -> FloatArray:
    """ln Sa between which to integrate: the curve's points, and steps small enough for a fragility."""
    ends = np.log(hazard.sa_g[[0, -1]])
    if beyond:
        ends = ends + np.array([-_BEYOND_LN, _BEYOND_LN])
    even = np.linspace(
        float(ends[0]), float(ends[1]), max(2, int(np.ceil((ends[1] - ends[0]) / _STEP_LN)) + 1)
    )
    edges: FloatArray = np.unique(np.concatenate([even, np.log(hazard.sa_g)]))
    return edges[np.concatenate([[True], np.diff(edges) > 1e-12])]


def probability_in(annual_rate: float, years: float) -> float:
    """Probability of one event or more in so many years, of a Poisson process."""
    return float(-np.expm1(-annual_rate * years))
