"""Spectra before and after, in one picture."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np

import gmplug
from gmplug_spectral_matching.matching import Matched


def picture(
    matched: Sequence[Matched], periods_s: np.ndarray, median_g: np.ndarray, range_s: tuple[float, float]
) -> gmplug.Picture:
    """Draw the spectra of all records before (left) and after (right), with the target's median."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.0, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, 2, sharex=True, sharey=True)
    for ax, title in zip(axes, ("before", "after"), strict=True):
        ax.axvspan(*range_s, color="0.93")
        for one in matched:
            sa = one.sa_before_g if title == "before" else one.sa_after_g
            ax.loglog(periods_s, sa, color="tab:blue", linewidth=0.7, alpha=0.6)
        ax.loglog(periods_s, median_g, color="black", linewidth=1.8, label="target, median")
        ax.set(title=f"{title} matching", xlabel="period (s)")
    axes[0].set_ylabel("Sa (g)")
    axes[0].legend(frameon=False)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=120)
    caption = (
        f"Scaled spectra of the selected records before and after matching from {range_s[0]:g} to "
        f"{range_s[1]:g} s (shaded)."
    )
    return gmplug.Picture(stream.getvalue(), caption, wide=True)
