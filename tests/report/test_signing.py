"""What an engineer signs: requirements by period, statistics by story, roof, reasons, who and when."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import gmean

from gmplug.report import render, still
from gmplug.report.charts import Axis, Chart, band, dots, line, lines, rects, rule, steps
from gmplug.report.charts.demands import base_shear_chart
from gmplug.report.from_chart import plot_chart
from gmplug.report.signing import Made, demand_tables, overall_table, period_tables, reasons_table
from gmplug.report.tables import Table
from gmplug.report.workbench import shown_candidates
from gmplug.selection.checks import evaluate_checks
from gmplug.selection.error import misfit
from gmplug.values import AcceptanceCheck
from tests.report.test_report import Page, make_study, make_values


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return make_values(tmp_path_factory.mktemp("values"))


def frame(table: Table) -> pd.DataFrame:
    """A table of the page as numbers, where they are."""
    rows = [[cell.sort or cell.text for cell in row] for row in table.rows]
    shown = pd.DataFrame(rows, columns=list(table.headers))
    for name, numeric in zip(table.headers, table.numeric, strict=True):
        if numeric:
            shown[name] = pd.to_numeric(shown[name])
    return shown


def test_requirement_by_period_agrees_with_the_check(values: dict[str, Any]) -> None:
    target, selection = values["target"], values["selection"]
    spectrum = 1.1 * np.exp(selection.ln_sa).mean(axis=0) * (1 + 0.2 * np.sin(3 * target.periods_s))
    check = AcceptanceCheck("a clause", least_ratio=0.9, periods_s=(0.2, 2.0), spectrum_g=spectrum)
    target = replace(target, checks=(check,))
    (outcome,) = evaluate_checks(selection.ln_sa, target)
    ((name, table),) = period_tables(target, selection)
    shown = frame(table)
    governing = shown[shown.iloc[:, -1] == "governs"]
    assert name == "a clause"
    assert len(governing) == 1
    assert float(governing["Mean / code's"].iloc[0]) == pytest.approx(outcome.value, rel=1e-12)
    factor = float(governing["Factor at which it is just met"].iloc[0])
    assert factor == pytest.approx(0.9 / outcome.value, rel=1e-12)
    # The factor on all records meets it, and no smaller one does.
    assert evaluate_checks(selection.ln_sa + np.log(factor * (1 + 1e-9)), target)[0].passed
    assert not evaluate_checks(selection.ln_sa + np.log(factor * (1 - 1e-6)), target)[0].passed


def test_both_means_of_demands_are_named(values: dict[str, Any]) -> None:
    table = values["demands"].table
    ok = table[table["status"] == "ok"]
    shown = {title: frame(one) for title, one in demand_tables(table)}
    drifts = shown["Peak story drift (%)"].set_index("Story")
    for story in (1, 2):
        column = 100 * ok[f"peak_story_drift_ratio_{story}"]
        row = drifts.loc[story]
        assert row["Median (geometric mean)"] == pytest.approx(gmean(column))
        assert row["Arithmetic mean"] == pytest.approx(column.mean())
        assert row["Largest"] == pytest.approx(column.max())
        assert row["Largest in record"].upper() == ok["id"].loc[column.idxmax()]
    both = table.rename(columns=lambda name: name.replace("story_drift_ratio_", "story_drift_ratio_x_"))
    both = both.assign(
        **{f"peak_story_drift_ratio_y_{s}": 0.5 * table[f"peak_story_drift_ratio_{s}"] for s in (1, 2)}
    )
    by_direction = frame(dict(demand_tables(both))["Peak story drift (%)"]).set_index(["Direction", "Story"])
    assert by_direction.loc[("y", 2), "Arithmetic mean"] == pytest.approx(
        0.5 * drifts.loc[2, "Arithmetic mean"]
    )


def test_roof_displacement_is_in_the_models_unit(values: dict[str, Any]) -> None:
    shears = {"peak_base_shear_y_model_force": 300.0, "peak_base_shear_ratio_y": 0.25}
    table = values["demands"].table.assign(peak_roof_displacement_m=0.254, **shears)
    made = overall_table(table, {"length_unit": "in"})
    assert made is not None
    shown = frame(made).set_index(["Demand", "Direction"])["Arithmetic mean"].astype(float)
    assert shown["peak roof displacement (in)"].iloc[0] == pytest.approx(10.0)
    assert shown["peak base shear (model's unit of force)", "y"] == 300.0
    assert shown["peak base shear over seismic weight (%)", "y"] == 25.0


def test_base_shear_is_drawn_by_direction_and_left_out_where_it_is_not_known(values: dict[str, Any]) -> None:
    table = values["demands"].table.assign(peak_roof_displacement_m=0.254)
    assert base_shear_chart(table, {"length_unit": "in"}) is None
    by_axis = {f"peak_roof_displacement_{axis}_m": 0.127 for axis in "xy"}
    shears = {f"peak_base_shear{axis}_model_force": 300.0 for axis in ("", "_x", "_y")}
    chart = base_shear_chart(table.assign(**by_axis, **shears), {"length_unit": "in"})
    assert chart is not None
    assert chart.y.label == "Peak base shear (model's unit of force)"
    assert {layer["name"].split(",")[0] for layer in chart.layers} == {"direction x", "direction y"}
    assert chart.layers[0]["x"][0] == pytest.approx(5.0)


def test_reasons_are_sentences_with_the_numbers(values: dict[str, Any]) -> None:
    selection = values["selection"]
    explained = selection.records[["id", "group", "cluster"]].assign(
        distance_rank=2, cost_without=[0.25] + [-0.125] * 7, alternate_1="R030", cost_1=0.5, chosen_share=0.75
    )
    table = reasons_table(replace(selection, explained=explained))
    assert table is not None
    first, second = (row[1].text for row in table.rows[:2])
    assert "Without it E rises by 0.250." in first
    assert "With R030, the best in its place, the objective rises by 0.500." in first
    assert "E falls by 0.125" in second
    assert reasons_table(selection) is None


def test_the_page_names_project_preparer_date_command_and_checksums(values: dict[str, Any]) -> None:
    study = make_study()
    own = study.study.model_copy(update={"project": "Tower <B>", "prepared_by": "A. Engineer"})
    motion = Path(values["selection"].records["file_h1"].iloc[0])
    made = Made("2026-01-31", "gmplug run study.toml")
    page = Page(render(values, study.model_copy(update={"study": own}), {}, made).html)
    for words in ("Tower <B>", "A. Engineer", "2026-01-31", "gmplug run study.toml"):
        assert words in page.text
    digest = hashlib.sha256(motion.read_bytes()).hexdigest()
    assert page.table("File", "SHA-256") == [{"File": motion.name, "SHA-256": digest}]


def test_the_candidates_of_a_large_study_are_those_that_exchange_best(values: dict[str, Any]) -> None:
    candidates, target, selection = values["candidates"], values["target"], values["selection"]
    shown = set(shown_candidates(candidates, target, selection, most=20))
    chosen = list(candidates.positions(selection.records["id"]))
    assert set(chosen) <= shown
    assert len(shown) == 20
    best = {
        j: min(
            misfit(candidates.ln_sa[[*chosen[:i], j, *chosen[i + 1 :]]], target).error
            for i in range(len(chosen))
        )
        for j in range(len(candidates.records))
        if j not in chosen
    }
    ranked = sorted(best, key=lambda j: best[j])
    assert set(ranked[:12]) == shown - set(chosen)  # all periods count here


def test_a_chart_is_drawn_alike_without_scripts_and_by_matplotlib() -> None:
    x = np.array([0.1, 1.0, 10.0])
    layers = [
        band(x, x, 2 * x, "band", "soft"),
        line(x, x, "line", "target bold"),
        lines(x, np.array([x, 3 * x]), ["A", "<B>"], "many"),
        steps(x, 4 * x, "steps", "s2 dash"),
        dots(x, x, "dots", "picked", items=["A", "<B>", "C"], symbol="diamond"),
        rule(x=1.0, text="T* & more"),
        line(x, 9 * x, "hidden", off=True),
    ]
    chart = Chart("k", "title", 'a "caption" <here>', Axis("x", log=True), Axis("y", log=True), layers)
    axes = plot_chart(chart).axes[0]
    drawn = {str(one.get_label()): np.asarray(one.get_ydata(), dtype=float) for one in axes.get_lines()}
    np.testing.assert_array_equal(drawn["line"], x)
    assert "hidden" not in drawn
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_xscale()) == ("x", "y", "log")
    svg = Page(still.draw(chart))
    assert svg._open == []
    assert sum(tag == "path" and "stroke" in str(a["class"]) for tag, a in svg.elements) == 4
    assert sum(tag == "circle" for tag, _ in svg.elements) == 3
    assert "T* & more" in svg.text
    # The middle of a decade axis is the middle of its pixels.
    xs = [float(a["cx"] or 0) for tag, a in svg.elements if tag == "circle"]
    assert xs[1] == pytest.approx((xs[0] + xs[2]) / 2, abs=0.1)
    matrix = rects([0, 1], [1, 2], [0, 0], [1, 1], "", "picked", texts=["0.2", "0.9"], shades=[0.2, 0.9])
    named = Chart("m", "m", "m", Axis("", names=["a", "b"]), Axis("", names=["a"]), [matrix])
    assert "0.9" in still.draw(named)
    assert len(plot_chart(named).axes[0].patches) == 2
