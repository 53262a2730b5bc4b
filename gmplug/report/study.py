"""The report of a study: values of the chain in, the page and its figures out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
import pydantic

from gmplug.assessment.lognormal import MEDIAN_MEANS
from gmplug.chain.summary import attention_lines, failures_of
from gmplug.notes import warnings_of
from gmplug.report import figures, page, tables
from gmplug.report.demand_columns import drift_statistics, model_text
from gmplug.report.findings import Parts, attention, missing_waveforms, percent, sentences
from gmplug.report.page import Block, Page, Report, Section
from gmplug.study.schema import Study

#: Tables of an assessment with more rows are folded.
_LONG = 8
_EXPLAINED = (
    "Distance from the mean of its cluster, root mean square of ln Sa, and rank from the nearest. Shares add "
    "up to E; a negative one brings the set closer to the target. Then the change of E without the record, "
    "and the change of the objective with the best other record in its place. Last, how many of the "
    "independent searches ended with it.",
    "`gmplug alternates DIR` lists further alternates; `gmplug reject DIR ID` replaces records and keeps the "
    "others.",
)


def render(values: Mapping[str, Any], study: Study, summary: Mapping[str, Any] | None = None) -> Report:
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
    """
    summary = summary or {}
    parts = Parts.of(values)
    sections = [
        _summary(parts, study, summary.get("notes") or ()),
        _selection(parts),
        *_extras(parts),
        _responses(parts),
        _clusters(parts, study),
        _records(parts, study),
    ]
    shown = [section for section in sections if section is not None]
    notes = {line for section in shown for line in _lines(section)}
    last = page.how_it_was_made(
        [note for note in summary.get("notes") or () if note not in notes | _check_notes(parts.selection)],
        timing_s=summary.get("timing_s"),
        toml=resolved_toml(study),
    )
    kind = "ground motion selection" + (" and nonlinear analyses" if parts.demands is not None else "")
    description = parts.catalogue.description.rstrip(".") if parts.catalogue is not None else ""
    made = Page(study.study.name, kind, study.study.seed, [*shown, last], parts.simulated, description)
    return made.render()


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
        page.text(*sentences(parts, study)),
        page.bullets(found, "What to look at", "look"),
        page.text("No warnings." if well else ""),
        page.missing(_missing(parts, study)),
        page.figures(figures.draw(figures.overview_figures(parts), parts.simulated)),
    ]
    return Section("summary", "Summary", blocks)


def _selection(parts: Parts) -> Section | None:
    selection, target = parts.selection, parts.target
    if selection is None and target is None:
        return None
    blocks = [page.figures(figures.draw(figures.selection_figures(parts), parts.simulated))]
    title = "Target"
    if selection is not None:
        title = "Target and selection" if target is not None else "Selection"
        if selection.checks:
            blocks.append(page.table(tables.checks_table(selection.checks), "Acceptance checks"))
        records = tables.records_table(selection, parts.demands)
        blocks.append(page.table(records, "Selected records", sortable=True))
        if selection.explained is not None:
            table = page.table(tables.explained_table(selection.explained))
            explanation, commands = _EXPLAINED
            blocks.append(
                page.group("Why each record is in", page.text(explanation), table, page.text(commands))
            )
        blocks += _downloads(parts)
        in_table = _check_notes(selection)
        blocks.append(page.bullets(note for note in selection.notes if note not in in_table))
    return Section("selection", title, blocks)


def _check_notes(selection: Any) -> set[str]:
    return {outcome.note for outcome in getattr(selection, "checks", ())}


def _downloads(parts: Parts) -> list[Block | None]:
    """Selected records whose waveforms are not at hand, while they have not been analyzed."""
    lacking = missing_waveforms(parts.selection) if parts.selection and parts.demands is None else []
    if not lacking:
        return []
    return [
        Block(
            "text",
            [
                f"{len(lacking)} of the selected records have no waveform at hand. Get these, name their "
                f"folder in `[catalogue]`, and run the study again: `{', '.join(lacking)}`"
            ],
            "Waveforms to download",
        )
    ]


def _extras(parts: Parts) -> Iterator[Section]:
    """What providers of motions and stages of other packages show: tables, pictures and notes of each."""
    for name, value in {"motions": parts.motions, **parts.others}.items():
        frames, pictures = getattr(value, "tables", None) or {}, getattr(value, "pictures", None) or {}
        if frames or pictures:
            shown = page.figures(figures.given_figures(pictures, f"{name}_"))
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


def _responses(parts: Parts) -> Section | None:
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
            page.figures(figures.draw(figures.demand_figures(parts), parts.simulated)),
            page.table(problems, "Analyses that did not finish"),
        ]
    if assessment is not None:
        values = tables.flatten({k: v for k, v in assessment.values.items() if k != "notes"})
        title = f"Assessment ({len(values)} rows)" if len(values) > _LONG else "Assessment"
        pairs = tables.pairs_table(values, ("Quantity", "Value"))
        blocks += [
            page.table(pairs, title, folded=len(values) > _LONG) if values else None,
            *frame_blocks(assessment.tables, _LONG),
            page.figures(figures.given_figures(assessment.pictures, "assessment_")),
            page.bullets(assessment.notes),
        ]
    return Section("responses", "Responses", blocks)


def _clusters(parts: Parts, study: Study) -> Section | None:
    clusters = parts.clusters
    if clusters is None:
        return None
    notes = list(getattr(clusters, "notes", ()))
    for group, clustering in clusters.groups.items():
        notes += [f"{tables.group_title(group)}: {note}" for note in clustering.notes]
    blocks = [
        page.table(tables.groups_table(clusters, parts.selection)),
        page.figures(figures.draw(figures.cluster_figures(parts, study), parts.simulated)),
        page.bullets(notes),
    ]
    return Section("clusters", "Clusters", blocks)


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
        page.figures(figures.draw(figures.record_figures(parts, study), parts.simulated)),
        page.table(funnel),
    ]
    return Section("records", "Records", blocks)


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
