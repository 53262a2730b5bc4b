"""Comparing clusterers on a study's candidates or on a case study, and the files of the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.chain.display import Display
from gmplug.chain.engine import Engine
from gmplug.comparison.cases import CASE_SEED, CASES, make_case, simulated_base
from gmplug.comparison.compare import Comparison, compare_clusterers
from gmplug.comparison.fits import Plan
from gmplug.comparison.response import candidate_responses
from gmplug.errors import InputError
from gmplug.host import Host
from gmplug.runs import open_study, run_study
from gmplug.values import Candidates

#: Folder of the results in the run directory.
FOLDER = "compare"


@dataclass(frozen=True)
class ComparedStudy:
    """A comparison and where its files lie."""

    comparison: Comparison
    folder: Path
    title: str
    seed: int
    conditioning_period_s: float
    simulated: bool


def compare_study(
    study_file: Path,
    out: Path | None = None,
    *,
    clusterers: Sequence[str] = (),
    seeds: int = 5,
    resamples: int = 5,
    truth: str | None = None,
    known_k: bool = False,
    display: Display | None = None,
    isolated: bool = True,
) -> ComparedStudy:
    """Run a study up to its candidates, compare clusterers on them, and write ``compare/`` there.

    Parameters
    ----------
    out
        The study's run directory; ``NAME-run`` beside the study file if not given. Its candidates are taken
        from there where they are still good.
    clusterers
        Names; all installed ones if empty. The study's options go to its own method, others have their
        defaults.
    """
    display = display or Display()
    study, host = open_study(study_file, ("clustering",))
    for name in clusterers:
        host.provider("clusterers", name)  # an unknown one is said before anything runs
    run_dir = Path(out) if out is not None else study.base_dir / f"{study.study.name}-run"
    run = run_study(study, run_dir, until="preselection", display=display, host=host)
    engine = Engine(run.run_dir, host, display)
    t_star, seed = study.conditioning_period_s, study.study.seed
    with engine.step("response") as step:
        responses = candidate_responses(
            run.candidates, t_star, run.target.sa_g, base_dir=study.base_dir, progress=display.progress
        )
        step.value, step.text = responses, f"{responses.known} candidates with waveforms"
    section = study.clustering
    comparison = _compare(
        run.candidates,
        t_star,
        engine,
        clusterers=clusterers,
        options={section.method: section.options},
        k_max=section.k_max,
        plan=Plan(seed, seeds, resamples),
        truth=truth,
        known_k=known_k,
        responses=responses,
        base_dir=study.base_dir,
        scripts=study.script_paths(),
        isolated=isolated,
    )
    found = ComparedStudy(
        comparison, run.run_dir / FOLDER, study.study.name, seed, t_star, run.catalogue.simulated
    )
    write(found)
    return found


def compare_case(
    name: str,
    out: Path,
    *,
    clusterers: Sequence[str] = (),
    seeds: int = 5,
    resamples: int = 5,
    known_k: bool = False,
    display: Display | None = None,
    base: Candidates | None = None,
    workers: int = 1,
    isolated: bool = True,
) -> ComparedStudy:
    """Compare clusterers on a case study made from the simulated catalogue (or ``base``), T* = 1 s."""
    if name not in CASES:
        raise InputError(f"unknown case '{name}'; known: {', '.join(CASES)}")
    display = display or Display()
    host = Host()
    for clusterer in clusterers:
        host.provider("clusterers", clusterer)
    simulated = base is None
    engine = Engine(out, host, display)
    if base is None:
        with engine.step("catalogue") as step:
            base = simulated_base(out / "catalogue", workers=workers, progress=display.progress)
            step.value, step.text = base, f"{len(base.records)} simulated records"
    candidates = make_case(name, base.ln_sa, base.periods_s, base.records)
    comparison = _compare(
        candidates,
        1.0,
        engine,
        clusterers=clusterers,
        plan=Plan(1, seeds, resamples, at_two=False),
        known_k=known_k,
        isolated=isolated,
    )
    found = ComparedStudy(comparison, out / FOLDER, f"case {name}", CASE_SEED, 1.0, simulated)
    write(found)
    return found


def _compare(candidates: Candidates, t_star: float, engine: Engine, **settings: Any) -> Comparison:
    host = engine.host
    with engine.step("compare") as step:
        comparison = compare_clusterers(
            candidates, t_star, host, progress=engine.display.progress, **settings
        )
        worked = int((comparison.table["status"] == "ok").sum())
        step.value = comparison
        step.text = f"{len(comparison.methods)} clusterers, {worked} of {len(comparison.table)} rows"
    for note in (*comparison.notes, *(f"not used: {problem}" for problem in host.problems)):
        engine.note(note)
    return comparison


# -- files -------------------------------------------------------------------------------------------


def write(found: ComparedStudy) -> None:
    """Write compare.csv, clusters.csv, scores.csv, agreement.csv, responses.csv and compare.html."""
    from gmplug.comparison.page import render_page

    comparison, folder = found.comparison, found.folder
    folder.mkdir(parents=True, exist_ok=True)
    comparison.table.to_csv(folder / "compare.csv", index=False)
    clusters_table(comparison).to_csv(folder / "clusters.csv", index=False)
    scores_table(comparison).to_csv(folder / "scores.csv", index=False)
    agreement_table(comparison).to_csv(folder / "agreement.csv", index=False)
    if comparison.responses is not None and comparison.responses.known:
        responses_table(comparison).to_csv(folder / "responses.csv", index=False)
    else:
        (folder / "responses.csv").unlink(missing_ok=True)
    html = render_page(
        comparison, found.title, found.conditioning_period_s, found.seed, simulated=found.simulated
    )
    (folder / "compare.html").write_text(html, encoding="utf-8")


def clusters_table(comparison: Comparison) -> pd.DataFrame:
    """Cluster of every candidate by every method, first seed: id, group, method, cluster."""
    assert comparison.candidates is not None
    records = comparison.candidates.records
    parts = []
    for (group, method), fit in comparison.fits.items():
        if fit.clustering is not None:
            ids = records.loc[(records["group"] == group).to_numpy(), "id"].to_numpy()
            parts.append(
                pd.DataFrame({"id": ids, "group": group, "method": method, "cluster": fit.clustering.labels})
            )
    return _together(parts, ["id", "group", "method", "cluster"])


def scores_table(comparison: Comparison) -> pd.DataFrame:
    """Scores of every number of clusters tried, first seed: group, method, k, silhouette, ..."""
    parts = [
        fit.clustering.scores.assign(group=group, method=method)
        for (group, method), fit in comparison.fits.items()
        if fit.clustering is not None
    ]
    columns = ["group", "method", "k", "silhouette", "calinski_harabasz", "davies_bouldin"]
    return _together(parts, columns)


def agreement_table(comparison: Comparison) -> pd.DataFrame:
    """Adjusted Rand index between methods, first seed: group, method, other, adjusted_rand."""
    rows = [
        (group, method, other, float(table.loc[method, other]))
        for group, table in comparison.agreement.items()
        for method in table.index
        for other in table.columns
    ]
    return pd.DataFrame(rows, columns=["group", "method", "other", "adjusted_rand"])


def responses_table(comparison: Comparison) -> pd.DataFrame:
    """Peak displacement, m, of the candidates with waveforms: id, group, and a column for each R."""
    assert comparison.candidates is not None and comparison.responses is not None
    responses = comparison.responses
    table = comparison.candidates.records[["id", "group"]].reset_index(drop=True)
    for column, ratio in enumerate(responses.strength_ratios):
        table[f"peak_displacement_m_r{ratio:g}"] = np.exp(responses.ln_peak_m[:, column])
    return table.dropna()


def _together(parts: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True)[columns]
