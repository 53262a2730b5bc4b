"""Small files for the catalogue tests: waveforms and flatfiles as people have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from gmplug.values import FloatArray


def wave(seed: int = 0, samples: int = 1000, time_step_s: float = 0.01) -> FloatArray:
    """Return an accelerogram, g, shape (n,): noise that swells and dies away."""
    noise = np.random.default_rng(seed).standard_normal(samples)
    time_s = time_step_s * np.arange(samples)
    return 0.1 * noise * (time_s / 2) ** 2 * np.exp(-time_s)


def write_at2(
    path: Path,
    title: str = "CHI-CHI 09/20/99, CHY015, N (CWB)",
    acceleration_g: FloatArray | None = None,
    time_step_s: float = 0.01,
    highpass: str = "0.1",
    npts: int | None = None,
) -> Path:
    """Write an AT2 file with the header PEER's files have; ``npts`` overrides the number stated."""
    values = wave() if acceleration_g is None else acceleration_g
    lines = [
        "PEER STRONG MOTION DATABASE RECORD. PROCESSING BY PACIFIC ENGINEERING.",
        title,
        f"ACCELERATION TIME HISTORY IN UNITS OF G. FILTER POINTS: HP={highpass} Hz LP=30.0 Hz",
        f"NPTS= {npts or len(values)}, DT= {time_step_s:.5f} SEC",
    ]
    lines += ["".join(f"{v:15.7E}" for v in values[i : i + 5]) for i in range(0, len(values), 5)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


#: Columns of the NGA-West2 flatfile that the tests need, in its own spelling.
FLATFILE_ROW: Mapping[str, object] = {
    "Record Sequence Number": 1,
    "EQID": 7,
    "Earthquake Name": "Somewhere-01",
    "YEAR": 1994,
    "MODY": 117,
    "Station Name": "Station One",
    "Earthquake Magnitude": 6.5,
    "Rake Angle (deg)": 90.0,
    "Mechanism Based on Rake Angle": 2,
    "Joyner-Boore Dist. (km)": 12.0,
    "ClstD (km)": 14.0,
    "Vs30 (m/s) selected for analysis": 300.0,
    "File Name (Horizontal 1)": "SOMEW\\ONE090.AT2",
    "File Name (Horizontal 2)": "SOMEW\\ONE180.AT2",
    "File Name (Vertical)": "SOMEW\\ONE-UP.AT2",
    "Lowest Usable Freq - Ave. Component (Hz)": 0.125,
    "PGA (g)": 0.2,
    "T0.010S": 0.2,
    "T0.100S": 0.4,
    "T1.000S": 0.3,
    "T2.000S": 0.1,
    "T10.000S": 0.01,
}


def flatfile_text(
    rows: Sequence[Mapping[str, object]], rename: Mapping[str, str] | None = None, delimiter: str = ","
) -> str:
    """Return a flatfile's text: each row overrides what it names of :data:`FLATFILE_ROW`."""
    names = list(FLATFILE_ROW)
    heading = delimiter.join((rename or {}).get(name, name) for name in names)
    body = [delimiter.join(str({**FLATFILE_ROW, **row}[name]) for name in names) for row in rows]
    return "\n".join([heading, *body]) + "\n"
