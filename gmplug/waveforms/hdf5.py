"""HDF5 files: workspaces of gmprocess (ASDF), and datasets with attributes for time step and unit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from gmplug.errors import InputError
from gmplug.units import Unit, parse_unit
from gmplug.waveforms.accelerogram import Accelerogram
from gmplug.waveforms.channels import Channel, accelerograms_of
from gmplug.waveforms.text import Given

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_STEPS = ("dt", "dt_s", "time_step", "time_step_s", "delta", "sampling_interval", "sampling_interval_s")
_RATES = ("sampling_rate", "sampling_rate_hz", "fs", "sampling_frequency")
_UNITS = ("units", "unit")
_COMPONENTS = ("component", "orientation", "channel", "azimuth", "direction")
_NEEDED = "attributes 'dt' (s) or 'sampling_rate' (Hz), and 'units'"
#: ``NET.STA.LOC.CHA__start__end__event_tag`` of ASDF.
_TRACE = re.compile(r"(?P<id>[^_]+)__(?P<start>[^_]+)__[^_]+__(?P<tag>.+)")
_RAW_TAG = re.compile(r"unprocessed$|(?:^|_)raw")


def is_hdf5(start: bytes, path: Path) -> bool:
    """Tell whether a file has HDF5's signature."""
    return start.startswith(_SIGNATURE)


def read_hdf5(path: Path, given: Given) -> list[Accelerogram]:
    """Make accelerograms of a file's datasets, one for each component; raises InputError."""
    try:
        import h5py
    except ImportError:
        raise InputError(f"{path}: is an HDF5 file; install h5py: pip install 'gmplug[hdf5]'") from None
    try:
        with h5py.File(path, "r") as file:
            asdf = _text(file.attrs.get("file_format")).upper() == "ASDF"
            channels = list(_of_asdf(file, path, given) if asdf else _of_datasets(file, path, given))
    except (OSError, KeyError, RuntimeError, ValueError) as error:
        text = " ".join(str(error).split())[:120]
        raise InputError(f"{path}: cannot be read as HDF5 ({text}); fetch the file again") from None
    return accelerograms_of(channels, path, given)


def _of_datasets(file: Any, path: Path, given: Given) -> Iterator[Channel]:
    """Return the one-dimensional datasets; attributes of a group hold for those below it."""
    import h5py

    found: list[str] = []
    file.visititems(
        lambda name, item: (
            found.append(name)
            if isinstance(item, h5py.Dataset)
            and item.ndim == 1
            and item.size > 1
            and item.dtype.kind in "iuf"
            else None
        )
    )
    if not found:
        raise InputError(
            f"{path}: holds no dataset with one dimension; give one for each component, with {_NEEDED}"
        )
    others = []
    for name in sorted(found):
        item = file[name]
        attributes = _attributes(item)
        unit = _unit(attributes, given, f"{path}: dataset {name}")
        if unit.quantity in ("velocity", "displacement"):
            others.append(unit)
            continue
        *groups, last = name.split("/")
        component = next((attributes[key] for key in _COMPONENTS if key in attributes), last)
        yield Channel(
            _values(item, path, name),
            unit,
            _step(attributes, given, f"{path}: dataset {name}"),
            component=component,
            station=attributes.get("station", "/".join(groups)),
            event=attributes.get("event", ""),
            start=attributes.get("starttime", attributes.get("start", "")),
            header=(name,),
        )
    if len(others) == len(found):
        raise InputError(f"{path}: holds {others[0].quantity}, not acceleration; give the acceleration")


def _of_asdf(file: Any, path: Path, given: Given) -> Iterator[Channel]:
    """Return the processed traces of a workspace: their unit is what its provenance states."""
    traces = [
        (match, f"Waveforms/{station}/{name}")
        for station in file.get("Waveforms", ())
        for name in file[f"Waveforms/{station}"]
        if (match := _TRACE.fullmatch(name))
    ]
    processed = [(match, name) for match, name in traces if not _RAW_TAG.search(match["tag"])]
    if not processed:
        what = "raw counts alone" if traces else "no waveforms"
        raise InputError(f"{path}: holds {what}; process them (gmprocess process_waveforms)")
    tags = sorted({match["tag"] for match, _ in processed})
    if len(tags) > 1:
        raise InputError(
            f"{path}: holds several processings or earthquakes ({', '.join(tags[:5])}); "
            "give a workspace with one"
        )
    for match, name in sorted(processed, key=lambda one: one[1]):
        station, channel = match["id"].rpartition(".")[::2]
        key = f"{match['id']}_{match['tag']}"
        attributes = _attributes(file[name])
        unit = _provenance_unit(file, key) or given.unit
        if unit is None:
            raise InputError(
                f'{path}: {match["id"]}: no unit of acceleration stated; give units, such as "cm/s2"'
            )
        highpass, lowpass = _corners(file, match["id"], key)
        yield Channel(
            _values(file[name], path, name),
            unit,
            _step(attributes, given, f"{path}: {match['id']}"),
            component=channel,
            station=station.rstrip("."),
            event=match["tag"].rpartition("_")[0] or match["tag"],
            start_time_s=float(attributes.get("starttime", 0.0)) / 1e9,
            start=match["start"],
            processing="corrected",
            highpass_hz=highpass,
            lowpass_hz=lowpass,
            header=(name.rpartition("/")[2],),
        )


def _provenance_unit(file: Any, key: str) -> Unit | None:
    if f"Provenance/{key}" not in file:
        return None
    text = bytes(file[f"Provenance/{key}"][()]).decode("utf-8", "replace")
    stated = re.findall(r"<[^/>]*output_units[^>]*>\s*([^<]*\S)\s*<", text)
    return parse_unit(stated[-1]) if stated else None


def _corners(file: Any, trace: str, key: str) -> tuple[float | None, float | None]:
    name = f"AuxiliaryData/TraceProcessingParameters/{'.'.join(trace.split('.')[:2])}/{key}"
    if name not in file:
        return None, None
    try:
        stated = json.loads(bytes(file[name][()]).decode("utf-8", "replace"))["corner_frequencies"]
        return float(stated["highpass"]), float(stated["lowpass"])
    except (ValueError, KeyError, TypeError):
        return None, None


def _attributes(item: Any) -> dict[str, str]:
    """Return the attributes of a dataset and of the groups above it, the nearer first, as text."""
    found: dict[str, str] = {}
    while True:
        for name, value in item.attrs.items():
            found.setdefault(str(name).strip().lower(), _text(value))
        if item.name == "/":
            return found
        item = item.parent


def _text(value: Any) -> str:
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.reshape(-1)[0]
    return (
        value.decode("utf-8", "replace") if isinstance(value, bytes) else "" if value is None else str(value)
    )


def _unit(attributes: dict[str, str], given: Given, where: str) -> Unit:
    text = next((attributes[name] for name in _UNITS if name in attributes), "")
    unit = parse_unit(text) if text else given.unit
    if unit is None:
        what = f"the unit {text!r} is not understood" if text else "no unit of acceleration stated"
        raise InputError(f"{where}: {what}; it needs {_NEEDED}")
    return unit


def _step(attributes: dict[str, str], given: Given, where: str) -> float:
    """Return the time step, s; raises InputError where none, or two that differ, are stated."""
    try:
        steps = [float(attributes[name]) for name in _STEPS if name in attributes]
        steps += [1.0 / float(attributes[name]) for name in _RATES if name in attributes]
    except (ValueError, ZeroDivisionError):
        raise InputError(
            f"{where}: its time step or sampling rate is no positive number; correct it"
        ) from None
    steps = steps or ([given.time_step_s] if given.time_step_s is not None else [])
    if not steps:
        raise InputError(f"{where}: no time step stated; it needs {_NEEDED}")
    if max(steps) > 1.0001 * min(steps):
        raise InputError(
            f"{where}: states time steps of {steps[0]:g} and {steps[1]:g} s; correct the wrong one"
        )
    return steps[0]


def _values(item: Any, path: Path, name: str) -> Any:
    values = np.asarray(item[()], dtype=float)
    if not np.all(np.isfinite(values)):
        raise InputError(f"{path}: dataset {name} holds values that are not finite; repair or leave it out")
    return values
