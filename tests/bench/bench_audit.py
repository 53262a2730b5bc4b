"""The audit on simulated records and oscillators: what clusters explain, what they gain, what a set costs."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from gmplug.audit import AuditPlan, Strata, audit_candidates
from gmplug.audit.strata import kmeans_strata
from gmplug.comparison import oscillator_responses, simulated_base
from gmplug.study.schema import SelectionSection
from gmplug.values import Candidates, Target

TUNED_ON = "nothing: weights of periods are those of the method"
REPORTED_ON = "120 simulated records"
SA_G, DRAWS, DEMAND = 0.6, 400, "peak_displacement_m_r4"


def run() -> list[dict[str, Any]]:
    """One row per division: η² at R = 4, √(1 − η²), RMSE of the median over random; the time of an audit."""
    with tempfile.TemporaryDirectory() as folder:
        base = simulated_base(Path(folder), count=120, workers=os.cpu_count() or 1)
        at = int(np.argmin(np.abs(base.periods_s - 1.0)))
        factor = SA_G / np.exp(base.ln_sa[:, at])
        records = base.records.assign(scale_factor=factor, group="all")
        candidates = Candidates(records, base.periods_s, base.ln_sa + np.log(factor)[:, None], base.funnel)
        responses = oscillator_responses(candidates, 1.0, SA_G)
    covariance = np.diag(candidates.ln_sa.var(axis=0, ddof=1))
    target = Target(candidates.periods_s, candidates.ln_sa.mean(axis=0), covariance, 1.0, SA_G)
    divisions: list[Strata] = [kmeans_strata(candidates, 1.0, k, 1) for k in (2, 3, 4)]
    divisions.append(kmeans_strata(candidates, 1.0, 2, 1, weighted=False))
    rows = []
    for strata in divisions:
        start = time.perf_counter()
        found = audit_candidates(
            candidates, target, [strata], responses, SelectionSection(count=20), plan=AuditPlan(1, DRAWS, 0)
        )
        wall_s = time.perf_counter() - start
        eta2 = float(found.truth.set_index("demand").loc[DEMAND, f"eta2_{strata.name}"])
        plain = found.table[(found.table["estimate"] == "plain") & (found.table["demand"] == DEMAND)]
        ratio = plain.set_index("scheme")["ln_median_ratio"]
        end = f":{strata.name}"
        rows.append(
            {
                "division": strata.name,
                "eta2": round(eta2, 2),
                "sqrt(1 - eta2)": round(float(np.sqrt(1 - eta2)), 2),
                "random in quotas / random": round(float(ratio[f"stratified{end}"]), 2),
                "matched / random": round(float(ratio["candidates"]), 2),
                "matched in quotas / random": round(float(ratio[f"candidates-quotas{end}"]), 2),
                "audit_s": round(wall_s, 1),
            }
        )
    return rows


def found(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What the overview states."""
    two = rows[0]
    return {
        "What do clusters gain for oscillators, R = 4? [audit](audit.md)": (
            f"Two clusters explain {two['eta2']:.0%} of the variance. Error of the median over that of "
            f"random sets: {two['random in quotas / random']} within quotas (expected "
            f"{two['sqrt(1 - eta2)']}), {two['matched / random']} matched to the candidates, "
            f"{two['matched in quotas / random']} both."
        )
    }
