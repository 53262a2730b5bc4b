"""[analysis] orientation = "pulse": pairs are turned to the direction of their strongest velocity pulse."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import gmplug
from gmplug.errors import InputError
from gmplug.excitation.orientation import turn, turned_to_pulses
from gmplug.excitation.stage import unchanged
from gmplug.runs import run_study
from gmplug.values import Selection
from gmplug.waveforms import Accelerogram, write_at2
from tests.pulses.test_pulses import DT, pulse_motion
from tests.support.studies import write_small_study


def selection(folder: Path, motions: dict[str, np.ndarray], groups: list[str]) -> Selection:
    rows = []
    for name, motion in motions.items():
        row = {"id": name, "scale_factor": 2.0, "file_h1": "", "file_h2": ""}
        for key, component in zip(("file_h1", "file_h2"), motion, strict=False):
            row[key] = str(folder / f"{name}_{key}.AT2")
            write_at2(row[key], Accelerogram(DT, component))
        rows.append(row)
    records = pd.DataFrame(rows).assign(group=groups)
    return Selection(records, np.zeros((len(rows), 1)), pd.DataFrame(), 0.0, 0.0, 0.0)


def made(chosen: Selection, folder: Path) -> gmplug.Motions:
    motions = unchanged(chosen)
    motions.table["changed"] = False
    return turned_to_pulses(motions, chosen, folder / "motions", workers=2)


def test_the_pair_is_turned_to_its_pulse(tmp_path: Path) -> None:
    pulse, noise = pulse_motion(2.0, 30.0), 0.02 * pulse_motion(2.0, 30.0)
    chosen = selection(
        tmp_path, {"P": pulse, "N": noise, "STATED": pulse, "SO": noise}, ["all", "all", "nonpulse", "pulse"]
    )
    found = made(chosen, tmp_path)
    table = found.table.set_index("id")
    assert table["changed"].tolist() == [True, False, False, True]
    assert table.loc["P", "orientation_deg"] == pytest.approx(30.0, abs=4.0)
    assert table.loc["P", "pulse_period_s"] == pytest.approx(2.0, rel=0.35)
    assert table.loc["N", "orientation_deg"] == 0.0 and np.isnan(table.loc["N", "pulse_period_s"])
    assert found.notes[-1].startswith(
        "2 of 4 motions are turned to the direction of their strongest velocity"
    )
    read = gmplug.read_motion(table.loc["P"].to_dict()).horizontal_g
    angle = np.radians(table.loc["P", "orientation_deg"])
    np.testing.assert_allclose(read[0], pulse[0] * np.cos(angle) + pulse[1] * np.sin(angle), atol=1e-7)
    np.testing.assert_allclose(read[1], pulse[1] * np.cos(angle) - pulse[0] * np.sin(angle), atol=1e-7)
    along, across = (np.max(np.abs(np.cumsum(component))) for component in read)
    assert along > 3.0 * across  # the pulse is in the first component alone
    again = gmplug.classify_pulse(read, DT)
    assert abs(again.direction_deg) < 0.5


def test_a_turn_keeps_energy_and_rotd50() -> None:
    motion = pulse_motion(2.0, 30.0)
    turned = turn(motion, 35.0)
    assert np.sum(np.square(turned)) == pytest.approx(np.sum(np.square(motion)))
    periods_s = np.array([0.3, 1.0, 2.0])
    spectra = [gmplug.rotd_spectrum(*pair, DT, periods_s, percentiles=(50,)) for pair in (motion, turned)]
    np.testing.assert_allclose(spectra[0], spectra[1], rtol=1e-9)


def test_a_single_component_is_refused(tmp_path: Path) -> None:
    chosen = selection(tmp_path, {"A": pulse_motion(2.0)[:1], "B": pulse_motion(2.0)}, ["all", "all"])
    with pytest.raises(InputError, match=r"needs two horizontal components; 1 of 2 motions have one \(A\)"):
        made(chosen, tmp_path)


def test_a_study_turns_its_motions(tmp_path: Path) -> None:
    study = write_small_study(tmp_path / "study", records=1)
    records = tmp_path / "study" / "records"
    for number, period_s in enumerate(np.linspace(1.0, 4.0, 8)):
        for code, component in zip("NE", pulse_motion(period_s, 10.0 * number), strict=True):
            write_at2(records / f"P{number}_{code}.AT2", Accelerogram(DT, component))
    next(records.glob("*.csv")).unlink()
    text = study.read_text()
    study.write_text(text.replace("[analysis]", '[analysis]\norientation = "pulse"'))
    run = run_study(study, tmp_path / "run", until="motions")
    table = pd.read_csv(tmp_path / "run" / "motions.csv").set_index("id")
    assert table["changed"].all() and (table["orientation_deg"] != 0).any()
    assert any("6 of 6 motions are turned" in note for note in run.notes)
    for motion in gmplug.motions(tmp_path / "run"):
        row = table.loc[motion.id]
        assert row["file_h1"] == f"motions/{motion.id}_pulse_h1.AT2"
        recorded = gmplug.read_motion(
            {f"file_h{i + 1}": records / f"{motion.id}_{c}.AT2" for i, c in enumerate("NE")}
        )
        expected = turn(recorded.horizontal_g, row["orientation_deg"])[0] * row["scale_factor"]
        np.testing.assert_allclose(motion.acceleration_g(), expected, atol=1e-6)


@pytest.mark.parametrize("section", ["ida", "cloud"])
def test_ida_and_cloud_refuse_to_turn(section: str, tmp_path: Path) -> None:
    study = write_small_study(tmp_path)
    text = study.read_text().replace("[analysis]", '[analysis]\norientation = "pulse"')
    study.write_text(text + f"[{section}]\n")
    with pytest.raises(InputError, match=rf"orientation: \[{section}\] uses the components as recorded"):
        run_study(study, tmp_path / "run")
