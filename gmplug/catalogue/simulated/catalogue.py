"""The catalogue that needs no data: simulated records, made on first use."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import pandas as pd
from pydantic import Field

from gmplug.catalogue.simulated import store
from gmplug.host.options import MADE
from gmplug.measures.compute import peak_velocity_cm_s
from gmplug.measures.registry import computed_columns, computed_measures
from gmplug.spectra.many import map_in_threads, spectra_of_motions, spectrum_of_motion
from gmplug.values import NONPULSE, PULSE, Catalogue, FloatArray, Motion, Progress, no_progress

if TYPE_CHECKING:
    from gmplug.catalogue.simulated.population import Population

#: Records on the whole grid: nine magnitudes, five times each with another mechanism, ten stations.
WHOLE_GRID = 450

#: Longest period for which spectra are drawn and matched, s.
MAX_USABLE_PERIOD_S = 10.0

_COMPONENTS = ("H1", "H2")
#: Significant digits of accelerations in an AT2 file.
_AT2_DIGITS = 8


def simulated_catalogue(
    *,
    periods_s: FloatArray,
    seed: int,
    workers: int = 1,
    cache_dir: Path | None = None,
    progress: Progress = no_progress,
    count: Annotated[int, Field(ge=1, le=9999)] = WHOLE_GRID,
    gmm: str = "BSSA14",
    pulse_share: Annotated[float, Field(ge=0, le=1)] = 0.25,
    cache: Annotated[Path, MADE] | None = None,
) -> Catalogue:
    """Return simulated records; see the folder's README for how they are made.

    Parameters
    ----------
    periods_s
        Periods of the spectra, s, shape (Q,), increasing.
    seed
        Seed of all that is random; the result does not depend on ``workers``.
    workers
        Threads to use.
    cache_dir
        Folder for the waveforms, unless ``cache`` names one.
    count
        Number of records: the first ones of the grid, which repeats after 450.
    gmm
        Ground-motion model that the spectra follow: BSSA14.
    pulse_share
        Share of the records with a velocity pulse.
    cache
        Folder in which waveforms are kept between runs.

    Raises
    ------
    InputError
        Unknown ``gmm``.
    """
    home = cache or cache_dir
    if home is None:
        raise ValueError("give cache_dir or cache: the waveforms must be written somewhere")
    options = {"seed": int(seed), "count": int(count), "gmm": gmm, "pulse_share": float(pulse_share)}
    periods_s = np.asarray(periods_s, dtype=float)
    made: list[FloatArray] = []  # the spectra, where the records are made now
    folder = store.obtain(
        Path(home).resolve(),
        options,
        lambda at: made.extend(_make(at, periods_s, count, seed, gmm, pulse_share, workers, progress)),
    )
    records = _read_records(folder)
    sa_g = store.spectra(
        folder, periods_s, lambda: np.array(made) if made else _spectra(records, periods_s, workers, progress)
    )
    return Catalogue(
        records=records,
        periods_s=periods_s,
        sa_g=sa_g,
        component="RotD50 (simulated)",
        description=(
            f"{len(records)} simulated motions drawn from {gmm} with seed {seed}, "
            f"{int((records['group'] == PULSE).sum())} of them with a velocity pulse"
        ),
        simulated=True,
        notes=_notes(records),
    )


def _make(
    folder: Path,
    periods_s: FloatArray,
    count: int,
    seed: int,
    gmm: str,
    pulse_share: float,
    workers: int,
    progress: Progress,
) -> list[FloatArray]:
    """Draw the population, simulate its records and write everything but the manifest into ``folder``.

    Returns the records' spectra.
    """
    from threadpoolctl import threadpool_limits

    from gmplug.catalogue.simulated.population import CONTROL_PERIODS_S, draw_population

    (folder / store.WAVEFORMS).mkdir()
    made: list[dict[str, float]] = []
    spectra: list[FloatArray] = []
    progress(0, count, "simulating records")
    with threadpool_limits(1):  # sums over several threads of the linear algebra round differently
        population = draw_population(count, seed, gmm, pulse_share)
        write = partial(_write_record, folder / store.WAVEFORMS, periods_s, seed, population)
        for columns, sa_g in map_in_threads(write, range(count), workers):
            made.append(columns)
            spectra.append(sa_g)
            progress(len(made), count, "simulating records")
    records = population.records
    pd.concat([records, pd.DataFrame(made)], axis=1).to_csv(folder / store.RECORDS, index=False)
    drawn = pd.DataFrame(
        np.exp(population.ln_sa), columns=[f"T{period:.4f}S" for period in CONTROL_PERIODS_S]
    )
    drawn.insert(0, "pgv_cm_s", np.exp(population.ln_pgv))
    pd.concat([records[["id", "group"]], drawn], axis=1).to_csv(folder / store.DRAWN, index=False)
    return spectra


def _write_record(
    folder: Path, periods_s: FloatArray, seed: int, population: Population, index: int
) -> tuple[dict[str, float], FloatArray]:
    """Simulate one record and write its components; returns further columns of records.csv, and its spectrum.

    The accelerations are rounded to what an AT2 file holds, so that all of them are those of the files.
    """
    from gmplug.catalogue.simulated.population import CONTROL_PERIODS_S
    from gmplug.catalogue.simulated.process import LOW_CUT_HZ, TIME_STEP_S
    from gmplug.catalogue.simulated.record import make_record
    from gmplug.waveforms import Accelerogram, write_at2

    row = population.records.iloc[index]
    title = f"{row['event']}, {row['station']}, M{row['magnitude']:g}, RJB {row['rjb_km']:g} KM"
    acceleration = make_record(seed, index, population)
    decimals = _AT2_DIGITS - 1 - math.floor(math.log10(np.max(np.abs(acceleration))))
    motion = Motion(TIME_STEP_S, np.round(acceleration, decimals))
    for name, component in zip(_COMPONENTS, motion.horizontal_g, strict=True):
        header = ("SIMULATED BY GMPLUG, NOT A RECORDING", f"{title}, {name}")
        accelerogram = Accelerogram(TIME_STEP_S, component, header=header, highpass_hz=LOW_CUT_HZ)
        write_at2(folder / f"{row['id']}_{name}.AT2", accelerogram)
    pgv_cm_s = [peak_velocity_cm_s(Motion(TIME_STEP_S, one[None]), 50.0) for one in motion.horizontal_g]
    sa_g = spectrum_of_motion(motion, np.concatenate([CONTROL_PERIODS_S, periods_s]))
    drawn, study = np.split(sa_g, [len(CONTROL_PERIODS_S)])
    columns = {
        "misfit_ln": round(float(np.mean(np.abs(np.log(drawn) - population.ln_sa[index]))), 5),
        "pgv_h1_cm_s": round(pgv_cm_s[0], 3),
        "pgv_h2_cm_s": round(pgv_cm_s[1], 3),
        "duration_s": round(motion.horizontal_g.shape[1] * TIME_STEP_S, 2),
        **computed_columns(motion),
    }
    return columns, study


def _read_records(folder: Path) -> pd.DataFrame:
    text = {"id": str, "event": str, "station": str}
    records = pd.read_csv(folder / store.RECORDS, dtype=text, float_precision="round_trip")
    for column, name in zip(("file_h1", "file_h2"), _COMPONENTS, strict=True):
        records[column] = [str(folder / store.WAVEFORMS / f"{i}_{name}.AT2") for i in records["id"]]
    records["max_usable_period_s"] = MAX_USABLE_PERIOD_S
    if not set(computed_measures()) <= set(records):  # a plugin's, newer than the files
        motions = (
            _read_pair(Path(h1), Path(h2))
            for h1, h2 in zip(records["file_h1"], records["file_h2"], strict=True)
        )
        further = pd.DataFrame([computed_columns(motion) for motion in motions])
        records[further.columns] = further
    return records


def _spectra(records: pd.DataFrame, periods_s: FloatArray, workers: int, progress: Progress) -> FloatArray:
    motions = (
        _read_pair(Path(h1), Path(h2)) for h1, h2 in zip(records["file_h1"], records["file_h2"], strict=True)
    )
    return spectra_of_motions(motions, periods_s, workers=workers, progress=progress, total=len(records))


def _read_pair(h1: Path, h2: Path) -> Motion:
    from gmplug.waveforms import read_motion

    return read_motion({"id": h1.stem, "file_h1": h1, "file_h2": h2})


def _notes(records: pd.DataFrame) -> tuple[str, ...]:
    pulses = int((records["group"] == PULSE).sum())
    return (
        "the records are simulated: for trying things out and for tests, not for design",
        f"{pulses} records with a velocity pulse along the first component, "
        f"{int((records['group'] == NONPULSE).sum())} without",
    )
