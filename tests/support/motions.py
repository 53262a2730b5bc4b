"""Made-up motions and their files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

GRAVITY = 9.80665


def burst(seconds: float = 8.0, dt: float = 0.01, peak_g: float = 0.4, seed: int = 3) -> np.ndarray:
    """A made-up motion: filtered noise under a smooth envelope, g."""
    n = round(seconds / dt)
    noise = np.convolve(np.random.default_rng(seed).normal(size=n), np.hanning(15), mode="same")
    motion = noise * np.sin(np.pi * np.arange(n) / n) ** 2
    return peak_g * motion / np.max(np.abs(motion))


def write_motion(path: Path, acceleration_g: np.ndarray) -> Path:
    path.write_text("# acceleration in g\n" + "\n".join(f"{a:.9e}" for a in acceleration_g))
    return path
