"""The picture of the analyzed model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gmplug.report import still
from gmplug.report.charts import Chart
from gmplug.report.charts.structure import structure_charts
from gmplug.report.from_chart import plot_chart

PLANE: dict[str, Any] = {
    "story_heights": [3.0, 3.0], "length_unit": "m", "floor_nodes": [11, 12, 13],
    "geometry": {
        "nodes": [[0.0, 1.0], [0.0, 4.0], [0.0, 7.0], [9.0, 1.0], [9.0, 4.0]],
        "elements": {"beam-column": [[0, 1], [1, 2], [1, 4]], "truss": [[3, 4]], "zero-length": [[1], [1]]},
        "supports": [0, 3], "masses": [1, 2], "floors": [0, 1, 2], "axes": [0, 1],
    },
}  # fmt: skip


def charts(model: dict[str, Any]) -> list[Chart]:
    found = list(structure_charts(model))
    assert all(isinstance(chart, Chart) for chart in found)
    return found  # type: ignore[return-value]


def layers(chart: Chart) -> dict[str, Any]:
    return {layer["name"]: layer for layer in chart.layers if layer["name"]}


def test_elements_floors_supports_and_masses_are_drawn() -> None:
    (chart,) = charts(PLANE)
    named = layers(chart)
    assert list(named) == [
        "beam-columns (3)", "trusses (1)", "masses (2)", "zero-length elements (2)", "supports (2)",
        "nodes of floors (11, 12, 13)",
    ]  # fmt: skip
    members = named["beam-columns (3)"]
    assert np.isnan(members["x"][2]) and members["y"][:2] == [0.0, 3.0]  # heights from the base
    assert [layer["text"] for layer in chart.layers if layer["kind"] == "rule"] == [
        "floor 0", "floor 1", "floor 2",
    ]  # fmt: skip
    assert len(named["zero-length elements (2)"]["x"]) == 1  # two at one place


def test_a_model_in_space_has_two_elevations_and_a_view() -> None:
    shape = PLANE["geometry"]
    nodes = [[x, 0.5 * k, z] for k, (x, z) in enumerate(shape["nodes"])]
    model = {**PLANE, "geometry": {**shape, "nodes": nodes, "axes": [0, 1, 2]}}
    front, side, view = charts(model)
    assert (front.x.label, side.x.label, view.x.label) == ("x (m)", "y (m)", "")
    assert layers(side)["beam-columns (3)"]["x"][:2] == [0.0, 0.5]
    assert all(chart.equal for chart in (front, side, view))


def test_still_and_static_figures_keep_the_scale() -> None:
    (chart,) = charts(PLANE)
    drawn = still.draw(chart)
    path = next(part for part in drawn.split("<path ") if 'class="stroke ink bold"' in part)
    runs = [
        [tuple(map(float, point.split(","))) for point in run.split("L")]
        for run in path.split('d="M')[1].split('"')[0].split("M")
    ]
    assert len(runs) == 3  # one for each member
    column, beam = runs[0], runs[2]
    assert abs(column[0][1] - column[1][1]) / 3.0 == pytest.approx(
        abs(beam[0][0] - beam[1][0]) / 9.0, rel=0.01
    )
    figure = plot_chart(chart)
    assert figure.axes[0].get_aspect() == 1.0


def test_without_a_shape_its_floors_are_drawn() -> None:
    few = {key: PLANE[key] for key in ("story_heights", "length_unit", "floor_nodes")}
    for geometry in (None, {"elements": 70_000}, {**PLANE["geometry"], "axes": []}):
        (chart,) = charts({**few, "geometry": geometry})
        assert "nodes of floors (11, 12, 13)" in layers(chart)
    assert "70000 elements are too many" in charts({**few, "geometry": {"elements": 70_000}})[0].caption
    assert list(structure_charts({})) == [None]
