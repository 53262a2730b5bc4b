"""Models by their names."""

from __future__ import annotations

from collections.abc import Mapping

from gmplug.errors import InputError, did_you_mean


def find_named[Item](
    known: Mapping[str, Item], name: str, what: str, aliases: Mapping[str, str] | None = None
) -> Item:
    """Return an item by its name or an alias of it, whatever the letter case and blanks.

    Raises InputError, which begins with ``what`` and lists the known names, where there is none.
    """
    folded = {_folded(alias): own for alias, own in (aliases or {}).items() if own in known}
    folded |= {_folded(one): one for one in known}
    if _folded(name) in folded:
        return known[folded[_folded(name)]]
    raise InputError(f"{what} '{name}'; {did_you_mean(name, known)}known: {', '.join(known)}")


def _folded(name: str) -> str:
    return "-".join(name.casefold().split())
