"""The objective of sets in which a record gives way, as polynomials in the values of the one that comes."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from gmplug.selection.objective import Objective, single_precision
from gmplug.values import FloatArray, IntArray

Single = NDArray[np.float32]


class Expansion:
    """Scores records for slots of R sets by polynomials of fourth degree, nearly the objective.

    With f the sum of x over the records that stay and the one that comes, and v the sum of squares about the
    mean, a column adds ``a f² + b Σx² - 2 k √v`` and what is the same for all, ``k = b σ √(n - 1)``. All but
    the root is of second degree in x; the root is expanded to second order in v about what the set is now.
    A tangent, of first order, is far off where v changes much; these scores need not be checked one by one.

    Parameters
    ----------
    objective, records
        Records are numbered by their place in ``records``.
    count
        n, records of a set.
    sets
        R.
    """

    def __init__(self, objective: Objective, records: IntArray, count: int, sets: int) -> None:
        n, c = count, objective.columns
        of_mean, of_std = objective.moment_weights
        by_mean, by_std = of_mean / n**2, of_std / (n - 1)
        features = objective.features[records]
        values, squares = features[:, :c], features[:, c : 2 * c]
        # Sums of x are kept times this, which spares a step in every score.
        unit, share = (2.0 / (n * (n - 1))) ** 0.5, 1.0 - 1.0 / n
        self._each = np.float32(1.0 / (n * unit**2))
        self._weights = [weight.astype(np.float32) for weight in (by_mean / unit**2, by_std)]
        self._sigma = (objective.sigma * np.sqrt(n - 1)).astype(np.float32)
        self._penalty = (features[:, -1] / n).astype(np.float32)
        self._x, self._square = (single_precision(moment) for moment in (values * unit, squares))
        self._powers = _powers(single_precision(values.T), n, unit, share)
        #: What a record adds whatever the set, (N,).
        self.alone: Single = np.asarray(
            squares @ (by_mean - by_std / n + by_std) + features[:, -1] / n, dtype=np.float32
        )
        self._slope = _for_each(by_std * objective.sigma * np.sqrt(n - 1), sets)
        self._floor = _for_each(np.square(objective.least_tangent) * (n - 1), sets)
        self._of_mean = _for_each(2.0 * n * (by_mean - by_std / n), sets)
        self._v, self._root = np.empty((2, sets, c), dtype=np.float32)

    def begin(self, chosen: IntArray) -> None:
        """Set out from sets (n, R)."""
        self._first = self._x.take(chosen, axis=0).sum(axis=0)
        self._second = self._square.take(chosen, axis=0).sum(axis=0)

    def values(self, chosen: IntArray) -> Single:
        """Objectives of the sets as they are, (R,); skewness and correlation apart."""
        spread = np.sqrt(np.maximum(self._second - np.square(self._first) * self._each, 0.0))
        of_mean, of_std = self._weights
        value = np.square(self._first) @ of_mean + np.square(spread - self._sigma) @ of_std
        return np.asarray(value + self._penalty.take(chosen).sum(axis=0))

    def scores(self, leaves: IntArray, span: slice) -> Single:
        """What records would add to each set in the place of one that leaves, (B, R, records) of (B, R)."""
        self._leaving = self._x.take(leaves, axis=0), self._square.take(leaves, axis=0)
        coefficients = self._coefficients().transpose(1, 2, 0, 3).reshape(leaves.size, -1)
        found = coefficients @ self._powers[:, span]
        return np.asarray(found.reshape(*leaves.shape, -1))

    def _coefficients(self) -> Single:
        """Coefficients of x, x², x³, x⁴ for those who come, (4, B, R, C)."""
        v, root = self._v, self._root
        np.multiply(self._first, self._first, out=v)
        np.multiply(v, self._each, out=v)
        np.subtract(self._second, v, out=v)
        np.maximum(v, self._floor, out=v)
        np.sqrt(v, out=root)
        np.divide(self._slope, root, out=root)  # -d(2 k √v)/dv
        first, second = self._first - self._leaving[0], self._second - self._leaving[1]
        found = np.empty((4, *first.shape), dtype=np.float32)
        of_x, of_square, of_cube, of_fourth = found
        np.divide(root, v, out=of_fourth[0])
        of_fourth[1:] = of_fourth[0]
        np.multiply(first, first, out=of_square)
        np.multiply(of_square, self._each, out=of_square)
        np.subtract(second, of_square, out=second)
        np.divide(second, v, out=second)
        np.subtract(second, 3.0, out=second)
        np.multiply(second, root, out=second)
        np.subtract(second, self._of_mean, out=of_x)
        np.multiply(of_x, first, out=of_x)
        np.multiply(of_fourth, first, out=of_cube)
        np.multiply(of_cube, first, out=of_square)
        np.add(of_square, second, out=of_square)
        return found

    def exchange(self, enters: IntArray) -> None:
        """Let records (B, R) take the places of those that leave."""
        entering = self._x.take(enters, axis=0), self._square.take(enters, axis=0)
        for sums, come, leave in zip((self._first, self._second), entering, self._leaving, strict=True):
            np.subtract(come, leave, out=come)
            for change in come:
                np.add(sums, change, out=sums)


def _powers(x: Single, n: int, unit: float, share: float) -> Single:
    """x, x², x³, x⁴ of the records, (4 C, N) from (C, N), times what all their coefficients share."""
    powers = np.empty((4, *x.shape), dtype=np.float32)
    factors = (-1.0 / (n * unit), share / 2, -share / (n * unit), share**2 / 4)
    np.copyto(powers[0], x)
    for lower, higher in itertools.pairwise(powers):
        np.multiply(lower, x, out=higher)
    powers *= np.array(factors, dtype=np.float32)[:, None, None]
    return powers.reshape(-1, x.shape[1])


def _for_each(values: FloatArray, sets: int) -> Single:
    """Values of the columns (C,) for each set, (sets, C)."""
    return np.repeat(values.astype(np.float32)[None], sets, axis=0)
