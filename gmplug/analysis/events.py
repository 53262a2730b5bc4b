"""Hooks of plugins and functions of the model's script for analyses: damping, recorders, options, EDPs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from gmplug.errors import InputError
from gmplug.host.options import known_names

if TYPE_CHECKING:
    from gmplug.analysis.demands import FloorHistory
    from gmplug.host import Host

#: Functions that a model's script may define beside ``build_model``, each instead of a hook.
SCRIPT_FUNCTIONS = ("damping", "analysis_options", "record", "on_step", "extra_demands", "extra_histories")


@dataclass(frozen=True)
class Events:
    """Calls the hooks of plugins, and the functions of the same purpose in the model's script.

    Parameters
    ----------
    script
        The model's script; None for a structure of a plugin.
    given
        Arguments by name: ``ops``, ``model``, ``damping_ratio``, and ``task`` in an analysis.
    """

    host: Host
    script: ModuleType | None
    given: Mapping[str, Any]

    def damping(self) -> None:
        """Apply the damping of plugins and of the script."""
        self._hook("gmplug_damping", "ops", "model", "damping_ratio")
        self._script("damping")

    def options(self) -> dict[str, Any]:
        """Return the options of the solver from plugins and the script; the script's have priority."""
        options: dict[str, Any] = {}
        for more in self._hook("gmplug_analysis_options", "model"):
            for name, value in _mapping(more, "gmplug_analysis_options").items():
                if name in options and options[name] != value:
                    raise InputError(f"two plugins set the solver's option '{name}'; uninstall one of them")
                options[name] = value
        own = _mapping(self._script("analysis_options"), self._where("analysis_options"))
        return {**options, **own}

    def starting(self) -> None:
        """Add the recorders of plugins and of the script."""
        self._hook("gmplug_analysis_starting", "task", "ops", "model")
        self._script("record")

    def extra_demands(self, history: FloorHistory) -> dict[str, float]:
        """Return further EDPs by name, given the response of the floors.

        Raises InputError where two give one name, or a value is no number.
        """
        return self._numbers("extra_demands", history=history)

    def sampler(self) -> Callable[[], dict[str, float]] | None:
        """Return a function that returns the values of further histories; None if there are none."""
        if not self._function("extra_histories") and not self.host.implements("gmplug_extra_histories"):
            return None
        return partial(self._numbers, "extra_histories")

    def _numbers(self, function: str, **more: Any) -> dict[str, float]:
        """Return the numbers that the hook and the script's function of one purpose return, by name."""
        hook = f"gmplug_{function}"
        found = [_mapping(value, hook) for value in self._hook(hook, "task", "ops", "model", **more)]
        found.append(_mapping(self._script(function, **more), self._where(function)))
        what = "demand" if function == "extra_demands" else "history"
        numbers: dict[str, float] = {}
        for name, value in (item for mapping in found for item in mapping.items()):
            if name in numbers:
                raise InputError(f"two plugins give the {what} '{name}'; rename one of them")
            try:
                numbers[str(name)] = float(value)
            except (TypeError, ValueError):
                raise InputError(f"the {what} '{name}' is {value!r}, not a number") from None
        return numbers

    @cached_property
    def on_step(self) -> Callable[[float], None] | None:
        """The function to call after each step; None if there is none."""
        function = self._function("on_step")
        arguments = {} if function is None else self._arguments("on_step", function, {"time_s": 0.0})
        hooked = self.host.implements("gmplug_analysis_step")
        if function is None and not hooked:
            return None

        def call(time_s: float) -> None:
            if hooked:
                self._hook("gmplug_analysis_step", "task", "ops", "model", time_s=time_s)
            if function is not None:
                if "time_s" in arguments:
                    arguments["time_s"] = time_s
                function(**arguments)

        return call

    def _hook(self, name: str, *given: str, **more: Any) -> list[Any]:
        returned: list[Any] = getattr(self.host.hook, name)(**{key: self.given[key] for key in given}, **more)
        return returned

    def _script(self, name: str, **more: Any) -> Any:
        function = self._function(name)
        return None if function is None else function(**self._arguments(name, function, more))

    def _function(self, name: str) -> Callable[..., Any] | None:
        if self.script is None:
            return None
        found = getattr(self.script, name, None)
        # A function of this name that the script imports does not count.
        own = inspect.isfunction(found) and found.__module__ == self.script.__name__
        return found if own else None

    def _arguments(self, name: str, function: Callable[..., Any], more: Mapping[str, Any]) -> dict[str, Any]:
        there = {**self.given, **more}
        parameters = known_names(function, self._where(name))
        empty = inspect.Parameter.empty
        unknown = [key for key, p in parameters.items() if key not in there and p.default is empty]
        if unknown:
            raise InputError(
                f"{self._where(name)}: parameter '{unknown[0]}' is none of those that gmplug gives "
                f"({', '.join(there)}); rename the function if it is not meant for gmplug"
            )
        return {key: there[key] for key in parameters if key in there}

    def _where(self, function: str) -> str:
        file = getattr(self.script, "__file__", None)
        return f"script {Path(file).name}, {function}" if file else function


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InputError(f"{where} returns {type(value).__name__}, not a mapping from name to value")
    return value
