"""From what ``[structure]`` says to a model that stands in OpenSees."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gmplug.errors import GmplugError, InputError, StudyError
from gmplug.host.options import bind
from gmplug.values import StructureModel

if TYPE_CHECKING:
    from gmplug.host import Host

_GIVEN_HOOK = "build_model"


def find_builder(host: Host, model: str, base_dir: Path) -> tuple[Callable[..., Any], str]:
    """Return the function that builds ``model``, and how error lines name it.

    ``model`` is a structure's name, or the path of a script with a function ``build_model`` (or with a hook
    ``gmplug_structures`` that offers exactly one). The host has to know the script.

    Raises InputError if there is none.
    """
    if not model.endswith(".py"):
        return host.provider("structures", model), f"[structure] model '{model}'"
    path = (base_dir / model).resolve()
    where = f"[structure] model '{Path(model).name}'"
    module = host.scripts.get(path)
    if module is None:
        raise InputError(f"{where}: script {path} is not loaded; check the path in the study file")
    builder = getattr(module, _GIVEN_HOOK, None)
    if callable(builder):
        return builder, where
    offered = [name for name, by in host.offered_by("structures").items() if by == [str(path)]]
    if len(offered) == 1:
        return host.provider("structures", offered[0]), where
    raise InputError(
        f"{where}: the script defines no function {_GIVEN_HOOK}(ops, ...); add one that builds the model "
        "and returns a gmplug.StructureModel"
    )


def build_structure(
    host: Host,
    model: str,
    options: Mapping[str, Any],
    given: Mapping[str, Any],
    base_dir: Path,
) -> StructureModel:
    """Build the model on an empty OpenSees domain.

    Parameters
    ----------
    given
        ``ops``, ``damping_ratio`` and ``conditioning_period_s``.

    Raises
    ------
    InputError
        The model is unknown, or an option of it.
    StudyError
        The function that builds it raises, or returns something else; one line with the script's line number.
    """
    builder, where = find_builder(host, model, base_dir)
    arguments = bind(builder, options, given, where, base_dir)
    given["ops"].wipe()
    try:
        structure = builder(**arguments)
    except GmplugError:
        raise
    except (Exception, SystemExit) as error:
        raise StudyError(f"{where}: {error_line(error)}") from error
    if not isinstance(structure, StructureModel):
        raise StudyError(
            f"{where}: {builder.__name__} returned {type(structure).__name__}, not a gmplug.StructureModel"
        )
    return structure


def error_line(error: BaseException) -> str:
    """Say on one line what was raised, and at which line of whose file outside gmplug and its libraries."""
    reason = " ".join(str(error).split())
    text = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    own = str(Path(__file__).resolve().parents[1])
    foreign = [
        f for f in frames if not f.filename.startswith((own, "<")) and "site-packages" not in f.filename
    ]
    if not foreign:
        return text
    return f"{Path(foreign[-1].filename).name}, line {foreign[-1].lineno}: {text}"
