"""What the page's script needs to exchange records: spectra of candidates, target, checks, quotas."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from gmplug.demands.tables import peak_story_drift
from gmplug.report import tables
from gmplug.report.charts.records import SHORTEST_DISTANCE_KM, distance_column, is_log
from gmplug.report.findings import Parts
from gmplug.selection.error import COMPARED_SHARE
from gmplug.study.schema import Study
from gmplug.values import AcceptanceCheck, Candidates, FloatArray, IntArray, Selection, Target

#: Candidates whose spectra a page has at most.
MOST_CANDIDATES = 300
#: ln Sa is kept as whole numbers of this part: errors of E stay below 1e-6.
_SCALE = 10**7
#: Periods that decide which candidates a page has.
_COARSE = 40
#: Columns of selection.csv that a person may have filled in.
_FILES = ("file_h1", "file_h2", "file_v", "time_step_s", "units")
_STRETCHES = 300


def workbench(parts: Parts, study: Study) -> dict[str, Any] | None:
    """Return the data of the set; None where target, candidates, clusters or selection are missing."""
    candidates, target, selection, clusters = parts.candidates, parts.target, parts.selection, parts.clusters
    if candidates is None or target is None or selection is None or clusters is None:
        return None
    at = shown_candidates(candidates, target, selection)
    records = candidates.records.iloc[at].reset_index(drop=True)
    cluster = dict(zip(clusters.table["id"].astype(str), clusters.table["cluster"].astype(int), strict=True))
    ids = records["id"].astype(str)
    records = records.assign(id=ids, cluster=[cluster.get(name, 0) for name in ids])
    place = {name: row for row, name in enumerate(ids)}
    chosen = [place[str(name)] for name in selection.records["id"]]
    ln_sa = candidates.ln_sa[at]
    ln_sa[chosen] = selection.ln_sa  # a factor may have been edited
    for column in ("scale_factor", "cluster", "group"):
        records.loc[chosen, column] = selection.records[column].to_numpy()
    files = _edited_files(records, selection.records, chosen)
    return {
        "periods": target.periods_s.tolist(),
        "mu": target.ln_mean.tolist(),
        "sigma": target.sigma_ln.tolist(),
        "mean_only": target.mean_only,
        "compared_share": COMPARED_SHARE,
        "ln_sa": base64.b64encode(np.round(ln_sa * _SCALE).astype("<i4").tobytes()).decode("ascii"),
        "scale": _SCALE,
        "records": _records(records, selection, parts, files),
        "selected": chosen,
        "quotas": _plain(selection.quotas[["group", "cluster", "candidates", "quota"]]),
        "checks": [_check(check, target.periods_s) for check in target.checks],
        "method": study.selection.method,
        "max_per_event": study.selection.options.get("max_per_event"),
        "file_columns": files,
    }


def shown_candidates(
    candidates: Candidates, target: Target, selection: Selection, most: int = MOST_CANDIDATES
) -> IntArray:
    """Positions of the selected records and of those whose exchange for one costs least, in their order."""
    chosen = candidates.positions(selection.records["id"].astype(str))
    others = np.setdiff1d(np.arange(len(candidates.records)), chosen)
    if len(candidates.records) > most:
        best = _least_errors(candidates.ln_sa, selection.ln_sa, target, others)
        others = others[np.argsort(best, kind="stable")[: max(0, most - len(chosen))]]
    return np.sort(np.r_[chosen, others])


def _least_errors(ln_sa: FloatArray, selected: FloatArray, target: Target, others: IntArray) -> FloatArray:
    """The least E that each of ``others`` gives in place of a selected record, on some of the periods."""
    coarse = np.unique(np.linspace(0, len(target.periods_s) - 1, _COARSE).astype(int))
    mu, sigma, x = (
        target.ln_mean[coarse],
        target.sigma_ln[coarse],
        ln_sa[others][:, coarse] - target.ln_mean[coarse],
    )
    s, n = selected[:, coarse] - mu, len(selected)
    best = np.full(len(others), np.inf)
    for row in s:
        mean = (s.sum(axis=0) - row + x) / n
        squares = (s**2).sum(axis=0) - row**2 + x**2
        std = np.sqrt(np.maximum(squares - n * mean**2, 0) / max(n - 1, 1))
        spread = 0.0 if target.mean_only else ((std - sigma) ** 2).sum(axis=1)
        best = np.minimum(best, (mean**2).sum(axis=1) + spread)
    return best


def _edited_files(records: pd.DataFrame, selected: pd.DataFrame, chosen: Sequence[int]) -> list[str]:
    """Columns that selection.csv must keep, because a person filled them in for a selected record."""
    known = [column for column in _FILES if column in records and column in selected]
    before, now = (
        t[known].astype(str).reset_index(drop=True) for t in (records.iloc[list(chosen)], selected)
    )
    if before.equals(now):
        return []
    for column in known:
        records.loc[list(chosen), column] = selected[column].to_numpy()
    return known


def _records(
    records: pd.DataFrame, selection: Selection, parts: Parts, files: Sequence[str]
) -> list[dict[str, Any]]:
    wanted = ["id", "group", "cluster", "scale_factor", *(["event"] if "event" in records else []), *files]
    rows = _plain(records[wanted].assign(**_places(records, parts)))
    shown = tables.scaled_table(records, like=selection.records)
    for row, cells in zip(rows, shown.rows, strict=True):
        row["cells"] = {head: [cell.text, cell.sort] for head, cell in zip(shown.headers, cells, strict=True)}
    return rows


def _places(records: pd.DataFrame, parts: Parts) -> dict[str, Any]:
    """``magnitude`` and ``distance`` as the chart of both shows them."""
    tables_ = [one.records for one in (parts.catalogue, parts.candidates, parts.selection) if one is not None]
    column = next((c for table in tables_ if (c := distance_column(table)) is not None), None)
    if column is None or column not in records:
        return {}
    log = is_log([table for table in tables_ if column in table], column)
    distance = records[column].clip(lower=SHORTEST_DISTANCE_KM) if log else records[column]
    return {"magnitude": records["magnitude"], "distance": distance}


def _check(check: AcceptanceCheck, periods_s: FloatArray) -> dict[str, Any]:
    if check.spectrum_g is None or check.periods_s is None:
        return {"name": check.name, "least_count": check.least_count}
    first, last = check.periods_s
    inside = np.flatnonzero((periods_s >= first * (1 - 1e-9)) & (periods_s <= last * (1 + 1e-9)))
    return {
        "name": check.name,
        "least_count": None,
        "least_ratio": check.least_ratio,
        "first": int(inside[0]),
        "last": int(inside[-1]),
        "spectrum": check.spectrum_g[inside].tolist(),
    }


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    kept = frame.astype(object).where(frame.notna(), None)
    return [
        {str(k): v.item() if isinstance(v, np.generic) else v for k, v in row.items()}
        for row in kept.to_dict("records")
    ]


def items(parts: Parts, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What the page shows of a record that is pointed at: where it is from, and its numbers."""
    source = parts.candidates or parts.selection
    if source is None:
        return {}
    frame = source.records.assign(id=source.records["id"].astype(str)).drop_duplicates("id").set_index("id")
    frame = frame.reindex([name for name in ids if name in frame.index])
    if parts.selection is not None:
        factors = parts.selection.records.set_index(parts.selection.records["id"].astype(str))["scale_factor"]
        frame.loc[factors.index.intersection(frame.index), "scale_factor"] = factors
    drift = _drifts(parts)
    cluster = (
        {}
        if parts.clusters is None
        else dict(zip(parts.clusters.table["id"].astype(str), parts.clusters.table["cluster"], strict=True))
    )
    found = {}
    for row in frame.reset_index().to_dict("records"):
        name = str(row["id"])
        row |= {"cluster": cluster.get(name), "drift": drift.get(name)}
        facts = [
            [head, tables.number(row[key], form).text + unit]
            for key, head, form, unit in _FACTS
            if not tables.is_missing(row.get(key))
        ]
        found[name] = {"text": _source(row), "facts": facts}
    return found


_FACTS = (
    ("magnitude", "M", ".2f", ""),
    ("rjb_km", "Rjb", ".1f", " km"),
    ("rrup_km", "Rrup", ".1f", " km"),
    ("vs30_m_s", "Vs30", ".0f", " m/s"),
    ("scale_factor", "Factor", ".3f", ""),
    ("cluster", "Cluster", ".0f", ""),
    ("drift", "Peak drift", ".2f", " %"),
)


def _source(row: Mapping[Any, Any]) -> str:
    year = "" if tables.is_missing(row.get("year")) else f" {float(row['year']):.0f}"
    event = "" if tables.is_missing(row.get("event")) else f"{row['event']}{year}"
    station = "" if tables.is_missing(row.get("station")) else str(row["station"])
    return ", ".join(part for part in (event, station) if part)


def _drifts(parts: Parts) -> dict[str, float]:
    if parts.demands is None:
        return {}
    drift = 100 * peak_story_drift(parts.demands.table)
    return dict(zip(parts.demands.table["id"].astype(str), drift.tolist(), strict=True))


def envelope(time_step_s: float, acceleration_g: FloatArray) -> dict[str, Any]:
    """Least and largest of equal stretches of a waveform, in thousandths of its peak (g)."""
    stretch = max(1, -(-len(acceleration_g) // _STRETCHES))
    whole = np.pad(acceleration_g, (0, -len(acceleration_g) % stretch), mode="edge").reshape(-1, stretch)
    peak = float(np.max(np.abs(acceleration_g))) or 1.0
    low, high = (
        np.round(1000 * values / peak).astype(int).tolist()
        for values in (whole.min(axis=1), whole.max(axis=1))
    )
    return {
        "low": low,
        "high": high,
        "peak": round(peak, 6),
        "duration_s": round(time_step_s * len(acceleration_g), 3),
    }
