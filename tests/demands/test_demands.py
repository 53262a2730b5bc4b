"""A demand of a plugin works in plots, tables, fragility limits and exports, as gmplug's own do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gmplug
from gmplug.analysis.demands import FloorHistory, floor_demands
from gmplug.analysis.events import Events
from gmplug.audit.plots import demand_title
from gmplug.demands import FLOOR_ACCELERATION, STORY_DRIFT, Demand, column_title, demand_of_column, demands
from gmplug.demands.builtin import BUILTIN
from gmplug.demands.registry import use_demands
from gmplug.errors import InputError
from gmplug.export.simcenter import edp_columns, response_table
from gmplug.fragility.limits import Limit, demand_of, reached
from gmplug.host import Host
from gmplug.plausible import known_limits
from gmplug.report.charts.demands import profile_chart, profile_charts
from gmplug.risk.charts import demand_hazard_chart
from gmplug.values import StructureModel

PLUGIN = """
import numpy as np
import gmplug

@gmplug.hookimpl
def gmplug_demands():
    return [gmplug.Demand("peak_floor_velocity", "Peak floor velocity", "m_s", "floor", "Of floors.", "PFV")]

@gmplug.hookimpl
def gmplug_extra_demands(history):
    step = history.time_s[1] - history.time_s[0]
    velocity = np.abs(np.gradient(history.displacement[0], step, axis=0)).max(axis=0)
    return {f"peak_floor_velocity_{floor}_m_s": v for floor, v in enumerate(velocity)}
"""


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    script = tmp_path / "velocity.py"
    script.write_text(PLUGIN)
    yield Host([script], entry_points=False)
    use_demands(BUILTIN)


def _history() -> FloorHistory:
    time_s = np.linspace(0.0, 1.0, 201)
    roof = 0.1 * np.sin(2 * np.pi * time_s)
    displacement = np.stack([np.zeros_like(roof), 0.5 * roof, roof], axis=1)[None]
    return FloorHistory(time_s, displacement, np.zeros_like(displacement))


MODEL = StructureModel((1, 2, 3), (3.0, 3.0), length_unit="m")


def _table(host: Host) -> pd.DataFrame:
    history = _history()
    extra = Events(host, None, {"task": None, "ops": None, "model": MODEL}).extra_demands(history)
    own = floor_demands(history, MODEL, 0.2)
    return pd.DataFrame(
        [{"id": "a", "status": "ok", **own, **extra}, {"id": "b", "status": "ok", **own, **extra}]
    )


def test_extra_demands_see_the_floor_histories(host: Host) -> None:
    table = _table(host)
    # d/dt of 0.1 sin(2πt) is 0.2π at most; central differences of 200 steps are a little below.
    assert table["peak_floor_velocity_2_m_s"][0] == pytest.approx(0.2 * np.pi, rel=1e-3)


def test_a_script_may_leave_the_history_out_or_take_it(tmp_path: Path) -> None:
    from gmplug.host.scripts import load_script

    path = tmp_path / "model.py"
    text = "def build_model(ops):\n    pass\n\n"
    path.write_text(text + "def extra_demands(history, model):\n    return {'steps': len(history.time_s)}\n")
    events = Events(Host(entry_points=False), load_script(path), {"task": None, "ops": None, "model": MODEL})
    assert events.extra_demands(_history()) == {"steps": 201.0}


def test_plots_tables_and_titles_know_it(host: Host) -> None:
    table = _table(host)

    chart = profile_chart(table, "peak_floor_velocity")
    assert chart is not None
    assert chart.key in [one.key for one in profile_charts(table) if one is not None]
    assert (chart.title, chart.x.label) == ("Peak floor velocity", "Peak floor velocity (m/s)")
    assert chart.y.label == "Floor (0 = base)"
    assert demand_title("peak_floor_velocity_2_m_s") == "Peak floor velocity (m/s), floor 2"
    hazard = demand_hazard_chart(np.array([0.1, 0.2]), np.array([1e-2, 1e-3]), "peak_floor_velocity_2_m_s")
    assert hazard.x.label == "Peak floor velocity (m/s), floor 2"


def test_fragility_limits_and_exports_know_it(host: Host) -> None:
    table = _table(host)
    limit = Limit("fast", "peak_floor_velocity_2_m_s", 0.5)
    assert reached(table, limit, "[risk.fragility]").all()
    with pytest.raises(InputError, match="peak_floor_velocity_2_m_s"):
        demand_of(table, "peak_floor_speed", "[risk.fragility]")
    assert edp_columns(table.columns)["1-PFV-2-1"] == ("peak_floor_velocity_2_m_s", "m_s")
    assert response_table(table)["1-PFV-2-1"].iloc[0] == "m_s"


def test_without_the_plugin_it_is_only_a_column(host: Host) -> None:
    table = _table(host)
    Host(entry_points=False)
    assert "peak_floor_velocity" not in demands()
    assert not any("PFV" in name for name in edp_columns(table.columns))
    assert column_title("peak_floor_velocity_2_m_s") == "peak_floor_velocity_2_m_s"


def test_the_built_ins_cover_what_the_analyses_give() -> None:
    history = _history()
    both = np.concatenate([history.displacement, 0.5 * history.displacement])
    model = StructureModel((1, 2, 3), (3.0, 3.0), length_unit="m", directions=(1, 2))
    vertical = np.zeros((len(history.time_s), 3))
    shear = np.array([history.displacement[0, :, -1], -2 * history.displacement[0, :, -1]])
    whole = FloorHistory(history.time_s, both, both, vertical, shear, (10.0, 10.0))
    given = floor_demands(whole, model, 0.2)
    assert [name for name in given if demand_of_column(name) is None] == []
    assert given["peak_base_shear_y_model_force"] == given["peak_base_shear_model_force"]
    assert given["peak_base_shear_ratio"] == given["peak_base_shear_x_model_force"] / 5
    assert column_title("peak_base_shear_x_model_force") == "Peak base shear (model's unit of force) (x)"
    assert all(one.quantity in known_limits() for one in BUILTIN if one.quantity)


def test_drifts_and_accelerations_are_named_in_one_place() -> None:
    package = Path(gmplug.__file__).parent
    texts = {path: path.read_text(encoding="utf-8") for path in package.rglob("*.py")}
    for one in (STORY_DRIFT, FLOOR_ACCELERATION):
        for name in {one.name, one.column}:
            found = [path.name for path, text in texts.items() if f'"{name}"' in text]
            assert found in ([], ["builtin.py"]), name


@given(
    st.sampled_from([one for one in BUILTIN if one.numbered]),
    st.sampled_from(["", "x", "y", "resultant"]),
    st.integers(0, 200),
)
def test_a_column_is_of_one_demand_and_place(one: Demand, axis: str, level: int) -> None:
    column = "_".join(part for part in (one.name, axis, str(level), one.unit) if part)
    assert demand_of_column(column) is one
    assert one.place(column) == (axis, level)
    assert [d.name for d in BUILTIN if d.place(column) is not None] == [one.name]
