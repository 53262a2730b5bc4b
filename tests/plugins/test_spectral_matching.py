"""gmplug-spectral-matching: the misfit after, periods that are not matched, refusals, and a whole study."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gmplug
from gmplug import InputError, Motion, SelectedMotion, read_motion, response_spectrum, rotd_spectrum
from gmplug.analysis.stage import STAGE as ANALYSIS
from gmplug.host import Host
from gmplug.notes import warnings_of
from gmplug.runs import run_study
from gmplug.values import Selection, Target, no_progress
from tests.support.studies import write_small_study

pytest.importorskip("gmplug_spectral_matching", reason="the plugin is not installed")

from gmplug_spectral_matching.provider import matched_range, spectral_matching

PERIODS_S = np.round(np.geomspace(0.05, 4.0, 60), 4)
STEP_S = 0.01


def with_reqpy() -> None:
    pytest.importorskip("reqpy_M", reason="REQPY (package reqpy-M) is not installed")


def target(component: str = "RotD50", level: float = 0.6, periods_s: np.ndarray = PERIODS_S) -> Target:
    median = level * np.minimum(1.0, 0.5 / periods_s) * np.minimum(1.0, 0.4 + 3 * periods_s)
    count = len(periods_s)
    return Target(
        periods_s, np.log(median), 0.25 * np.eye(count), conditioning_period_s=1.0, sa_g=level / 2,
        component=component,
    )  # fmt: skip


def wave(seed: int) -> np.ndarray:
    """Noise of 0.2 to 15 Hz under an envelope, g, shape (3000,)."""
    rng = np.random.default_rng(seed)
    time = STEP_S * np.arange(3000)
    envelope = (time / 4.0) * np.exp(1 - time / 4.0)
    frequency = np.fft.rfftfreq(3000, STEP_S)
    shape = np.where(frequency > 0.2, 1 / (1 + (frequency / 6.0) ** 2), (frequency / 0.2) ** 2)
    noise = envelope * np.fft.irfft(np.fft.rfft(rng.standard_normal(3000)) * shape, 3000)
    return noise * 0.3 / np.max(np.abs(noise))


def motion(seed: int, components: int = 1, factor: float = 1.3) -> SelectedMotion:
    rows = np.array([wave(100 * seed + number) for number in range(components)])
    return SelectedMotion(f"R{seed}", factor, Motion(STEP_S, rows))


def match(motions: list[SelectedMotion], of: Target, out_dir: Path, **options: object) -> gmplug.Motions:
    nothing = Selection(pd.DataFrame(), np.zeros((0, 0)), pd.DataFrame(), 0.0, 0.0, 0.0)
    out_dir.mkdir(exist_ok=True)
    return spectral_matching(
        selection=nothing,
        target=of,
        motions=motions,
        out_dir=out_dir,
        workers=2,
        progress=no_progress,
        **options,
    )


def test_single_components_meet_the_target_within_the_range_alone(tmp_path: Path) -> None:
    with_reqpy()
    of = target("single component (arbitrary)")
    records = [motion(seed) for seed in (1, 2, 3)]
    made = match(records, of, tmp_path, period_range_s=(0.2, 1.5))
    inside = (PERIODS_S >= 0.2) & (PERIODS_S <= 1.5)
    far = (PERIODS_S < 0.2 / 1.5) | (PERIODS_S > 1.5 * 1.5)
    table = made.tables["misfit"]
    for record, row, said in zip(records, made.table.itertuples(), table.itertuples(), strict=True):
        read = read_motion({"id": row.id, "file_h1": row.file_h1})
        assert read.time_step_s == STEP_S
        sa = response_spectrum(read.horizontal_g[0], STEP_S, PERIODS_S)
        rms = np.sqrt(np.mean((sa / np.exp(of.ln_mean) - 1)[inside] ** 2))
        assert rms <= 0.10
        assert said.misfit_after == pytest.approx(rms, rel=1e-4)
        assert said.misfit_before > 2 * rms
        change = sa / response_spectrum(record.acceleration_g(), STEP_S, PERIODS_S)
        assert np.max(np.abs(change[far] - 1)) == pytest.approx(said.largest_change_outside, rel=1e-3)
        assert np.max(np.abs(change[far] - 1)) <= 0.15
    assert (made.table["scale_factor"] == 1.0).all()
    assert not warnings_of(made.notes)
    assert made.pictures["spectra"].png[:4] == b"\x89PNG"


def test_a_pair_meets_the_targets_own_definition(tmp_path: Path) -> None:
    with_reqpy()
    for component, percentile in (("RotD50", 50), ("RotD100", 100)):
        of = target(component)
        made = match([motion(4, 2)], of, tmp_path / component, period_range_s=(0.2, 1.5))
        read = read_motion(made.table.iloc[0].to_dict())
        sa = rotd_spectrum(*read.horizontal_g, STEP_S, PERIODS_S, 0.05, (percentile,))[0]
        inside = (PERIODS_S >= 0.2) & (PERIODS_S <= 1.5)
        assert np.sqrt(np.mean((sa / np.exp(of.ln_mean) - 1)[inside] ** 2)) <= 0.10


def test_a_misfit_over_the_tolerance_is_a_warning(tmp_path: Path) -> None:
    with_reqpy()
    of = target("single component")
    made = match([motion(5)], of, tmp_path, period_range_s=(0.2, 1.5), tolerance=0.001, iterations=1)
    (said,) = warnings_of(made.notes)
    assert "1 of 1 matched records miss the target by more than 0% (rms), R5 by" in said


def test_what_makes_no_sense_is_refused(tmp_path: Path) -> None:
    with_reqpy()
    cases = [
        (target(periods_s=np.array([1.0])), {}, "median at 1 period"),
        (target(), {"period_range_s": (2.0, 0.2)}, "2 to 0.2 s is no range"),
        (target(), {"period_range_s": (0.2, 9.0)}, "reaches beyond the target's periods, 0.05 to 4 s"),
        (target(), {"period_range_s": (1.0, 1.1)}, "matching needs 5 or more"),
    ]
    for of, options, said in cases:
        with pytest.raises(InputError, match=said):
            match([motion(1)], of, tmp_path, **options)
    with pytest.raises(InputError, match="the target is of larger of two"):
        match([motion(1, 2)], target("larger of two components"), tmp_path)
    with pytest.raises(InputError, match="record R2 has one component only"):
        match([motion(1, 2), motion(2)], target(), tmp_path)


def test_without_reqpy_one_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "reqpy_M", None)
    with pytest.raises(InputError, match="pip install reqpy-M"):
        match([motion(1)], target(), tmp_path)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0.02, 8.0), min_size=1, max_size=30, unique=True),
    st.none() | st.tuples(st.floats(-1.0, 9.0), st.floats(-1.0, 9.0)),
)
def test_a_range_lies_within_the_target_or_is_refused(
    periods: list[float], wanted: tuple[float, float] | None
) -> None:
    of = target(periods_s=np.sort(np.array(periods)))
    try:
        first, last = matched_range(of, wanted)
    except InputError as error:
        assert error.problems[0].startswith("[motions] provider 'spectral-matching'")
        return
    assert of.periods_s[0] * 0.999 <= first < last <= of.periods_s[-1] * 1.001
    assert np.sum((of.periods_s >= first) & (of.periods_s <= last)) >= 5


def test_a_study_is_run_with_matched_motions(tmp_path: Path) -> None:
    with_reqpy()
    study = write_small_study(tmp_path / "study")
    options = '[motions]\nprovider = "spectral-matching"\nperiod_range_s = [0.2, 1.5]\n'
    study.write_text(study.read_text() + options)
    if "spectral-matching" not in Host().offered_by("motions"):
        study.write_text(study.read_text().replace("seed = 3\n", 'seed = 3\nscripts = ["hooks.py"]\n'))
        (study.parent / "hooks.py").write_text("from gmplug_spectral_matching import gmplug_motions\n")
    run = run_study(study, tmp_path / "run")
    made, demands = run.values["motions"], run.values["demands"]
    assert made.table["changed"].all()
    assert (demands.table["status"] == "ok").all()
    assert len(list((tmp_path / "run" / "motions").glob("*_h1.AT2"))) == 6
    exported = gmplug.motions(tmp_path / "run")
    for one, row in zip(exported, made.table.itertuples(), strict=True):
        np.testing.assert_array_equal(one.recorded.horizontal_g, read_motion(row._asdict()).horizontal_g)
    page = (tmp_path / "run" / "report.html").read_text()
    assert '<section id="stage-motions">' in page
    assert "Misfit" in page
    study.write_text(study.read_text().replace("[0.2, 1.5]", "[0.3, 1.5]"))
    again = run_study(study, tmp_path / "run", until="analysis")
    assert (
        not again.values["demands"]
        .table["peak_story_drift_ratio"]
        .equals(demands.table["peak_story_drift_ratio"])
    )
    assert ANALYSIS.name in again.timing_s
