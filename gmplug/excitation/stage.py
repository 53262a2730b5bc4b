"""The stage ``motions``: what excites the model, made from the selected records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.attachments import attachment_problems
from gmplug.chain.calls import Call, provider_call
from gmplug.chain.stage import Stage, StageContext
from gmplug.errors import InputError, PluginError, StudyError
from gmplug.excitation.agreement import check_agreement
from gmplug.excitation.component import excitation_of
from gmplug.excitation.files import FACTS_FILE, MOTIONS_DIR, load, save, table_problems
from gmplug.excitation.orientation import turned_to_pulses
from gmplug.excitation.plugin import scaled
from gmplug.excitation.selected_motions import MOTIONS_FILE, WAVEFORM_COLUMNS, SelectedMotion, selected_motion
from gmplug.hookspecs import KINDS
from gmplug.host.options import bind
from gmplug.notes import counted
from gmplug.plain import plain
from gmplug.spectra.components import GEOMETRIC_MEAN, ROTD50, ROTD100, component_named, ln_ratio
from gmplug.study.schema import AnalysisSection, Study
from gmplug.values import Catalogue, FloatArray, Motions, Selection, Target, lacks_file
from gmplug.waveforms.reference import file_of

#: The provider that leaves the accelerograms as they are.
UNCHANGED = "scaled"


def run(
    context: StageContext, selection: Selection, target: Target, catalogue: Catalogue | None = None
) -> Motions:
    """Return what the study's provider makes of the selected records, checked.

    ``[analysis] orientation`` turns pairs to the direction of their pulses. Where one component excites the
    model, the stage compares it with the target, and corrects the factors where ``[analysis] scaling``
    requires it.

    Raises
    ------
    InputError
        An option is wrong, a waveform cannot be read or is not that of the catalogue's spectrum, or a record
        lacks a component.
    PluginError
        The provider returned something else than motions.
    StudyError
        Selected records lack waveforms.
    """
    study = context.study
    needed = study.structure.model is not None
    notes: tuple[str, ...] = ()
    if needed or study.motions.provider != UNCHANGED:
        check_waveforms(selection.records, study.analysis if needed else None, context.run_dir)
        if catalogue is not None:
            notes = check_agreement(selection.records, catalogue, context.workers)
    made = _provided(context, selection, target)
    made = replace(made, notes=(*notes, *made.notes))
    turned = study.analysis.orientation == "pulse"
    if not (needed or turned):
        return made
    check_waveforms(made.records(selection), study.analysis if needed else None, context.run_dir)
    if turned:
        made = turned_to_pulses(made, selection, context.run_dir / MOTIONS_DIR, context.workers)
    if not needed:
        return made
    if study.analysis.component == "both":
        return made
    return _excited(made, selection, target, study.analysis)


def unchanged(selection: Selection) -> Motions:
    """Return the selected records with their own factors, without a look at what excites a model."""
    return scaled(selection=selection).complete


def _provided(context: StageContext, selection: Selection, target: Target) -> Motions:
    section = context.study.motions
    where = f"[motions] provider '{section.provider}'"
    implementation = context.host.provider("motions", section.provider)
    folder = context.run_dir / MOTIONS_DIR
    given = {
        "selection": selection,
        "target": target,
        "motions": (),
        "out_dir": folder,
        "seed": context.study.study.seed,
        "workers": context.workers,
        "progress": context.progress,
    }
    assert set(given) == set(KINDS["motions"].given)
    arguments = bind(implementation, section.options, given, where, context.study.base_dir)
    if "motions" in arguments:
        arguments["motions"] = _selected(selection)
    if "out_dir" in arguments:
        folder.mkdir(exist_ok=True)
        for stale in folder.iterdir():
            stale.unlink()
    value = implementation(**arguments)
    if not isinstance(value, Motions):
        raise PluginError(f"{where}: returned {type(value).__name__}, not gmplug.Motions")
    problems = list(table_problems(value.table, selection)) or [
        *_file_problems(value.table, selection),
        *attachment_problems(value.facts, "facts", value.tables, value.pictures),
    ]
    if problems:
        raise PluginError([f"{where}: {problem}" for problem in problems])
    value = value.complete
    columns = list(WAVEFORM_COLUMNS)
    other = (value.table[columns] != unchanged(selection).table[columns]).any(axis=1)
    factors = selection.records["scale_factor"].to_numpy(dtype=float)
    return replace(
        value, table=value.table.assign(selection_scale_factor=factors, changed=other.astype(bool))
    )


def _selected(selection: Selection) -> list[SelectedMotion]:
    """Return the selected motions; raises InputError with one line for each that cannot be read."""
    found: list[SelectedMotion] = []
    problems: list[str] = []
    for record in selection.records.to_dict("records"):
        try:
            found.append(selected_motion({str(name): value for name, value in record.items()}))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return found


def _file_problems(table: pd.DataFrame, selection: Selection) -> list[str]:
    """Missing files of the provider's own; the analyses check those of the records."""
    own = _files(table) - _files(selection.records)
    return [f"the file of a motion is missing: {name}" for name in sorted(own) if not file_of(name).is_file()]


def _files(records: pd.DataFrame) -> set[str]:
    columns = [name for name in WAVEFORM_COLUMNS if name in records]
    return {str(name) for column in columns for name in records[column].dropna()} - {""}


def _excited(made: Motions, selection: Selection, target: Target, analysis: AnalysisSection) -> Motions:
    """Return the motions with the factors to apply to the component that excites the model alone."""
    applied = replace(selection, records=made.records(selection), ln_sa=_own_ln_sa(made, selection, target))
    found = excitation_of(applied, target, analysis.component, analysis.scaling)
    table = made.table.assign(**{str(name): column for name, column in found.table.items()})
    return replace(made, table=table, notes=(*made.notes, *found.notes))


def _own_ln_sa(made: Motions, selection: Selection, target: Target) -> FloatArray:
    """ln Sa (g) of the motions by the definition that records are scaled by, scaled, shape (n, P)."""
    factors = made.table["scale_factor"].to_numpy(dtype=float)[:, None]
    if not made.table["changed"].any():
        return selection.ln_sa + np.log(
            factors / made.table[["selection_scale_factor"]].to_numpy(dtype=float)
        )
    from gmplug.spectra.many import PairSpectrum, spectra_of_motions
    from gmplug.waveforms import read_motion

    rows = made.table.assign(file_v="").to_dict("records")
    motions = [read_motion({str(name): value for name, value in row.items()}) for row in rows]
    computed: Mapping[str | None, PairSpectrum] = {ROTD100: "rotd100", GEOMETRIC_MEAN: "geometric-mean"}
    of = component_named(target.component)
    sa_g = spectra_of_motions(motions, target.periods_s, pair=computed.get(of, "rotd50"))
    if of is not None and of not in (*computed, ROTD50) and all(len(m.horizontal_g) == 2 for m in motions):
        sa_g = sa_g * np.exp(ln_ratio(ROTD50, of, target.periods_s))
    return np.log(sa_g * factors)


def check_waveforms(records: pd.DataFrame, analysis: AnalysisSection | None, run_dir: Path) -> None:
    """Raise StudyError where records lack waveforms, InputError where they lack a needed component."""
    missing = records["id"][lacks_file(records)]
    if len(missing):
        searches = run_dir / "download.txt"
        listed = f"; {searches} has the searches for them" if searches.is_file() else ""
        raise StudyError(
            f"{len(missing)} of {len(records)} selected records have no waveform file "
            f"({_some(missing)}): get them and name their folder in [catalogue]{listed}"
        )
    problems = []
    for option, column, needed, lack, remedy in (
        ("component", "file_h2", analysis and analysis.component in ("h2", "both"),
         "have one component only", 'component = "h1"'),
        ("vertical", "file_v", analysis and analysis.vertical,
         "have no vertical component", "vertical = false"),
    ):  # fmt: skip
        ids = records["id"][lacks_file(records, column)] if needed else ()
        if len(ids):
            problems.append(
                f"[analysis] {option}: {len(ids)} selected records {lack} ({_some(ids)}); use {remedy}, or "
                "let [preselection] keep out such records"
            )
    if problems:
        raise InputError(problems)


def _some(ids: Iterable[str]) -> str:
    ids = [str(one) for one in ids]
    return ", ".join(ids[:5]) + (", ..." if len(ids) > 5 else "")


def summary(value: Motions) -> Mapping[str, Any]:
    """Return the provider's facts, where it has any."""
    return {"motions": plain(value.facts)} if value.facts else {}


def calls(study: Study) -> tuple[Call, ...]:
    """Return the call of the provider."""
    return (provider_call("motions", "motions", study.motions),)


def _gist(value: Motions) -> str:
    own = int(value.table["changed"].sum())
    return f"{counted(len(value.table), 'motion')}" + (
        f", {own} with accelerograms of their own" if own else ""
    )


STAGE = Stage(
    name="motions",
    inputs=("catalogue", "selection", "target"),
    sections=(
        "study.seed", "motions", "structure.model",
        "analysis.component", "analysis.vertical", "analysis.scaling", "analysis.orientation",
    ),
    files=(MOTIONS_FILE, FACTS_FILE),
    outputs=("motions_*.csv", "motions_*.png"),
    run=run,
    save=save,
    load=load,
    gist=_gist,
    calls=calls,
    summary=summary,
    scratch=(MOTIONS_DIR,),
)  # fmt: skip
