"""Charts of hazard curves."""

from __future__ import annotations

import numpy as np

from gmplug.demands import column_title, demand_of_column
from gmplug.hazard import HazardCurve
from gmplug.report.charts import Axis, Chart, dots, line
from gmplug.report.headings import heading
from gmplug.values import FloatArray

_RATES = Axis("Annual rate of exceedance (1/yr)", log=True)


def hazard_chart(curve: HazardCurve, levels_g: FloatArray, period_s: float) -> Chart:
    """A hazard curve, what continues it, and the study's levels."""
    wide = np.geomspace(float(curve.sa_g[0]) / 1.5, float(curve.sa_g[-1]) * 1.8, 100)
    layers = [
        line(wide, curve.rate(wide), "continued", "picked dash"),
        line(curve.sa_g, curve.annual_rate, "hazard curve", "picked bold"),
    ]
    if len(levels_g):
        layers.append(dots(levels_g, curve.rate(levels_g), "levels", "alert", size=50))
    caption = "Annual rate at which Sa(T*) is exceeded, dashed beyond the curve's ends."
    x = Axis(f"Sa({period_s:g} s) (g)", log=True, limits=(float(wide[0]), float(wide[-1])))
    return Chart("hazard", "", caption, x, _RATES, layers)


def demand_hazard_chart(values: FloatArray, annual_rate: FloatArray, edp: str) -> Chart:
    """The annual rate at which a demand is exceeded; ratios are shown in per cent."""
    known = demand_of_column(edp)
    is_ratio = not known.unit if known else edp.endswith("_ratio")
    shown = values * (100.0 if is_ratio else 1.0)
    title = column_title(edp) if known else heading(edp)
    key = "demand_hazard_" + "".join(c if c.isalnum() else "_" for c in edp)
    caption = "Annual rate at which the demand is exceeded, collapses included."
    x = Axis(f"{title} (%)" if is_ratio else title, log=True, limits=(float(shown[0]), float(shown[-1])))
    return Chart(key, "", caption, x, _RATES, [line(shown, annual_rate, "", "picked bold")])
