"""The pre-selection stage: scale factors, filters, and the files of the candidates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.catalogue.periods import find_period_columns, period_columns
from gmplug.chain.calls import Call
from gmplug.chain.stage import Stage, StageContext
from gmplug.errors import InputError, readable
from gmplug.notes import counted
from gmplug.preselection.candidates_file import read_candidates
from gmplug.preselection.definition import Definition, definition_of
from gmplug.preselection.funnel import COLUMNS, run_filters
from gmplug.preselection.interpolation import interpolate_ln_sa, interpolation_notes
from gmplug.preselection.measures_at_period import with_asked_measures
from gmplug.spectra.components import read_component
from gmplug.study.schema import Study
from gmplug.values import BoolArray, Candidates, Catalogue, FloatArray, Measures, Target

CANDIDATES = "candidates.csv"
SPECTRA = "candidates_sa.parquet"
FUNNEL = "funnel.csv"
#: Targets whose option ``component`` is one of gmplug's definitions of Sa.
_OF_COMPONENT = (
    "conditional-spectrum", "avgsa-conditional", "gcim", "unconditional", "uniform-hazard", "table",
    "code-eurocode8",
)  # fmt: skip


def run(context: StageContext, catalogue: Catalogue, target: Target) -> Candidates:
    """Return the candidates: records that every installed filter keeps, scaled to the target's measure.

    Raises
    ------
    InputError
        An option is bad, a period lies outside the catalogue's, or no candidate is left.
    PluginError
        A filter does not do what a filter has to.
    """
    periods_s = context.study.periods_s()
    t_star = target.conditioning_period_s
    definition = definition_of(catalogue, target)
    ln_sa = interpolate_ln_sa(catalogue.periods_s, catalogue.sa_g, periods_s) + definition.ln_shift(periods_s)
    ln_factor = _ln_factors(catalogue, target, definition)
    options = context.study.preselection.options
    records = with_asked_measures(catalogue, options, target.measures, t_star, context.workers)
    records = records.assign(scale_factor=np.exp(ln_factor))
    filters = dict(context.host.providers("filters"))
    if target.measures is not None:
        filters["measures-known"] = _measures_known(target.measures)
    kept, funnel = run_filters(
        filters,
        options,
        records,
        periods_s,
        t_star,
        base_dir=context.study.base_dir,
        ln_sa=ln_sa,
    )
    records = _in_file_order(records[kept].reset_index(drop=True))
    scaled = _scaled_ln_sa(np.exp(ln_sa[kept]), records)
    return Candidates(records, periods_s, scaled, funnel, _notes(catalogue, target, definition, periods_s))


def _notes(
    catalogue: Catalogue, target: Target, definition: Definition, periods_s: FloatArray
) -> tuple[str, ...]:
    """How the catalogue's spectra became those of the candidates."""
    return definition.notes + interpolation_notes(catalogue.periods_s, periods_s, target.scaled_to)


def _measures_known(measures: Measures) -> Callable[[pd.DataFrame], BoolArray]:
    """Return a filter for records that have all the measures that the target follows."""
    from gmplug.measures.records import known_values

    def measures_known(records: pd.DataFrame) -> BoolArray:
        """An intensity measure that the target follows is not known of the record"""
        values = np.column_stack([known_values(records, name) for name in measures.names])
        return np.asarray(~np.isnan(values).any(axis=1))

    return measures_known


def _ln_factors(catalogue: Catalogue, target: Target, definition: Definition) -> FloatArray:
    """ln of the factors, shape (N,), that bring each record to the target's conditioning measure."""
    scaling = target.scaled_to
    if not len(scaling.periods_s):
        return np.zeros(len(catalogue.records))
    ln_sa = interpolate_ln_sa(catalogue.periods_s, catalogue.sa_g, scaling.periods_s)
    return scaling.ln_factors(ln_sa + definition.ln_shift(scaling.periods_s))


def _in_file_order(records: pd.DataFrame) -> pd.DataFrame:
    first = ["id", "group", "scale_factor"]
    return records[first + [name for name in records if name not in first]]


def _scaled_ln_sa(unscaled_g: FloatArray, records: pd.DataFrame) -> FloatArray:
    """Return ln Sa of the scaled records, shape (N, P).

    From the rounded spectra that the file holds, so that a resumed study computes with the very same numbers.
    """
    scaled: FloatArray = (
        np.log(_rounded(unscaled_g)) + np.log(records["scale_factor"].to_numpy(float))[:, None]
    )
    return scaled


def _rounded(values: FloatArray) -> FloatArray:
    """Round to 36 significant bits (1e-11), far above the noise of exp and log."""
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.round(mantissa * 2.0**36) / 2.0**36, exponent)


def save(candidates: Candidates, run_dir: Path) -> None:
    """Write the candidates, their unscaled spectra of the target's component, and the funnel."""
    records = candidates.records
    _in_file_order(records).to_csv(run_dir / CANDIDATES, index=False)
    factor = records["scale_factor"].to_numpy(dtype=float)
    unscaled = _rounded(np.exp(candidates.ln_sa - np.log(factor)[:, None]))
    spectra = pd.DataFrame(unscaled, columns=period_columns(candidates.periods_s))
    spectra.insert(0, "id", records["id"].to_numpy(dtype=object))
    spectra.to_parquet(run_dir / SPECTRA, index=False, use_dictionary=False)
    candidates.funnel.to_csv(run_dir / FUNNEL, index=False)


def load(run_dir: Path, catalogue: Catalogue | None = None, target: Target | None = None) -> Candidates:
    """Read the candidates back; in candidates.csv rows may have been removed and factors edited.

    Raises InputError, one line for each thing that is wrong.
    """
    with readable(run_dir / SPECTRA, "run with --fresh"):
        spectra = pd.read_parquet(run_dir / SPECTRA).set_index("id")
    with readable(run_dir / FUNNEL, "run with --fresh"):
        funnel = pd.read_csv(run_dir / FUNNEL)
        funnel = funnel.assign(note=funnel["note"].fillna("") if "note" in funnel else "")
    if list(funnel.columns) != list(COLUMNS):
        raise InputError(f"{run_dir / FUNNEL}: has other columns than {', '.join(COLUMNS)}; run with --fresh")
    names, periods_s = find_period_columns(spectra.columns)
    like = catalogue.records if catalogue is not None else None
    records = read_candidates(run_dir / CANDIDATES, list(spectra.index), like)
    unscaled = spectra.loc[records["id"], names].to_numpy(dtype=float)
    notes: tuple[str, ...] = ()
    if catalogue is not None and target is not None:
        notes = _notes(catalogue, target, definition_of(catalogue, target), periods_s)
    return Candidates(records, periods_s, _scaled_ln_sa(unscaled, records), funnel, notes)


def check(context: StageContext) -> None:
    """Refuse a component in [target] that is not known; what the catalogue holds is known later."""
    section = context.study.target
    stated = section.options.get("component")
    if section.provider in _OF_COMPONENT and isinstance(stated, str):
        read_component(stated, f"[target] provider '{section.provider}'")


def summary(candidates: Candidates) -> Mapping[str, Any]:
    """Return the number of candidates and the funnel, for summary.json."""
    return {"candidates": len(candidates.records), "funnel": candidates.funnel.to_dict("records")}


def calls(study: Study) -> tuple[Call, ...]:
    """Return the call of all filters."""
    return (Call("filters", None, study.preselection.options, "[preselection]", ("preselection",)),)


STAGE = Stage(
    name="preselection",
    inputs=("catalogue", "target"),
    sections=("preselection",),
    files=(CANDIDATES, SPECTRA, FUNNEL),
    check=check,
    run=run,
    save=save,
    load=load,
    gist=lambda v: f"{counted(len(v.records), 'candidate')}",
    calls=calls,
    events=("gmplug_intensity_measures",),
    summary=summary,
)
