"""OpenQuake's CSV exports, engines 2.5 to 3.2x: disaggregations, hazard curves, uniform-hazard spectra.

The first line is a comment with metadata, ``key=value`` separated by commas (in later versions quoted,
behind empty cells).

Disaggregations have a bin a row: ``mag``, ``dist`` (closest distance to the rupture, km), and ``eps`` or
``trt`` where the job requested them. From 3.14 on, ``imt``, ``iml``, ``poe`` state measure and level;
the contributions stand in ``mean``, or in one column for each realization (``rlz0``, ...), as probabilities
in the investigation time. Up to 3.10 a file has one measure and level, in the metadata, and the column
``poe``.
Engines 3.11 to 3.13 wrote several into one file without saying which: these cannot be used. Files called
``traditional`` have shares instead of probabilities.

Hazard curves have a site a row: ``lon``, ``lat``, ``depth``, and one column ``poe-LEVEL`` for each level;
uniform-hazard spectra ``lon``, ``lat``, and one column ``POE~IMT`` for each probability and measure.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.hazard.contributions import Bins, Held
from gmplug.hazard.files import (
    Site,
    check_site,
    choose_site,
    metadata_list,
    metadata_number,
    rates_of_probabilities,
    split_metadata,
)
from gmplug.hazard.measure_names import measure_label, period_of_measure, same_period
from gmplug.notes import doubtful
from gmplug.values import FloatArray

_WHAT = "OpenQuake's export Mag_Dist or Mag_Dist_Eps"
_REALIZATION = re.compile(r"(?:rlz|poe)-?(\d+)")
_LEVEL_COLUMN = re.compile(r"(.+?)-(\d*\.?\d+(?:e[-+]?\d+)?)", re.IGNORECASE)
_SPECTRUM_COLUMN = re.compile(r"(\d*\.?\d+(?:e[-+]?\d+)?)\s*~\s*(.+)", re.IGNORECASE)
#: Contributions whose sum lies within this of 1 (or 100) are shares (or percent).
_SHARES = 0.02
#: The contributions' rate over the level's own rate is as expected between these.
_EXPECTED_SUM = (0.5, 2.0)


def read_csv(table: str, path: Path, what: str, first_line: int) -> pd.DataFrame:
    """Return the table below the comment lines, columns in lower case, index the lines of the file."""
    lines = table.splitlines()
    heading = lines[0] if lines else ""
    semicolons = heading.count(";") > heading.count(",")
    _check_cells(lines, ";" if semicolons else ",", path, first_line)
    try:
        frame = pd.read_csv(
            io.StringIO(table),
            sep=";" if semicolons else ",",
            decimal="," if semicolons else ".",
            skipinitialspace=True,
            skip_blank_lines=False,
            index_col=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise InputError(f"{path}: not {what}: {' '.join(str(error).split())}") from None
    frame.columns = [str(name).strip().lower() for name in frame.columns]
    frame.index = np.arange(len(frame)) + first_line + 1
    return frame.dropna(how="all")


def _check_cells(lines: Sequence[str], delimiter: str, path: Path, first_line: int) -> None:
    """Raise InputError at the first row that has more or fewer cells than the heading."""
    rows = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    wanted = len(next(rows, []))
    for line, cells in enumerate(rows, first_line + 1):
        if any(cell.strip() for cell in cells) and len(cells) != wanted:
            raise InputError(
                f"{path}, line {line}: has {len(cells)} cells, the heading {wanted}; export the file again"
            )


def is_mean(metadata: Mapping[str, str], path: Path) -> tuple[str, ...]:
    """Return notes on which branch of the logic tree a file is of; the mean needs none.

    Raises InputError where it is a quantile, the standard deviation or the maximum over the branches.
    """
    kind = metadata.get("kind", "").lower()
    if not kind:
        stated = re.search(r"(quantile|mean|max|std|rlz)[-_]", path.name.lower())
        kind = stated[1] if stated else ""
    if kind.startswith(("quantile", "std", "max")):
        raise InputError(
            f"{path}: is the {kind} over the branches of the logic tree, not the mean; give the "
            "export of the mean"
        )
    branch = f"rlz {metadata['rlz']}" if "rlz" in metadata else kind if kind.startswith("rlz") else ""
    if branch or "smlt_path" in metadata or "source_model_tree_path" in metadata:
        return (_branch_note(path, branch or "a realization"),)
    return ()


def _branch_note(path: Path, branch: str) -> str:
    return doubtful(f"{path.name} is of one branch of the logic tree ({branch}), not of the mean")


# -- disaggregations ------------------------------------------------------------------------------------


def disaggregations(text: str, path: Path, site: Site | None = None) -> list[Held]:
    """Return what an export holds, one for each measure and level.

    Contributions are probabilities in the investigation time t; shares are those of rates, −ln(1 − p)/t.
    Several realizations are averaged with the weights that the metadata states.

    Raises InputError where it is not such an export, or does not state measure and level.
    """
    metadata, table, first_line = split_metadata(text)
    frame = read_csv(table, path, _WHAT, first_line)
    for column in ("mag", "dist"):
        if column not in frame:
            raise InputError(f"{path}: not {_WHAT}: it has no column '{column}' (columns: {list(frame)})")
    lon, lat = metadata_number(metadata, "lon"), metadata_number(metadata, "lat")
    check_site(path, None if np.isnan(lon) or np.isnan(lat) else (lon, lat), site)
    one_level = "imt" not in frame
    if one_level and "imt" not in metadata:
        raise InputError(
            f"{path}: states no measure (imt), neither in a column nor in its first line. OpenQuake "
            "3.11 to 3.13 "
            f"wrote such files, with all measures and levels below one another; export the calculation with "
            f"engine 3.14 or newer, or disaggregate one measure at one level and write imt='SA(1.0)', "
            f"poe=0.02 into the first line"
        )
    names = _contribution_columns(frame, path, one_level)
    weights = _weights(metadata, names, path)
    notes: tuple[str, ...] = ()
    if names == ["poe"]:
        notes = is_mean(metadata, path)
    elif names != ["mean"] and len(names) == 1 and metadata_list(metadata, "weights") != [1.0]:
        notes = (_branch_note(path, names[0]),)
    if one_level:
        frame = frame.assign(imt=metadata["imt"], iml=metadata_number(metadata, "iml"))
        frame["level_poe"] = metadata_number(metadata, "poe")
    else:
        frame = frame.rename(columns={"poe": "level_poe"})
        names = ["level_poe" if name == "poe" else name for name in names]
    years = metadata_number(metadata, "investigation_time")
    levels = [name for name in ("imt", "iml", "level_poe") if name in frame]
    held = []
    for key, part in frame.groupby(levels, sort=False, dropna=False):
        stated: dict[str, Any] = dict(zip(levels, key, strict=True))
        period = period_of_measure(str(stated["imt"]), path.name)
        if period is None:
            continue
        poe, level = (_number(stated.get(name)) for name in ("level_poe", "iml"))
        rate = -np.log1p(-poe) / years if 0 < poe < 1 and years > 0 else np.nan
        read = partial(_bins, part, names, weights, metadata, path, poe)
        held.append(Held(period, level if level > 0 else np.nan, 1.0 / rate, None, notes, read=read))
    if not held:
        raise InputError(f"{path}: holds no disaggregation of a spectral acceleration")
    return held


def _number(thing: Any) -> float:
    try:
        return float(thing)
    except (TypeError, ValueError):
        return float("nan")


def _contribution_columns(frame: pd.DataFrame, path: Path, one_level: bool) -> list[str]:
    if "mean" in frame:
        return ["mean"]
    names = [str(name) for name in frame if _REALIZATION.fullmatch(str(name))]
    if not names and one_level and "poe" in frame:
        names = ["poe"]
    if not names:
        raise InputError(
            f"{path}: has no column of contributions (mean, rlz0, ...; columns: {list(frame)}); export the "
            f"disaggregation of the mean"
        )
    return names


def _weights(metadata: Mapping[str, str], names: Sequence[str], path: Path) -> FloatArray:
    """Weights of the realizations in the order of their columns; sum 1."""
    if len(names) == 1:
        return np.ones(1)
    weights, ids = metadata_list(metadata, "weights"), metadata_list(metadata, "rlz_ids")
    if ids and len(ids) == len(weights):
        by_id = {str(int(number)): weight for number, weight in zip(ids, weights, strict=True)}
        of_columns = [by_id.get(_REALIZATION.sub(r"\1", name), np.nan) for name in names]
    else:
        of_columns = weights
    array = np.array(of_columns, dtype=float)
    if len(array) != len(names) or not np.all(array >= 0) or not array.sum() > 0:
        raise InputError(
            f"{path}: has {len(names)} realizations ({', '.join(names[:3])}, ...), and its first line "
            "does not state their weights; export the disaggregation of the mean, or write "
            f"weights=[...] into the first line"
        )
    return np.asarray(array / array.sum())


def _bins(
    part: pd.DataFrame,
    names: Sequence[str],
    weights: FloatArray,
    metadata: Mapping[str, str],
    path: Path,
    poe: float,
) -> Bins:
    """Return the bins of one measure at one level, contributions as rates (up to a common factor)."""
    places = [f"line {line}" for line in part.index]
    keys = [name for name in ("mag", "dist", "eps", "trt") if name in part]
    twice = part[part.duplicated(keys)]
    if len(twice):
        raise InputError(
            f"{path}, line {twice.index[0]}: the bin {', '.join(str(v) for v in twice[keys].iloc[0])} occurs "
            "twice: several sites, levels or measures lie in one file, which does not tell them "
            "apart; keep one"
        )
    magnitude, distance = (pd.to_numeric(part[name], errors="coerce").to_numpy(float) for name in keys[:2])
    _check_centers(path, "mag", magnitude, metadata_list(metadata, "mag_bin_edges"))
    _check_centers(path, "dist", distance, metadata_list(metadata, "dist_bin_edges"))
    values = np.column_stack([pd.to_numeric(part[name], errors="coerce").to_numpy(float) for name in names])
    rates, notes = _as_rates(values, path, poe, places, names, part)
    contribution = rates @ weights
    notes = (*notes, *_region_notes(part, contribution, path))
    return Bins(magnitude, distance, contribution, places, notes)


def _as_rates(
    values: FloatArray,
    path: Path,
    poe: float,
    places: Sequence[str],
    names: Sequence[str],
    part: pd.DataFrame,
) -> tuple[FloatArray, tuple[str, ...]]:
    """Return contributions proportional to rates, and notes: of probabilities, shares or percent."""
    bad = ~np.isfinite(values) | (values < 0)
    total = float(values[:, 0].sum()) if not bad.any() else np.nan
    percent = abs(total / 100.0 - 1.0) <= _SHARES
    bad |= (values > 1.0) & ~np.bool_(percent)
    if bad.any():
        row, column = (int(i) for i in np.argwhere(bad)[0])
        raise InputError(
            f"{path}, {places[row]}, column {names[column]}: {part[names[column]].iloc[row]} is not a "
            f"probability; correct it, or export the file again"
        )
    if percent:
        return values, (f"{path.name}: the contributions add up to 100 and are taken as percent",)
    if "traditional" in path.name.lower():
        return values, ()
    rates = -np.log1p(-np.minimum(values, 1 - 1e-12))
    expected = -np.log1p(-poe) if 0 < poe < 1 else np.nan
    ratio = float(rates[:, 0].sum()) / expected
    if abs(total - 1.0) <= _SHARES and not 0.9 <= ratio <= 1.1:
        return values, (f"{path.name}: the contributions add up to 1 and are taken as shares",)
    low, high = _EXPECTED_SUM
    if len(names) == 1 and total > 0 and (ratio < low or ratio > high):
        text = f"the contributions add up to {ratio:.2g} times the rate of the level that it states"
        return rates, (doubtful(f"{path.name}: {text}"),)
    return rates, ()


def _check_centers(path: Path, name: str, values: FloatArray, edges: Sequence[float]) -> None:
    """Raise InputError where a column has the edges of its bins instead of their centers."""
    if len(edges) < 2:
        return
    bounds = np.asarray(edges)
    centers = (bounds[1:] + bounds[:-1]) / 2

    def among(known: FloatArray) -> bool:
        near = np.abs(values[:, None] - known[None, :]) <= 1e-3 * np.maximum(np.abs(known), 1.0)
        return bool(np.all(near.any(axis=1)))

    if among(bounds) and not among(centers):
        raise InputError(
            f"{path}: column {name} holds the edges of the bins, not their centers; export the file "
            f"again, or put the centers ({', '.join(f'{center:g}' for center in centers[:3])}, ...) there"
        )


def _region_notes(part: pd.DataFrame, contribution: FloatArray, path: Path) -> tuple[str, ...]:
    """Say where several kinds of tectonic region contribute: one set of models predicts them all."""
    if "trt" not in part or not contribution.sum() > 0:
        return ()
    shares = pd.Series(contribution).groupby(part["trt"].astype(str).to_numpy()).sum() / contribution.sum()
    shares = shares[shares > 0].sort_values(ascending=False)
    if len(shares) < 2:
        return ()
    listed = ", ".join(f"{100 * share:.3g} % {name}" for name, share in shares.items())
    text = f"several tectonic regions contribute ({listed}); gmm predicts the motions of all"
    return (doubtful(f"{path.name}: {text}"),)


# -- hazard curves and spectra --------------------------------------------------------------------------


def _site_row(frame: pd.DataFrame, path: Path, site: Site | None) -> tuple[pd.Series, str]:
    """Return the row of a site, and its place in the file."""
    rows = [int(line) for line in frame.index]
    if not rows:
        raise InputError(f"{path}: has a header and no row; export it again")
    sites = [(float("nan"), float("nan"))] * len(rows)
    if "lon" in frame and "lat" in frame:
        sites = [(_number(lon), _number(lat)) for lon, lat in zip(frame["lon"], frame["lat"], strict=True)]
    at = choose_site(path, sites, site, rows)
    return frame.iloc[at], f"line {rows[at]}"


def _investigation_years(metadata: Mapping[str, str], path: Path) -> float:
    years = metadata_number(metadata, "investigation_time")
    if not years > 0:
        raise InputError(
            f"{path}: its first line states no investigation_time; export it from OpenQuake again, or write "
            f"investigation_time=50 (years) there"
        )
    return years


def curve_columns(names: Sequence[str]) -> dict[str, dict[float, str]]:
    """Return, by measure ("" where the file's first line states it), the columns of its levels."""
    found: dict[str, dict[float, str]] = {}
    for name in names:
        match = _LEVEL_COLUMN.fullmatch(name)
        if match:
            measure = "" if match[1] == "poe" else match[1].upper()
            found.setdefault(measure, {})[float(match[2])] = name
    return {measure: columns for measure, columns in found.items() if len(columns) > 1}


def curve(
    frame: pd.DataFrame, metadata: Mapping[str, str], path: Path, period_s: float | None, site: Site | None
) -> tuple[FloatArray, FloatArray, float, list[str]]:
    """Return levels (g), rates (1/year; infinite where the probability is 1), period (s), places in the file.

    Raises InputError where the measure, the investigation time or a probability is missing or wrong.
    """
    columns = curve_columns([str(name) for name in frame])
    stated = metadata.get("imt") or _in_name(path) or "SA"
    by_period = {
        period_of_measure(measure or stated, path.name): levels for measure, levels in columns.items()
    }
    known = {period: levels for period, levels in by_period.items() if period is not None}
    if not known or (period_s is not None and any(np.isnan(period) for period in known)):
        raise InputError(
            f"{path}: does not say of which spectral acceleration its curve is "
            f"(imt={metadata.get('imt', 'not stated')}); write imt='SA(1.0)' into its first line"
        )
    period = _one_of(known, period_s, path)
    row, place = _site_row(frame, path, site)
    years = _investigation_years(metadata, path)
    levels = dict(sorted(known[period].items()))
    places = [f"{place}, column {name}" for name in levels.values()]
    poe = np.array([_number(row[name]) for name in levels.values()])
    for at in np.flatnonzero(~((poe >= 0) & (poe <= 1))):
        name = list(levels.values())[int(at)]
        raise InputError(f"{path}, {places[int(at)]}: {row[name]} is not a probability")
    return np.array(list(levels)), rates_of_probabilities(poe, years), period, places


def _in_name(path: Path) -> str:
    """The measure that a name like ``hazard_curve-mean-SA(1.0)_12.csv`` has."""
    found = re.search(r"(SA\(\d*\.?\d+\)|(?<![A-Za-z])PGA(?![A-Za-z]))", path.name, re.IGNORECASE)
    return found[1] if found else ""


def _one_of(known: Mapping[float, Any], period_s: float | None, path: Path) -> float:
    """Return the period of the one curve, or of the one of several that the study needs."""
    if len(known) == 1:
        return next(iter(known))
    fitting = [period for period in known if period_s is not None and same_period(period, period_s)]
    if len(fitting) != 1:
        listed = ", ".join(measure_label(period) for period in known)
        raise InputError(f"{path}: holds curves of {listed}; give the file of Sa at T* alone")
    return fitting[0]


def is_spectrum(names: Sequence[str]) -> bool:
    """Whether the columns are those of a uniform-hazard spectrum of OpenQuake."""
    return any(_SPECTRUM_COLUMN.fullmatch(str(name)) for name in names)


def spectrum(
    frame: pd.DataFrame,
    metadata: Mapping[str, str],
    path: Path,
    return_period_years: float | None,
    site: Site | None,
) -> tuple[FloatArray, FloatArray, float]:
    """Return periods (s; 0 for PGA), Sa (g) and return period (years) of a uniform-hazard spectrum.

    Raises InputError where it has several probabilities or sites and the study names none.
    """
    years = _investigation_years(metadata, path)
    by_poe: dict[float, dict[float, str]] = {}
    for name in frame:
        match = _SPECTRUM_COLUMN.fullmatch(str(name))
        period = period_of_measure(match[2]) if match else None
        if match and period is not None:
            by_poe.setdefault(float(match[1]), {})[period] = str(name)
    by_years = {-years / np.log1p(-poe): columns for poe, columns in by_poe.items() if 0 < poe < 1}
    listed = ", ".join(f"{one:.4g}" for one in by_years)
    fitting = [
        one
        for one in by_years
        if return_period_years is None or abs(np.log(one / return_period_years)) <= 0.02
    ]
    if len(fitting) != 1:
        raise InputError(
            f"{path}: holds spectra at {listed} years; choose one by return_period_years in [target]"
        )
    row, place = _site_row(frame, path, site)
    columns = by_years[fitting[0]]
    sa = np.array([_number(row[name]) for name in columns.values()])
    if not np.all(sa > 0):
        name = list(columns.values())[int(np.flatnonzero(~(sa > 0))[0])]
        raise InputError(f"{path}, {place}, column {name}: {row[name]} is not a positive number")
    return np.array(list(columns)), sa, float(fitting[0])
