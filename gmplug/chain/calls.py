"""Calls of providers by a stage: their checks, fingerprints and paths."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gmplug.chain.stages import load_stage, stage_names
from gmplug.errors import InputError
from gmplug.hookspecs import KINDS
from gmplug.host.host import is_script
from gmplug.host.options import (
    bind,
    file_options,
    known_names,
    made_options,
    options_of,
    path_options,
    paths_in,
    unknown_option,
)
from gmplug.host.script_files import model_files

if TYPE_CHECKING:
    from gmplug.chain.stage import Stage, StageContext
    from gmplug.host import Host
    from gmplug.study.files import Place
    from gmplug.study.schema import Study, _ProviderSection


@dataclass(frozen=True)
class Call:
    """A kind of provider that a stage calls.

    Parameters
    ----------
    kind
        As in :data:`gmplug.hookspecs.KINDS`.
    name
        The study's choice; None for all providers of the kind, which share the options.
    options
        Options of the study.
    where
        Start of an error line.
    place
        Keys of the study file that lead to the options.
    own
        Keys of the section that are gmplug's own, for error lines.
    added
        Options that gmplug adds if the implementation has them and the study does not set them.
    names
        Kinds of providers that the options name, such as a target's ground-motion models.
    counts
        Whether the value depends on it; not so for an executor.
    """

    kind: str
    name: str | None
    options: Mapping[str, Any]
    where: str
    place: tuple[str | int, ...]
    own: tuple[str, ...] = ()
    added: Mapping[str, Any] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    counts: bool = True

    def implementations(self, host: Host, base_dir: Path) -> Mapping[str, Callable[..., Any]]:
        """Return the implementations by name; raises InputError for an unknown name."""
        if self.name is None:
            return host.providers(self.kind)
        if self.kind == "structures":
            from gmplug.structures.build import find_builder

            return {self.name: find_builder(host, self.name, base_dir)[0]}
        if self.kind == "stages":
            return {self.name: load_stage(self.name, host).run}
        return {self.name: host.provider(self.kind, self.name)}

    def given(self, host: Host) -> frozenset[str]:
        """Return the names of the parameters that are not options."""
        if self.kind != "stages" or self.name is None:
            return frozenset(KINDS[self.kind].given)
        stage = load_stage(self.name, host)
        return frozenset({*KINDS[self.kind].given, *stage.inputs, *stage.optional})


def calls_of(stage: Stage, study: Study, host: Host | None = None) -> tuple[Call, ...]:
    """Return all calls of a stage: of its providers, and, for a stage of the chain, of its ``run``.

    Where a provider takes the surrogate of the structure, of the structure too.
    """
    calls = stage.calls(study)
    if host is not None and study.structure.model is not None and _takes_surrogate(host, calls):
        calls = (*calls, structure_call(study, study.structure.model))
    if stage.name not in stage_names(host):
        return calls
    options = study.stages.get(stage.name, {})
    own = Call("stages", stage.name, options, f"[stages.{stage.name}]", ("stages", stage.name))
    return (*calls, own)


def structure_call(study: Study, model: str) -> Call:
    """Return the call of the study's structure."""
    part = study.structure
    where = f"[structure] model '{Path(model).name if is_script(model) else model}'"
    return Call("structures", model, part.options, where, ("structure",), tuple(type(part).model_fields))


def _takes_surrogate(host: Host, calls: Iterable[Call]) -> bool:
    """Return whether a provider takes ``surrogate``; a provider that is unknown does not."""
    named = [one for one in calls if one.name is not None and "surrogate" in KINDS[one.kind].given]
    for one in named:
        offered = host.providers(one.kind).get(str(one.name))
        if offered is not None and "surrogate" in known_names(offered, one.where):
            return True
    return False


def run_stage(stage: Stage, context: StageContext, inputs: Mapping[str, Any]) -> Any:
    """Return the value of a stage, computed with the options of ``[stages.NAME]``."""
    study = context.study
    options = study.stages.get(stage.name, {})
    given = {"context": context, **inputs}
    bound = bind(stage.run, options, given, f"[stages.{stage.name}]", study.base_dir)
    return stage.run(context, **inputs, **{name: v for name, v in bound.items() if name not in given})


def provider_call(
    kind: str, section: str, part: _ProviderSection, key: str = "provider", names: tuple[str, ...] = ()
) -> Call:
    """Return the call of the provider that a section names under ``key``."""
    name = getattr(part, key)
    own = tuple(type(part).model_fields)
    return Call(kind, name, part.options, f"[{section}] {key} '{name}'", (section,), own, names=names)


def call_problems(host: Host, call: Call, base_dir: Path) -> list[str]:
    """Return problems of a call's name, options and files, one line each."""
    try:
        implementations = call.implementations(host, base_dir)
    except InputError as error:
        return [line if line.startswith("[") else f"{call.where}: {line}" for line in error.problems]
    given = dict.fromkeys(call.given(host))
    claims = {name: options_of(one, given, call.where) for name, one in implementations.items()}
    known = {option for options in claims.values() for option in options}
    problems = []
    if call.name is None:
        known_here = {*known, *call.own}
        problems = [
            unknown_option(name, known_here, call.where) for name in call.options if name not in known
        ]
    for name, one in implementations.items():
        shared = call.name is None
        options = {k: v for k, v in call.options.items() if not shared or k in claims[name]}
        added = {k: v for k, v in call.added.items() if k in claims[name]}
        try:
            bind(one, {**added, **options}, given, call.where, base_dir, also_known=call.own)
        except InputError as error:
            problems += error.problems
        problems += [
            f"{call.where}: option '{option}': {path}: no such file or folder; correct the path"
            for option, value in path_options(one, options, base_dir).items()
            if option not in made_options(one)
            for path in paths_in(value)
            if not path.exists()
        ]
    return list(dict.fromkeys(problems))


def code_of(host: Host, calls: Iterable[Call], events: Iterable[str], base_dir: Path) -> dict[str, str]:
    """Return the identity of the code of a stage's providers and events; gmplug's own is left out."""
    found = {}
    for call in (one for one in calls if one.counts):
        for name in call.implementations(host, base_dir):
            found[f"{call.kind} {name}"] = host.code_of_provider(call.kind, name)
        for kind in call.names:
            for name in _named(host, kind, call, base_dir):
                found[f"{kind} {name}"] = host.code_of_provider(kind, name)
    for hook in events:
        found |= {f"{hook} {plugin}": code for plugin, code in host.code_of_hook(hook).items()}
    return {name: code for name, code in sorted(found.items()) if code}


def _named(host: Host, kind: str, call: Call, base_dir: Path) -> list[str]:
    """Return the providers of a kind that the options of a call, or their defaults, name."""
    texts = set(_texts(call.options))
    for one in call.implementations(host, base_dir).values():
        defaults = (option.default for option in options_of(one, (), call.where).values())
        texts |= {default for default in defaults if isinstance(default, str)}
    folded = {text.casefold() for text in texts}
    return [name for name in host.providers(kind) if name.casefold() in folded]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from map(str, value)
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def call_files(host: Host, call: Call, base_dir: Path) -> list[Path]:
    """Return the files and folders that a call reads: those of its options, and a script."""
    found = [
        path
        for one in call.implementations(host, base_dir).values()
        for path in file_options(one, call.options, base_dir)
    ]
    if call.name is not None and is_script(call.name):
        found += model_files(base_dir / call.name)
    return found


def resolved_paths(host: Host, calls: Iterable[Call], base_dir: Path) -> dict[Place, Any]:
    """Return the options that are annotated as files or folders, absolute, by their place in the study.

    The value has the form of the option: a path, or a list or mapping of paths.
    """
    found: dict[Place, Any] = {}
    for call in calls:
        try:
            implementations = call.implementations(host, base_dir)
        except InputError:
            continue
        for one in implementations.values():
            paths = path_options(one, call.options, base_dir)
            found |= {(*call.place, name): value for name, value in paths.items()}
    return found
