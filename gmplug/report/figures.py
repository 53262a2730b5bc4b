"""Which figures a report has, given what the study has come to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from gmplug.demands import demands
from gmplug.demands.tables import has_profile, peak_story_drift
from gmplug.errors import InputError
from gmplug.report import plots, style
from gmplug.report.findings import Parts, missing_waveforms
from gmplug.report.plots.records import has_magnitude_distance
from gmplug.study.schema import Study
from gmplug.values import FloatArray, Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Resolution of wide figures, dots per inch: the overview stays below 300 kB.
WIDE_DPI = 150
#: Records whose waveforms are drawn at most.
MOST_WAVEFORMS = 40


@dataclass(frozen=True)
class FigureSpec:
    """A figure to make: file name (without ending), section of the page, caption, and how to draw it."""

    name: str
    section: str
    caption: str
    draw: Callable[[], Figure]
    wide: bool = False


@dataclass(frozen=True)
class DrawnFigure:
    """A figure made: its PNG, or None and why it could not be drawn."""

    spec: FigureSpec
    png: bytes | None
    problem: str = ""


def draw(spec: FigureSpec, simulated: bool) -> DrawnFigure:
    """Draw a figure; one that cannot be drawn must not cost a user the rest of the report."""
    try:
        figure = spec.draw()
        if simulated:
            style.mark_simulated(figure)
        return DrawnFigure(spec, style.to_png(figure, WIDE_DPI if spec.wide else style.DPI))
    except Exception as error:  # said on the page, with the figure's name
        return DrawnFigure(spec, None, f"{type(error).__name__}: {error}")


def given_figures(pictures: Mapping[str, Picture], section: str, prefix: str) -> list[DrawnFigure]:
    """Return the pictures that an assessment made, for a section of the page; their names get ``prefix``."""
    return [
        DrawnFigure(FigureSpec(f"{prefix}{name}", section, p.caption, _not_drawn, wide=p.wide), p.png)
        for name, p in pictures.items()
    ]


def _not_drawn() -> Figure:
    raise NotImplementedError("the picture of an assessment is there already")


def figure_specs(parts: Parts, study: Study) -> list[FigureSpec]:
    """List the figures that can be made of ``parts``, in the order of the page."""
    makers = (_overview, _selection_figures, _cluster_figures, _record_figures, _demand_figures)
    return [spec for maker in makers for spec in maker(parts, study)]


def _overview(parts: Parts, study: Study) -> Iterator[FigureSpec]:
    candidates, target = parts.candidates, parts.target
    if candidates is None or target is None or (parts.clusters is None and parts.selection is None):
        return
    make = partial(plots.plot_overview, candidates, target, parts.clusters, parts.selection, parts.demands)
    yield FigureSpec("overview", "summary", "The study in one picture.", make, wide=True)


def _selection_figures(parts: Parts, study: Study) -> Iterator[FigureSpec]:
    target, selection = parts.target, parts.selection
    if target is None:
        return
    yield FigureSpec(
        "target",
        "selection",
        "Target distribution of Sa and the scaled spectra of the selected records."
        if selection is not None
        else "Target distribution of Sa.",
        partial(plots.plot_target, target, selection),
    )
    if selection is not None:
        yield FigureSpec(
            "match",
            "selection",
            "Standard deviation of ln Sa, and how far the selected median lies from the target's "
            "(grey: within 10 %).",
            partial(plots.plot_match, target, selection),
        )
        if target.measures is not None:
            yield FigureSpec(
                "measures",
                "selection",
                "Intensity measures that the target follows, of the scaled records.",
                partial(plots.plot_measures, target, selection),
            )


def _cluster_figures(parts: Parts, study: Study) -> Iterator[FigureSpec]:
    candidates, clusters = parts.candidates, parts.clusters
    if candidates is None or clusters is None:
        return
    selected_ids = tuple(parts.selection.records["id"]) if parts.selection is not None else ()
    for group, clustering in clusters.groups.items():
        slug = _slug(group)
        yield FigureSpec(
            f"candidates_{slug}",
            "clusters",
            f"{style.group_title(group)}: scaled spectra of the candidates with the median of each cluster.",
            partial(
                plots.plot_candidates,
                candidates,
                clusters,
                group=group,
                conditioning_period_s=study.conditioning_period_s,
                selected_ids=selected_ids,
            ),
        )
        yield FigureSpec(
            f"features_{slug}",
            "clusters",
            f"{style.group_title(group)}: first two principal components of the clustered features.",
            partial(plots.plot_features, clustering, group, _selected(parts, group, selected_ids)),
        )
        if len(clustering.scores) > 1:
            yield FigureSpec(
                f"scores_{slug}",
                "clusters",
                f"{style.group_title(group)}: number of clusters by mean silhouette (higher is better), "
                "with Calinski–Harabasz (higher) and Davies–Bouldin (lower).",
                partial(plots.plot_scores, clustering, group),
            )
        history = clustering.history
        if history is not None and len(history) and "loss" in history:
            yield FigureSpec(
                f"training_{slug}",
                "clusters",
                f"{style.group_title(group)}: loss during training.",
                partial(plots.plot_training, history, group),
            )


def _selected(parts: Parts, group: str, selected_ids: tuple[Any, ...]) -> np.ndarray | None:
    if parts.candidates is None or not selected_ids:
        return None
    records = parts.candidates.records
    ids = records["id"][records["group"] == group]
    return np.asarray(ids.isin(set(selected_ids)), dtype=bool)


def _record_figures(parts: Parts, study: Study) -> Iterator[FigureSpec]:
    candidates, selection = parts.candidates, parts.selection
    if candidates is not None and len(candidates.funnel):
        yield FigureSpec(
            "funnel",
            "records",
            "What each filter of pre-selection removed, in the order they ran.",
            partial(plots.plot_funnel, candidates.funnel),
        )
    tables = [v.records for v in (parts.catalogue, candidates, selection) if v is not None]
    if any(has_magnitude_distance(table) for table in tables):
        yield FigureSpec(
            "magnitude_distance",
            "records",
            "Magnitude and distance of the records that have both.",
            partial(plots.plot_magnitude_distance, parts.catalogue, candidates, selection),
        )
    if candidates is not None or selection is not None:
        limits = study.preselection.options.get("scale_factor")
        known = isinstance(limits, list | tuple) and len(limits) == 2
        pair = (float(limits[0]), float(limits[1])) if known and limits is not None else None
        yield FigureSpec(
            "scale_factors",
            "records",
            "Factors that bring the records to the target.",
            partial(plots.plot_scale_factors, candidates, selection, pair),
        )
    waveforms = read_waveforms(parts, study)
    if waveforms:
        clusters = _clusters_of(parts, waveforms)
        yield FigureSpec(
            "waveforms",
            "records",
            "Scaled acceleration of the selected records, first horizontal component, coloured by cluster; "
            "the peak in grey.",
            partial(plots.plot_waveforms, waveforms, clusters),
            wide=True,
        )


def _clusters_of(parts: Parts, waveforms: dict[str, tuple[float, FloatArray]]) -> tuple[int, ...]:
    if parts.selection is None or "cluster" not in parts.selection.records:
        return ()
    records = parts.selection.records
    by_id = {str(i): int(c) for i, c in zip(records["id"], records["cluster"], strict=True)}
    return tuple(by_id[name] for name in waveforms)


def read_waveforms(parts: Parts, study: Study) -> dict[str, tuple[float, FloatArray]]:
    """Scaled first components of the selected records whose files are there: time step (s), g, shape (n,).

    A file that cannot be read is left out here: the analysis, which needs it, says why.
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


def _demand_figures(parts: Parts, study: Study) -> Iterator[FigureSpec]:
    if parts.demands is None:
        return
    table = parts.demands.table
    for name, demand in demands().items():
        if demand.numbered and has_profile(table, name):
            draw_one = partial(plots.plot_profile, table, name)
            yield FigureSpec(f"profile_{name}", "responses", demand.caption or f"{demand.title}.", draw_one)
    if np.isfinite(peak_story_drift(table)).any():
        yield FigureSpec(
            "drift_distribution",
            "responses",
            "Distribution over the records of the largest story drift of any story.",
            partial(plots.plot_drift_distribution, table),
        )


def _slug(group: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in group) or "group"
