"""What the encoder does not see: noise on the spectra, and periods left out, so that it learns to do without.

A denoising autoencoder (Vincent et al. 2010, JMLR 11:3371-3408): the losses ask for the spectra as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Of the spectra that lose periods, the share that loses long ones, as a record's filter does; the others
#: lose short ones.
_LONG_SHARE = 0.75


@dataclass(frozen=True)
class Corruption:
    """Noise and missing periods for a share of the spectra of a batch; the others stay as they are.

    Parameters
    ----------
    noise
        Largest standard deviation of the normal noise, in the units of the spectra; each spectrum draws its
        own between 0 and this. Independent from period to period.
    missing
        Probability that a spectrum loses the periods beyond one drawn at random above T* (or, one time in
        four, those below one drawn at random in the lower half of the periods up to T*): they become 0, the
        mean spectrum.
    anchor
        Position of T* among the points.
    share
        Share of the spectra that are touched.
    """

    noise: float
    missing: float
    anchor: int
    share: float = 0.5

    def __call__(self, spectra: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return corrupted spectra, float32, of the shape (n, P', 1) of ``spectra``."""
        count, points = spectra.shape[:2]
        touched = np.asarray(rng.random(count) < self.share)
        sigma = np.where(touched, rng.uniform(0.0, 1.0, count) * self.noise, 0.0)
        noise = sigma[:, None] * rng.standard_normal((count, points))
        missing = self._missing(count, points, rng) & touched[:, None]
        return np.where(missing, 0.0, spectra[:, :, 0] + noise)[:, :, None].astype(np.float32)

    def _missing(self, count: int, points: int, rng: np.random.Generator) -> np.ndarray:
        position = np.arange(points)
        first_missing = self.anchor + 1 + rng.integers(max(1, points - self.anchor - 1), size=count)
        first_kept = rng.integers(self.anchor // 2 + 1, size=count)
        long = position >= first_missing[:, None]
        short = position < first_kept[:, None]
        chosen = np.where((rng.random(count) < _LONG_SHARE)[:, None], long, short)
        loses = np.asarray(rng.random(count) < self.missing)
        return chosen & loses[:, None]
