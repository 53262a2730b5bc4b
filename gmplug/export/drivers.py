"""Folders that run without gmplug: motions, their list, settings, and a driver that runs the user's model."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from gmplug.errors import InputError
from gmplug.excitation.selected_motions import SelectedMotion
from gmplug.export.files import COMPONENTS, write_components, write_list, write_text
from gmplug.study import Study

LengthUnit = Literal["m", "cm", "mm", "in", "ft"]
Direction = Annotated[int, Field(ge=1, le=6)]
#: Folder of the export for the model's files.
MODEL_DIR = "model"
#: Number of folders above the model in which files that it names are searched.
_MOST_UPWARDS = 4


@dataclass(frozen=True)
class DriverOptions:
    """Options of a driver.

    Parameters
    ----------
    model
        Your model's file, Tcl or Python as the driver. It and the files beside it that it uses are copied to
        ``model/`` in the folder written. If not given, put ``model.tcl`` or ``model.py`` into that folder.
    length_unit
        The model's; there is no default.
    directions
        Degrees of freedom of the horizontal directions; ``[1]``, or ``[1, 2]`` where the study excites both.
    vertical_direction
        Degree of freedom upwards, where the study excites the vertical component.
    collapse_drift_ratio
        Story drift ratio at which an analysis stops as collapsed.
    """

    model: Path | None = None
    length_unit: LengthUnit | None = None
    directions: list[Direction] | None = None
    vertical_direction: Direction = 3
    collapse_drift_ratio: Annotated[float, Field(gt=0)] = 0.10


def opensees_tcl(
    *, motions: Sequence[SelectedMotion], out_dir: Path, study: Study, options: DriverOptions
) -> list[Path]:
    """Write motion files, ``records.tcl``, ``settings.tcl``, and ``run_records.tcl``, which runs a model."""
    settings, files, rows = _write_inputs(motions, out_dir, study, options, ".tcl")
    texts = {
        "settings.tcl": _tcl_settings(settings),
        "records.tcl": _tcl_records(rows),
        "run_records.tcl": _template("run_records.tcl"),
    }
    return [*files, *_write(texts, out_dir)]


def openseespy(
    *, motions: Sequence[SelectedMotion], out_dir: Path, study: Study, options: DriverOptions
) -> list[Path]:
    """Write motion files, ``records.csv``, ``settings.json`` and ``run_records.py``, which runs a model."""
    settings, files, _ = _write_inputs(motions, out_dir, study, options, ".py")
    texts = {
        "settings.json": json.dumps(settings, indent=2) + "\n",
        "run_records.py": _template("run_records.py"),
        "gmplug_stepper.py": _own_module("solver.py"),
        "gmplug_base_shear.py": _own_module("base_shear.py"),
    }
    return [*files, *_write(texts, out_dir)]


def _write_inputs(
    motions: Sequence[SelectedMotion], out_dir: Path, study: Study, options: DriverOptions, suffix: str
) -> tuple[dict[str, Any], list[Path], list[dict[str, str]]]:
    """Write motions, their list and the model; return the settings, the files and the rows of the list."""
    settings = _settings(study, motions, options)
    model_file, copied = _copy_model(options.model, suffix, out_dir)
    files, rows = write_components(motions, out_dir, ".txt", write_text)
    return {"model_file": model_file, **settings}, [*copied, *files, write_list(rows, out_dir)], rows


def _copy_model(model: Path | None, suffix: str, out_dir: Path) -> tuple[str, list[Path]]:
    """Copy a model with the files that it uses; return its file's name in the folder, and the copies.

    Raises InputError where it is not there or of another language, or a file that it sources is missing.
    """
    import shutil

    from gmplug.host.script_files import missing_sources, model_files

    if model is None:
        return f"model{suffix}", []
    if not model.is_file():
        raise InputError(f"model {model}: no such file; correct the path in --model")
    if model.suffix.lower() != suffix:
        other = "openseespy" if suffix == ".tcl" else "opensees-tcl"
        raise InputError(
            f"model {model}: this format runs models whose files end in {suffix}; for "
            f"{model.suffix or 'others'} there is --format {other}"
        )
    missing = missing_sources(model)
    if missing:
        raise InputError([f"model {line}; put it there, or name it by its path" for line in missing])
    files = model_files(model)
    root = _common_folder(files)
    copies = []
    for file in (f for f in files if f.is_relative_to(root)):
        copy = out_dir / MODEL_DIR / file.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
        copies.append(copy)
    return (Path(MODEL_DIR) / files[0].relative_to(root)).as_posix(), copies


def _common_folder(files: Sequence[Path]) -> Path:
    """The lowest folder that has the model and what it names by a path upwards, such as ``../lib.tcl``."""
    root = files[0].parent
    for _ in range(_MOST_UPWARDS):
        if all(file.is_relative_to(root) for file in files):
            break
        above = [f for f in files if f.is_relative_to(root.parent) and not f.is_relative_to(root)]
        if not above or root.parent == Path(root.anchor):
            break
        root = root.parent
    return root


def _settings(study: Study, motions: Sequence[SelectedMotion], options: DriverOptions) -> dict[str, Any]:
    """Return the settings of both drivers, from the study's ``[analysis]``; names as in settings.json.

    Times follow from T*, as a driver does not have the model's own period.
    """
    from gmplug.analysis.history import FREE_VIBRATION_PERIODS, RESIDUAL_PERIODS, longest_step_s
    from gmplug.analysis.solver_settings import read_settings
    from gmplug.constants import STANDARD_GRAVITY_M_S2
    from gmplug.values import LENGTH_UNITS_M

    if options.length_unit is None:
        raise InputError(
            f"the model's length unit is not stated: give --length-unit, one of {', '.join(LENGTH_UNITS_M)}"
        )
    analysis = study.analysis
    solver = read_settings(analysis.solver)
    horizontal = list(options.directions or ([1, 2] if analysis.component == "both" else [1]))
    unit_m = LENGTH_UNITS_M[options.length_unit]
    period_s = study.conditioning_period_s
    stated_s = analysis.free_vibration_s
    free_s = FREE_VIBRATION_PERIODS * period_s if stated_s is None else stated_s
    return {
        "gravity": STANDARD_GRAVITY_M_S2 / unit_m,
        "excited": _excited(study, motions, horizontal, options.vertical_direction),
        "horizontal": horizontal,
        "time_step_s": analysis.time_step_s or longest_step_s(period_s),
        "free_vibration_s": free_s,
        "residual_window_s": min(RESIDUAL_PERIODS * period_s, free_s),
        "collapse_drift_ratio": options.collapse_drift_ratio,
        "integrator": list(solver.integrator),
        # The drivers know no weight of the model: they use the stricter of the two tests.
        "test": "NormDispIncr" if solver.test == "NormDispOrUnbalance" else solver.test,
        "tolerance": solver.model_tolerances(unit_m, 0.0)[0],
        "max_iterations": solver.max_iterations,
        "algorithms": [list(command) for command in solver.algorithms],
        "constraints": list(solver.constraints or ("Auto",)),
        "numberer": list(solver.numberer),
        "system": list(solver.system or ("BandGeneral",)),
        "max_halvings": solver.max_halvings,
        "max_retries": solver.max_retries,
        "last_resort": solver.last_resort,
    }


def _excited(
    study: Study, motions: Sequence[SelectedMotion], horizontal: Sequence[int], vertical: int
) -> dict[str, int]:
    """Return the degree of freedom that each component excites.

    Raises InputError where there are too few directions, or records lack a component.
    """
    component = study.analysis.component
    wanted = ("h1", "h2") if component == "both" else (component,)
    if len(horizontal) < len(wanted):
        raise InputError(
            f'[analysis] component = "both" needs two directions, not {list(horizontal)}; '
            "give --option directions=[1,2]"
        )
    excited = dict(zip(wanted, horizontal, strict=False))
    if study.analysis.vertical:
        excited["v"] = vertical
    for name in excited:
        without = [motion.id for motion in motions if name not in motion.recorded_g]
        if without:
            raise InputError(
                f"{len(without)} of {len(motions)} selected records have no component {name} "
                f"({', '.join(without[:5])}{', ...' if len(without) > 5 else ''}); change [analysis]"
            )
    return excited


# -- Tcl ---------------------------------------------------------------------------------------------

_BARE = re.compile(r"[A-Za-z0-9_./+-]+")
#: Variable of the driver and comment of each setting.
_TCL_VARIABLES = {
    "model_file": ("modelFile", "your model's file, relative to this one"),
    "gravity": ("gravity", "in the model's units"),
    "excited": ("excited", "component of the record, degree of freedom that it excites, ..."),
    "horizontal": ("horizontal", "degrees of freedom of which drifts are reported"),
    "time_step_s": ("timeStep", "longest time step, s; the record's own is divided evenly"),
    "free_vibration_s": ("freeVibration", "time after the motion's end, s"),
    "residual_window_s": ("residualWindow", "residual drifts are means over these last seconds"),
    "collapse_drift_ratio": ("collapseDrift", "story drift ratio at which an analysis ends as collapsed"),
    "integrator": ("stepping", ""),
    "test": ("convergenceTest", ""),
    "tolerance": ("tolerance", "in the model's units"),
    "max_iterations": ("maxIterations", ""),
    "algorithms": ("algorithms", "the first solves every step, the others those that fail"),
    "constraints": ("constraintHandler", "Auto is right for every model; old versions of OpenSees lack it"),
    "numberer": ("dofNumberer", ""),
    "system": ("equations", ""),
    "max_halvings": ("maxHalvings", "of a step that fails with all of them"),
    "max_retries": ("maxRetries", "in an analysis"),
    "last_resort": ("lastResort", "factor on the tolerance for the shortest step"),
}


def tcl_word(value: Any) -> str:
    """Return a value as one word of Tcl without any substitution.

    Texts that are not plain are quoted, with special characters as ``\\uXXXX``.
    """
    if isinstance(value, list | tuple):
        return f"[list {' '.join(map(tcl_word, value))}]" if value else "{}"
    if isinstance(value, float):
        return repr(value)
    text = str(value)
    if _BARE.fullmatch(text):
        return text
    return '"' + "".join(c if _BARE.fullmatch(c) else _tcl_escape(c) for c in text) + '"'


def _tcl_escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _tcl_settings(settings: Mapping[str, Any]) -> str:
    lines = [
        "# Settings of run_records.tcl, written by gmplug: change what you like.",
        "namespace eval ::gmplug {",
    ]
    for name, value in settings.items():
        variable, comment = _TCL_VARIABLES[name]
        if comment:
            lines.append(f"    # {name}: {comment}")
        flat = [part for pair in value.items() for part in pair] if isinstance(value, Mapping) else value
        lines.append(f"    variable {variable} {tcl_word(flat)}")
    return "\n".join([*lines, "}", ""])


def _tcl_records(rows: Iterable[Mapping[str, str]]) -> str:
    names = ("id", "scale_factor", "time_step_s", "points", *(f"file_{c}" for c in COMPONENTS))
    lines = [
        "# Written by gmplug. Of each record: id, scale factor, time step (s), points, and the files of its",
        "# components h1, h2 and vertical (accelerations as recorded, g), empty where there is none.",
        "namespace eval ::gmplug { variable records {} }",
    ]
    for row in rows:
        lines.append(f"lappend ::gmplug::records {tcl_word([row[name] for name in names])}")
    return "\n".join([*lines, ""])


def _own_module(name: str) -> str:
    return (resources.files("gmplug.analysis") / name).read_text(encoding="utf-8")


def _template(name: str) -> str:
    return (resources.files("gmplug.export") / "template" / name).read_text(encoding="utf-8")


def _write(texts: Mapping[str, str], out_dir: Path) -> list[Path]:
    paths = []
    for name, text in texts.items():
        path = out_dir / name
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths
