"""The selected motions of a run, scaled, for a script that loops over them itself."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gmplug.errors import InputError

if TYPE_CHECKING:
    from gmplug.values import FloatArray, Motion

SELECTION_FILE = "selection.csv"
#: Written by the stage motions (gmplug/excitation).
MOTIONS_FILE = "motions.csv"
WAVEFORM_COLUMNS = ("file_h1", "file_h2", "file_v")
_TAKEN = ("scale_factor", "time_step_s", "units")


@dataclass(frozen=True)
class SelectedMotion:
    """A selected record with its scale factor. Accelerations are scaled, except those named ``recorded``.

    Parameters
    ----------
    id
        Name of the record.
    scale_factor
        Factor on all components: that of the stage ``motions`` if it has run (for a plane model it may be
        that of the component that excites it), else the selection's.
    recorded
        The components as in the files: as recorded, or as a provider of motions has made them.
    gravity
        Acceleration of gravity in the units of the model for :meth:`apply`; NaN: unknown.
    record
        The row of selection.csv, with the files that were read: metadata, files.
    """

    id: str
    scale_factor: float
    recorded: Motion
    gravity: float = math.nan
    record: Mapping[str, Any] = field(default_factory=dict)

    @property
    def time_step_s(self) -> float:
        """Sampling interval, s."""
        return self.recorded.time_step_s

    @property
    def recorded_g(self) -> dict[str, FloatArray]:
        """Accelerations as recorded, g, shape (n,) each: ``h1``, ``h2`` and ``v`` where there are such."""
        found = dict(zip(("h1", "h2"), self.recorded.horizontal_g, strict=False))
        vertical = self.recorded.vertical_g
        return found if vertical is None else {**found, "v": vertical}

    @property
    def points(self) -> int:
        """Number of samples."""
        return int(self.recorded.horizontal_g.shape[1])

    @property
    def duration_s(self) -> float:
        """Time from the first to the last sample, s."""
        return (self.points - 1) * self.time_step_s

    def acceleration_g(self, component: str = "h1") -> FloatArray:
        """Scaled acceleration of a component (``h1``, ``h2`` or ``v``), g, shape (n,).

        Raises InputError if the record does not have it.
        """
        found = self.recorded_g
        if component not in found:
            raise InputError(f"record {self.id} has no component {component}; it has {', '.join(found)}")
        return found[component] * self.scale_factor

    def apply(
        self,
        ops: Any,
        direction: int | Sequence[int] = 1,
        tag: int = 99_990_001,
        *,
        component: str = "h1",
        vertical_direction: int | None = None,
        gravity: float | None = None,
    ) -> tuple[int, ...]:
        """Make the time series and uniform excitations of this motion in OpenSees; return their tags.

        Parameters
        ----------
        ops
            The module openseespy.opensees.
        direction
            Degree of freedom that ``component`` excites; or two, for ``h1`` and ``h2``.
        tag
            Of the first time series and its pattern; each further component has the next.
        vertical_direction
            Degree of freedom upwards, if the vertical component excites the model too.
        gravity
            In the model's units, instead of the setting of ``gmplug.motions``.

        Raises InputError if the record lacks a component, or gravity is unknown.
        """
        from gmplug.analysis.history import Excitation

        if isinstance(direction, int):
            excited = {component: direction}
        elif len(direction) in (1, 2):
            excited = dict(zip(("h1", "h2"), direction, strict=False))
        else:
            raise InputError(f"direction is one degree of freedom, or two for h1 and h2, not {direction!r}")
        if vertical_direction is not None:
            excited["v"] = vertical_direction
        by_direction = {to: self.acceleration_g(name) for name, to in excited.items()}
        factor = self.gravity if gravity is None else gravity
        if not factor > 0:
            raise InputError(
                "the model's units are not known: give gmplug.motions(RUN, gravity=...) the acceleration of "
                "gravity in them (9.80665 for m, 386.09 for in)"
            )
        Excitation(self.time_step_s, by_direction).apply(ops, factor, tag)
        return tuple(range(tag, tag + len(by_direction)))


def motions(run: Path | str | Any, *, gravity: float = math.nan) -> list[SelectedMotion]:
    """Return the selected motions of a run, scaled, in the order of the selection.

    Parameters
    ----------
    run
        The run directory (what ``gmplug run`` wrote), its ``selection.csv``, or the ``Run`` that
        ``gmplug.run_study`` returned.
    gravity
        Acceleration of gravity in your model's units: 9.80665 for meters, 386.09 for inches. Needed to
        apply the motions; there is no default.

    Raises
    ------
    InputError
        There is no selection, a record's waveforms are missing or cannot be read, or the selection was edited
        after the stage ``motions`` had changed its accelerograms: one line for each.
    """
    path = selection_file(run)
    made = _made(path.parent / MOTIONS_FILE)
    found: list[SelectedMotion] = []
    problems: list[str] = []
    for record in read_selection(path):
        try:
            found.append(selected_motion(_with_made(record, made, path.parent), gravity))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError([f"{path}: {problem}" for problem in problems])
    return found


def selection_file(run: Path | str | Any) -> Path:
    """Return the path of a run's selection; InputError if there is none."""
    path = Path(getattr(run, "run_dir", run))
    path = path / SELECTION_FILE if path.is_dir() else path
    if not path.is_file():
        raise InputError(
            f"{path}: no such file; give a run directory whose selection is made "
            "(`gmplug run STUDY.toml --until selection`)"
        )
    return path


def read_selection(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of selection.csv; InputError if it has none, or lacks ``id`` or ``scale_factor``."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read ({error})") from error
    missing = [name for name in ("id", "scale_factor") if not rows or name not in rows[0]]
    if missing:
        raise InputError(f"{path}: has no rows with {' and '.join(missing)}; make the selection again")
    yield from rows


def selected_motion(record: Mapping[str, Any], gravity: float = math.nan) -> SelectedMotion:
    """Read the motion of a row; InputError where its factor is no number, or a file cannot be read."""
    from gmplug.waveforms import read_motion

    name = str(record["id"])
    try:
        scale_factor = float(record["scale_factor"])
    except (TypeError, ValueError):
        raise InputError(f"record {name}: scale_factor is {record['scale_factor']!r}, not a number") from None
    return SelectedMotion(name, scale_factor, read_motion(record), gravity, dict(record))


def _made(path: Path) -> dict[str, dict[str, str]]:
    """Return the rows of motions.csv by record; none if the stage has not run."""
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return {row["id"]: row for row in csv.DictReader(stream)}
    except FileNotFoundError:
        return {}
    except (OSError, KeyError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read ({error}); run the study again") from error


def _with_made(
    record: Mapping[str, str], made: Mapping[str, Mapping[str, str]], run_dir: Path
) -> Mapping[str, str]:
    """Return the record with the files and the factor of the stage ``motions``.

    A record that was edited since keeps the selection's. InputError if the stage has made files of its own.
    """
    row = made.get(record["id"])
    try:
        before = float(record["scale_factor"])
        if row is not None and math.isclose(before, float(row["selection_scale_factor"]), rel_tol=1e-9):
            if row["changed"] != "True":
                return {**record, "scale_factor": row["scale_factor"]}
            files = {name: str(run_dir / row[name]) if row[name] else "" for name in WAVEFORM_COLUMNS}
            return {**record, **{name: row[name] for name in _TAKEN}, **files}
    except (KeyError, ValueError):
        pass  # the row was edited, or the record has no factor
    if any(row.get("changed") == "True" for row in made.values()):
        raise InputError(
            f"record {record['id']} was edited after the motions were made ({MOTIONS_FILE}); "
            "run the study again"
        )
    return record
