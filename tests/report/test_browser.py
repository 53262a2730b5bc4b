"""The page in a real browser: it links, exchanges, prints, and asks for nothing from elsewhere."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gmplug.chain.run import Run
from gmplug.errors import InputError
from gmplug.report import render
from gmplug.report.printing import find_browser, print_page
from gmplug.runs import run_study
from gmplug.selection.checks import evaluate_checks
from gmplug.selection.error import misfit
from tests.report.test_report import make_study, make_values
from tests.support.studies import write_small_study

BROWSER = find_browser()
if BROWSER is None:
    pytest.skip("no Chromium, Chrome or Edge on the search path", allow_module_level=True)
playwright = pytest.importorskip("playwright.sync_api", reason="playwright (extra browser) is not installed")

CODE = """[target]
provider = "code-eurocode8"
ag_g = 0.1
ground_type = "B"
periods_s = { start = 0.02, stop = 2.0, step = 0.02 }
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as session:
        opened = session.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def problems() -> Iterator[list[str]]:
    """Errors on the console and requests of a page; none may be left at the end."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def open_page(browser: Any, problems: list[str]) -> Iterator[Any]:
    pages = []

    def opened(path: Path, **options: Any) -> Any:
        page = browser.new_page(viewport={"width": 1200, "height": 900}, **options)
        pages.append(page)
        page.on("console", lambda message: problems.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: problems.append(f"error: {error}"))
        page.on(
            "request",
            lambda request: (
                request.url in (path.as_uri(),) or problems.append(f"request: {request.url[:80]}")
            ),
        )
        page.goto(path.as_uri())
        return page

    yield opened
    for page in pages:
        page.close()


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    path = folder / "report.html"
    values = make_values(folder)
    notes = {"notes": ["a note"], "timing_s": {"catalogue": 1.0}}
    path.write_text(render(values, make_study(), notes).html, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def study_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    folder = tmp_path_factory.mktemp("study")
    path = write_small_study(folder / "study")
    text = path.read_text().replace('model = "model.py"\n', "")
    path.write_text(re.sub(r"\[target\].*?(?=\[preselection\])", CODE, text, flags=re.DOTALL))
    return path, run_study(path, folder / "run")


def lit(page: Any) -> set[str]:
    """What lights up: figures by key, rows of tables, waveforms."""
    return set(
        page.evaluate(
            """[...document.querySelectorAll(".lit")].map((one) =>
            one.closest("figure.chart")?.dataset.chart ?? (one.tagName === "TR" ? "row" : "wave"))"""
        )
    )


def test_a_record_lights_up_everywhere(open_page: Any, page_file: Path) -> None:
    page = open_page(page_file)
    page.hover("table.picked tbody tr:nth-child(1) td:nth-child(2)")
    everywhere = {
        "target", "magnitude_distance", "candidates_pulse", "features_pulse", "scale_factors", "wave", "row",
        "profile_peak_story_drift_ratio", "drift_distribution",
    }  # fmt: skip
    assert everywhere <= lit(page)
    assert "R000" in page.inner_text("#card")
    page.hover("h1")
    assert lit(page) == set()
    # A point of the magnitude-distance chart does the same; a click keeps it, Escape releases it.
    dot = page.locator("#chart-magnitude_distance [data-r='R003']").last
    dot.hover(force=True)
    dot.click(force=True)
    page.hover("h1")
    assert {"target", "row"} <= lit(page)
    page.keyboard.press("Escape")
    assert lit(page) == set()
    # By keyboard, through the records of a chart.
    page.focus("#chart-target .plot")
    page.keyboard.press("ArrowRight")
    assert {"target", "magnitude_distance", "row"} <= lit(page)


def test_axes_lines_and_tables_obey(open_page: Any, page_file: Path) -> None:
    page = open_page(page_file)
    chart = page.locator("#chart-target")
    before = chart.locator(".axis text").all_inner_texts()
    chart.get_by_role("button", name="x axis").click()
    assert chart.locator(".axis text").all_inner_texts() != before
    count = chart.locator("path.record").count()
    chart.get_by_role("button", name="Selected records").click()
    assert (count, chart.locator("path.record").count()) == (8, 0)
    bands = chart.locator("path.area").count()
    chart.get_by_role("button", name="Target ±σ").click()
    assert chart.locator("path.area").count() == bands + 1
    table = page.locator("table.candidates")
    page.locator("details", has=table).locator("summary").click()
    table.get_by_role("button", name="Sort by M", exact=True).click()
    magnitudes = [float(text) for text in table.locator("tbody tr td:nth-child(4)").all_inner_texts()]
    assert magnitudes == sorted(magnitudes)
    page.locator(".tablebox", has=table).get_by_placeholder("Filter rows").fill("s25 event")
    rows = [row for row in table.locator("tbody tr").all() if row.is_visible()]
    assert [row.get_attribute("data-r") for row in rows] == ["R025"]
    with page.expect_download() as saved:
        page.locator(".tablebox", has=table).get_by_role("button", name="CSV").click()
    lines = Path(saved.value.path()).read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(rows) + 1
    assert lines[0].startswith("Record,Earthquake")


def test_a_swap_gives_the_numbers_of_python_and_feeds_the_run(
    open_page: Any, study_run: tuple[Path, Run], tmp_path: Path
) -> None:
    study, run = study_run
    page = open_page(run.run_dir / "report.html")
    _agrees(page, run)
    page.get_by_role("button", name=re.compile("^Exchange made")).first.click()
    page.locator(".swap-choice .actions button").first.click()
    page.get_by_role("button", name=re.compile("^Exclude made")).nth(2).click()
    assert "Out:" in page.inner_text("#swap")
    ids = _agrees(page, run)
    assert len(ids) == len(run.selection.records) - 1
    lines = tomllib.loads(page.evaluate("workbench.toml()"))["selection"]
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download selection.csv").click()
    (run.run_dir / "selection.csv").write_bytes(Path(saved.value.path()).read_bytes())
    error = float(page.get_attribute(".swap-status", "data-e"))
    again = run_study(study, run.run_dir)
    assert again.selection.records["id"].tolist() == ids
    assert again.selection.error == pytest.approx(error, abs=1e-6)
    # The lines for the study file select the same set.
    text = re.sub(r"\[selection\]\ncount = \d+\n", "[selection]\n" + _toml(lines), study.read_text())
    (study.parent / "swapped.toml").write_text(text)
    chosen = run_study(study.parent / "swapped.toml", tmp_path / "swapped", until="selection")
    assert set(chosen.selection.records["id"]) == set(ids)


def _agrees(page: Any, run: Run) -> list[str]:
    """Compare the page's numbers with Python's for the same set; return its ids."""
    ids = page.evaluate("workbench.live('items')")
    ln_sa = run.candidates.ln_sa[run.candidates.positions(ids)]
    error = float(page.get_attribute(".swap-status", "data-e"))
    assert error == pytest.approx(misfit(ln_sa, run.target).error, abs=1e-6)
    shown = page.evaluate("workbench.stats.medianError")
    assert shown == pytest.approx(misfit(ln_sa, run.target).max_median_error, abs=1e-6)
    for told, outcome in zip(
        page.evaluate("workbench.checks()"), evaluate_checks(ln_sa, run.target), strict=True
    ):
        assert told["passed"] == outcome.passed
        assert told["value"] == pytest.approx(outcome.value, abs=1e-6)
    np.testing.assert_allclose(
        page.evaluate("workbench.live('median')"), np.exp(ln_sa.mean(axis=0)), rtol=1e-6
    )
    return list(ids)


def _toml(section: dict[str, Any]) -> str:
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in section.items())


def test_paper_shows_all_and_cuts_nothing(open_page: Any, page_file: Path) -> None:
    page = open_page(page_file)
    page.set_viewport_size({"width": 690, "height": 980})  # A4 within its margins
    page.emulate_media(media="print")
    closed = page.evaluate(
        """[...document.querySelectorAll("details table, details ul")].filter((one) =>
        !one.getClientRects().length).length"""
    )
    assert closed == 0
    cut = page.evaluate(
        """[...document.querySelectorAll("figure svg, table")].filter((one) =>
        one.getClientRects().length && one.getBoundingClientRect().right > innerWidth + 1).map((one) =>
        one.closest("[id]").id)"""
    )
    assert cut == []
    assert not page.locator(".tools").first.is_visible()
    assert print_page(page_file).read_bytes().startswith(b"%PDF")


def test_narrow_screen_and_no_scripts(open_page: Any, browser: Any, page_file: Path) -> None:
    page = open_page(page_file)
    page.set_viewport_size({"width": 400, "height": 800})
    page.wait_for_function("document.querySelector('#chart-target svg').clientWidth < 400")
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    plain = browser.new_page(java_script_enabled=False)
    plain.goto(page_file.as_uri())
    count = plain.locator("figure.chart svg").count()
    assert count == plain.locator("figure.chart").count()
    assert plain.locator("figure.chart svg path.stroke").count() > 50
    plain.close()


def test_without_a_browser_printing_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        InputError, match=r"no Chromium, Chrome or Edge on the search path; install one, or open"
    ):
        print_page(tmp_path / "report.html")
    quitter = tmp_path / "chromium"
    quitter.write_text("#!/bin/sh\necho no display >&2\nexit 3\n")
    quitter.chmod(0o755)
    with pytest.raises(InputError, match="did not print it \\(exit status 3; no display\\)"):
        print_page(tmp_path / "report.html")
