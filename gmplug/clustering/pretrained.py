"""The weights that gmplug ships: trained on simulated spectra by :mod:`gmplug.clustering.pretraining`."""

from __future__ import annotations

import hashlib
import io
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from gmplug.clustering.autoencoder import Array
from gmplug.errors import InputError

FILE = Path(__file__).with_name("pretrained.npz")
SHA256 = "9364c4f9f08ea549b34932e1e898d456c4e4ff328cc70b573d6f48ab5951c23a"


@cache
def pretrained_weights() -> tuple[Array, ...]:
    """Return them in Keras' order, float32. Raises InputError where the file is not gmplug's."""
    content = FILE.read_bytes() if FILE.is_file() else b""
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise InputError(f"{FILE}: is missing or damaged; install gmplug again")
    with np.load(io.BytesIO(content), allow_pickle=False) as stored:
        return tuple(stored[name].astype(np.float32) for name in sorted(stored.files))


def write(weights: list[Array], path: Path) -> str:
    """Write weights as a NumPy archive of plain arrays, float16; return the file's SHA-256."""
    arrays: dict[str, Any] = {f"weight_{i:02d}": w.astype(np.float16) for i, w in enumerate(weights)}
    np.savez_compressed(path, **arrays)
    return hashlib.sha256(path.read_bytes()).hexdigest()
