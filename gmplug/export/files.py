"""Motion files and the list of records, for all export formats."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from gmplug.excitation.selected_motions import SelectedMotion

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


def write_list(rows: Sequence[dict[str, str]], out_dir: Path) -> Path:
    """Write ``records.csv``."""
    path = out_dir / RECORDS_FILE
    columns = [*_COLUMNS, *(name for name in _METADATA if any(name in row for row in rows))]
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
    return [*files, write_list(rows, out_dir)]


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
        factor = motion.scale_factor if scaled else 1.0
        scaling = f"scaled by {factor:.6g}" if scaled else "as recorded"
        header = (f"{motion.id} {component}, {scaling}",)
        values = motion.recorded_g[component] * factor
        write_at2(path, Accelerogram(motion.time_step_s, values, header=header))

    files, rows = write_components(motions, out_dir, ".AT2", write)
    return [*files, write_list(rows, out_dir)]
