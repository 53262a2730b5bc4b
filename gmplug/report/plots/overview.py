"""The whole study in one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmplug.demands import DRIFT
from gmplug.demands.tables import has_profile
from gmplug.report import style
from gmplug.report.plots.clusters import draw_candidates
from gmplug.report.plots.demands import draw_profile
from gmplug.report.plots.spectra import draw_target
from gmplug.values import Candidates, Clusters, Demands, Selection, Target

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@style.styled
def plot_overview(
    candidates: Candidates,
    target: Target,
    clusters: Clusters | None = None,
    selection: Selection | None = None,
    demands: Demands | None = None,
) -> Figure:
    """Candidates by cluster (the largest group), target with the selected spectra, and drift profiles."""
    with_drift = demands is not None and has_profile(demands.table, DRIFT)
    count = 3 if with_drift else 2
    figure = style.new_figure(4.1 * count - (0.6 if with_drift else 0), 4.3)
    panels = figure.subplots(1, count, width_ratios=(1, 1, 0.72)[:count])
    sizes = candidates.records["group"].value_counts()
    group = str(sizes.index[0])
    title = f"{style.group_title(group)} candidates" if len(sizes) > 1 else "Candidates"
    selected = () if selection is None else tuple(selection.records["id"])
    draw_candidates(panels[0], candidates, clusters, group, target.conditioning_period_s, selected)
    panels[0].set_title(f"{title} by cluster" if clusters is not None else title)
    draw_target(panels[1], target, selection)
    panels[1].set_title("Target and selected spectra" if selection is not None else "Target")
    # The same scale side by side, or eyes compare what is not comparable.
    low = min(axes.get_ylim()[0] for axes in panels[:2])
    high = max(axes.get_ylim()[1] for axes in panels[:2])
    for axes in panels[:2]:
        axes.set_ylim(low, high)
        style.plain_log(axes.yaxis)
    if with_drift and demands is not None:
        draw_profile(panels[2], demands.table, DRIFT)
    for axes in panels:
        _legend_under(axes)
    return figure


def _legend_under(axes: Axes) -> None:
    columns = 1 if len(axes.get_legend_handles_labels()[1]) <= 5 else 2
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=columns, fontsize=8, columnspacing=1.0)
