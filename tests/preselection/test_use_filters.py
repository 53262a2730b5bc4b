"""What a record may be used for: drift, truncation, aftershocks, instruments, duplicates, stations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.spatial import cKDTree

import gmplug
from gmplug.catalogue import nga_west2
from gmplug.catalogue.accelerogram_folder import accelerograms
from gmplug.errors import InputError
from gmplug.measures.soundness import record_soundness
from gmplug.preselection.aftershocks import in_windows
from gmplug.preselection.duplicates import likeness, near_pairs
from gmplug.preselection.filters import FILTERS
from gmplug.preselection.funnel import run_filters
from gmplug.values import Candidates, Motion
from gmplug.waveforms import Accelerogram, write_at2

PERIODS_S = np.geomspace(0.05, 2.0, 30)
STEP = 0.01


def shaking(seed: int, count: int = 3000, at: float = 0.35) -> np.ndarray:
    """Two components of noise under an envelope, without a drift, g."""
    rng = np.random.default_rng(seed)
    envelope = np.exp(-(((np.arange(count) / count - at) / 0.12) ** 2))
    white = rng.standard_normal((2, count)) * (1.0 + np.sin(np.arange(count) * STEP * rng.uniform(2, 9)))
    return 0.1 * envelope * (white - np.sum(envelope * white, axis=1, keepdims=True) / envelope.sum())


def chosen(records: pd.DataFrame, ln_sa: np.ndarray | None = None, **options: Any) -> tuple[list[str], Any]:
    """Return the ids that the built-in filters keep, and the funnel by filter."""
    records = records.assign(scale_factor=records.get("scale_factor", 1.0))
    kept, funnel = run_filters(FILTERS, options, records, PERIODS_S, 1.0, ln_sa=ln_sa)
    return list(records["id"][kept]), funnel.set_index("filter")


# -- drift and truncation ----------------------------------------------------------------------------


def test_soundness_of_simple_motions() -> None:
    sound = shaking(1)
    found = record_soundness(Motion(STEP, sound))
    assert max(found.values()) < 0.05
    # a constant offset of 1 % of g, from rest: the velocity grows to the end, where it is the largest
    drifting = record_soundness(Motion(STEP, sound + 0.01))
    assert drifting["end_velocity_share"] > 0.9
    cut = record_soundness(Motion(STEP, sound[:, 1000:]))
    assert cut["arias_first_second"] > 0.05 > cut["arias_last_second"]
    cut = record_soundness(Motion(STEP, sound[:, :1000]))
    assert cut["arias_last_second"] > 0.05 > cut["arias_first_second"]
    constant = record_soundness(Motion(STEP, np.full((1, 1000), 0.1)))  # 1 s of 10 s
    assert constant["arias_first_second"] == pytest.approx(0.1) == constant["arias_last_second"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight sound records; one that drifts, one that begins late, and copies of record 0."""
    made = tmp_path_factory.mktemp("motions")
    motions = {f"R{seed}": shaking(seed) for seed in range(8)}
    motions["DRIFT"] = shaking(20) + 0.01
    motions["LATE"] = shaking(21)[:, 1000:]
    motions["SCALED"] = 1.7 * motions["R0"][:, 100:-50]
    c, s = np.cos(0.6), np.sin(0.6)
    motions["TURNED"] = np.array([[c, s], [-s, c]]) @ motions["R0"]
    for name, motion in motions.items():
        for code, component in zip("NE", motion, strict=True):
            write_at2(made / f"{name}_{code}.AT2", Accelerogram(STEP, component))
    gal = np.round(980.665 * motions["R1"], 3)  # record 1 as text in cm/s2, with three decimals
    for code, component in zip("NE", gal, strict=True):
        lines = [f"{i * STEP:.3f} {value:.3f}" for i, value in enumerate(component)]
        (made / f"TEXT_{code}.txt").write_text("time (s)  acceleration (cm/s2)\n" + "\n".join(lines) + "\n")
    return made


@pytest.fixture(scope="module")
def catalogue(folder: Path) -> gmplug.Catalogue:
    return accelerograms(folder, periods_s=PERIODS_S)


def test_drifting_and_cut_motions_are_told_and_removed_where_asked(catalogue: gmplug.Catalogue) -> None:
    kept, funnel = chosen(catalogue.records)
    assert len(kept) == len(catalogue.records)
    assert "DRIFT" in funnel.loc["baseline-drift", "note"] and "LATE" in funnel.loc["truncated", "note"]
    assert funnel.loc["baseline-drift", "note"].startswith("2 of 13 records drift")  # LATE too
    kept, funnel = chosen(catalogue.records, baseline_drift="remove", truncated="remove")
    assert {"DRIFT", "LATE"} & set(kept) == set() and len(kept) == 11
    assert funnel.loc["truncated", "removed_alone"] == 1 and funnel.loc["truncated", "note"] == ""
    _, funnel = chosen(catalogue.records, baseline_drift="keep", truncated="keep")
    assert not {"baseline-drift", "truncated"} & set(funnel.index)


def test_records_whose_soundness_is_not_known_are_counted(catalogue: gmplug.Catalogue) -> None:
    records = catalogue.records.copy()
    records.loc[0, "end_velocity_share"] = np.nan
    kept, funnel = chosen(records, baseline_drift="remove")
    assert records["id"][0] not in kept and funnel.loc["baseline-drift-known", "removed"] == 1
    without = records.drop(columns="end_velocity_share")
    _, funnel = chosen(without)
    assert "baseline-drift" not in funnel.index  # a table without waveforms: nothing is said
    with pytest.raises(InputError, match="baseline_drift: the catalogue has no numbers in a column"):
        chosen(without, baseline_drift="remove")


# -- duplicates --------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 2, 3000])
def test_near_points_are_those_of_a_search_tree(count: int) -> None:
    rng = np.random.default_rng(count)
    points = rng.normal(size=(count, 12))
    points[: count // 2] = points[count // 2 : 2 * (count // 2)] + rng.uniform(
        -0.022, 0.022, (count // 2, 12)
    )
    pairs = near_pairs(points)
    assert pairs is not None and len(pairs) == len({tuple(pair) for pair in pairs})
    assert {tuple(pair) for pair in pairs} == cKDTree(points).query_pairs(0.02, p=np.inf)
    assert near_pairs(np.zeros((1000, 12))) is None


def test_one_record_under_several_names_is_found(catalogue: gmplug.Catalogue) -> None:
    """Scaled and trimmed, turned, and in another unit and format; the others stay."""
    records = catalogue.records.assign(event="")
    records.loc[records["id"] == "TURNED", "event"] = "known"  # the best described of the three
    kept, funnel = chosen(records, np.log(catalogue.sa_g))
    assert set(records["id"]) - set(kept) == {"R0", "SCALED", "TEXT"}
    note = funnel.loc["duplicates", "note"]
    assert (
        note == "3 records occur under another name: TURNED = R0 = SCALED, R1 = TEXT; the first of each stays"
    )
    kept, funnel = chosen(records, np.log(catalogue.sa_g), duplicates="note")
    assert len(kept) == 13 and 'set duplicates = "remove"' in funnel.loc["duplicates", "note"]
    candidates = Candidates(records, PERIODS_S, np.log(catalogue.sa_g), funnel.reset_index())
    assert any(line.startswith("3 records occur under another name") for line in candidates.notes)


def test_the_best_of_a_pair_is_no_duplicate_of_one_that_another_filter_removes(
    catalogue: gmplug.Catalogue,
) -> None:
    kept, _ = chosen(catalogue.records, np.log(catalogue.sa_g), exclude=["R1"])
    assert "TEXT" in kept


def test_candidates_whose_waveforms_cannot_be_read_are_counted(catalogue: gmplug.Catalogue) -> None:
    records = catalogue.records.copy()
    records.loc[records["id"] == "TEXT", "file_h1"] = "gone.txt"
    kept, funnel = chosen(records, np.log(catalogue.sa_g))
    assert "TEXT" in kept and funnel.loc["duplicates", "unknown"] == 1


def test_without_waveforms_the_spectra_must_be_the_same() -> None:
    rng = np.random.default_rng(1)
    ln_sa = rng.standard_normal((6, 30))
    ln_sa[3] = ln_sa[0] + np.log(2.0) + 1e-5 * rng.standard_normal(30)
    ln_sa[4] = ln_sa[1] + 0.01 * rng.standard_normal(30)  # 1 %: another processing, perhaps another record
    records = pd.DataFrame({"id": list("abcdef")})
    assert chosen(records, ln_sa)[0] == ["a", "b", "c", "e", "f"]
    assert len(chosen(records, ln_sa[:, ::3])[0]) == 6  # ten periods do not tell
    assert len(chosen(records)[0]) == 6


def test_likeness_is_one_for_the_same_motion_alone() -> None:
    one, other = shaking(1), shaking(2)
    finer = np.array([np.interp(np.arange(0, 29.99, 0.005), np.arange(3000) * STEP, c) for c in one])
    c, s = np.cos(2.0), np.sin(2.0)
    assert likeness(STEP, one, STEP, -3.0 * np.array([[c, s], [-s, c]]) @ one) == pytest.approx(1.0)
    assert likeness(STEP, one, STEP, one[::-1]) == pytest.approx(1.0)
    assert likeness(STEP, one, 0.005, finer) > 0.995
    assert likeness(STEP, one, STEP, other) < 0.5
    assert likeness(STEP, one[:1], STEP, one) == 0.0


def test_many_alike_spectra_do_not_cost_hours() -> None:
    records = pd.DataFrame({"id": [f"m{i}" for i in range(1000)]})
    kept, funnel = chosen(records, np.tile(np.linspace(0, 1, 30), (1000, 1)))
    assert len(kept) == 1000 and funnel.loc["duplicates", "unknown"] == 1000
    assert "not looked for" in funnel.loc["duplicates", "note"]


# -- earthquakes, stations, instruments --------------------------------------------------------------


def test_the_windows_are_the_published_ones() -> None:
    """Gardner & Knopoff (1974): M 7.0 reaches 70.8 km and 918 days; M 5.0, 40.0 km and 144 days."""
    days = np.array([0.0, 917.0, 919.0, 10.0, 10.0, -1.0])
    latitude = np.array([0.0, 0.0, 0.0, 70.0 / 111.2, 72.0 / 111.2, 0.0])
    magnitude = np.array([7.0, 5.0, 5.0, 6.9, 6.9, 6.0])
    assert in_windows(days, latitude, np.zeros(6), magnitude).tolist() == [
        False,
        True,
        False,
        True,
        False,
        False,
    ]
    days, magnitude = np.array([0.0, 143.0, 145.0]), np.array([5.0, 4.0, 4.0])
    assert in_windows(days, np.zeros(3), np.zeros(3), magnitude).tolist() == [False, True, False]


def test_aftershocks_of_the_flatfile_are_the_known_ones(shared_data: Path) -> None:
    records = nga_west2(shared_data / "nga_west2" / "flatfile_sample.csv").records
    located = records[records["event_time"] != ""]
    kept, funnel = chosen(located, aftershocks="remove")
    removed = set(located["event"]) - set(located[located["id"].isin(kept)]["event"])
    assert removed == {"Imperial Valley-07", "Livermore-02", "Big Bear-01"}
    assert funnel.loc["aftershocks", "removed_alone"] == 69
    _, funnel = chosen(records, aftershocks="remove")  # the time of Hector Mine is not in the table
    assert funnel.loc["aftershocks-known", "removed_alone"] == len(records) - len(located)


def test_a_stated_class_goes_before_the_windows() -> None:
    records = pd.DataFrame({"id": list("abc"), "event_class": ["C2", "mainshock", ""]})
    kept, funnel = chosen(records, aftershocks="remove")
    assert kept == ["b"] and funnel.loc["aftershocks-known", "removed"] == 1
    kept, funnel = chosen(records, aftershocks="note")
    assert len(kept) == 3 and funnel.loc["aftershocks", "note"].startswith(
        "1 of 3 records are of aftershocks"
    )
    with pytest.raises(InputError, match="aftershocks: the catalogue has neither event_class nor event_time"):
        chosen(records[["id"]], aftershocks="remove")


def test_instruments_at_one_place() -> None:
    records = pd.DataFrame(
        {
            "id": ["a", "b", "c", "d", "e-h1", "e-h2"],
            "event": ["X", "X", "Y", "X", "Z", "Z"],
            "station": ["Dam", "Dam", "Dam", "", "Hill", "Hill"],
            "scale_factor": [2.0, 1.1, 1.0, 1.0, 1.0, 1.0],
        }
    )
    kept, funnel = chosen(records)
    assert len(kept) == 6 and "another record of the same earthquake" in funnel.loc["colocated", "note"]
    kept, funnel = chosen(records, colocated="remove")
    assert kept == ["b", "c", "e-h1", "e-h2"] and funnel.loc["colocated-known", "removed"] == 1
    by_place = records.assign(station=list("abcdef"), station_latitude_deg=[34.0, 34.0003, 34.0, 35, 36, 36])
    kept, _ = chosen(by_place.assign(station_longitude_deg=-118.0), colocated="remove")
    assert kept == ["b", "c", "d", "e-h1", "e-h2"]


def test_at_most_so_many_of_a_station() -> None:
    records = pd.DataFrame(
        {"id": list("abcd"), "station": ["S", "S", "T", ""], "scale_factor": [3.0, 1.2, 1.0, 1.0]}
    )
    kept, funnel = chosen(records, max_per_station=1)
    assert kept == ["b", "c"]
    assert funnel.loc["max-per-station", "removed"] == 1
    assert funnel.loc["max-per-station-known", "removed"] == 1
    with pytest.raises(InputError, match="at least 1"):
        chosen(records, max_per_station=0)
