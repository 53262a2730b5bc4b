"""A population and its analyzed sample, and the regression of ln demand on a surrogate in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gmplug.values import FloatArray, IntArray

#: Fewest analyses that a regression is fitted to.
FEWEST = 8


@dataclass(frozen=True)
class Population:
    """What the estimates are of.

    Parameters
    ----------
    weights
        Of the candidates, shape (N,), sum 1.
    sample
        Positions of the analyzed records, shape (n,).
    sample_weights
        What each of them stands for, shape (n,), sum 1.
    """

    weights: FloatArray
    sample: IntArray
    sample_weights: FloatArray

    @property
    def left(self) -> float:
        """Finite population factor of variances: 1 − n/N where all that count weigh alike, else 1."""
        counted = self.weights[self.weights > 0]
        alike = np.allclose(counted, counted[0]) and np.allclose(self.sample_weights, self.sample_weights[0])
        return max(1.0 - len(self.sample) / len(counted), 0.0) if alike else 1.0


@dataclass(frozen=True)
class Regression:
    """Regressions of y on x in R samples, shape (R,) each.

    Parameters
    ----------
    mean, middle
        Weighted means of y and x.
    slope
        Of the line.
    error
        Weighted mean square of the errors, each value left out in turn.
    variance
        Of the residuals, for two parameters.
    """

    mean: FloatArray
    middle: FloatArray
    slope: FloatArray
    error: FloatArray
    variance: FloatArray


def regress(y: FloatArray, v: FloatArray, x: FloatArray) -> Regression:
    """Fit a line to y (n,) and x (n,) for each row of weights v, (R, n), of sum 1."""
    mean, middle = v @ y, v @ x
    about, away = y - mean[:, None], x - middle[:, None]
    spread = np.maximum(np.sum(v * away**2, axis=1), 1e-300)
    slope = np.sum(v * away * about, axis=1) / spread
    residual = about - slope[:, None] * away
    leverage = np.minimum(v + v * away**2 / spread[:, None], 1.0 - 1e-9)
    error = np.sum(v * (residual / (1.0 - leverage)) ** 2, axis=1)
    free = 1.0 - 2.0 * np.sum(v * v, axis=1)
    return Regression(mean, middle, slope, error, np.sum(v * residual**2, axis=1) / free)
