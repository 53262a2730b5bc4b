"""The report of several levels: one page, from the runs of the levels and the assessments of all."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from gmplug._version import __version__
from gmplug.assessment.lognormal import MEDIAN_MEANS, fit_by_moments
from gmplug.demands.tables import peak_story_drift
from gmplug.levels import plots
from gmplug.notes import doubts_of, labelled
from gmplug.report.demand_columns import model_text
from gmplug.report.figures import DrawnFigure, FigureSpec, draw, given_figures
from gmplug.report.page import Report, embedded, fill, study_toml, versions
from gmplug.report.tables import Cell, Table, flatten, frame_table, number, pairs_table, text, timing_table
from gmplug.values import Assessment

if TYPE_CHECKING:
    from gmplug.levels.run import LevelsRun

#: Tables of more rows are folded.
_LONG = 12
#: Rows of a table that the page has at most; all of them are in the assessment's CSV file.
_MOST = 200
#: Values of an assessment that have places of their own on the page.
_SHOWN_ELSEWHERE = ("title", "notes", "headline")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def render_levels(result: LevelsRun) -> Report:
    """Make the report of a study with levels, finished or not."""
    catalogue = result.values.get("catalogue")
    simulated = bool(catalogue is not None and catalogue.simulated)
    drawn = [draw(spec, simulated) for spec in _figure_specs(result)]
    for name, assessment in result.assessments.items():
        drawn += given_figures(assessment.pictures, name, f"{name}_")
    return Report(
        fill("levels.html", _page(result, drawn, simulated), "gmplug.levels"),
        {figure.spec.name: figure.png for figure in drawn if figure.png is not None},
    )


def _figure_specs(result: LevelsRun) -> Iterator[FigureSpec]:
    targets = {
        name: (run.target, run.values.get("selection"))
        for name, run in result.levels.items()
        if run.values.get("target") is not None
    }
    if targets:
        yield FigureSpec(
            "targets",
            "levels",
            "Target of each level: median and ±σ; dashed: the median of the selected records.",
            partial(plots.plot_targets, targets),
        )
    if result.demands is not None:
        drift = result.demands.model.get("collapse_drift_ratio")
        lines = "; a line for each record" if result.demands.sampling == "ida" else ""
        yield FigureSpec(
            "stripes",
            "levels",
            f"Largest story drift of every analysis{lines}; collapses at the drift that counts as one.",
            partial(plots.plot_stripes, result.demands, drift),
        )


def _page(result: LevelsRun, drawn: list[DrawnFigure], simulated: bool) -> dict[str, Any]:
    catalogue = result.values.get("catalogue")
    of_assessments = {labelled(name, note) for name, one in result.assessments.items() for note in one.notes}
    sections = [("levels", "Levels")]
    sections += [(name, _title_of(name, one)) for name, one in result.assessments.items()]
    sections.append(("run", "How it was made"))
    return {
        "title": result.study.study.name,
        "version": __version__,
        "seed": result.study.study.seed,
        "simulated": simulated,
        "catalogue_description": catalogue.description.rstrip(".") if catalogue is not None else "",
        "model": model_text(result.demands.model) if result.demands is not None else "",
        "sections": sections,
        "numbers": _numbers(result),
        "levels": _levels_table(result) if result.levels else None,
        "links": [(name, f"levels/{name}/report.html") for name in result.levels],
        "assessments": [_section(name, one) for name, one in result.assessments.items()],
        "missing": _missing(result),
        "warnings": [line.removeprefix("warning: ") for line in result.attention],
        "doubts": doubts_of(result.all_notes),
        "median_means": MEDIAN_MEANS,
        "figures": {key: embedded(drawn, key) for key, _ in sections},
        "notes": [note for note in dict.fromkeys(result.notes) if note not in of_assessments],
        "level_notes": [(name, list(run.notes)) for name, run in result.levels.items() if run.notes],
        "study_toml": study_toml(result.study),
        "versions": pairs_table(versions(), ("Package", "Version")),
        "timing": timing_table(result.timing_s),
    }


def _title(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").capitalize()


def _title_of(name: str, assessment: Assessment) -> str:
    """The assessment's own ``values["title"]``, else its name."""
    return str(assessment.values.get("title") or _title(name))


def _section(name: str, assessment: Assessment) -> dict[str, Any]:
    values = flatten({k: v for k, v in assessment.values.items() if k not in _SHOWN_ELSEWHERE})
    notes = assessment.values.get("notes")
    return {
        "id": name,
        "title": _title_of(name, assessment),
        "values": pairs_table(values, ("Quantity", "Value")) if values else None,
        "tables": [
            {
                "title": _title(key)
                + (f" (first {_MOST} of {len(frame)} rows of {key}.csv)" if len(frame) > _MOST else ""),
                "table": frame_table(frame.head(_MOST)),
                "long": len(frame) > _LONG,
            }
            for key, frame in assessment.tables.items()
        ],
        "notes": [str(note) for note in notes] if isinstance(notes, list | tuple) else [],
    }


def _numbers(result: LevelsRun) -> list[tuple[str, str]]:
    """What stands at the top: analyses, and what each assessment says of itself first."""
    numbers = []
    if result.demands is not None:
        statuses = result.demands.table["status"]
        ok, fell = int((statuses == "ok").sum()), int((statuses == "collapsed").sum())
        numbers.append((f"{ok} of {len(statuses)}", f"analyses ended ok, {fell} collapsed"))
    for assessment in result.assessments.values():
        numbers += headline(assessment.values)
    return numbers


def headline(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What an assessment wants at the top: ``values["headline"]``, from label to number or text."""
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
    strength = f"Sa({result.study.conditioning_period_s:g} s) (g)"
    headers = ("Level", strength, "Annual rate (1/yr)", "Return period (yr)", "Candidates", "Selected", "E",
               "Ended ok", "Collapsed", "Other", "Median drift (%)", "β")  # fmt: skip
    rows = [_level_row(result, row) for row in result.table.to_dict("records")]
    return Table(headers, (False,) + (True,) * (len(headers) - 1), tuple(rows))


def _level_row(result: LevelsRun, row: Mapping[Any, Any]) -> tuple[Cell, ...]:
    run = result.levels[str(row["level"])]
    selection, demands = run.values.get("selection"), run.values.get("demands")
    rate = float(row["annual_rate"])
    counts: tuple[int | None, ...] = (None, None, None)
    fit = None
    if demands is not None:
        status = demands.table["status"]
        ok, fell = int((status == "ok").sum()), int((status == "collapsed").sum())
        counts = (ok, fell, len(status) - ok - fell)
        fit = fit_by_moments(peak_story_drift(demands.table[status == "ok"]))
    return (
        text(row["level"]),
        number(row["sa_g"], ".3g"),
        number(rate, ".2e"),
        number(1 / rate if rate > 0 else np.nan, ".0f"),
        number(row["candidates"], ".0f"),
        number(row["records"], ".0f"),
        number(selection.error if selection is not None else None, ".3f"),
        *(number(count, ".0f") for count in counts),
        number(100 * fit.median if fit is not None else None, ".2f"),
        number(fit.beta if fit is not None else None, ".2f"),
    )


def _missing(result: LevelsRun) -> list[tuple[str, str]]:
    if result.demands is None:
        reason = "The run ended before that; `gmplug run` on the same study goes on from here."
        if result.study.structure.model is None:
            reason = "The study names no structure: set model in [structure], and run the study again."
        return [("Nonlinear analyses.", reason)]
    absent = [name for name in result.study.risk.assess if name not in result.assessments]
    return [(f"The assessment “{name}”.", "`gmplug run` on the study makes it.") for name in absent]
