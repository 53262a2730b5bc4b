"""Offers written as ``"module:attribute"``, loaded when they are first used."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
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


class LazyOffers(Mapping[str, Callable[..., Any]]):
    """Implementations by name; ``load`` gives one when it is taken."""

    def __init__(self, names: Sequence[str], load: Callable[[str], Callable[..., Any]]) -> None:
        self._names = dict.fromkeys(names)
        self._load = load

    def __getitem__(self, name: str) -> Callable[..., Any]:
        if name not in self._names:
            raise KeyError(name)
        return self._load(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names
