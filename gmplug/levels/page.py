"""The report of several levels: one page, from the runs of the levels and the assessments of all."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gmplug.assessment.lognormal import MEDIAN_MEANS, fit_by_moments
from gmplug.demands.tables import peak_story_drift
from gmplug.levels import plots
from gmplug.notes import labelled
from gmplug.report import page
from gmplug.report.charts import Chart
from gmplug.report.demand_columns import model_text
from gmplug.report.page import Block, Page, Report, Section
from gmplug.report.study import frame_blocks, readable, resolved_toml
from gmplug.report.tables import Table, columns_table, flatten, pairs_table
from gmplug.values import Assessment

if TYPE_CHECKING:
    from gmplug.levels.run import LevelsRun

#: Tables of more rows are folded; at most so many rows are shown, the assessment's CSV file has all.
_LONG, _MOST = 12, 200
#: Values of an assessment that have places of their own on the page.
_SHOWN_ELSEWHERE = ("title", "notes", "headline")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def render_levels(result: LevelsRun) -> Report:
    """Make the report of a study with levels, finished or not."""
    catalogue = result.values.get("catalogue")
    simulated = bool(catalogue is not None and catalogue.simulated)
    of_assessments = {labelled(name, note) for name, one in result.assessments.items() for note in one.notes}
    sections = [
        _levels(result),
        *(_assessment(name, one) for name, one in result.assessments.items()),
        page.how_it_was_made(
            [note for note in dict.fromkeys(result.notes) if note not in of_assessments],
            *(
                page.bullets(run.notes, f"Notes of level {name}", folded=True)
                for name, run in result.levels.items()
            ),
            timing_s=result.timing_s,
            toml=resolved_toml(result.study),
        ),
    ]
    description = catalogue.description.rstrip(".") if catalogue is not None else ""
    kind = f"{len(result.levels)} levels of shaking" if result.levels else "analyses over a range of shaking"
    study = result.study.study
    return Page(study.name, kind, study.seed, sections, simulated, description).render()


def _levels(result: LevelsRun) -> Section:
    links = [(name, f"levels/{name}/report.html") for name in result.levels]
    blocks = [
        *page.attention(result.attention, result.all_notes),
        page.numbers(top_numbers(result)),
        page.text(model_text(result.demands.model) if result.demands is not None else ""),
        page.table(_levels_table(result)) if result.levels else None,
        page.text(MEDIAN_MEANS if result.levels else ""),
        Block("links", links, "Reports of the levels") if links else None,
        page.missing(_missing(result)),
        page.charts(*_charts(result)),
    ]
    return Section("levels", "Levels", blocks)


def _charts(result: LevelsRun) -> Iterator[Chart]:
    targets = {
        name: (run.target, run.values.get("selection"))
        for name, run in result.levels.items()
        if run.values.get("target") is not None
    }
    if targets:
        yield plots.targets_chart(targets)
    if result.demands is not None:
        yield plots.stripes_chart(result.demands, result.demands.model.get("collapse_drift_ratio"))


def _assessment(name: str, assessment: Assessment) -> Section:
    values = flatten({k: v for k, v in assessment.values.items() if k not in _SHOWN_ELSEWHERE})
    blocks = [
        page.bullets(assessment.notes),
        page.pictures(assessment.pictures),
        *frame_blocks(assessment.tables, _LONG, _MOST),
        page.table(pairs_table(values, ("Quantity", "Value")), "All values", folded=True) if values else None,
    ]
    return Section(name, str(assessment.values.get("title") or readable(name)), blocks)


def top_numbers(result: LevelsRun) -> list[tuple[str, str]]:
    """What stands at the top: analyses, and the main results of each assessment."""
    numbers = []
    if result.demands is not None:
        statuses = result.demands.table["status"]
        ok, fell = int((statuses == "ok").sum()), int((statuses == "collapsed").sum())
        numbers.append((f"{ok} of {len(statuses)}", f"analyses ended ok, {fell} collapsed"))
    found = [
        (number, label, str(one.values.get("title") or readable(name)))
        for name, one in result.assessments.items()
        for number, label in headline(one.values)
    ]
    often = Counter(label for _, label, _ in found)
    return numbers + [(n, f"{label}: {title}" if often[label] > 1 else label) for n, label, title in found]


def headline(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The main results of an assessment: ``values["headline"]``, from label to number or text."""
    stated = values.get("headline")
    if not isinstance(stated, Mapping):
        return []
    shown = []
    for label, value in stated.items():
        if isinstance(value, float) and math.isfinite(value):
            shown.append((_three_digits(value), str(label)))
        elif value is not None and not isinstance(value, float):
            shown.append((str(value), str(label)))
    return shown


def _three_digits(value: float) -> str:
    """A number with three digits; small and large ones as 5.12×10⁻⁵."""
    shown = f"{value:.3g}"
    if "e" not in shown:
        return shown
    digits, _, exponent = shown.partition("e")
    return f"{digits}×10{str(int(exponent)).translate(_RAISED)}"


def _levels_table(result: LevelsRun) -> Table:
    columns = (
        ("level", "Level", ""), ("sa_g", f"Sa({result.study.conditioning_period_s:g} s) (g)", ".3g"),
        ("annual_rate", "Annual rate (1/yr)", ".2e"), ("return_period", "Return period (yr)", ".0f"),
        ("candidates", "Candidates", ".0f"), ("records", "Selected", ".0f"), ("error", "E", ".3f"),
        ("ok", "Ended ok", ".0f"), ("collapsed", "Collapsed", ".0f"), ("other", "Other", ".0f"),
        ("median", "Median drift (%)", ".2f"), ("beta", "β", ".2f"),
    )  # fmt: skip
    rows = [row | _level_results(result, str(row["level"])) for row in result.table.to_dict("records")]
    frame = pd.DataFrame(rows, columns=[*dict.fromkeys(key for row in rows for key in row)])
    rate = frame["annual_rate"].astype(float)
    return columns_table(
        frame.assign(return_period=np.where(rate > 0, 1 / rate, np.nan)), columns, every=True
    )


def _level_results(result: LevelsRun, level: str) -> dict[Any, float]:
    run = result.levels[level]
    selection, demands = run.values.get("selection"), run.values.get("demands")
    row: dict[Any, float] = dict.fromkeys(("error", "ok", "collapsed", "other", "median", "beta"), np.nan)
    if selection is not None:
        row["error"] = selection.error
    if demands is not None:
        status = demands.table["status"]
        row["ok"], row["collapsed"] = int((status == "ok").sum()), int((status == "collapsed").sum())
        row["other"] = len(status) - row["ok"] - row["collapsed"]
        fit = fit_by_moments(peak_story_drift(demands.table[status == "ok"]))
        row["median"], row["beta"] = 100 * fit.median, fit.beta
    return row


def _missing(result: LevelsRun) -> list[tuple[str, str]]:
    if result.demands is None:
        remedy = "The run ended before them. `gmplug run` on the same study continues."
        if result.study.structure.model is None:
            remedy = "The study names no structure. Set model in [structure], and run the study again."
        return [("Nonlinear analyses.", remedy)]
    absent = [name for name in result.study.risk.assess if name not in result.assessments]
    return [(f"The assessment “{name}”.", "`gmplug run` on the study makes it.") for name in absent]
