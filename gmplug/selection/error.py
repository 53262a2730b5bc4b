"""How well a set of records follows the target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gmplug.values import FloatArray, Target

#: Standard deviations are compared, as ratios, where the target's is at least this share of its largest; see
#: gmplug.values.Selection.
COMPARED_SHARE = 0.25


@dataclass(frozen=True)
class Misfit:
    """``error`` is E; the other two are the largest relative misfits over the periods."""

    error: float
    max_median_error: float
    max_sigma_error: float


def misfit(ln_sa: FloatArray, target: Target, sigma_weight: float = 1.0) -> Misfit:
    """Return the misfit of a set of spectra.

    E = Σ_T (mean ln Sa − μ)² + λ Σ_T (std ln Sa − σ)² over the whole period grid, with the sample standard
    deviation (n − 1): Jia & Sasani (2025); the sum of squared errors of Jayaram, Lin & Baker (2011), "A
    computationally efficient ground-motion selection algorithm for matching a target response spectrum mean
    and variance", Earthquake Spectra 27(3):797-815, eq. 5.

    Parameters
    ----------
    ln_sa
        ln of the scaled Sa (g), shape (n, P), n ≥ 2.
    sigma_weight
        λ; taken as 0 where the target states no dispersion.
    """
    mean = ln_sa.mean(axis=0)
    std = ln_sa.std(axis=0, ddof=1)
    sigma = target.sigma_ln
    if target.mean_only:
        sigma_weight = 0.0
    varies = (sigma > 0) & (sigma >= COMPARED_SHARE * np.max(sigma))
    sigma_misfit = np.abs(std[varies] / sigma[varies] - 1.0)
    return Misfit(
        error=float(np.sum((mean - target.ln_mean) ** 2) + sigma_weight * np.sum((std - sigma) ** 2)),
        max_median_error=float(np.max(np.abs(np.exp(mean - target.ln_mean) - 1.0))),
        max_sigma_error=float(np.max(sigma_misfit, initial=0.0)),
    )
