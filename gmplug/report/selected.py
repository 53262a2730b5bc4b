"""The report's sections on the selected records: charts, exchange, tables, reasons, requirements, motions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from gmplug.report import page, still, tables
from gmplug.report.charts import Chart
from gmplug.report.charts.records import magnitude_distance_chart
from gmplug.report.charts.spectra import check_charts, match_charts, measure_charts, target_chart
from gmplug.report.findings import Parts, missing_waveforms
from gmplug.report.page import Block, Section, trusted
from gmplug.report.signing import period_tables, reasons_table
from gmplug.report.workbench import MOST_CANDIDATES, shown_candidates
from gmplug.values import Selection

_EXPLAINED = (
    "Distance from the mean of its cluster, root mean square of ln Sa, and rank from the nearest. Shares add "
    "up to E; a negative one brings the set closer to the target. Then the change of E without the record, "
    "and the change of the objective with the best other record in its place. Last, how many of the "
    "independent searches ended with it.",
    "`gmplug alternates DIR` lists further alternates; `gmplug reject DIR ID` replaces records and keeps the "
    "others.",
)


def selection_section(parts: Parts) -> Section | None:
    selection, target = parts.selection, parts.target
    if selection is None and target is None:
        return None
    blocks = [page.charts(*_selection_charts(parts))]
    title = "Target"
    if selection is not None:
        title = "Target and selection" if target is not None else "Selection"
        records = tables.records_table(selection, parts.demands)
        blocks += [
            Block("swap", "Exchange records") if _can_swap(parts) else None,
            page.table(records, "Selected records", sortable=True, name="picked"),
            _candidates_table(parts),
            *_why(selection),
        ]
        blocks += _downloads(parts)
        in_table = check_notes(selection)
        blocks.append(page.bullets(note for note in selection.notes if note not in in_table))
    return Section("selection", title, blocks)


def _selection_charts(parts: Parts) -> Iterator[Chart | None]:
    target, selection = parts.target, parts.selection
    places = magnitude_distance_chart(parts.catalogue, parts.candidates, selection)
    if target is not None:
        chart = target_chart(target, selection)
        yield chart if places is not None else replace(chart, span=6, aspect=0.42)
    yield places
    if target is not None and selection is not None:
        yield from match_charts(target, selection)
        yield from measure_charts(target, selection)


def _can_swap(parts: Parts) -> bool:
    return None not in (parts.candidates, parts.target, parts.selection, parts.clusters)


def _candidates_table(parts: Parts) -> Block | None:
    """The candidates that the page has, to include one."""
    if not _can_swap(parts) or parts.candidates is None or parts.selection is None:
        return None
    records = parts.candidates.records
    out = shown_ids(parts) - set(parts.selection.records["id"].astype(str))
    shown = records[records["id"].astype(str).isin(out)]
    if shown.empty:
        return None
    more = (
        f" of {len(records)}; those whose exchange costs least"
        if len(out) + len(parts.selection.records) < len(records)
        else ""
    )
    title = f"Other candidates ({len(shown)}{more})"
    return page.table(tables.scaled_table(shown), title, sortable=True, folded=True, name="candidates")


def _why(selection: Selection) -> list[Block | None]:
    if selection.explained is None:
        return []
    explanation, commands = _EXPLAINED
    table = page.table(tables.explained_table(selection.explained), sortable=True)
    return [
        page.table(reasons_table(selection), "Why each record is in"),
        page.group("Why each record is in, in numbers", page.text(explanation), table, page.text(commands)),
    ]


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


def check_notes(selection: Any) -> set[str]:
    return {outcome.note for outcome in getattr(selection, "checks", ())}


def shown_ids(parts: Parts) -> set[str]:
    """Ids of the records whose spectra or numbers the page has."""
    candidates, target, selection = parts.candidates, parts.target, parts.selection
    if candidates is None:
        return set() if selection is None else set(selection.records["id"].astype(str))
    ids = candidates.records["id"].astype(str)
    if target is None or selection is None:
        return set(ids[:MOST_CANDIDATES])
    return set(ids.iloc[shown_candidates(candidates, target, selection)])


def checks_section(parts: Parts) -> Section | None:
    """The code's requirements: outcomes, figure and table by period."""
    selection, target = parts.selection, parts.target
    if selection is None or not selection.checks or target is None:
        return None
    return page.section(
        "checks",
        "The code's requirements",
        page.table(tables.checks_table(selection.checks), "Acceptance checks"),
        page.charts(*check_charts(target, selection)),
        *(page.table(table, f"By period: {name}") for name, table in period_tables(target, selection)),
        page.text("Means of Sa in this section are arithmetic means, as codes have them."),
    )


def motions_section(waveforms: Mapping[str, Any], told: Mapping[str, Any]) -> Section | None:
    if not waveforms:
        return None
    most = max(one["peak"] for one in waveforms.values())
    shown = [
        {
            "still": trusted(still.draw_wave(one, most)),
            "id": name,
            "text": told.get(name, {}).get("text", ""),
            "numbers": f"{one['peak']:.2f} g, {one['duration_s']:.0f} s",
        }
        for name, one in waveforms.items()
    ]
    caption = (
        "Scaled acceleration of the selected records, first horizontal component, all to one scale; with "
        "peak (g) and duration."
    )
    return page.section("waveforms", "Motions", Block("waveforms", shown, name=caption))
