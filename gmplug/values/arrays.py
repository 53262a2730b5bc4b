"""Types of arrays and of progress."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
#: Called by a stage as ``progress(done, total, message)`` while it works; shown by whoever runs the chain.
Progress = Callable[[float, float, str], None]


def no_progress(done: float, total: float, message: str) -> None:
    """Show nothing: the default for stages that are called on their own."""


def check_periods(periods_s: FloatArray, where: str) -> None:
    """Raise ValueError unless the periods are positive and increasing; ``where`` begins its message."""
    if periods_s.ndim != 1 or len(periods_s) == 0:
        raise ValueError(f"{where}: periods_s must be one-dimensional and not empty")
    if not np.all(np.isfinite(periods_s)) or np.any(periods_s <= 0) or np.any(np.diff(periods_s) <= 0):
        raise ValueError(f"{where}: periods_s must be positive and increasing")
