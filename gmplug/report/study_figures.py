"""The figures of a study that are not of one chart of its page: overview, waveforms, all candidates."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gmplug.demands import DRIFT
from gmplug.errors import InputError
from gmplug.report import style
from gmplug.report.charts.clusters import SCORES, candidates_chart, group_slug, scores_chart
from gmplug.report.charts.demands import profile_chart
from gmplug.report.charts.spectra import target_chart
from gmplug.report.figures import FigureSpec
from gmplug.report.findings import Parts, missing_waveforms
from gmplug.report.from_chart import draw_chart, plot_chart
from gmplug.report.workbench import envelope
from gmplug.study.schema import Study
from gmplug.values import Candidates, Clusters, Demands, FloatArray, Selection, Target

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Records whose waveforms are drawn at most.
MOST_WAVEFORMS = 40


def study_figures(parts: Parts, study: Study) -> Iterator[FigureSpec]:
    """The figures beside those of the page's charts; those of candidates take the place of the page's."""
    candidates, target, clusters, selection = parts.candidates, parts.target, parts.clusters, parts.selection
    grouped = clusters is not None or selection is not None
    if candidates is not None and target is not None and grouped:
        draw = partial(plot_overview, candidates, target, clusters, selection, parts.demands)
        yield FigureSpec("overview", draw, wide=True)
    if candidates is not None and clusters is not None:
        yield from _cluster_figures(candidates, clusters, target, _ids(selection))
    waveforms = read_waveforms(parts, study)
    if waveforms:
        draw = partial(plot_waveforms, waveforms, _clusters_of(selection, waveforms))
        yield FigureSpec("waveforms", draw, wide=True)


def _ids(selection: Selection | None) -> list[str]:
    return [] if selection is None else selection.records["id"].astype(str).tolist()


def _cluster_figures(
    candidates: Candidates, clusters: Clusters, target: Target | None, selected: Sequence[str]
) -> Iterator[FigureSpec]:
    """All candidates with the selected ones stronger, and the scores that the page does not draw."""
    for group, clustering in clusters.groups.items():
        key = f"candidates_{group_slug(group)}"
        chart = candidates_chart(candidates, clusters, group, target, None, key, selected)
        yield FigureSpec(key, partial(plot_chart, chart))
        for score in list(SCORES)[1:] if len(clustering.scores) > 1 else ():
            if score in clustering.scores and clustering.scores[score].notna().any():
                key = f"scores_{group_slug(group)}_{score}"
                chart = scores_chart(clustering, group, key, score)
                yield FigureSpec(key, partial(plot_chart, chart))


@style.styled
def plot_overview(
    candidates: Candidates,
    target: Target,
    clusters: Clusters | None = None,
    selection: Selection | None = None,
    demands: Demands | None = None,
) -> Figure:
    """Candidates by cluster (the largest group), target with the selected spectra, and drift profiles."""
    group = str(candidates.records["group"].value_counts().index[0])
    shown = [
        candidates_chart(candidates, clusters, group, target, None, "candidates", _ids(selection)),
        target_chart(target, selection),
    ]
    drifts = None if demands is None else profile_chart(demands.table, DRIFT)
    if drifts is not None:
        shown.append(drifts)
    figure = style.new_figure(4.1 * len(shown) - (0.6 if drifts is not None else 0), 4.3)
    panels = figure.subplots(1, len(shown), width_ratios=(1, 1, 0.72)[: len(shown)])
    for axes, chart in zip(panels, shown, strict=True):
        draw_chart(axes, chart)
    # The same scale side by side, or eyes compare what is not comparable.
    low = min(axes.get_ylim()[0] for axes in panels[:2])
    high = max(axes.get_ylim()[1] for axes in panels[:2])
    for axes in panels[:2]:
        axes.set_ylim(low, high)
        style.plain_log(axes.yaxis)
    for axes in panels:
        _legend_under(axes)
    return figure


def _legend_under(axes: Axes) -> None:
    columns = 1 if len(axes.get_legend_handles_labels()[1]) <= 5 else 2
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=columns, fontsize=8, columnspacing=1.0)


def _clusters_of(
    selection: Selection | None, waveforms: Mapping[str, tuple[float, FloatArray]]
) -> tuple[int, ...]:
    if selection is None or "cluster" not in selection.records:
        return ()
    records = selection.records
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


@style.styled
def plot_waveforms(waveforms: Mapping[str, tuple[float, FloatArray]], clusters: Sequence[int] = ()) -> Figure:
    """Scaled acceleration against time for each record, four side by side.

    Parameters
    ----------
    waveforms
        By name of the record: time step, s, and scaled acceleration, g, shape (n,).
    clusters
        Cluster of each record, for its color.
    """
    from matplotlib.ticker import MaxNLocator

    rows = -(-len(waveforms) // 4)
    figure = style.new_figure(11.0, 1.15 * rows + 0.7)
    panels = figure.subplots(rows, 4, squeeze=False, sharey=True).ravel()
    shown = {name: envelope(*waveform) for name, waveform in waveforms.items()}
    peak = max(one["peak"] for one in shown.values())
    for number, (name, one) in enumerate(shown.items()):
        axes = panels[number]
        cluster = clusters[number] - 1 if number < len(clusters) else 0
        color = style.CLUSTER_COLORS[cluster % len(style.CLUSTER_COLORS)]
        time_s = np.linspace(0.0, one["duration_s"], len(one["low"]))
        low, high = (one["peak"] / 1000 * np.array(one[key]) for key in ("low", "high"))
        axes.fill_between(time_s, low, high, color=color, linewidth=0.5)
        title = textwrap.shorten(name, 26, placeholder="…") if " " in name else name[:26]
        axes.set_title(title, fontsize=8, fontweight="normal", pad=2)
        axes.annotate(
            f"{one['peak']:.2f} g",
            (0.985, 0.04),
            xycoords="axes fraction",
            ha="right",
            fontsize=7.5,
            color=style.GREY,
        )
        axes.set_ylim(-1.05 * peak, 1.05 * peak)
        axes.set_xlim(0, one["duration_s"])
        axes.tick_params(labelsize=7)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.yaxis.set_major_locator(MaxNLocator(3))
    for axes in panels[len(waveforms) :]:
        axes.set_visible(False)
    figure.supxlabel("Time (s)", fontsize=9)
    figure.supylabel("Scaled acceleration (g)", fontsize=9)
    return figure
