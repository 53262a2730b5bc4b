"""Demands of all candidates by the surrogates of the study's structure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.analysis.demands import AXES
from gmplug.chain.stage import StageContext
from gmplug.constants import STANDARD_GRAVITY_M_S2
from gmplug.demands import DRIFT, FLOOR_ACCELERATION, RESIDUAL_DRIFT, ROOF_DRIFT, STORY_DRIFT
from gmplug.demands.builtin import ROOF_DISPLACEMENT
from gmplug.errors import InputError
from gmplug.surrogate.pushed import FOLDER, model_notes, pushed_buildings
from gmplug.surrogate.pushover import Pushover, pushover_facts
from gmplug.surrogate.reduced import COLUMNS, Reduced, reduced_models
from gmplug.values import BoolArray, Candidates, FloatArray, Motion, lacks_file

#: Of the surrogate's folder in the run directory.
DEMANDS_FILE = "demands.csv"
#: Place of each component in a motion.
_NUMBER = {"h1": 0, "h2": 1}
_METHOD = "the surrogate of the structure"
#: Between the name of a building and a kind of surrogate.
_APART = ": "


@dataclass(frozen=True)
class Surrogate:
    """Demands of candidates by surrogates.

    Parameters
    ----------
    ids
        Of the candidates, shape (N,).
    demands
        By kind of surrogate: N rows, columns named as in demands.csv; NaN without a waveform. Of several
        buildings a kind begins with the building's name.
    notes
        One line each.
    """

    ids: tuple[str, ...]
    demands: Mapping[str, pd.DataFrame]
    notes: tuple[str, ...] = ()

    @property
    def known(self) -> BoolArray:
        """Candidates whose demands all surrogates give, shape (N,)."""
        return np.all([table.notna().all(axis=1) for table in self.demands.values()], axis=0)

    def take(self, ids: Sequence[str]) -> Surrogate:
        """Return the surrogate of some candidates; raises InputError for an unknown one."""
        place = {name: row for row, name in enumerate(self.ids)}
        unknown = [name for name in ids if name not in place]
        if unknown:
            raise InputError(
                f"the surrogate knows no candidate '{unknown[0]}'; run the selection again with --fresh"
            )
        at = [place[name] for name in ids]
        tables = {kind: table.iloc[at].reset_index(drop=True) for kind, table in self.demands.items()}
        return Surrogate(tuple(ids), tables, self.notes)

    def of_building(self, name: str) -> Surrogate:
        """Return the surrogates of one of several buildings; raises InputError for one that has none."""
        start = f"{name}{_APART}"
        own = {kind.removeprefix(start): t for kind, t in self.demands.items() if kind.startswith(start)}
        if not own:
            raise InputError(f"building '{name}' has no surrogate: it cannot be built or pushed")
        return Surrogate(self.ids, own, self.notes)

    def ln_demands(self) -> FloatArray:
        """Return ln of all demands but residual drifts by all surrogates, shape (N, C); NaN where unknown."""
        with np.errstate(divide="ignore", invalid="ignore"):
            columns = [
                np.log(table[column].to_numpy(dtype=float))
                for table in self.demands.values()
                for column in table
                if not str(column).startswith(RESIDUAL_DRIFT.name)
            ]
        found = np.column_stack(columns)
        return np.where(np.isfinite(found), found, np.nan)

    def covariates(self, demand: str) -> dict[str, FloatArray]:
        """Return ln of a demand by each surrogate, shape (N,); of one that it lacks, ln peak story drift."""
        column = demand if all(demand in table for table in self.demands.values()) else DRIFT
        with np.errstate(divide="ignore", invalid="ignore"):
            found = {
                kind: np.log(table[column].to_numpy(dtype=float)) for kind, table in self.demands.items()
            }
        return {kind: np.where(np.isfinite(values), values, np.nan) for kind, values in found.items()}


def surrogate_of(context: StageContext, candidates: Candidates) -> Surrogate:
    """Return the candidates' demands by surrogates of the study's structure, and write them.

    The pushover is kept in the run directory, and made anew where the structure or the shaking has changed.

    Raises
    ------
    InputError
        The study names no structure, or no candidate has a waveform.
    StudyError
        The structure cannot be built or pushed.
    """
    if context.study.structure.model is None:
        raise InputError(
            f"[structure] names no model, which {_METHOD} needs; set model, or use another method"
        )
    folder = context.run_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    pushovers, notes = pushed_buildings(context, candidates)
    damping_ratio = context.study.analysis.damping
    key = _key_of(context, candidates, pushovers)
    if _last.get(folder, ("", None))[0] == key:
        return _last[folder][1]
    motions, more = _motions(context, candidates)
    demands: dict[str, pd.DataFrame] = {}
    for building, found in pushovers.items():
        models = [reduced_models(pushover, damping_ratio) for pushover in found]
        notes += [f"{building}: {note}" if building else note for note in model_notes(found, models)]
        kinds = dict.fromkeys([*models[0], *(COLUMNS for one in models if COLUMNS in one)])
        for kind in kinds:
            named = f"{building}{_APART}{kind}" if building else kind
            shown = partial(_shown, context, named)
            demands[named] = candidate_demands([_of_kind(one, kind) for one in models], motions, shown)
    ids = tuple(candidates.records["id"].astype(str))
    made = Surrogate(ids, demands, (*notes, *more))
    write_surrogate(made, folder)
    _last.clear()
    _last[folder] = (key, made)
    return made


def _of_kind(models: Mapping[str, Reduced], kind: str) -> Reduced:
    """The surrogate of a kind in one direction, or its first where only the other direction has the kind."""
    return models[kind] if kind in models else next(iter(models.values()))


#: The last surrogate that this process made, by its folder: selection and assessment need the same.
_last: dict[Path, tuple[str, Surrogate]] = {}


def _key_of(
    context: StageContext, candidates: Candidates, pushovers: Mapping[str, Sequence[Pushover]]
) -> str:
    """Digest of what the demands follow from: pushovers, damping, records and their files."""
    records = candidates.records
    files = [context.study.base_dir / str(name) for name in records.get("file_h1", ())]
    stats = [(path.stat().st_size, path.stat().st_mtime_ns) for path in files if path.is_file()]
    pushed = {name: [pushover_facts(one) for one in found] for name, found in pushovers.items()}
    content = (pushed, context.study.analysis.damping, records.to_json(), stats)
    return hashlib.sha256(repr(content).encode()).hexdigest()


def _shown(context: StageContext, kind: str, done: int, total: int) -> None:
    context.progress(done, total, f"surrogate ({kind})")


# -- the records -------------------------------------------------------------------------------------


def _motions(context: StageContext, candidates: Candidates) -> tuple[list[Motion | None], list[str]]:
    """Return the scaled motion of each candidate, None without one that can be read; and notes."""
    from gmplug.waveforms import read_motion

    missing = lacks_file(candidates.records)
    found: list[Motion | None] = []
    problems = []
    for row, record in enumerate(candidates.records.to_dict("records")):
        context.progress(row, len(missing), "reading waveforms")
        motion = None
        if not missing[row]:
            named = {str(key): value for key, value in record.items()}
            for key in ("file_h1", "file_h2", "file_v"):
                if isinstance(named.get(key), str) and named[key].strip():
                    named[key] = str(context.study.base_dir / named[key].strip())
            try:
                motion = read_motion(named)
            except InputError as error:
                problems.append(error.problems[0])
        found.append(None if motion is None else _scaled(motion, float(record["scale_factor"])))
    if all(motion is None for motion in found):
        raise InputError(
            f"none of the {len(found)} candidates has a waveform that can be read, which {_METHOD} needs; "
            "name their folder in [catalogue], or use another method"
        )
    notes = []
    if missing.any():
        notes.append(f"{int(missing.sum())} of {len(found)} candidates have no waveform, and no surrogate")
    if problems:
        notes.append(f"{len(problems)} of {len(found)} waveforms cannot be read, the first: {problems[0]}")
    return found, notes


def _scaled(motion: Motion, factor: float) -> Motion:
    return replace(motion, horizontal_g=factor * motion.horizontal_g)


def candidate_demands(
    models: Sequence[Reduced], motions: Sequence[Motion | None], progress: Any = lambda done, total: None
) -> pd.DataFrame:
    """Return demands by one kind of surrogate, a row for each motion; NaN for None.

    Parameters
    ----------
    models
        Of one direction of excitation, or of two, x and y.
    motions
        Scaled.
    """
    from gmplug.spectra.many import map_in_threads
    from gmplug.surrogate.time_history import TimeHistory  # numba, only where its loops run

    histories = [TimeHistory(model) for model in models]

    def respond(motion: Motion | None) -> FloatArray:
        shape = (len(models), 4, len(models[0].story_heights))
        if motion is None:
            return np.full(shape, np.nan)
        found = []
        for history in histories:
            component = _NUMBER[history.model.component]
            if component >= len(motion.horizontal_g):
                return np.full(shape, np.nan)
            found.append(history.peaks(motion.horizontal_g[component], motion.time_step_s))
        return np.array(found)

    rows = []
    for row in map_in_threads(respond, motions):
        rows.append(row)
        progress(len(rows), len(motions))
    table = _table(np.array(rows), models[0])
    table[FLOOR_ACCELERATION.column_at(0)] = [_ground(models, motion) for motion in motions]
    return table


def _ground(models: Sequence[Reduced], motion: Motion | None) -> float:
    """Largest acceleration of the ground, g."""
    used = [_NUMBER[model.component] for model in models]
    if motion is None or max(used) >= len(motion.horizontal_g):
        return float("nan")
    return float(np.abs(motion.horizontal_g[used]).max())


def _table(peaks: FloatArray, model: Reduced) -> pd.DataFrame:
    """Return the columns of demands.csv from peaks (N, d, 4, n)."""
    columns: dict[str, FloatArray] = {}
    for demand, row in ((STORY_DRIFT, 0), (RESIDUAL_DRIFT, 3), (FLOOR_ACCELERATION, 1)):
        values = peaks[:, :, row]
        larger = values.max(axis=1)
        columns[demand.column] = larger.max(axis=1)
        columns |= {demand.column_at(i + 1): larger[:, i] for i in range(larger.shape[1])}
        if values.shape[1] == 2:
            for d, axis in enumerate(AXES):
                columns |= {demand.column_at(i + 1, axis): values[:, d, i] for i in range(values.shape[2])}
    roof = peaks[:, :, 2, -1].max(axis=1)
    columns[ROOF_DRIFT.column] = roof / float(model.story_heights.sum())
    columns[ROOF_DISPLACEMENT.column] = roof * STANDARD_GRAVITY_M_S2 / model.gravity
    return pd.DataFrame(columns)


# -- files -------------------------------------------------------------------------------------------


def write_surrogate(found: Surrogate, folder: Path) -> None:
    """Write the demands: ``surrogate`` (the kind), ``id``, and columns as in demands.csv."""
    tables = [table.assign(surrogate=kind, id=list(found.ids)) for kind, table in found.demands.items()]
    whole = pd.concat(tables, ignore_index=True)
    first = ["surrogate", "id"]
    whole[first + [c for c in whole if c not in first]].to_csv(folder / DEMANDS_FILE, index=False)


def read_surrogate(run_dir: Path) -> Surrogate:
    """Read the demands that :func:`surrogate_of` has written; raises InputError where there are none."""
    file = run_dir / FOLDER / DEMANDS_FILE
    try:
        whole = pd.read_csv(
            file, dtype={"surrogate": str, "id": str}, keep_default_na=False, na_values=[""],
            float_precision="round_trip",
        )  # fmt: skip
        tables = {
            str(kind): part.reset_index(drop=True) for kind, part in whole.groupby("surrogate", sort=False)
        }
        ids = next(iter(tables.values()))["id"]
    except (OSError, ValueError, KeyError, StopIteration) as error:
        raise InputError(f"{file}: cannot be read ({error}); run the selection again with --fresh") from None
    return Surrogate(
        tuple(ids),
        {
            kind: table.drop(columns=["surrogate", "id"]).dropna(axis=1, how="all")
            for kind, table in tables.items()
        },
    )
