"""Reads a study file, with errors that name section and key, and writes the resolved study."""

from __future__ import annotations

import copy
import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pydantic

from gmplug.errors import InputError, did_you_mean
from gmplug.host.options import unknown_option
from gmplug.study.schema import LevelSection, Study


@dataclass(frozen=True)
class ReadFile[Content: pydantic.BaseModel]:
    """The content of a study or portfolio file, and what is wrong with it.

    Parameters
    ----------
    content
        With defaults in place of wrong values.
    problems
        One line for each problem; empty if the content can be used.
    broken
        The sections with problems.
    """

    content: Content
    problems: tuple[str, ...] = ()
    broken: frozenset[str] = frozenset()

    def whole(self) -> Content:
        """Return the content; raises InputError if it has problems."""
        if self.problems:
            raise InputError(self.problems)
        return self.content


def load_study(path: Path) -> Study:
    """Read a study file (TOML).

    Raises
    ------
    InputError
        The file is missing, is not TOML, or a key is unknown, missing or of the wrong type.
    """
    return read_study(path).whole()


def read_study(path: Path, settings: Mapping[str, Any] | None = None) -> ReadFile[Study]:
    """Read a study file and collect the problems of single keys, so that the rest can be checked too.

    ``settings`` replace values of the file, by ``"SECTION.KEY"``.

    Raises InputError if the file is missing or is not TOML, or a setting has no place in it.
    """
    path = Path(path)
    content = read_toml(path, "study", "; `gmplug init DIR` writes one to start from")
    for name, value in (settings or {}).items():
        _set(content, name, value)
    return understand(Study, content, path.resolve(), _STUDY_NEEDS, _STUDY_REMEDIES)


def _set(content: dict[str, Any], name: str, value: Any) -> None:
    """Set a value of a study by the path of its key; tables on the way are made."""
    *way, last = name.split(".")
    holder: Any = content
    for key in way:
        holder = holder.setdefault(key, {})
        if not isinstance(holder, dict):
            raise InputError(f"{name} = {value!r}: {key} is not a table of the study; name SECTION.KEY")
    if not way:
        raise InputError(f"{name} = {value!r}: name a section and a key, such as selection.count")
    holder[last] = value


def parse_study(content: Mapping[str, Any], path: Path | None = None) -> Study:
    """Check the content of a study file; see :func:`load_study`."""
    return understand(Study, content, path, _STUDY_NEEDS, _STUDY_REMEDIES).whole()


def read_toml(path: Path, what: str, remedy: str = "") -> dict[str, Any]:
    """Read a TOML file; raises InputError if it is missing or is not TOML."""
    if path.is_dir():
        raise InputError(f"{path}: is a folder; give its {what} file{_in_folder(path)}")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such {what} file{remedy or '; correct the path'}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a text file ({error})") from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        if path.suffix.lower() != ".toml":
            raise InputError(
                f"{path}: is no {what} file, which is TOML{remedy or '; correct the path'}"
            ) from error
        at = re.search(r"at line (\d+)", str(error))
        line = text.splitlines()[int(at[1]) - 1].strip() if at else ""
        shown = f": `{line}`" if line else ""
        raise InputError(f"{path}: not valid TOML: {error}{shown}; {_toml_cure(line)}") from error
    if "\\" in text:
        _refuse_escapes(content, path, [])
    return content


#: In TOML a backslash between double quotes begins an escape: "C:\\temp" has a tab.
_BACKSLASHES = (
    "a backslash between double quotes begins an escape in TOML; write the path with / or between single "
    "quotes: 'C:\\records\\at2'"
)


def _in_folder(folder: Path) -> str:
    found = next((one for one in (folder / "study.toml", folder / "portfolio.toml") if one.is_file()), None)
    return f", {found}" if found is not None else "; `gmplug init DIR` writes one to start from"


def _toml_cure(line: str) -> str:
    """Return what to do about a line that is not TOML."""
    if re.search(r'"[^"]*\\', line):
        return _BACKSLASHES
    if re.search(r"=\s*-?\d+,\d", line):
        return "write decimals with a point, as in 0.5"
    return "texts stand between quotes, lists as [1, 2], sections as [name]"


def _refuse_escapes(content: Any, path: Path, place: list[str]) -> None:
    """Raise InputError at a text of one line with a tab or the like, which a Windows path turned into."""
    if isinstance(content, str) and re.search(r"[\t\b\f\r]|\w\n\w", content):
        raise InputError(f"{path}: {'.'.join(place)} = {content!r}: {_BACKSLASHES}")
    items: Any = enumerate(content, 1) if isinstance(content, list) else getattr(content, "items", tuple)()
    for key, item in items:
        _refuse_escapes(item, path, [*place, str(key)])


#: Values for required keys that are missing, so that the rest can be checked.
Needs = Mapping[tuple[str, str], Any]
#: What to do about a missing section or key, by ``section`` or ``section.key``.
Remedies = Mapping[str, str]
_STUDY_REMEDIES: Remedies = {
    "structure": "add [structure] with period_s, the structure's fundamental period in s",
    "structure.period_s": "the structure's fundamental period in s, at which records are scaled",
}
_STUDY_NEEDS: Needs = {("structure", "period_s"): 1.0, ("catalogue", "provider"): "simulated"}


def understand[Content: pydantic.BaseModel](
    model: type[Content],
    content: Mapping[str, Any],
    path: Path | None,
    needs: Needs,
    remedies: Remedies,
) -> ReadFile[Content]:
    """Check the content of a file, and remove wrong values until the rest is valid.

    Raises InputError if that does not succeed.
    """
    left: dict[str, Any] = copy.deepcopy(dict(content))
    problems: dict[str, None] = {}
    broken: set[str] = set()
    file = path.name if path is not None else "study"
    for _ in range(_MOST_ROUNDS):
        try:
            found = model.model_validate({**left, "path": path})
        except pydantic.ValidationError as error:
            problems |= dict.fromkeys(f"{file}: {line}" for line in _lines(error, model, remedies))
            for item in error.errors():
                section = str(item["loc"][0]) if item["loc"] else ""
                broken |= {section, *difflib.get_close_matches(section, model.model_fields, n=1)}
                _take_out(left, item["loc"], model, needs)
        else:
            return ReadFile(found, tuple(problems), frozenset(broken))
    raise InputError(list(problems))


def _take_out(
    content: dict[str, Any], place: tuple[int | str, ...], model: type[pydantic.BaseModel], needs: Needs
) -> None:
    """Remove the value at a place, or the smallest table around it; ``needs`` replace required values."""
    if not place:  # two sections that exclude each other
        for sampling in ("levels", "ida", "cloud"):
            content.pop(sampling, None)
        return
    name = str(place[0])
    section = content.get(name)
    if name == "levels" and len(place) > 1 and isinstance(section, list) and isinstance(place[1], int):
        at = place[1]
        stated = section[at] if isinstance(section[at], dict) else {}
        kept = {k: v for k, v in stated.items() if k not in LevelSection.model_fields}
        section[at] = {**kept, "name": f"level-{at + 1}", "sa_g": 1.0}
        return
    needed: dict[str, Any] = {key: value for (where, key), value in needs.items() if where == name}
    if needed and (len(place) == 1 or place[1] in needed):
        stated = section if isinstance(section, dict) and "provider" not in needed else {}
        content[name] = {**stated, **needed}  # options of another provider would be wrong here
        return
    if len(place) == 1 and isinstance(section, dict) and name in model.model_fields:
        own = _model_in(model.model_fields[name].annotation)
        known = own.model_fields if own is not None else {}
        content[name] = {k: v for k, v in section.items() if k not in known or k in _NAME_KEYS}
        return
    holder: Any = content
    for key, following in zip(place, (*place[1:], None), strict=True):
        inner = holder.get(key)
        if not isinstance(inner, dict) or following not in inner:  # a list is removed as a whole
            holder.pop(key, None)
            return
        holder = inner


def write_study(study: Study, path: Path, resolved: Mapping[Place, Any] | None = None) -> None:
    """Write the study with all defaults.

    Existing paths of gmplug's own keys become absolute. ``resolved`` has the options of providers that are
    paths, by their place in the study: :func:`gmplug.chain.calls.resolved_paths`.
    """
    import tomli_w

    content = study.model_dump(mode="json", exclude_none=True)
    own = content["study"]
    own["scripts"] = [_absolute(text, study.base_dir) for text in own["scripts"]]
    model = study.structure.model
    if model is not None and model.endswith(".py"):
        content["structure"]["model"] = _absolute(model, study.base_dir)
    if study.risk.hazard_curve is not None:
        content["risk"]["hazard_curve"] = _absolute(study.risk.hazard_curve, study.base_dir)
    for place, value in (resolved or {}).items():
        holder: Any = content
        for key in place[:-1]:
            holder = holder[key]
        holder[place[-1]] = _texts(value)
    path.write_text(tomli_w.dumps(content), encoding="utf-8")


#: Keys that lead to an option of a study.
Place = tuple[str | int, ...]
#: Keys of sections that name a provider.
_NAME_KEYS = frozenset({"provider", "method", "model", "executor"})
#: Most attempts to remove wrong values.
_MOST_ROUNDS = 20


def _absolute(text: str, base_dir: Path) -> str:
    path = base_dir / text
    return str(path.resolve()) if path.exists() else text


def _texts(value: Any) -> Any:
    """Paths as texts, absolute where there is such a file."""
    if isinstance(value, Path):
        return str(value.resolve() if value.exists() else value)
    if isinstance(value, Mapping):
        return {key: _texts(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_texts(item) for item in value]
    return value


def _lines(error: pydantic.ValidationError, model: type[pydantic.BaseModel], remedies: Remedies) -> list[str]:
    """Return the errors of a file, one line each with section, key and what to do."""
    lines = []
    for item in error.errors():
        place = [str(part) for part in item["loc"]] or ["study file"]
        section, key = place[0], ".".join(p for p in place[1:] if p[:1].islower())
        header = f"[[{section}]] {int(place[1]) + 1}" if place[1:2] and place[1].isdigit() else f"[{section}]"
        if item["type"] == "extra_forbidden":
            lines.append(_unknown_key(place, model))
        elif item["type"] == "missing" and section == "catalogue":
            lines.append(missing_catalogue(item["input"]))
        elif item["type"] == "missing":
            remedy = remedies.get(f"{section}.{key}" if key else section, "add it")
            wrong = _misspelt(place[-1], item["input"]) if key else ""
            lines.append(f"{header}{' ' + key if key else ''} is missing{wrong}: {remedy}")
        else:
            message = item["msg"].removeprefix("Value error, ")
            where = f"{header} {key}: " if key else f"{header}: "
            given = "" if isinstance(item["input"], dict) else f" (got {item['input']!r})"
            lines.append(f"{where}{message}{given}")
    return list(dict.fromkeys(lines))


def missing_catalogue(section: Any = None) -> str:
    """Return the error line for a study without ``[catalogue] provider``."""
    from gmplug.host import Host
    from gmplug.host.listing import needed_options

    known = needed_options(Host(), "catalogues")
    return (
        f"[catalogue] provider is missing{_misspelt('provider', section)}: "
        f'set provider = "NAME", where the records come from; installed: {known}'
    )


def _misspelt(key: str, section: Any) -> str:
    """Return the key of a section that may have been meant for one that is missing."""
    close = difflib.get_close_matches(key, section if isinstance(section, Mapping) else (), n=1)
    return f" ('{close[0]}' is unknown; did you mean '{key}'?)" if close else ""


def _unknown_key(place: list[str], model: type[pydantic.BaseModel]) -> str:
    for part in place[:-1]:
        found = _model_in(model.model_fields[part].annotation) if part in model.model_fields else None
        if found is not None:
            model = found
    known = [name for name in model.model_fields if name != "path"]
    if len(place) == 1:
        hint = did_you_mean(place[0], known, "[{}]")
        return f"unknown section [{place[0]}]; {hint}known: {', '.join(known)}"
    line = unknown_option(place[-1], known, f"[{place[0]}]")
    tables = [name for name in ("options", "executor_options", "solver") if name in known]
    where = " and ".join(f"{name} = {{ … }}" for name in tables)
    return f"{line}; options of what it names stand in {where}" if tables else line


def _model_in(annotation: Any) -> type[pydantic.BaseModel] | None:
    """The model of a section in an annotation, alone or in a union."""
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
