"""Running a portfolio: table, catalogue, shared selections, analyses, report; resumed where it stopped."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug._version import __version__
from gmplug.analysis.store import remove_analyses
from gmplug.chain.check import stage_problems
from gmplug.chain.display import Display
from gmplug.chain.edits import NO_EDITS, Edits
from gmplug.chain.engine import Engine
from gmplug.chain.lock import run_lock
from gmplug.chain.summary import attention_lines
from gmplug.demands import DRIFT
from gmplug.errors import InputError, StudyError
from gmplug.host import Host
from gmplug.notes import doubts_of, labelled, warning, warnings_of
from gmplug.plain import plain
from gmplug.portfolio.analyses import (
    BuildingResults,
    analyse_buildings,
    check_records,
    executor_maker,
)
from gmplug.portfolio.buildings import Building, BuildingTable
from gmplug.portfolio.check import open_portfolio
from gmplug.portfolio.cost import selections_table, sharing_table
from gmplug.portfolio.hazard import building_levels, predictor
from gmplug.portfolio.page import PortfolioResults, counts_by_status, render
from gmplug.portfolio.recovery import check_occupancies, functionality_curve
from gmplug.portfolio.results import DemandWriter, building_summary
from gmplug.portfolio.schema import Portfolio, ReportSection
from gmplug.portfolio.selections import SelectionOutcome, make_catalogue, make_selections, study_of
from gmplug.portfolio.sharing import SharedSelection, share_selections
from gmplug.processors import available_processors
from gmplug.values import AnalysisResult

#: Analyses kept for the page: the slowest, and the first of those without demands.
_SLOWEST, _SILENT = 10, 50
#: A model whose first period differs by more than this from the table's gets a note.
_PERIOD_TOLERANCE = 0.05


@dataclass
class PortfolioRun:
    """What a run of a portfolio has come to: its directory, summary.json's content, and the tables."""

    run_dir: Path
    summary: dict[str, Any]
    buildings: pd.DataFrame
    sharing: pd.DataFrame
    selections: pd.DataFrame
    notes: list[str] = field(default_factory=list)

    @property
    def attention(self) -> list[str]:
        """Warnings and failed analyses, a line each; the command ends with status 1 where there are any."""
        return attention_lines(self.summary)


def run_portfolio(
    portfolio: Portfolio | Path | str,
    out: Path | str | None = None,
    *,
    workers: int | None = None,
    executor: str | None = None,
    fresh: bool = False,
    edits: Edits = NO_EDITS,
    display: Display | None = None,
    host: Host | None = None,
) -> PortfolioRun:
    """Run a portfolio, or finish one that was begun.

    Parameters
    ----------
    portfolio
        A portfolio, or the path of a portfolio file.
    out
        The run directory; ``NAME-run`` beside the file if not given.
    workers, executor
        Override ``[analysis]``; ``workers`` defaults to the number of processors.
    fresh
        Compute everything anew.
    edits
        What is to become of files edited by hand whose stage has to be computed anew.

    Raises
    ------
    InputError
        The file, the table or an option is bad: one line for each problem.
    StudyError
        No selection could be made, or selected records have no waveforms.
    """
    stated = {"workers": workers, "executor": executor}
    changes = {name: value for name, value in stated.items() if value is not None}
    portfolio, host, table = open_portfolio(portfolio, host, changes)
    run_dir = Path(out) if out is not None else portfolio.base_dir / f"{portfolio.portfolio.name}-run"
    run_dir.mkdir(parents=True, exist_ok=True)
    with run_lock(run_dir):
        engine = Engine(run_dir.resolve(), host, display, fresh=fresh, edits=edits)
        return _Runner(portfolio, engine).run(table)


class _NotesLater(Display):
    """Shows a study that is part of the portfolio, but for its notes: the portfolio says them."""

    def __init__(self, display: Display) -> None:
        self._display = display

    def stage_started(self, stage: str) -> None:
        self._display.stage_started(stage)

    def progress(self, done: float, total: float, message: str) -> None:
        self._display.progress(done, total, message)

    def stage_finished(self, stage: str, wall_s: float, *, reused: bool, text: str) -> None:
        self._display.stage_finished(stage, wall_s, reused=reused, text=text)


class _Runner:
    def __init__(self, portfolio: Portfolio, engine: Engine) -> None:
        self._portfolio, self._engine = portfolio, engine
        self._out, self._host, self._display = engine.run_dir, engine.host, engine.display
        self._workers = portfolio.analysis.workers or available_processors()
        self._simulated = False

    def run(self, table: BuildingTable) -> PortfolioRun:
        for problem in self._host.problems:
            self._engine.note(f"not used: {problem}")
        for note in table.notes:
            self._engine.note(note)
        buildings = table.buildings
        check_occupancies(buildings, self._portfolio.report, self._portfolio.buildings_file.name)
        epsilons, sa_g = building_levels(self._portfolio, buildings, predictor(self._portfolio, self._host))
        self._write_portfolio()
        outcomes = self._select(buildings, epsilons)
        sharing = sharing_table(buildings, outcomes, epsilons, sa_g)
        selections = selections_table(outcomes)
        sharing.to_csv(self._out / "sharing.csv", index=False)
        selections.to_csv(self._out / "selections.csv", index=False)
        check_records(self._portfolio, outcomes, self._out)
        gathered = self._analyse(buildings, outcomes)
        return self._report(gathered, sharing, selections)

    # -- parts ---------------------------------------------------------------------------------------

    def _select(
        self, buildings: Sequence[Building], epsilons: Mapping[str, float | None]
    ) -> list[SelectionOutcome]:
        shared = share_selections(buildings, epsilons, self._portfolio.sharing)
        self._check_targets(shared)
        fresh, edits = self._engine.fresh, self._engine.edits
        how: dict[str, Any] = {"workers": self._workers, "fresh": fresh, "edits": edits}
        shown = _NotesLater(self._display)
        run = make_catalogue(self._portfolio, shared, self._out, self._host, display=shown, **how)
        made = run.catalogue
        self._simulated, self._engine.timing_s["catalogue"] = made.simulated, run.timing_s["catalogue"]
        for note in made.notes:
            self._engine.note(note)
        with self._engine.step("selections") as step:
            outcomes = make_selections(self._portfolio, shared, self._out, self._host, self._display, **how)
            step.value, step.text = outcomes, f"{len(outcomes)} selections for {len(buildings)} buildings"
        failed = [o for o in outcomes if o.run is None]
        for outcome in failed:
            self._engine.note(warning(f"selection {outcome.shared.name} failed: {outcome.problem}"))
        if len(failed) == len(outcomes):
            raise StudyError(f"no selection could be made; {failed[0].shared.name}: {failed[0].problem}")
        for outcome in outcomes:
            for note in outcome.run.notes if outcome.run is not None else ():
                if warnings_of([note]) or doubts_of([note]):
                    self._engine.note(
                        note if note in made.notes else labelled(f"selection {outcome.shared.name}", note)
                    )
        return outcomes

    def _check_targets(self, shared: Sequence[SharedSelection]) -> None:
        """Find what is wrong with the targets of selections before spectra are computed."""
        problems: list[str] = []
        for one in shared:
            study = study_of(self._portfolio, one, self._out)
            problems += stage_problems(study, self._host, ("target",))
        if problems:
            raise InputError(list(dict.fromkeys(problems)))

    def _analyse(self, buildings: Sequence[Building], outcomes: Sequence[SelectionOutcome]) -> _Gathered:
        counts = {o.shared.name: len(o.run.selection.records) for o in outcomes if o.run}
        total = sum(counts.get(o.shared.name, 0) * len(o.shared.buildings) for o in outcomes)
        if self._engine.fresh:
            remove_analyses(self._out)
        done = 0

        def on_result(building: Building, result: AnalysisResult) -> None:
            nonlocal done
            done += 1
            self._host.hook.gmplug_analysis_finished(result=result)
            self._display.progress(done, total, f"{building.id}, {result.id}: {result.status}")

        gathered = _Gathered(self._portfolio.report)
        workers = min(self._workers, max(total, 1))
        with self._engine.step("analysis") as step, DemandWriter(self._out) as writer:

            def on_building(found: BuildingResults) -> None:
                writer.add(found)
                gathered.add(found)

            make_executor = executor_maker(self._portfolio, self._host, workers)
            analyse_buildings(
                self._portfolio, buildings, outcomes, self._out, self._host, make_executor, on_result,
                on_building,
            )  # fmt: skip
            counts = counts_by_status(gathered.buildings)
            step.value = gathered.buildings
            step.text = f"{total} analyses: " + ", ".join(f"{n} {status}" for status, n in counts.items())
        return gathered

    def _report(self, gathered: _Gathered, sharing: pd.DataFrame, selections: pd.DataFrame) -> PortfolioRun:
        buildings = gathered.buildings
        for note in _model_notes(buildings):
            self._engine.note(note)
        for row in buildings[buildings["problem"] != ""].to_dict("records"):
            self._engine.note(warning(f"building {row['id']} has no results: {row['problem']}"))
        _replace(self._out / "buildings.csv", buildings.to_csv(index=False))
        summary = self._summary(gathered, sharing, selections)
        curve = functionality_curve(buildings, self._portfolio.report)
        if len(curve):
            _replace(self._out / "functionality.csv", curve.to_csv(index=False))
        results = PortfolioResults(
            buildings, sharing, selections, gathered.drifts, gathered.slowest, gathered.silent,
            self._simulated, self._engine.notes, curve, attention_lines(summary),
        )  # fmt: skip
        with self._engine.step("report") as step:
            html, figures = step.value = render(self._portfolio, results, summary)
            folder = self._out / "figures"
            folder.mkdir(exist_ok=True)
            for name, png in figures.items():
                (folder / f"{name}.png").write_bytes(png)
            _replace(self._out / "report.html", html)
            step.text = "report.html"
        summary["timing_s"] = dict(self._engine.timing_s)
        text = json.dumps(plain(summary), indent=2, ensure_ascii=False, allow_nan=False)
        _replace(self._out / "summary.json", text + "\n")
        return PortfolioRun(self._out, summary, buildings, sharing, selections, self._engine.notes)

    def _summary(
        self, gathered: _Gathered, sharing: pd.DataFrame, selections: pd.DataFrame
    ) -> dict[str, Any]:
        buildings = gathered.buildings
        thresholds = self._portfolio.report.drift_thresholds
        counts = counts_by_status(buildings)
        damage = [name for name in map(str, buildings) if name.startswith("damage_")]
        return {
            "gmplug_version": __version__,
            "portfolio": self._portfolio.portfolio.name,
            "seed": self._portfolio.portfolio.seed,
            "buildings": len(buildings),
            "buildings_without_results": int((buildings["problem"] != "").sum()),
            "selections": len(selections),
            "analyses": counts,
            "silent_analyses": sum(n for status, n in counts.items() if status not in ("ok", "collapsed")),
            "median_drift_ratio": _known(buildings["median_drift_ratio"].median()),
            "collapse_fraction": _known(buildings["collapse_fraction"].mean()),
            "exceeding": {f"{t:g}": _known(buildings[f"exceeding_{t:g}"].mean()) for t in thresholds},
            "damage": {name.removeprefix("damage_"): _known(buildings[name].mean()) for name in damage},
            "resilience_index": _mean(buildings, "resilience_index"),
            "repair_cost_ratio": _mean(buildings, "repair_cost_ratio"),
            "sharing": _sharing_summary(sharing),
            "failures": gathered.failures,
            "warnings": warnings_of(self._engine.notes),
            "analysis_wall_s": float(buildings["wall_s"].sum()),
            "timing_s": dict(self._engine.timing_s),
            "notes": list(self._engine.notes),
        }

    def _write_portfolio(self) -> None:
        import tomli_w

        content = self._portfolio.model_dump(mode="json", exclude_none=True)
        content["portfolio"]["buildings"] = str(self._portfolio.buildings_file.resolve())
        _replace(self._out / "portfolio.toml", tomli_w.dumps(content))


class _Gathered:
    """What is kept of all analyses in memory: a row per building, the drifts, and a few single analyses."""

    def __init__(self, report: ReportSection) -> None:
        self._report = report
        self._rows: list[dict[str, Any]] = []
        self._drifts: dict[str, list[float]] = {}
        self._slowest: list[dict[str, Any]] = []
        self._silent: list[dict[str, Any]] = []

    def add(self, found: BuildingResults) -> None:
        self._rows.append(building_summary(found, self._report))
        drifts = self._drifts.setdefault(found.building.kind, [])
        singles = [_single(found, result) for result in found.results]
        drifts += [float(r.demands[DRIFT]) for r in found.results if r.status == "ok" and DRIFT in r.demands]
        self._slowest = sorted([*self._slowest, *singles], key=lambda row: -row["wall_s"])[:_SLOWEST]
        silent = [row for row in singles if row["status"] not in ("ok", "collapsed")]
        self._silent += silent

    @property
    def buildings(self) -> pd.DataFrame:
        return pd.DataFrame(self._rows)

    @property
    def drifts(self) -> dict[str, Any]:
        return {kind: np.array(self._drifts[kind]) for kind in sorted(self._drifts)}

    @property
    def slowest(self) -> pd.DataFrame:
        return pd.DataFrame(self._slowest)

    @property
    def silent(self) -> pd.DataFrame:
        return pd.DataFrame(self._silent[:_SILENT])

    @property
    def failures(self) -> list[dict[str, str]]:
        """``building``, ``id``, ``status`` and ``message`` of each analysis that says nothing."""
        return [{k: str(row[k]) for k in ("building", "id", "status", "message")} for row in self._silent]


def _single(found: BuildingResults, result: AnalysisResult) -> dict[str, Any]:
    return {
        "building": found.building.id,
        "id": result.id,
        "status": result.status,
        "wall_s": result.wall_s,
        "message": result.message,
    }


def _known(value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None


def _mean(buildings: pd.DataFrame, column: str) -> float | None:
    return _known(buildings[column].mean()) if column in buildings else None


def _sharing_summary(sharing: pd.DataFrame) -> dict[str, float | None]:
    bias, sigma = sharing["bias_ln"].abs(), sharing["selected_sigma_ln"]
    return {
        "largest_abs_ln_period_shift": _known(sharing["ln_period_shift"].abs().max()),
        "mean_abs_bias_ln": _known(bias.mean()),
        "largest_abs_bias_ln": _known(bias.max()),
        "mean_sigma_ln": _known(sigma.mean()),
        "largest_sigma_ln": _known(sigma.max()),
        "mean_target_sigma_ln": _known(sharing["target_sigma_ln"].mean()),
    }


def _model_notes(buildings: pd.DataFrame) -> list[str]:
    off = (buildings["model_period_s"] / buildings["period_s"] - 1).abs() > _PERIOD_TOLERANCE
    if not off.any():
        return []
    first = buildings[off].iloc[0]
    return [
        f"the model's first period is not the table's for {int(off.sum())} of {len(buildings)} buildings "
        f"({first['id']}: {first['model_period_s']:.3g} s, table {first['period_s']:.3g} s); records were "
        "scaled at the table's"
    ]


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)
