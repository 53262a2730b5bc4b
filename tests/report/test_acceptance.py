"""The section on acceptance, from an assessment and demands.csv."""

from __future__ import annotations

from typing import Any

import pytest

from gmplug.assessment.asce7 import asce7_drifts
from gmplug.report.acceptance import acceptance_section
from gmplug.report.charts import Chart
from gmplug.report.charts.acceptance import acceptance_charts
from gmplug.report.findings import Parts
from tests.assessment.test_asce7 import demands, eleven, target


def section(status: str = "") -> tuple[Any, Any]:
    given = demands(eleven(), status)
    value = asce7_drifts(given, target(), "II", "other", spectrally_matched=False)
    return acceptance_section(Parts.of({"demands": given, "assessment": value})), value


def test_checks_drifts_and_unacceptable_motions() -> None:
    shown, _ = section("collapsed")
    tables = {block.title: block.content for block in shown.blocks if block and block.kind == "table"}
    drifts = tables["Peak story drift (%)"]
    head = list(drifts.headers)
    first = [cell.text for cell in drifts.rows[0]]
    assert float(first[head.index("Compared")]) == pytest.approx(2.4)
    assert float(first[head.index("Compared / limit")]) == pytest.approx(0.6)
    assert [row[0].text for row in tables["Unacceptable motions"].rows] == ["r10"]
    assert any(block and block.content == ["1 of 11 motions are unacceptable."] for block in shown.blocks)


def test_the_chart_has_each_motion_the_statistic_and_the_limit() -> None:
    _, value = section()
    (chart,) = acceptance_charts(value, demands(eleven()).table)
    assert isinstance(chart, Chart)
    names = [layer["name"] for layer in chart.layers]
    assert names.count("ok") == 11 and "Arithmetic mean" in names
    (limit,) = (layer["at_x"] for layer in chart.layers if layer["kind"] == "rule")
    assert limit == pytest.approx(4.0)
    mean = next(layer for layer in chart.layers if layer["name"] == "Arithmetic mean")
    assert mean["x"][0] == pytest.approx(2.0) and list(mean["y"][:2]) == [0.5, 1.5]


def test_other_assessments_have_no_such_section() -> None:
    _, value = section()
    assert acceptance_section(Parts.of({"assessment": value})) is None  # no demands to draw
    assert acceptance_section(Parts.of({})) is None
