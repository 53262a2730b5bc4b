"""The examples run on the real data, with a shorter search, and give what the method says."""

from __future__ import annotations

import html
import importlib.util
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pygmm.baker_jayaram_2008 import calc_correls
from scipy.interpolate import PchipInterpolator

from gmplug.runs import run_study
from tests.support.places import EXAMPLES


def _run(name: str, factory: pytest.TempPathFactory, **settings: object) -> Path:
    """Run an example, with a shorter search and other settings; return its run directory."""
    run_dir = factory.mktemp(name) / "run"
    run_study(EXAMPLES / name / "study.toml", run_dir, settings={"selection.effort": 0.1, **settings})
    return run_dir


def _summary(run_dir: Path) -> dict:
    return json.loads((run_dir / "summary.json").read_text())


# -- the flatfile ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def nga_west2(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _run("nga_west2", tmp_path_factory)


def test_the_flatfile_study_lists_what_to_download(nga_west2: Path, shared_data: Path) -> None:
    selection = pd.read_csv(nga_west2 / "selection.csv")
    wanted = pd.read_csv(nga_west2 / "download.csv")
    assert len(selection) == 20
    assert sorted(wanted["record_number"]) == sorted(selection["record_number"])
    flatfile = pd.read_csv(shared_data / "nga_west2" / "flatfile_sample.csv", low_memory=False)
    rows = flatfile.set_index("Record Sequence Number").loc[selection["record_number"]]
    assert rows["Earthquake Magnitude"].between(6.0, 7.5).all()
    assert rows["Joyner-Boore Dist. (km)"].between(0.0, 60.0).all()
    assert rows["Vs30 (m/s) selected for analysis"].between(180.0, 360.0).all()
    np.testing.assert_allclose(selection["scale_factor"], 0.4 / rows["T1.000S"].to_numpy(), rtol=1e-6)
    assert any("to download" in note for note in _summary(nga_west2)["notes"])


# -- accelerograms to responses ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def records_at2(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _run("records_at2", tmp_path_factory, **{"selection.count": 6})


def test_every_file_is_read_and_every_analysis_has_a_status(records_at2: Path, shared_data: Path) -> None:
    catalogue = pd.read_parquet(records_at2 / "catalogue.parquet")
    files = {Path(name).name for column in ("file_h1", "file_h2") for name in catalogue[column] if name}
    assert files == {path.name for path in (shared_data / "records_at2").glob("*.AT2")}
    assert len(files) == 167
    demands = pd.read_csv(records_at2 / "demands.csv")
    selection = pd.read_csv(records_at2 / "selection.csv")
    assert demands["id"].tolist() == selection["id"].tolist()
    assert len(demands) == 6
    assert set(demands["status"]) <= {"ok", "collapsed", "failed"}
    assert sum(_summary(records_at2)["analyses"].values()) == 6
    finished = demands[demands["status"] == "ok"]
    assert len(finished) >= 5
    stories = [f"peak_story_drift_ratio_{story}" for story in (1, 2, 3)]
    assert (finished[stories].max(axis=1) == finished["peak_story_drift_ratio"]).all()
    assert finished["peak_story_drift_ratio"].between(0.002, 0.1).all()


def test_the_report_of_real_records_does_not_call_them_simulated(records_at2: Path) -> None:
    page = (records_at2 / "report.html").read_text(encoding="utf-8")
    assert "simulated" not in page.lower()


# -- the published application -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def jia2025(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    # tests/clustering clusters these spectra by the default method
    return _run("jia2025", tmp_path_factory, **{"clustering.method": "kmeans"})


def test_the_published_candidates_and_quotas(jia2025: Path) -> None:
    summary = _summary(jia2025)
    assert summary["candidates"] == 266
    groups = summary["groups"]
    assert {name: group["candidates"] for name, group in groups.items()} == {"pulse": 67, "nonpulse": 199}
    assert sum(groups["pulse"]["quotas"]) == 5
    assert sum(groups["nonpulse"]["quotas"]) == 15


def test_the_target_is_the_conditional_spectrum_by_hand(jia2025: Path, shared_data: Path) -> None:
    """METHOD.md section 2, evaluated here from the model table and pygmm's correlation."""
    table = pd.read_csv(shared_data / "jia2025" / "gmm.csv")
    grid = np.arange(1, 201) / 100
    median = PchipInterpolator(table["period_s"], table["median_g"])(grid)
    upper = PchipInterpolator(table["period_s"], table["median_plus_sigma_g"])(grid)
    sigma = np.log(upper / median)
    rho = calc_correls(grid, 1.0)
    star = 99
    epsilon = (np.log(0.78) - np.log(median[star])) / sigma[star]
    target = pd.read_csv(jia2025 / "target.csv")
    np.testing.assert_allclose(target["period_s"], grid, rtol=1e-9)
    np.testing.assert_allclose(target["median_g"], median * np.exp(rho * epsilon * sigma), rtol=1e-6)
    np.testing.assert_allclose(
        target["sigma_ln"], sigma * np.sqrt(np.maximum(1 - rho**2, 0)), rtol=1e-6, atol=1e-7
    )


def test_the_selection_matches_as_well_as_the_published_one_nearly(jia2025: Path) -> None:
    """E, evaluated here from the files; published: 0.492."""
    candidates = pd.read_csv(EXAMPLES / _path_of_candidates()).set_index("id")
    selection = pd.read_csv(jia2025 / "selection.csv")
    target = pd.read_csv(jia2025 / "target.csv")
    spectra = candidates.loc[selection["id"]].filter(regex=r"^T\d").to_numpy()
    ln_sa = np.log(spectra * selection["scale_factor"].to_numpy()[:, None])
    error = np.sum((ln_sa.mean(axis=0) - np.log(target["median_g"])) ** 2)
    error += np.sum((ln_sa.std(axis=0, ddof=1) - target["sigma_ln"]) ** 2)
    assert error <= 0.55
    assert _summary(jia2025)["selection"]["error"] == pytest.approx(error, rel=1e-6)


def _path_of_candidates() -> Path:
    return Path("jia2025") / "../../../shared/data/jia2025/candidates.csv"


# -- a linear oscillator -----------------------------------------------------------------------------


def test_a_linear_oscillator_moves_as_its_spectrum_says(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    run_dir = _run("linear_oscillator", tmp_path_factory)
    spec = importlib.util.spec_from_file_location("check", EXAMPLES / "linear_oscillator" / "check.py")
    assert spec is not None
    assert spec.loader is not None
    check = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(check)
    assert set(pd.read_csv(run_dir / "demands.csv")["status"]) == {"ok"}
    assert check.largest_difference(run_dir) < 0.005


# -- the demo ----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("catalogue", ["fema-p695", "simulated"])
def test_the_demo_ends_with_a_report_and_its_analyses(
    catalogue: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.testing import CliRunner

    from gmplug.study import template

    if catalogue == "simulated":
        monkeypatch.setattr(template, "start_catalogue", lambda: catalogue)
    elif template.start_catalogue() != catalogue:
        pytest.skip("the plugin gmplug-fema-p695 is not installed; `make test` installs it")

    from gmplug.cli import cli

    done = CliRunner().invoke(cli, ["demo", "--out", str(tmp_path / "demo")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "demo" / "report.html").stat().st_size > 100_000
    selection = pd.read_csv(tmp_path / "demo" / "selection.csv")
    demands = pd.read_csv(tmp_path / "demo" / "demands.csv")
    assert len(selection) == len(demands) == 11
    assert demands["status"].isin(["ok", "collapsed"]).all()
    page = html.unescape((tmp_path / "demo" / "report.html").read_text(encoding="utf-8"))
    for name in ("id", "event", "station"):
        for value in selection[name]:
            assert value in page
            assert value in done.output
    said = {"fema-p695": "recorded motions of FEMA P-695", "simulated": "simulated motions"}[catalogue]
    assert said in page
    assert said in done.output
    assert ("This demo uses simulated motions." in done.output) == (catalogue == "simulated")
    assert ("Simulated records." in page) == (catalogue == "simulated")
