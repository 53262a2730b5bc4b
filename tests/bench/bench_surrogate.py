"""Twenty records with a surrogate of the structure: errors over those of random sets, coverage, by structure.

The folder in the environment variable ``GMPLUG_BENCH_FOLDER`` keeps the responses of all candidates; without it
they are computed in a temporary one.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from gmplug.audit import AuditPlan, audit_candidates
from gmplug.audit.audit import Audit, known_candidates
from gmplug.audit.strata import Strata, study_strata
from gmplug.demands import DRIFT, FLOOR_ACCELERATION, RESIDUAL_DRIFT, ROOF_DRIFT
from tests.bench.surrogate_cases import CASES, Case, respond

DRAWS = 200
TUNED_ON = ", ".join(case.title for case in CASES if case.tuned)
REPORTED_ON = ", ".join(case.title for case in CASES if not case.tuned)
_TITLES = {
    DRIFT: "peak story drift", ROOF_DRIFT.column: "roof drift",
    FLOOR_ACCELERATION.column: "floor acceleration", RESIDUAL_DRIFT.column: "residual drift",
}  # fmt: skip


def run() -> list[dict[str, Any]]:
    """One row per structure and demand."""
    kept = os.environ.get("GMPLUG_BENCH_FOLDER")
    if kept:
        return [row for case in CASES for row in rows(case, audited(case, Path(kept)))]
    with tempfile.TemporaryDirectory() as folder:
        return [row for case in CASES for row in rows(case, audited(case, Path(folder)))]


def audited(case: Case, folder: Path, draws: int = DRAWS) -> Audit:
    """The audit of a case."""
    candidates, clusters, target, responses, surrogate, section = respond(case, folder)
    labels = study_strata(clusters).labels
    known, responses, labels = known_candidates(candidates, responses, labels)
    surrogate = surrogate.take([str(name) for name in known.records["id"]])
    return audit_candidates(
        known, target, [Strata("clusters", labels)], responses, section, plan=AuditPlan(1, draws, 0),
        surrogate=surrogate,
    )  # fmt: skip


def rows(case: Case, audit: Audit) -> list[dict[str, Any]]:
    """The table of one audit: whole demands, and the worst of the stories' drifts."""
    table = audit.table.set_index(["demand", "scheme", "estimate"])
    truth = audit.truth.set_index("demand")
    found = []
    for demand in audit.demands:
        own = table.loc[demand]
        best = own.loc[("surrogate", "surrogate")]
        r2 = max(float(truth.loc[demand, name]) for name in truth if name.startswith("r2_"))
        found.append(
            {
                "structure": case.title,
                "demand": _TITLES.get(demand, f"story {demand.rsplit('_', 1)[-1]}"),
                "analyses": int(truth.loc[demand, "records"]),
                "R2": round(r2, 2),
                "spectra": round(float(own.loc[("candidates-quotas", "plain")]["ln_median_ratio"]), 2),
                "random, estimate": round(float(own.loc[("random", "surrogate")]["ln_median_ratio"]), 2),
                "representative": round(float(own.loc[("surrogate", "plain")]["ln_median_ratio"]), 2),
                "with estimate": round(float(best["ln_median_ratio"]), 2),
                "worth": round(float(best["equivalent_analyses"])),
                "dispersion": round(float(best["dispersion_ratio"]), 2),
                "coverage": round(float(best["ln_median_coverage"]), 2),
                "coverage, random": round(float(own.loc[("random", "surrogate")]["ln_median_coverage"]), 2),
                "of dispersion": round(float(best["dispersion_coverage"]), 2),
            }
        )
    return found
