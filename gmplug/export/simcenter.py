"""Responses and motions in the formats of SimCenter's applications (PBE, R2D, EE-UQ, pelicun).

A name of a demand, ``1-PID-2-1``, has event, type, story or floor (the ground is 0) and direction.
response.csv has a row of units, as in pelicun's documentation ("Response data file"). Each motion has a JSON
file with ``dT``, ``data_x`` and ``data_y``, as SimCenterEvent of SimCenterBackendApplications reads it, and
EVENT.json has the format that it writes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.constants import STANDARD_GRAVITY_M_S2
from gmplug.demands import demands
from gmplug.errors import InputError, readable
from gmplug.excitation.selected_motions import SelectedMotion
from gmplug.export.files import file_stem

#: Accelerations in one g, by unit as pelicun and R2D name them.
_UNITS = {"g": 1.0, "mps2": STANDARD_GRAVITY_M_S2}


def edp_columns(columns: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return ``{SimCenter's name: (column of demands.csv, unit)}`` in their order.

    Where a model has two horizontal directions, x is 1 and y is 2; a plane model has direction 1 only.
    """
    names = [str(column) for column in columns]
    found: dict[str, tuple[str, str]] = {}
    for demand in (one for one in demands().values() if one.code):
        unit = demand.unit or "unitless"
        if not demand.numbered and demand.column in names:
            found[f"1-{demand.code}-1-1"] = (demand.column, unit)
        places = ((demand.place(name), name) for name in names)
        matches = [(*place, name) for place, name in places if place and place[0] != "resultant"]
        if {"x", "y"} <= {axis for axis, _, _ in matches}:
            matches = [match for match in matches if match[0]]
        for axis, level, name in sorted(matches, key=lambda match: (match[1], match[0])):
            found[f"1-{demand.code}-{level}-{2 if axis == 'y' else 1}"] = (name, unit)
    return found


def response_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the demands of the analyses that ended ok, under SimCenter's names, below a row ``Units``.

    Values are texts that read back to the same number. A demand that an analysis lacks (residual drifts, for
    example) is left out.

    Raises InputError if there is no demand that all analyses have.
    """
    ok = table[table["status"].astype(str) == "ok"]
    columns: dict[str, list[str]] = {}
    for name, (column, unit) in edp_columns(table.columns).items():
        values = pd.to_numeric(ok[column], errors="coerce").to_numpy(dtype=float)
        if len(values) and np.isfinite(values).all():
            columns[name] = [unit, *(repr(float(value)) for value in values)]
    if not columns:
        raise InputError("demands.csv: no analysis that ended ok has drifts or accelerations to export")
    index = pd.Index(["Units", *(str(row) for row in range(1, len(ok) + 1))], name="")
    return pd.DataFrame(columns, index=index)


def simcenter_edp(*, run_dir: Path, out_dir: Path) -> list[Path]:
    """Write ``response.csv``, and ``analyses.csv`` with the status of all analyses and their rows.

    With several levels of shaking, ``response_LEVEL.csv`` for each.
    """
    table = _read_demands(run_dir)
    parts = [("", table)]
    if "level" in table:
        levels = table["level"].astype(str)
        parts = [(f"_{_plain(level)}", table[levels == level]) for level in levels.unique()]
    files, lists = [], []
    for suffix, rows in parts:
        path = out_dir / f"response{suffix}.csv"
        response_table(rows).to_csv(path)
        files.append(path)
        ok = (rows["status"].astype(str) == "ok").to_numpy()
        number = np.where(ok, np.cumsum(ok), 0)
        listed = rows[[name for name in ("level", "id", "scale_factor", "status") if name in rows]].copy()
        listed["file"] = np.where(ok, path.name, "")
        listed["row"] = [str(row) if row else "" for row in number]
        lists.append(listed)
    path = out_dir / "analyses.csv"
    pd.concat(lists).to_csv(path, index=False)
    return [*files, path]


def simcenter_event(*, motions: Sequence[SelectedMotion], out_dir: Path, unit: str = "g") -> list[Path]:
    """Write a JSON file for each scaled motion, ``EVENT.json`` with all of them, and ``records.csv``.

    Parameters
    ----------
    unit
        Of the accelerations, ``"g"`` or ``"mps2"``: what SimCenter's applications call ``TH_file`` units.
    """
    if unit not in _UNITS:
        raise InputError(f"unit '{unit}' is unknown; one of {', '.join(_UNITS)}")
    files, events, rows = [], [], []
    for number, motion in enumerate(motions, start=1):
        name = file_stem(number, motion.id)
        components = [c for c in ("h1", "h2") if c in motion.recorded_g]
        data = {c: (_UNITS[unit] * motion.acceleration_g(c)).tolist() for c in components}
        record: dict[str, Any] = {"name": name, "dT": motion.time_step_s}
        record |= {key: data[c] for key, c in zip(("data_x", "data_y"), components, strict=False)}
        path = out_dir / f"{name}.json"
        _write(path, record)
        files.append(path)
        events.append(_event(name, motion.time_step_s, [data[c] for c in components]))
        rows.append({"TH_file": name, "factor": 1.0, "id": motion.id, "scale_factor": motion.scale_factor})
    _write(out_dir / "EVENT.json", {"randomVariables": [], "units": {"TH_file": unit}, "Events": events})
    pd.DataFrame(rows).to_csv(out_dir / "records.csv", index=False)
    return [*files, out_dir / "EVENT.json", out_dir / "records.csv"]


def run_json(*, run_dir: Path, out_dir: Path) -> list[Path]:
    """Write ``run.json``: selection, target and demands of the run as plain rows, and its summary."""
    content: dict[str, Any] = {}
    for name in ("selection", "target", "demands"):
        path = run_dir / f"{name}.csv"
        if path.is_file():
            # pandas' own writer keeps all digits, and writes missing values as null.
            text = pd.read_csv(path).to_json(orient="records", double_precision=15)
            content[name] = json.loads(text)
    summary = run_dir / "summary.json"
    if summary.is_file():
        content["summary"] = json.loads(summary.read_text(encoding="utf-8"))
    if not content:
        raise InputError(f"{run_dir}: has no selection, target or demands yet; run the study first")
    _write(out_dir / "run.json", content)
    return [out_dir / "run.json"]


def _event(name: str, time_step_s: float, components: list[list[float]]) -> dict[str, Any]:
    labels = ("accel_X", "accel_Y")[: len(components)]
    return {
        "name": name,
        "type": "Seismic",
        "dT": time_step_s,
        "numSteps": len(components[0]),
        "timeSeries": [
            {"name": label, "type": "Value", "dT": time_step_s, "data": data}
            for label, data in zip(labels, components, strict=True)
        ],
        "pattern": [
            {"type": "UniformAcceleration", "timeSeries": label, "dof": dof}
            for dof, label in enumerate(labels, start=1)
        ],
    }


def _read_demands(run_dir: Path) -> pd.DataFrame:
    path = run_dir / "demands.csv"
    with readable(path, "run the study to its analyses first"):
        table = pd.read_csv(path, dtype={"id": str})
    if "status" not in table:
        raise InputError(f"{path}: has no column 'status'")
    return table


def _plain(level: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "_", level).strip("_") or "level"


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, allow_nan=False) + "\n", encoding="utf-8")
