"""``gmplug spectra`` as a user calls it."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from gmplug.cli.spectra import parse_periods, spectra
from gmplug.errors import InputError
from gmplug.spectra import response_spectrum, rotd_spectrum
from gmplug.waveforms import Accelerogram, write_at2

DT = 0.01
RNG = np.random.default_rng(3)
H1, H2 = 0.1 * RNG.normal(size=(2, 1500)) * np.hanning(1500)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_at2(tmp_path / "QUAKE-000.AT2", Accelerogram(DT, H1, highpass_hz=0.1))
    write_at2(tmp_path / "QUAKE-090.AT2", Accelerogram(DT, H2, highpass_hz=0.4))
    write_at2(tmp_path / "QUAKE-UP.AT2", Accelerogram(DT, H2))
    (tmp_path / "plain.txt").write_text("acceleration (g)\n" + "\n".join(map(repr, H1.tolist())))
    return tmp_path


def call(*arguments: object) -> Result:
    return CliRunner().invoke(spectra, [str(argument) for argument in arguments])


def table(result: Result) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(result.stdout))


def test_one_file(folder: Path) -> None:
    result = call(folder / "QUAKE-000.AT2", "--periods", "0.1:1:0.1", "--damping", "0.02")
    assert result.exit_code == 0, result.output
    found = table(result)
    assert list(found.columns) == ["period_s", "QUAKE-000"]
    np.testing.assert_allclose(found["period_s"], np.arange(1, 11) / 10)
    expected = response_spectrum(H1, DT, np.arange(1, 11) / 10, 0.02)
    np.testing.assert_allclose(found["QUAKE-000"], expected, rtol=1e-5)


def test_pair_has_rotd(folder: Path) -> None:
    out = folder / "new" / "spectra.csv"
    result = call(folder / "QUAKE-000.AT2", folder / "QUAKE-090.AT2", "--periods", "0.2,1", "--out", out)
    assert result.exit_code == 0, result.output
    assert result.stdout == f"Wrote {out}: 2 periods\n"
    found = pd.read_csv(out)
    assert list(found.columns) == ["period_s", "QUAKE-000", "QUAKE-090", "rotd50_g", "rotd100_g"]
    expected = rotd_spectrum(H1, H2, DT, [0.2, 1.0])
    np.testing.assert_allclose(found[["rotd50_g", "rotd100_g"]].to_numpy().T, expected, rtol=1e-5)


def test_periods_beyond_the_usable_band_are_named(folder: Path) -> None:
    result = call(folder / "QUAKE-090.AT2", "--periods", "1,3")
    assert result.exit_code == 0, result.output
    (line,) = result.stderr.splitlines()
    assert "QUAKE-090.AT2: usable up to 2 s" in line and "from 3 s on" in line and "--within-band" in line
    assert table(result)["QUAKE-090"].notna().all()


def test_periods_beyond_the_usable_band_can_be_left_empty(folder: Path) -> None:
    result = call(folder / "QUAKE-000.AT2", folder / "QUAKE-090.AT2", "--within-band")
    assert result.exit_code == 0, result.output
    found = table(result)
    beyond = found["period_s"] > 2.0  # 1 / (1.25 × 0.4 Hz)
    assert found.loc[beyond, ["QUAKE-090", "rotd50_g", "rotd100_g"]].isna().all(axis=None)
    assert found.loc[~beyond].notna().all(axis=None)
    assert found.loc[found["period_s"] < 8.0, "QUAKE-000"].notna().all()
    assert found.loc[found["period_s"] > 8.0, "QUAKE-000"].isna().all()


def test_periods_may_be_given_in_several_ways(folder: Path) -> None:
    result = call(
        folder / "QUAKE-000.AT2", "--periods", "0.5:1:0.25", "--periods", "0.2", "--periods", "0.1 0.3"
    )
    assert table(result)["period_s"].tolist() == [0.1, 0.2, 0.3, 0.5, 0.75, 1.0]


def test_the_interpolation_can_be_chosen(folder: Path) -> None:
    result = call(folder / "QUAKE-000.AT2", "--periods", "0.1", "--interpolation", "linear")
    expected = response_spectrum(H1, DT, [0.1], interpolation="linear")
    np.testing.assert_allclose(table(result)["QUAKE-000"], expected, rtol=1e-8)


def test_bad_files_are_named_and_the_others_written(folder: Path) -> None:
    (folder / "short.AT2").write_text("a\nb\nc\nNPTS= 10, DT= .01 SEC\n 1 2 3\n")
    files = [folder / "short.AT2", folder / "QUAKE-000.AT2", folder / "none.AT2", folder / "plain.txt"]
    result = CliRunner().invoke(spectra, [*map(str, files), "--periods", "0.5"], standalone_mode=False)
    assert result.return_value == 2
    said = [line for line in result.stderr.splitlines() if line.startswith("gmplug: ")]
    for line, words in zip(said, ["truncated", "no such file", "time step"], strict=True):
        assert words in line
    assert list(table(result).columns) == ["period_s", "QUAKE-000"]
    result = call(folder / "plain.txt", folder / "QUAKE-000.AT2", "--dt", DT, "--periods", "0.5")
    assert result.exit_code == 0
    row = table(result).iloc[0]
    assert row["plain"] == pytest.approx(row["QUAKE-000"], rel=1e-5)


def test_units_and_time_step_of_a_silent_file(folder: Path) -> None:
    path = folder / "silent.txt"
    path.write_text("\n".join(repr(9.80665 * value) for value in H1.tolist()))
    result = call(path, "--dt", DT, "--periods", "0.5")
    assert isinstance(result.exception, InputError)
    assert "silent.txt: no unit of acceleration stated; give --units" in result.exception.problems[0]
    result = call(path, "--dt", DT, "--units", "m/s2", "--periods", "0.5")
    assert result.exit_code == 0, result.output
    assert table(result)["silent"][0] == pytest.approx(response_spectrum(H1, DT, [0.5])[0], rel=1e-5)
    result = call(path, "--dt", DT, "--units", "furlong", "--periods", "0.5")
    assert isinstance(result.exception, InputError) and "--units" in result.exception.problems[0]


def test_no_rotd_of_what_is_no_pair(folder: Path) -> None:
    result = call(folder / "QUAKE-000.AT2", folder / "QUAKE-UP.AT2", "--periods", "0.5")
    assert result.exit_code == 0
    assert list(table(result).columns) == ["period_s", "QUAKE-000", "QUAKE-UP"]
    assert "vertical" in result.stderr
    write_at2(folder / "other.AT2", Accelerogram(0.02, H1))
    result = call(folder / "QUAKE-000.AT2", folder / "other.AT2", "--periods", "0.5")
    assert result.exit_code == 0
    assert "no RotD50 and RotD100" in result.stderr and "time step" in result.stderr
    for station, component in (("ONE", "000"), ("TWO", "090"), ("ONE", "010")):
        header = ("PEER", f"QUAKE 09/20/99, {station}, {component}")
        write_at2(folder / f"{station}{component}.AT2", Accelerogram(DT, H1, header=header))
    for other, said in (("TWO090", "two stations (ONE and TWO)"), ("ONE010", "000 and 010 are not at right")):
        result = call(folder / "ONE000.AT2", folder / f"{other}.AT2", "--periods", "0.5")
        assert list(table(result).columns) == ["period_s", "ONE000", other]
        assert "no RotD50 and RotD100" in result.stderr and said in result.stderr
    result = call(*(folder / f"QUAKE-{c}.AT2" for c in ("000", "090", "UP")), "--periods", "0.5")
    assert list(table(result).columns) == ["period_s", "QUAKE-000", "QUAKE-090", "QUAKE-UP"]


def test_names_are_unique(folder: Path) -> None:
    (folder / "b").mkdir()
    write_at2(folder / "b" / "QUAKE-000.AT2", Accelerogram(DT, H2))
    files = [folder / "QUAKE-000.AT2", folder / "b" / "QUAKE-000.AT2", folder / "b" / "QUAKE-000.AT2"]
    names = list(table(call(*files, "--periods", "0.5")).columns)
    assert names == ["period_s", f"{folder.name}/QUAKE-000", "b/QUAKE-000", "b/QUAKE-000_2"]


@pytest.mark.parametrize(
    "text", ["", "a", "1:2", "0:1:0.1", "2:1:0.1", "1:2:0", "1,-2", "nan", "1:2:nan", "1:inf:1"]
)
def test_bad_periods(folder: Path, text: str) -> None:
    result = call(folder / "QUAKE-000.AT2", "--periods", text)
    assert result.exit_code == 2
    assert "--periods" in result.stderr


def test_periods_include_both_ends() -> None:
    grid = parse_periods("0.01:2:0.01")
    assert (len(grid), grid[0], grid[-1]) == (200, 0.01, 2.0)
    np.testing.assert_array_equal(parse_periods("3, 1,1 0.5"), [0.5, 1.0, 3.0])
