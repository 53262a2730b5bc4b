"""An intensity measure of a plugin works everywhere that one of gmplug's own does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmplug.catalogue.accelerogram_folder import accelerograms
from gmplug.catalogue.columns import heading
from gmplug.catalogue.flatfile import spectra_table
from gmplug.comparison.compare import compare_clusterers
from gmplug.comparison.page import measure_columns
from gmplug.errors import InputError
from gmplug.host import Host
from gmplug.measures import IntensityMeasure, measures
from gmplug.measures.builtin import BUILTIN
from gmplug.measures.records import measure_correlations, scaled_values
from gmplug.measures.registry import use_measures
from gmplug.plausible import look_at
from gmplug.preselection.funnel import run_filters
from gmplug.report.charts.spectra import measure_charts
from gmplug.report.tables import columns_table, records_table
from gmplug.selection.objective import Weights
from gmplug.selection.optimised import make_objective
from gmplug.values import Candidates, GroundMotion, Motion, Selection
from gmplug.waveforms import Accelerogram, write_at2
from tests.support.targets import gcim

PERIODS_S = np.geomspace(0.1, 2.0, 12)
SCENARIO = {"magnitude": 6.5, "rrup_km": 10.0, "rjb_km": 8.0, "vs30_m_s": 400.0}

PLUGIN = """
import numpy as np
import gmplug

def esi(motion, percentile):
    periods = np.linspace(0.1, 0.5, 41)
    sa = gmplug.response_spectrum(motion.horizontal_g[0], motion.time_step_s, periods)
    return float(np.trapezoid(sa, periods))

ESI = gmplug.IntensityMeasure(
    column="esi_g_s", title="example spectrum intensity", symbol="ESI", unit="g s", scale_power=1.0,
    spellings=("ESI", "Example Spectrum Intensity"), compute=esi,
    correlation_with_sa=lambda periods_s: np.where(np.asarray(periods_s) < 0.6, 0.9, 0.6),
    correlations={"pga_g": 0.93}, predict=lambda scenario: (np.log(0.2), 0.6),
    possible=(1e-5, 10.0), usual=(1e-4, 2.0), limits_source="a test",
)

@gmplug.hookimpl
def gmplug_intensity_measures():
    return [ESI]
"""


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    script = tmp_path / "esi.py"
    script.write_text(PLUGIN)
    yield Host([script], entry_points=False)
    use_measures(BUILTIN)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(3)
    made = tmp_path / "records"
    made.mkdir()
    envelope = np.exp(-(((np.arange(2000) - 600) / 400.0) ** 2))
    for number in range(16):
        acceleration = 0.2 * envelope * rng.standard_normal(2000) * (0.5 + rng.random())
        write_at2(made / f"r{number:02d}.at2", Accelerogram(0.01, acceleration))
    return made


def _table(path: Path, **columns: Any) -> Path:
    rows = 3
    frame = pd.DataFrame({"id": [f"r{i}" for i in range(rows)], "T0.10S": 0.4, "T2.00S": 0.1, **columns})
    frame.to_csv(path, index=False)
    return path


def test_the_host_puts_it_in_use_beside_the_built_ins(host: Host) -> None:
    assert set(measures()) == {one.column for one in BUILTIN} | {"esi_g_s"}
    assert host.problems == []
    Host(entry_points=False)
    assert set(measures()) == {one.column for one in BUILTIN}
    host.providers("filters")  # the host that is asked
    assert "esi_g_s" in measures()


def test_a_column_that_two_plugins_offer_is_said_and_the_first_stays(tmp_path: Path) -> None:
    text = PLUGIN.replace('column="esi_g_s"', 'column="pga_g"')
    (tmp_path / "again.py").write_text(text)
    host = Host([tmp_path / "again.py"], entry_points=False)
    (problem,) = host.problems
    assert "intensity measure 'pga_g'" in problem and "again.py" in problem
    assert measures()["pga_g"] is BUILTIN[0]


def test_a_column_that_a_study_cannot_name_is_refused() -> None:
    with pytest.raises(ValueError, match="small letters"):
        IntensityMeasure("Peak A", "peak", "A", "g", 1.0)


def test_catalogues_compute_and_read_it(host: Host, folder: Path, tmp_path: Path) -> None:
    computed = accelerograms(folder, periods_s=PERIODS_S).records["esi_g_s"]
    assert (computed > 0).all()
    assert heading("ESI (cm/s)").factor == pytest.approx(0.01 / 9.80665)  # type: ignore[union-attr]
    table = _table(tmp_path / "t.csv", **{"ESI (cm/s)": [98.0665, 196.133, 0.0]})
    read = spectra_table(table, component="RotD50").records["esi_g_s"]
    assert read.tolist()[:2] == pytest.approx([0.1, 0.2]) and np.isnan(read[2])
    with pytest.raises(InputError, match=r"unit 'kg' of column 'ESI \(kg\)' is not understood"):
        spectra_table(_table(tmp_path / "k.csv", **{"ESI (kg)": [1.0, 2.0, 3.0]}), component="RotD50")


def test_preselection_filters_by_it_and_by_the_built_ins(host: Host) -> None:
    records = pd.DataFrame(
        {"id": list("abcd"), "esi_g_s": [0.1, 0.2, 0.3, np.nan], "cav_m_s": [5.0, 9, 9, 9]}
    )
    records["scale_factor"] = 1.0
    options = {"esi_g_s": [0.15, 0.5], "cav_m_s": [6.0, 10.0]}
    kept, funnel = run_filters(host.providers("filters"), options, records, PERIODS_S, 1.0)
    assert kept.tolist() == [False, True, True, False]
    assert {"esi_g_s", "esi_g_s-known", "cav_m_s"} <= set(funnel["filter"])
    reasons = dict(zip(funnel["filter"], funnel["reason"], strict=True))
    assert reasons["esi_g_s"].startswith("Example spectrum intensity (unscaled) outside the range")
    with pytest.raises(InputError, match="did you mean 'esi_g_s'"):
        run_filters(host.providers("filters"), {"esi_gs": [0, 1]}, records, PERIODS_S, 1.0)


def _gmm(scenario: Any, periods_s: np.ndarray) -> GroundMotion:
    n = len(periods_s)
    return GroundMotion(
        periods_s,
        np.full(n, 0.2),
        np.full(n, 0.6),
        measures={"pga_g": (np.log(0.15), 0.5)},
        component="RotD50",
    )


def _target(names: list[str]) -> Any:
    return gcim(PERIODS_S, 1.0, {"G": _gmm}, sa_g=0.3, measures=names, gmm="G", scenario=SCENARIO)


def _candidates(count: int = 12) -> Candidates:
    rng = np.random.default_rng(1)
    records = pd.DataFrame({"id": [f"r{i}" for i in range(count)], "group": "all", "scale_factor": 2.0})
    records["esi_g_s"], records["pga_g"] = 0.1 + 0.2 * rng.random(count), 0.2
    ln_sa = np.log(0.2) + 0.4 * rng.standard_normal((count, len(PERIODS_S)))
    return Candidates(records, PERIODS_S, ln_sa, pd.DataFrame())


def test_a_gcim_target_follows_it_and_the_objective_counts_it(host: Host) -> None:
    target = _target(["esi_g_s", "pga_g"])
    epsilon = (np.log(0.3) - np.log(0.2)) / 0.6
    at_t_star = measure_correlations(("esi_g_s",), np.array([1.0]))[1][0, 0]
    # Conditional mean of a bivariate normal: μ + ρ σ ε; the joint correlation may be corrected slightly.
    assert target.measures.ln_mean[0] == pytest.approx(np.log(0.2) + at_t_star * 0.6 * epsilon, abs=0.05)
    candidates = _candidates()
    objective = make_objective(candidates, target, Weights())
    column = np.log(2.0 * candidates.records["esi_g_s"]) - target.measures.ln_mean[0]
    assert objective.values[:, -2] == pytest.approx(column.to_numpy())


def test_a_gcim_target_says_which_correlation_is_missing(host: Host) -> None:
    with pytest.raises(InputError, match="no correlation between 'esi_g_s' and 'cav_m_s'"):
        measure_correlations(("esi_g_s", "cav_m_s"), PERIODS_S)
    with pytest.raises(InputError, match="'pgd_cm' is not known, or its correlation with Sa is not"):
        _target(["pgd_cm"])


def test_cav_is_followed_where_a_model_predicts_it() -> None:
    def model(scenario: Any, periods_s: np.ndarray) -> GroundMotion:
        n = len(periods_s)
        cav = {"cav_m_s": (np.log(6.0), 0.4)}
        return GroundMotion(periods_s, np.full(n, 0.2), np.full(n, 0.6), measures=cav, component="RotD50")

    target = gcim(PERIODS_S, 1.0, {"G": model}, sa_g=0.2, measures=["cav_m_s"], gmm="G", scenario=SCENARIO)
    assert target.measures is not None
    assert target.measures.ln_mean[0] == pytest.approx(np.log(6.0), abs=1e-6)  # ε = 0


def test_the_report_and_the_comparison_show_it(host: Host) -> None:
    candidates = _candidates()
    selection = Selection(candidates.records, candidates.ln_sa, pd.DataFrame(), 0.0, 0.0, 0.0)
    table = records_table(selection, None)
    column = table.headers.index("ESI, scaled (g s)")
    assert table.rows[0][column].text == f"{2.0 * candidates.records['esi_g_s'][0]:.3g}"
    charts = list(measure_charts(_target(["esi_g_s", "pga_g"]), selection))
    assert [chart.key for chart in charts] == ["measure_esi_g_s", "measure_pga_g"]
    found = compare_clusterers(candidates, 1.0, host, clusterers=["kmeans"], isolated=False)
    assert 0.0 <= found.table["eta2_esi_g_s"].iloc[0] <= 1.0
    assert "η² ESI" in columns_table(found.table, measure_columns()).headers


def test_its_limits_hold(host: Host) -> None:
    (problem,) = look_at("esi_g_s", [50.0], "catalogue, column esi_g_s").problems
    assert "example spectrum intensity 50 g s" in problem


@given(
    st.sampled_from([one for one in BUILTIN if one.compute]), st.floats(0.1, 10.0), st.integers(0, 2**32 - 1)
)
def test_a_scaled_motion_has_the_scaled_measure(one: IntensityMeasure, factor: float, seed: int) -> None:
    motion = np.random.default_rng(seed).standard_normal((1, 200)) * 0.1
    assert one.compute is not None
    unscaled = one.compute(Motion(0.01, motion), 50.0)
    records = pd.DataFrame({one.column: [unscaled], "scale_factor": [factor]})
    assert scaled_values(records, one.column)[0] == pytest.approx(
        one.compute(Motion(0.01, factor * motion), 50.0)
    )
