"""Hazard curves: the annual rate at which Sa at T* is exceeded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.hazard import read_hazard_curve as read_commented
from gmplug.values import FloatArray


@dataclass(frozen=True)
class HazardCurve:
    """A hazard curve, straight in log-log between its points and, by its end slopes, beyond them.

    Parameters
    ----------
    sa_g
        Shape (H,), rising, g; H ≥ 2.
    annual_rate
        Annual rate of exceedance, falling, 1/yr, shape (H,).
    """

    sa_g: FloatArray
    annual_rate: FloatArray

    def __post_init__(self) -> None:
        if len(self.sa_g) < 2 or len(self.sa_g) != len(self.annual_rate):
            raise ValueError("a hazard curve needs two points or more, a rate for each")
        if not (np.all(self.sa_g > 0) and np.all(self.annual_rate > 0)):
            raise ValueError("a hazard curve's Sa and rates must be positive")
        if np.any(np.diff(self.sa_g) <= 0) or np.any(np.diff(self.annual_rate) >= 0):
            raise ValueError("along a hazard curve Sa must rise and the rate fall")

    @classmethod
    def of(cls, table: pd.DataFrame) -> HazardCurve:
        """The curve of a table with ``sa_g`` and ``annual_rate``."""
        return cls(table["sa_g"].to_numpy(dtype=float), table["annual_rate"].to_numpy(dtype=float))

    def _slopes(self) -> FloatArray:
        """d ln rate / d ln Sa of each segment, shape (H − 1,)."""
        slopes: FloatArray = np.diff(np.log(self.annual_rate)) / np.diff(np.log(self.sa_g))
        return slopes

    def rate(self, sa_g: FloatArray) -> FloatArray:
        """Annual rate at which Sa is exceeded, 1/yr, shape as ``sa_g``."""
        x, known = np.log(np.asarray(sa_g, dtype=float)), np.log(self.sa_g)
        at = np.clip(np.searchsorted(known, x) - 1, 0, len(known) - 2)
        rates: FloatArray = np.exp(np.log(self.annual_rate)[at] + self._slopes()[at] * (x - known[at]))
        return rates

    def sa_at(self, annual_rate: float) -> float:
        """Sa, g, that is exceeded at a rate."""
        y, known = np.log(annual_rate), np.log(self.annual_rate)
        at = int(np.clip(np.searchsorted(-known, -y) - 1, 0, len(known) - 2))
        return float(np.exp(np.log(self.sa_g[at]) + (y - known[at]) / self._slopes()[at]))


def read_hazard_curve(path: Path, period_s: float | None = None) -> pd.DataFrame:
    """Read a CSV with the columns ``sa_g`` and ``annual_rate``, or an OpenQuake hazard curve of one site.

    Points with a rate of nil are left out, and of points with one rate (probability 1) all but the strongest.

    Parameters
    ----------
    period_s
        T*, s: a file that states another period is refused.

    Raises
    ------
    InputError
        The file is not a hazard curve; the line names the row.
    """
    if _has_comment_line(path):
        curve = read_commented(path, period_s)
        table = pd.DataFrame({"sa_g": curve.sa_g, "annual_rate": curve.annual_rate})
        return table.drop_duplicates("annual_rate", keep="last").reset_index(drop=True)
    try:
        table = pd.read_csv(path, encoding="utf-8-sig", skipinitialspace=True)
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: cannot be read ({' '.join(str(error).split())}); [risk] hazard_curve is a CSV"
        ) from error
    missing = [name for name in ("sa_g", "annual_rate") if name not in table]
    if missing:
        raise InputError(f"{path}: lacks the column(s) {', '.join(missing)}; it needs sa_g and annual_rate")
    numbers = table[["sa_g", "annual_rate"]].apply(pd.to_numeric, errors="coerce").astype(float)
    good = np.isfinite(numbers).all(axis=1) & (numbers["sa_g"] > 0) & (numbers["annual_rate"] >= 0)
    if not good.all():
        row = int(np.flatnonzero(~good.to_numpy())[0])
        raise InputError(f"{path}, row {row + 2}: sa_g and annual_rate must be positive numbers")
    kept = numbers[numbers["annual_rate"] > 0].sort_values("sa_g").reset_index(drop=True)
    if len(kept) < 2:
        raise InputError(f"{path}: a hazard curve needs two points or more")
    rising = np.flatnonzero((np.diff(kept["annual_rate"]) >= 0) | (np.diff(kept["sa_g"]) <= 0))
    if len(rising):
        at = kept["sa_g"].iloc[int(rising[0]) + 1]
        raise InputError(f"{path}: the rate does not fall at sa_g = {at:g}; rates are of exceedance")
    return kept


def _has_comment_line(path: Path) -> bool:
    """Whether the file begins as OpenQuake's do, and one's own with ``# period_s=...``."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            return file.read(1) == "#"
    except OSError:
        return False
