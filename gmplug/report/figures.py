"""The static figures of a study, drawn on request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gmplug.demands import demands
from gmplug.demands.tables import has_profile, peak_story_drift
from gmplug.errors import InputError
from gmplug.report import plots, style
from gmplug.report.charts import Chart, attempt
from gmplug.report.charts.acceptance import acceptance_charts
from gmplug.report.charts.accuracy import accuracy_chart
from gmplug.report.charts.demands import base_shear_chart
from gmplug.report.charts.structure import structure_charts
from gmplug.report.findings import Parts, missing_waveforms
from gmplug.report.from_chart import plot_chart
from gmplug.report.plots.records import has_magnitude_distance
from gmplug.study.schema import Study
from gmplug.values import FloatArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Resolution of wide figures, dots per inch: the overview stays below 300 kB.
WIDE_DPI = 150
#: What marks a figure as drawn here, by the ending of its file.
_MADE_HERE = {".png": b"Software\x00gmplug", ".svg": b">gmplug<", ".pdf": b"(gmplug)"}
#: Records whose waveforms are drawn at most.
MOST_WAVEFORMS = 40


@dataclass(frozen=True)
class FigureSpec:
    """A figure to make: file name (without ending), caption, and how to draw it."""

    name: str
    caption: str
    draw: Callable[[], Figure]
    wide: bool = False


def figure(
    name: str, caption: str, plot: Callable[..., Figure], *values: Any, wide: bool = False, **options: Any
) -> FigureSpec:
    """Return a figure that ``plot(*values, **options)`` draws."""
    return FigureSpec(name, caption, partial(plot, *values, **options), wide)


@dataclass(frozen=True)
class DrawnFigure:
    """A figure made: its file's content, or None and why it could not be drawn."""

    name: str
    content: bytes | None
    problem: str = ""


def draw(specs: Iterable[FigureSpec], simulated: bool, kind: str = "png") -> list[DrawnFigure]:
    """Draw figures; one that cannot be drawn must not cost a user the others."""
    return [_drawn(spec, simulated, kind) for spec in specs]


def _drawn(spec: FigureSpec, simulated: bool, kind: str) -> DrawnFigure:
    try:
        drawn = spec.draw()
        if simulated:
            style.mark_simulated(drawn)
        dpi = WIDE_DPI if spec.wide else style.DPI
        return DrawnFigure(
            spec.name, style.to_png(drawn, dpi) if kind == "png" else style.to_vectors(drawn, kind)
        )
    except Exception as error:  # the command reports it with the figure's name
        return DrawnFigure(spec.name, None, f"{type(error).__name__}: {error}")


def remove_figures(folder: Path) -> None:
    """Remove the figures that gmplug drew in a folder; others are left alone."""
    for path in folder.glob("*.*") if folder.is_dir() else ():
        if path.suffix in _MADE_HERE and _MADE_HERE[path.suffix] in path.read_bytes():
            path.unlink()


def study_figures(parts: Parts, study: Study) -> Iterator[FigureSpec]:
    """All static figures of a study."""
    yield from overview_figures(parts)
    yield from selection_figures(parts)
    yield from demand_figures(parts)
    yield from cluster_figures(parts, study)
    yield from record_figures(parts, study)


def overview_figures(parts: Parts) -> Iterator[FigureSpec]:
    values = (parts.candidates, parts.target, parts.clusters, parts.selection, parts.demands)
    if None not in values[:2] and values[2:4] != (None, None):
        yield figure("overview", "The study in one picture.", plots.plot_overview, *values, wide=True)


def selection_figures(parts: Parts) -> Iterator[FigureSpec]:
    target, selection = parts.target, parts.selection
    if target is None:
        return
    spectra = " and the scaled spectra of the selected records" if selection is not None else ""
    yield figure("target", f"Target distribution of Sa{spectra}.", plots.plot_target, target, selection)
    if selection is not None:
        caption = (
            "Standard deviation of ln Sa, and error of the selected median against the target's "
            "(grey: within 10 %)."
        )
        yield figure("match", caption, plots.plot_match, target, selection)
        if target.measures is not None:
            caption = "Intensity measures that the target follows, of the scaled records."
            yield figure("measures", caption, plots.plot_measures, target, selection)


def cluster_figures(parts: Parts, study: Study) -> Iterator[FigureSpec]:
    candidates, clusters = parts.candidates, parts.clusters
    if candidates is None or clusters is None:
        return
    selected_ids = tuple(parts.selection.records["id"]) if parts.selection is not None else ()
    for group, clustering in clusters.groups.items():
        slug, title = _slug(group), style.group_title(group)
        caption = f"{title}: scaled spectra of the candidates with the median of each cluster."
        yield figure(
            f"candidates_{slug}", caption,
            plots.plot_candidates, candidates, clusters, group=group, selected_ids=selected_ids,
            conditioning_period_s=study.conditioning_period_s,
        )  # fmt: skip
        yield figure(
            f"features_{slug}", f"{title}: first two principal components of the clustered features.",
            plots.plot_features, clustering, group, _selected(parts, group, selected_ids),
        )  # fmt: skip
        if len(clustering.scores) > 1:
            caption = (
                f"{title}: number of clusters by mean silhouette (higher is better), with Calinski–Harabasz "
                "(higher) and Davies–Bouldin (lower)."
            )
            yield figure(f"scores_{slug}", caption, plots.plot_scores, clustering, group)
        history = clustering.history
        if history is not None and len(history) and "loss" in history:
            yield figure(
                f"training_{slug}", f"{title}: loss during training.", plots.plot_training, history, group
            )


def _selected(parts: Parts, group: str, selected_ids: tuple[Any, ...]) -> np.ndarray | None:
    if parts.candidates is None or not selected_ids:
        return None
    records = parts.candidates.records
    ids = records["id"][records["group"] == group]
    return np.asarray(ids.isin(set(selected_ids)), dtype=bool)


def record_figures(parts: Parts, study: Study) -> Iterator[FigureSpec]:
    candidates, selection = parts.candidates, parts.selection
    if candidates is not None and len(candidates.funnel):
        caption = "Records that each filter of pre-selection removed, in the order they ran."
        yield figure("funnel", caption, plots.plot_funnel, candidates.funnel)
    values = (parts.catalogue, candidates, selection)
    if any(has_magnitude_distance(value.records) for value in values if value is not None):
        caption = "Magnitude and distance of the records that have both."
        yield figure("magnitude_distance", caption, plots.plot_magnitude_distance, *values)
    if candidates is not None or selection is not None:
        limits = study.preselection.options.get("scale_factor")
        known = isinstance(limits, list | tuple) and len(limits) == 2
        pair = (float(limits[0]), float(limits[1])) if known and limits is not None else None
        caption = "Factors that scale the records to the target."
        yield figure("scale_factors", caption, plots.plot_scale_factors, candidates, selection, pair)
    waveforms = read_waveforms(parts, study)
    if waveforms:
        caption = (
            "Scaled acceleration of the selected records, first horizontal component, colored by cluster; "
            "the peak in grey."
        )
        clusters = _clusters_of(parts, waveforms)
        yield figure("waveforms", caption, plots.plot_waveforms, waveforms, clusters, wide=True)


def _clusters_of(parts: Parts, waveforms: dict[str, tuple[float, FloatArray]]) -> tuple[int, ...]:
    if parts.selection is None or "cluster" not in parts.selection.records:
        return ()
    records = parts.selection.records
    by_id = {str(i): int(c) for i, c in zip(records["id"], records["cluster"], strict=True)}
    return tuple(by_id[name] for name in waveforms)


def read_waveforms(parts: Parts, study: Study) -> dict[str, tuple[float, FloatArray]]:
    """Scaled first components of the selected records whose files are there: time step (s), g, shape (n,).

    A file that cannot be read is left out; the analysis reports the reason.
    """
    if parts.selection is None:
        return {}
    from gmplug.waveforms import read_motion

    absent = set(missing_waveforms(parts.selection))
    found: dict[str, tuple[float, FloatArray]] = {}
    for row in parts.selection.records.to_dict("records"):
        if str(row["id"]) in absent or len(found) >= MOST_WAVEFORMS:
            continue
        # The first component is what is drawn; the others need not be read.
        first = {"id": row["id"], "file_h1": str(study.base_dir / str(row["file_h1"]))}
        try:
            motion = read_motion({**first, **{name: row.get(name) for name in ("time_step_s", "units")}})
        except InputError:
            continue
        found[str(row["id"])] = (motion.time_step_s, float(row["scale_factor"]) * motion.horizontal_g[0])
    return found


def demand_figures(parts: Parts) -> Iterator[FigureSpec]:
    if parts.demands is None:
        return
    table = parts.demands.table
    for name, demand in demands().items():
        if demand.numbered and has_profile(table, name):
            caption = demand.caption or f"{demand.title}."
            yield figure(f"profile_{name}", caption, plots.plot_profile, table, name)
    if np.isfinite(peak_story_drift(table)).any():
        caption = "Distribution over the records of the largest story drift of any story."
        yield figure("drift_distribution", caption, plots.plot_drift_distribution, table)
    made = [
        *structure_charts(parts.demands.model),
        attempt("base_shear", base_shear_chart, table, parts.demands.model),
        *acceptance_charts(parts.assessment, table),
        accuracy_chart(parts.assessment),
    ]
    for chart in made:
        if isinstance(chart, Chart):
            yield figure(chart.key, chart.caption, plot_chart, chart)


def _slug(group: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in group) or "group"
