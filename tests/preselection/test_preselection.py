"""Pre-selection: scale factors, interpolation, filters, the funnel, and files a person has edited."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pluggy
import pytest

from gmplug import hookimpl, hookspecs
from gmplug.catalogue import nga_west2, spectra_table
from gmplug.catalogue.records import check_text_columns
from gmplug.chain.stage import StageContext
from gmplug.errors import InputError, PluginError
from gmplug.preselection.funnel import COLUMNS, run_filters
from gmplug.preselection.interpolation import interpolate_ln_sa
from gmplug.preselection.stage import CANDIDATES, FUNNEL, STAGE
from gmplug.study.files import parse_study
from gmplug.values import Candidates, Catalogue, Target, no_progress

PERIODS_S = np.array([0.1, 0.5, 1.0, 2.0])


class FilterHost:
    """The filters of plugins, through the hook itself."""

    def __init__(self, *plugins: object) -> None:
        from gmplug.preselection import plugin

        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        for offering in (plugin, *plugins):
            self._manager.register(offering)

    def providers(self, kind: str) -> dict[str, Callable[..., Any]]:
        assert kind == "filters"
        offers = self._manager.hook.gmplug_filters.get_hookimpls()
        return {name: f for impl in offers for name, f in impl.function().items()}


def offer(**filters: Callable[..., Any]) -> object:
    """Return a plugin that offers filters."""

    class Plugin:
        @hookimpl
        def gmplug_filters(self) -> Mapping[str, Callable[..., Any]]:
            return filters

    return Plugin()


def catalogue(**columns: object) -> Catalogue:
    """Return eight records whose Sa falls as 1/T, with Sa(1 s) = 0.1, 0.2, ..., 0.8 g."""
    records = pd.DataFrame({"id": [f"r{i}" for i in range(1, 9)], "group": "all", **columns})
    at_1s = 0.1 * np.arange(1, 9)
    periods_s = np.array([0.1, 0.3, 1.0, 4.0])
    return Catalogue(check_text_columns(records), periods_s, at_1s[:, None] / periods_s, "RotD50", "made up")


def run(
    records: Catalogue,
    options: Mapping[str, object] | None = None,
    sa_g: float = 0.4,
    plugins: tuple[object, ...] = (),
    periods_s: object = tuple(PERIODS_S),
    run_dir: Path = Path(),
) -> Candidates:
    study = parse_study(
        {
            "catalogue": {"provider": "simulated"},
            "structure": {"period_s": 1.0},
            "target": {"periods_s": periods_s if isinstance(periods_s, dict) else list(periods_s)},  # type: ignore[call-overload]
            "preselection": dict(options or {}),
        }
    )
    grid = study.periods_s()
    target = Target(grid, np.zeros(len(grid)), np.eye(len(grid)), 1.0, sa_g, component="RotD50")
    context = StageContext(study, FilterHost(*plugins), run_dir, 1, no_progress)  # type: ignore[arg-type]
    candidates: Candidates = STAGE.run(context, catalogue=records, target=target)
    return candidates


def kept(candidates: Candidates) -> list[int]:
    return [int(name[1:]) for name in candidates.records["id"]]


# -- scaling and interpolation -----------------------------------------------------------------------


def test_all_scaled_records_agree_at_the_conditioning_period() -> None:
    candidates = run(catalogue())
    np.testing.assert_allclose(candidates.ln_sa[:, 2], np.log(0.4), atol=1e-10)
    np.testing.assert_allclose(candidates.records["scale_factor"], 0.4 / (0.1 * np.arange(1, 9)))


def test_power_laws_are_interpolated_exactly() -> None:
    """Sa ~ 1/T is a straight line in ln Sa against ln T."""
    candidates = run(catalogue())
    np.testing.assert_allclose(
        candidates.ln_sa, np.log(0.4 / PERIODS_S)[None, :].repeat(8, axis=0), atol=1e-10
    )


def test_coinciding_periods_are_exact_and_others_between_neighbours() -> None:
    rng = np.random.default_rng(1)
    own_s = np.geomspace(0.01, 10, 30)
    sa_g = np.exp(rng.normal(size=(5, 30)))
    grid_s = np.sort(np.concatenate([own_s[5:20] * (1 + 1e-9), own_s[5:20] * 1.05]))
    ln_sa = interpolate_ln_sa(own_s, sa_g, grid_s)
    np.testing.assert_array_equal(ln_sa[:, 0::2], np.log(sa_g[:, 5:20]))
    low = np.minimum(np.log(sa_g[:, 5:20]), np.log(sa_g[:, 6:21]))
    high = np.maximum(np.log(sa_g[:, 5:20]), np.log(sa_g[:, 6:21]))
    assert np.all((ln_sa[:, 1::2] >= low) & (ln_sa[:, 1::2] <= high))


@pytest.mark.parametrize(
    "grid", [{"start": 0.05, "stop": 2.0, "step": 0.05}, {"start": 0.1, "stop": 5, "step": 0.1}]
)
def test_periods_outside_the_catalogues(grid: dict[str, float]) -> None:
    with pytest.raises(
        InputError, match=r"periods reach from .* s, the catalogue's spectra from 0.1 to 4 s; set"
    ):
        run(catalogue(), periods_s=grid)


# -- real data ---------------------------------------------------------------------------------------


def test_published_candidates_are_all_kept(shared_data: Path) -> None:
    """Jia & Sasani (2025): 67 + 199 candidates at Sa(1 s) = 0.78 g with factors in 0.25 to 4."""
    path = shared_data / "jia2025" / "candidates.csv"
    candidates = run(
        spectra_table(path, component="RotD50"),
        sa_g=0.78,
        periods_s={"start": 0.01, "stop": 2.0, "step": 0.01},
    )
    assert len(candidates.records) == 266
    raw = np.genfromtxt(path, delimiter=",", skip_header=1)[:, 2:]
    expected = np.log(raw * (0.78 / raw[:, 99:100]))
    np.testing.assert_allclose(candidates.ln_sa, expected, atol=1e-10)
    assert candidates.records["scale_factor"].between(0.25, 4).all()
    with pytest.raises(
        InputError, match=r"magnitude: the catalogue has no numbers in a column 'magnitude'; remove"
    ):
        run(
            spectra_table(path, component="RotD50"),
            {"magnitude": [6, 7]},
            periods_s={"start": 0.01, "stop": 2.0, "step": 0.01},
        )


def test_flatfile_sample(shared_data: Path) -> None:
    """Issue 2's study, counted independently with pandas on the raw flatfile."""
    path = shared_data / "nga_west2" / "flatfile_sample.csv"
    options = {"magnitude": [6, 7.5], "rjb_km": [0, 60], "vs30_m_s": [180, 360]}
    candidates = run(nga_west2(path), options, periods_s={"start": 0.01, "stop": 2.0, "step": 0.01})
    raw = pd.read_csv(path)
    raw = raw[raw["T1.000S"] > 0]
    raw = raw[raw["Earthquake Magnitude"].between(6, 7.5) & raw["Joyner-Boore Dist. (km)"].between(0, 60)]
    raw = raw[raw["Vs30 (m/s) selected for analysis"].between(180, 360)]
    lowest = raw["Lowest Usable Freq - Ave. Component (Hz)"]
    raw = raw[(lowest <= 0.5) | (lowest <= 0)]
    raw = raw[(0.4 / raw["T1.000S"]).between(0.25, 4)]
    assert list(candidates.records["record_number"]) == list(raw["Record Sequence Number"])
    assert candidates.funnel["remaining"].iloc[0] == 902
    assert candidates.funnel["remaining"].iloc[-1] == len(raw)


# -- filters -----------------------------------------------------------------------------------------


def test_default_limits_of_the_scale_factor() -> None:
    assert kept(run(catalogue(), sa_g=1.0)) == [3, 4, 5, 6, 7, 8]
    assert kept(run(catalogue(), {"scale_factor": [0.0, float("inf")]}, sa_g=1.0)) == list(range(1, 9))
    assert kept(run(catalogue(), {"scale_factor": [2, 5]}, sa_g=1.0)) == [2, 3, 4, 5]


@pytest.mark.parametrize(
    ("option", "column"), [("magnitude",) * 2, ("rjb_km",) * 2, ("rrup_km",) * 2, ("vs30_m_s",) * 2]
)
def test_ranges_include_their_ends_and_count_the_unknown_apart(option: str, column: str) -> None:
    values = [1.0, 2, 3, 4, 5, 6, np.nan, np.nan]
    candidates = run(catalogue(**{column: values}), {option: [2, 5]})
    assert kept(candidates) == [2, 3, 4, 5]
    funnel = candidates.funnel.set_index("filter")
    name = option.split("_")[0]
    assert list(funnel.loc[f"{name}-known", ["removed", "removed_alone", "remaining"]]) == [2, 2, 6]
    assert list(funnel.loc[name, ["removed", "removed_alone", "remaining"]]) == [2, 2, 4]
    assert "unknown" in funnel.loc[f"{name}-known", "reason"]
    assert f"{option} = [2, 5]" in funnel.loc[name, "reason"]
    assert kept(run(catalogue(**{column: values}))) == list(range(1, 9))


def test_mechanism() -> None:
    names = [
        "strike-slip",
        "reverse",
        "reverse-oblique",
        "normal",
        "unspecified",
        "strike-slip",
        "normal",
        "reverse",
    ]
    records = catalogue(mechanism=names)
    assert kept(run(records, {"mechanism": "strike-slip"})) == [1, 6]
    candidates = run(records, {"mechanism": ["reverse", "reverse-oblique"]})
    assert kept(candidates) == [2, 3, 8]
    assert candidates.funnel.set_index("filter").loc["mechanism-known", "removed"] == 1
    assert kept(run(records, {"mechanism": ["normal", "unspecified"]})) == [4, 5, 7]
    with pytest.raises(InputError, match="unknown mechanism 'strike-slp'; did you mean 'strike-slip'"):
        run(records, {"mechanism": "strike-slp"})
    with pytest.raises(InputError, match="the catalogue has no 'mechanism'"):
        run(catalogue(), {"mechanism": "normal"})


def test_include_and_exclude_by_id_or_record_number() -> None:
    records = catalogue(record_number=np.arange(101, 109))
    assert kept(run(records, {"include": ["r3", 105]})) == [3, 5]
    assert kept(run(records, {"exclude": ["r3", 105]})) == [1, 2, 4, 6, 7, 8]
    with pytest.raises(InputError) as caught:
        run(records, {"exclude": ["r33", 999], "include": ["s5"]})
    lines = caught.value.problems
    assert any(
        "include: the catalogue has no record 's5'; did you mean" in line and "r5" in line for line in lines
    )
    with pytest.raises(InputError) as caught:
        run(records, {"exclude": ["r33", 999]})
    assert len(caught.value.problems) == 2
    assert "exclude: the catalogue has no record 'r33'; did you mean r3" in caught.value.problems[0]


def test_usable_band() -> None:
    records = catalogue(max_usable_period_s=[1.0, 1.9, 2.0, 8.0, np.nan, 0.5, 3.0, 3.0])
    assert kept(run(records)) == [3, 4, 5, 7, 8]
    assert kept(run(records, {"usable_band": False})) == list(range(1, 9))
    assert kept(run(records, {"usable_period_s": 1.5})) == [2, 3, 4, 5, 7, 8]


def test_a_filter_without_anything_to_go_by_says_so() -> None:
    some = run(catalogue(max_usable_period_s=[1.0, 1.9, 2.0, 8.0, np.nan, 0.5, 3.0, np.nan]))
    row = some.funnel.set_index("filter").loc["usable-band"]
    assert (row["removed"], row["unknown"], row["remaining"]) == (3, 2, 5)
    assert some.notes[0].startswith("doubtful: filter 'usable-band'")
    assert "lacks the value for 2 of 5 records: they are kept unchecked" in some.notes[0]
    without = run(catalogue())
    assert "lacks the value for 8 of 8 records: they are kept unchecked" in without.notes[0]
    known = run(catalogue(max_usable_period_s=[9.0] * 8))
    unasked = run(catalogue(), {"usable_band": False})
    assert not any("lacks the value" in note for note in (*known.notes, *unasked.notes))
    with pytest.raises(InputError, match="usable_period_s: the catalogue has no numbers in a column"):
        run(catalogue(), {"usable_period_s": 1.5})


def test_waveforms_can_be_required() -> None:
    records = catalogue(file_h1=["a", "", "b", "", " ", None, np.nan, ""])
    assert kept(run(records, {"require_waveforms": True})) == [1, 3]
    assert len(run(records).records) == 8
    with pytest.raises(
        InputError, match=r"widen or remove option 'require_waveforms' \(filter 'waveforms'\)"
    ):
        run(catalogue(), {"require_waveforms": True})


def test_any_other_number_can_be_limited() -> None:
    records = catalogue(duration_5_75_s=[1.0, 5, 9, 20, 30, np.nan, 7, 8])
    assert kept(run(records, {"ranges": {"duration_5_75_s": [5, 20]}})) == [2, 3, 4, 7, 8]
    with pytest.raises(
        InputError, match=r"ranges.duration: the catalogue has no numbers in a column 'duration'"
    ):
        run(records, {"ranges": {"duration": [5, 20]}})


def test_max_per_event_keeps_factors_nearest_to_one_and_runs_last() -> None:
    # Factors at 0.4 g: 4, 2, 1.33, 1, 0.8, 0.67, 0.57, 0.5; in ln, records 2 and 8 are equally far from 1.
    events = ["A", "A", "A", "A", "B", "B", "A", ""]
    records = catalogue(event=events, magnitude=[6.0, 6, 6, 5, 6, 6, 6, 6])
    late = offer(late=lambda records: (records["id"] != "r5").to_numpy())
    candidates = run(records, {"max_per_event": 2, "magnitude": [5.5, 7]}, plugins=(late,))
    assert kept(candidates) == [3, 6, 7]
    assert candidates.funnel["filter"].iloc[-1] == "max-per-event"
    last = candidates.funnel.iloc[-1]
    assert (last["removed"], last["removed_alone"]) == (2, 3)
    assert candidates.funnel.set_index("filter").loc["max-per-event-known", "removed"] == 1
    with pytest.raises(InputError, match="the catalogue has no 'event'"):
        run(catalogue(), {"max_per_event": 2})


def test_max_per_event_does_not_depend_on_order() -> None:
    records = catalogue(event="A")
    order = np.array([5, 2, 7, 0, 3, 6, 1, 4])
    shuffled = Catalogue(
        records.records.iloc[order].reset_index(drop=True),
        records.periods_s,
        records.sa_g[order],
        "RotD50",
        "",
    )
    assert sorted(kept(run(shuffled, {"max_per_event": 3}))) == kept(run(records, {"max_per_event": 3}))


def test_the_funnel_says_who_removed_first_and_who_would_alone() -> None:
    records = catalogue(
        magnitude=[5.0, 5, 6, 6, 6, 6, 6, 6], vs30_m_s=[900.0, 300, 900, 300, 300, 300, 300, 300]
    )
    candidates = run(records, {"magnitude": [5.5, 7], "vs30_m_s": [100, 400]})
    funnel = candidates.funnel
    assert list(funnel.columns) == list(COLUMNS)
    assert list(funnel["filter"]) == ["catalogue", "magnitude", "vs30", "usable-band", "scale-factor"]
    assert list(funnel["removed"]) == [0, 2, 1, 0, 0]
    assert list(funnel["removed_alone"]) == [0, 2, 2, 0, 0]
    assert list(funnel["unknown"]) == [0, 0, 0, 5, 0]
    assert list(funnel["remaining"]) == [8, 6, 5, 5, 5]
    summary = STAGE.summary(candidates)
    assert summary["candidates"] == 5
    assert summary["funnel"][1]["filter"] == "magnitude"


def test_nothing_left_says_which_filter_took_how_many() -> None:
    records = catalogue(magnitude=[5.0] * 6 + [8.0] * 2)
    with pytest.raises(InputError) as caught:
        run(records, {"magnitude": [7, 8], "scale_factor": [0.9, 4]})
    first, second = caught.value.problems
    assert "no candidate is left of 8 records: 'magnitude' took 6" in first
    assert (
        "'scale-factor' took 2 (Scale factor outside the limits (scale_factor = [0.9, 4]); 4 by itself)"
        in first
    )
    assert (
        "widen or remove option 'magnitude' (filter 'magnitude'): without it 4 candidates would be left"
        in second
    )


# -- options and plugins -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"magnitud": [5, 6]}, r"\[preselection\]: unknown option 'magnitud'; did you mean 'magnitude'\?"),
        ({"magnitude": [7, 6]}, r"option 'magnitude': .*give \[lowest, highest\]"),
        ({"magnitude": 6}, "option 'magnitude'"),
        ({"magnitude": ["a", 6]}, "option 'magnitude': 0: .* number"),
        ({"max_per_event": 0}, "option 'max_per_event': .*at least 1"),
        ({"records": 1}, "unknown option 'records'"),
    ],
)
def test_bad_options_are_one_line_each(options: dict[str, object], line: str) -> None:
    with pytest.raises(InputError, match=line) as caught:
        run(catalogue(magnitude=6.0), options)
    assert len(caught.value.problems) == 1


def test_a_strangers_filter_runs_with_its_options_and_reason() -> None:
    def shallow(records: pd.DataFrame, kept: np.ndarray, max_depth_km: float = 10.0) -> np.ndarray:
        """Hypocentre too deep.

        Further words are not shown.
        """
        assert kept.sum() == 7 or kept.all()
        return np.asarray(records["depth_km"] <= max_depth_km)

    records = catalogue(depth_km=np.arange(8.0) * 2)
    candidates = run(records, {"max_depth_km": 6, "exclude": ["r1"]}, plugins=(offer(shallow=shallow),))
    assert kept(candidates) == [2, 3, 4]
    last = candidates.funnel.iloc[-1]
    assert (last["filter"], last["reason"]) == ("shallow", "Hypocentre too deep (max_depth_km = 6)")


@pytest.mark.parametrize(
    ("returned", "line"),
    [
        (np.ones(8), r"filter 'odd': returns ndarray of shape \(8,\) and type float64, not a bool array"),
        (np.ones(7, dtype=bool), r"returns ndarray of shape \(7,\)"),
        (True, r"filter 'odd': returns bool of shape \(\)"),
        ("yes", "filter 'odd': returns str"),
    ],
)
def test_a_filter_that_returns_something_else_is_named(returned: object, line: str) -> None:
    with pytest.raises(PluginError, match=line):
        run(catalogue(), plugins=(offer(odd=lambda records: returned),))


def test_a_filter_that_fails_is_named_and_one_that_meddles_does_no_harm() -> None:
    with pytest.raises(PluginError, match=r"filter 'odd' fails: KeyError: 'depth'; repair the plugin"):
        run(catalogue(), plugins=(offer(odd=lambda records: records["depth"] > 0),))

    def meddling(records: pd.DataFrame) -> list[bool]:
        records["scale_factor"] = 1.0
        return [True] * len(records)

    candidates = run(catalogue(), plugins=(offer(meddling=meddling),))
    assert candidates.records["scale_factor"][0] == pytest.approx(4.0)


def test_filters_without_kept_run_first() -> None:
    order = []

    def first(records: pd.DataFrame, kept: np.ndarray) -> None:
        order.append("uses kept")

    def second(records: pd.DataFrame) -> None:
        order.append("plain")

    records = pd.DataFrame({"id": ["a"], "scale_factor": [1.0]})
    mask, funnel = run_filters({"first": first, "second": second}, {}, records, PERIODS_S, 1.0)
    assert order == ["plain", "uses kept"]
    assert mask.tolist() == [True] and len(funnel) == 1


# -- files -------------------------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Path, Candidates, Catalogue]:
    records = catalogue(
        magnitude=[6.1, np.nan, 6, 6, 6, 6, 6, 6],
        station=["1", "", "NA", "ü", "a,b", "x", "y", "z"],
        code="007",
    )
    candidates = run(records)
    STAGE.save(candidates, tmp_path)
    return tmp_path, candidates, records


def test_files_read_back_to_the_same_numbers(saved: tuple[Path, Candidates, Catalogue]) -> None:
    run_dir, candidates, records = saved
    again = STAGE.load(run_dir, catalogue=records, target=None)
    np.testing.assert_array_equal(again.ln_sa, candidates.ln_sa)
    np.testing.assert_array_equal(again.periods_s, candidates.periods_s)
    pd.testing.assert_frame_equal(again.records, candidates.records)
    pd.testing.assert_frame_equal(again.funnel, candidates.funnel, check_dtype=False)
    heading = (run_dir / CANDIDATES).read_text(encoding="utf-8").splitlines()[0]
    assert heading.startswith("id,group,scale_factor,")
    unscaled = pd.read_parquet(run_dir / "candidates_sa.parquet")
    assert list(unscaled.columns) == ["id", "T0.100S", "T0.500S", "T1.000S", "T2.000S"]
    np.testing.assert_allclose(unscaled["T1.000S"], 0.1 * np.arange(1, 9), rtol=1e-9)


def test_scale_factors_read_back_to_the_last_bit(saved: tuple[Path, Candidates, Catalogue]) -> None:
    """Analyses go by the exact factor: one that is off by rounding would be run again on resuming."""
    run_dir, candidates, records = saved
    count = len(candidates.records)
    for seed in range(5):
        factors = np.random.default_rng(seed).uniform(0.25, 4.0, count)
        table = candidates.records.assign(scale_factor=factors)
        table.to_csv(run_dir / CANDIDATES, index=False)
        again = STAGE.load(run_dir, catalogue=records, target=None)
        assert again.records["scale_factor"].tolist() == factors.tolist()


def test_a_person_may_drop_rows_and_edit_factors_and_groups(
    saved: tuple[Path, Candidates, Catalogue],
) -> None:
    run_dir, candidates, records = saved
    table = pd.read_csv(run_dir / CANDIDATES, dtype=str, keep_default_na=False)
    table = table.iloc[[4, 1]]
    table.loc[1, "scale_factor"] = "1.5"
    table["group"] = ["pulse", "nonpulse"]
    table.to_csv(run_dir / CANDIDATES, index=False)
    again = STAGE.load(run_dir, catalogue=records, target=None)
    assert list(again.records["id"]) == ["r5", "r2"]
    assert list(again.records["group"]) == ["pulse", "nonpulse"]
    np.testing.assert_array_equal(again.ln_sa[0], candidates.ln_sa[4])
    np.testing.assert_allclose(np.exp(again.ln_sa[1, 2]), 1.5 * 0.2)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda t: t.drop(columns="group"), r"candidates\.csv: has no column 'group'"),
        (
            lambda t: t.replace("r3", "r33"),
            r"row 4: no such candidate \('r33'\); rows can be removed here, not added",
        ),
        (lambda t: pd.concat([t, t.iloc[[0]]]), r"row 10: the id 'r1' occurs again"),
        (
            lambda t: t.assign(scale_factor="-1"),
            "row 2, 3, 4, 5, 6 and 3 more: scale_factor must be a positive",
        ),
        (lambda t: t.assign(scale_factor="one"), "column 'scale_factor': 'one' in row 2"),
        (lambda t: t.assign(group="near"), "unknown group 'near'; use pulse, nonpulse or all"),
        (lambda t: t.iloc[:0], "holds no candidates"),
    ],
)
def test_bad_edits_are_clear_errors(saved: tuple[Path, Candidates, Catalogue], change, line: str) -> None:  # type: ignore[no-untyped-def]
    run_dir, _, records = saved
    table = pd.read_csv(run_dir / CANDIDATES, dtype=str, keep_default_na=False)
    change(table).to_csv(run_dir / CANDIDATES, index=False)
    with pytest.raises(InputError, match=line):
        STAGE.load(run_dir, catalogue=records, target=None)


def test_a_truncated_table_is_a_clear_error(saved: tuple[Path, Candidates, Catalogue]) -> None:
    run_dir, _, records = saved
    path = run_dir / CANDIDATES
    path.write_text(path.read_text()[: path.read_text().rindex(",")])
    with pytest.raises(InputError, match=r"candidates\.csv, row 9: truncated, has \d+ of \d+ cells"):
        STAGE.load(run_dir, catalogue=records, target=None)


def test_missing_files_are_clear_errors(saved: tuple[Path, Candidates, Catalogue]) -> None:
    run_dir, _, records = saved
    (run_dir / CANDIDATES).unlink()
    with pytest.raises(InputError, match=r"candidates\.csv: cannot be read"):
        STAGE.load(run_dir, catalogue=records, target=None)
    (run_dir / FUNNEL).unlink()
    with pytest.raises(InputError, match=r"funnel\.csv: cannot be read"):
        STAGE.load(run_dir, catalogue=records, target=None)


def test_whole_numbers_texts_and_flags_keep_their_kind(tmp_path: Path) -> None:
    records = catalogue(record_number=np.arange(8), near=[True, False] * 4, code=["01", "2"] * 4, share=1 / 3)
    candidates = run(records)
    STAGE.save(candidates, tmp_path)
    again = STAGE.load(tmp_path, catalogue=records, target=None)
    pd.testing.assert_frame_equal(again.records, candidates.records)
