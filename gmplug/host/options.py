"""Options of implementations: read from their parameters or options model, checked, converted, passed on."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

from gmplug.errors import InputError, PluginError, did_you_mean

#: ``Annotated[Path, MADE]``: a folder that the implementation makes. It need not be there, and a change in it
#: changes no result.
MADE = "made where it is not there"
#: The parameter that takes all options at once, if its annotation is a dataclass or a pydantic model.
OPTIONS = "options"
_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


@dataclass(frozen=True)
class Option:
    """An option that a study may set: a parameter, or a field of the options model.

    Parameters
    ----------
    name, annotation
        As in the implementation; ``Any`` without an annotation.
    default
        ``inspect.Parameter.empty`` where the study must set the option.
    about
        Its text in the section Parameters of the docstring; empty without one.
    """

    name: str
    annotation: Any
    default: Any
    about: str = ""

    @property
    def required(self) -> bool:
        """Whether the study must set the option."""
        return self.default is inspect.Parameter.empty


def known_names(implementation: Callable[..., Any], what: str) -> dict[str, inspect.Parameter]:
    """Return the named parameters of an implementation, as ``{name: parameter}``.

    Raises PluginError where they cannot be read, or one is positional-only.
    """
    try:
        signature = inspect.signature(implementation)
    except (TypeError, ValueError) as error:
        raise PluginError(f"{what}: its parameters cannot be read ({error})") from error
    for parameter in signature.parameters.values():
        if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
            raise PluginError(f"{what}: parameter '{parameter.name}' is positional-only; make it a keyword")
    return {name: p for name, p in signature.parameters.items() if p.kind in _NAMED}


def options_of(implementation: Callable[..., Any], given: Iterable[str], what: str) -> dict[str, Option]:
    """Return the options that a study may set, by name.

    These are the parameters that gmplug does not give. A parameter ``options`` with an options model as its
    annotation stands for the fields of the model.

    Raises PluginError where the options cannot be read, or a field has the name of another parameter.
    """
    parameters = known_names(implementation, what)
    hints = _hints(implementation)
    model = _model_of(parameters, hints, what)
    taken = set(given)
    about = _texts(implementation)
    found = {
        name: Option(name, hints.get(name, Any), parameter.default, about.get(name, ""))
        for name, parameter in parameters.items()
        if name not in taken and not (model is not None and name == OPTIONS)
    }
    if model is None:
        return found
    for option in _fields(model):
        if option.name in taken or option.name in found:
            raise PluginError(
                f"{what}: '{option.name}' is a parameter and a field of {model.__name__}; rename the field"
            )
        found[option.name] = option
    return found


def _model_of(
    parameters: Mapping[str, inspect.Parameter], hints: Mapping[str, Any], what: str
) -> type[Any] | None:
    """Return the options model, a dataclass or a pydantic model, if the implementation has one."""
    if OPTIONS not in parameters:
        return None
    annotation = hints.get(OPTIONS, parameters[OPTIONS].annotation)
    if isinstance(annotation, str):
        raise PluginError(
            f"{what}: the annotation '{annotation}' of parameter '{OPTIONS}' cannot be resolved; define or "
            "import the options model at the top of the module, not under TYPE_CHECKING"
        )
    is_model = dataclasses.is_dataclass(annotation) or hasattr(annotation, "model_fields")
    return annotation if isinstance(annotation, type) and is_model else None


def _texts(documented: Any) -> dict[str, str]:
    """Return the texts of a docstring's section Parameters by name; of a class, with its base classes."""
    found: dict[str, list[str]] = {}
    for one in reversed(inspect.getmro(documented)) if inspect.isclass(documented) else [documented]:
        _, _, section = inspect.cleandoc(one.__doc__ or "").partition("Parameters\n----------\n")
        names: list[str] = []
        for line in section.splitlines():
            if set(line) == {"-"}:
                break  # the next section
            if line[:1].strip():
                names = [name.strip() for name in line.partition(":")[0].split(",")]
                found |= {name: [] for name in names}
            for name in names if line[:1] == " " else ():
                found[name].append(line.strip())
    return {name: " ".join(lines) for name, lines in found.items()}


def _fields(model: type[Any]) -> Iterator[Option]:
    empty, about = inspect.Parameter.empty, _texts(model)
    if dataclasses.is_dataclass(model):
        hints = get_type_hints(model, include_extras=True)
        for field in (one for one in dataclasses.fields(model) if one.init):
            default = empty if field.default is dataclasses.MISSING else field.default
            if field.default_factory is not dataclasses.MISSING:
                default = field.default_factory()
            yield Option(field.name, hints[field.name], default, about.get(field.name, ""))
        return
    for name, field in model.model_fields.items():
        annotation = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
        default = empty if field.is_required() else field.get_default(call_default_factory=True)
        yield Option(name, annotation, default, field.description or about.get(name, ""))


def unknown_option(name: str, known: Iterable[str], where: str) -> str:
    """One line that names an unknown option, the closest known one, and all known ones."""
    known = sorted(known)
    hint = did_you_mean(name, known)
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
        Options of the study, by name. They are converted and checked by the implementation's annotations.
    given
        What gmplug can give. Only what the implementation takes is passed on.
    where
        Start of an error line, such as ``[catalogue] provider 'nga-west2'``.
    base_dir
        Folder against which options annotated as ``Path`` are resolved.
    also_known
        Further options of the same section, for error lines.

    Raises
    ------
    InputError
        An option is unknown, of the wrong type, or missing: one line for each.
    """
    parameters = known_names(implementation, where)
    known = options_of(implementation, given, where)
    takes_any = _takes_any(implementation)
    values: dict[str, Any] = {}
    problems = []
    for name, value in options.items():
        if name in given or (name not in known and not takes_any):
            problems.append(unknown_option(name, {*known, *also_known}, where))
            continue
        try:
            values[name] = _convert(value, known[name].annotation if name in known else Any, base_dir)
        except ValueError as error:
            problems.append(f"{where}: option '{name}': {error}")
    problems += [
        f"{where}: option '{name}' is missing; set it in the study file"
        for name, option in known.items()
        if option.required and name not in options
    ]
    if problems:
        raise InputError(problems)
    arguments = {name: value for name, value in given.items() if name in parameters}
    model = _model_of(parameters, _hints(implementation), where)
    if model is not None:
        fields = [option.name for option in _fields(model) if option.name in values]
        arguments[OPTIONS] = _made(model, {name: values.pop(name) for name in fields}, where)
    return arguments | values


def _takes_any(implementation: Callable[..., Any]) -> bool:
    parameters = inspect.signature(implementation).parameters.values()
    return any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters)


def _made(model: type[Any], values: Mapping[str, Any], where: str) -> Any:
    """Return the options model with these values; what its own checks raise becomes an InputError."""
    import pydantic

    try:
        return model(**values)
    except InputError:
        raise
    except pydantic.ValidationError as error:
        lines = []
        for item in error.errors():
            option = f"option '{item['loc'][0]}': " if item["loc"] else ""
            message = item["msg"].removeprefix("Value error, ")
            lines.append(f"{where}: {option}{message}" + (f" (got {item['input']!r})" if option else ""))
        raise InputError(lines) from error
    except ValueError as error:
        raise InputError(f"{where}: {error}") from error


def bound_option(arguments: Mapping[str, Any], name: str, default: Any = None) -> Any:
    """Return an option from what :func:`bind` returned: an argument, or a field of the options model."""
    if name in arguments:
        return arguments[name]
    return getattr(arguments.get(OPTIONS), name, default)


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
    """Return the options whose annotation is of files or folders, absolute.

    A text that happens to be the name of a file is not enough. A value has the form of the option: a path,
    or a list or mapping of paths.
    """
    known, found = options_of(implementation, (), "option"), {}
    for name, value in options.items():
        if name not in known or Path not in _types_of(known[name].annotation):
            continue
        try:
            converted = _convert(value, known[name].annotation, base_dir)
        except ValueError:
            continue  # bind reports it
        if any(True for _ in paths_in(converted)):
            found[name] = converted
    return found


def made_options(implementation: Callable[..., Any]) -> set[str]:
    """Return the names of options of folders that the implementation makes."""
    options = options_of(implementation, (), "option").values()
    return {one.name for one in options if _has_mark(one.annotation)}


def _has_mark(annotation: Any) -> bool:
    return MADE in getattr(annotation, "__metadata__", ()) or any(map(_has_mark, get_args(annotation)))


def file_options(
    implementation: Callable[..., Any], options: Mapping[str, Any], base_dir: Path
) -> Iterator[Path]:
    """Yield the files and folders whose content an implementation may read: :func:`path_options`.

    Where an option has no annotation, a text that is the path of a file counts too.
    """
    made = made_options(implementation)
    for name, value in path_options(implementation, options, base_dir).items():
        if name not in made:
            yield from paths_in(value)
    known = options_of(implementation, (), "option")
    for name, value in options.items():
        untyped = name not in known or known[name].annotation is Any
        if untyped and isinstance(value, str) and (base_dir / value).is_file():
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
    """Whether an annotation is of numbers and not of truth values: ``true`` must not count as 1."""
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
        return {}  # annotations that only a type checker can resolve: values of the study pass unchecked


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
        message = first["msg"].removeprefix("Value error, ")
        raise ValueError(f"{place + ': ' if place else ''}{message} (got {first['input']!r})") from error
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
