"""Running all filters: which record each removed first, and which it would remove by itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.errors import InputError, PluginError
from gmplug.hookspecs import KINDS
from gmplug.host.options import bind, bound_option, known_names, options_of, unknown_option
from gmplug.values import BoolArray, FloatArray

WHERE = "[preselection]"
COLUMNS = ("filter", "reason", "removed", "removed_alone", "unknown", "remaining", "note")
_GIVEN = KINDS["filters"].given
_LONGEST_OPTION = 60


@dataclass(frozen=True)
class Judgement:
    """What a filter may return in place of a bool array: what it does with records it knows nothing of.

    Parameters
    ----------
    keep
        Records that it keeps, shape (N,).
    unknown
        Records of which it does not know what it asks, shape (N,).
    missing
        The reason for which unknown records are removed, counted apart as filter ``NAME-known``; empty where
        ``keep`` says what becomes of them.
    note
        A line for the user, which names the records that the filter found.
    """

    keep: BoolArray
    unknown: BoolArray
    missing: str = ""
    note: str = ""


@dataclass(frozen=True)
class _Result:
    """What one filter said: ``keep`` after the filters before it, ``alone`` as if it were the only one.

    ``unknown`` are the records that it kept without knowing what it asks.
    """

    name: str
    reason: str
    keep: BoolArray
    alone: BoolArray
    unknown: BoolArray
    options: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


def run_filters(
    filters: Mapping[str, Callable[..., Any]],
    options: Mapping[str, Any],
    records: pd.DataFrame,
    periods_s: FloatArray,
    conditioning_period_s: float,
    base_dir: Path | None = None,
    ln_sa: FloatArray | None = None,
) -> tuple[BoolArray, pd.DataFrame]:
    """Return which records all filters keep, shape (N,), and the funnel.

    Filters run in the order given; those that take ``kept`` (what the others left) run after the rest.

    Raises
    ------
    InputError
        An option is unknown or bad, or no record is left.
    PluginError
        A filter fails, or does not return a bool array of shape (N,).
    """
    given = {"records": records, "periods_s": periods_s, "conditioning_period_s": conditioning_period_s}
    given["ln_sa"] = ln_sa
    everything = np.ones(len(records), dtype=bool)
    bound = _bind(_in_order(filters), options, {**given, "kept": everything}, base_dir)
    results = []
    kept = everything
    for name, arguments in bound.items():
        for result in _apply(name, filters[name], arguments, kept):
            results.append(result)
            kept = kept & result.keep
    if not kept.any():
        raise InputError(_nothing_left(results, len(records)))
    return kept, _funnel(results, len(records))


def _in_order(filters: Mapping[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    names = {name: "kept" in known_names(function, _what(name)) for name, function in filters.items()}
    return {name: filters[name] for name in sorted(names, key=lambda name: names[name])}


def _what(name: str) -> str:
    return f"{WHERE} filter '{name}'"


def _bind(
    filters: Mapping[str, Callable[..., Any]],
    options: Mapping[str, Any],
    given: Mapping[str, Any],
    base_dir: Path | None,
) -> dict[str, dict[str, Any]]:
    """Return each filter's arguments; every bad option gives one line, however many filters share it."""
    claims = {name: options_of(function, _GIVEN, _what(name)) for name, function in filters.items()}
    known = {option for names in claims.values() for option in names}
    problems = [unknown_option(name, known, WHERE) for name in options if name not in known]
    bound = {}
    for name, function in filters.items():
        own = {option: value for option, value in options.items() if option in claims[name]}
        try:
            bound[name] = bind(function, own, given, WHERE, base_dir)
        except PluginError:
            raise
        except InputError as error:
            problems.extend(line for line in error.problems if line not in problems)
    if problems:
        raise InputError(problems)
    return bound


def _apply(
    name: str, function: Callable[..., Any], arguments: Mapping[str, Any], kept: BoolArray
) -> list[_Result]:
    own = {**arguments, "kept": kept} if "kept" in arguments else arguments
    said = _judge(name, function, own, len(kept))
    if said is None:
        return []
    alone = _judge(name, function, arguments, len(kept)) if "kept" in arguments else said
    stated = _stated(function, arguments)
    doc = (getattr(function, "__doc__", None) or "").strip() or name
    reason, none = _reason(doc.splitlines()[0], stated), np.zeros(len(kept), dtype=bool)
    if not said.missing:
        return [
            _Result(
                name, reason, said.keep, (alone or said).keep, said.keep & said.unknown, stated, said.note
            )
        ]
    known = ~said.unknown
    result = _Result(name, reason, said.keep | ~known, (alone or said).keep | ~known, none, stated, said.note)
    if known.all():
        return [result]
    return [_Result(f"{name}-known", _reason(said.missing, stated), known, known, none, stated), result]


def _stated(function: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options a filter ran with, defaults that say something among them."""
    options = {
        name: bound_option(arguments, name, option.default)
        for name, option in options_of(function, _GIVEN, WHERE).items()
    }
    return {name: v for name, v in options.items() if v is not None and v is not inspect.Parameter.empty}


def _judge(
    name: str, function: Callable[..., Any], arguments: Mapping[str, Any], count: int
) -> Judgement | None:
    records = arguments.get("records")
    own = {**arguments, "records": records.copy()} if isinstance(records, pd.DataFrame) else arguments
    try:
        returned = function(**own)
    except InputError:
        raise
    except Exception as error:
        raise PluginError(
            f"{_what(name)} fails: {type(error).__name__}: {error}; repair the plugin that offers it"
        ) from error
    if returned is None:
        return None
    if isinstance(returned, Judgement):
        keep, unknown = _mask(name, returned.keep, count), _mask(name, returned.unknown, count)
        return Judgement(keep, unknown, returned.missing, returned.note)
    return Judgement(_mask(name, returned, count), np.zeros(count, dtype=bool))


def _mask(name: str, returned: Any, count: int) -> BoolArray:
    mask = np.asarray(returned)
    if mask.dtype == object and all(isinstance(value, bool | np.bool_) for value in mask.ravel()):
        mask = mask.astype(bool)
    if mask.shape != (count,) or mask.dtype.kind != "b":
        raise PluginError(
            f"{_what(name)}: returns {type(returned).__name__} of shape {mask.shape} and type {mask.dtype}, "
            f"not a bool array of shape ({count},); repair the plugin that offers it"
        )
    return mask


def _reason(line: str, stated: Mapping[str, Any]) -> str:
    text = ", ".join(f"{key} = {_value_text(value)}" for key, value in stated.items() if value is not True)
    return f"{line.strip().rstrip('.')} ({text})" if text else line.strip().rstrip(".")


def _value_text(value: Any) -> str:
    if isinstance(value, list | tuple) and all(isinstance(item, int | float) for item in value):
        text = "[" + ", ".join(f"{item:g}" for item in value) + "]"
    else:
        text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST_OPTION else text[: _LONGEST_OPTION - 1] + "…"


def _funnel(results: list[_Result], count: int) -> pd.DataFrame:
    rows: list[tuple[str, str, int, int, int, int, str]] = [
        ("catalogue", "all records of the catalogue", 0, 0, 0, count, "")
    ]
    kept = np.ones(count, dtype=bool)
    for result in results:
        removed = int((kept & ~result.keep).sum())
        kept = kept & result.keep
        alone, unknown = int((~result.alone).sum()), int((kept & result.unknown).sum())
        rows.append((result.name, result.reason, removed, alone, unknown, int(kept.sum()), result.note))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _nothing_left(results: list[_Result], count: int) -> list[str]:
    """Say which filter took how many, and which one would have to give way."""
    funnel = _funnel(results, count)
    took = [
        f"'{row['filter']}' took {row['removed']} ({row['reason']}; {row['removed_alone']} by itself)"
        for row in funnel.iloc[1:].to_dict("records")
        if row["removed"]
    ]
    problem = f"{WHERE}: no candidate is left of {count} records: {'; '.join(took)}"
    without = []
    for result in results:
        others = [r.keep for r in results if r is not result]
        left = int(np.logical_and.reduce(others).sum()) if others else count
        if left:
            without.append((left, result))
    if not without:
        return [problem, f"{WHERE}: no single option is to blame; widen the two that took most"]
    left, result = max(without, key=lambda item: item[0])
    option = next(iter(result.options), None)
    what = (
        f"widen or remove option '{option}' (filter '{result.name}')"
        if option
        else f"do without '{result.name}'"
    )
    return [problem, f"{WHERE}: {what}: without it {left} candidates would be left"]
