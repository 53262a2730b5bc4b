"""Comparing clusterers on a study's candidates or on a case study, and the files of the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.batch.results import read_results, write_results
from gmplug.chain.display import Display
from gmplug.chain.engine import Engine
from gmplug.comparison.cases import CASE_SEED, CASES, make_case, simulated_base
from gmplug.comparison.compare import Comparison, compare_clusterers
from gmplug.comparison.fits import GroupFits, Plan
from gmplug.comparison.response import CandidateResponses, candidate_oscillators
from gmplug.errors import InputError
from gmplug.host import Host
from gmplug.notes import counted
from gmplug.preselection.stage import save as save_candidates
from gmplug.report.page import Report
from gmplug.runs import open_study, run_study
from gmplug.values import Candidates, GroupClustering

#: Folder of the results in the run directory.
FOLDER, FACTS_FILE = "compare", "compare.json"
#: Columns of the tables that are texts.
_TEXTS = ("id", "group", "method", "other", "reason", "status", "sizes", "sizes_k2")


@dataclass(frozen=True)
class ComparedStudy:
    """A comparison and the folder of its files."""

    comparison: Comparison
    folder: Path
    title: str
    seed: int
    conditioning_period_s: float
    simulated: bool

    def make_report(self) -> Report:
        """Return the page and its figures."""
        from gmplug.comparison.page import render_page

        return render_page(self)


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
        The study's run directory; ``NAME-run`` beside the study file if not given. Its candidates are read
        where they still hold.
    clusterers
        Names; all installed ones if empty. The study's options go to its own method, others have their
        defaults.
    """
    display = display or Display()
    study, host = open_study(study_file, ("clustering",))
    for name in clusterers:
        host.provider("clusterers", name)  # reports an unknown name before anything runs
    run_dir = Path(out) if out is not None else study.base_dir / f"{study.study.name}-run"
    run = run_study(study, run_dir, until="preselection", display=display, host=host)
    engine = Engine(run.run_dir, host, display)
    t_star, seed = study.conditioning_period_s, study.study.seed
    with engine.step("response") as step:
        responses = candidate_oscillators(engine, run)
        step.value, step.text = (
            responses,
            f"{counted(int(responses.known.sum()), 'candidate')} with waveforms",
        )
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
    (out / FOLDER).mkdir(parents=True, exist_ok=True)
    save_candidates(candidates, out / FOLDER)
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
        step.text = (
            f"{counted(len(comparison.methods), 'clusterer')}, {worked} of {len(comparison.table)} rows"
        )
    for note in (*comparison.notes, *(f"not used: {problem}" for problem in host.problems)):
        engine.note(note)
    return comparison


# -- files -------------------------------------------------------------------------------------------


def write(found: ComparedStudy) -> None:
    """Write the tables, compare.json and compare.html; see README.md."""
    comparison = found.comparison
    responses = comparison.responses
    tables = {
        "compare": comparison.table,
        "clusters": clusters_table(comparison),
        "scores": scores_table(comparison),
        "agreement": agreement_table(comparison),
        "responses": responses_table(comparison) if responses and responses.known.any() else None,
    }
    facts = {
        "title": found.title,
        "seed": found.seed,
        "conditioning_period_s": found.conditioning_period_s,
        "simulated_records": found.simulated,
        "component_shares": [[*key, *shares] for key, (_, shares) in comparison.components.items()],
        "notes": comparison.notes,
    }
    write_results(found.folder, FACTS_FILE, facts, tables, found.make_report(), "compare.html")


def clusters_table(comparison: Comparison) -> pd.DataFrame:
    """Clusters of every method, first seed: id, group, method, cluster, and components of the features."""
    records = comparison.candidates.records
    parts = []
    for (group, method), fit in comparison.fits.items():
        if fit.clustering is not None:
            ids = records.loc[(records["group"] == group).to_numpy(), "id"].to_numpy()
            columns = {"id": ids, "group": group, "method": method, "cluster": fit.clustering.labels}
            first, second = comparison.components[group, method][0].T
            parts.append(pd.DataFrame({**columns, "component_1": first, "component_2": second}))
    return _together(parts, ["id", "group", "method", "cluster", "component_1", "component_2"])


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
    assert comparison.responses is not None
    table = comparison.candidates.records[["id", "group"]].reset_index(drop=True)
    return pd.concat([table, comparison.responses.values], axis=1).dropna()


def _together(parts: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True)[columns]


def load_comparison(folder: Path) -> ComparedStudy:
    """Read a comparison from its folder: the fits of the first seed.

    Raises InputError where the run beside it has other candidates, or a file cannot be read.
    """
    again = "run `gmplug compare` again"
    names = ("compare", "clusters", "scores", "agreement")
    content, frames = read_results(folder, FACTS_FILE, names, _TEXTS, again)
    table, clusters, scores, pairs = (frames[name] for name in names)
    candidates = _candidates_of(folder)
    by_group = candidates.records.groupby("group")["id"].apply(list)
    shares = {(group, method): (a, b) for group, method, a, b in content["component_shares"]}
    fits, components = {}, {}
    for row in table.to_dict("records"):
        key = group, method = str(row["group"]), str(row["method"])
        own = clusters[(clusters["group"] == group) & (clusters["method"] == method)]
        if key not in shares:
            fits[key] = GroupFits(None, problem=str(row["reason"]))
            continue
        if list(own["id"]) != [str(name) for name in by_group.get(group, [])]:
            raise InputError(f"{folder}: the run has other candidates than the comparison; {again}")
        tried = scores[(scores["group"] == group) & (scores["method"] == method)].reset_index(drop=True)
        labels = own["cluster"].to_numpy(dtype=np.int64)
        nothing = np.empty((len(labels), 0))
        fits[key] = GroupFits(GroupClustering(labels, int(row["k"]), tried, nothing), (labels,))
        components[key] = own[["component_1", "component_2"]].to_numpy(dtype=float), shares[key]
    agreement = {}
    for name, part in pairs.groupby("group", sort=False):
        methods = list(dict.fromkeys(part["method"]))
        values = part["adjusted_rand"].to_numpy(dtype=float).reshape(len(methods), len(methods))
        agreement[str(name)] = pd.DataFrame(values, index=methods, columns=methods)
    responses, notes = _read_responses(folder, candidates), tuple(content["notes"])
    comparison = Comparison(table, fits, agreement, responses, candidates, components, notes)
    return ComparedStudy(
        comparison,
        folder,
        content["title"],
        content["seed"],
        content["conditioning_period_s"],
        content["simulated_records"],
    )


def _candidates_of(folder: Path) -> Candidates:
    """The candidates of the run beside a comparison, or those of a case, which lie in the folder."""
    from gmplug.chain.run import load_chain
    from gmplug.preselection import stage

    if (folder / stage.CANDIDATES).is_file():
        return stage.load(folder)
    return load_chain(folder.parent, until="preselection").candidates


def _read_responses(folder: Path, candidates: Candidates) -> CandidateResponses | None:
    if not (folder / "responses.csv").is_file():
        return None
    _, frames = read_results(folder, FACTS_FILE, ("responses",), _TEXTS, "")
    values = frames["responses"].set_index("id").drop(columns="group")
    values = values.reindex(candidates.records["id"].astype(str)).reset_index(drop=True)
    return CandidateResponses.of_oscillators(values)
