"""The stage ``selection``: quotas, the records, and which of them are still to be downloaded."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.chain.calls import Call, provider_call
from gmplug.chain.stage import Stage, StageContext
from gmplug.errors import InputError, PluginError, readable
from gmplug.host.options import call, known_names
from gmplug.notes import counted, doubtful, warning
from gmplug.plain import plain, write_json
from gmplug.selection.checks import evaluate_checks
from gmplug.selection.downloads import missing_waveforms, write_downloads
from gmplug.selection.error import misfit
from gmplug.selection.explain import ALTERNATES
from gmplug.selection.optimised import COST_NOTE, explain_plainly
from gmplug.selection.quotas import Quotas, as_taken, make_quotas
from gmplug.selection.rejected import REJECTED, read_rejected
from gmplug.study.schema import SelectionSection, Study
from gmplug.textfile import refuse_cut
from gmplug.values import (
    UNGROUPED,
    Candidates,
    Choice,
    Clusters,
    FloatArray,
    IntArray,
    Selection,
    Target,
)

TABLE, QUOTAS, FACTS = "selection.csv", "quotas.csv", "selection.json"
EXPLAINED = "selection_explained.csv"

#: Columns shown first.
_FIRST = ("id", "group", "cluster", "scale_factor", "file_h1", "file_h2", "file_v")
#: Columns of selection.csv that a person may fill in, for instance after downloading waveforms.
_EDITABLE = ("file_h1", "file_h2", "file_v", "time_step_s", "units")
#: Misfits of ln Sa, root mean square over the periods, above which a set is doubtful, or no match: 15 % and
#: half the usual dispersion of ln Sa, 0.3. Published sets lie below 0.06 (Jia & Sasani 2025: E = 0.492).
MISFIT_DOUBTFUL, MISFIT_TOO_LARGE = 0.15, 0.30
#: Note on a set of ``representative`` with ``population = "candidates"``.
_REPRESENTS = (
    "the set represents the candidates as they are: its spectra, and estimates from it, follow the target "
    'only as far as the candidates do; population = "target" weights them to follow it'
)


def run(context: StageContext, candidates: Candidates, target: Target, clusters: Clusters) -> Selection:
    """Return the records that the study's selector chooses within the quotas, of those not rejected."""
    left_out, candidates, clusters = _without_rejected(context.run_dir, candidates, clusters)
    section = context.study.selection
    where = f"[selection] method '{section.method}'"
    made = make_quotas(section, clusters, target)
    table, within = held_quotas(made.table, clusters, section.quotas)
    given = {
        "candidates": candidates,
        "target": target,
        "clusters": within,
        "quotas": table.copy(),
        "seed": context.study.study.seed,
        "workers": context.workers,
        "progress": context.progress,
    }
    implementation = context.host.provider("selectors", section.method)
    if "surrogate" in known_names(implementation, where):
        from gmplug.surrogate.responses import surrogate_of

        given["surrogate"] = surrogate_of(context, candidates)
    options = extending(section, candidates)
    answer = call(implementation, options, given, where, base_dir=context.study.base_dir)
    choice = answer if isinstance(answer, Choice) else Choice(answer)
    positions = _checked(choice.positions, table, within, where)
    records = _selected_records(candidates, clusters, positions)
    notes = left_out + made.notes + tuple(choice.notes)
    if section.quotas != "clusters":
        made = Quotas(as_taken(made.table, records))
        notes += (f'quotas = "{section.quotas}": the clusters\' quotas shown are what was taken of each',)
    ln_sa = candidates.ln_sa[positions]
    selection = _selection(records, ln_sa, made.table, target, notes, dict(choice.facts))
    return replace(
        selection, explained=_explained(choice, positions, candidates, target, clusters, made.table)
    )


def extending(section: SelectionSection, candidates: Candidates) -> dict[str, Any]:
    """Return the options of the selector, with the records of earlier batches included."""
    known = set(candidates.records["id"].astype(str))
    stay = [name for batch in section.batches for name in batch if name in known]
    if not stay:
        return section.options
    return section.options | {"include": list(dict.fromkeys([*section.options.get("include", ()), *stay]))}


def _without_rejected(
    run_dir: Path, candidates: Candidates, clusters: Clusters
) -> tuple[tuple[str, ...], Candidates, Clusters]:
    """Return a note on the records that the user rejected, and candidates and clusters without them."""
    rejected = read_rejected(run_dir)
    ids = candidates.records["id"].astype(str)
    out = [name for name in rejected if name in set(ids)]
    notes = (f"rejected by you and left out: {', '.join(out)} (see {REJECTED})",) if out else ()
    allowed = np.flatnonzero(~ids.isin(rejected).to_numpy())
    return notes, candidates.take(allowed), clusters.take(allowed)


def held_quotas(quotas: pd.DataFrame, clusters: Clusters, held: str) -> tuple[pd.DataFrame, Clusters]:
    """Quotas and clusters as a selector sees them: of clusters, of whole groups, or none but the count."""
    if held == "clusters":
        return quotas, clusters
    if held == "none":
        quotas = quotas.assign(group=UNGROUPED)
        clusters = clusters.assign(group=UNGROUPED)
    united = quotas.groupby("group", sort=False, as_index=False)[["candidates", "quota"]].sum()
    united.insert(1, "cluster", 1)
    return united, clusters.assign(cluster=1)


def _explained(
    choice: Choice,
    positions: IntArray,
    candidates: Candidates,
    target: Target,
    clusters: Clusters,
    quotas: pd.DataFrame,
) -> pd.DataFrame:
    """The selector's own explanation, with the clusters as they are; else one by E and the quotas."""
    if choice.explained is None:
        return explain_plainly(candidates, target, clusters, positions, quotas)
    labels = clusters.table.iloc[positions].reset_index(drop=True)
    return choice.explained.assign(group=labels["group"], cluster=labels["cluster"].astype(int))


def _checked(answer: Any, quotas: pd.DataFrame, clusters: Clusters, where: str) -> IntArray:
    """The positions that a selector returned, checked."""
    try:
        positions = np.asarray(answer)
    except (TypeError, ValueError):
        positions = np.empty(0)
    if positions.ndim != 1 or not np.issubdtype(positions.dtype, np.integer):
        raise PluginError(f"{where}: must return an integer array (n,) of positions in the candidates")
    count, candidates = int(quotas["quota"].sum()), len(clusters.table)
    if len(positions) != count:
        raise PluginError(f"{where}: returned {len(positions)} records, the quotas ask for {count}")
    if np.any(positions < 0) or np.any(positions >= candidates):
        raise PluginError(f"{where}: returned positions outside 0 to {candidates - 1}")
    if len(np.unique(positions)) != len(positions):
        raise PluginError(f"{where}: returned a record more than once")
    taken = clusters.table.iloc[positions].groupby(["group", "cluster"]).size()
    for row in quotas.itertuples():
        got = int(taken.get((row.group, row.cluster), 0))
        if got != row.quota:
            raise PluginError(
                f"{where}: took {got} records of group '{row.group}', cluster {row.cluster}; its quota is "
                f"{row.quota}"
            )
    return positions.astype(np.int64)


def _selected_records(candidates: Candidates, clusters: Clusters, positions: IntArray) -> pd.DataFrame:
    """Rows of the candidates with their cluster, the columns people look for first."""
    records = candidates.records.iloc[positions].reset_index(drop=True)
    labels = clusters.table.iloc[positions].reset_index(drop=True)
    records = records.assign(group=labels["group"], cluster=labels["cluster"].astype(int))
    first = [column for column in _FIRST if column in records]
    return records[first + [column for column in records if column not in first]]


def _selection(
    records: pd.DataFrame,
    ln_sa: FloatArray,
    quotas: pd.DataFrame,
    target: Target,
    notes: tuple[str, ...],
    facts: dict[str, Any],
) -> Selection:
    how_well = misfit(ln_sa, target)
    checks = evaluate_checks(ln_sa, target)
    made = Selection(
        records=records,
        ln_sa=ln_sa,
        quotas=quotas,
        error=how_well.error,
        max_median_error=how_well.max_median_error,
        max_sigma_error=how_well.max_sigma_error,
        checks=checks,
        facts=facts,
    )
    far = poor_match(how_well.error, target) if made.aims_at_target else (_REPRESENTS,)
    return replace(made, notes=(*notes, *far, *(check.note for check in checks), *missing_waveforms(records)))


def poor_match(error: float, target: Target) -> tuple[str, ...]:
    """Return a note where the set is far from the target."""
    misfit_ln = float(np.sqrt(error / len(target.periods_s)))
    text = (
        f"the selected set is off the target by {misfit_ln:.2f} in ln Sa (root mean square over the periods, "
        f"E = {error:.3g}); widen the pre-selection, or check target and scale factors"
    )
    if misfit_ln > MISFIT_TOO_LARGE:
        return (warning(text),)
    return (doubtful(text),) if misfit_ln > MISFIT_DOUBTFUL else ()


def save(selection: Selection, run_dir: Path) -> None:
    """Write the records, the quotas, the misfit, and the records to download, if any."""
    selection.records.to_csv(run_dir / TABLE, index=False)
    selection.quotas.to_csv(run_dir / QUOTAS, index=False)
    if selection.explained is not None:
        selection.explained.to_csv(run_dir / EXPLAINED, index=False)
    write_json(run_dir / FACTS, _facts(selection))
    write_downloads(selection.records, run_dir, _EDITABLE)


def load(run_dir: Path, candidates: Candidates, target: Target, clusters: Clusters) -> Selection:
    """Read the selection back; ``selection.csv`` may have been edited.

    Rows may be removed or added (any candidate), ``scale_factor`` changed, and waveform files filled in;
    the rest is looked up, and the misfit computed anew.
    """
    path = run_dir / TABLE
    left_out, candidates, clusters = _without_rejected(run_dir, candidates, clusters)
    edited = _read_table(path, candidates, read_rejected(run_dir))
    positions = candidates.positions(edited["id"])
    records = _selected_records(candidates, clusters, positions)
    for column in _EDITABLE:
        if column in edited:
            records[column] = edited[column].to_numpy()
    ln_sa = candidates.ln_sa[positions]
    if "scale_factor" in edited and "scale_factor" in records:
        factors = edited["scale_factor"].to_numpy(dtype=float)
        before = records["scale_factor"].to_numpy(dtype=float)
        changed = ~np.isclose(factors, before, rtol=1e-9, atol=0.0)
        ln_sa = ln_sa + np.where(changed, np.log(factors / before), 0.0)[:, None]
        records["scale_factor"] = np.where(changed, factors, before)
    quotas = pd.read_csv(run_dir / QUOTAS, dtype={"group": str})
    facts = json.loads((run_dir / FACTS).read_text(encoding="utf-8"))
    notes = tuple(facts.get("quota_notes", ()))
    notes = left_out + tuple(note for note in notes if note not in left_out)
    chosen = facts.get("choice", {})
    texts = dict.fromkeys(("id", "group", *(f"alternate_{k}" for k in range(1, ALTERNATES + 1))), str)
    explained = pd.read_csv(run_dir / EXPLAINED, dtype=texts, float_precision="round_trip")
    explained = explained.fillna(dict.fromkeys(texts, ""))
    if list(explained["id"]) != list(records["id"]):  # edited by hand
        notes = tuple(note for note in notes if not note.startswith(COST_NOTE))
        chosen = {name: fact for name, fact in chosen.items() if name.startswith("population")}
        explained = explain_plainly(candidates, target, clusters, positions, quotas)
        taken = as_taken(quotas, records)["quota"]
        if not taken.equals(quotas["quota"]):
            pairs = zip(taken, quotas["quota"], strict=True)
            other = ", ".join(f"{got} for {quota}" for got, quota in pairs if got != quota)
            notes += (f"the edited {TABLE} takes other numbers of the clusters than {QUOTAS}: {other}",)
    return replace(_selection(records, ln_sa, quotas, target, notes, chosen), explained=explained)


def _read_table(path: Path, candidates: Candidates, rejected: Sequence[str]) -> pd.DataFrame:
    refuse_cut(path)
    texts = {"id": str, "file_h1": str, "file_h2": str, "file_v": str, "units": str}
    with readable(path, "restore it or run with --fresh"):
        table = pd.read_csv(path, dtype=texts, keep_default_na=True, float_precision="round_trip")
    if "id" not in table:
        raise InputError(f"{path}: lacks the column id; restore it or run with --fresh")
    table["id"] = table["id"].fillna("").str.strip()
    for column in ("file_h1", "file_h2", "file_v", "units"):
        if column in table:
            table[column] = table[column].fillna("")
    known = set(candidates.records["id"].astype(str))
    problems = [
        f"{path}, row {row + 2}, column id: '{name}' is rejected; remove the row here, or in {REJECTED}"
        if name in rejected
        else f"{path}, row {row + 2}, column id: '{name}' is not among the candidates; take one of "
        "candidates.csv"
        for row, name in enumerate(table["id"])
        if name not in known
    ]
    twice = table["id"][table["id"].duplicated()]
    problems += [f"{path}: '{name}' occurs more than once; keep one row of it" for name in twice]
    if len(table) < 2:
        problems.append(f"{path}: at least two records are needed")
    if "scale_factor" in table:
        factors = pd.to_numeric(table["scale_factor"], errors="coerce")
        for row in np.flatnonzero(~(np.isfinite(factors) & (factors > 0))):
            problems.append(f"{path}, row {row + 2}, column scale_factor: must be a positive number")
        table["scale_factor"] = factors
    if problems:
        raise InputError(problems)
    return table


def _misfit_of(selection: Selection) -> dict[str, Any]:
    return {
        "count": len(selection.records),
        "error": selection.error,
        "max_median_error": selection.max_median_error,
        "max_sigma_error": selection.max_sigma_error,
        "checks": [asdict(check) for check in selection.checks],
    }


def _facts(selection: Selection) -> dict[str, Any]:
    looked_up = {
        *missing_waveforms(selection.records),
        *(check.note for check in selection.checks),
        _REPRESENTS,
    }
    notes = [note for note in selection.notes if note not in looked_up]
    return {**_misfit_of(selection), "choice": plain(selection.facts), "quota_notes": notes}


def summary(selection: Selection) -> Mapping[str, Any]:
    """Return the selection's part of summary.json; the quotas of each group in the order of its clusters."""
    quotas = selection.quotas.sort_values("cluster").groupby("group", sort=False)["quota"]
    return {
        "groups": {str(group): {"quotas": [int(q) for q in part]} for group, part in quotas},
        "selection": {**_misfit_of(selection), **selection.facts, "notes": list(selection.notes)},
    }


def calls(study: Study) -> tuple[Call, ...]:
    """Return the call of the selector."""
    return (provider_call("selectors", "selection", study.selection, "method"),)


STAGE = Stage(
    name="selection",
    inputs=("candidates", "target", "clusters"),
    sections=("study", "selection"),
    files=(TABLE, QUOTAS, FACTS, EXPLAINED),
    run=run,
    save=save,
    load=load,
    gist=lambda v: f"{counted(len(v.records), 'record')}, E = {v.error:.3f}",
    calls=calls,
    events=("gmplug_intensity_measures",),
    decisions=(REJECTED,),
    summary=summary,
)
