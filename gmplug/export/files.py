"""Motion files and the list of records, for all export formats."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gmplug.excitation.selected_motions import SelectedMotion

if TYPE_CHECKING:
    from gmplug.values import FloatArray

RECORDS_FILE = "records.csv"
COMPONENTS = ("h1", "h2", "v")
_FILES = tuple(f"file_{component}" for component in COMPONENTS)
_COLUMNS = ("number", "id", "scale_factor", "time_step_s", "units", "points", *_FILES)
#: Metadata that the list includes if the selection has it.
_METADATA = ("group", "cluster", "event", "station", "magnitude", "rjb_km", "vs30_m_s", "mechanism")


def file_stem(number: int, record_id: str) -> str:
    """Return a name for a record's files that is valid on every system: number and id in ASCII."""
    plain = re.sub(r"[^A-Za-z0-9.-]+", "_", record_id).strip("._-")[:60]
    return f"{number:03d}_{plain}" if plain else f"{number:03d}"


def write_components(
    motions: Sequence[SelectedMotion],
    out_dir: Path,
    suffix: str,
    write: Callable[[Path, SelectedMotion, str], object],
) -> tuple[list[Path], list[dict[str, str]]]:
    """Write a file for each component of each record; return the files and the rows of the list.

    ``write`` gets the path, the motion and the name of the component.
    """
    folder = _motions_folder(out_dir)
    files, rows = [], []
    for number, motion in enumerate(motions, start=1):
        names = {}
        for component in motion.recorded_g:
            path = folder / f"{file_stem(number, motion.id)}_{component}{suffix}"
            write(path, motion, component)
            names[component] = f"motions/{path.name}"
            files.append(path)
        rows.append(list_row(number, motion, names))
    return files, rows


def write_text(path: Path, motion: SelectedMotion, component: str) -> None:
    """Write a component as recorded, one value a line, g; values are read back exactly."""
    values = motion.recorded_g[component].tolist()
    path.write_text("\n".join(map(repr, values)) + "\n", encoding="ascii")


def _motions_folder(out_dir: Path) -> Path:
    folder = out_dir / "motions"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def list_row(number: int, motion: SelectedMotion, names: dict[str, str]) -> dict[str, str]:
    """Return a motion's row of the list of records; ``names`` are its files by component."""
    factor, step_s, points = repr(motion.scale_factor), repr(motion.time_step_s), str(motion.points)
    files = [names.get(component, "") for component in COMPONENTS]
    row = dict(zip(_COLUMNS, (str(number), motion.id, factor, step_s, "g", points, *files), strict=True))
    return row | {name: str(motion.record[name]) for name in _METADATA if name in motion.record}


def write_list(rows: Sequence[dict[str, str]], out_dir: Path, *, scaled: bool | None = None) -> Path:
    """Write ``records.csv``; with ``scaled`` its column ``values`` says whether the files are scaled."""
    if scaled is not None:
        rows = [row | {"values": "scaled" if scaled else "as recorded"} for row in rows]
    path = out_dir / RECORDS_FILE
    columns = [*_COLUMNS, *(name for name in ("values", *_METADATA) if any(name in row for row in rows))]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def csv_files(*, motions: Sequence[SelectedMotion], out_dir: Path, scaled: bool = True) -> list[Path]:
    """Write a CSV file for each record: ``time_s`` and one column for each component, g.

    Parameters
    ----------
    scaled
        Whether accelerations are multiplied by the scale factor.
    """
    folder = _motions_folder(out_dir)
    files, rows = [], []
    for number, motion in enumerate(motions, start=1):
        path = folder / f"{file_stem(number, motion.id)}.csv"
        factor = motion.scale_factor if scaled else 1.0
        columns = [(values * factor).tolist() for values in motion.recorded_g.values()]
        with path.open("w", encoding="ascii", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(["time_s", *(f"{component}_g" for component in motion.recorded_g)])
            for k, values in enumerate(zip(*columns, strict=True)):
                writer.writerow([f"{k * motion.time_step_s:.10g}", *map(repr, values)])
        files.append(path)
        rows.append(list_row(number, motion, dict.fromkeys(motion.recorded_g, f"motions/{path.name}")))
    return [*files, write_list(rows, out_dir, scaled=scaled)]


def at2(*, motions: Sequence[SelectedMotion], out_dir: Path, scaled: bool = True) -> list[Path]:
    """Write a PEER AT2 file for each component of each record.

    Parameters
    ----------
    scaled
        Whether accelerations are multiplied by the scale factor.
    """
    from gmplug.waveforms import write_at2
    from gmplug.waveforms.accelerogram import Accelerogram

    def write(path: Path, motion: SelectedMotion, component: str) -> None:
        values, said = _values(motion, component, scaled=scaled)
        header = (f"{motion.id} {component}, {said}",)
        write_at2(path, Accelerogram(motion.time_step_s, values, header=header))

    files, rows = write_components(motions, out_dir, ".AT2", write)
    return [*files, write_list(rows, out_dir, scaled=scaled)]


def seismosignal(*, motions: Sequence[SelectedMotion], out_dir: Path, scaled: bool = True) -> list[Path]:
    """Write a text file for each component as SeismoSignal opens it: five lines of header, time and g.

    SeismoSignal reads from line 6 unless it is told otherwise, and at most 2^18 points.

    Parameters
    ----------
    scaled
        Whether accelerations are multiplied by the scale factor.
    """

    def write(path: Path, motion: SelectedMotion, component: str) -> None:
        values, said = _values(motion, component, scaled=scaled)
        step_s = motion.time_step_s
        lines = (
            f"{motion.id} {component}, {said}",
            f"acceleration in g, time step {step_s:.10g} s, {len(values)} points",
            "SeismoSignal: first line 6, time in column 1, acceleration in column 2, scaling factor 1",
            "written by gmplug",
            "time_s acceleration_g",
            *(f"{k * step_s:.10g} {value!r}" for k, value in enumerate(values.tolist())),
        )
        path.write_bytes("".join(f"{line}\r\n" for line in lines).encode("ascii", "replace"))

    files, rows = write_components(motions, out_dir, ".txt", write)
    return [*files, write_list(rows, out_dir, scaled=scaled)]


def opensees_path(*, motions: Sequence[SelectedMotion], out_dir: Path, scaled: bool = True) -> list[Path]:
    """Write a file of one column, g, for each component, and the OpenSees time series that read them.

    Parameters
    ----------
    scaled
        Whether accelerations are multiplied by the scale factor.
    """

    def write(path: Path, motion: SelectedMotion, component: str) -> None:
        values, _ = _values(motion, component, scaled=scaled)
        path.write_text("\n".join(map(repr, values.tolist())) + "\n", encoding="ascii")

    files, rows = write_components(motions, out_dir, ".txt", write)
    tcl = ["# gravity in your model's units: 9.80665 for m, 386.09 for in", "# set g 9.80665"]
    python = [
        '"""Time series of the motions; gravity in your model\'s units: 9.80665 for m, 386.09 for in."""',
        "",
        "",
        "def make_time_series(ops, gravity, folder='.'):",
        '    """Make all time series; return their tags by record number and component."""',
        "    tags = {}",
    ]
    tag = 0
    for row in rows:
        for component, column in zip(COMPONENTS, _FILES, strict=True):
            if not row[column]:
                continue
            tag, name, step_s = tag + 1, row[column], row["time_step_s"]
            tcl.append(f"timeSeries Path {tag} -dt {step_s} -filePath {name} -factor $g")
            path = f"f'{{folder}}/{name}'"
            python.append(
                f"    ops.timeSeries('Path', {tag}, '-dt', {step_s}, '-filePath', {path}, '-factor', gravity)"
            )
            python.append(f"    tags[{row['number']}, '{component}'] = {tag}")
    made = {"time_series.tcl": tcl, "time_series.py": [*python, "    return tags"]}
    for name, lines in made.items():
        (out_dir / name).write_text("\n".join(lines) + "\n", encoding="ascii")
    return [*files, *(out_dir / name for name in made), write_list(rows, out_dir, scaled=scaled)]


def _values(motion: SelectedMotion, component: str, *, scaled: bool) -> tuple[FloatArray, str]:
    """Return a component's accelerations, g, and whether they are scaled, in words."""
    factor = motion.scale_factor if scaled else 1.0
    said = f"scaled by {factor:.6g}" if scaled else "as recorded"
    return motion.recorded_g[component] * factor, said
