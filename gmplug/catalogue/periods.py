"""The NGA-West2 column style for spectral ordinates: ``T0.010S`` is Sa at 0.010 s."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from gmplug.values import FloatArray

_PERIOD_COLUMN = re.compile(r"T(\d+(?:[.,]\d*)?)S", re.IGNORECASE)


def period_column(period_s: float) -> str:
    """Return the column name of a period, s: three decimals, more where the period needs them.

    ``period_of(period_column(t)) == t`` for every period, so that close periods keep names of their own.
    """
    return f"T{np.format_float_positional(period_s, unique=True, min_digits=3)}S"


def period_columns(periods_s: ArrayLike) -> list[str]:
    """Return the column names of periods, s, shape (P,)."""
    return [period_column(float(t)) for t in np.atleast_1d(np.asarray(periods_s, dtype=float))]


def period_of(column: str) -> float | None:
    """Return the period, s, that a column name stands for; None where it is another column."""
    match = _PERIOD_COLUMN.fullmatch(str(column).strip())
    period = float(match.group(1).replace(",", ".")) if match else 0.0
    return period if period > 0 else None


def find_period_columns(columns: Iterable[str]) -> tuple[list[str], FloatArray]:
    """Return the spectral columns among ``columns`` and their periods, s, shape (Q,), in order of period."""
    found = sorted((period, name) for name in columns if (period := period_of(name)) is not None)
    return [name for _, name in found], np.array([period for period, _ in found], dtype=float)
