"""The report of a study: values of the chain in, the page and its figures out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pydantic

from gmplug.assessment.lognormal import MEDIAN_MEANS
from gmplug.chain.summary import attention_lines, failures_of
from gmplug.demands.tables import peak_story_drift
from gmplug.notes import warnings_of
from gmplug.report import page, tables
from gmplug.report.acceptance import acceptance_section
from gmplug.report.charts import Chart, Problem, attempt
from gmplug.report.charts.acceptance import ACCEPTANCE
from gmplug.report.charts.accuracy import accuracy_chart
from gmplug.report.charts.clusters import cluster_charts
from gmplug.report.charts.demands import (
    base_shear_chart,
    drift_chart,
    history_charts,
    profile_charts,
)
from gmplug.report.charts.records import record_charts
from gmplug.report.charts.structure import structure_charts
from gmplug.report.demand_columns import drift_statistics, model_text
from gmplug.report.findings import Parts, attention, missing_waveforms, percent, sentences
from gmplug.report.page import Block, Page, Report, Section
from gmplug.report.selected import check_notes, checks_section, motions_section, selection_section, shown_ids
from gmplug.report.signing import Made, checksums_table, demand_tables, overall_table, signature
from gmplug.report.study_figures import read_waveforms, study_figures
from gmplug.report.workbench import envelope, items, workbench
from gmplug.study.schema import Study
from gmplug.values import Demands

_UNKNOWN = Made()
#: Tables of an assessment with more rows are folded.
_LONG = 8


def render(
    values: Mapping[str, Any],
    study: Study,
    summary: Mapping[str, Any] | None = None,
    made: Made = _UNKNOWN,
) -> Report:
    """Make the report of a run, finished or not.

    Parameters
    ----------
    values
        By stage name: Catalogue, Candidates, Target, Clusters, Selection, Motions, Demands, Assessment. What
        is absent or None is left out, and the page says how to get it. Of stages of other packages, the page
        shows ``tables``, ``pictures`` and ``notes`` of their values.
    study
        The study as resolved.
    summary
        The content of summary.json; ``timing_s`` and ``notes`` are shown.
    made
        Date, command and files, for whoever signs the page.
    """
    summary = summary or {}
    parts = Parts.of(values)
    waveforms = {name: envelope(*one) for name, one in read_waveforms(parts, study).items()}
    told = items(parts, sorted(shown_ids(parts)))
    sections = [
        _summary(parts, study, summary.get("notes") or ()),
        selection_section(parts),
        motions_section(waveforms, told),
        checks_section(parts),
        *_extras(parts),
        _responses(parts, made.run_dir),
        acceptance_section(parts),
        _clusters(parts),
        _records(parts, study),
    ]
    shown = [section for section in sections if section is not None]
    notes = {line for section in shown for line in _lines(section)}
    last = page.how_it_was_made(
        [note for note in summary.get("notes") or () if note not in notes | check_notes(parts.selection)],
        page.table(
            checksums_table(made, parts.selection, study.base_dir), "Checksums of inputs", folded=True
        ),
        timing_s=summary.get("timing_s"),
        toml=resolved_toml(study),
    )
    kind = "ground motion selection" + (" and nonlinear analyses" if parts.demands is not None else "")
    description = parts.catalogue.description.rstrip(".") if parts.catalogue is not None else ""
    finished = Page(
        study.study.name,
        kind,
        study.study.seed,
        [*shown, last],
        parts.simulated,
        description,
        signature=signature(study, made),
        items=told,
        set=workbench(parts, study),
        waveforms=waveforms,
        figures=partial(study_figures, parts, study),
    )
    return finished.render()


def resolved_toml(study: pydantic.BaseModel) -> str:
    """Return a study as resolved, as a file."""
    import tomli_w

    return tomli_w.dumps(study.model_dump(mode="json", exclude_none=True))


def _lines(section: Section) -> Iterator[str]:
    """The notes that a section shows in lists without a title."""
    for block in section.blocks:
        if block is not None and block.kind == "bullets" and not block.title:
            yield from block.content


# -- sections ----------------------------------------------------------------------------------------


def _summary(parts: Parts, study: Study, notes: Sequence[str]) -> Section:
    told = list(dict.fromkeys([*notes, *parts.notes]))
    failures = [] if parts.demands is None else failures_of(parts.demands.table)
    alarms = page.attention(attention_lines({"warnings": warnings_of(told), "failures": failures}), told)
    found = attention(parts)
    well = parts.selection is not None and not found and alarms == [None, None]
    blocks = [
        *alarms,
        page.numbers(_numbers(parts)),
        page.text(*sentences(parts)),
        page.bullets(found, "What to look at", "look"),
        page.text("No warnings." if well else ""),
        page.missing(_missing(parts, study)),
    ]
    return Section("summary", "Summary", blocks)


def _extras(parts: Parts) -> Iterator[Section]:
    """What providers of motions and stages of other packages show: tables, pictures and notes of each."""
    for name, value in {"motions": parts.motions, **parts.others}.items():
        frames, pictures = getattr(value, "tables", None) or {}, getattr(value, "pictures", None) or {}
        if frames or pictures:
            shown = page.pictures(pictures)
            notes = page.bullets(str(note) for note in getattr(value, "notes", ()))
            yield Section(f"stage-{name}", readable(name), [shown, *frame_blocks(frames), notes])


def frame_blocks(
    frames: Mapping[str, pd.DataFrame], long: int | None = None, most: int | None = None
) -> list[Block | None]:
    """Tables that a plugin made; those longer than ``long`` are folded, at most ``most`` rows are shown."""
    blocks = []
    for name, frame in frames.items():
        title, folded = readable(name), long is not None and len(frame) > long
        if most is not None and len(frame) > most:
            title += f" (first {most} of {len(frame)} rows of {name}.csv)"
        title += f" ({min(len(frame), most or len(frame))} rows)" if folded else ""
        blocks.append(page.table(tables.frame_table(frame.head(most or len(frame))), title, folded=folded))
    return blocks


def readable(name: str) -> str:
    """Return a name as a heading."""
    if name.casefold() in ("edp", "edps"):
        return "EDPs"
    return name.replace("_", " ").replace("-", " ").strip().capitalize()


def _responses(parts: Parts, run_dir: Path | None) -> Section | None:
    demands, assessment = parts.demands, parts.assessment
    if demands is None and assessment is None:
        return None
    blocks: list[Block | None] = []
    if demands is not None:
        problems = tables.analyses_table(tables.without_result(demands.table), "building", "wall_s")
        blocks = [
            page.text(model_text(demands.model)),
            page.table(tables.statuses_table(demands)),
            page.text(MEDIAN_MEANS),
            page.charts(*structure_charts(demands.model), *_demand_charts(demands)),
            page.charts(*history_charts(demands.table, run_dir), title="Histories"),
            page.table(problems, "Analyses that did not finish"),
            *(page.table(table, title) for title, table in demand_tables(demands.table)),
            page.table(overall_table(demands.table, demands.model), "Roof and base"),
        ]
    if assessment is not None:
        values = tables.flatten({k: v for k, v in assessment.values.items() if k != "notes"})
        title = f"Assessment ({len(values)} rows)" if len(values) > _LONG else "Assessment"
        pairs = tables.pairs_table(values, ("Quantity", "Value"))
        blocks += [
            page.charts(accuracy_chart(assessment)),
            page.table(pairs, title, folded=len(values) > _LONG) if values else None,
            *frame_blocks({k: t for k, t in assessment.tables.items() if k not in ACCEPTANCE}, _LONG),
            page.pictures(assessment.pictures),
            page.bullets(assessment.notes),
        ]
    return Section("responses", "Responses", blocks)


def _demand_charts(demands: Demands) -> list[Chart | Problem | None]:
    made = list(profile_charts(demands.table))
    if np.isfinite(peak_story_drift(demands.table)).any():
        made.append(drift_chart(demands.table))
    return [*made, attempt("base_shear", base_shear_chart, demands.table, demands.model)]


def _clusters(parts: Parts) -> Section | None:
    clusters = parts.clusters
    if clusters is None:
        return None
    blocks = [
        page.table(tables.groups_table(clusters, parts.selection)),
        page.charts(*_cluster_charts(parts)),
        page.bullets(clusters.notes),
    ]
    return Section("clusters", "Clusters", blocks)


def _cluster_charts(parts: Parts) -> Iterator[Chart | Problem | None]:
    if parts.candidates is not None and parts.clusters is not None:
        selected = set() if parts.selection is None else set(parts.selection.records["id"].astype(str))
        yield from cluster_charts(parts.candidates, parts.clusters, parts.target, selected, shown_ids(parts))


def _records(parts: Parts, study: Study) -> Section | None:
    catalogue, candidates = parts.catalogue, parts.candidates
    if catalogue is None and candidates is None:
        return None
    line, notes = "", tuple[str, ...]()
    if catalogue is not None:
        line, notes = f"{catalogue.description.rstrip('.')}. Spectra: {catalogue.component}.", catalogue.notes
    funnel = (
        tables.funnel_table(candidates.funnel) if candidates is not None and len(candidates.funnel) else None
    )
    blocks = [
        page.text(line),
        page.bullets(notes),
        page.charts(*record_charts(candidates, parts.selection, _factor_limits(study))),
        page.table(funnel),
    ]
    return Section("records", "Records", blocks)


def _factor_limits(study: Study) -> tuple[float, float] | None:
    limits = study.preselection.options.get("scale_factor")
    return (
        (float(limits[0]), float(limits[1]))
        if isinstance(limits, list | tuple) and len(limits) == 2
        else None
    )


# -- the summary -------------------------------------------------------------------------------------


def _numbers(parts: Parts) -> list[tuple[str, str]]:
    """The main results: value and what it is."""
    numbers: list[tuple[str, str]] = []
    selection = parts.selection
    if selection is not None:
        of = f" of {len(parts.candidates.records)} candidates" if parts.candidates is not None else ""
        numbers.append((str(len(selection.records)), f"selected records{of}"))
        mean_only = parts.target is not None and parts.target.mean_only
        compared = "the mean" if mean_only else "mean and σ"
        numbers.append((f"{selection.error:.3f}", f"E, mismatch of {compared} of ln Sa over all periods"))
        numbers.append((percent(selection.max_median_error, 1), "largest error of the median"))
        if not mean_only:
            numbers.append((percent(selection.max_sigma_error, 1), "largest error of σ"))
    elif parts.candidates is not None:
        numbers.append((str(len(parts.candidates.records)), "candidates"))
    if parts.demands is not None:
        table = parts.demands.table
        numbers.append((f"{int((table['status'] == 'ok').sum())} of {len(table)}", "analyses ended ok"))
        statistics = drift_statistics(table)
        if statistics.collapsed:
            numbers.append((str(statistics.collapsed), "collapsed"))
        if statistics.fit.n:
            numbers.append((percent(statistics.fit.median, 2), "median of the largest story drift"))
    accuracy = parts.assessment.values.get("accuracy") if parts.assessment is not None else None
    if accuracy and accuracy["error"] is not None:
        numbers.append(
            (f"{accuracy['error']:.3g}", f"standard error of the ln median, goal {accuracy['goal']:g}")
        )
    return numbers


def _missing(parts: Parts, study: Study) -> list[tuple[str, str]]:
    """What the page cannot show, and what to do for it."""
    again = "The run ended before it. `gmplug run` on the same study continues."
    stages = {
        "catalogue": "Records.", "target": "A target spectrum.", "candidates": "Candidates.",
        "clusters": "Clusters.", "selection": "A selection.",
    }  # fmt: skip
    missing = [(what, again) for name, what in stages.items() if getattr(parts, name) is None]
    if parts.demands is None:
        missing.append(("Nonlinear analyses.", _why_no_analysis(parts, study, again)))
    elif parts.assessment is None:
        missing.append(("An assessment of the responses.", again))
    return missing


def _why_no_analysis(parts: Parts, study: Study, again: str) -> str:
    if study.structure.model is None:
        return (
            "The study names no structure. Set model in [structure] to a built-in model or to the path of a "
            "script, and run the study again."
        )
    if parts.selection is not None and missing_waveforms(parts.selection):
        return (
            "Waveforms of selected records are not at hand. Download those listed below (and in "
            "download.txt), name their folder in [catalogue], and run the study again."
        )
    return again
