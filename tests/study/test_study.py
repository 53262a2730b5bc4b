"""Study files: defaults, and one clear line for whatever is wrong."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from gmplug.chain.run import write_resolved
from gmplug.errors import InputError
from gmplug.host import Host
from gmplug.study import load_study, parse_study, write_study
from gmplug.study.schema import Study
from gmplug.study.template import template_path


def _problems(text: str, tmp_path: Path) -> tuple[str, ...]:
    path = tmp_path / "study.toml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        load_study(path)
    return caught.value.problems


def test_the_default_grid_is_the_published_one_for_one_second() -> None:
    study = parse_study({"catalogue": {"provider": "simulated"}, "structure": {"period_s": 1.0}})
    np.testing.assert_allclose(study.periods_s(), np.arange(1, 201) / 100, rtol=1e-12)


@pytest.mark.parametrize("period_s", [0.05, 0.2, 0.333, 1.0, 2.7, 4.9])
def test_the_default_grid_holds_the_conditioning_period(period_s: float) -> None:
    grid = parse_study(
        {"catalogue": {"provider": "simulated"}, "structure": {"period_s": period_s}}
    ).periods_s()
    assert np.min(np.abs(grid / period_s - 1)) < 1e-6
    assert np.all(np.diff(grid) > 0)
    assert grid[0] >= 0.01 - 1e-12
    assert grid[-1] == pytest.approx(2 * period_s)


def test_a_stated_grid_gets_the_conditioning_period_added() -> None:
    study = parse_study(
        {
            "catalogue": {"provider": "simulated"},
            "structure": {"period_s": 0.77},
            "target": {"periods_s": [0.5, 0.1, 2.0]},
        }
    )
    assert study.periods_s().tolist() == [0.1, 0.5, 0.77, 2.0]


def test_what_is_wrong_is_said_in_one_line_each(tmp_path: Path) -> None:
    problems = _problems(
        """
        [study]
        sed = 1
        [catalogue]
        provider = "simulated"
        [structure]
        period_s = -1
        [selection]
        count = "many"
        [structur]
        period_s = 1.0
        """,
        tmp_path,
    )
    text = "\n".join(problems)
    assert all(line.startswith("study.toml: ") for line in problems)
    assert "[study]: unknown option 'sed'; did you mean 'seed'?" in text
    assert "[structure] period_s: Input should be greater than 0 (got -1)" in text
    assert "[selection] count: Input should be a valid integer" in text
    assert "unknown section [structur]; did you mean [structure]? known:" in text
    assert len(problems) == 4


def test_a_missing_period_says_what_it_is(tmp_path: Path) -> None:
    catalogue, period = _problems("[study]\nseed = 3\n", tmp_path)
    assert "[catalogue] provider is missing" in catalogue
    assert "fundamental period" in period


@pytest.mark.parametrize("text", ["", "[catalogue]\npath = 'records'\n"])
def test_a_study_names_its_catalogue(text: str, tmp_path: Path) -> None:
    """No catalogue is the default; the line lists those installed and what each needs."""
    (line,) = _problems(text + "[structure]\nperiod_s = 1.0\n", tmp_path)
    assert line.startswith("study.toml: [catalogue] provider is missing: set provider = ")
    assert "nga-west2 (needs flatfile), accelerograms (needs path)" in line
    assert "simulated (needs no option)" in line


def test_a_missing_file_and_bad_toml_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such study file"):
        load_study(tmp_path / "none.toml")
    assert "line 1" in _problems("[study\nseed = 3\n", tmp_path)[0]


def test_two_ways_to_say_the_pulse_share_contradict(tmp_path: Path) -> None:
    text = '[catalogue]\nprovider = "simulated"\n[structure]\nperiod_s = 1\n'
    text += "[selection]\nshare = 0.3\npulse = { distance_km = 1.0, epsilon = 0 }\n"
    assert _problems(text, tmp_path) == ("study.toml: [selection]: give either pulse or share, not both",)


def test_the_resolved_study_says_the_same_from_anywhere(tmp_path: Path) -> None:
    (tmp_path / "at2").mkdir()
    (tmp_path / "flat.csv").write_text("x")
    (tmp_path / "study.toml").write_text(
        """
        [catalogue]
        provider = "nga-west2"
        flatfile = "flat.csv"
        records = "at2"
        [structure]
        period_s = 1.0
        [target]
        scenario = { magnitude = 7.0, rjb_km = 15.0 }
        """
    )
    study = load_study(tmp_path / "study.toml")
    (tmp_path / "run").mkdir()
    write_resolved(study, Host(), tmp_path / "run")
    again = load_study(tmp_path / "run" / "study.toml")
    assert Path(again.catalogue.options["flatfile"]) == (tmp_path / "flat.csv").resolve()
    assert Path(again.catalogue.options["records"]) == (tmp_path / "at2").resolve()
    assert again.target.options == study.target.options
    assert again.selection == study.selection


@pytest.mark.parametrize("name", ["study.toml", "demo.toml"])
def test_the_templates_are_valid(name: str) -> None:
    assert load_study(template_path(name)).conditioning_period_s == 1.0


def test_an_open_limit_survives_writing(tmp_path: Path) -> None:
    """``inf`` leaves a side of a range open; the resolved study says so too."""
    study = Study.model_validate(
        {
            "catalogue": {"provider": "simulated"},
            "structure": {"period_s": 1.0},
            "preselection": {"scale_factor": [0.0, math.inf]},
        }
    )
    write_study(study, tmp_path / "study.toml")
    assert load_study(tmp_path / "study.toml").preselection.options == {"scale_factor": [0.0, math.inf]}
