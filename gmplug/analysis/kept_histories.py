"""Response histories of analyses, one Parquet file for each: what they hold, writing and reading them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gmplug.analysis.demands import AXES, FloorHistory, story_drift_ratios
from gmplug.analysis.errors import ExecutorError
from gmplug.analysis.setup import ANALYSIS_DIR, AnalysisSetup
from gmplug.demands.demand import MODEL_FORCE
from gmplug.errors import InputError, readable
from gmplug.values import AnalysisResult, AnalysisTask, FloatArray, StructureModel

if TYPE_CHECKING:
    import pandas as pd

    from gmplug.analysis.events import Events
    from gmplug.analysis.history import Sample

#: Name of the history of the base shear, and its column in a plane model.
BASE_SHEAR = f"base_shear_{MODEL_FORCE}"
#: What ``[analysis] histories`` may name, besides what the model and plugins add: the start of its columns.
QUANTITIES = {
    "story_drift_ratio": ("story_drift_ratio_",),
    "floor_displacement_m": ("floor_displacement_",),
    "floor_acceleration_g": ("floor_acceleration_",),
    "vertical_acceleration_g": ("vertical_acceleration_",),
    BASE_SHEAR: tuple(f"base_shear{axis}_{MODEL_FORCE}" for axis in ("", "_x", "_y")),
}
_METADATA = b"gmplug"
_INCOMPLETE = ".part"
_DEMANDS_FILE = "demands.csv"

#: All histories, none, or those of these names.
Wanted = bool | Sequence[str]


def history_sampler(wanted: Wanted, events: Events) -> Sample | None:
    """Return the function that samples the histories of the model's script and of plugins; None without any.

    Raises InputError where the study names histories that do not exist. The function raises InputError where
    the names change. Where the study names others it raises ExecutorError, which ends the run, so that no
    result is replaced by one without them.
    """
    own_only = not isinstance(wanted, bool) and set(wanted) <= set(QUANTITIES)
    sample = events.sampler() if wanted and not own_only else None
    if sample is None:
        _check_names(wanted, ())
        return None
    names: list[str] | None = None

    def checked_sample() -> dict[str, float]:
        nonlocal names
        values = sample()
        if names is None:
            names = list(values)
            try:
                _check_names(wanted, names)
            except InputError as error:
                raise ExecutorError(str(error)) from error
        elif names != list(values):
            raise InputError(
                f"extra_histories: gave {', '.join(names) or 'nothing'} at rest, now "
                f"{', '.join(values) or 'nothing'}; return the same names each time"
            )
        return values

    return checked_sample


def _check_names(wanted: Wanted, further: Sequence[str]) -> None:
    """Raise InputError on a name that is neither gmplug's own nor among the ``further`` ones."""
    known = [*QUANTITIES, *further]
    unknown = [] if isinstance(wanted, bool) else [name for name in wanted if name not in known]
    if unknown:
        raise InputError(f"[analysis] histories: '{unknown[0]}' is unknown here; known: {', '.join(known)}")
    clash = [name for name in further if name == "time_s" or name.startswith(_beginnings(QUANTITIES))]
    if clash:
        raise InputError(f"the history '{clash[0]}' has the name of one of gmplug's own; rename it")


def _beginnings(quantities: Iterable[str]) -> tuple[str, ...]:
    """Return the start of the columns of these quantities."""
    return tuple(beginning for name in quantities for beginning in QUANTITIES[name])


def history_columns(history: FloorHistory, model: StructureModel, wanted: Wanted) -> dict[str, FloatArray]:
    """Return the wanted histories by column name, shape (n,) each; ``time_s`` first.

    Columns are named as the demands are: ``story_drift_ratio_1``, ``floor_acceleration_0_g``; in a model
    with two horizontal directions ``story_drift_ratio_x_1``, ``story_drift_ratio_y_1``.
    """
    columns = {"time_s": history.time_s}
    axes = [f"_{axis}" for axis in AXES] if len(history.displacement) == 2 else [""]
    drifts = story_drift_ratios(history, model)
    displacement_m = history.displacement * model.length_unit_m
    for at, axis in enumerate(axes):
        columns |= _each(f"story_drift_ratio{axis}", drifts[at], first=1)
    for at, axis in enumerate(axes):
        columns |= _each(f"floor_displacement{axis}", displacement_m[at], unit="_m")
    for at, axis in enumerate(axes):
        columns |= _each(f"floor_acceleration{axis}", history.acceleration_g[at], unit="_g")
    if history.vertical_acceleration_g is not None:
        columns |= _each("vertical_acceleration", history.vertical_acceleration_g, unit="_g")
    if history.base_shear is not None:
        columns |= {
            f"base_shear{axis}_{MODEL_FORCE}": along
            for axis, along in zip(axes, history.base_shear, strict=True)
        }
    columns |= dict(history.further)
    return {name: values for name, values in columns.items() if _is_wanted(name, wanted)}


def _each(name: str, values: FloatArray, unit: str = "", first: int = 0) -> dict[str, FloatArray]:
    """Return the columns of an array of shape (n, floors or stories) by name."""
    return {f"{name}_{number}{unit}": column for number, column in enumerate(values.T, start=first)}


def _is_wanted(column: str, wanted: Wanted) -> bool:
    if isinstance(wanted, bool) or column in ("time_s", *wanted):
        return bool(wanted)
    return column.startswith(_beginnings([name for name in wanted if name in QUANTITIES]))


def write_history(setup: AnalysisSetup, task: AnalysisTask, columns: Mapping[str, FloatArray]) -> str:
    """Write the histories of an analysis; return the file's name, to be kept with the result.

    The name has a digest of the content. A process that is killed leaves no incomplete file of that name.

    Raises ExecutorError where the file cannot be written: no result of the analysis is kept then.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    digest = hashlib.sha256()
    for name, values in columns.items():
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(values, dtype=float).tobytes())
    path = setup.history_file(task.name or task.id, digest.hexdigest()[:12])
    assert path is not None
    assert setup.run_dir is not None
    about = {"id": task.id, "scale_factor": task.scale_factor, "histories": setup.histories}
    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    table = table.replace_schema_metadata({_METADATA: json.dumps(about).encode()})
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}{_INCOMPLETE}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as stream:
                pq.write_table(table, stream, compression="zstd")
                stream.flush()
                os.fsync(stream.fileno())  # the result that names it may survive a power failure
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ExecutorError(f"{path}: the histories cannot be written ({error}); run again") from error
    return path.relative_to(setup.run_dir).as_posix()


def remove_incomplete(run_dir: Path) -> None:
    """Remove the incomplete files of histories that killed processes have left in a run directory."""
    for part in (run_dir / ANALYSIS_DIR / "histories").rglob(f".*{_INCOMPLETE}"):
        part.unlink(missing_ok=True)


def lacks_histories(setup: AnalysisSetup, result: AnalysisResult) -> bool:
    """Tell whether a kept result has no histories, or too few, where the study wants them now."""
    if setup.run_dir is None or not setup.histories or result.steps == 0:
        return False
    if not result.history:
        return True
    try:
        has = _about(setup.run_dir / result.history)["histories"]
    except (OSError, ValueError, KeyError):
        return True
    wanted = setup.histories
    return has is not True and (isinstance(wanted, bool) or not set(wanted) <= set(has))


def _about(path: Path) -> dict[str, Any]:
    """Return a file's metadata; raises OSError or ValueError if it is not gmplug's, or incomplete."""
    import pyarrow.parquet as pq

    metadata = pq.read_schema(path).metadata or {}
    about: dict[str, Any] = json.loads(metadata.get(_METADATA, b"{}"))
    return about


def read_histories(run: Path | str | Any, record: str, **where: str | float) -> pd.DataFrame:
    """Return the response histories of an analysis: ``time_s``, and a column for each.

    Parameters
    ----------
    run
        The run directory, of a study with ``[analysis] histories``; or the ``Run`` of ``gmplug.run_study``.
    record
        Id of the record.
    where
        Values of further columns of demands.csv, where it has several analyses of the record:
        ``scale_factor=1.5``, ``sa_g=0.4``, ``building="B7"``, ``level="10 %"``.

    Raises
    ------
    InputError
        There is no such analysis, several, or no histories of it.
    """
    import pandas as pd

    run_dir = Path(getattr(run, "run_dir", run))
    demands = run_dir / _DEMANDS_FILE
    row = _row(demands, {"id": record, **where})
    name = row.get("history", "")
    if not name:
        raise InputError(
            f"{demands}: no histories of record '{record}' (status {row.get('status', 'unknown')}); "
            "set `histories = true` in [analysis] and run again"
        )
    with readable(run_dir / name, f"remove {_DEMANDS_FILE}, and run again"):
        return pd.read_parquet(run_dir / name)


def _row(demands: Path, where: Mapping[str, str | float]) -> Mapping[str, str]:
    """Return the one row of demands.csv with these values."""
    import pandas as pd

    with readable(demands, "give a run with analyses"):
        table = pd.read_csv(demands, dtype=str, keep_default_na=False)
    for name, value in where.items():
        if name not in table:
            raise InputError(f"{demands}: has no column '{name}'")
        table = table[[_same(cell, value) for cell in table[name]]]
    said = ", ".join(f"{name} {value}" for name, value in where.items())
    if len(table) == 0:
        raise InputError(f"{demands}: no analysis of {said}")
    if len(table) > 1:
        raise InputError(
            f"{demands}: {len(table)} analyses of {said}; give another of its columns, "
            "such as scale_factor=..."
        )
    return {str(name): cell for name, cell in table.iloc[0].items()}


def _same(cell: str, value: str | float) -> bool:
    if isinstance(value, str):
        return cell == value
    with contextlib.suppress(ValueError):
        return bool(np.isclose(float(cell), value, rtol=1e-6, atol=0.0))
    return False
