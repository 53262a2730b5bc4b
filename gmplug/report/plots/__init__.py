"""The plots of the report: each takes values of the chain and returns a matplotlib ``Figure``.

matplotlib is imported when a plot is made, not before. Save a figure with :func:`gmplug.report.style.to_png`
or its own ``savefig``.
"""

from gmplug.report.plots.clusters import plot_candidates, plot_features, plot_scores, plot_training
from gmplug.report.plots.demands import plot_drift_distribution, plot_profile
from gmplug.report.plots.overview import plot_overview
from gmplug.report.plots.records import plot_funnel, plot_magnitude_distance, plot_scale_factors
from gmplug.report.plots.spectra import plot_match, plot_measures, plot_target
from gmplug.report.plots.waveforms import plot_waveforms

__all__ = [
    "plot_candidates",
    "plot_drift_distribution",
    "plot_features",
    "plot_funnel",
    "plot_magnitude_distance",
    "plot_match",
    "plot_measures",
    "plot_overview",
    "plot_profile",
    "plot_scale_factors",
    "plot_scores",
    "plot_target",
    "plot_training",
    "plot_waveforms",
]
