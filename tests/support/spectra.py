"""Made-up spectra, and a short training."""

from __future__ import annotations

from typing import Any

import numpy as np

from gmplug.values import FloatArray

#: So little of the published training that it takes seconds.
BRIEF: dict[str, Any] = {"copies": 3, "pretrain_epochs": 1, "finetune_epochs": 3, "n_init": 5}


def spectra(count: int = 14, periods_s: FloatArray | None = None, seed: int = 0) -> FloatArray:
    """ln Sa of two families that part above 1 s, all equal at 1 s, shape (count, P)."""
    t = np.round(np.arange(1, 21) * 0.1, 1) if periods_s is None else periods_s
    rng = np.random.default_rng(seed)
    long = np.where(np.arange(count) < 0.6 * count, -0.45, 0.55) + 0.08 * rng.standard_normal(count)
    short = 0.03 * rng.standard_normal(count)
    tilt = np.where(t[None, :] > 1.0, long[:, None], short[:, None]) * np.log(t)[None, :] ** 2
    return np.log(0.5) - np.log(t)[None, :] ** 2 / 4 + tilt
