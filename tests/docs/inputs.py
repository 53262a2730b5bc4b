"""What a user brings along to a page of the documentation; a page names it by ``<!-- run with: NAME -->``."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from gmplug import run_study
from gmplug.host import Host
from tests.support.studies import write_small_study

_HEADINGS = (
    "Result ID", "Spectral Ordinate", "Record Sequence Number", "Mean Squared Error", "Scale Factor",
    "Tp-Pulse Period (sec)", "5-75% Duration (sec)", "5-95% Duration (sec)", "Arias Intensity (m/sec)",
    "Earthquake Name", "Year", "Station Name", "Magnitude", "Mechanism", "Rjb (km)", "Rrup (km)",
    "Vs30 (m/sec)", "Lowest Useable Frequency (Hz)", "Horizontal-1 Acc. Filename",
    "Horizontal-2 Acc. Filename", "Vertical Acc. Filename",
)  # fmt: skip


def peer_download(folder: Path) -> None:
    """A download of PEER: AT2 files in ``at2`` and ``_SearchResults.csv``; the far-field set of P-695."""
    catalogues = Host().providers("catalogues")
    if "fema-p695" not in catalogues:
        pytest.skip("gmplug-fema-p695 is not installed")
    made = catalogues["fema-p695"](
        sets=("far-field",),
        classify_pulses=False,
        periods_s=np.array([0.5, 1.0]),
        cache_dir=folder / "cache",
        progress=lambda done, total, message: None,
    )
    shutil.move(folder / "cache" / "at2", folder / "at2")
    shutil.rmtree(folder / "cache")
    with (folder / "_SearchResults.csv").open("w", newline="", encoding="utf-8") as file:
        file.write("PEER Ground Motion Database, Time Series Search Report -- NGA-West2 -- 2026-01-31\n\n")
        file.write(" -- Summary of Metadata of Selected Records --\n")
        writer = csv.writer(file)
        writer.writerow(_HEADINGS)
        for number, row in enumerate(made.records.to_dict("records"), start=1):
            files = [Path(str(row[f"file_h{k}"])).name for k in (1, 2)]
            cells = [number, "SRSS", row["record_number"], 0.1, 1.0, "-", "", "", ""]
            cells += [row["event"], "", row["station"], row["magnitude"], row["mechanism"], row["rjb_km"], ""]
            writer.writerow([*cells, row["vs30_m_s"], "", *files, ""])


def small_study(folder: Path) -> dict[str, object]:
    """``study.toml`` with its records, and an accelerogram of one's own."""
    write_small_study(folder)
    time_s = np.arange(0.0, 10.0, 0.01)
    return {
        "acceleration_g": 0.2 * np.sin(5.0 * time_s) * np.exp(-0.3 * time_s),
        "time_step_s": 0.01,
        "periods_s": np.array([0.5, 1.0]),
    }


def office_run(folder: Path) -> None:
    """A run directory up to the selection, ``office-run``."""
    study = write_small_study(folder)
    run_study(study, folder / "office-run", until="selection")


def spectra(folder: Path) -> dict[str, object]:
    """Spectra ln Sa of one's own, and others at the same periods."""
    periods_s = np.geomspace(0.05, 4.0, 40)
    rng = np.random.default_rng(1)
    ln_sa = -np.log1p(periods_s) + 0.5 * rng.normal(size=(60, 1)) + 0.3 * rng.normal(size=(60, 40))
    return {"ln_sa": ln_sa[:40], "others": ln_sa[40:], "periods_s": periods_s}


INPUTS: Mapping[str, Callable[[Path], dict[str, object] | None]] = {
    "peer-download": peer_download,
    "small-study": small_study,
    "office-run": office_run,
    "spectra": spectra,
}
