"""A record library: building 1,000 records of three components, and opening 21,540 x 111."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import gmplug
from gmplug.catalogue import period_columns
from gmplug.recordlibrary.build import build_library
from gmplug.recordlibrary.files import NGA_WEST2_PERIODS_S, Recipe

TUNED_ON = "nothing"
REPORTED_ON = "made-up records"
RECORDS, SAMPLES, TIME_STEP_S = 1000, 8000, 0.01
FULL_SIZE = 21_540
WORKERS = 2

_OPEN = """
import json, resource, sys, time
from pathlib import Path
import numpy, pandas, pyarrow.parquet
import gmplug.catalogue.records
from gmplug.recordlibrary.files import library
def used():
    return sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
cpu, wall = used(), time.perf_counter()
found = library(Path(sys.argv[1]))
print(json.dumps({
    "cpu_s": used() - cpu, "wall_s": time.perf_counter() - wall, "shape": list(found.sa_g.shape),
    "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


def run() -> list[dict[str, Any]]:
    """Build from AT2 files as PEER writes them, with two workers; open a library of full size."""
    with tempfile.TemporaryDirectory() as name:
        return [*_building(Path(name)), *_opening(Path(name))]


def _building(folder: Path) -> list[dict[str, Any]]:
    source = folder / "at2"
    source.mkdir()
    _write_records(source)
    recipe = Recipe("accelerograms", {"path": str(source)}, str(folder), NGA_WEST2_PERIODS_S)
    files = f"{RECORDS} x 3 AT2 of {SAMPLES} points, {_megabytes(source):.0f} MB, {WORKERS} workers"
    rows = []
    for what in (f"build from {files}", "build again, nothing changed"):
        spent: dict[str, float] = {}
        with _measured(spent):
            built = build_library(folder / "library", recipe, workers=WORKERS)
        times = {"wall_s": round(spent["wall"], 1), "cpu_s": round(spent["cpu"], 1)}
        rows.append({"what": what, **times, "files_read": built.read_anew})
    rows[0] |= {"size_mb": round(_megabytes(folder / "library")), "peak_mb": _peak()}
    return rows


def _write_records(folder: Path) -> None:
    random = np.random.default_rng(1)
    time_s = TIME_STEP_S * np.arange(SAMPLES)
    envelope = 0.1 * (time_s / 10.0) ** 2 * np.exp(2.0 - time_s / 5.0)
    for number in range(1, RECORDS + 1):
        for code in ("000", "090", "-UP"):
            noise = np.convolve(random.standard_normal(SAMPLES), np.hanning(9), "same")
            header = ("PEER NGA STRONG MOTION DATABASE RECORD", f"MADE, 1/1/2000, STATION {number}, {code}")
            path = folder / f"RSN{number}_MADE_STA{code}.AT2"
            gmplug.write_at2(
                path, gmplug.Accelerogram(TIME_STEP_S, envelope * noise, header=header, highpass_hz=0.1)
            )


def _opening(folder: Path) -> list[dict[str, Any]]:
    """Open a library of the size of NGA-West2, in a process of its own."""
    random = np.random.default_rng(2)
    spectra = np.exp(random.normal(-4.0, 0.8, (FULL_SIZE, len(NGA_WEST2_PERIODS_S))))
    numbers = np.arange(1, FULL_SIZE + 1)
    table = pd.DataFrame(
        {
            "Record Sequence Number": numbers,
            "Earthquake Name": [f"Earthquake {number % 600}" for number in numbers],
            "Station Name": [f"Station {number % 4000}" for number in numbers],
            "Earthquake Magnitude": random.uniform(3.0, 7.9, FULL_SIZE).round(2),
            "Joyner-Boore Dist. (km)": random.uniform(0.0, 400.0, FULL_SIZE).round(2),
            "Vs30 (m/s) selected for analysis": random.uniform(150.0, 1500.0, FULL_SIZE).round(1),
        }
    )
    table = pd.concat([table, pd.DataFrame(spectra, columns=period_columns(NGA_WEST2_PERIODS_S))], axis=1)
    table.to_parquet(folder / "flatfile.parquet")
    recipe = Recipe("nga-west2", {"flatfile": "flatfile.parquet"}, str(folder), NGA_WEST2_PERIODS_S)
    library = folder / "full"
    build_library(library, recipe, workers=1)
    _with_waveforms(library)
    command = [sys.executable, "-c", _OPEN, str(library)]
    opened = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    shape = "{} x {}".format(*opened["shape"])
    size_mb = round((library / "records.parquet").stat().st_size / 1e6)
    times = {name: round(opened[name], 2) for name in ("wall_s", "cpu_s")}
    return [{"what": f"open {shape}", **times, "size_mb": size_mb, "peak_mb": f"{opened['peak_mb']:.0f}"}]


def _with_waveforms(library: Path) -> None:
    """Name three files for each record, as a library with waveforms does; opening looks for each."""
    import hashlib

    records = pd.read_parquet(library / "records.parquet")
    for column in ("file_h1", "file_h2", "file_v"):
        names = [f"waveforms/RSN{number}.{column}.npy" for number in records["record_number"]]
        for name in names:
            (library / name).touch()
        records[column] = names
    records.to_parquet(library / "records.parquet", index=False)
    about = json.loads((library / "library.json").read_text(encoding="utf-8"))
    about["files"]["records.parquet"] = hashlib.sha256((library / "records.parquet").read_bytes()).hexdigest()
    (library / "library.json").write_text(json.dumps(about), encoding="utf-8")


@contextmanager
def _measured(spent: dict[str, float]) -> Iterator[None]:
    wall, cpu = time.perf_counter(), _processor_time()
    yield
    _end_workers()
    spent |= {"wall": time.perf_counter() - wall, "cpu": _processor_time() - cpu}


def _end_workers() -> None:
    """End joblib's workers, so that their processor time is counted."""
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True)


def _processor_time() -> float:
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def _peak() -> str:
    own, workers = (
        resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return f"{own:.0f}, of a worker {workers:.0f}"


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def found(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What the overview states."""
    build, _, opened = rows
    return {
        "A local library of records, [library](library.md)": (
            f"Processor time: {build['cpu_s']} s for {RECORDS:,} records of three components, "
            f"{opened['cpu_s']} s to {opened['what']}, with {opened['peak_mb']} MB of memory."
        )
    }
