"""Loads plugins, built-in ones first, and collects their providers."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from gmplug import hookspecs
from gmplug.errors import InputError, PluginError, did_you_mean
from gmplug.hookspecs import KINDS, REGISTRIES, Registry
from gmplug.host.lazy_offers import LazyOffers, is_reference, loaded
from gmplug.host.packages import OFFERED_BY, how_to_install

ENTRY_POINT_GROUP = "gmplug"

#: gmplug's own plugins.
BUILTIN_PLUGINS = (
    "gmplug.chain.plugin",
    "gmplug.cli.commands",
    "gmplug.measures.plugin",
    "gmplug.waveforms.plugin",
    "gmplug.demands.plugin",
    "gmplug.catalogue.plugin",
    "gmplug.recordlibrary.plugin",
    "gmplug.preselection.plugin",
    "gmplug.target.plugin",
    "gmplug.clustering.plugin",
    "gmplug.selection.plugin",
    "gmplug.excitation.plugin",
    "gmplug.structures.plugin",
    "gmplug.analysis.plugin",
    "gmplug.assessment.plugin",
    "gmplug.risk.plugin",
    "gmplug.export.plugin",
)


@dataclass(frozen=True)
class PluginInfo:
    """An installed plugin: its origin, and the hooks that it implements."""

    name: str
    package: str
    version: str
    hooks: tuple[str, ...]


@dataclass(frozen=True)
class _Offer:
    implementation: Callable[..., Any]
    plugin: str


def is_script(name: str) -> bool:
    """Whether a name in a study is the path of a Python script."""
    return name.endswith(".py")


class Host:
    """All plugins of one study.

    Parameters
    ----------
    scripts
        Paths of the study's own scripts. Each is a plugin.
    entry_points
        Whether to load installed plugins (entry-point group ``gmplug``) besides the built-ins.
    built_in
        gmplug's own plugins to load. The command line needs only one.

    Attributes
    ----------
    problems
        One line for each installed plugin, or offer of a plugin, that cannot be used. The rest works.

    Raises
    ------
    PluginError
        A script of the study cannot be used.
    """

    def __init__(
        self,
        scripts: Sequence[Path] = (),
        *,
        entry_points: bool = True,
        built_in: Sequence[str] = BUILTIN_PLUGINS,
    ) -> None:
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._info: dict[str, PluginInfo] = {}
        self._offers: dict[str, dict[str, list[_Offer]]] = {}
        self._entries: dict[str, list[Any]] = {}
        self.problems: list[str] = []
        self.scripts: dict[Path, ModuleType] = {}
        for name in built_in:
            self._register(importlib.import_module(name), name, "gmplug", _own_version())
        if entry_points:
            self._load_entry_points()
        for path in scripts:
            self.add_script(Path(path))
        self._use_registries()

    # -- loading -------------------------------------------------------------------------------------

    def _load_entry_points(self) -> None:
        for entry in _installed(tuple(sys.path)):
            package = entry.dist.name if entry.dist else "unknown package"
            version = entry.dist.version if entry.dist else ""
            try:
                self._register(entry.load(), entry.name, package, version)
            except PluginError as error:
                self.problems.extend(error.problems)
            except (Exception, SystemExit) as error:
                self.problems.append(
                    f"plugin '{entry.name}' (package {package}) fails to import: "
                    f"{type(error).__name__}: {error}; repair or uninstall {package}"
                )

    def add_script(self, path: Path) -> None:
        """Load a script as a plugin; raises PluginError if it cannot be used."""
        path = path.resolve()
        if path in self.scripts:
            return
        from gmplug.host.scripts import load_script

        module = load_script(path)
        self.scripts[path] = module
        try:
            self._register(module, str(path), f"script {path.name}", "", must_offer=False)
        except PluginError:
            del self.scripts[path]
            raise
        self._offers.clear()
        self._entries.clear()
        self._use_registries()

    def _register(
        self, plugin: Any, name: str, package: str, version: str, *, must_offer: bool = True
    ) -> None:
        where = f"plugin '{name}' (package {package})"
        try:
            self._manager.register(plugin, name)
        except pluggy.PluginValidationError as error:
            reason = " ".join(str(error).split())
            self._drop(name)
            raise PluginError(f"{where} has a wrong signature: {reason}") from error
        except ValueError as error:
            raise PluginError(f"{where} is registered twice; remove one entry point") from error
        callers = self._manager.get_hookcallers(self._manager.get_plugin(name)) or []
        unknown = [caller.name for caller in callers if not caller.has_spec()]
        if unknown:
            self._drop(name)
            raise PluginError(f"{where} implements a hook that does not exist: {_suggest_hook(unknown[0])}")
        if must_offer and not callers:
            self._drop(name)
            raise PluginError(f"{where} offers nothing: mark its functions with gmplug.hookimpl")
        hooks = tuple(sorted(caller.name for caller in callers))
        self._info[name] = PluginInfo(name, package, version, hooks)

    def _drop(self, name: str) -> None:
        if self._manager.has_plugin(name):
            self._manager.unregister(name=name)

    # -- providers -----------------------------------------------------------------------------------

    @property
    def hook(self) -> pluggy.HookRelay:
        """The hooks, to call events."""
        return self._manager.hook

    def implements(self, hook: str) -> bool:
        """Whether any plugin implements the hook."""
        return bool(getattr(self._manager.hook, hook).get_hookimpls())

    def plugins(self) -> list[PluginInfo]:
        """Return the usable plugins in order of installation."""
        return list(self._info.values())

    def providers(self, kind: str) -> Mapping[str, Callable[..., Any]]:
        """Return ``{name: implementation}`` of a kind in order of installation, each loaded when it is taken.

        A name that two plugins offer is left out; :meth:`provider` raises for it.
        """
        names = [name for name, found in self._collect(kind).items() if len(found) == 1]
        return LazyOffers(names, partial(self.provider, kind))

    def provider(self, kind: str, name: str) -> Callable[..., Any]:
        """Return the implementation of a name.

        Raises
        ------
        PluginError
            Two plugins offer the name.
        InputError
            No plugin offers it. The line lists the known names.
        """
        offers = self._collect(kind)
        if name not in offers:
            raise InputError(self._unknown(kind, name, offers))
        found = offers[name]
        if len(found) > 1:
            raise PluginError(f"{self._clash(kind, name, found)}; uninstall one of them")
        try:
            implementation = loaded(found[0].implementation)
            if KINDS[kind].is_function and not callable(implementation):
                raise TypeError(f"{type(implementation).__name__} cannot be called")
            return implementation
        except (Exception, SystemExit) as error:
            raise PluginError(
                f"{self._where(found[0].plugin)}: {KINDS[kind].singular} '{name}' cannot be loaded: "
                f"{type(error).__name__}: {error}; repair or uninstall the package"
            ) from error

    def packages_of(self, kind: str, name: str) -> str:
        """Return the plugins that offer a name, with their packages, for error lines."""
        return " and ".join(self._where(offer.plugin) for offer in self._collect(kind).get(name, ()))

    def _clash(self, kind: str, name: str, found: Sequence[_Offer]) -> str:
        names = " and ".join(self._where(offer.plugin) for offer in found).replace("plugin ", "")
        return f"{KINDS[kind].singular} '{name}' is offered by two plugins, {names}"

    def offered_by(self, kind: str) -> dict[str, list[str]]:
        """Return ``{name: plugins that offer it}`` of a kind."""
        return {name: [offer.plugin for offer in found] for name, found in self._collect(kind).items()}

    def code_of_provider(self, kind: str, name: str) -> str:
        """Return what identifies the code of a provider: see :func:`gmplug.host.code.plugin_code`.

        Empty for gmplug's own providers (a run records gmplug's version) and for a name that no plugin
        offers.
        """
        return " ".join(self._code(offer.plugin) for offer in self._collect(kind).get(name, ()))

    def code_of_hook(self, hook: str) -> dict[str, str]:
        """Return the same for each plugin that implements an event, by the plugin's name."""
        impls = getattr(self._manager.hook, hook).get_hookimpls()
        return {impl.plugin_name: self._code(impl.plugin_name) for impl in impls}

    def _code(self, plugin: str) -> str:
        info = self._info[plugin]
        if info.package == "gmplug":
            return ""
        from gmplug.host.code import plugin_code

        return plugin_code(self._manager.get_plugin(plugin), info.package, info.version)

    def _unknown(self, kind: str, name: str, offers: Mapping[str, Any]) -> list[str]:
        hint = did_you_mean(name, offers)
        line = f"unknown {KINDS[kind].singular} '{name}'; {hint}known: {', '.join(sorted(offers))}"
        if not hint or name in OFFERED_BY:
            line += f"; {how_to_install(name)}"
        return [line, *(f"not available: {problem}" for problem in self.problems)]

    def _collect(self, kind: str) -> dict[str, list[_Offer]]:
        self._use_registries()
        if kind not in self._offers:
            self._offers[kind] = self._ask(kind)
        return self._offers[kind]

    def _ask(self, kind: str) -> dict[str, list[_Offer]]:
        offers: dict[str, list[_Offer]] = {}
        for impl in getattr(self._manager.hook, KINDS[kind].hook).get_hookimpls():
            where = self._where(impl.plugin_name)
            try:
                returned = impl.function()
            except (Exception, SystemExit) as error:
                self.problems.append(
                    f"{where}: {impl.function.__name__} fails: {type(error).__name__}: {error}"
                )
                continue
            problem = _check_offer(returned, is_function=KINDS[kind].is_function)
            if problem:
                self.problems.append(f"{where}: {KINDS[kind].hook} {problem}")
                continue
            for name, implementation in returned.items():
                offers.setdefault(name, []).append(_Offer(implementation, impl.plugin_name))
        for name, found in offers.items():
            if len(found) > 1:
                self.problems.append(self._clash(kind, name, found))
        return offers

    def entries(self, registry: str) -> list[Any]:
        """Return what all plugins add to a registry, a key of :data:`gmplug.hookspecs.REGISTRIES`.

        An entry whose key another plugin already uses is left out, with a line in ``problems``.
        """
        if registry not in self._entries:
            self._entries[registry] = self._ask_registry(REGISTRIES[registry])
        return self._entries[registry]

    def _ask_registry(self, registry: Registry) -> list[Any]:
        found: dict[str, tuple[Any, str]] = {}
        impls = getattr(self._manager.hook, registry.hook).get_hookimpls()
        for impl in sorted(impls, key=lambda impl: self._info[impl.plugin_name].package != "gmplug"):
            where = self._where(impl.plugin_name)
            try:
                offered = list(impl.function())
                keys = [getattr(one, registry.key) for one in offered]
            except (Exception, SystemExit) as error:
                self._add_problem(f"{where}: {registry.hook} fails: {type(error).__name__}: {error}")
                continue
            for key, one in zip(keys, offered, strict=True):
                if key in found:
                    self._add_problem(
                        f"{where}: {registry.singular} '{key}' is offered by plugin '{found[key][1]}' "
                        "already; give it another name"
                    )
                else:
                    found[key] = (one, impl.plugin_name)
        return [one for one, _ in found.values()]

    def _add_problem(self, line: str) -> None:
        if line not in self.problems:
            self.problems.append(line)

    def _use_registries(self) -> None:
        """Use this host's entries. With several hosts in one program, those of the last one used hold."""
        if not set(BUILTIN_PLUGINS) <= set(self._info):
            return  # the command line's host runs no stage
        from gmplug.demands.registry import use_demands
        from gmplug.measures.registry import use_measures
        from gmplug.waveforms.formats import use_formats

        use_measures(self.entries("intensity_measures"))
        use_demands(self.entries("demands"))
        use_formats(self.entries("waveform_formats"))

    def _where(self, plugin: str) -> str:
        info = self._info.get(plugin)
        return f"plugin '{plugin}' (package {info.package})" if info else f"plugin '{plugin}'"


@lru_cache(maxsize=1)
def _installed(places: tuple[str, ...]) -> list[Any]:
    """Return the entry points of the packages in ``sys.path``; finding them takes a tenth of a second."""
    from importlib import metadata

    return sorted(metadata.entry_points(group=ENTRY_POINT_GROUP), key=lambda entry: entry.name)


def _check_offer(returned: Any, *, is_function: bool) -> str:
    """Return what is wrong with the value of a provider hook; empty if nothing."""
    if not isinstance(returned, Mapping):
        return f"returns {type(returned).__name__}, not a mapping from name to implementation"
    for name, implementation in returned.items():
        if not isinstance(name, str) or not name:
            return f"offers the name {name!r}; names are texts"
        if is_reference(implementation) or not (is_function or isinstance(implementation, str)):
            continue  # its type is checked when it is loaded
        if not callable(implementation):
            return f"offers '{name}' as {type(implementation).__name__}, which cannot be called"
    return ""


def _suggest_hook(name: str) -> str:
    import difflib

    known = [n for n in dir(hookspecs) if n.startswith("gmplug_")]
    close = difflib.get_close_matches(name, known, n=1)
    return f"{name}" + (f"; did you mean {close[0]}?" if close else "")


def _own_version() -> str:
    from gmplug._version import __version__

    return __version__
