"""Values are compared with what is physically possible wherever they enter."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import gmplug
from gmplug.analysis.stage import implausible as demand_findings
from gmplug.catalogue.stage import implausible as catalogue_findings
from gmplug.cli.spectra import spectra
from gmplug.errors import InputError
from gmplug.notes import doubts_of, warnings_of
from gmplug.plausible import known_limits, look_at, look_at_options
from gmplug.runs import run_study
from gmplug.selection.stage import poor_match
from gmplug.values import Catalogue, Target
from gmplug.waveforms import Accelerogram, write_at2
from tests.support.studies import write_small_study

README = Path(gmplug.__file__).parent / "study" / "README.md"

LIMITS = known_limits()


def limits_table() -> str:
    """The table of the page, made from the code."""
    rows = ["| quantity | possible | usual | reason |", "| --- | --- | --- | --- |"]
    rows += [
        f"| `{name}`: {it.title} | {it.text(it.possible)} | {it.text(it.usual)} | {it.why} |"
        for name, it in known_limits().items()
    ]
    return "\n".join(rows)


def test_the_page_has_the_limits_of_the_code() -> None:
    assert limits_table() in README.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", LIMITS)
def test_usual_values_are_possible(name: str) -> None:
    limits = LIMITS[name]
    assert limits.possible[0] <= limits.usual[0] < limits.usual[1] <= limits.possible[1]
    assert look_at(name, [*limits.usual, np.nan], "here") == look_at(name, [], "here")


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(sorted(LIMITS)), st.floats(1.001, 1e6), st.booleans())
def test_an_impossible_value_is_one_line_that_says_how_to_insist(name: str, factor: float, low: bool) -> None:
    lowest, highest = LIMITS[name].possible
    value = lowest / factor if low and lowest > 0 else highest * factor
    usual = np.mean(LIMITS[name].usual)
    found = look_at(name, [usual, value], "table", ["a", "b"])
    (problem,) = found.problems
    assert problem.startswith("table: ") and "(b)" in problem and "(a)" not in problem
    assert f'accept = ["{name}"]' in problem
    accepted = look_at(name, [usual, value], "table", ["a", "b"], accept=[name])
    assert not accepted.problems and len(doubts_of(accepted.notes)) == 1


@settings(max_examples=50, deadline=None)
@given(st.sampled_from([0.001, 1000.0, 1e-5, 981.0]), st.floats(0.05, 0.9))
def test_a_catalogue_in_a_wrong_unit_never_passes_silently(factor: float, pga_g: float) -> None:
    records = pd.DataFrame({"id": ["a", "b"], "group": "all", "pga_g": [pga_g * factor, pga_g * factor]})
    sa_g = np.full((2, 1), 2.0 * pga_g * factor)
    found = catalogue_findings(Catalogue(records, np.array([1.0]), sa_g, "RotD50", "made up"), ())
    assert found.problems or found.notes


def test_every_section_of_a_study_is_looked_at() -> None:
    content = {
        "structure": {"period_s": 1000.0},
        "target": {"sa_g": 78.0, "scenario": {"magnitude": 70.0, "rjb_km": 15.0, "vs30_m_s": 0.27}},
        "analysis": {"damping": 0.6},
        "assessment": {"drift_thresholds": [1.0, 2.0]},
        "levels": [{"sa_g": 0.4}, {"sa_g": 400.0}],
        "preselection": {"magnitude": [0.0, 100.0]},  # a range: its ends may lie anywhere
    }
    found = look_at_options(content)
    assert len(found.problems) == 7
    named = " ".join(found.problems)
    for place in (
        "[structure] period_s",
        "[target] sa_g",
        "[target] scenario magnitude",
        "vs30_m_s",
        "damping",
    ):
        assert place in named
    assert "[assessment] drift_thresholds" in named and "[levels] sa_g" in named


def test_a_study_with_impossible_numbers_names_them_all_before_it_starts(tmp_path: Path) -> None:
    path = write_small_study(tmp_path, records=3)
    text = (
        path.read_text()
        .replace("vs30_m_s = 400.0", "vs30_m_s = 0.4")
        .replace("magnitude = 6.5", "magnitude = 65")
    )
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        run_study(path, tmp_path / "run", until="catalogue")
    assert len(caught.value.problems) == 2
    assert not (tmp_path / "run" / "catalogue.parquet").exists()
    path.write_text(text.replace("seed = 3", 'seed = 3\naccept = ["vs30_m_s", "magnitude"]'))
    run = run_study(path, tmp_path / "run", until="catalogue")
    assert len(doubts_of(run.notes)) >= 2


def test_an_unknown_quantity_lists_the_known(tmp_path: Path) -> None:
    path = write_small_study(tmp_path, records=3)
    path.write_text(path.read_text().replace("seed = 3", 'seed = 3\naccept = ["pga"]'))
    with pytest.raises(InputError, match=r"\[study\] accept: unknown quantity 'pga'; did you mean 'pga_g'"):
        run_study(path, tmp_path / "run", until="catalogue")


def test_spectra_of_an_impossible_file_are_refused_unless_insisted(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    write_at2(tmp_path / "a.AT2", Accelerogram(0.01, 300.0 * rng.normal(size=900)))
    refused = CliRunner().invoke(spectra, [str(tmp_path / "a.AT2"), "--periods", "1"])
    assert isinstance(refused.exception, InputError)
    assert re.search(
        r"peak ground acceleration [\d.]+ g; possible is .* --accept pga_g", str(refused.exception)
    )
    accepted = CliRunner().invoke(spectra, [str(tmp_path / "a.AT2"), "--periods", "1", "--accept", "pga_g"])
    assert accepted.exit_code == 0 and "doubtful:" in accepted.stderr


def test_a_set_far_from_its_target_is_a_warning() -> None:
    periods_s = np.array([0.5, 1.0])
    target = Target(periods_s, np.zeros(2), np.diag([0.16, 0.0]), 1.0, 1.0)
    (far,) = poor_match(2 * 0.5**2, target)
    (doubt,) = poor_match(2 * 0.2**2, target)
    assert warnings_of([far]) and doubts_of([doubt]) and not poor_match(2 * 0.05**2, target)


def test_impossible_demands_are_a_warning_and_stay() -> None:
    table = pd.DataFrame(
        {"id": ["a", "b"], "status": "ok", "peak_story_drift_ratio": [0.01, 3.0], "message": ""}
    )
    (note,) = demand_findings(table, ()).notes
    assert warnings_of([note]) and "3" in note and "(b)" in note
