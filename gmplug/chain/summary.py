"""``summary.json``: the run in numbers, from the summaries of the stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from gmplug._version import __version__
from gmplug.chain.stages import load_stage, stage_names, value_of
from gmplug.notes import warnings_of
from gmplug.plain import plain, write_json
from gmplug.study.schema import Study
from gmplug.values import VALID_STATUSES

if TYPE_CHECKING:
    from gmplug.host import Host

SUMMARY_FILE = "summary.json"
#: Failed analyses named; the others are counted.
_FAILURES_SHOWN = 20


def summarise(
    study: Study,
    values: Mapping[str, Any],
    timing_s: Mapping[str, float],
    notes: Sequence[str],
    host: Host | None = None,
) -> dict[str, Any]:
    """Return the content of summary.json (DESIGN: version, seed, candidates, groups, selection, ...)."""
    summary: dict[str, Any] = {
        "gmplug_version": __version__,
        "study": study.study.name,
        "seed": study.study.seed,
        "analyses": {},  # none, unless the stage has run
    }
    for name in stage_names(host):
        if values.get(value_of(name)) is not None:
            _merge(summary, load_stage(name, host).summary(values[value_of(name)]))
    demands = values.get("demands")
    summary["failures"] = [] if demands is None else failures_of(demands.table)
    summary["warnings"] = warnings_of(notes)
    summary["timing_s"] = dict(timing_s)
    summary["notes"] = list(notes)
    return plain(summary)


def failures_of(table: pd.DataFrame, *further: str) -> list[dict[str, Any]]:
    """Return ``id``, ``status`` and ``message`` of each analysis without a result; a collapse is a result.

    ``further`` are columns of the table that distinguish the analyses.
    """
    failed = table[~table["status"].isin(VALID_STATUSES)]
    names = [name for name in (*further, "id", "status", "message") if name in failed]
    return [{name: str(row[name]) for name in names} for row in failed.to_dict("records")]


def attention_lines(summary: Mapping[str, Any]) -> list[str]:
    """Return the warnings and failed analyses of a summary, a line each."""
    lines = [f"warning: {text}" for text in summary["warnings"]]
    failures = summary["failures"]
    for failure in failures[:_FAILURES_SHOWN]:
        where = ", ".join(str(v) for k, v in failure.items() if k not in ("status", "message"))
        lines.append(f"analysis {where} {failure['status']}: {failure.get('message', '')}".rstrip(": "))
    if len(failures) > _FAILURES_SHOWN:
        lines.append(f"{len(failures) - _FAILURES_SHOWN} more analyses failed; {SUMMARY_FILE} has all")
    return lines


def write_summary(summary: Mapping[str, Any], run_dir: Path) -> None:
    """Write summary.json."""
    write_json(run_dir / SUMMARY_FILE, summary)


def _merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Add ``more``; mappings in both are merged."""
    for key, value in more.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = dict(value) if isinstance(value, Mapping) else value
