"""The charts of an audit."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gmplug.audit.audit import Audit
from gmplug.demands import STORY_DRIFT, column_title
from gmplug.report.charts import (
    SERIES,
    SYMBOLS,
    Axis,
    Chart,
    Layer,
    band,
    dots,
    line,
    rects,
    rule,
    series,
    steps,
)
from gmplug.report.charts.spectra import PERIOD, ends
from gmplug.values import FloatArray

#: Points of the axis on which distribution functions of sets are compared.
_POINTS = 200
#: Schemes whose bands are drawn beside random sets, the first of these that there are.
_BANDS = ("random", "candidates-quotas", "target-quotas")


def demand_title(name: str) -> str:
    """How a demand is called in figures and tables."""
    oscillator = "peak_displacement_m_r"
    if name.startswith(oscillator):
        return f"Oscillator displacement (m), R = {name.removeprefix(oscillator)}"
    return column_title(name)


def ratio_charts(audit: Audit) -> Iterator[Chart]:
    """RMSE of a statistic over that of random sets: a row for each demand, a mark for each scheme.

    Further divisions than the study's clusters are in the tables only.
    """
    for statistic, title in (("ln_median", "Error of the median"), ("dispersion", "Error of the dispersion")):
        yield _ratio_chart(audit, statistic, title)


def _ratio_chart(audit: Audit, statistic: str, title: str) -> Chart:
    table = audit.table[(audit.table["estimate"] == "plain") & (audit.table["scheme"] != "random")]
    middle, low, high = (f"{statistic}_ratio{end}" for end in ("", "_low", "_high"))
    demands = [d for d in audit.demands if table.loc[table["demand"] == d, middle].notna().any()]
    names = [name for name in dict.fromkeys(table["scheme"]) if ":" not in name]
    layers: list[Layer] = [rule(x=1.0, name="Random", style="target dash")]
    for number, name in enumerate(names):
        rows = table[table["scheme"] == name].set_index("demand").loc[demands]
        place = np.arange(len(demands)) + 0.8 * ((number + 0.5) / len(names) - 0.5)
        color, scheme = SERIES[number % len(SERIES)], audit.draws[name].scheme.title
        for at, row in zip(place, rows.to_dict("records"), strict=True):
            layers.append(line([row[low], row[high]], [at, at], scheme, color))
        symbol = SYMBOLS[number % len(SYMBOLS)]
        layers.append(dots(rows[middle], place, scheme, color, symbol=symbol, size=36))
    x = Axis("RMSE / RMSE of random sets (95 % of bootstrapped draws)", limits=(0, None))
    caption = f"{title} of sets, over that of random sets from the same candidates; below 1 is better."
    aspect = min(1.6, 0.15 + (0.03 + 0.011 * len(names)) * len(demands))
    y = Axis("", names=[demand_title(d) for d in demands])
    return Chart(statistic, title, caption, x, y, layers, span=6, aspect=aspect)


def error_chart(audit: Audit, demand: str) -> Chart:
    """Error of the ln median of every set, as boxes: one for each scheme."""
    names = list(audit.draws)
    layers: list[Layer] = [rule(x=0.0, style="target dash")]
    for place, name in enumerate(names):
        values = audit.errors[demand, name]
        values = values[np.isfinite(values)]
        if not len(values):
            continue
        low, first, middle, third, high = np.percentile(values, [2.5, 25, 50, 75, 97.5])
        layers.append(line([low, high], [place, place], "", "soft"))
        layers.append(
            rects([first], [third], [place - 0.3], [place + 0.3], "", "light" if place == 0 else "s6")
        )
        layers.append(line([middle, middle], [place - 0.3, place + 0.3], "", "target bold"))
    title = demand_title(demand)
    x = Axis("Error of ln median (box: quartiles; line: 95 %)")
    caption = f"{title}: error of the ln median of every set."
    y = Axis("", names=[audit.draws[name].scheme.title for name in names])
    return Chart(f"errors-{demand}", title, caption, x, y, layers, aspect=min(1.4, 0.25 + 0.07 * len(names)))


def distribution_chart(audit: Audit, demand: str) -> Chart:
    """Distribution function of all candidates, and the band that 90 % of the sets of a scheme lie in."""
    values = audit.responses.values[demand].to_numpy(dtype=float)
    finite = values[np.isfinite(values)]
    grid = np.geomspace(finite.min() * 0.97, finite.max() * 1.03, _POINTS)
    collapsed = audit.responses.collapsed if demand in audit.responses.from_structure else None
    everybody = np.where(collapsed, np.inf, values) if collapsed is not None else values
    wanted = [name for name in _BANDS if name in audit.draws][:2]
    layers: list[Layer] = []
    for name, color in zip(wanted, ("soft", "picked"), strict=False):
        sets = everybody[audit.draws[name].sets]
        share = np.array([_distribution(row, grid) for row in sets])
        low, high = np.nanpercentile(share, [5, 95], axis=0)
        layers.append(band(grid, low, high, f"90 % of sets: {audit.draws[name].scheme.title}", color))
    known = f"All {int(np.sum(~np.isnan(everybody)))} candidates"
    layers.append(steps(grid, _distribution(everybody, grid), known, "target bold"))
    title = demand_title(demand)
    caption = f"{title}: distribution of all candidates and bands of sets."
    y = Axis("Share at or below", limits=(0, 1))
    return Chart(
        f"distribution-{demand}", "All candidates and drawn sets", caption, Axis(title, log=True), y, layers
    )


def period_chart(audit: Audit, conditioning_period_s: float) -> Chart:
    """Correlation of ln demand with ln Sa over the periods: where a match can help at all."""
    demands = [d for d in audit.demands if STORY_DRIFT.place(d) is None]
    t = audit.candidates.periods_s
    layers: list[Layer] = [
        line(t, period_correlation(audit, demand), demand_title(demand), series(number))
        for number, demand in enumerate(demands)
    ]
    text = f"T* = {conditioning_period_s:g} s"
    caption = (
        "Correlation of the demands with the spectra of the candidates. Matching spectra, and clusters of "
        "them, can help a demand only where this is far from zero and the periods count in the match or in "
        "the clusters."
    )
    layers += [rule(y=0.0, style="soft"), rule(x=conditioning_period_s, text=text)]
    x, y = Axis(PERIOD, log=True, limits=ends(t)), Axis("Correlation of ln demand with ln Sa(T)")
    return Chart("periods", "Correlation with the response", caption, x, y, layers, span=6, aspect=0.42)


def period_correlation(audit: Audit, demand: str) -> FloatArray:
    """Pearson correlation of ln demand with ln Sa at each period, shape (P,); NaN where Sa does not vary."""
    ln = np.log(audit.responses.values[demand].to_numpy(dtype=float))
    at = np.isfinite(ln)
    spectra = audit.candidates.ln_sa[at] - audit.candidates.ln_sa[at].mean(axis=0)
    response = ln[at] - ln[at].mean()
    norm = np.sqrt(np.square(spectra).sum(axis=0) * np.square(response).sum())
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(norm > 1e-9, (response @ spectra) / norm, np.nan))


def _distribution(values: FloatArray, grid: FloatArray) -> FloatArray:
    known = np.sort(values[~np.isnan(values)])
    return np.searchsorted(known, grid, side="right") / max(len(known), 1)
