"""A column line with a rotational spring at each joint: the frame that has the stiffness of a structure.

The fishbone model (Nakashima, Ogawa & Inoue 2002, Earthquake Eng. Struct. Dyn. 31(3)): one column of bending
stiffness EI for each story, and springs for the beams of each floor and the foundation. P-Delta acts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gmplug.surrogate.pushover import Pushover
from gmplug.surrogate.static_model import Path
from gmplug.values import FloatArray, IntArray

#: Logarithms of the stiffnesses are kept within these limits: columns over the top one, springs over columns.
_COLUMNS, _SPRINGS = (-6.0, 6.0), (-9.0, 4.6)
#: Weight of the logarithms in the fit: of equally good ones, the most even.
_EVEN = 1e-4


@dataclass(frozen=True)
class Fishbone:
    """A fishbone of n stories.

    Parameters
    ----------
    columns
        Stiffness of displacements and rotations (of the base first) by columns and P-Delta, (2n+1, 2n+1).
    springs
        Rotational stiffness of the joints, the base first, shape (n+1,).
    sway, heights
        Stiffness 12 EI/h³ of the columns and heights of the stories, shape (n,).
    error
        Of the stiffness matrix, in its own norm, over √n.
    """

    columns: FloatArray
    springs: FloatArray
    sway: FloatArray
    heights: FloatArray
    error: float

    def hinged(self, stories: IntArray) -> FloatArray:
        """Stiffness with a hinge in the columns of some stories, their drifts last, shape (2n+1+m, 2n+1+m).

        A hinge in series with the columns lets one end drift against the other. It has half of their
        flexibility.
        """
        n, size = len(self.sway), len(self.columns)
        found = np.zeros((size + len(stories),) * 2)
        found[:size, :size] = self.columns
        for place, story in enumerate(stories):
            drift = np.zeros(len(found))
            drift[[n + story, n + story + 1]] = self.heights[story] / 2
            drift[story] = -1.0
            if story:
                drift[story - 1] = 1.0
            found -= self.sway[story] * np.outer(drift, drift)
            drift[size + place] = 1.0
            found += 2 * self.sway[story] * np.outer(drift, drift)
        return found

    def deformations(self, path: Path, linear: IntArray) -> tuple[FloatArray, FloatArray]:
        """Rotations of the joints and drifts of hinges along a path, and their forces, (S, n+1+m) each.

        Some joints are linear, and the m of them that are above the base have hinges in the columns below. So
        equilibrium of the floors, of the base if it yields, and of these joints gives all.
        """
        n, u, of = path.load.shape[1], path.displacement, self.hinged(linear[linear > 0] - 1)
        known = of.copy()
        known[n + linear, n + linear] += self.springs[linear]
        rows, sides = np.arange(n), [path.load, np.zeros((len(u), len(linear)))]
        if 0 not in linear:
            rows, sides = np.arange(n + 1), [path.load, -path.base_moment[:, None], sides[1]]
        rows = np.concatenate([rows, n + linear])
        right = np.hstack(sides) - u @ known[rows, :n].T
        found = np.asarray(np.linalg.solve(known[rows, n:], right.T).T, dtype=np.float64)
        return found, -(u @ of[n:, :n].T + found @ of[n:, n:])


def fishbone(pushover: Pushover) -> Fishbone | None:
    """Return the fishbone with the stiffness and base moments of a structure; None where no base rotates."""
    from scipy.optimize import least_squares

    n, h = len(pushover.mass), pushover.story_heights
    if n < 2 or not np.isfinite(pushover.base_moment).all():
        return None
    stiffness = pushover.stiffness
    inverse = np.linalg.inv(np.linalg.cholesky(stiffness))
    weight = pushover.gravity * np.cumsum(pushover.mass[::-1])[::-1]
    unit = float(stiffness[-1, -1] * h[-1] ** 3 / 12)
    upper = np.triu_indices(n)
    scale = np.where(upper[0] == upper[1], 1.0, np.sqrt(2.0))

    def parts(x: FloatArray) -> tuple[FloatArray, FloatArray]:
        bending = unit * np.exp(x[:n])
        beside = np.concatenate([bending[:1] / h[0], bending / h])
        return _columns(bending, x[-1] * weight, h), beside * np.exp(x[n:-1])

    def miss(x: FloatArray) -> FloatArray:
        columns, springs = parts(x)
        rotation = -np.linalg.solve(columns[n:, n:] + np.diag(springs), columns[n:, :n])
        condensed = columns[:n, :n] + columns[:n, n:] @ rotation
        energy = inverse @ condensed @ inverse.T - np.eye(n)
        moment = springs[0] * np.linalg.solve(condensed.T, rotation[0])
        base = (moment - pushover.base_moment) / np.cumsum(h)
        return np.concatenate([energy[upper] * scale, base, _EVEN * x])

    low = np.array([_COLUMNS[0]] * n + [_SPRINGS[0]] * (n + 1) + [-1e-9])
    high = np.array([_COLUMNS[1]] * n + [_SPRINGS[1]] * (n + 1) + [1.2])
    fits = []
    for spring in (-2.0, 0.0, 2.0):
        first = np.array([0.0] * n + [spring] * (n + 1) + [0.5])
        fits.append(least_squares(miss, first, bounds=(low, high)))
    best = min(fits, key=lambda fit: fit.cost)
    columns, springs = parts(best.x)
    error = float(np.linalg.norm(miss(best.x)[: len(upper[0]) + n])) / np.sqrt(n)
    return Fishbone(columns, springs, 12 * unit * np.exp(best.x[:n]) / h**3, h, error)


def _columns(bending: FloatArray, axial: FloatArray, heights: FloatArray) -> FloatArray:
    """Stiffness of columns under axial forces (n,): the displacements of the floors, then n+1 rotations."""
    n = len(heights)
    found = np.zeros((2 * n + 2, 2 * n + 2))  # with the base's displacement first
    for story, (ei, force, h) in enumerate(zip(bending, axial, heights, strict=True)):
        at = [story, n + 1 + story, story + 1, n + 2 + story]
        found[np.ix_(at, at)] += (
            ei
            / h**3
            * np.array(
                [
                    [12.0, 6 * h, -12.0, 6 * h],
                    [6 * h, 4 * h * h, -6 * h, 2 * h * h],
                    [-12.0, -6 * h, 12.0, -6 * h],
                    [6 * h, 2 * h * h, -6 * h, 4 * h * h],
                ]
            )
        )
        found[np.ix_(at[::2], at[::2])] -= force / h * np.array([[1.0, -1.0], [-1.0, 1.0]])
    return found[1:, 1:]
