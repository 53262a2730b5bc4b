"""The stage ``target``: which spectra the selected motions should follow."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.chain.stage import Stage, StageContext
from gmplug.errors import InputError, PluginError
from gmplug.host.options import call
from gmplug.values import FloatArray, Scenario, Target

TABLE, CORRELATION, FACTS = "target.csv", "target_correlation.parquet", "target.json"


def run(context: StageContext) -> Target:
    """Return the target that the study's provider makes."""
    section = context.study.target
    where = f"[target] provider '{section.provider}'"
    models = {
        name: partial(_predict, model, name)
        for name, model in context.host.providers("ground_motion_models").items()
    }
    given = {
        "periods_s": context.study.periods_s(),
        "conditioning_period_s": context.study.conditioning_period_s,
        "ground_motion_models": models,
    }
    implementation = context.host.provider("targets", section.provider)
    target = call(implementation, section.options, given, where, base_dir=context.study.base_dir)
    if not isinstance(target, Target):
        raise PluginError(f"{where}: returned {type(target).__name__}, not gmplug.values.Target")
    if not np.all(np.isfinite(target.ln_mean)) or not np.all(np.isfinite(target.covariance)):
        raise PluginError(f"{where}: its mean or covariance is not finite")
    return target


def _predict(model: Any, name: str, scenario: Scenario | None, periods_s: FloatArray) -> Any:
    """Give a model what it takes, by name."""
    return call(model, {}, {"scenario": scenario, "periods_s": periods_s}, f"[target] gmm '{name}'")


def save(target: Target, run_dir: Path) -> None:
    """Write median and sigma (``target.csv``), the correlation matrix, and what else the target says."""
    sigma = target.sigma_ln
    pd.DataFrame({"period_s": target.periods_s, "median_g": target.median_g, "sigma_ln": sigma}).to_csv(
        run_dir / TABLE, index=False
    )
    correlation = correlation_of(target.covariance)
    frame = pd.DataFrame(correlation, columns=[f"{period:.10g}" for period in target.periods_s])
    frame.insert(0, "period_s", target.periods_s)
    frame.to_parquet(run_dir / CORRELATION, index=False)
    facts = {
        "conditioning_period_s": target.conditioning_period_s,
        "sa_g": target.sa_g,
        "epsilon": None if math.isnan(target.epsilon) else target.epsilon,
        "description": target.description,
        "scenario": None if target.scenario is None else asdict(target.scenario),
        "conditional": _is_conditional(target),
        "notes": list(target.notes),
    }
    text = json.dumps(facts, indent=2, ensure_ascii=False)
    (run_dir / FACTS).write_text(text + "\n", encoding="utf-8")


def load(run_dir: Path) -> Target:
    """Read the target back; the covariance follows ``sigma_ln`` of ``target.csv``, which may be edited.

    Where the median at T* of a conditional target was edited, records are scaled to that.
    """
    path = run_dir / TABLE
    table = _read_table(path)
    stored = pd.read_parquet(run_dir / CORRELATION)
    facts = json.loads((run_dir / FACTS).read_text(encoding="utf-8"))
    periods = table["period_s"].to_numpy(dtype=float)
    stored_periods = stored["period_s"].to_numpy(dtype=float)
    if len(periods) != len(stored_periods) or not np.allclose(periods, stored_periods, rtol=1e-6, atol=0.0):
        raise InputError(
            f"{path}: its periods are not those the study was run with ({len(stored_periods)} from "
            f"{stored_periods[0]:g} to {stored_periods[-1]:g} s); keep the column period_s as it was, or set "
            f"periods_s in [target] and run afresh"
        )
    sigma = table["sigma_ln"].to_numpy(dtype=float)
    median = table["median_g"].to_numpy(dtype=float)
    correlation = stored.drop(columns="period_s").to_numpy(dtype=float)
    sa_g = float(facts["sa_g"])
    epsilon = float("nan") if facts["epsilon"] is None else float(facts["epsilon"])
    description = str(facts["description"])
    at = _index(stored_periods, float(facts["conditioning_period_s"]))
    if facts.get("conditional") and at is not None and not math.isclose(median[at], sa_g, rel_tol=1e-6):
        sa_g, epsilon = float(median[at]), float("nan")
        description += f"; target.csv edited, Sa(T*) = {sa_g:.3g} g"
    scenario = facts.get("scenario")
    return Target(
        periods_s=stored_periods,
        ln_mean=np.log(median),
        covariance=correlation * np.outer(sigma, sigma),
        conditioning_period_s=float(facts["conditioning_period_s"]),
        sa_g=sa_g,
        epsilon=epsilon,
        description=description,
        scenario=None if scenario is None else Scenario(**scenario),
        notes=tuple(facts.get("notes", ())),
    )


def correlation_of(covariance: FloatArray) -> FloatArray:
    """Return the correlation matrix (P, P); a variable without variance is uncorrelated with all others."""
    sigma = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    inverse = np.divide(1.0, sigma, out=np.zeros_like(sigma), where=sigma > 0)
    correlation = covariance * np.outer(inverse, inverse)
    np.fill_diagonal(correlation, 1.0)
    return correlation


def summary(target: Target) -> Mapping[str, Any]:
    """What summary.json says of the target."""
    return {
        "target": {
            "description": target.description,
            "conditioning_period_s": target.conditioning_period_s,
            "sa_g": target.sa_g,
            "epsilon": None if math.isnan(target.epsilon) else target.epsilon,
        }
    }


def _is_conditional(target: Target) -> bool:
    at = _index(target.periods_s, target.conditioning_period_s)
    return at is not None and bool(target.covariance[at, at] <= 1e-12)


def _index(periods_s: FloatArray, period_s: float) -> int | None:
    close = np.flatnonzero(np.isclose(periods_s, period_s, rtol=1e-6, atol=0.0))
    return int(close[0]) if len(close) else None


def _read_table(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, OSError) as error:
        raise InputError(f"{path}: cannot be read ({error}); restore it or run with --fresh") from None
    for column, lowest in (("period_s", "positive"), ("median_g", "positive"), ("sigma_ln", "not negative")):
        if column not in table:
            raise InputError(f"{path}: lacks the column {column}; restore it or run with --fresh")
        numbers = pd.to_numeric(table[column], errors="coerce")
        good = np.isfinite(numbers) & ((numbers > 0) if lowest == "positive" else (numbers >= 0))
        if not good.all():
            row = int(np.flatnonzero(~good)[0])
            value = table[column].iloc[row]
            raise InputError(f"{path}, row {row + 2}, column {column}: {value} must be a number, {lowest}")
        table[column] = numbers.astype(float)
    return table


STAGE = Stage(
    name="target",
    inputs=(),
    sections=("structure", "target"),
    files=(TABLE, CORRELATION, FACTS),
    run=run,
    save=save,
    load=load,
    summary=summary,
)
