"""What the optimised selection minimises, from sums over the selected records, for many sets at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gmplug.values import FloatArray, IntArray

#: Of single or double precision.
Floats = NDArray[np.floating[Any]]

#: Variances below this count as none, in ln units squared.
_NO_VARIANCE = 1e-12
#: The tangent that bounds a standard deviation touches at no less than this share of the target's.
_LEAST_TANGENT = 0.1
#: And at no less than this, in ln units.
_LEAST_STD = 1e-9


@dataclass(frozen=True)
class Weights:
    """Weights of the terms of the objective; see :class:`Objective`."""

    mean: float = 1.0
    sigma: float = 1.0
    skewness: float = 0.0
    correlation: float = 0.0
    scale_factor: float = 0.0


@dataclass(frozen=True)
class Screen:
    """What swaps do to sets, nearly: i for j adds ``leaving·f_i + entering·f_j - cross·(x_i x_j)``.

    Per set: ``objective`` (R,), ``cross`` and ``first``, the sums of x, (R, C); ``alone``, what f_j adds but
    for ``cross·(x_j Σ x)`` over the records that stay, (R, D).
    """

    objective: Floats
    cross: Floats
    first: Floats
    alone: Floats

    def in_place_of(self, values: Floats) -> Floats:
        """Coefficients (R, D) of f_j where the record with these values (R, C) leaves each set."""
        coefficients = self.alone.copy()
        coefficients[:, : values.shape[1]] += self.cross * (self.first - values)
        return coefficients

    def ends(self) -> Floats:
        """Coefficients of those that enter, then of those that leave, (2 R, D)."""
        sets, c = self.cross.shape
        ends = np.concatenate([self.alone, -self.alone])
        by_value = self.cross * self.first
        ends[:sets, :c] += by_value
        ends[sets:, :c] -= by_value
        ends[sets:, c : 2 * c] += self.cross
        return ends


class Objective:
    """Misfit of sets of records to a target over columns: ln Sa at the periods, and further measures.

    With m, s, g the mean (less the target's), sample standard deviation and skewness over the set::

        Σ_c w_c (a m² + λ (s − σ)² + b g²) + d C mean_pairs (r − ρ)² + f mean (ln SF)²

    For a = λ = w = 1 and the rest 0 it is E of Jia & Sasani (2025). The target is normal, its skewness 0; g
    counts where σ is not zero. The pairs are those of ``pairs``, C the number of columns.

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
        Columns (K, 2) and the target's correlation (K,) between them.
    periods
        How many columns, the first, are periods of one spectrum, next to one another; all if not given.
    """

    def __init__(
        self,
        values: FloatArray,
        sigma: FloatArray,
        column_weights: FloatArray,
        weights: Weights,
        ln_scale_factor: FloatArray,
        pairs: IntArray | None = None,
        correlation: FloatArray | None = None,
        periods: int | None = None,
    ) -> None:
        self.sigma, self.column_weights, self.weights = sigma, column_weights, weights
        self.columns = values.shape[1]
        self._periods = self.columns if periods is None else periods
        self._made_of = values, ln_scale_factor
        parts = [values, values**2]
        self._varies = sigma > 1e-6
        self.moment_weights = weights.mean * column_weights, weights.sigma * column_weights
        self.least_tangent = np.maximum(_LEAST_TANGENT * sigma, _LEAST_STD)
        self._skewed = weights.skewness > 0
        if self._skewed:
            parts.append(values**3)
        self._pairs = pairs if weights.correlation > 0 and pairs is not None and len(pairs) else None
        self._correlation = correlation
        if self._pairs is not None:
            parts.append(values[:, self._pairs[:, 0]] * values[:, self._pairs[:, 1]])
        parts.append(weights.scale_factor * ln_scale_factor[:, None] ** 2)
        #: Sums of these over a set say all about it, shape (N, D): x, x², further products, the penalty.
        self.features = np.concatenate(parts, axis=1)

    @property
    def goes_further(self) -> bool:
        """Whether more than means and standard deviations counts."""
        return self._skewed or self._pairs is not None

    def thinned(self, stride: int) -> Objective:
        """Return nearly the same objective, on every ``stride``-th period only, which then weigh more.

        One whose correlations count is returned as it is.
        """
        kept = np.concatenate(
            [np.arange(0, self._periods, stride), np.arange(self._periods, self.columns)]
        ).astype(np.int64)
        if self._pairs is not None or len(kept) == self.columns:
            return self
        weights = self.column_weights[kept].copy()
        periods = int(np.sum(kept < self._periods))
        whole, part = self.column_weights[: self._periods].sum(), weights[:periods].sum()
        if not part > 0:
            return self
        weights[:periods] *= whole / part
        values, ln_factor = self._made_of
        return Objective(values[:, kept], self.sigma[kept], weights, self.weights, ln_factor, periods=periods)

    def errors(self, sets: IntArray) -> FloatArray:
        """Objective of sets of records, (K,) from positions (K, n)."""
        return self.of_sums(self.features[sets].sum(axis=1), sets.shape[1])

    def of_sums(self, sums: FloatArray, count: int) -> FloatArray:
        """Objective from sums of the features over sets of ``count`` records, (...,) from (..., D)."""
        c = self.columns
        first, second = sums[..., :c], sums[..., c : 2 * c]
        mean = first / count
        std = np.sqrt(np.maximum((second - first * mean) / (count - 1), 0.0))
        of_mean, of_std = self.moment_weights
        total = mean**2 @ of_mean + (std - self.sigma) ** 2 @ of_std
        total = total + sums[..., -1] / count
        if self.goes_further:
            total = total + self.further(sums, count, slopes=False)[0]
        return np.asarray(total)

    def further(self, sums: FloatArray, count: int, *, slopes: bool) -> tuple[FloatArray, FloatArray]:
        """Terms of skewness and correlation, (...,), and their slopes by the sums, (..., D)."""
        c = self.columns
        mean, second = sums[..., :c] / count, sums[..., c : 2 * c] / count
        variance = np.maximum(second - mean**2, _NO_VARIANCE)
        slope = np.zeros_like(sums) if slopes else np.zeros(0)
        total = np.zeros(sums.shape[:-1])
        after = 2 * c
        if self._skewed:
            third = sums[..., after : after + c] / count
            moment = third - 3.0 * mean * second + 2.0 * mean**3
            skewness = np.where(self._varies, moment * variance**-1.5, 0.0)
            weight = self.weights.skewness * self.column_weights
            total = total + skewness**2 @ weight
            if slopes:
                outer = np.where(self._varies, 2.0 * weight * skewness / count, 0.0)
                scale, tilt = variance**-1.5, moment * variance**-2.5
                slope[..., :c] += outer * ((6.0 * mean**2 - 3.0 * second) * scale + 3.0 * mean * tilt)
                slope[..., c : 2 * c] += outer * (-3.0 * mean * scale - 1.5 * tilt)
                slope[..., after : after + c] += outer * scale
            after += c
        if self._pairs is not None and self._correlation is not None:
            a, b = self._pairs.T
            spread = np.sqrt(variance[..., a] * variance[..., b])
            product = sums[..., after : after + len(a)] / count
            found = (product - mean[..., a] * mean[..., b]) / spread
            weight = self.weights.correlation * c / len(a)
            total = total + weight * np.sum((found - self._correlation) ** 2, axis=-1)
            if slopes:
                outer = 2.0 * weight * (found - self._correlation) / count
                slope[..., after : after + len(a)] += outer / spread
                for one, other in ((a, b), (b, a)):
                    by_mean = outer * (
                        found * mean[..., one] / variance[..., one] - mean[..., other] / spread
                    )
                    by_square = -outer * found / (2.0 * variance[..., one])
                    hit = (one[:, None] == np.arange(c)).astype(float)
                    slope[..., :c] += by_mean @ hit
                    slope[..., c : 2 * c] += by_square @ hit
        return total, slope


class Tangents:
    """Screens sets of ``count`` records, from their sums (R, D), in single precision or another.

    s is concave in the variance, so that a tangent bounds it from above, and with it a score bounds the
    objective of the swapped set from below; skewness and correlation enter by their slopes.
    """

    def __init__(
        self, objective: Objective, count: int, precision: type[np.floating[Any]] = np.float32
    ) -> None:
        n, mean_weights, sigma_weights = count, *objective.moment_weights
        self._objective, self._count = objective, count
        # Of the root of the sum of squares about the mean, so as to spare a step.
        scale = 1.0 / (n - 1) ** 0.5
        self._sigma, self._floor, self._of_mean, self._of_std = (
            np.asarray(values, dtype=precision)
            for values in (
                objective.sigma / scale,
                np.square(objective.least_tangent / scale),
                mean_weights / n**2,
                sigma_weights * scale**2,
            )
        )
        self._of_slope = self._of_std * self._sigma
        self._each, self._share = precision(1.0 / n), precision(1.0 - 1.0 / n)

    def values(self, sums: Floats) -> Floats:
        """Objectives of sets, (...,) from (..., D), to the precision."""
        return self._spread(sums)[1]

    def _spread(self, sums: Floats) -> tuple[Floats, Floats]:
        """Root of the sum of squares about the mean, (..., C), and the objective, (...,).

        A standard deviation much below the target's counts as more.
        """
        c = self._objective.columns
        squares = np.square(sums[..., :c])
        spread = np.sqrt(np.maximum(sums[..., c : 2 * c] - squares * self._each, self._floor))
        value = squares @ self._of_mean + np.square(spread - self._sigma) @ self._of_std
        value += sums[..., -1] * self._each
        if self._objective.goes_further:
            value += self._objective.further(sums.astype(float), self._count, slopes=False)[0]
        return np.asarray(spread), np.asarray(value)

    def lay(self, sums: Floats) -> Screen:
        """Lay the tangents at what the sets are."""
        c = self._objective.columns
        first = sums[:, :c]
        spread, objective = self._spread(sums)
        slope = self._of_std - self._of_slope / spread
        cross = 2.0 * (self._of_mean - slope * self._each)
        alone = np.zeros_like(sums)
        alone[:, -1] = self._each
        alone[:, c : 2 * c] = self._of_mean + slope * self._share
        if self._objective.goes_further:
            alone += self._objective.further(sums.astype(float), self._count, slopes=True)[1]
        return Screen(objective, cross, first, alone)


def single_precision(values: Floats) -> NDArray[np.float32]:
    """Return values next to one another in single precision, for matrix products."""
    return np.ascontiguousarray(values, dtype=np.float32)
