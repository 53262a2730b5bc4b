"""The chart of fragility functions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gmplug.fragility.sample import FittedLimit
from gmplug.report.charts import SERIES, SYMBOLS, Axis, Chart, Layer, band, dots, line, series
from gmplug.values import FloatArray


def curves_chart(
    fitted: Sequence[FittedLimit], grid_g: FloatArray, confidence: float, period_s: float
) -> Chart:
    """The curves of limits, their bootstrap bands and what was observed."""
    layers: list[Layer] = []
    tails = 50 * (1 - confidence), 50 * (1 + confidence)
    for index, one in enumerate(fitted):
        color = SERIES[index % len(SERIES)]
        known = one.band[np.isfinite(one.band).all(axis=1)] if len(one.band) else one.band
        if len(known) > 1:
            low, high = np.percentile(known, tails, axis=0)
            layers.append(band(grid_g, low, high, "", color))
        curve = one.fragility.probability(grid_g)
        layers.append(line(grid_g, curve, one.limit.name, f"{series(index)} bold"))
        share = one.observed.get("share", one.observed["reached"] / one.observed["analyses"])
        symbol = SYMBOLS[index % len(SYMBOLS)]
        layers.append(dots(one.observed["sa_g"], share, "", color, symbol=symbol, size=40))
    caption = (
        "Probability of reaching each limit given Sa(T*); points are the observed shares, bands hold "
        f"{100 * confidence:g} % of the bootstrap samples."
    )
    x = Axis(f"Sa({period_s:g} s) (g)", log=True, limits=(float(grid_g[0]), float(grid_g[-1])))
    y = Axis("Probability of reaching the limit", limits=(-0.02, 1.02))
    return Chart("fragility", "", caption, x, y, layers)
