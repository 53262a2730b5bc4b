"""Waveform formats on real files: what is read, and whether it is what the header and other readers say.

``GMPLUG_WAVEFORM_SAMPLES`` names a folder of real files, such as ``tests/data`` of gmprocess' repository
(DOI-USGS/ghsc-esi-groundmotion-processing). Readers of gmprocess and ObsPy are compared with where they are
installed.
"""

from __future__ import annotations

import importlib
import logging
import os
import re
import tempfile
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.constants import STANDARD_GRAVITY_M_S2
from gmplug.errors import InputError
from gmplug.textfile import read_text
from gmplug.values import FloatArray
from gmplug.waveforms import Accelerogram, BinaryWaveformFormat, read_accelerograms
from gmplug.waveforms.formats import formats
from tests.waveforms.format_files import TEXT_FORMATS, Sample

TUNED_ON = "20 folders of gmprocess' tests/data, with which the readers were written"
REPORTED_ON = "the other folders"
TUNED = (
    "nsmn", "cosmos", "bhrc", "demo", "dmg", "read_directory", "renadic", "usc", "cwa", "import", "esm",
    "geonet", "asdf", "kiknet", "knet", "peer", "csn", "unam", "smc", "fdsn",
)  # fmt: skip
#: Why files are refused, and what the message says then; the first that fits counts.
REASONS = {
    "velocity or displacement": r"holds (velocity|displacement)",
    "raw counts": r"raw counts",
    "without a unit": r"no unit",
    "uneven steps": r"evenly spaced",
    "response spectra": r"response spectra",
    "no waveforms": r"no waveforms",
}
GAL_PER_G = 980.665
#: gmprocess' readers by their name, tried in this order.
READERS = ("nsmn", "bhrc", "cosmos", "geonet", "usc", "dmg", "smc", "cwb", "unam", "renadic", "esm", "knet")
#: gmprocess takes 981 cm/s² for g.
SAME = 2e-3
#: gmprocess divides the duration of BHRC by the count of points less one.
SAME_STEP = 1.2e-4


def samples() -> Path | None:
    """Return the folder of real files, None where none is named."""
    folder = os.environ.get("GMPLUG_WAVEFORM_SAMPLES")
    return Path(folder) if folder and Path(folder).is_dir() else None


def run() -> list[dict[str, Any]]:
    """One row for each half and format: files read and refused, components unlike other readers'."""
    folder = samples()
    if folder is None:
        raise FileNotFoundError("GMPLUG_WAVEFORM_SAMPLES names no folder of real files")
    logging.disable(logging.WARNING)  # of gmprocess' readers
    found: dict[tuple[str, str], list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix.lower() not in (".json", ".xml", ".yml", ".zip", ".csv"):
            name = format_of(path)
            if name is not None:
                source = path.relative_to(folder).parts[0]
                found["tuned on" if source in TUNED else "reported", name].append(path)
    return [_written(), *(_row(half, name, paths) for (half, name), paths in sorted(found.items()))]


def found(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What the overview states."""
    reported = pd.DataFrame([row for row in rows if row["half"] == "reported"])
    files, read, components, compared, differ = (
        int(reported[name].sum()) for name in ("files", "read", "components", "compared", "differ")
    )
    return {
        "Waveform formats, [formats](formats.md#waveforms)": (
            f"{read} of {files} real files read; {compared} of their {components} components compared "
            f"with gmprocess and ObsPy (the rest cannot be), {differ} differ. The others are refused."
        )
    }


def _written() -> dict[str, Any]:
    """Return a row on the files that the tests write, one of each format of text."""
    differ = [_differ(sample) for sample in (make() for make in TEXT_FORMATS.values())]
    count = sum(len(parts) for parts in differ)
    return {
        "half": "written by the tests", "format": "all of text", "files": len(differ), "read": len(differ),
        "components": count, "compared": count, "differ": sum(map(sum, differ)),
    }  # fmt: skip


def _differ(sample: Sample) -> list[bool]:
    """Tell of each component whether it differs from what was written."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{sample.suffix}"
        path.write_text(sample.text)
        pairs = zip(read_accelerograms(path), sample.acceleration_g, strict=True)
        return [bool(np.max(np.abs(part.acceleration_g - truth)) > 1e-6) for part, truth in pairs]


def format_of(path: Path) -> str | None:
    """Return the name of the format that knows a file; None where none does."""
    with path.open("rb") as stream:
        start = stream.read(4096)
    for one in formats().values():
        if isinstance(one, BinaryWaveformFormat) and one.detect(start, path):
            return one.name
    try:
        lines = read_text(path, "text").split("\n")
    except InputError:
        return None
    return next(
        (
            one.name
            for one in formats().values()
            if not isinstance(one, BinaryWaveformFormat) and one.read is not None and one.detect(lines, path)
        ),
        None,
    )


def _row(half: str, name: str, paths: Sequence[Path]) -> dict[str, Any]:
    read, components, compared, differing, peaks = 0, 0, 0, 0, 0
    refused: Counter[str] = Counter()
    for path in paths:
        try:
            found = read_accelerograms(path)
        except InputError as error:
            refused[_reason(str(error))] += 1
            continue
        read += 1
        components += len(found)
        peaks += sum("the peak of the values" in note for part in found for note in part.notes)
        others = other_readings(path)
        if others:
            compared += len(found)
            differing += not agree(found, others)
    return {
        "half": half, "format": name, "files": len(paths), "read": read, "components": components,
        "compared": compared, "differ": differing, "peaks unlike the header's": peaks,
        "refused": ", ".join(f"{count} {reason}" for reason, count in refused.most_common()),
    }  # fmt: skip


def _reason(message: str) -> str:
    return next((reason for reason, text in REASONS.items() if re.search(text, message)), "otherwise bad")


def other_readings(path: Path) -> list[tuple[float, FloatArray]]:
    """Return time step, s, and accelerations, g, of each component as gmprocess or ObsPy reads them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in READERS:
            try:
                module = importlib.import_module(f"gmprocess.io.{name}.core")
            except ImportError:
                return list(_of_obspy(path))
            try:
                if not getattr(module, f"is_{name}")(path):
                    continue
                streams = getattr(module, f"read_{name}")(path)
            except KeyboardInterrupt:
                raise
            except BaseException:  # its readers raise BaseException themselves
                continue
            return [(float(t.stats.delta), np.asarray(t.data) / GAL_PER_G) for s in streams for t in s]
    return list(_of_obspy(path))


def _of_obspy(path: Path) -> Iterator[tuple[float, FloatArray]]:
    """K-NET files, and miniSEED with the StationXML beside it."""
    try:
        import obspy

        stream, per_m_s2 = obspy.read(str(path)), 1.0
        if stream[0].stats["_format"] == "MSEED":
            station = f".{stream[0].stats.station}."
            beside = next(one for one in path.parent.glob("*.xml") if station in f".{one.name}")
            inventory = obspy.read_inventory(str(beside))
            stream.remove_sensitivity(inventory)
            told = inventory.get_response(stream[0].id, stream[0].stats.starttime).instrument_sensitivity
            per_m_s2 = {"m/s**2": 1.0, "nm/s**2": 1e-9}[
                told.input_units.lower()
            ]  # no other is an acceleration
        for trace in stream:
            values_g = np.asarray(trace.data) * trace.stats.calib * per_m_s2 / STANDARD_GRAVITY_M_S2
            yield float(trace.stats.delta), values_g
    except Exception:
        return


def agree(found: Sequence[Accelerogram], others: Sequence[tuple[float, FloatArray]]) -> bool:
    """Tell whether another reader's components are those found, in any order, means taken off."""
    left = list(found)
    for step, values in others:
        match = next((part for part in left if _same(part, step, values)), None)
        if match is None:
            return False
        left.remove(match)
    return not left


def _same(part: Accelerogram, step: float, values: FloatArray) -> bool:
    mine = part.acceleration_g
    if len(mine) != len(values) or abs(step / part.time_step_s - 1) > SAME_STEP:
        return False
    largest = float(np.max(np.abs(mine)))
    difference = (mine - mine.mean()) - (values - values.mean())
    return float(np.max(np.abs(difference))) <= SAME * largest
