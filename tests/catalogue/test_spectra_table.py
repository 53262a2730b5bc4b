"""Tables of spectra, period columns, and the catalogue stage's files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmplug.catalogue import find_period_columns, period_column, period_columns, period_of, spectra_table
from gmplug.catalogue.stage import ABOUT, STAGE
from gmplug.chain.stage import StageContext
from gmplug.errors import InputError, PluginError
from gmplug.study.files import parse_study
from gmplug.values import Catalogue, no_progress
from tests.support.catalogue_files import wave, write_at2


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "spectra.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("period_s", "name"),
    [(0.01, "T0.010S"), (1.0, "T1.000S"), (10.0, "T10.000S"), (0.0125, "T0.0125S"), (2.0005, "T2.0005S")],
)
def test_period_columns_as_the_flatfile_has_them(period_s: float, name: str) -> None:
    assert period_column(period_s) == name
    assert period_of(name) == period_s


@given(st.floats(min_value=1e-6, max_value=1e3))
def test_every_period_has_a_column_of_its_own(period_s: float) -> None:
    assert period_of(period_column(period_s)) == period_s


@pytest.mark.parametrize("name", ["Tp", "TS", "T-1.0S", "Station", "T1.0", "T0S", "Type of RecordingS"])
def test_other_columns_are_no_periods(name: str) -> None:
    assert period_of(name) is None


def test_period_columns_are_sorted_by_period() -> None:
    names, periods_s = find_period_columns(["T10.000S", "id", "T2.000S", "T0.5S"])
    assert names == ["T0.5S", "T2.000S", "T10.000S"]
    np.testing.assert_array_equal(periods_s, [0.5, 2, 10])
    assert period_columns([0.5, 2]) == ["T0.500S", "T2.000S"]


def test_published_candidates(shared_data: Path) -> None:
    path = shared_data / "jia2025" / "candidates.csv"
    catalogue = spectra_table(path, component="RotD50")
    assert catalogue.records["group"].value_counts().to_dict() == {"nonpulse": 199, "pulse": 67}
    raw = np.genfromtxt(path, delimiter=",", skip_header=1)[:, 2:]
    np.testing.assert_array_equal(catalogue.sa_g, raw)
    np.testing.assert_allclose(catalogue.periods_s, 0.01 * np.arange(1, 201))


def test_metadata_under_other_names_and_further_columns(tmp_path: Path) -> None:
    write_at2(tmp_path / "a1.AT2")
    path = table(
        tmp_path,
        "ID,Mw,Rjb (km),Vs30,Mechanism,Pulse,operator,file_h1,file_h2,T1.000S,T0.500S\n"
        "a,6.5,10,300,SS,yes,CSMIP,a1.AT2,a2.AT2,0.2,0.4\n"
        "b,-999,,1500,reverse_oblique,0,,,,0.3,0.5\n",
    )
    catalogue = spectra_table(path, component="RotD50")
    records = catalogue.records
    assert list(records["id"]) == ["a", "b"]
    assert list(records["group"]) == ["pulse", "nonpulse"]
    assert list(records["mechanism"]) == ["strike-slip", "reverse-oblique"]
    assert records["magnitude"][0] == 6.5 and np.isnan(records["magnitude"][1])
    assert list(records["operator"]) == ["CSMIP", ""]
    assert records["file_h1"][0] == str((tmp_path / "a1.AT2").resolve())
    assert records["file_h2"][0] == ""
    assert any("1 of 2 waveform files are not in" in note for note in catalogue.notes)
    np.testing.assert_array_equal(catalogue.sa_g, [[0.4, 0.2], [0.5, 0.3]])


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "spectra.parquet"
    pd.DataFrame({"id": ["a", "b"], "group": ["pulse", None], "T1.000S": [0.1, 0.2]}).to_parquet(path)
    catalogue = spectra_table(path, component="RotD50")
    assert list(catalogue.records["group"]) == ["pulse", "nonpulse"]
    assert catalogue.notes == ("doubtful: 1 record does not state its group: taken as nonpulse",)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("group,T1.000S\nall,1\n", "has no column 'id'; add one"),
        ("id,group\na,all\n", "has no spectral columns; name them by period"),
        ("id,T1.000S\na,1\nb,2\na,3\n", r"'a' occurs more than once \(rows 2, 4; 1 such ids\)"),
        ("id,T1.000S\na,1\n,2\n", "column 'id': empty in row 3"),
        ("id,group,T1.000S\na,pulse,1\nb,near,2\n", "'near' in row 3 is unknown; use pulse, nonpulse or all"),
        ("id,group,T1.000S\na,pulse,1\nb,all,2\n", "'all' in row 3 stands beside pulse or nonpulse"),
        ("id,T1.000S\na,1\nb,0\n", r"Sa is missing or not positive in row 3 .*skip_bad_rows = true"),
        ("id,T1.000S\na,1\nb,\n", "Sa is missing or not positive in row 3"),
        ("id,T1.000S\na,1\nb,inf\n", "column 'T1.000S': 'inf' in row 3 is not a number"),
        ("id,T1.000S\na,1\nb,much\n", "column 'T1.000S': 'much' in row 3 is not a number"),
        ("id,T1.000S,T1.0S\na,1,2\n", "are of one period and differ; remove one"),
        ("id,id ,T1.000S\na,b,2\n", "the column 'id' occurs more than once"),
        ("id,Mw,T1.000S\na,x,1\n", "column 'Mw': 'x' in row 2 is not a number"),
        ("id,mechanism,T1.000S\na,sideways,1\n", "'sideways' in row 2 is unknown; use strike-slip, normal"),
    ],
)
def test_bad_tables(tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(InputError, match=line) as caught:
        spectra_table(table(tmp_path, text), component="RotD50")
    assert all("spectra.csv" in problem for problem in caught.value.problems)


def test_bad_rows_can_be_left_out_and_are_counted(tmp_path: Path) -> None:
    path = table(tmp_path, "id,T0.500S,T1.000S\na,1,1\nb,0,1\nc,1,-999\n")
    catalogue = spectra_table(path, component="RotD50", skip_bad_rows=True)
    assert list(catalogue.records["id"]) == ["a"]
    assert catalogue.notes == (
        "2 bad rows of spectra.csv left out: Sa is missing or not positive in row 3, 4 "
        "(first in column 'T0.500S')",
    )


class OneProvider:
    """A host with a single catalogue provider."""

    def __init__(self, provider) -> None:  # type: ignore[no-untyped-def]
        self._provider = provider

    def provider(self, kind: str, name: str):  # type: ignore[no-untyped-def]
        return self._provider


def context(tmp_path: Path, provider, **options: object) -> StageContext:  # type: ignore[no-untyped-def]
    study = parse_study(
        {"catalogue": {"provider": "mine", **options}, "structure": {"period_s": 1.0}},
        tmp_path / "study.toml",
    )
    return StageContext(study, OneProvider(provider), tmp_path, 1, no_progress)  # type: ignore[arg-type]


def test_stage_gives_its_values_and_keeps_the_catalogue(tmp_path: Path) -> None:
    seen = {}

    def provider(path: Path, periods_s, seed, workers, cache_dir, progress) -> Catalogue:  # type: ignore[no-untyped-def]
        seen.update(periods_s=periods_s, seed=seed, cache_dir=cache_dir, path=path)
        records = pd.DataFrame({"id": ["1", "2"], "group": "all", "note": ["x", None], "code": [1, "b"]})
        return Catalogue(
            records, np.array([0.1, 1 / 3, 1.0]), np.exp(np.ones((2, 3))), "RotD50", "mine", True, ("é",)
        )

    catalogue = STAGE.run(context(tmp_path, provider, path="here.csv"))
    assert seen["path"] == tmp_path / "here.csv"
    assert (seen["seed"], len(seen["periods_s"]), seen["cache_dir"]) == (1, 200, tmp_path / "catalogue")
    STAGE.save(catalogue, tmp_path)
    again = STAGE.load(tmp_path)
    np.testing.assert_array_equal(again.periods_s, catalogue.periods_s)
    np.testing.assert_array_equal(again.sa_g, catalogue.sa_g)
    assert (again.component, again.simulated, again.notes) == ("RotD50", True, ("é",))
    assert list(again.records["id"]) == ["1", "2"]
    assert list(again.records["note"]) == ["x", ""]
    assert STAGE.summary(again)["catalogue"]["records"] == 2
    (tmp_path / ABOUT).write_text("{")
    with pytest.raises(InputError, match="run again with --fresh"):
        STAGE.load(tmp_path)


@pytest.mark.parametrize("returned", [None, [], "records"])
def test_stage_names_a_provider_that_returns_something_else(tmp_path: Path, returned: object) -> None:
    with pytest.raises(PluginError, match=r"provider 'mine': returns .*, not a gmplug.Catalogue"):
        STAGE.run(context(tmp_path, lambda: returned))


def test_stage_names_a_provider_whose_catalogue_is_inconsistent(tmp_path: Path) -> None:
    def provider() -> Catalogue:
        records = pd.DataFrame({"id": ["a"], "group": ["all"]})
        return Catalogue(records, np.array([1.0]), np.array([[-1.0]]), "", "")

    with pytest.raises(PluginError, match="provider 'mine': catalogue: sa_g must be finite and positive"):
        STAGE.run(context(tmp_path, provider))


def test_stage_reports_unknown_options(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown option 'pth'; did you mean 'path'"):
        STAGE.run(context(tmp_path, spectra_table, pth="x.csv"))


def test_wave_is_what_the_other_tests_take_it_for() -> None:
    assert np.abs(wave()).max() > 0.01
