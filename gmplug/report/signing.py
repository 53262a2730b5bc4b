"""What an engineer signs: requirements by period, demands by story, why each record is in, who and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.assessment.lognormal import fit_by_moments
from gmplug.chain.fingerprint import file_digest
from gmplug.demands import ROOF_DRIFT, Demand, demands
from gmplug.demands.builtin import BASE_SHEAR, BASE_SHEAR_RATIO, ROOF_DISPLACEMENT
from gmplug.demands.demand import AXES
from gmplug.demands.tables import axis_profiles
from gmplug.report.charts.spectra import spectral_checks
from gmplug.report.tables import Cell, Column, Table, columns_table, is_missing, text
from gmplug.selection.quotas import as_taken
from gmplug.study.schema import Study
from gmplug.values import LENGTH_UNITS_M, AcceptanceCheck, Selection, Target, lacks_file

#: Rows of a table by period, besides the governing one.
_PERIODS = 14


# -- requirements of the code ------------------------------------------------------------------------


def period_tables(target: Target, selection: Selection) -> list[tuple[str, Table]]:
    """For each check against a spectrum: mean, spectrum, requirement and factor needed, by period."""
    return [(check.name, _period_table(check, target, selection)) for check in spectral_checks(target)]


def _period_table(check: AcceptanceCheck, target: Target, selection: Selection) -> Table:
    t = target.periods_s
    assert check.spectrum_g is not None
    assert check.periods_s is not None
    assert check.least_ratio is not None
    first, last = check.periods_s
    inside = np.flatnonzero((t >= first * (1 - 1e-9)) & (t <= last * (1 + 1e-9)))
    mean = np.exp(selection.ln_sa).mean(axis=0)
    ratio = mean / check.spectrum_g
    governing = inside[int(np.argmin(ratio[inside]))]
    wanted = np.geomspace(t[inside[0]], t[inside[-1]], _PERIODS)
    rows = np.unique([*(inside[np.argmin(np.abs(t[inside] - one))] for one in wanted), governing])
    frame = pd.DataFrame(
        {
            "period": t[rows], "mean": mean[rows], "code": check.spectrum_g[rows],
            "least": check.least_ratio * check.spectrum_g[rows], "ratio": ratio[rows],
            "factor": np.maximum(check.least_ratio / ratio[rows], 0.0),
            "met": np.where(ratio[rows] >= check.least_ratio * (1 - 1e-12), "met", "NOT met"),
            "governs": [Cell("governs" if row == governing else "") for row in rows],
        }
    )  # fmt: skip
    columns = (
        ("period", "T (s)", ".3g"),
        ("mean", "Arithmetic mean Sa of the set (g)", ".4f"),
        ("code", "Code's spectrum (g)", ".4f"),
        ("least", f"{check.least_ratio:g} × code's (g)", ".4f"),
        ("ratio", "Mean / code's", ".3f"),
        ("factor", "Factor at which it is just met", ".3f"),
        ("met", "Result", "status"),
        ("governs", "", ""),
    )
    return columns_table(frame, columns, every=True)


# -- demands -----------------------------------------------------------------------------------------


_STATISTICS: tuple[Column, ...] = (
    ("direction", "Direction", ""), ("level", "Level", ".0f"), ("n", "Analyses", ".0f"),
    ("median", "Median (geometric mean)", ".4g"), ("mean", "Arithmetic mean", ".4g"), ("beta", "β", ".3f"),
    ("p16", "16th percentile", ".4g"), ("p84", "84th percentile", ".4g"), ("largest", "Largest", ".4g"),
    ("governing", "Largest in record", ""),
)  # fmt: skip


def demand_tables(table: pd.DataFrame) -> list[tuple[str, Table]]:
    """For each demand over the height: its statistics by direction and level, of analyses that ended ok."""
    ok = table[table["status"] == "ok"].reset_index(drop=True)
    found = []
    for demand in demands().values():
        rows = [
            row for axis, one in axis_profiles(ok, demand).items() for row in _levels(ok, demand, axis, one)
        ]
        if rows:
            name = "Story" if demand.numbered == "story" else "Floor"
            columns = [(key, name if key == "level" else head, form) for key, head, form in _STATISTICS]
            title = f"{demand.title} ({demand.shown_unit})"
            found.append((title, columns_table(pd.DataFrame(rows), columns)))
    return found


def _levels(ok: pd.DataFrame, demand: Demand, axis: str, one: Any) -> list[dict[str, Any]]:
    values = np.abs(one.values) * demand.factor
    return [
        {"direction": axis, "level": level} | _statistics(column, ok["id"])
        for level, column in zip(one.levels, values.T, strict=True)
    ]


def _statistics(values: np.ndarray, ids: Any) -> dict[str, Any]:
    known = np.isfinite(values)
    fit = fit_by_moments(values[known])
    empty = not known.any()
    return {
        "n": fit.n,
        "median": fit.median,
        "mean": np.nan if empty else float(values[known].mean()),
        "beta": fit.beta,
        "p16": fit.fractile(-1),
        "p84": fit.fractile(1),
        "largest": np.nan if empty else float(values[known].max()),
        "governing": "" if empty else str(ids.iloc[int(np.nanargmax(values))]),
    }


def overall_table(table: pd.DataFrame, model: Mapping[str, Any]) -> Table | None:
    """Roof displacement in the model's length unit, roof drift and base shear, with both means."""
    ok = table[table["status"] == "ok"].reset_index(drop=True)
    unit = str(model.get("length_unit") or "m")
    rows = []
    for demand, factor, shown in (
        (ROOF_DISPLACEMENT, 1 / LENGTH_UNITS_M[unit], unit),
        *(
            (demand, demand.factor, demand.shown_unit)
            for demand in (ROOF_DRIFT, BASE_SHEAR, BASE_SHEAR_RATIO)
        ),
    ):
        for axis in ("", *AXES):
            column = demand.column_along(axis)
            if column in ok and ok[column].notna().any():
                values = factor * np.abs(ok[column].to_numpy(dtype=float))
                rows.append(
                    {"name": f"{demand.title} ({shown})", "direction": axis} | _statistics(values, ok["id"])
                )
    if not rows:
        return None
    return columns_table(pd.DataFrame(rows), (("name", "Demand", ""), *_STATISTICS))


# -- records -----------------------------------------------------------------------------------------


def reasons_table(selection: Selection) -> Table | None:
    """Why each record is in, in plain words; None where the selector explained nothing."""
    told = reasons(selection)
    if not told:
        return None
    rows = [{"id": name, "why": why} for name, why in told.items()]
    return columns_table(pd.DataFrame(rows), (("id", "Record", ""), ("why", "Why it is in", "")), every=True)


def reasons(selection: Selection) -> dict[str, str]:
    """Why each record is in, in plain words, by id; empty where the selector explained nothing."""
    if selection.explained is None:
        return {}
    rows = selection.explained.to_dict("records")
    return {str(row["id"]): _reason(row, selection) for row in rows}


def _reason(row: Mapping[Any, Any], selection: Selection) -> str:
    taken = as_taken(selection.quotas, selection.records)
    own = taken[(taken["group"] == row["group"]) & (taken["cluster"] == row["cluster"])]
    group = {"pulse": "Pulse-type, ", "nonpulse": "Not pulse-type, "}.get(str(row["group"]), "")
    place = (
        f"one of {int(own['quota'].iloc[0])} of cluster {row['cluster']}"
        if len(own)
        else f"cluster {row['cluster']}"
    )
    rank: Any = row.get("distance_rank")
    said = [group + place + ("" if is_missing(rank) else f", number {float(rank):.0f} from its center")]
    if not is_missing(row.get("cost_without")):
        said.append(f"Without it E {_change(row['cost_without'])}")
    if row.get("alternate_1") and not is_missing(row.get("cost_1")):
        said.append(
            f"With {row['alternate_1']}, the best in its place, the objective {_change(row['cost_1'])}"
        )
    if not is_missing(row.get("chosen_share")):
        said.append(f"{100 * float(row['chosen_share']):.0f} % of the independent searches ended with it")
    why = ". ".join(said) + "."
    return why[:1].upper() + why[1:]


def _change(value: Any) -> str:
    return f"rises by {float(value):.3f}" if float(value) >= 0 else f"falls by {-float(value):.3f}"


# -- who, when, from what ----------------------------------------------------------------------------


def signature(study: Study, made: Made) -> list[tuple[str, str]]:
    """Project, preparer, date and command, as far as they are known."""
    own = study.study
    pairs = (
        ("Project", own.project), ("Prepared by", own.prepared_by), ("Date", made.date),
        ("Command", made.command),
    )  # fmt: skip
    return [(name, value) for name, value in pairs if value]


@dataclass(frozen=True)
class Made:
    """How a page was made.

    Parameters
    ----------
    date
        As 2026-01-31.
    command
        What makes the study again.
    run_dir
        Where histories lie, if there are any.
    inputs
        Files that the study reads.
    """

    date: str = ""
    command: str = ""
    run_dir: Path | None = None
    inputs: Sequence[Path] = ()


def checksums_table(made: Made, selection: Selection | None, base_dir: Path) -> Table | None:
    """SHA-256 of the files that the study reads, and of the waveforms of the selected records."""
    files = list(made.inputs)
    if made.date and selection is not None:
        for column in ("file_h1", "file_h2", "file_v"):
            if column in selection.records:
                known = selection.records[column][~lacks_file(selection.records, column)]
                files += [base_dir / str(name) for name in known]
    rows = [(text(path.name), text(file_digest(path))) for path in dict.fromkeys(files) if path.is_file()]
    return Table(("File", "SHA-256"), (False, False), tuple(rows)) if rows else None
