"""Twenty records with a surrogate of the structure: errors over those of random sets, coverage, by structure.

The folder in the environment variable ``GMPLUG_BENCH_FOLDER`` keeps the responses of all candidates. Without
it they are computed in a temporary one.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.audit import AuditPlan, audit_candidates
from gmplug.audit.audit import Audit, known_candidates
from gmplug.audit.draws import as_draws, draw_set, make_pools, surrogate_quantities
from gmplug.audit.errors import of_pools_table
from gmplug.audit.schemes import Scheme
from gmplug.audit.strata import Strata, study_strata
from gmplug.audit.surrogate import collapses_of, samples_of, surrogate_errors
from gmplug.demands import DRIFT, FLOOR_ACCELERATION, RESIDUAL_DRIFT, ROOF_DRIFT
from gmplug.surrogate.responses import Surrogate
from tests.bench import measured
from tests.bench.surrogate_cases import CASES, Case, Responded, respond

DRAWS, COVERAGE_DRAWS = 200, 1000
TUNED_ON = ", ".join(case.title for case in CASES if case.tuned)
REPORTED_ON = ", ".join(case.title for case in CASES if not case.tuned)
_TITLES = {
    DRIFT: "peak story drift",
    ROOF_DRIFT.column: "roof drift",
    FLOOR_ACCELERATION.column: "floor acceleration",
    RESIDUAL_DRIFT.column: "residual drift",
}


def run() -> list[dict[str, Any]]:
    """One row per structure and demand."""
    kept = os.environ.get("GMPLUG_BENCH_FOLDER")
    if kept:
        return [row for case in CASES for row in rows(case, Path(kept))]
    with tempfile.TemporaryDirectory() as folder:
        return [row for case in CASES for row in rows(case, Path(folder))]


def found(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What the overview states."""
    shown = [row for row in rows if row["demand"] != "residual drift"]
    drifts = [row["with estimate"] for row in shown if "acceleration" not in row["demand"]]
    accelerations = [row["with estimate"] for row in shown if "acceleration" in row["demand"]]
    covered = [100 * row["coverage, random"] for row in shown]
    count = len({row["structure"] for row in shown})
    half, covering = np.median(drifts), np.median(covered)
    return {
        "Twenty records and a surrogate of the structure, [surrogate](surrogate.md)": (
            f"{count} structures, most of them looked at while surrogates were made: error of the median "
            f"over that of random sets {measured.span(drifts)} for drifts (half of them up to {half:.2f}), "
            f"{measured.span(accelerations)} for accelerations; 95 % intervals hold in "
            f"{measured.span(covered, '.0f')} % of random sets (half of them in {covering:.0f} % or more)."
        )
    }


def rows(
    case: Case, folder: Path, draws: int = DRAWS, coverage_draws: int = COVERAGE_DRAWS
) -> list[dict[str, Any]]:
    """The table of one structure."""
    found = respond(case, folder)
    known, responses, labels = known_candidates(
        found.candidates, found.responses, study_strata(found.clusters).labels
    )
    surrogate = found.surrogate.take([str(name) for name in known.records["id"]])
    strata = [Strata("clusters", labels)]
    audit = audit_candidates(
        known,
        found.target,
        strata,
        responses,
        found.section,
        plan=AuditPlan(1, draws, 0),
        surrogate=surrogate,
    )
    covered = coverage(audit, found, surrogate, strata, coverage_draws)
    table, truth = audit.table.set_index(["demand", "scheme", "estimate"]), audit.truth.set_index("demand")
    shown = []
    for demand in audit.demands:
        own = table.loc[demand]
        best = own.loc[("surrogate", "surrogate")]
        ratios = {
            "spectra": own.loc[("candidates-quotas", "plain")],
            "random, estimate": own.loc[("random", "surrogate")],
            "representative": own.loc[("surrogate", "plain")],
            "with estimate": best,
        }
        explained = {name: float(truth.loc[demand, name]) for name in truth if name.startswith("r2_")}
        shown.append(
            {
                "structure": case.title,
                "demand": _TITLES.get(demand, f"story {demand.rsplit('_', 1)[-1]}"),
                "records": int(truth.loc[demand, "records"]),
                "R2": round(max(explained.values()), 2),
                **{name: round(float(row["ln_median_ratio"]), 2) for name, row in ratios.items()},
                "worth": round(float(best["equivalent_analyses"])),
                "dispersion": round(float(best["dispersion_ratio"]), 2),
                **{name: round(shares[demand], 3) for name, shares in covered.items()},
            }
        )
    return shown


def coverage(
    audit: Audit, found: Responded, surrogate: Surrogate, strata: list[Strata], draws: int
) -> dict[str, dict[str, float]]:
    """Share of 95 % intervals that hold the candidates' median, by the way of drawing and the demand."""
    plan, candidates = AuditPlan(2, draws, 0), audit.candidates
    pools = make_pools(candidates, found.target, strata, found.section, plan)
    matched = surrogate_quantities(candidates, found.target, surrogate)
    shares: dict[str, dict[str, float]] = {}
    schemes = {"coverage, random": Scheme("random"), "coverage": Scheme("surrogate", match="surrogate")}
    for name, scheme in schemes.items():
        sets = [
            draw_set(scheme, pool, candidates, found.target, np.random.default_rng([2, draw]), matched)
            for draw, pool in enumerate(pools)
        ]
        drawn = as_draws(scheme, sets, pools, candidates, found.target)
        shares[name] = {}
        samples = samples_of(drawn, collapses_of(audit.responses, surrogate))
        for demand in audit.demands:
            ln = np.log(audit.responses.values[demand].to_numpy(dtype=float))
            of_pools: pd.DataFrame = of_pools_table(ln, np.zeros(len(ln)), pools)
            covered = surrogate_errors(ln, drawn, samples, surrogate.covariates(demand), of_pools)[1]
            shares[name][demand] = covered["ln_median"]
    return shares
