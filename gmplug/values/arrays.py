"""Types of arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def check_periods(periods_s: FloatArray, where: str) -> None:
    """Raise ValueError unless the periods are positive and increasing; ``where`` begins its message."""
    if periods_s.ndim != 1 or len(periods_s) == 0:
        raise ValueError(f"{where}: periods_s must be one-dimensional and not empty")
    if not np.all(np.isfinite(periods_s)) or np.any(periods_s <= 0) or np.any(np.diff(periods_s) <= 0):
        raise ValueError(f"{where}: periods_s must be positive and increasing")
