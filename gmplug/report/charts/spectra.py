"""Spectra: target and selected set, their mismatch, and the code's requirement."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gmplug.measures import measures
from gmplug.measures.records import scaled_values
from gmplug.report.charts import Axis, Chart, Layer, Live, band, line, lines, rule, steps
from gmplug.values import AcceptanceCheck, FloatArray, Selection, Target

#: Standard normal quantile at 97.5 %.
Z_975 = 1.959963984540054
PERIOD = "Period T (s)"


def star(target: Target) -> Layer:
    """The line at T*."""
    return rule(x=target.conditioning_period_s, text=f"T* = {target.conditioning_period_s:g} s")


def target_chart(target: Target, selection: Selection | None) -> Chart:
    """Spectra of the selected records, median and bands of target and set."""
    t, mean, sigma = target.periods_s, target.ln_mean, target.sigma_ln
    layers: list[Layer] = []
    if not target.mean_only:
        wide, one = Z_975 * sigma, sigma
        layers.append(band(t, np.exp(mean - wide), np.exp(mean + wide), "Target 2.5–97.5 %", "target"))
        layers.append(band(t, np.exp(mean - one), np.exp(mean + one), "Target ±σ", "target", off=True))
    if selection is not None:
        layers.append(
            lines(t, Live("spectra", np.exp(selection.ln_sa)), Live("items", selection.records["id"]),
                  "Selected records")
        )  # fmt: skip
    layers.append(line(t, np.exp(mean), "Target" if target.mean_only else "Target median", "target bold"))
    if selection is not None and len(selection.ln_sa) > 1:
        layers += _selected(t, selection.ln_sa)
    layers.append(star(target))
    said = (
        "Spectra of the scaled records, with median and 2.5–97.5 % of the target and of the set (lognormal)."
    )
    title = "Target and selected spectra" if selection is not None else "Target spectrum"
    y = Axis("Sa, 5 % damped (g)", log=True)
    caption = said if selection is not None else "Median and 2.5–97.5 % of the target."
    return Chart(
        "target", title, caption, Axis(PERIOD, log=True, limits=ends(t)), y, layers, span=4, aspect=0.58
    )


def ends(periods_s: FloatArray) -> tuple[float, float]:
    """First and last period."""
    return float(periods_s[0]), float(periods_s[-1])


def _selected(t: FloatArray, ln_sa: FloatArray) -> list[Layer]:
    mean, std = ln_sa.mean(axis=0), ln_sa.std(axis=0, ddof=1)

    def edge(name: str, shift: FloatArray) -> Live:
        return Live(name, np.exp(mean + shift))

    return [
        line(t, edge("median", 0 * std), "Selected median", "picked bold"),
        line(t, edge("low", -Z_975 * std), "Selected 2.5–97.5 %", "picked dot"),
        line(t, edge("high", Z_975 * std), "Selected 2.5–97.5 %", "picked dot"),
        line(t, edge("minus", -std), "Selected ±σ", "picked dash", off=True),
        line(t, edge("plus", std), "Selected ±σ", "picked dash", off=True),
        line(t, Live("mean_sa", np.exp(ln_sa).mean(axis=0)), "Selected arithmetic mean", "s5", off=True),
    ]


def match_charts(target: Target, selection: Selection) -> Iterator[Chart]:
    """σ of ln Sa, and the error of the median."""
    t, x = target.periods_s, Axis(PERIOD, log=True, limits=ends(target.periods_s))
    apart = 100 * np.expm1(selection.ln_sa.mean(axis=0) - target.ln_mean)
    limit = max(15.0, 1.15 * float(np.max(np.abs(apart))))
    layers = [
        band(t, np.full(len(t), -10.0), np.full(len(t), 10.0), "±10 %", "soft"),
        rule(y=0, style="target"),
        line(t, Live("error", apart), "Selected median", "picked bold"),
        star(target),
    ]
    caption = (
        "Error of the set's median against the target's. The band of 10 % is a rule of thumb, no criterion."
    )
    yield Chart(
        "median_error", "Error of the median", caption, x, Axis("Error (%)", limits=(-limit, limit)), layers
    )
    if not target.mean_only and len(selection.ln_sa) > 1:
        layers = [
            line(t, target.sigma_ln, "Target", "target bold"),
            line(t, Live("sigma", selection.ln_sa.std(axis=0, ddof=1)), "Selected", "picked bold dash"),
            star(target),
        ]
        caption = "Standard deviation of ln Sa over the periods."
        yield Chart("sigma", "Dispersion", caption, x, Axis("σ of ln Sa", limits=(0, None)), layers)


def check_charts(target: Target, selection: Selection) -> Iterator[Chart]:
    """The set's arithmetic mean Sa, and what the code requires of it, over its range of periods."""
    t = target.periods_s
    for number, check in enumerate(spectral_checks(target)):
        assert check.spectrum_g is not None
        assert check.periods_s is not None
        assert check.least_ratio is not None
        least, first, last = check.least_ratio, *check.periods_s
        if first == last:
            continue
        layers = [
            line(t, check.spectrum_g, "Code's spectrum", "target bold"),
            line(t, least * check.spectrum_g, f"{least:g} × code's spectrum", "target dash"),
            line(
                t,
                Live("mean_sa", np.exp(selection.ln_sa).mean(axis=0)),
                "Selected, arithmetic mean",
                "picked bold",
            ),
            rule(x=first, text=f"{first:g} s"),
            rule(x=last, text=f"{last:g} s"),
        ]
        caption = f"{check.name}. Between the dashed lines the mean must not fall below the dashed curve."
        x, y = Axis(PERIOD, log=True, limits=ends(t)), Axis("Sa, 5 % damped (g)", log=True)
        yield Chart(
            f"check_{number + 1}", "The code's requirement", caption, x, y, layers, span=6, aspect=0.42
        )


def spectral_checks(target: Target) -> list[AcceptanceCheck]:
    """The checks that compare the set's mean with a spectrum."""
    return [check for check in target.checks if check.spectrum_g is not None]


def measure_charts(target: Target, selection: Selection) -> Iterator[Chart]:
    """Distribution of each further intensity measure: lognormal target, scaled records."""
    followed = target.measures
    if followed is None:
        return
    from statistics import NormalDist

    grid = np.linspace(-3.0, 3.0, 121)
    shares = [NormalDist().cdf(z) for z in grid]
    for name, mean, sigma in zip(followed.names, followed.ln_mean, followed.sigma_ln, strict=True):
        values = np.sort(scaled_values(selection.records, name))
        values = values[np.isfinite(values)]
        layers = [
            line(np.exp(mean + sigma * grid), shares, "Target", "target bold"),
            steps(values, np.arange(1, len(values) + 1) / max(len(values), 1), "Selected", "picked bold"),
        ]
        title = measures()[name].heading
        y = Axis("Share of records not above", limits=(0, 1))
        caption = f"{title}: lognormal distribution of the target, and the scaled records of the report."
        yield Chart(f"measure_{name}", title, caption, Axis(title, log=True), y, layers)
