"""Auditing a study: its candidates and clusters, all responses, the draws, and the files of the result."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.audit.audit import Audit, Select, audit_candidates, audit_sets, known_candidates
from gmplug.audit.draws import AuditPlan
from gmplug.audit.responses import audited_oscillators, structure_responses, together
from gmplug.audit.strata import Strata, kmeans_strata, study_strata
from gmplug.batch.results import read_results, write_results
from gmplug.chain.display import Display
from gmplug.chain.engine import Engine
from gmplug.chain.lock import run_lock
from gmplug.chain.run import Run
from gmplug.chain.stage import StageContext
from gmplug.comparison.response import CandidateResponses, candidate_oscillators
from gmplug.errors import InputError, StudyError
from gmplug.notes import counted
from gmplug.report.page import Report
from gmplug.runs import open_study, run_study
from gmplug.surrogate.responses import Surrogate, read_surrogate, surrogate_of
from gmplug.values import Candidates, Clusters, IntArray, Target, no_progress

#: Folder of the results in the run directory.
FOLDER, FACTS_FILE = "audit", "audit.json"


@dataclass(frozen=True)
class AuditedStudy:
    """An audit and the folder of its files."""

    audit: Audit
    folder: Path
    title: str
    conditioning_period_s: float
    model: str
    simulated: bool

    def make_report(self) -> Report:
        """Return the page and its figures."""
        from gmplug.audit.page import render_page

        return render_page(self)


def audit_study(
    study_file: Path,
    out: Path | None = None,
    *,
    draws: int = 200,
    selector_draws: int = 50,
    left_out: float = 0.2,
    kmeans: Sequence[int] = (),
    kmeans_equal: Sequence[int] = (),
    demands: Sequence[str] = (),
    quick: bool = False,
    workers: int | None = None,
    display: Display | None = None,
) -> AuditedStudy:
    """Run a study up to its clusters, all candidates through its structure, audit, and write ``audit/``.

    Parameters
    ----------
    out
        The study's run directory; ``NAME-run`` beside the study file if not given. What it has is used,
        analyses too, and what is computed is there for the next ``gmplug run`` or ``gmplug audit``.
    kmeans, kmeans_equal
        Numbers of clusters: k-means, period-weighted or with all periods alike, beside the study's clusters.
    demands
        Columns of demands.csv to audit; those of README.md if empty.
    quick
        Only the oscillators, no structure.
    workers
        Processes for the analyses; all processors if None.
    """
    plan = AuditPlan(0, draws, selector_draws, left_out)  # reports bad numbers before anything runs
    for option, numbers in (("--kmeans", kmeans), ("--kmeans-equal", kmeans_equal)):
        if any(k < 1 for k in numbers):
            raise InputError(f"{option} must be at least 1")
    display = display or Display()
    until = ("selection",) if quick else ("selection", "analysis")
    study, host = open_study(study_file, until, None, {} if workers is None else {"workers": workers})
    if study.levels:
        raise InputError(
            "[[levels]]: an audit is of one level; leave the section out and give its sa_g in [target]"
        )
    if quick and demands:
        raise InputError(
            "--demand names results of the structure, which --quick leaves out; give one of them"
        )
    if not quick and study.structure.model is None:
        raise InputError(
            "[structure] names no model to run the candidates through: set model, or give --quick for the "
            "bilinear oscillators alone"
        )
    run_dir = Path(out) if out is not None else study.base_dir / f"{study.study.name}-run"
    run = run_study(study, run_dir, until="clustering", display=display, host=host)
    engine = Engine(run.run_dir, host, display)
    responses = _respond(engine, run, demands, quick)
    surrogate = None if quick else _surrogate(engine, run)
    plan = replace(plan, seed=study.study.seed)
    audit = _audit(engine, run, responses, surrogate, plan, kmeans, kmeans_equal)
    found = AuditedStudy(
        audit,
        run.run_dir / FOLDER,
        study.study.name,
        study.conditioning_period_s,
        "" if quick else str(study.structure.model),
        run.catalogue.simulated,
    )
    write(found)
    return found


def _respond(engine: Engine, run: Run, demands: Sequence[str], quick: bool) -> CandidateResponses:
    """All candidates through the oscillators, and through the structure unless ``quick``."""
    study = run.study
    with engine.step("oscillators") as step:
        found = audited_oscillators(candidate_oscillators(engine, run))
        step.value, step.text = found, f"{counted(int(found.known.sum()), 'candidate')} with waveforms"
    if quick:
        return found
    with engine.step("structure") as step:
        with run_lock(run.run_dir):
            of_structure = structure_responses(engine.context(study), run.candidates, run.clusters, demands)
        collapsed = int(of_structure.collapsed.sum())
        step.value = of_structure
        step.text = f"{counted(int(of_structure.known.sum()), 'candidate')}, {collapsed} collapsed"
    return together(of_structure, found)


def _surrogate(engine: Engine, run: Run) -> Surrogate | None:
    """The surrogate of the structure; None, with a note, where none can be made."""
    with engine.step("surrogate") as step:
        try:
            with run_lock(run.run_dir):
                found = surrogate_of(engine.context(run.study), run.candidates)
        except (InputError, StudyError) as error:
            engine.note(f"the audit goes on without a surrogate: {error}")
            return None
        step.value, step.text = found, f"{counted(int(found.known.sum()), 'candidate')}"
    for note in found.notes:
        engine.note(note)
    return found


def _audit(
    engine: Engine,
    run: Run,
    responses: CandidateResponses,
    surrogate: Surrogate | None,
    plan: AuditPlan,
    kmeans: Sequence[int],
    kmeans_equal: Sequence[int],
) -> Audit:
    study, clusters, target = run.study, run.clusters, run.target
    own = study_strata(clusters)
    known, found, labels = known_candidates(run.candidates, responses, own.labels)
    t_star, seed = study.conditioning_period_s, study.study.seed
    strata = [Strata(own.name, labels)]
    strata += [kmeans_strata(known, t_star, k, seed) for k in dict.fromkeys(kmeans)]
    strata += [kmeans_strata(known, t_star, k, seed, weighted=False) for k in dict.fromkeys(kmeans_equal)]
    with engine.step("audit") as step:
        at = np.flatnonzero(responses.known)
        quiet = replace(engine.context(study), progress=no_progress)  # its own would hide the audit's
        audit = audit_candidates(
            known,
            target,
            strata,
            found,
            study.selection,
            plan=plan,
            select=study_selector(quiet, known, clusters.take(at), target),
            surrogate=None if surrogate is None else surrogate.take(_ids(known)),
            progress=engine.display.progress,
        )
        step.value = audit
        step.text = f"{plan.draws} sets of {audit.count} by each of {len(audit.draws)} schemes"
    for note in audit.notes:
        engine.note(note)
    return audit


def _ids(candidates: Candidates) -> list[str]:
    return [str(name) for name in candidates.records["id"]]


def study_selector(
    context: StageContext, candidates: Candidates, clusters: Clusters, target: Target
) -> Select:
    """The study's own selection as a function of the candidates it may choose from and of a seed."""
    from gmplug.selection import stage

    def select(members: IntArray, seed: int) -> IntArray:
        seeded = context.study.model_copy(
            update={"study": context.study.study.model_copy(update={"seed": seed})}
        )
        pool = candidates.take(members)
        selection = stage.run(replace(context, study=seeded), pool, target, clusters.take(members))
        return candidates.positions(selection.records["id"])

    return select


# -- files -------------------------------------------------------------------------------------------


def write(found: AuditedStudy) -> None:
    """Write audit.csv, audit.json, responses.csv, sets.csv and audit.html."""
    audit = found.audit
    tables = {"audit": audit.table, "responses": responses_table(audit), "sets": sets_table(audit)}
    write_results(found.folder, FACTS_FILE, facts(found), tables, found.make_report(), "audit.html")


def load_audit(folder: Path) -> AuditedStudy:
    """Read an audit from its folder: the sets and responses that it has, measured again.

    Raises InputError where the run beside it has other candidates than the audit, or a file cannot be read.
    """
    from gmplug.chain.run import load_chain

    again = "run `gmplug audit` on the study again, which repeats no analysis"
    content, frames = read_results(
        folder, FACTS_FILE, ("responses", "sets"), ("id", "scheme", "group"), again
    )
    responses, sets = frames["responses"], frames["sets"]
    run = load_chain(folder.parent, until="clustering")
    if not responses["id"].isin(run.candidates.records["id"].astype(str)).all():
        raise InputError(f"{folder}: the run has other candidates than the audit; {again}")
    strata = [
        Strata(name, responses["cluster" if name == "clusters" else name].to_numpy(dtype=np.int64))
        for name in content["sizes"]
    ]
    found = CandidateResponses(
        responses[[row["demand"] for row in content["truth"]]],
        responses["collapsed"].to_numpy(dtype=bool),
        np.ones(len(responses), dtype=bool),
        tuple(content["from_structure"]),
        tuple(content["notes"]),
        content["collapse_drift_ratio"] or math.inf,
    )
    place = {name: i for i, name in enumerate(responses["id"])}
    drawn = {
        str(scheme): [part["id"].map(place).to_numpy(dtype=np.int64) for _, part in rows.groupby("draw")]
        for scheme, rows in sets.groupby("scheme")
    }
    plan = AuditPlan(content["seed"], content["draws"], content["selector_draws"], content["left_out"])
    candidates = run.candidates.take(run.candidates.positions(responses["id"]))
    surrogate = read_surrogate(folder.parent).take(_ids(candidates)) if "surrogate" in drawn else None
    audit = audit_sets(candidates, run.target, strata, found, run.study.selection, plan, drawn, surrogate)
    period_s, simulated = run.study.conditioning_period_s, content["simulated_records"]
    return AuditedStudy(audit, folder, content["study"], period_s, content["structure"] or "", simulated)


def responses_table(audit: Audit) -> pd.DataFrame:
    """Every audited candidate: id, group, its cluster in each division, collapsed, demands."""
    table = audit.candidates.records[["id", "group"]].reset_index(drop=True)
    for name, strata in audit.strata.items():
        table["cluster" if name == "clusters" else name] = strata.labels
    table["collapsed"] = audit.responses.collapsed
    return pd.concat([table, audit.responses.values], axis=1)


def sets_table(audit: Audit) -> pd.DataFrame:
    """Every record of every set: scheme, draw (1, 2, ...), id."""
    ids = audit.candidates.records["id"].to_numpy()
    parts = [
        pd.DataFrame(
            {
                "scheme": name,
                "draw": np.repeat(np.arange(1, len(drawn.sets) + 1), drawn.sets.shape[1]),
                "id": ids[drawn.sets.ravel()],
            }
        )
        for name, drawn in audit.draws.items()
    ]
    return pd.concat(parts, ignore_index=True)


def facts(found: AuditedStudy) -> dict[str, Any]:
    """What audit.json holds."""
    audit, plan = found.audit, found.audit.plan
    limit = audit.responses.collapse_drift_ratio
    return {
        "seed": plan.seed,
        "study": found.title,
        "structure": found.model or None,
        "simulated_records": found.simulated,
        "count": audit.count,
        "candidates": len(audit.candidates.records),
        "draws": plan.draws,
        "selector_draws": plan.selector_draws,
        "left_out": plan.left_out,
        "sizes": {
            name: _sizes(audit.candidates.records["group"], strata) for name, strata in audit.strata.items()
        },
        "from_structure": list(audit.responses.from_structure),
        "collapse_drift_ratio": limit if math.isfinite(limit) else None,
        "truth": audit.truth.to_dict("records"),
        "schemes": audit.drawn.to_dict("records"),
        "table": audit.table.to_dict("records"),
        "notes": list(audit.notes),
    }


def _sizes(groups: pd.Series, strata: Strata) -> dict[str, list[int]]:
    sizes = pd.DataFrame({"group": groups.to_numpy(), "cluster": strata.labels}).value_counts().sort_index()
    found: dict[str, list[int]] = {}
    for key, size in sizes.items():
        found.setdefault(str(key[0]), []).append(int(size))  # type: ignore[index]
    return found
