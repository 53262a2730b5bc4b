"""Which horizontal component a catalogue's spectra are of, and what is carried along."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import cumulative_trapezoid

from gmplug.catalogue.accelerogram_folder import accelerograms
from gmplug.catalogue.flatfile import nga_west2
from gmplug.spectra import response_spectrum, rotd_spectrum
from tests.support.catalogue_files import flatfile_text

PERIODS = np.array([0.2, 0.5, 1.0])
STEP = 0.01


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two records with two horizontal components and a vertical, one with a single component."""
    rng = np.random.default_rng(7)
    envelope = np.exp(-np.linspace(0, 3, 1500))
    for name in ("AAA", "BBB"):
        for end, size in (("000", 0.2), ("090", 0.35), ("-UP", 0.1)):
            write(tmp_path / f"{name}{end}.csv", size * envelope * rng.normal(size=1500))
    write(tmp_path / "CCC000.csv", 0.1 * envelope * rng.normal(size=1500))
    return tmp_path


def write(path: Path, acceleration_g: np.ndarray) -> None:
    time = np.arange(len(acceleration_g)) * STEP
    np.savetxt(path, np.column_stack([time, acceleration_g]), delimiter=",", fmt="%.8g", header="s,g")


def read(folder: Path, name: str) -> np.ndarray:
    return np.loadtxt(folder / name, delimiter=",")[:, 1]


@pytest.mark.parametrize(
    ("component", "said"),
    [("rotd50", "RotD50"), ("rotd100", "RotD100"), ("geometric-mean", "geometric mean")],
)
def test_pairs_have_one_spectrum_and_so_one_factor(folder: Path, component: str, said: str) -> None:
    found = accelerograms(folder, component=component, periods_s=PERIODS)  # type: ignore[arg-type]
    assert found.component == f"{said} (2 records) and single components (1)"
    row = found.records.set_index("id").index.get_loc("AAA")
    h1, h2 = read(folder, "AAA000.csv"), read(folder, "AAA090.csv")
    expected = {
        "rotd50": lambda: rotd_spectrum(h1, h2, STEP, PERIODS, percentiles=(50,))[0],
        "rotd100": lambda: rotd_spectrum(h1, h2, STEP, PERIODS, percentiles=(100,))[0],
        "geometric-mean": lambda: np.sqrt(
            response_spectrum(h1, STEP, PERIODS, interpolation="linear")
            * response_spectrum(h2, STEP, PERIODS, interpolation="linear")
        ),
    }[component]()
    np.testing.assert_allclose(found.sa_g[row], expected, rtol=1e-9)
    record = found.records.iloc[row]
    names = [Path(record[c]).name for c in ("file_h1", "file_h2", "file_v")]
    assert names == ["AAA000.csv", "AAA090.csv", "AAA-UP.csv"]


def test_measures_are_of_the_component_of_the_spectra(folder: Path) -> None:
    def record(component: str) -> pd.Series:
        found = accelerograms(folder, component=component, periods_s=PERIODS)  # type: ignore[arg-type]
        return found.records.set_index("id").loc["AAA"]

    h1, h2 = (read(folder, f"AAA{end}.csv") for end in ("000", "090"))
    peaks = [float(np.max(np.abs(row))) for row in (h1, h2)]
    velocity = [
        float(np.max(np.abs(cumulative_trapezoid(row, dx=STEP, initial=0.0)))) * 980.665 for row in (h1, h2)
    ]
    mean = record("geometric-mean")
    assert mean["pga_g"] == pytest.approx(np.sqrt(peaks[0] * peaks[1]), rel=1e-6)
    assert mean["pgv_cm_s"] == pytest.approx(np.sqrt(velocity[0] * velocity[1]), rel=1e-6)
    assert mean["pga_g"] < record("rotd50")["pga_g"] < record("rotd100")["pga_g"]
    assert mean["arias_m_s"] == record("rotd50")["arias_m_s"]


@pytest.mark.parametrize(
    ("component", "files"),
    [
        ("h1", ["AAA000.csv", "BBB000.csv", "CCC000.csv"]),
        ("h2", ["AAA090.csv", "BBB090.csv"]),
        ("each", ["AAA000.csv", "AAA090.csv", "BBB000.csv", "BBB090.csv", "CCC000.csv"]),
    ],
)
def test_single_components(folder: Path, component: str, files: list[str]) -> None:
    found = accelerograms(folder, component=component, periods_s=PERIODS)  # type: ignore[arg-type]
    assert sorted(Path(name).name for name in found.records["file_h1"]) == files
    assert (found.records["file_h2"] == "").all()
    assert found.component.startswith("single component")
    for row, name in enumerate(found.records["file_h1"]):
        alone = response_spectrum(read(folder, Path(name).name), STEP, PERIODS)
        np.testing.assert_allclose(found.sa_g[row], alone, rtol=1e-9)
    paired = found.records[found.records["id"].str.startswith(("AAA", "BBB"))]
    assert (paired["file_v"].str.endswith("-UP.csv")).all()
    assert any("1 record without a second component left out" in note for note in found.notes) == (
        component == "h2"
    )
    assert found.records["id"].is_unique


def test_peaks_are_of_the_component(folder: Path) -> None:
    peak = {
        component: accelerograms(folder, component=component, periods_s=PERIODS)  # type: ignore[arg-type]
        .records.set_index("id")
        .loc["AAA", "pga_g"]
        for component in ("rotd50", "rotd100", "h1")
    }
    assert peak["h1"] == pytest.approx(np.max(np.abs(read(folder, "AAA000.csv"))), rel=1e-6)
    assert peak["rotd100"] > peak["rotd50"]


def test_a_flatfile_is_of_what_it_says(tmp_path: Path, shared_data: Path) -> None:
    flatfile = shared_data / "nga_west2" / "flatfile_sample.csv"
    assert nga_west2(flatfile, component="rotd50").component == "RotD50"
    found = nga_west2(flatfile)
    table = pd.read_csv(flatfile, low_memory=False).set_index("Record Sequence Number")
    rows = table.loc[found.records["record_number"]]
    pga = rows["PGA (g)"].to_numpy(dtype=float)
    np.testing.assert_allclose(found.records["pga_g"], np.where(pga > 0, pga, np.nan))
    assert found.records["pgv_cm_s"].notna().mean() > 0.9


def test_a_flatfile_that_says_otherwise_wins_and_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "flatfile.csv"
    path.write_text(flatfile_text([{}]))
    pd.read_csv(path).assign(**{"RotD percentile": 50}).to_csv(path, index=False)
    catalogue = nga_west2(path, component="rotd100")
    assert catalogue.component == "RotD50"
    assert any(
        note.startswith("doubtful: flatfile.csv holds RotD50, not rotd100") for note in catalogue.notes
    )
