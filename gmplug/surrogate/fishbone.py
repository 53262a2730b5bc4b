"""A column line with a rotational spring at each joint: the frame that has the stiffness of a structure.

The fishbone model (Nakashima, Ogawa & Inoue 2002, Earthquake Eng. Struct. Dyn. 31(3)): one column of bending
stiffness EI for each story, and springs for the beams of each floor and the foundation. P-Delta acts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gmplug.surrogate.pushover import Pushover
from gmplug.surrogate.static_model import Path
from gmplug.values import FloatArray

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
    error
        Of the stiffness matrix, in its own norm, over √n.
    """

    columns: FloatArray
    springs: FloatArray
    error: float

    def rotations(self, path: Path) -> tuple[FloatArray, FloatArray]:
        """Rotations of the joints and moments of their springs along a path, shape (S, n+1) each.

        The columns stay linear: equilibrium of the floors and of the base gives the rotations.
        """
        n = path.load.shape[1]
        u, of = path.displacement, self.columns
        sides = np.column_stack([path.load - u @ of[:n, :n], -path.base_moment - u @ of[n, :n]])
        found = np.asarray(np.linalg.solve(of[: n + 1, n:], sides.T).T, dtype=np.float64)
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
    return Fishbone(columns, springs, error)


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
