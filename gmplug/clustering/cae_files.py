"""The file of a fitted autoencoder: a NumPy .npz archive of plain arrays and one JSON text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from gmplug.clustering.autoencoder import weight_shapes

FILE_FORMAT = "gmplug-cae-2"


def read_archive(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and metadata of a saved model; raises ValueError with one line where it is not one."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        meta = json.loads(str(arrays.pop("meta")))
    except FileNotFoundError:
        raise
    except Exception as error:  # a damaged archive shows in many ways
        raise ValueError(f"{path}: not a model saved by CAEKMeans ({error})") from error
    if meta.get("format") != FILE_FORMAT:
        raise ValueError(f"{path}: format {meta.get('format')!r} is not {FILE_FORMAT!r}")
    return arrays, meta


def weights_of(arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
    return [arrays[name] for name in sorted(arrays) if name.startswith("weight_")]


def stored_weights(path: Path, points: int) -> list[np.ndarray]:
    """Weights of a saved model for so many points; raises ValueError where the shapes differ."""
    weights = weights_of(read_archive(path)[0])
    if [w.shape for w in weights] != weight_shapes(points):
        raise ValueError(
            f"{path}: its network is for another number of periods; give a model of the same grid"
        )
    return weights
