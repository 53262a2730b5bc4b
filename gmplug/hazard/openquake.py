"""OpenQuake's CSV exports: disaggregations ``Mag_Dist``, ``Mag_Dist_Eps``, and hazard curves.

The first line is a comment with metadata, ``key=value`` separated by commas (in later versions quoted,
behind empty cells). Disaggregations have the columns ``imt``, ``iml``, ``poe``, ``mag``, ``dist`` (closest
distance to the rupture, km), ``eps`` and one of contributions for each realization (``rlz0``, …) or ``mean``,
as probabilities in the investigation time; older versions have ``Mag``, ``Dist``, ``poe``, and the measure in
the metadata. Hazard curves have ``lon``, ``lat``, ``depth`` and one column ``poe-LEVEL`` for each level.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.hazard.disaggregation import Disaggregation, make_disaggregation
from gmplug.hazard.measure_names import period_of_measure
from gmplug.values import FloatArray

_WHAT = "OpenQuake's export Mag_Dist or Mag_Dist_Eps"
#: ``key=value``: a value is quoted, in brackets, or runs to the next comma.
_PAIR = re.compile(r"(\w+)\s*=\s*('[^']*'|\"[^\"]*\"|\[[^\]]*\]|\([^)]*\)|[^,'\"]+)")


def split_metadata(text: str) -> tuple[dict[str, str], str]:
    """Return the metadata of the comment line, values as texts, and the table below it."""
    metadata: dict[str, str] = {}
    lines = text.splitlines()
    while lines and (lines[0].lstrip().startswith("#") or not lines[0].strip()):
        found = dict(_PAIR.findall(lines.pop(0)))
        metadata |= {key: value.strip().strip("'\"") for key, value in found.items()}
    return metadata, "\n".join(lines)


def read_csv(table: str, path: Path, what: str) -> pd.DataFrame:
    """Return the table below the comment line, columns in lower case."""
    try:
        frame = pd.read_csv(io.StringIO(table), skipinitialspace=True)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise InputError(f"{path}: not {what}: {' '.join(str(error).split())}") from None
    frame.columns = [str(name).strip().lower() for name in frame.columns]
    return frame


def metadata_number(metadata: Mapping[str, str], key: str) -> float:
    """Return a number of the metadata; NaN where it is not stated."""
    try:
        return float(metadata[key])
    except (KeyError, ValueError):
        return float("nan")


def disaggregations(text: str, path: Path) -> list[Disaggregation]:
    """Return what an export holds, one for each measure and level.

    Contributions are probabilities in the investigation time t; shares are those of rates, −ln(1 − p)/t.
    Several realizations are averaged with the weights that the metadata states.

    Raises
    ------
    InputError
        It is not such an export, or a cell is no probability.
    """
    metadata, table = split_metadata(text)
    frame = read_csv(table, path, _WHAT)
    for column in ("mag", "dist"):
        if column not in frame:
            raise InputError(f"{path}: not {_WHAT}: it has no column '{column}' (columns: {list(frame)})")
    old = "imt" not in frame
    if old and "imt" not in metadata:
        raise InputError(f"{path}: states no measure (imt), neither in a column nor in its first line")
    frame["contribution"] = _contributions(frame, metadata, path, old)
    if old:
        frame = frame.assign(imt=metadata["imt"], iml=metadata_number(metadata, "iml"))
        frame["poe"] = metadata_number(metadata, "poe")
    found = []
    years = metadata_number(metadata, "investigation_time")
    levels = [name for name in ("imt", "iml", "poe") if name in frame]
    for key, part in frame.groupby(levels, sort=False, dropna=False):
        said: dict[str, Any] = dict(zip(levels, key, strict=True))
        period = period_of_measure(str(said["imt"]))
        if period is None:
            continue
        poe = float(said.get("poe", np.nan))
        rate = -np.log1p(-poe) / years if 0 < poe < 1 else np.nan
        bins = list(part[["mag", "dist", "contribution"]].itertuples(index=False, name=None))
        level = float(said.get("iml", np.nan))
        found.append(make_disaggregation(path, bins, period, level, 1.0 / rate, None))
    if not found:
        raise InputError(f"{path}: holds no disaggregation of a spectral acceleration")
    return found


def _contributions(frame: pd.DataFrame, metadata: Mapping[str, str], path: Path, old: bool) -> FloatArray:
    """Rates of each bin (up to a common factor), shape (n,)."""
    names = [str(name) for name in frame if re.fullmatch(r"rlz-?\d+", str(name))]
    if "mean" in frame:
        names = ["mean"]
    elif not names and old and "poe" in frame:
        names = ["poe"]
    if not names:
        raise InputError(f"{path}: has no column of contributions (mean, rlz0, …; columns: {list(frame)})")
    columns = [pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=float) for name in names]
    values = np.column_stack(columns)
    bad = ~np.isfinite(values) | (values < 0) | (values > 1)
    if bad.any():
        row, column = (int(i) for i in np.argwhere(bad)[0])
        raise InputError(
            f"{path}, data row {row + 1}, column {names[column]}: "
            f"{frame[names[column]].iloc[row]!r} is no probability"
        )
    rates = -np.log1p(-np.minimum(values, 1 - 1e-12))
    return np.asarray(rates @ _weights(metadata, len(names)), dtype=float)


def _weights(metadata: Mapping[str, str], count: int) -> FloatArray:
    texts = re.findall(r"[-+0-9.eE]+", metadata.get("weights", ""))
    try:
        weights = np.array([float(text) for text in texts])
    except ValueError:
        weights = np.empty(0)
    if len(weights) != count or not weights.sum() > 0:
        weights = np.ones(count)
    return weights / weights.sum()
