"""Calling an implementation: what gmplug gives is filled in by name, the rest are the study's options."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_type_hints

from gmplug.errors import InputError, PluginError

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def known_names(implementation: Callable[..., Any], what: str) -> dict[str, inspect.Parameter]:
    """Return the named parameters of an implementation, as ``{name: parameter}``.

    Raises PluginError where they cannot be told, or a positional-only parameter stands in the way.
    """
    try:
        signature = inspect.signature(implementation)
    except (TypeError, ValueError) as error:
        raise PluginError(f"{what}: its parameters cannot be read ({error})") from error
    for parameter in signature.parameters.values():
        if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
            raise PluginError(f"{what}: parameter '{parameter.name}' is positional-only; make it a keyword")
    return {name: p for name, p in signature.parameters.items() if p.kind in _NAMED}


def option_names(implementation: Callable[..., Any], given: Iterable[str], what: str) -> list[str]:
    """Names of the options a study may set: the parameters that gmplug does not give."""
    return [name for name in known_names(implementation, what) if name not in set(given)]


def unknown_option(name: str, known: Iterable[str], where: str) -> str:
    """One line that says which option is unknown and what was probably meant."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean '{close[0]}'? " if close else ""
    return f"{where}: unknown option '{name}'; {hint}known: {', '.join(known) if known else 'none'}"


def bind(
    implementation: Callable[..., Any],
    options: Mapping[str, Any],
    given: Mapping[str, Any],
    where: str,
    base_dir: Path | None = None,
    also_known: Iterable[str] = (),
) -> dict[str, Any]:
    """Return the keyword arguments for ``implementation``.

    Parameters
    ----------
    options
        What the study says; converted and checked by the implementation's annotations.
    given
        What gmplug can give; only what the implementation takes is passed on.
    where
        Start of an error line, such as ``[catalogue] provider 'nga-west2'``.
    base_dir
        Folder against which options annotated as ``Path`` are resolved.
    also_known
        Names that the same section of the study knows besides, for error lines.

    Raises
    ------
    InputError
        An option is unknown, of the wrong type, or missing: one line for each.
    """
    parameters = known_names(implementation, where)
    signature = inspect.signature(implementation)
    takes_any = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in signature.parameters.values())
    hints = _hints(implementation)
    allowed = [name for name in parameters if name not in given]
    problems = []
    arguments = {name: value for name, value in given.items() if name in parameters}
    for name, value in options.items():
        if name in given or (name not in parameters and not takes_any):
            problems.append(unknown_option(name, {*allowed, *also_known}, where))
            continue
        try:
            arguments[name] = _convert(value, hints.get(name, Any), base_dir)
        except ValueError as error:
            problems.append(f"{where}: option '{name}': {error}")
    for name in allowed:
        if name not in arguments and parameters[name].default is inspect.Parameter.empty:
            problems.append(f"{where}: option '{name}' is missing; set it in the study file")
    if problems:
        raise InputError(problems)
    return arguments


def call(
    implementation: Callable[..., Any],
    options: Mapping[str, Any],
    given: Mapping[str, Any],
    where: str,
    base_dir: Path | None = None,
) -> Any:
    """Call ``implementation`` with :func:`bind`'s arguments."""
    return implementation(**bind(implementation, options, given, where, base_dir))


def path_options(
    implementation: Callable[..., Any], options: Mapping[str, Any], base_dir: Path
) -> dict[str, Any]:
    """Return the options that are files or folders by the implementation's annotations, absolute.

    An option whose text happens to be the name of a file is none of them. A value has the form of the
    option: a path, or a list or mapping of paths.
    """
    hints, found = _hints(implementation), {}
    for name, value in options.items():
        if Path not in _types_of(hints.get(name)):
            continue
        try:
            converted = _convert(value, hints[name], base_dir)
        except ValueError:
            continue  # bind says so
        if any(True for _ in paths_in(converted)):
            found[name] = converted
    return found


def file_options(
    implementation: Callable[..., Any], options: Mapping[str, Any], base_dir: Path
) -> Iterator[Path]:
    """Yield the files and folders whose content an implementation may read: :func:`path_options`.

    Of an option without an annotation, a text that is the path of a file counts too.
    """
    for value in path_options(implementation, options, base_dir).values():
        yield from paths_in(value)
    hints = _hints(implementation)
    for name, value in options.items():
        if hints.get(name, Any) is Any and isinstance(value, str) and (base_dir / value).is_file():
            yield base_dir / value


def paths_in(value: Any) -> Iterator[Path]:
    """Yield the paths of an option's value."""
    if isinstance(value, Path):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from paths_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from paths_in(item)


def wants_number(annotation: Any) -> bool:
    """Tell whether an annotation is of numbers, and of no truth values: ``true`` must not be taken for 1."""
    types = _types_of(annotation)
    return bool({int, float} & types) and bool not in types


def _types_of(annotation: Any) -> set[Any]:
    """All types that an annotation names."""
    found = {annotation} if isinstance(annotation, type) else set()
    for part in get_args(annotation):
        found |= _types_of(part)
    return found


def _hints(implementation: Callable[..., Any]) -> dict[str, Any]:
    target = implementation.__init__ if inspect.isclass(implementation) else implementation
    try:
        return get_type_hints(target, include_extras=True)
    except (NameError, TypeError, AttributeError):
        return {}  # annotations that only a type checker can resolve: take the study's values as they are


def _convert(value: Any, annotation: Any, base_dir: Path | None) -> Any:
    if annotation is Any or annotation is inspect.Parameter.empty:
        return value
    if isinstance(value, bool) and wants_number(annotation):
        raise ValueError(f"a number is expected, not {str(value).lower()}")
    import pydantic

    try:
        adapter = pydantic.TypeAdapter(annotation)
    except pydantic.errors.PydanticSchemaGenerationError:
        return value
    try:
        converted = adapter.validate_python(value)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if isinstance(part, int) or part.isidentifier())
        raise ValueError(f"{place + ': ' if place else ''}{first['msg']} (got {first['input']!r})") from error
    return _resolve(converted, base_dir)


def _resolve(value: Any, base_dir: Path | None) -> Any:
    if base_dir is None:
        return value
    if isinstance(value, Path):
        return base_dir / value
    if isinstance(value, list | tuple):
        return type(value)(_resolve(item, base_dir) for item in value)
    if isinstance(value, dict):
        return {key: _resolve(item, base_dir) for key, item in value.items()}
    return value
