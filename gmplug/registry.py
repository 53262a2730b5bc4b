"""The entries of one kind that are in use: gmplug's own, and those of plugins and of the study's scripts.

:class:`gmplug.host.Host` puts its entries in use. A program that has made no host has gmplug's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping


class Registry[T]:
    """Entries by their key."""

    def __init__(self, builtin: Iterable[T], key: Callable[[T], str]) -> None:
        self._key = key
        self.use(builtin)

    def use(self, found: Iterable[T]) -> None:
        """Put entries in use, in place of those before."""
        self._in_use = {self._key(one): one for one in found}

    def in_use(self) -> Mapping[str, T]:
        """Return the entries in use by their key."""
        return self._in_use
