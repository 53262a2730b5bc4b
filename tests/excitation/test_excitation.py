"""Which Sa excites a plane model: measured from the waveforms, corrected where asked, told in any case."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gmplug import motions
from gmplug.analysis.stage import STAGE as ANALYSIS
from gmplug.analysis.stage import damping_notes
from gmplug.chain.stage import StageContext
from gmplug.excitation.component import excitation_of
from gmplug.excitation.stage import STAGE
from gmplug.host import Host
from gmplug.notes import doubts_of, warnings_of
from gmplug.spectra import response_spectrum, rotd_spectrum
from gmplug.study import parse_study
from gmplug.target.asce7 import code_asce7
from gmplug.values import FloatArray, Selection, Target, no_progress

PERIODS_S = np.array([0.2, 0.3, 0.5, 0.7, 1.0, 1.4, 2.0])
STAR, STEP_S, COUNT = 1.0, 0.01, 12


def waves(seed: int, share: float) -> tuple[FloatArray, FloatArray]:
    """Two components, g; the first has ``share`` of the second's amplitude."""
    rng = np.random.default_rng(seed)
    time = STEP_S * np.arange(3000)
    envelope = (time / 3.0) * np.exp(1 - time / 3.0)
    first, second = (
        np.convolve(rng.normal(size=len(time)), np.ones(15) / 15, "same") * envelope for _ in range(2)
    )
    return 0.3 * share * first, 0.3 * second


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Twelve records, the first component weaker than the second."""
    folder = tmp_path_factory.mktemp("pairs")
    rows = []
    for seed in range(COUNT):
        row: dict[str, object] = {"id": f"r{seed}", "group": "all", "cluster": 1, "scale_factor": 1.0}
        for name, wave in zip(("file_h1", "file_h2"), waves(seed, 0.5), strict=True):
            path = folder / f"r{seed}_{name}.txt"
            np.savetxt(path, wave, fmt="%.9f", header="UNITS: g", comments="")
            row[name] = str(path)
        rows.append({**row, "time_step_s": STEP_S})
    return pd.DataFrame(rows)


def read(path: str) -> FloatArray:
    return np.loadtxt(path, skiprows=1)


def spectra(records: pd.DataFrame, percentile: float) -> FloatArray:
    """RotDnn as a catalogue has it, shape (n, P)."""
    loaded = [
        [np.loadtxt(row[name], skiprows=1) for name in ("file_h1", "file_h2")]
        for _, row in records.iterrows()
    ]
    found = [rotd_spectrum(*both, STEP_S, PERIODS_S, percentiles=(percentile,))[0] for both in loaded]
    return np.array(found)


def selected(records: pd.DataFrame, ln_sa: FloatArray, target: Target) -> Selection:
    """The records as a selection, scaled to the target."""
    measure = target.scaled_to
    at = np.array([np.interp(np.log(measure.periods_s), np.log(PERIODS_S), row) for row in ln_sa])
    ln_factor = measure.ln_factors(at)
    scaled = records.assign(scale_factor=np.exp(ln_factor))
    nothing = float("nan")
    return Selection(scaled, ln_sa + ln_factor[:, None], pd.DataFrame(), nothing, nothing, nothing)


def conditional(sa_g: float = 0.5, component: str = "RotD50") -> Target:
    sigma = 0.4 * np.abs(np.log(PERIODS_S / STAR))
    ln_mean = np.log(sa_g) - 0.8 * np.log(PERIODS_S / STAR)
    return Target(PERIODS_S, ln_mean, np.diag(sigma**2), STAR, sa_g, component=component)


def first_component(records: pd.DataFrame, selection: Selection) -> FloatArray:
    """ln Sa of the first components, times the scale factors, shape (n, P)."""
    plain = [response_spectrum(read(path), STEP_S, PERIODS_S) for path in records["file_h1"]]
    factors = selection.records["scale_factor"].to_numpy(dtype=float)
    return np.log(np.array(plain) * factors[:, None])


def test_the_component_that_excites_is_measured_and_its_shortfall_warned_of(pairs: pd.DataFrame) -> None:
    target = conditional()
    chosen = selected(pairs, np.log(spectra(pairs, 50)), target)
    found = excitation_of(chosen, target, "h1")
    np.testing.assert_array_equal(found.table["scale_factor"], chosen.records["scale_factor"])
    expected = first_component(pairs, chosen)[:, 4]
    np.testing.assert_allclose(np.log(found.table["sa_exciting_g"]), expected, atol=1e-6)
    np.testing.assert_allclose(found.table["sa_record_g"], 0.5, rtol=1e-9)
    ratios = expected - np.log(0.5)
    (said,) = warnings_of(found.notes)
    assert f"is {np.exp(ratios.mean()):.2f} of what records are scaled by (RotD50) in the mean" in said
    assert f"std of ln {ratios.std(ddof=1):.2f}" in said
    assert 'set [analysis] scaling = "excitation"' in said


def test_the_stronger_component_is_a_doubt(pairs: pd.DataFrame) -> None:
    target = conditional()
    found = excitation_of(selected(pairs, np.log(spectra(pairs, 50)), target), target, "h2")
    (said,) = doubts_of(found.notes)
    assert "component h2 alone excites the model" in said and "more than the target requires" in said


def test_scaling_by_the_exciting_component(pairs: pd.DataFrame) -> None:
    target = conditional()
    chosen = selected(pairs, np.log(spectra(pairs, 50)), target)
    found = excitation_of(chosen, target, "h1", "excitation")
    np.testing.assert_allclose(found.table["sa_exciting_g"], 0.5, rtol=1e-6)
    np.testing.assert_allclose(first_component(pairs, found.selection)[:, 4], np.log(0.5), atol=1e-6)
    assert not warnings_of(found.notes)
    assert "each record is scaled by that component" in found.notes[0]


def test_a_factor_set_by_hand_keeps_its_share(pairs: pd.DataFrame) -> None:
    target = conditional()
    chosen = selected(pairs, np.log(spectra(pairs, 50)), target)
    change = np.where(pairs.index == 2, 1.5, 1.0)
    edited = chosen.records.assign(scale_factor=chosen.records["scale_factor"] * change)
    by_hand = Selection(edited, chosen.ln_sa + np.log(change)[:, None], chosen.quotas, 0.0, 0.0, 0.0)
    found = excitation_of(by_hand, target, "h1", "excitation")
    np.testing.assert_allclose(found.table["sa_exciting_g"], 0.5 * change, rtol=1e-6)


@pytest.mark.parametrize("component", ["rotd100", "rotd50"])
def test_under_asce_7_the_component_meets_the_maximum_direction_spectrum(
    pairs: pd.DataFrame, component: str
) -> None:
    """Whichever the records' spectra are of, the code's own spectrum is of the maximum direction."""
    target = code_asce7(PERIODS_S, STAR, sms=1.5, sm1=0.9, component=component)  # type: ignore[arg-type]
    chosen = selected(pairs, np.log(spectra(pairs, {"rotd100": 100, "rotd50": 50}[component])), target)
    mcer = np.log(np.minimum(1.5, 0.9 / PERIODS_S))
    by_record = excitation_of(chosen, target, "h1", "record")
    mean = np.log(np.mean(np.exp(first_component(pairs, chosen)), axis=0)) - mcer
    (said,) = warnings_of(by_record.notes)
    assert f"is {np.exp(mean[4]):.2f} of the code's spectrum (RotD100)" in said
    assert mean[4] < np.log(0.8)
    found = excitation_of(chosen, target, "h1")  # auto: by the component
    at = target.scaled_to.periods_s
    scaled = first_component(pairs, found.selection)
    level = np.array([np.interp(np.log(at), np.log(PERIODS_S), row).mean() for row in scaled])
    wanted = np.interp(np.log(at), np.log(PERIODS_S), mcer).mean()
    np.testing.assert_allclose(level, wanted, atol=1e-5)
    after = np.mean(np.exp(scaled), axis=0) / np.exp(mcer)
    assert after.mean() == pytest.approx(1.0, abs=0.12)
    assert f"is {after[4]:.2f} of the code's spectrum" in " ".join(found.notes)


def test_single_components_excite_by_what_they_are_scaled_by(pairs: pd.DataFrame) -> None:
    alone = pairs.assign(file_h2="")
    plain = [response_spectrum(read(path), STEP_S, PERIODS_S) for path in pairs["file_h1"]]
    target = conditional(component="single component (arbitrary)")
    found = excitation_of(selected(alone, np.log(np.array(plain)), target), target, "h1")
    assert found.notes == ()
    np.testing.assert_allclose(found.table["sa_exciting_g"], 0.5, rtol=1e-6)


def context(run_dir: Path, **sections: object) -> StageContext:
    study = parse_study(
        {
            "catalogue": {"provider": "simulated"},
            "structure": {"period_s": STAR, "model": "sdof"},
            **sections,
        },
        run_dir / "study.toml",
    )
    return StageContext(study, Host(), run_dir, 1, no_progress)


def test_the_analysis_applies_and_tells_it(pairs: pd.DataFrame, tmp_path: Path) -> None:
    target = conditional()
    chosen = selected(pairs.head(3), np.log(spectra(pairs.head(3), 50)), target)
    options = {"executor": "serial", "time_step_s": 0.01, "free_vibration_s": 1.0}
    made, demands = {}, {}
    for scaling in ("record", "excitation"):
        of_study = context(tmp_path, analysis={**options, "scaling": scaling})
        made[scaling] = STAGE.run(of_study, selection=chosen, target=target)
        demands[scaling] = ANALYSIS.run(of_study, selection=chosen, motions=made[scaling])
    table = made["excitation"].table
    np.testing.assert_allclose(table["sa_exciting_g"], 0.5, rtol=1e-6)
    np.testing.assert_allclose(demands["excitation"].table["scale_factor"], table["scale_factor"])
    np.testing.assert_allclose(demands["record"].table["scale_factor"], chosen.records["scale_factor"])
    assert warnings_of(made["record"].notes)
    assert any("each record is scaled by that component" in note for note in made["excitation"].notes)


def test_exports_have_the_factors_that_were_applied(pairs: pd.DataFrame, tmp_path: Path) -> None:
    target = conditional()
    chosen = selected(pairs.head(2), np.log(spectra(pairs.head(2), 50)), target)
    chosen.records.to_csv(tmp_path / "selection.csv", index=False)
    before = [motion.scale_factor for motion in motions(tmp_path)]
    np.testing.assert_allclose(before, chosen.records["scale_factor"])
    found = STAGE.run(context(tmp_path, analysis={"scaling": "excitation"}), selection=chosen, target=target)
    STAGE.save(found, tmp_path)
    pd.testing.assert_frame_equal(STAGE.load(tmp_path, chosen).table, found.table)
    np.testing.assert_allclose([m.scale_factor for m in motions(tmp_path)], found.table["scale_factor"])
    edited = chosen.records.assign(scale_factor=[2.5, chosen.records["scale_factor"].iloc[1]])
    edited.to_csv(tmp_path / "selection.csv", index=False)
    after = [motion.scale_factor for motion in motions(tmp_path)]
    np.testing.assert_allclose(after, [2.5, found.table["scale_factor"].iloc[1]])


def test_damping_above_what_asce_7_allows_is_noted(tmp_path: Path) -> None:
    code = {"provider": "code-asce7", "sds": 1.0, "sd1": 0.6}
    (doubt,) = doubts_of(damping_notes(context(tmp_path, target=code).study))
    assert "damping = 0.05: ASCE 7-22 16.3.5 limits equivalent viscous damping to 2.5 %" in doubt
    assert damping_notes(context(tmp_path, target=code, analysis={"damping": 0.025}).study) == ()
    assert damping_notes(context(tmp_path, analysis={"damping": 0.05}).study) == ()
