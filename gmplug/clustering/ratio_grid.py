"""Spectra at fixed ratios T/T*, on which the shipped network works, and back at a study's own periods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gmplug.values import BoolArray, FloatArray

#: The network's points, T/T*: 1 is one of them.
RATIOS: FloatArray = np.geomspace(0.01, 10.0, 100)
#: Points of a cell over which a spectrum is averaged.
_WITHIN_CELL = 9


@dataclass(frozen=True)
class RatioGrid:
    """Linear maps between a study's P periods and the network's points.

    Parameters
    ----------
    known
        Points that the study's periods reach, with one beyond either end, shape (100,). The network sees 0,
        the mean spectrum, at the others.
    inward
        Means of a spectrum over the cells of the points, shape (P, 100), linear between periods in ln T: a
        peak between two points counts.
    outward
        Interpolation between the points, linear in ln T, shape (100, P); constant beyond their ends.
    """

    known: BoolArray
    inward: FloatArray
    outward: FloatArray

    @classmethod
    def of(cls, periods_s: FloatArray, conditioning_period_s: float) -> RatioGrid:
        """Return the maps of these periods, s; raises ValueError where none lies between 0.01 and 10 T*."""
        own, points = np.log(periods_s / conditioning_period_s), np.log(RATIOS)
        width = points[1] - points[0]
        known = (points > own[0] - width * (1 - 1e-9)) & (points < own[-1] + width * (1 - 1e-9))
        if not known.any():
            raise ValueError(
                f"no period lies between {RATIOS[0]:g} and {RATIOS[-1]:g} T*, where the network of "
                "cae-kmeans works; take other periods, or the method kmeans"
            )
        offsets = width * ((np.arange(_WITHIN_CELL) + 0.5) / _WITHIN_CELL - 0.5)
        sampled = _interpolation((points[known, None] + offsets).ravel(), own)
        inward, outward = np.zeros((len(own), len(points))), np.zeros((len(points), len(own)))
        inward[:, known] = sampled.reshape(-1, _WITHIN_CELL, len(own)).mean(axis=1).T
        outward[known] = _interpolation(own, points[known]).T
        return cls(known, inward, outward)


def _interpolation(at: FloatArray, given: FloatArray) -> FloatArray:
    """The matrix (n, m) of linear interpolation at ``at`` (n,) between ``given`` (m,), constant beyond."""
    return np.array([np.interp(at, given, unit) for unit in np.eye(len(given))]).T
