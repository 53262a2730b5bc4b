"""The nearest correlation matrix to one put together from sources that may contradict one another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gmplug.notes import doubtful
from gmplug.values import FloatArray

#: Eigenvalues above this are rounding; a matrix without lower ones is left as it is.
_ROUNDING = -1e-10
#: The least eigenvalue of a corrected matrix, or half of the fixed block's where that is less.
_FLOOR = 1e-8
#: Alternating projections end when a step changes no correlation by more than this.
_STEP, _STEPS = 1e-5, 2000
#: A change of a correlation by more than this is noted as doubtful.
LARGE_CHANGE = 0.1


@dataclass(frozen=True)
class Corrected:
    """A correlation matrix (Q, Q), positive semidefinite.

    ``change`` is the largest change of a correlation, ``at`` its row and column, ``least`` the least
    eigenvalue that the matrix had.
    """

    matrix: FloatArray
    change: float
    at: tuple[int, int]
    least: float

    def notes(self, what: str, names: list[str], before: FloatArray) -> tuple[str, ...]:
        """Say what was changed; nothing where nothing was."""
        if self.change == 0.0:
            return ()
        row, column = self.at
        pair = f"{names[row]} with {names[column]}"
        text = (
            f"{what} contradict one another (least eigenvalue {self.least:.2g}): the nearest consistent ones "
            f"are used (Higham 2002); largest change {self.change:.2f}, of {pair}: "
            f"{before[row, column]:.2f} to {self.matrix[row, column]:.2f}"
        )
        return (doubtful(text) if self.change > LARGE_CHANGE else text,)


def nearest_correlation(matrix: FloatArray, fixed: int = 0) -> Corrected:
    """Return the nearest positive semidefinite matrix with ones on the diagonal, by the Frobenius norm.

    Higham (2002), "Computing the nearest correlation matrix: a problem from finance", IMA J. Numer. Anal.
    22(3):329-343: alternating projections with Dykstra's correction. The first ``fixed`` rows and columns,
    which must be positive semidefinite, are kept: Higham & Strabić (2016), "Anderson acceleration of the
    alternating projections method for computing the nearest correlation matrix", Numer. Algorithms
    72:1021-1042, sect. 3.2. What is left of negative eigenvalues goes by shrinking toward the two diagonal
    blocks: Higham, Strabić & Šego (2016), "Restoring definiteness via shrinking", SIAM Review 58(2):245-263.

    Parameters
    ----------
    matrix
        Symmetric, with ones on the diagonal, shape (Q, Q).
    fixed
        How many of the first rows and columns are kept as they are.
    """
    least = float(np.linalg.eigvalsh(matrix)[0])
    if least >= _ROUNDING:
        return Corrected(matrix, 0.0, (0, 0), least)
    kept = np.eye(len(matrix), dtype=bool)
    kept[:fixed, :fixed] = True
    found, correction = matrix.copy(), np.zeros_like(matrix)
    for _ in range(_STEPS):
        start = found - correction
        definite = _without_negative(start)
        correction = definite - start
        found = np.where(kept, matrix, definite)
        if np.max(np.abs(found - definite)) < _STEP:
            break
    found = _shrunk((found + found.T) / 2.0, fixed)
    change = np.abs(found - matrix)
    row, column = (int(at) for at in np.unravel_index(int(np.argmax(change)), change.shape))
    return Corrected(found, float(change[row, column]), (max(row, column), min(row, column)), least)


def _without_negative(matrix: FloatArray) -> FloatArray:
    """The projection on the positive semidefinite matrices."""
    from scipy.linalg import eigh

    values, vectors = eigh(matrix, subset_by_value=(-np.inf, 0.0))
    return np.asarray(matrix - (vectors * values) @ vectors.T)


def _shrunk(matrix: FloatArray, fixed: int) -> FloatArray:
    """The matrix moved toward its diagonal blocks (or, with nothing fixed, the identity) until definite."""
    blocks = np.eye(len(matrix))
    blocks[:fixed, :fixed] = matrix[:fixed, :fixed]
    floor = min(_FLOOR, 0.5 * float(np.linalg.eigvalsh(blocks)[0]))
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2.0
        at = middle * blocks + (1.0 - middle) * matrix
        low, high = (low, middle) if np.linalg.eigvalsh(at)[0] >= floor else (middle, high)
    return np.asarray(high * blocks + (1.0 - high) * matrix)
