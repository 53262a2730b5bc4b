"""Flatfiles of known databases: what tells them, and what their headings stand for (sources.toml)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType

from gmplug.catalogue.mapping import meanings, pattern, period_meaning, plain_heading
from gmplug.errors import InputError
from gmplug.spectra.components import GEOMETRIC_MEAN, NAMES, kind_of

_COMPONENT = "{component}"


@dataclass(frozen=True)
class Source:
    """A database's flatfile, as sources.toml describes it; see the comments there."""

    name: str
    about: str
    recognized_by: tuple[tuple[str, ...], ...]
    columns: Mapping[str, str]
    without: tuple[str, ...] = ()
    component: str = ""
    states: str = ""
    prefix: str = "RSN"
    components: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    joined: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    values: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))

    def is_of(self, names: Sequence[str]) -> bool:
        """Tell whether a table's headings are this database's."""
        spelled = list(dict.fromkeys(map(plain_heading, names)))
        if any(self._has(spelled, name) for name in self.without):
            return False
        return any(all(self._has(spelled, name) for name in group) for group in self.recognized_by)

    def _has(self, spelled: Sequence[str], name: str) -> bool:
        one = pattern(name)
        return any(one.fullmatch(each) for each in spelled)

    def meanings(self, names: Sequence[str], asked: str | None, where: str) -> dict[str, str]:
        """Return what the headings stand for that are of the component asked for, or of the source's own.

        ``asked`` is None where no spectra are wanted.

        Raises InputError where the file does not have the component.
        """
        plain = {name: meaning for name, meaning in self.columns.items() if _COMPONENT not in name}
        found = meanings(names, plain)
        if not self.components or asked is None:
            return found
        there = [key for key in self.components if self._spectral(names, key)]
        chosen = self._chosen(there, asked, where)
        for key in chosen:
            own = {
                name.replace(_COMPONENT, key): self._named(meaning, self.components[key])
                for name, meaning in self.columns.items()
                if _COMPONENT in name and (len(chosen) == 1 or period_meaning("1.0", meaning))
            }
            for name, meaning in meanings(names, own).items():
                found.setdefault(name, meaning)
        return found

    def _spectral(self, names: Sequence[str], key: str) -> bool:
        patterns = [
            pattern(name.replace(_COMPONENT, key))
            for name, meaning in self.columns.items()
            if _COMPONENT in name and period_meaning("1.0", meaning)
        ]
        return any(one.fullmatch(plain_heading(name)) for one in patterns for name in names)

    def _named(self, meaning: str, component: str) -> str:
        return f"{component} {meaning}" if period_meaning("1.0", meaning) else meaning

    def _chosen(self, there: Sequence[str], asked: str, where: str) -> Sequence[str]:
        """Return the spellings of the components to read."""
        if not there:
            return ()
        kinds = {key: kind_of(self.components[key]) for key in there}
        wanted = kind_of(asked or self.component)
        exact = [key for key in there if kinds[key] == wanted]
        if exact:
            return exact
        horizontal = [key for key in there if kinds[key] in ("h1", "h2")]
        if wanted == NAMES[GEOMETRIC_MEAN] and len(horizontal) == 2:
            return horizontal
        if not asked and len(there) == 1:
            return there
        listed = ", ".join(self.components[key] for key in there)
        option = f"not {asked}" if asked else f"not {self.component}"
        raise InputError(
            f"{where}: holds spectra of {listed}, {option}; name one of them in [catalogue] component"
        )


@cache
def sources() -> tuple[Source, ...]:
    """Return the databases that gmplug knows."""
    with Path(__file__).with_name("sources.toml").open("rb") as stream:
        data = tomllib.load(stream)
    return tuple(
        Source(
            name=name,
            about=one["about"],
            recognized_by=tuple(map(tuple, one["recognized_by"])),
            columns=one.get("columns", {}),
            without=tuple(one.get("without", ())),
            component=one.get("component", ""),
            states=one.get("states", ""),
            prefix=one.get("prefix", "RSN"),
            components=one.get("components", {}),
            joined={key: tuple(parts) for key, parts in one.get("joined", {}).items()},
            values=one.get("values", {}),
        )
        for name, one in data.items()
    )


@cache
def _spellings() -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    """Return all headings of the databases, and the patterns of those that stand for many."""
    names = [name for one in sources() for name in one.columns]
    whole = frozenset(plain_heading(name) for name in names if "{" not in name)
    series = [
        pattern(name.replace(_COMPONENT, key))
        for one in sources()
        for name in one.columns
        if "{" in name
        for key in (one.components or ("",))
    ]
    return whole, tuple(series)


@cache
def is_sources(cell: str) -> bool:
    """Tell whether a heading is one of a known database's."""
    whole, series = _spellings()
    spelled = plain_heading(cell)
    return spelled in whole or (
        any(c.isdigit() for c in spelled) and any(p.fullmatch(spelled) for p in series)
    )


def source_of(names: Sequence[str]) -> Source | None:
    """Return the database whose flatfile has these headings, None where none is recognized."""
    return next((one for one in sources() if one.is_of(names)), None)
