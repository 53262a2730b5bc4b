"""Test records: spectra like those of scaled recordings, from a seed, in known groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from gmplug.values import FloatArray, IntArray

#: Sa at T* to which the sample's spectra are scaled, g.
SA_G = 0.5
#: Magnitude and Joyner-Boore distance (km) around which the records of each planted group lie.
_CAUSES = ((6.2, 8.0), (6.9, 25.0), (7.5, 60.0))
#: Offsets of ln Sa of each planted group at the short and the long end of the spectrum.
_OFFSETS = ((0.0, -1.0), (0.7, 0.3), (-0.7, 1.4))
#: Standard deviation of ln Sa within a planted group, far from T*.
_SIGMA_LN = 0.25


@dataclass(frozen=True)
class SampleRecords:
    """Records as gmplug gives them to a clusterer.

    Parameters
    ----------
    ln_sa
        ln of the scaled Sa (g), shape (N, P); all agree at the conditioning period.
    metadata
        N rows: ``id``, ``group``, ``event``, ``magnitude``, ``rjb_km``, ``vs30_m_s``, ``mechanism``,
        ``scale_factor``.
    periods_s
        Shape (P,), s.
    conditioning_period_s
        T*, s.
    truth
        The planted group of each record, 0, 1 or 2, shape (N,).
    """

    ln_sa: FloatArray
    metadata: pd.DataFrame
    periods_s: FloatArray
    conditioning_period_s: float
    truth: IntArray

    def reordered(self, order: IntArray) -> SampleRecords:
        """Return the records in another order, with a new index of ``metadata``, as in gmplug."""
        return SampleRecords(
            self.ln_sa[order].copy(),
            self.metadata.iloc[order].reset_index(drop=True),
            self.periods_s,
            self.conditioning_period_s,
            self.truth[order],
        )


def sample_records(
    records: int = 48,
    *,
    periods_s: FloatArray | None = None,
    conditioning_period_s: float = 1.0,
    seed: int = 1,
) -> SampleRecords:
    """Make records in up to three groups that differ clearly in spectra, magnitude and distance.

    ln Sa is a mean of the usual shape (a plateau at short periods, falling at long periods) plus residuals.
    Their correlation between two periods decreases with the difference of ln T, as in recordings. Each
    record is scaled to one value at T*.

    Parameters
    ----------
    records
        N, at least 1.
    periods_s
        Shape (P,), s; by default 0.05, 0.10, ..., 2 T*. Need not contain T*.
    conditioning_period_s
        T*, s.
    seed
        Another seed gives other records.
    """
    rng = np.random.default_rng(seed)
    if periods_s is None:
        periods_s = np.round(np.arange(1, 41) * 0.05 * conditioning_period_s, 9)
    periods_s = np.asarray(periods_s, dtype=float)
    truth = np.arange(records) % 3 if records < 9 else rng.permutation(_shares(records))
    causes, offsets = np.array(_CAUSES)[truth], np.array(_OFFSETS)[truth]
    magnitude = np.round(causes[:, 0] + 0.08 * rng.standard_normal(records), 2)
    rjb_km = np.round(causes[:, 1] * np.exp(0.15 * rng.standard_normal(records)), 2)

    x = np.log(periods_s / conditioning_period_s)
    ramp = np.where(x < 0, offsets[:, [0]] * np.tanh(-x), offsets[:, [1]] * np.tanh(1.5 * x))
    residuals = rng.multivariate_normal(
        np.zeros(len(x)), _SIGMA_LN**2 * np.exp(-0.7 * np.abs(x[:, None] - x)), size=records, method="eigh"
    )
    ln_sa = _mean_shape(periods_s) + ramp + residuals
    at_t_star = np.array([np.interp(0.0, x, row) for row in ln_sa])
    scaled = ln_sa - at_t_star[:, None] + np.log(SA_G)
    metadata = pd.DataFrame(
        {
            "id": [f"R{i + 1:03d}" for i in range(records)],
            "group": "all",
            "event": [f"event {t + 1}" for t in truth],
            "magnitude": magnitude,
            "rjb_km": rjb_km,
            "vs30_m_s": np.round(rng.uniform(200.0, 700.0, records), 1),
            "mechanism": "strike-slip",
            "scale_factor": np.round(np.exp(0.4 * rng.standard_normal(records)), 4),
        }
    )
    return SampleRecords(scaled, metadata, periods_s, conditioning_period_s, truth)


def _shares(records: int) -> IntArray:
    """Group of each record: one half, one third, one sixth."""
    sizes = [records - records // 3 - records // 6, records // 3, records // 6]
    return np.repeat(np.arange(3), sizes)


def _mean_shape(periods_s: FloatArray) -> FloatArray:
    """ln of a smooth spectrum: 0 at T = 0, a plateau of 2.5 around 0.2 s, falling as 1/T beyond 0.4 s."""
    rise = 1.0 + 1.5 * np.tanh(periods_s / 0.1)
    return np.log(rise / np.sqrt(1.0 + (periods_s / 0.4) ** 2))
