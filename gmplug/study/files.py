"""Reading a study file with errors that name section and key, and writing the study as resolved."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pydantic

from gmplug.errors import InputError
from gmplug.host.options import unknown_option
from gmplug.study.schema import Study


def load_study(path: Path) -> Study:
    """Read a study file (TOML).

    Raises
    ------
    InputError
        The file is missing, is not TOML, or a key is unknown, missing or of the wrong type.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such study file; `gmplug init DIR` writes one to start from") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a text file ({error})") from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: not valid TOML: {error}") from error
    return parse_study(content, path.resolve())


def parse_study(content: Mapping[str, Any], path: Path | None = None) -> Study:
    """Check the content of a study file; see :func:`load_study`."""
    try:
        return Study.model_validate({**content, "path": path})
    except pydantic.ValidationError as error:
        name = path.name if path is not None else "study"
        raise InputError([f"{name}: {line}" for line in _lines(error)]) from error


def write_study(study: Study, path: Path) -> None:
    """Write the study with all defaults filled in; paths that exist are made absolute."""
    import tomli_w

    content = study.model_dump(mode="json", exclude_none=True)
    path.write_text(tomli_w.dumps(_absolute(content, study.base_dir)), encoding="utf-8")


#: Keys whose values are names of things installed, even where a file or folder is called the same.
_NAME_KEYS = frozenset(
    {"name", "provider", "method", "model", "executor", "gmm", "mechanism", "component", "correlation"}
    | {"algorithms", "test", "integrator", "system", "constraints", "numberer"}  # commands of OpenSees
)


def existing_path(key: str, value: Any, base_dir: Path) -> Path | None:
    """Return the file or folder that an option's value means, if there is one."""
    if not isinstance(value, str) or not value or len(value) > 1000 or "\n" in value:
        return None
    if key in _NAME_KEYS and not value.endswith(".py"):
        return None
    try:
        candidate = base_dir / value
        return candidate.resolve() if candidate.exists() else None
    except OSError:
        return None


def _absolute(value: Any, base_dir: Path, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _absolute(item, base_dir, name) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_absolute(item, base_dir, key) for item in value]
    existing = existing_path(key, value, base_dir)
    return str(existing) if existing is not None else value


def _lines(error: pydantic.ValidationError) -> list[str]:
    lines = []
    for item in error.errors():
        place = [str(part) for part in item["loc"]] or ["study file"]
        section, key = place[0], ".".join(p for p in place[1:] if p[:1].islower())
        header = f"[[{section}]] {int(place[1]) + 1}" if place[1:2] and place[1].isdigit() else f"[{section}]"
        if item["type"] == "extra_forbidden":
            lines.append(_unknown_key(place))
        elif item["type"] == "missing" and section == "catalogue":
            lines.append(missing_catalogue())
        elif item["type"] == "missing" and not key:
            lines.append(f"{header} is missing: {_WHY.get(section, 'add the section')}")
        elif item["type"] == "missing":
            lines.append(f"{header} {key} is missing: {_WHY.get(f'{section}.{key}', 'add it')}")
        else:
            message = item["msg"].removeprefix("Value error, ")
            where = f"{header} {key}: " if key else f"{header}: "
            given = "" if isinstance(item["input"], dict) else f" (got {item['input']!r})"
            lines.append(f"{where}{message}{given}")
    return list(dict.fromkeys(lines))


_WHY = {
    "structure": "add [structure] with period_s, the structure's fundamental period in s",
    "structure.period_s": "the structure's fundamental period in s, at which records are scaled",
}


def missing_catalogue() -> str:
    """Return the line for a study that does not say where its records come from."""
    from gmplug.host import Host
    from gmplug.host.listing import needed_options

    known = needed_options(Host(), "catalogues")
    return (
        '[catalogue] provider is missing: set provider = "NAME" to say where the records come from; '
        f"installed: {known}"
    )


def _unknown_key(place: list[str]) -> str:
    model: Any = Study
    for part in place[:-1]:
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        if not (isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel)):
            return f"[{place[0]}]: unknown option '{place[-1]}'"
        model = annotation
    known = [name for name in model.model_fields if name != "path"]
    if len(place) == 1:
        return f"unknown section [{place[0]}]; known: {', '.join(known)}"
    return unknown_option(place[-1], known, f"[{place[0]}]")
