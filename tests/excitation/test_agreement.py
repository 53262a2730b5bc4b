"""Waveforms of selected records are those of their published spectra, or the study is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from gmplug.catalogue import nga_west2
from gmplug.errors import InputError
from gmplug.excitation.agreement import check_agreement
from gmplug.excitation.stage import STAGE
from gmplug.spectra import response_spectrum, rotd_spectrum
from gmplug.study import parse_study
from gmplug.values import Catalogue
from tests.support.catalogue_files import flatfile_text, wave, write_at2

PERIODS_S = np.array([0.01, 0.1, 1.0, 2.0, 10.0])
COLUMNS = ("T0.010S", "T0.100S", "T1.000S", "T2.000S", "T10.000S")


def write_record(
    folder: Path, number: int, factor: float = 1.0, *, seed: int | None = None
) -> dict[str, object]:
    """Write a record's two files; return its row of the flatfile, with the RotD50 of its seed."""
    own = number if seed is None else seed
    for at, name in enumerate(("090", "180")):
        write_at2(
            folder / f"RSN{number}_SOMEW_ONE{name}.AT2", acceleration_g=factor * wave(10 * own + at, 2000)
        )
    h1_g, h2_g = (wave(10 * number + at, 2000) for at in (0, 1))
    published = rotd_spectrum(h1_g, h2_g, 0.01, PERIODS_S, percentiles=(50,))[0]
    return {"Record Sequence Number": number, **dict(zip(COLUMNS, published, strict=True))}


@pytest.fixture
def at2(tmp_path: Path) -> Path:
    return tmp_path / "at2"


def catalogue_of(rows: list[dict[str, object]], at2: Path) -> Catalogue:
    flatfile = at2.parent / "flatfile.csv"
    flatfile.write_text(flatfile_text(rows))
    return nga_west2(flatfile, at2)


def test_files_of_the_record_pass(at2: Path) -> None:
    made = catalogue_of([write_record(at2, 1), write_record(at2, 2, 1.08)], at2)
    assert check_agreement(made.records, made) == ()


@pytest.mark.parametrize(
    ("factor", "seed"), [(9.81, None), (0.01, None), (1.12, None), (1.0, 7)],
    ids=["m/s2 for g", "percent", "12 percent", "another record"],
)  # fmt: skip
def test_files_of_something_else_are_refused(at2: Path, factor: float, seed: int | None) -> None:
    made = catalogue_of([write_record(at2, 1), write_record(at2, 2, factor, seed=seed)], at2)
    with pytest.raises(InputError) as raised:
        check_agreement(made.records, made)
    (line,) = raised.value.problems
    assert line.startswith("record RSN2: ") and "RSN2_SOMEW_ONE090.AT2" in line
    assert "RotD50 at " in line and " g, in the catalogue " in line and 'exclude = ["RSN2"]' in line


def test_periods_beyond_the_usable_band_are_not_compared(at2: Path) -> None:
    row = write_record(at2, 1)
    row |= {"T2.000S": 3.0 * float(str(row["T2.000S"])), "Lowest Usable Freq - Ave. Component (Hz)": 0.8}
    made = catalogue_of([row], at2)
    assert check_agreement(made.records, made) == ()
    records = made.records.assign(max_usable_period_s=4.0)
    with pytest.raises(InputError, match="RotD50 at 2 s"):
        check_agreement(records, made)


def test_one_file_of_two_is_held_below_what_a_component_can_be(at2: Path) -> None:
    rows = [write_record(at2, 1), write_record(at2, 2, 5.0)]
    (at2 / "RSN1_SOMEW_ONE180.AT2").unlink()
    made = catalogue_of(rows[:1], at2)
    (note,) = check_agreement(made.records, made)
    assert (
        note.startswith("doubtful: the spectra of 1 of 1 selected") and "RSN1 (one component of two)" in note
    )
    (at2 / "RSN2_SOMEW_ONE180.AT2").unlink()
    made = catalogue_of(rows[1:], at2)
    with pytest.raises(InputError, match="Sa of the one component"):
        check_agreement(made.records, made)


@pytest.mark.parametrize("component", ["RotD100", "geometric mean", "larger component", "single component"])
def test_each_definition_is_computed_as_it_is(at2: Path, component: str) -> None:
    made = catalogue_of([write_record(at2, 1)], at2)
    h1_g, h2_g = (wave(10 + at, 2000) for at in (0, 1))
    each = np.array([response_spectrum(h, 0.01, PERIODS_S) for h in (h1_g, h2_g)])
    sa_g = {
        "RotD100": rotd_spectrum(h1_g, h2_g, 0.01, PERIODS_S, percentiles=(100,))[0],
        "geometric mean": np.sqrt(each[0] * each[1]),
        "larger component": each.max(axis=0),
        "single component": each[1],
    }[component]
    made = replace(made, sa_g=sa_g[None, :], component=component)
    assert check_agreement(made.records, made) == ()
    with pytest.raises(InputError):
        check_agreement(made.records, replace(made, sa_g=1.2 * made.sa_g))


def test_a_definition_that_is_not_computed_is_told(at2: Path) -> None:
    made = replace(catalogue_of([write_record(at2, 1)], at2), component="GMRotI50")
    (note,) = check_agreement(made.records, made)
    assert "RSN1 (spectra of GMRotI50)" in note


def test_the_stage_compares_before_anything_is_analyzed(at2: Path, tmp_path: Path) -> None:
    assert "catalogue" in STAGE.inputs
    made = catalogue_of([write_record(at2, 1), write_record(at2, 2, 9.81)], at2)
    study = parse_study(
        {"structure": {"period_s": 1.0, "model": "sdof"}, "catalogue": {"provider": "nga-west2"}}
    )
    context = SimpleNamespace(study=study, run_dir=tmp_path, workers=1)
    selection = SimpleNamespace(records=made.records.assign(scale_factor=1.0))
    with pytest.raises(InputError, match="record RSN2: "):
        STAGE.run(context, selection=selection, target=None, catalogue=made)
