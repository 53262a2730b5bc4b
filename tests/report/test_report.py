"""The report: one self-contained page with right numbers, and figures that are what they claim."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.stats import gmean, gstd

from gmplug.chain.stage import StageContext
from gmplug.demands.tables import peak_story_drift, profile
from gmplug.host import Host
from gmplug.report import Report, render
from gmplug.report.charts.clusters import principal_components
from gmplug.report.charts.records import funnel_chart
from gmplug.report.charts.spectra import target_chart
from gmplug.report.demand_columns import drift_statistics
from gmplug.report.figures import draw
from gmplug.report.from_chart import plot_chart
from gmplug.report.headings import heading
from gmplug.report.stage import STAGE
from gmplug.report.style import to_png
from gmplug.study import Study, parse_study
from gmplug.values import (
    Assessment,
    Candidates,
    Catalogue,
    Clusters,
    Demands,
    GroupClustering,
    Selection,
    Target,
)
from tests.support.places import REPOSITORY
from tests.support.studies import write_small_study

PERIODS_S = np.round(np.linspace(0.05, 2.0, 40), 4)
T_STAR = 1.0
SA_G = 0.5


def make_study(model: str | None = "frame") -> Study:
    structure: dict[str, Any] = {"period_s": T_STAR} | ({"model": model} if model else {})
    return parse_study(
        {
            "study": {"name": "office <b>east</b>", "seed": 7},
            "catalogue": {"provider": "simulated"},
            "structure": structure,
            "target": {"periods_s": PERIODS_S.tolist()},
            "preselection": {"scale_factor": [0.25, 4.0]},
        }
    )


def make_values(folder: Path, *, simulated: bool = False) -> dict[str, Any]:
    """A run's values, consistent with one another: 60 records, 40 candidates in two groups, 8 selected."""
    rng = np.random.default_rng(3)
    j = int(np.argmin(np.abs(PERIODS_S - T_STAR)))
    shape = np.exp(-PERIODS_S) * (1 + 2 * PERIODS_S)
    slope = rng.normal(0, 0.5, (60, 1))
    sa_g = shape * np.exp(slope * np.log(PERIODS_S) + rng.normal(0, 0.1, (60, len(PERIODS_S))))
    sa_g *= rng.uniform(0.1, 0.6, (60, 1))
    records = pd.DataFrame({"id": [f"R{i:03d}" for i in range(60)]})
    records["group"] = np.where(np.arange(60) % 3 == 0, "pulse", "nonpulse")
    records["event"] = [f"Event {i % 9}" for i in range(60)]
    records["station"] = [f"S{i}" for i in range(60)]
    records["magnitude"] = np.round(rng.uniform(5.5, 7.8, 60), 2)
    records["rjb_km"] = np.round(rng.uniform(0, 150, 60), 1)
    records["vs30_m_s"] = np.round(rng.uniform(180, 700, 60), 1)
    records["file_h1"] = ""
    catalogue = Catalogue(
        records, PERIODS_S, sa_g, "RotD50", "made-up records", simulated, ("2 rows left out",)
    )
    kept = np.arange(60) < 40
    scaled = records[kept].assign(scale_factor=SA_G / sa_g[kept, j]).reset_index(drop=True)
    ln_sa = np.log(sa_g[kept] * scaled["scale_factor"].to_numpy()[:, None])
    funnel = pd.DataFrame(
        {
            "filter": ["magnitude", "distance"],
            "reason": ["magnitude within limits", "distance within limits"],
            "removed": [13, 7],
            "removed_alone": [13, 11],
            "remaining": [47, 40],
        }
    )
    candidates = Candidates(scaled, PERIODS_S, ln_sa, funnel)
    sigma = 0.1 + 0.4 * np.abs(np.log(PERIODS_S / T_STAR))
    sigma[j] = 0.0
    target = Target(
        PERIODS_S, np.log(SA_G * shape / shape[j]), np.diag(sigma**2), T_STAR, SA_G, 1.0, "a target"
    )
    clusters = make_clusters(scaled, ln_sa)
    chosen = np.array([0, 3, 6, 1, 2, 4, 5, 7])
    picked = scaled.iloc[chosen].assign(cluster=clusters.table["cluster"].to_numpy()[chosen])
    picked = picked.reset_index(drop=True)
    picked.loc[1, "vs30_m_s"] = np.nan
    motion = folder / "one.csv"
    time_s = 0.01 * np.arange(4000)
    np.savetxt(motion, np.column_stack([time_s, 0.1 * np.sin(time_s)]), delimiter=",", header="s,g")
    picked.loc[0, "file_h1"] = str(motion)
    quotas = picked.groupby(["group", "cluster"]).size().rename("quota").reset_index()
    quotas["candidates"] = [
        int(((clusters.table["group"] == g) & (clusters.table["cluster"] == c)).sum())
        for g, c in zip(quotas["group"], quotas["cluster"], strict=True)
    ]
    selection = Selection(picked, ln_sa[chosen], quotas, 1.2345, 0.0678, 0.0912, ("a note on the selection",))
    demands = make_demands(picked)
    assessment = Assessment({"theta": 0.0123}, {"fragility": pd.DataFrame({"im_g": [0.5], "p": [0.25]})})
    return {
        "catalogue": catalogue,
        "candidates": candidates,
        "target": target,
        "clusters": clusters,
        "selection": selection,
        "demands": demands,
        "assessment": assessment,
    }


def make_clusters(records: pd.DataFrame, ln_sa: np.ndarray) -> Clusters:
    labels = np.zeros(len(records), dtype=np.int64)
    groups = {}
    for name in ("pulse", "nonpulse"):
        members = (records["group"] == name).to_numpy()
        high = ln_sa[members, 0] > np.median(ln_sa[members, 0])
        labels[members] = np.where(high, 2, 1)
        scores = pd.DataFrame({"k": [1, 2, 3], "silhouette": [np.nan, 0.41, 0.2]})
        scores["davies_bouldin"] = [np.nan, 0.9, 1.4]
        history = pd.DataFrame({"phase": "training", "epoch": [1, 2, 3], "loss": [1.0, 0.1, 0.01]})
        groups[name] = GroupClustering(labels[members], 2, scores, ln_sa[members], history, ("a note",))
    return Clusters(records[["id", "group"]].assign(cluster=labels), groups, "kmeans")


def make_demands(picked: pd.DataFrame) -> Demands:
    table = picked[["id", "group", "cluster", "scale_factor"]].copy()
    table["status"] = ["ok", "ok", "ok", "collapsed", "failed", "ok", "timeout", "ok"]
    table["message"] = ["", "", "", "drift beyond 0.10", "did not <converge>", "", "stopped after 60 s", ""]
    drift = np.array([0.010, 0.012, 0.020, 0.150, np.nan, 0.015, 0.4, 0.008])
    for story, share in ((1, 1.0), (2, 0.6)):
        table[f"peak_story_drift_ratio_{story}"] = drift * share
        table[f"residual_story_drift_ratio_{story}"] = drift * share / 10
    for floor in range(3):
        table[f"peak_floor_acceleration_{floor}_g"] = 0.3 + 0.1 * floor
    table["peak_floor_acceleration_g"] = 0.5
    table["wall_s"] = 1.0
    return Demands(
        table, {"description": "two stories", "story_heights": [3.5, 3.5], "periods_s": [1.01, 0.3]}
    )


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return make_values(tmp_path_factory.mktemp("waveforms"))


@pytest.fixture(scope="module")
def report(values: dict[str, Any]) -> Report:
    summary = {
        "timing_s": {"catalogue": 1.5, "clustering": 20.25},
        "notes": ["2 rows left out", "a run note"],
    }
    return render(values, make_study(), summary)


class Page(HTMLParser):
    """What the tests look at: elements, texts, and the rows of every table."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.tables: list[list[list[str]]] = []
        self.raw: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "br"):
            self._open.append(tag)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in ("style", "script"):
            self.raw[self._open[-1]] = data
            return
        self.text += data
        if "td" in self._open or "th" in self._open:
            self.tables[-1][-1][-1] += data

    def table(self, *headers: str) -> list[dict[str, str]]:
        """Rows of the table whose header starts with these."""
        for table in self.tables:
            if tuple(table[0][: len(headers)]) == headers:
                return [dict(zip(table[0], row, strict=True)) for row in table[1:]]
        raise AssertionError(f"no table {headers}")


def test_page_is_self_contained_and_well_formed(report: Report) -> None:
    page = Page(report.html)
    assert page._open == []
    for tag, attributes in page.elements:
        assert tag not in ("link", "iframe", "object", "embed", "base")
        for name in ("src", "href", "srcset", "action", "data", "style"):
            value = attributes.get(name)
            assert value is None or value.startswith(("data:image/png;base64,", "#")), (tag, name)
    assert "http://" not in report.html
    assert "https://" not in report.html
    assert "url(" not in page.raw["style"]
    assert "@import" not in page.raw["style"]


def test_security_policy_lets_through_the_pages_own_style_and_script_only(report: Report) -> None:
    page = Page(report.html)
    policy = next(a["content"] for t, a in page.elements if t == "meta" and "http-equiv" in a) or ""
    assert "default-src 'none'" in policy
    for part in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(page.raw[part].encode()).digest()).decode()
        assert f"{part}-src 'sha256-{digest}'" in policy


def test_records_table_has_every_number(report: Report, values: dict[str, Any]) -> None:
    rows = Page(report.html).table("Record", "Earthquake")
    picked, demands = values["selection"].records, values["demands"].table
    assert [row["Record"] for row in rows] == picked["id"].tolist()
    for row, record, demand in zip(rows, picked.to_dict("records"), demands.to_dict("records"), strict=True):
        assert row["M"] == f"{record['magnitude']:.2f}"
        assert row["Rjb (km)"] == f"{record['rjb_km']:.1f}"
        known = record["vs30_m_s"] == record["vs30_m_s"]
        assert row["Vs30 (m/s)"] == (f"{record['vs30_m_s']:.0f}" if known else "–")
        assert row["Scale factor"] == f"{record['scale_factor']:.3f}"
        assert int(row["Cluster"]) == record["cluster"]
        assert row["Group"] == record["group"]
        assert row["Analysis"] == demand["status"]
        drift = demand["peak_story_drift_ratio_1"]
        assert row["Peak story drift (%)"] == (f"{100 * drift:.2f}" if drift == drift else "–")


def test_summary_statuses_funnel_and_timing(report: Report) -> None:
    page = Page(report.html)
    assert "E = 1.234" in page.text or "E = 1.235" in page.text
    assert "6.8 %" in page.text
    assert "9.1 %" in page.text
    # Geometric mean of 0.8, 1.0, 1.2, 1.5, 2.0 %, those that ended ok, and it times exp(±β), scipy's.
    ok = [0.8, 1.0, 1.2, 1.5, 2.0]
    median, beta = gmean(ok), np.log(gstd(ok))
    assert f"median of {median:.2f} %" in page.text
    assert f"{median * np.exp(-beta):.2f} %–{median * np.exp(beta):.2f} %" in page.text
    assert "geometric means" in page.text
    statuses = {row["Status"]: row["Analyses"] for row in page.table("Status", "Analyses")}
    assert statuses == {"ok": "5", "collapsed": "1", "failed": "1", "timeout": "1"}
    assert [row["Remaining"] for row in page.table("Filter")] == ["47", "40"]
    times = {row["Stage"]: row["Time (s)"] for row in page.table("Stage")}
    assert times == {"catalogue": "1.50", "clustering": "20.25", "sum": "21.75"}
    assert page.text.count("2 rows left out") == 1  # at its stage, not again among the notes of the run
    assert "a run note" in page.text
    assert [row["Record"] for row in page.table("Record", "Status", "Message")] == ["R002", "R005"]


def test_names_are_escaped(values: dict[str, Any]) -> None:
    selection: Selection = values["selection"]
    evil = "<script>alert(1)</script>"
    records = selection.records.assign(id=[evil, *selection.records["id"][1:]])
    table = values["demands"].table.assign(id=records["id"])
    changed = {
        "target": values["target"],
        "selection": Selection(records, selection.ln_sa, selection.quotas, 1.0, 0.1, 0.1),
        "demands": Demands(table),
    }
    page = Page(render(changed, make_study()).html)
    assert [t for t, _ in page.elements].count("script") == 2  # data and script
    assert page.table("Record", "Earthquake")[0]["Record"] == evil
    assert "office <b>east</b>" in page.text
    assert "did not <converge>" in page.text


def test_figures_on_request_are_all_there(report: Report, tmp_path: Path) -> None:
    expected = set(page_data(report.html)["charts"]) | {"overview", "waveforms"}
    expected |= {"scores_pulse_davies_bouldin", "scores_nonpulse_davies_bouldin"}
    assert [one.problem for one in report.save_figures(tmp_path)] == [""] * len(expected)
    files = {path.stem: path for path in (tmp_path / "figures").glob("*.png")}
    assert set(files) == expected
    for name, path in files.items():
        with Image.open(path) as picture:
            picture.load()
            assert 150 <= picture.info["dpi"][0] <= 200, name
            assert len(picture.getcolors(1 << 24) or []) > 8, name  # something is drawn
    mine = tmp_path / "figures" / "mine.png"
    Image.new("RGB", (4, 4)).save(mine)
    report.save(tmp_path)  # figures of an earlier page must not stand beside a new one
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["mine.png"]


@pytest.mark.parametrize(("kind", "start"), [("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_figures_as_vectors(values: dict[str, Any], tmp_path: Path, kind: str, start: bytes) -> None:
    some = render({"candidates": values["candidates"]}, make_study())
    some.save_figures(tmp_path, kind)
    files = {path.name: path.read_bytes() for path in (tmp_path / "figures").iterdir()}
    assert f"funnel.{kind}" in files
    assert all(content.startswith(start) for content in files.values())
    some.save_figures(tmp_path, kind)
    assert {path.name: path.read_bytes() for path in (tmp_path / "figures").iterdir()} == files
    some.save(tmp_path)
    assert not list((tmp_path / "figures").iterdir())


def test_charts_are_all_there_and_labelled(report: Report, values: dict[str, Any]) -> None:
    data = page_data(report.html)
    expected = {"target", "median_error", "sigma", "magnitude_distance", "funnel", "scale_factors", "model"}
    expected |= {
        f"{k}_{g}" for k in ("candidates", "features", "scores", "training") for g in ("pulse", "nonpulse")
    }
    expected |= {
        "profile_peak_story_drift_ratio",
        "profile_peak_floor_acceleration",
        "profile_residual_story_drift_ratio",
        "drift_distribution",
    }
    assert set(data["charts"]) == expected
    assert "could not be drawn" not in report.html
    for key, chart in data["charts"].items():
        assert chart["x"]["label"] or chart["x"].get("names") or chart["x"].get("hidden"), key
        assert chart["y"]["label"] or chart["y"].get("names"), key
    page = Page(report.html)
    drawn = [a for t, a in page.elements if t == "svg"]
    assert len(drawn) == len(expected) + 1  # for readers without scripts, with one waveform
    assert all(a["aria-label"] for a in drawn)
    assert set(data["waveforms"]) == {values["selection"].records["id"][0]}


def test_target_chart_shows_the_targets_numbers(values: dict[str, Any]) -> None:
    target, selection = values["target"], values["selection"]
    layers = {layer["name"]: layer for layer in target_chart(target, selection).data()["layers"]}
    np.testing.assert_allclose(layers["Target median"]["y"], target.median_g, rtol=1e-4)
    low = target.median_g * np.exp(-1.959964 * target.sigma_ln)
    np.testing.assert_allclose(layers["Target 2.5–97.5 %"]["low"], low, rtol=1e-4)
    rows = layers["Selected records"]
    np.testing.assert_allclose(rows["rows"], np.exp(selection.ln_sa), rtol=1e-4)
    assert rows["items"] == selection.records["id"].tolist()


def page_data(html: str) -> dict[str, Any]:
    """What the page's script works with."""
    return json.loads(html.split('id="page-data">')[1].split("</script>")[0])


def test_same_values_same_bytes(values: dict[str, Any]) -> None:
    some = {name: values[name] for name in ("target", "selection", "demands")}
    first, second = render(some, make_study()), render(some, make_study())
    assert first == second


def test_simulated_records_are_labelled(tmp_path: Path, report: Report) -> None:
    simulated = render(make_values(tmp_path, simulated=True), make_study())
    assert "Simulated records" in Page(simulated.html).text
    assert 'class="banner"' in simulated.html
    assert 'class="banner"' not in report.html
    assert "Simulated" not in Page(report.html).text
    names = ("target", "overview")
    specs = [spec for spec in report.figures() if spec.name in names]
    drawn = {one.name: one.content for one in draw(specs, simulated=True)}
    plain = {one.name: one.content for one in draw(specs, simulated=False)}
    for name in names:
        assert _vermillion_text(drawn[name]) > _vermillion_text(plain[name]), name


def _vermillion_text(png: bytes | None) -> int:
    """Pixels of the label's color in the top of the picture, where titles are."""
    with Image.open(io.BytesIO(png or b"")) as picture:
        top = np.asarray(picture.convert("RGB"), dtype=int)[: int(0.045 * picture.info["dpi"][0] * 5)]
    return int(np.sum(np.all(np.abs(top - np.array([0xD5, 0x5E, 0x00])) < 40, axis=2)))


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ((), "Candidates."),
        (("catalogue", "candidates"), "A target spectrum."),
        (("target",), "A selection."),
        (("candidates", "clusters"), "A selection."),
        (("target", "selection"), "Nonlinear analyses."),
        (("target", "selection", "demands"), "An assessment"),
        (("selection",), "A target spectrum."),
        (("demands",), "A selection."),
    ],
)
def test_half_a_run_has_half_a_report(values: dict[str, Any], kept: tuple[str, ...], said: str) -> None:
    partial = {name: values[name] for name in kept}
    made = render(partial, make_study())
    page = Page(made.html)
    assert said in page.text
    assert "could not be drawn" not in page.text
    targets = {a["href"] for t, a in page.elements if t == "a"}
    assert {f"#{a['id']}" for t, a in page.elements if t == "section"} == targets


def test_why_there_are_no_analyses(values: dict[str, Any]) -> None:
    without = {"selection": values["selection"]}
    assert "names no structure" in render(without, make_study(model=None)).html
    html = render(without, make_study()).html
    assert "not at hand" in html
    missing = values["selection"].records["id"].tolist()[1:]  # the first has its file
    assert ", ".join(missing) in html


def test_a_figure_that_cannot_be_drawn_is_said(values: dict[str, Any]) -> None:
    groups = dict(values["clusters"].groups)
    groups["pulse"] = GroupClustering(
        np.array([1, 1]), 1, pd.DataFrame({"k": [1], "silhouette": [np.nan]}), np.full((5, 2), 1.0)
    )
    odd = {
        "candidates": values["candidates"],
        "clusters": Clusters(values["clusters"].table, groups, "odd"),
    }
    made = render(odd, make_study())
    assert "“features_pulse” could not be drawn" in Page(made.html).text
    assert "features_nonpulse" in page_data(made.html)["charts"]


def test_stage_writes_and_reads(tmp_path: Path, values: dict[str, Any]) -> None:
    (tmp_path / "summary.json").write_text('{"timing_s": {"catalogue": 3.25}}')
    context = StageContext(make_study(), Host(entry_points=False), tmp_path, 1, lambda *_: None)
    made = STAGE.run(context, **(dict.fromkeys(STAGE.inputs) | {"target": values["target"]}))
    STAGE.save(made, tmp_path)
    assert "3.25" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert STAGE.load(tmp_path, **values) == made


@pytest.mark.parametrize("statuses", [["failed"] * 8, ["collapsed"] * 8, ["ok"] + ["crashed"] * 7])
def test_bad_luck_with_the_analyses(values: dict[str, Any], statuses: list[str]) -> None:
    table = values["demands"].table.assign(status=statuses)
    made = render({"demands": Demands(table)}, make_study())
    assert "could not be drawn" not in made.html


def test_demand_columns_and_statistics() -> None:
    table = pd.DataFrame(
        {
            "status": ["ok", "ok", "collapsed", "failed"],
            "peak_story_drift_ratio": [0.02, 0.04, 0.2, np.nan],
            "peak_story_drift_ratio_10": [0.02, 0.01, 0.2, np.nan],
            "peak_story_drift_ratio_2": [0.01, 0.04, 0.1, np.nan],
            "peak_floor_acceleration_0_g": [0.1, 0.2, 0.3, 0.4],
            "peak_floor_acceleration_g": [1.0, 1.0, 1.0, 1.0],
        }
    )
    drifts = profile(table, "peak_story_drift_ratio")
    assert drifts is not None
    assert drifts.levels == (2, 10)
    accelerations = profile(table, "peak_floor_acceleration")
    assert accelerations is not None
    assert (accelerations.levels, accelerations.unit) == ((0,), "g")
    assert profile(table, "residual_story_drift_ratio") is None
    np.testing.assert_array_equal(peak_story_drift(table)[:3], [0.02, 0.04, 0.2])
    statistics = drift_statistics(table)
    assert (len(statistics.ok), statistics.collapsed, statistics.others) == (2, 1, 1)
    assert statistics.fit.median == pytest.approx(np.sqrt(0.02 * 0.04))
    assert statistics.fit.beta == pytest.approx(np.log(2) / np.sqrt(2))
    assert statistics.collapse_share == pytest.approx(1 / 3)


def test_principal_components_agree_with_scikit_learn() -> None:
    from sklearn.decomposition import PCA

    features = np.random.default_rng(0).normal(size=(30, 5)) * [3, 2, 1, 1, 1]
    points, shares = principal_components(features)
    reference = PCA(2).fit(features)
    np.testing.assert_allclose(np.abs(points), np.abs(reference.transform(features)), atol=1e-10)
    np.testing.assert_allclose(shares, reference.explained_variance_ratio_)
    assert np.all(principal_components(np.ones((4, 1)))[0] == 0)


def test_a_chart_is_drawn_as_the_page_has_it(values: dict[str, Any]) -> None:
    target, selection = values["target"], values["selection"]
    axes = plot_chart(target_chart(target, selection)).axes[0]
    lines = {str(line.get_label()): np.asarray(line.get_ydata(), dtype=float) for line in axes.get_lines()}
    np.testing.assert_allclose(lines["Target median"], target.median_g)
    np.testing.assert_allclose(lines["Selected median"], np.exp(selection.ln_sa.mean(axis=0)))
    assert axes.get_xscale() == axes.get_yscale() == "log"
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert "0.1" in labels
    assert "1" in labels


def test_the_users_matplotlib_settings_are_left_alone_and_ignored(values: dict[str, Any]) -> None:
    import matplotlib

    plain = to_png(plot_chart(funnel_chart(values["candidates"].funnel)))
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red"}):
        assert to_png(plot_chart(funnel_chart(values["candidates"].funnel))) == plain
        assert matplotlib.rcParams["font.size"] == 30


def test_report_of_a_real_run_and_of_its_directory(tmp_path: Path) -> None:
    from gmplug.chain.stages import load_stage, stage_of
    from gmplug.runs import run_study

    run_dir = tmp_path / "run"
    run = run_study(write_small_study(tmp_path / "study"), run_dir)
    html = (run_dir / "report.html").read_text(encoding="utf-8")
    assert "could not be drawn" not in html
    page = Page(html)
    selected = pd.read_csv(run_dir / "selection.csv", dtype={"id": str})
    demands = pd.read_csv(run_dir / "demands.csv", dtype={"id": str}).set_index("id")
    rows = page.table("Record")
    assert [row["Record"] for row in rows] == selected["id"].tolist()
    for row, factor in zip(rows, selected["scale_factor"], strict=True):
        assert row["Scale factor"] == f"{factor:.3f}"
        drift = demands.loc[row["Record"], "peak_story_drift_ratio"]
        assert row["Peak story drift (%)"] == f"{100 * drift:.2f}"
    assert f"E = {run.values['selection'].error:.3f}" in page.text
    again: dict[str, Any] = {}
    before = ("catalogue", "target", "candidates", "clusters", "selection")
    for name in (*before, "motions", "demands", "assessment"):
        stage = load_stage(stage_of(name))
        again[name] = stage.load(run_dir, **{needed: again[needed] for needed in stage.inputs})
    anew = render(again, run.study, run.summary)
    assert Page(anew.html).table("Record") == rows


def test_a_page_needs_no_matplotlib() -> None:
    import subprocess
    import sys

    code = (
        "import sys, tempfile, pathlib\n"
        "from tests.report.test_report import make_study, make_values, render\n"
        "folder = tempfile.TemporaryDirectory(); "
        "render(make_values(pathlib.Path(folder.name)), make_study()); "
        "sys.exit('matplotlib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=REPOSITORY).returncode == 0


def test_import_is_light() -> None:
    import subprocess
    import sys

    code = "import sys, gmplug.report.stage; sys.exit('matplotlib' in sys.modules or 'jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sa_g", "Sa (g)"),
        ("annual_rate", "Annual rate (1/yr)"),
        ("repair_cost_ratio_p16", "Repair cost ratio, 16th percentile"),
        ("repair_time_days_p84", "Repair time, 84th percentile (days)"),
        ("median_low_g", "Median, low (g)"),
        ("beta_high", "β, high"),
        ("return_period_years", "Return period (yr)"),
        ("drift above 1 %", "drift above 1 %"),
        ("B.20.22.031", "B.20.22.031"),
        ("475-years", "475-years"),
    ],
)
def test_headings_are_words_with_units(name: str, expected: str) -> None:
    assert heading(name) == expected
