"""The stage ``target``: which spectra the selected motions should follow."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from functools import partial, update_wrapper
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.chain.calls import Call, provider_call
from gmplug.chain.stage import Stage, StageContext
from gmplug.errors import InputError, PluginError, readable
from gmplug.host.options import call, known_names
from gmplug.plain import write_json
from gmplug.plausible import Findings, look_at
from gmplug.study.schema import Study
from gmplug.target.conditioning import sa_measure
from gmplug.target.facts import facts_of, fields_from
from gmplug.values import FloatArray, Scaling, Scenario, Target

#: A median spectrum whose measure lies within this (in ln) of what records are scaled to is scaled to it.
_SAME_LEVEL = 0.05

TABLE, CORRELATION, FACTS = "target.csv", "target_correlation.parquet", "target.json"


def run(context: StageContext, **instead: Any) -> Target:
    """Return the target that the study's provider makes; ``instead`` replaces what gmplug gives it."""
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
        "correlations": {
            name: update_wrapper(partial(_correlate, model, name), model)
            for name, model in context.host.providers("correlations").items()
        },
        **instead,
    }
    implementation = context.host.provider("targets", section.provider)
    target = call(implementation, section.options, given, where, base_dir=context.study.base_dir)
    if not isinstance(target, Target):
        raise PluginError(f"{where}: returned {type(target).__name__}, not gmplug.values.Target")
    if not np.all(np.isfinite(target.ln_mean)) or not np.all(np.isfinite(target.covariance)):
        raise PluginError(f"{where}: its mean or covariance is not finite")
    return replace(
        target, notes=target.notes + implausible(target, context.study.study.accept).raise_problems()
    )


def implausible(target: Target, accept: Iterable[str]) -> Findings:
    """Compare the target's median and standard deviation with what is physically possible."""
    at = [f"at {period:g} s" for period in target.periods_s]
    median = look_at("sa_g", target.median_g, "median of the target", at, accept)
    return median + look_at("sigma_ln", target.sigma_ln, "target", at, accept)


def _predict(model: Any, name: str, scenario: Scenario | None, periods_s: FloatArray) -> Any:
    """Call a model with the arguments that it has, by name."""
    return call(model, {}, {"scenario": scenario, "periods_s": periods_s}, f"[target] gmm '{name}'")


def _correlate(model: Any, name: str, periods_s: FloatArray, other_periods_s: FloatArray) -> Any:
    """Call a correlation model with the arguments that it has, by name."""
    given = {"periods_s": periods_s, "other_periods_s": other_periods_s}
    return call(model, {}, given, f"[target] correlation '{name}'")


def save(target: Target, run_dir: Path) -> None:
    """Write median and sigma (``target.csv``), the correlation matrix, and the target's other properties."""
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
        "spectrum_level": _spectrum_level(target),
        "notes": list(target.notes),
        **facts_of(target),
    }
    write_json(run_dir / FACTS, facts)


def load(run_dir: Path) -> Target:
    """Read the target back; the covariance follows ``sigma_ln`` of ``target.csv``, which may be edited.

    Where the median was edited and with it the measure that records are scaled to (Sa(T*) of a conditional
    spectrum, the average over a range, ...), they are scaled to the new value.
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
    correlation = stored.drop(columns="period_s").to_numpy(dtype=float)
    scenario = facts.get("scenario")
    target = Target(
        periods_s=stored_periods,
        ln_mean=np.log(table["median_g"].to_numpy(dtype=float)),
        covariance=correlation * np.outer(sigma, sigma),
        conditioning_period_s=float(facts["conditioning_period_s"]),
        sa_g=float(facts["sa_g"]),
        epsilon=float("nan") if facts["epsilon"] is None else float(facts["epsilon"]),
        description=str(facts["description"]),
        scenario=None if scenario is None else Scenario(**scenario),
        notes=tuple(facts.get("notes", ())),
        **fields_from(facts),
    )
    return _with_edited_level(target, facts.get("spectrum_level"))


def _level_of(scaling: Scaling, target: Target) -> float:
    """Return ln of the measure that the median spectrum has, ln Sa linear in ln T between its periods."""
    at = np.interp(np.log(scaling.periods_s), np.log(target.periods_s), target.ln_mean)
    return float(at @ scaling.weights)


def _spectrum_level(target: Target) -> float | None:
    """ln of the conditioning measure of the median spectrum, if that is what records are scaled to."""
    scaling = target.scaled_to
    if not len(scaling.periods_s):
        return None
    level = _level_of(scaling, target)
    return level if abs(level - scaling.ln_level) < _SAME_LEVEL else None


def _with_edited_level(target: Target, before: float | None) -> Target:
    scaling = target.scaled_to
    if before is None:
        return target
    change = _level_of(scaling, target) - before
    if abs(change) < 1e-6:
        return target
    scaling = replace(scaling, ln_level=scaling.ln_level + change)
    return replace(
        target,
        sa_g=float(np.exp(_level_of(sa_measure(target.conditioning_period_s), target))),
        scaling=scaling if target.scaling is not None else None,
        epsilon=float("nan"),
        description=f"{target.description}; target.csv edited, {scaling.text}",
    )


def correlation_of(covariance: FloatArray) -> FloatArray:
    """Return the correlation matrix (P, P); a variable without variance is uncorrelated with all others."""
    sigma = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    inverse = np.divide(1.0, sigma, out=np.zeros_like(sigma), where=sigma > 0)
    correlation = covariance * np.outer(inverse, inverse)
    np.fill_diagonal(correlation, 1.0)
    return correlation


def summary(target: Target) -> Mapping[str, Any]:
    """The target's part of summary.json."""
    return {
        "target": {
            "description": target.description,
            "conditioning_period_s": target.conditioning_period_s,
            "sa_g": target.sa_g,
            "epsilon": None if math.isnan(target.epsilon) else target.epsilon,
            "scaled_to": target.scaled_to.text,
            "mean_only": target.mean_only,
            "measures": [] if target.measures is None else list(target.measures.names),
        }
    }


def _read_table(path: Path) -> pd.DataFrame:
    with readable(path, "restore it or run with --fresh"):
        table = pd.read_csv(path)
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


class _Reached(BaseException):
    """A target has come to its first prediction: its options are understood."""


def check(context: StageContext) -> None:
    """Raise InputError where the target's options, scenario or files are wrong, as far as its provider finds
    out before its first prediction. Targets that predict nothing, such as a code's, are made.
    """

    def reached(*args: Any, **kwargs: Any) -> Any:
        raise _Reached

    host = context.host
    provider = host.provider("targets", context.study.target.provider)
    stops = {"ground_motion_models", "correlations"} & set(known_names(provider, "[target]"))
    if not stops and not str(getattr(provider, "__module__", "")).startswith("gmplug."):
        return  # it may work for long
    given = {kind: dict.fromkeys(host.providers(kind), reached) for kind in sorted(stops)}
    try:
        run(context, **given)
    except InputError:
        raise
    except (_Reached, Exception):
        return  # what else there is shows when it is made


def calls(study: Study) -> tuple[Call, ...]:
    """Return the call of the target's provider, which calls ground-motion and correlation models."""
    names = ("ground_motion_models", "correlations")
    return (provider_call("targets", "target", study.target, names=names),)


STAGE = Stage(
    name="target",
    inputs=(),
    sections=("target",),
    files=(TABLE, CORRELATION, FACTS),
    run=run,
    save=save,
    load=load,
    gist=lambda v: v.description,
    calls=calls,
    events=("gmplug_intensity_measures",),
    check=check,
    summary=summary,
)
