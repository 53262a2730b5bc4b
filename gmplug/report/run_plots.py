"""The charts of a run as matplotlib axes: ``run.plot.spectra()``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gmplug.demands import STORY_DRIFT
from gmplug.errors import InputError
from gmplug.report.charts.accuracy import accuracy_chart
from gmplug.report.charts.clusters import (
    candidates_chart,
    features_chart,
    group_mask,
    principal_components,
)
from gmplug.report.charts.demands import base_shear_chart, drift_chart, profile_chart
from gmplug.report.charts.model import Chart
from gmplug.report.charts.records import funnel_chart, magnitude_distance_chart, scale_factor_chart
from gmplug.report.charts.spectra import check_charts, match_charts, target_chart
from gmplug.report.from_chart import plot_chart

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gmplug.chain import Run
    from gmplug.values import Demands


class RunPlots:
    """The charts of a run's report, one method each. All return matplotlib axes.

    All raise InputError if the run ended before the stage, or has nothing to draw.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def spectra(self) -> Axes:
        """Target, and spectra of the selected records."""
        return _axes(target_chart(self._run.target, self._run.selection))

    def match(self) -> list[Axes]:
        """Mean and standard deviation of the set against the target, by period."""
        return [_axes(chart) for chart in match_charts(self._run.target, self._run.selection)]

    def checks(self) -> list[Axes]:
        """The code's requirements on the mean spectrum, one chart each; empty for other targets."""
        return [_axes(chart) for chart in check_charts(self._run.target, self._run.selection)]

    def funnel(self) -> Axes:
        """Records that each filter removed."""
        return _axes(funnel_chart(self._run.candidates.funnel))

    def magnitude_distance(self) -> Axes:
        """Magnitude and distance of catalogue, candidates and selected records."""
        run = self._run
        return _axes(magnitude_distance_chart(run.catalogue, run.candidates, run.selection))

    def scale_factors(self) -> Axes:
        """Scale factors of candidates and selected records."""
        return _axes(scale_factor_chart(self._run.candidates, self._run.selection, None))

    def clusters(self, group: str | None = None) -> Axes:
        """Spectra of a group's candidates by cluster; of the first group if none is named."""
        run, name = self._run, self._group(group)
        return _axes(candidates_chart(run.candidates, run.clusters, name, run.target, None, "clusters"))

    def features(self, group: str | None = None) -> Axes:
        """First two principal components of a group's features, by cluster."""
        run, name = self._run, self._group(group)
        ids = run.candidates.records["id"][group_mask(run.candidates, name)]
        selected = set(run.selection.records["id"].astype(str))
        clustering = run.clusters.groups[name]
        components = principal_components(clustering.features)
        return _axes(features_chart(components, clustering, name, ids, selected, "features"))

    def drifts(self) -> Axes:
        """Peak story drift ratios over the height, one line for each record."""
        return self.profile(STORY_DRIFT.name)

    def base_shear(self) -> Axes:
        """Peak base shear against peak roof displacement, a dot for each record."""
        demands = self._demands()
        made = base_shear_chart(demands.table, demands.model)
        if made is None:
            raise InputError(f"{self._run.run_dir}: the demands have no base shears")
        return _axes(made)

    def profile(self, demand: str) -> Axes:
        """A demand over the height by its name in demands.csv; of the first direction."""
        made = profile_chart(self._demands().table, demand)
        if made is None:
            raise InputError(f"{self._run.run_dir}: the demands have no '{demand}' over the height")
        return _axes(made)

    def drift_distribution(self) -> Axes:
        """Distribution of the largest story drift of each analysis."""
        return _axes(drift_chart(self._demands().table))

    def accuracy(self) -> Axes:
        """Standard error of a demand's ln median by number of analyses, for ``[assessment] accuracy``."""
        chart = accuracy_chart(self._run.assessment)
        if not isinstance(chart, Chart):
            raise InputError(f"{self._run.run_dir}: the study sets no [assessment] accuracy")
        return _axes(chart)

    def _demands(self) -> Demands:
        if self._run.demands is None:
            raise InputError(f"{self._run.run_dir}: the run has no demands; run the study with a model")
        return self._run.demands

    def _group(self, group: str | None) -> str:
        known = list(self._run.clusters.groups)
        if group is not None and group not in known:
            raise InputError(f"the clusters have no group '{group}'; known: {', '.join(known)}")
        return known[0] if group is None else group


def _axes(chart: Chart | None) -> Axes:
    if chart is None:
        raise InputError("the records have nothing to draw: magnitude or distance is missing")
    axes: Iterable[Axes] = plot_chart(chart).axes
    return next(iter(axes))
