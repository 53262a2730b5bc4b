"""The weights of one cluster: a quadratic program over the simplex with a tridiagonal matrix.

    min over w   D·w + ½ α Σ_j (w_j − w_{j+1})²    subject to   Σ_j w_j = 1,  w_j ≥ 0

Huang et al. (2016) hand it to a general solver. Here it is solved exactly by a primal-dual active-set method
(Hintermüller, Ito & Kunisch 2002, doi 10.1137/S1052623401383558): guess which weights are zero, solve the
tridiagonal system for the others, correct the guess; a few steps of O(m) each.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import solveh_banded
from scipy.optimize import nnls

#: Steps before the general solver takes over.
_MOST_STEPS = 200
#: A weight, or a multiplier, that is not above this share of its scale counts as zero.
_TINY = 1e-12


def smooth_weights(dispersion: np.ndarray, alpha: float) -> np.ndarray:
    """Solve the program for one cluster.

    Parameters
    ----------
    dispersion
        D, squared distances of the members to the centroid summed per point, shape (m,), not negative.
    alpha
        Factor of the smoothness term. At 0 the weight falls evenly to the points of least dispersion.

    Returns
    -------
    w, shape (m,), not negative, sum 1.
    """
    dispersion = np.asarray(dispersion, dtype=float)
    m = len(dispersion)
    spread = float(np.ptp(dispersion))
    if m == 1 or spread == 0.0:
        return np.full(m, 1.0 / m)
    if alpha <= _TINY * spread:
        least = dispersion <= dispersion.min() + _TINY * spread
        return least / least.sum()
    linear = (dispersion - dispersion.min()) / alpha  # the same minimiser: the sum of w is fixed
    zero = np.zeros(m, dtype=bool)
    for _ in range(_MOST_STEPS):
        w, mu = _on_support(linear, zero)
        slack = _laplacian(w) + linear - mu  # the multiplier of w ≥ 0 where w = 0
        now = np.where(zero, slack > 0.0, w < 0.0)
        if np.array_equal(now, zero):
            return _normalized(w)
        if now.all():
            break
        zero = now
    return _by_least_squares(linear)


def objective(weights: np.ndarray, dispersion: np.ndarray, alpha: float) -> float:
    """``D·w + ½ α Σ_j (w_j − w_{j+1})²``, the cluster's share of the objective."""
    return float(dispersion @ weights + 0.5 * alpha * np.square(np.diff(weights)).sum())


def _laplacian(w: np.ndarray) -> np.ndarray:
    """L w, where ½ wᵀ L w = ½ Σ_j (w_j − w_{j+1})²."""
    steps = np.diff(w, prepend=w[0], append=w[-1])
    return steps[:-1] - steps[1:]


def _on_support(linear: np.ndarray, zero: np.ndarray) -> tuple[np.ndarray, float]:
    """Weights and multiplier of the sum, with the weights marked as zero fixed at zero."""
    m = len(linear)
    if not zero.any():  # L alone is singular; integrate L w = μ − d twice, Σ w = 1
        mu = float(linear.mean())
        w = np.concatenate([[0.0], -np.cumsum(np.cumsum(mu - linear)[:-1])])
        return w + (1.0 - w.sum()) / m, mu
    banded = np.zeros((2, m))
    banded[1] = np.where(zero, 1.0, 2.0)
    banded[1, [0, -1]] = 1.0
    banded[0, 1:] = np.where(zero[1:] | zero[:-1], 0.0, -1.0)
    free = ~zero
    solved = solveh_banded(banded, np.column_stack([np.where(free, linear, 0.0), free.astype(float)]))
    mu = float((1.0 + solved[:, 0].sum()) / solved[:, 1].sum())
    return np.where(zero, 0.0, mu * solved[:, 1] - solved[:, 0]), mu


def _by_least_squares(linear: np.ndarray) -> np.ndarray:
    """The same program as non-negative least squares: slower, but always ends.

    On Σ w = 1 the objective is, but for a constant, ½‖(R + q 1ᵀ) w‖² with RᵀR = L + c 1 1ᵀ and Rᵀq = d; the
    minimiser of ‖M w‖² + (1ᵀw − 1)² over w ≥ 0 points in the same direction.
    """
    m = len(linear)
    matrix = np.diag(np.r_[1.0, np.full(m - 2, 2.0), 1.0]) - np.eye(m, k=1) - np.eye(m, k=-1)
    root = np.linalg.cholesky(matrix + 1.0 / m).T
    shifted = root + np.linalg.solve(root.T, linear)[:, None]
    scale = float(np.abs(shifted).max())
    found, _ = nnls(np.vstack([shifted / scale, np.ones(m)]), np.r_[np.zeros(m), 1.0])
    return _normalized(found)


def _normalized(w: np.ndarray) -> np.ndarray:
    w = np.maximum(w, 0.0)
    return w / w.sum()
