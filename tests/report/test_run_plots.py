"""Charts of a run as matplotlib axes, and what a reviewer asks of a selection on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import gmplug
from gmplug.cli import cli
from gmplug.errors import InputError
from tests.support.studies import write_small_study


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> gmplug.Run:
    study = write_small_study(tmp_path_factory.mktemp("plots"))
    study.write_text(
        study.read_text()
        .replace(
            'gmm = "BSSA14"\n', 'provider = "code-asce7"\nsms = 0.3\nsm1 = 0.15\ncomponent = "rotd100"\n'
        )
        .replace("sa_g = 0.15\n", "")
        .replace(
            'scenario = { magnitude = 6.5, rjb_km = 20.0, vs30_m_s = 400.0, mechanism = "strike-slip" }\n', ""
        )
        .replace("count = 6", "count = 11")
    )
    return gmplug.run_study(study, settings={"target.range_s": [0.2, 2.0]})


def test_every_chart_is_an_axes_with_named_units(run: gmplug.Run) -> None:
    from matplotlib import pyplot
    from matplotlib.axes import Axes

    plot = run.plot
    single = [plot.spectra(), plot.funnel(), plot.scale_factors(), plot.clusters(), plot.features()]
    single += [plot.drifts(), plot.profile("peak_floor_acceleration"), plot.drift_distribution()]
    several = [*plot.match(), *plot.checks()]
    assert all(isinstance(axes, Axes) for axes in [*single, *several]) and len(plot.checks()) == 1
    assert plot.spectra().get_xlabel() == "Period T (s)" and "(g)" in plot.spectra().get_ylabel()
    assert len(plot.spectra().lines) >= len(run.selection.records)
    pyplot.close("all")


def test_what_there_is_not_is_one_line(run: gmplug.Run) -> None:
    with pytest.raises(InputError, match="no group 'other'; known: "):
        run.plot.clusters("other")
    with pytest.raises(InputError, match="have no 'peak_speed' over the height"):
        run.plot.profile("peak_speed")
    with pytest.raises(InputError, match="magnitude or distance is missing"):
        run.plot.magnitude_distance()


def said(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert done.exception is None, done.output
    return int(done.return_value or 0), str(done.output)


def test_why_a_record_is_in(run: gmplug.Run) -> None:
    name = str(run.selection.records["id"].iloc[3])
    _, one = said("why", str(run.run_dir), name)
    assert one.startswith(f"{name}: ") and "of cluster" in one and one.count("\n") == 2
    assert said("why", str(run.run_dir))[1].count("\n") == 12


def test_the_requirements_by_period(run: gmplug.Run) -> None:
    status, text = said("checks", str(run.run_dir))
    outcomes = run.selection.checks
    assert status == (0 if all(one.passed for one in outcomes) else 1)
    assert "0.9 × code's (g)" in text and "governs" in text
    assert all(one.name in text for one in outcomes)


def test_the_requirements_for_scripts(run: gmplug.Run) -> None:
    data = json.loads(CliRunner().invoke(cli, ["checks", str(run.run_dir), "--json"]).stdout)
    (row, *_) = data["tables"][0]["rows"]
    assert [type(value) for value in row[:6]] == [float] * 6 and row[6] in ("met", "NOT met")
    assert row[1] / row[2] == pytest.approx(row[4])


def test_no_code_no_requirements(tmp_path: Path) -> None:
    run = gmplug.run_study(write_small_study(tmp_path), until="selection")
    status, text = said("checks", str(run.run_dir))
    assert status == 0 and text.startswith("The target is no code's: there are no requirements.\nNext: ")
    with pytest.raises(InputError, match="has no demands"):
        run.plot.drifts()
