"""Demands of all buildings: written as they come, row by row, so that memory does not grow with them."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from gmplug.assessment import fit_by_moments, median_with_collapse
from gmplug.demands import DRIFT, FLOOR_ACCELERATION, RESIDUAL_DRIFT
from gmplug.portfolio.analyses import BuildingResults
from gmplug.portfolio.buildings import Building
from gmplug.portfolio.recovery import recovery_columns, state_shares
from gmplug.portfolio.schema import ReportSection
from gmplug.values import STATUSES, AnalysisResult, FloatArray

DEMANDS_CSV, DEMANDS_PARQUET = "demands.csv", "demands.parquet"
_KEYS = ("building", "selection", "id", "scale_factor", "status", "message")
_EFFORT = ("wall_s", "steps", "retries", "time_reached_s")
_TEXTS = ("building", "selection", "id", "status", "message", "history")
_ROWS_AT_ONCE = 5000


class DemandWriter:
    """Takes buildings' results; on leaving writes ``demands.csv`` and ``demands.parquet``, whole or not.

    Until then rows lie in a file of one JSON object each, as the columns are known only at the end.
    """

    def __init__(self, out: Path) -> None:
        self._out = out
        self._part = out / "demands.jsonl.part"
        self._names: dict[str, None] = {}
        self._histories = False
        self._stream = self._part.open("w", encoding="utf-8")

    def add(self, found: BuildingResults) -> None:
        """Write a building's rows."""
        for result in found.results:
            self._names.update(dict.fromkeys(result.demands))
            self._histories |= bool(result.history)
            row = {
                "building": found.building.id,
                "selection": found.selection,
                "id": result.id,
                "scale_factor": found.scale_factors[result.id],
                "status": result.status,
                "message": result.message,
                **{name: getattr(result, name) for name in _EFFORT},
                "history": result.history,
                "demands": dict(result.demands),
            }
            self._stream.write(json.dumps(row) + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        if kind is None:
            self._convert()
        self._part.unlink(missing_ok=True)

    def _convert(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        columns = [*_KEYS, *sorted(self._names, key=_natural), *_EFFORT]
        columns += ["history"] if self._histories else []
        schema = pa.schema([(name, pa.string() if name in _TEXTS else pa.float64()) for name in columns])
        parts = {name: self._out / f"{name}.part" for name in (DEMANDS_CSV, DEMANDS_PARQUET)}
        with (
            parts[DEMANDS_CSV].open("w", encoding="utf-8", newline="") as stream,
            pq.ParquetWriter(parts[DEMANDS_PARQUET], schema) as parquet,
        ):
            writer = csv.DictWriter(stream, columns, lineterminator="\n")
            writer.writeheader()
            for rows in self._batches():
                writer.writerows([{k: _cell(row.get(k)) for k in columns} for row in rows])
                data = {name: [_value(name, row.get(name)) for row in rows] for name in columns}
                parquet.write_table(pa.table(data, schema=schema))
        for name, part in parts.items():
            part.replace(self._out / name)

    def _batches(self) -> Iterator[list[dict[str, Any]]]:
        batch: list[dict[str, Any]] = []
        with self._part.open(encoding="utf-8") as stream:
            for line in stream:
                row = json.loads(line)
                batch.append(row | row.pop("demands"))
                if len(batch) == _ROWS_AT_ONCE:
                    yield batch
                    batch = []
        if batch:
            yield batch


def _cell(value: Any) -> Any:
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else value


def _value(name: str, value: Any) -> Any:
    if name in _TEXTS:
        return "" if value is None else str(value)
    return None if value is None else float(value)


def _natural(name: str) -> tuple[str, int, str]:
    """Order columns by quantity, then story or floor."""
    parts = name.split("_")
    numbers = [int(part) for part in parts if part.isdigit()]
    return "_".join(p for p in parts if not p.isdigit()), numbers[0] if numbers else -1, name


def building_summary(found: BuildingResults, report: ReportSection) -> dict[str, Any]:
    """Return one row of ``buildings.csv``: the building, how its analyses ended, and what they say.

    Medians and dispersions are of the analyses that ended ok; exceedance and damage states count collapses.
    """
    building, results = found.building, found.results
    counts = {status: sum(r.status == status for r in results) for status in STATUSES}
    drift, standing = _drifts(results)
    telling = len(drift)
    collapsed = counts["collapsed"] / telling if telling else math.nan
    fit = fit_by_moments(drift[standing])
    row: dict[str, Any] = {
        **_about(building, found),
        "analyses": len(results),
        **counts,
        "median_drift_ratio": fit.median,
        "beta_drift": fit.beta,
        "median_drift_ratio_with_collapse": median_with_collapse(fit, collapsed) if telling else math.nan,
        "median_floor_acceleration_g": _median(results, FLOOR_ACCELERATION.column),
        "median_residual_drift_ratio": _median(results, RESIDUAL_DRIFT.column),
        "collapse_fraction": collapsed,
    }
    for threshold in report.drift_thresholds:
        beyond = np.where(standing, drift > threshold, True)
        row[f"exceeding_{threshold:g}"] = float(np.mean(beyond)) if telling else math.nan
    row |= recovery_columns(building, state_shares(building, drift, standing), report)
    row["wall_s"] = sum(r.wall_s for r in results)
    row["problem"] = found.problem
    return row


def _about(building: Building, found: BuildingResults) -> dict[str, Any]:
    model_periods = found.model.get("periods_s") or [math.nan]
    return {
        "id": building.id,
        "type": building.kind,
        "stories": found.model.get("stories", building.stories),
        "period_s": building.period_s,
        "period_source": building.period_source,
        "model_period_s": float(model_periods[0]),
        "site": building.site,
        "latitude": building.latitude,
        "longitude": building.longitude,
        **{f"label_{name}": value for name, value in building.labels.items()},
        "selection": found.selection,
    }


def _drifts(results: Sequence[AnalysisResult]) -> tuple[FloatArray, Any]:
    """Peak story drift ratios of the analyses that say whether the building stands, and which of them do."""
    telling = [r for r in results if r.status in ("ok", "collapsed")]
    drift = np.array([float(r.demands.get(DRIFT, math.nan)) for r in telling])
    return drift, np.array([r.status == "ok" for r in telling], dtype=bool)


def _median(results: Sequence[AnalysisResult], name: str) -> float:
    values = np.array([float(r.demands.get(name, math.nan)) for r in results if r.status == "ok"])
    return fit_by_moments(values).median
