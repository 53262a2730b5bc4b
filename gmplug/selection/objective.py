"""What the optimised selection minimizes: the misfit of a set of records to a target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gmplug.values import BoolArray, FloatArray, IntArray

#: Variances below this count as none, in ln units squared.
_NO_VARIANCE = 1e-12


@dataclass(frozen=True)
class Weights:
    """Weights of the terms of the objective; see :class:`Objective`."""

    mean: float = 1.0
    sigma: float = 1.0
    skewness: float = 0.0
    correlation: float = 0.0
    scale_factor: float = 0.0


@dataclass(frozen=True)
class Objective:
    """Misfit of sets of records to a target over columns: ln Sa at the periods, and further measures.

    With m, s, g the mean (less the target's), sample standard deviation and skewness over the set::

        Σ_c w_c (a m² + λ (s − σ)² + b g²) + d C mean_pairs (r − ρ)² + f mean (ln SF)²

    For a = λ = w = 1 and the rest 0 it is E of Jia & Sasani (2025). The target is normal, its skewness 0; g
    counts where σ is not zero. C is the number of columns.

    Parameters
    ----------
    values
        Values of the candidates less the target's mean, shape (N, C).
    sigma
        Target's standard deviation, shape (C,).
    column_weights
        w, shape (C,).
    ln_scale_factor
        ln SF, shape (N,).
    pairs, correlation
        Columns (K, 2) and the target's correlation (K,) between them; K = 0 where d = 0.
    """

    values: FloatArray
    sigma: FloatArray
    column_weights: FloatArray
    weights: Weights
    ln_scale_factor: FloatArray
    pairs: IntArray
    correlation: FloatArray

    @property
    def columns(self) -> int:
        """C."""
        return self.values.shape[1]

    @property
    def varies(self) -> BoolArray:
        """Columns whose σ is not zero, (C,)."""
        return np.asarray(self.sigma > 1e-6)

    @property
    def penalty(self) -> FloatArray:
        """What each record adds, times the number of records, (N,)."""
        return self.weights.scale_factor * self.ln_scale_factor**2

    @property
    def of_correlation(self) -> float:
        """Weight of one pair."""
        return self.weights.correlation * self.columns / max(len(self.pairs), 1)

    def errors(self, sets: IntArray) -> FloatArray:
        """Objective of sets of records, (K,) from positions (K, n)."""
        return np.array([self._error(chosen) for chosen in sets])

    def _error(self, chosen: IntArray) -> float:
        x, weights = self.values[chosen], self.weights
        mean, about = x.mean(axis=0), x - x.mean(axis=0)
        variance = np.maximum(np.mean(about**2, axis=0), _NO_VARIANCE)
        std = np.sqrt(np.sum(about**2, axis=0) / (len(x) - 1))
        each = weights.mean * mean**2 + weights.sigma * (std - self.sigma) ** 2
        if weights.skewness > 0:
            skewness = np.where(self.varies, np.mean(about**3, axis=0) / variance**1.5, 0.0)
            each = each + weights.skewness * skewness**2
        total = float(self.column_weights @ each) + float(np.mean(self.penalty[chosen]))
        if len(self.pairs):
            a, b = self.pairs.T
            found = np.mean(about[:, a] * about[:, b], axis=0) / np.sqrt(variance[a] * variance[b])
            total += self.of_correlation * float(np.sum((found - self.correlation) ** 2))
        return total
