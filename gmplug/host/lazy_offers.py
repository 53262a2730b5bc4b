"""Offers written as ``"module:attribute"``, loaded when they are first used."""

from __future__ import annotations

import importlib
from typing import Any


def is_reference(offer: Any) -> bool:
    """Whether an offer is such a text."""
    if not isinstance(offer, str):
        return False
    module, colon, attribute = offer.partition(":")
    return bool(colon) and all(part.isidentifier() for part in (*module.split("."), attribute))


def loaded(offer: Any) -> Any:
    """Return the object that an offer names.

    Raises ImportError, AttributeError, or whatever the code of the module raises.
    """
    if not is_reference(offer):
        return offer
    module, _, attribute = offer.partition(":")
    return getattr(importlib.import_module(module), attribute)
