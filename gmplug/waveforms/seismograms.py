"""miniSEED and SAC files through ObsPy, which is an extra: ``pip install 'gmplug[obspy]'``.

These formats hold counts, or values of a unit that they do not state. A StationXML file beside them states
the sensitivity of each channel; gmplug divides counts by it, and does not deconvolve the response.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from gmplug.errors import InputError
from gmplug.units import Unit, parse_unit
from gmplug.waveforms.accelerogram import Accelerogram
from gmplug.waveforms.channels import Channel, accelerograms_of
from gmplug.waveforms.text import Given, check_unit

_INSTALL = "install ObsPy: pip install 'gmplug[obspy]'"
_STATION_XML = "put the StationXML file of its station beside it"
#: SAC's header variable IDEP: what the values are (SAC manual, "SAC data file format").
_SAC_KINDS = {6: "displacement", 7: "velocity"}
_SAC_HEADER_BYTES, _SAC_VERSION, _SAC_VERSION_AT = 632, 6, 304


def is_mseed(start: bytes, path: Path) -> bool:
    """Tell whether a file begins as miniSEED, version 2 or 3, does."""
    return (start[:6].isdigit() and start[6:7] in (b"D", b"R", b"Q", b"M")) or start[:3] == b"MS\x03"


def is_sac(start: bytes, path: Path) -> bool:
    """Tell whether a file has the version of SAC's header."""
    version = start[_SAC_VERSION_AT : _SAC_VERSION_AT + 4]
    found = {int.from_bytes(version, "little"), int.from_bytes(version, "big")}
    return len(start) >= _SAC_HEADER_BYTES and b"\0" in start and _SAC_VERSION in found


def read_seismograms(path: Path, given: Given) -> list[Accelerogram]:
    """Make accelerograms of a file's traces, one for each component.

    Raises
    ------
    InputError
        ObsPy is missing, a gap, raw counts without their sensitivity, velocity or displacement.
    """
    try:
        import obspy
    except ImportError:
        raise InputError(f"{path}: is a seismogram in a binary format; {_INSTALL}") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # ObsPy only warns of miniSEED that it cannot read to the end
            warnings.filterwarnings("error", module=r"obspy\.io\.mseed")
            stream = obspy.read(str(path)).merge(method=-1)
    except Exception as error:  # ObsPy raises whatever its parts do
        text = " ".join(str(error).split())[:120] or type(error).__name__
        raise InputError(f"{path}: ObsPy cannot read it ({text}); fetch the file again") from None
    lengths = [trace.stats.mseed.record_length for trace in stream if "mseed" in trace.stats]
    if lengths and path.stat().st_size % min(lengths):
        raise InputError(f"{path}: truncated, ends within a record of miniSEED; fetch the file again")
    stream.sort(["network", "station", "location", "channel", "starttime"])
    _refuse_gaps(stream, path)
    responses = _inventories(path.parent.resolve())
    return accelerograms_of([_channel(trace, responses, path, given) for trace in stream], path, given)


def _refuse_gaps(stream: Any, path: Path) -> None:
    for one, two in pairwise(stream):
        if one.id == two.id:
            raise InputError(
                f"{path}: {one.id} has a gap or an overlap after {one.stats.endtime}; "
                "give a file without gaps, or cut it there"
            )
    if not stream:
        raise InputError(f"{path}: holds no trace; fetch the file again")
    for trace in stream:
        if np.ma.isMaskedArray(trace.data) or len(trace.data) < 2:
            raise InputError(f"{path}: {trace.id} has no continuous data; give a file without gaps")


def _channel(trace: Any, inventories: Sequence[Any], path: Path, given: Given) -> Channel:
    values, stats = np.asarray(trace.data), trace.stats
    where = f"{path}: {trace.id}"
    if values.dtype.kind not in "iuf" or not np.all(np.isfinite(values)):
        raise InputError(f"{where} holds values that are not finite numbers; repair or leave out this record")
    kind = _SAC_KINDS.get(int(stats.get("sac", {}).get("idep", 0)))
    if kind:
        raise InputError(f"{where} holds {kind}, not acceleration; give the file of the acceleration")
    unit, sensitivity, azimuth = _unit(trace, values, inventories, where, given)
    code = str(stats.channel)
    if code[2:] in ("1", "2") and azimuth is not None:
        code = f"{azimuth % 360:03.0f}"
    return Channel(
        values.astype(float),
        unit,
        float(stats.delta),
        removes_mean=bool(sensitivity),
        start_time_s=float(stats.starttime.timestamp),
        component=code,
        station=".".join(part for part in (stats.network, stats.station, stats.location) if part),
        event="",
        start=str(stats.starttime),
        processing="raw" if sensitivity else "",
        header=(f"{trace.id} {stats.starttime}",),
        notes=(f"{where}: {sensitivity}",) if sensitivity else (),
    )


def _unit(
    trace: Any, values: Any, inventories: Sequence[Any], where: str, given: Given
) -> tuple[Unit, str, float | None]:
    """Return the unit of a trace, a remark on the sensitivity, and its azimuth, degrees."""
    counts = bool(np.all(values == np.round(values)))
    stated = _sensitivity(trace, inventories)
    if counts and stated is None:
        raise InputError(
            f"{where} holds whole numbers, so raw counts, without the instrument's response; {_STATION_XML}, "
            "or give a file in units of acceleration"
        )
    if not counts and given.unit is not None:
        return given.unit, "", stated[2] if stated else None
    if not counts or stated is None:
        raise InputError(
            f'{where} states no unit: no unit of acceleration stated; give units, such as "m/s2" or "cm/s2"'
        )
    value, units, azimuth = stated
    unit = parse_unit(units)
    if unit is None:
        raise InputError(
            f"{where}: the response's input unit {units!r} is not understood; correct the StationXML"
        )
    check_unit(unit, where)
    remark = (
        f"counts divided by the sensitivity of {value:.6g} counts/({units}); the response is taken as flat"
    )
    return Unit("acceleration", unit.si / value, "counts"), remark, azimuth


def _sensitivity(trace: Any, inventories: Sequence[Any]) -> tuple[float, str, float | None] | None:
    for inventory in inventories:
        try:
            stated = inventory.get_response(trace.id, trace.stats.starttime).instrument_sensitivity
        except Exception:  # ObsPy raises a plain one where it has none
            continue
        if stated is not None and stated.value and stated.value > 0 and stated.input_units:
            try:
                azimuth = inventory.get_orientation(trace.id, trace.stats.starttime)["azimuth"]
            except Exception:
                azimuth = None
            return float(stated.value), str(stated.input_units), azimuth
    return None


def _inventories(folder: Path) -> list[Any]:
    """Return the StationXML files of a folder, as ObsPy reads them; raises InputError."""
    files = [(file, file.stat()) for file in sorted(folder.glob("*.xml"))]
    found = [_inventory(file, stat.st_size, stat.st_mtime_ns) for file, stat in files]
    return [inventory for inventory in found if inventory is not None]


@lru_cache(maxsize=256)
def _inventory(file: Path, size: int, mtime_ns: int) -> Any:
    """Return a StationXML file as ObsPy reads it, each version once; None for other XML files."""
    import obspy

    try:
        if b"FDSNStationXML" not in file.read_bytes()[:2000]:
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return obspy.read_inventory(str(file), format="STATIONXML")
    except Exception as error:
        raise InputError(f"{file}: is no StationXML that ObsPy can read ({error}); fetch it again") from None
