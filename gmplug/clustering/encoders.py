"""An encoder of one's own in place of the autoencoder: any object with ``fit`` and ``transform``."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator

from gmplug.values import FloatArray

_NEEDED = ("fit", "transform")


def checked_encoder(encoder: Any) -> Any:
    """Return the encoder, or None for the autoencoder; raises ValueError for what is no encoder."""
    lacking = [name for name in _NEEDED if not callable(getattr(encoder, name, None))]
    if encoder is not None and (lacking or isinstance(encoder, type)):
        raise ValueError(
            "an encoder is an object with fit and transform, such as PCA(5) of scikit-learn; a study file "
            "cannot hold one: offer a clusterer with it by a script or plugin"
        )
    return encoder


#: Type of the parameter: nothing that a study file can hold.
Encoder = Annotated[Any, AfterValidator(checked_encoder)]


def unfitted(encoder: Any, given: Mapping[str, Any]) -> Any:
    """Return a copy of an encoder; its parameters that are None have the values of ``given``."""
    made = copy.deepcopy(encoder)
    if callable(getattr(made, "get_params", None)) and callable(getattr(made, "set_params", None)):
        own = made.get_params(deep=False)
        made.set_params(**{name: value for name, value in given.items() if name in own and own[name] is None})
    return made


def can_decode(encoder: Any) -> bool:
    """Return whether an encoder gives spectra back."""
    return callable(getattr(encoder, "inverse_transform", None))


def encoded(encoder: Any, spectra: FloatArray) -> FloatArray:
    """Return the features of spectra (n, P), shape (n, f); raises ValueError for what are none."""
    features = np.asarray(encoder.transform(spectra), dtype=np.float64)
    if features.ndim != 2 or len(features) != len(spectra) or not np.all(np.isfinite(features)):
        raise ValueError(
            f"encoder {encoder!r}: transform must return finite features, shape ({len(spectra)}, f), not "
            f"{features.shape}"
        )
    return features


def decoded(encoder: Any, features: FloatArray) -> FloatArray:
    """Return the spectra of features, shape (n, P); raises ValueError without ``inverse_transform``."""
    if not can_decode(encoder):
        raise ValueError(f"encoder {encoder!r} has no inverse_transform, so it reconstructs no spectra")
    return np.asarray(encoder.inverse_transform(features), dtype=np.float64)
