"""From a study's period grid to the autoencoder's points and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gmplug.values import FloatArray

#: Spectra of more periods than this are interpolated to as many points for the network.
MOST_POINTS = 256


@dataclass(frozen=True)
class PointGrid:
    """Linear maps between P periods and the network's P' points, a multiple of 4.

    Up to :data:`MOST_POINTS` periods, the last value is repeated up to the next multiple of 4, and the
    repetitions count for nothing in the losses. Longer spectra are interpolated linearly in the index.

    Parameters
    ----------
    forward
        Shape (P, P'): ``spectra @ forward`` are points.
    back
        Shape (P', P): ``points @ back`` are spectra.
    """

    forward: FloatArray
    back: FloatArray

    @classmethod
    def for_periods(cls, periods: int) -> PointGrid:
        """The grid for spectra of so many periods."""
        points = min(-(-periods // 4) * 4, MOST_POINTS)
        if periods <= MOST_POINTS:
            forward = np.zeros((periods, points))
            forward[np.minimum(np.arange(points), periods - 1), np.arange(points)] = 1.0
            return cls(forward, np.eye(points, periods))
        return cls(_interpolation(periods, points), _interpolation(points, periods))

    @property
    def points(self) -> int:
        """P'."""
        return self.forward.shape[1]

    def point_weights(self, weights: FloatArray) -> FloatArray:
        """Weights of the points, shape (P',), mean 1, from weights of the periods, shape (P,), mean 1."""
        spread = self.back @ weights
        return spread * self.points / spread.sum()


def _interpolation(old: int, new: int) -> FloatArray:
    """Matrix (old, new) that interpolates linearly in the index, ends to ends."""
    position = np.linspace(0.0, old - 1.0, new)
    left = np.minimum(position.astype(int), old - 2)
    share = position - left
    matrix = np.zeros((old, new))
    matrix[left, np.arange(new)] = 1.0 - share
    matrix[left + 1, np.arange(new)] += share
    return matrix
