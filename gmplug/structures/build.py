"""Build the model that ``[structure]`` names in OpenSees."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gmplug.errors import GmplugError, InputError, StudyError
from gmplug.host import is_script
from gmplug.host.options import bind
from gmplug.host.scripts import MODEL_FUNCTION, importing_from
from gmplug.values import StructureModel

if TYPE_CHECKING:
    from gmplug.host import Host


def find_builder(host: Host, model: str, base_dir: Path) -> tuple[Callable[..., Any], str]:
    """Return the function that builds ``model``, and the start of error lines.

    ``model`` is a structure's name, or the path of a script with a function ``build_model`` (or with a hook
    ``gmplug_structures`` that offers exactly one). The host must have loaded the script.

    Raises InputError if there is none.
    """
    if not is_script(model):
        _check_no_file(model, base_dir)
        return host.provider("structures", model), f"[structure] model '{model}'"
    path = (base_dir / model).resolve()
    where = f"[structure] model '{Path(model).name}'"
    module = host.scripts.get(path)
    if module is None:
        raise InputError(f"{where}: script {path} is not loaded; check the path in the study file")
    builder = getattr(module, MODEL_FUNCTION, None)
    if callable(builder):
        return builder, where
    offered = [name for name, by in host.offered_by("structures").items() if by == [str(path)]]
    if len(offered) == 1:
        return host.provider("structures", offered[0]), where
    raise InputError(
        f"{where}: the script defines no function {MODEL_FUNCTION}(ops, ...); add one that builds the model "
        "and returns a gmplug.StructureModel"
    )


def _check_no_file(model: str, base_dir: Path) -> None:
    """Raise InputError where the name of a structure is that of a file which is no Python script."""
    where = f"[structure] model '{model}'"
    suffix = Path(model).suffix.lower()
    if suffix == ".tcl":
        raise InputError(
            f"{where}: gmplug runs models in Python only. Take the line out, run to the selection "
            "(`gmplug run STUDY.toml --until selection`), and run the motions with Tcl: `gmplug export RUN "
            f"--format opensees-tcl --model {model} --length-unit UNIT`; `gmplug collect RUN FOLDER` brings "
            "the results back into the report"
        )
    if suffix == ".py" or (suffix and (base_dir / model).is_file()):
        raise InputError(f"{where}: is a file, but not a Python script; name one that ends in .py")
    if (base_dir / f"{model}.py").is_file():
        raise InputError(f'{where}: there is a script of that name; write model = "{model}.py"')


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
        The function raises, or returns something else; one line with the script's line number.
    """
    builder, where = find_builder(host, model, base_dir)
    arguments = bind(builder, options, given, where, base_dir)
    given["ops"].wipe()
    beside: contextlib.AbstractContextManager[None] = contextlib.nullcontext()
    if is_script(model):  # it may import modules beside it while it builds, not only while it is loaded
        beside = importing_from((base_dir / model).resolve().parent)
    try:
        with beside:
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
    """Return one line: what was raised, and the last file and line outside gmplug and its libraries."""
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
