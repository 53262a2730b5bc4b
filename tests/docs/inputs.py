"""What a user brings along to a page of the documentation; a page names it by ``% input: NAME``."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from gmplug.host import Host

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


INPUTS: Mapping[str, Callable[[Path], None]] = {"peer-download": peer_download}
