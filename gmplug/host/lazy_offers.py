"""Offers named by a text: ``module:attribute``, loaded when they are first asked for."""

from __future__ import annotations

import importlib
from typing import Any


def is_reference(offer: Any) -> bool:
    """Tell whether an offer is such a text."""
    if not isinstance(offer, str):
        return False
    module, colon, attribute = offer.partition(":")
    return bool(colon) and all(part.isidentifier() for part in (*module.split("."), attribute))


def loaded(offer: Any) -> Any:
    """Return what an offer stands for.

    Raises ImportError or AttributeError (and what else the module's own code raises) where it is not there.
    """
    if not is_reference(offer):
        return offer
    module, _, attribute = offer.partition(":")
    return getattr(importlib.import_module(module), attribute)
