"""The simulated catalogue: its cost, how near spectra are to the drawn ones, what it offers a study."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from gmplug.catalogue.simulated import simulated_catalogue
from gmplug.catalogue.simulated.population import CONTROL_PERIODS_S, Population, draw_population
from gmplug.gmm.correlation import baker_jayaram_2008
from gmplug.gmm.durations import afshari_stewart_2016
from gmplug.measures.records import measure_correlations
from gmplug.values import PULSE, Catalogue, FloatArray, Scenario

TUNED_ON = "the catalogue of seed 1"
REPORTED_ON = "the catalogue of seed 2"
SEED = 2
STUDY_PERIODS_S = np.round(0.01 * np.arange(1, 201), 9)
BANDS = ((0.01, 0.035), (0.035, 0.15), (0.15, 3.0), (3.0, 10.0))
#: Sa at 1 s to which candidates are scaled, g.
WANTED_G = (0.4, 0.8)


def _processor_time() -> float:
    """Of this process and those that it has ended, s."""
    return sum(os.times()[:4])


def run() -> list[dict[str, Any]]:
    """Make the whole catalogue with two threads and compare it with what was drawn."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        start = _processor_time()
        study = simulated_catalogue(periods_s=STUDY_PERIODS_S, seed=SEED, workers=2, cache_dir=folder)
        made_s = _processor_time() - start
        start = _processor_time()
        simulated_catalogue(periods_s=STUDY_PERIODS_S, seed=SEED, workers=2, cache_dir=folder)
        read_s = _processor_time() - start
        whole = simulated_catalogue(periods_s=CONTROL_PERIODS_S, seed=SEED, workers=2, cache_dir=folder)
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    rows = [
        _row("records, of them with a pulse", f"{len(study.records)}, {_pulses(study)}"),
        _row("making, processor time, s", made_s),
        _row("reading again, processor time, s", read_s),
        _row("size on disk, MB", size / 1e6),
    ]
    return rows + _agreement(whole) + _candidates(study)


def _agreement(whole: Catalogue) -> list[dict[str, Any]]:
    population = draw_population(len(whole.records), SEED, "BSSA14", 0.25)
    misfit = np.log(whole.sa_g) - population.ln_sa
    sigma = np.hypot(population.tau_ln, population.phi_ln)
    found = (np.log(whole.sa_g) - population.ln_amplification - population.ln_median) / sigma
    error = np.corrcoef(found.T) - baker_jayaram_2008(CONTROL_PERIODS_S)
    rows = [
        _row("mean |ln| to the drawn spectra", np.abs(misfit).mean()),
        _row("  worst record", np.abs(misfit).mean(axis=1).max()),
    ]
    for low, high in BANDS:
        band = (low <= CONTROL_PERIODS_S) & (high >= CONTROL_PERIODS_S)
        part = f"{low:g}-{high:g} s"
        rows += [
            _row(
                f"{part}: mean |ln|, mean ln",
                f"{np.abs(misfit[:, band]).mean():.3f}, {misfit[:, band].mean():+.3f}",
            ),
            _row(f"{part}: mean residual / sigma", _span(found[:, band].mean(axis=0))),
            _row(f"{part}: std of residual / sigma", _span(found[:, band].std(axis=0))),
        ]
    rows += [_prolonged(whole, part) for part in ("5_75", "5_95")]
    rows += _measures(whole, population, found)
    rows.append(_row("correlation less Baker-Jayaram", f"mean {error.mean():+.3f}, {_span(error)}"))
    return rows


def _prolonged(whole: Catalogue, part: str) -> dict[str, Any]:
    ln_ratio = np.log(whole.records[f"duration_{part}_s"] / whole.records[f"d{part}_s"])
    return _row(
        f"duration {part} over that asked for: mean ln, std", f"{ln_ratio.mean():+.2f}, {ln_ratio.std():.2f}"
    )


def _measures(whole: Catalogue, population: Population, found: FloatArray) -> list[dict[str, Any]]:
    """Durations and PGV against their models, and with the residuals of ln Sa (0.01, 0.3, 1, 3 s)."""
    scenarios = [
        Scenario(row.magnitude, rrup_km=row.rrup_km, vs30_m_s=row.vs30_m_s, mechanism=row.mechanism)
        for row in whole.records.itertuples()
    ]
    durations = [afshari_stewart_2016(scenario) for scenario in scenarios]
    models = {
        name: (np.array([d[name][0] for d in durations]), np.array([d[name][1] for d in durations]))
        for name in ("duration_5_75_s", "duration_5_95_s")
    }
    models["pgv_cm_s"] = (population.ln_pgv_median, population.sigma_pgv)
    at = [int(np.argmin(np.abs(CONTROL_PERIODS_S - period))) for period in (0.01, 0.3, 1.0, 3.0)]
    rows = []
    for name, (ln_median, sigma) in models.items():
        off = np.log(whole.records[name].to_numpy()) - ln_median
        _, published = measure_correlations((name,), CONTROL_PERIODS_S[at])
        own = " ".join(f"{np.corrcoef(off / sigma, found[:, i])[0, 1]:+.2f}" for i in at)
        theirs = " ".join(f"{value:+.2f}" for value in published[0])
        rows += [
            _row(
                f"{name}: mean ln to its model; std / sigma", f"{off.mean():+.3f}; {(off / sigma).std():.2f}"
            ),
            _row("  correlation with ln Sa; published", f"{own}; {theirs}"),
        ]
    return rows


def _candidates(study: Catalogue) -> list[dict[str, Any]]:
    records = study.records
    sa_1s = study.sa_g[:, int(np.argmin(np.abs(STUDY_PERIODS_S - 1.0)))]
    rows = []
    for wanted in WANTED_G:
        scaled = (wanted / sa_1s >= 0.25) & (wanted / sa_1s <= 4.0)
        kept = scaled & records["magnitude"].between(6.0, 7.5).to_numpy()
        soft = kept & records["vs30_m_s"].between(180, 360).to_numpy()
        slip = soft & (records["mechanism"] == "strike-slip").to_numpy()
        for what, mask in (("M 6-7.5", kept), ("and Vs30 180-360", soft), ("and strike-slip", slip)):
            pulse = int((records["group"][mask] == PULSE).sum())
            rows.append(
                _row(f"Sa(1 s) = {wanted:g} g, {what}: pulse, other", f"{pulse}, {mask.sum() - pulse}")
            )
    return rows


def _pulses(catalogue: Catalogue) -> int:
    return int((catalogue.records["group"] == PULSE).sum())


def _span(values: FloatArray) -> str:
    return f"{values.min():+.2f} to {values.max():+.2f}"


def _row(what: str, value: float | str) -> dict[str, Any]:
    return {"measure": what, "value": value if isinstance(value, str) else f"{value:.3g}"}


def found(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What the overview states."""
    value = {row["measure"]: row["value"] for row in rows}
    return {
        "Simulated catalogue, [simulated](simulated.md)": (
            f"{value['records, of them with a pulse'].split(',')[0]} records in "
            f"{value['making, processor time, s']} s of processor time: mean |ln| to the drawn spectra "
            f"{value['mean |ln| to the drawn spectra']}, of the worst record {value['  worst record']}."
        )
    }
