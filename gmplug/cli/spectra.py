"""``gmplug spectra``: response spectra of accelerogram files, as CSV."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from gmplug.cli.answer import Answer, answers
from gmplug.notes import counted

if TYPE_CHECKING:
    from gmplug.plausible import Findings
    from gmplug.values import FloatArray
    from gmplug.waveforms import Accelerogram

DEFAULT_PERIODS = "100 from 0.01 to 10 s, evenly in the logarithm"
_VERTICAL = re.compile(r"(?:UP|DWN|DOWN|VERT?|[-_.][VZ])$", re.IGNORECASE)


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option(
    "--periods",
    multiple=True,
    metavar="START:STOP:STEP | T,T,...",
    help=f"Periods in s; may be given several times. Default: {DEFAULT_PERIODS}.",
)
@click.option(
    "--damping",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.05,
    show_default=True,
    help="Damping ratio.",
)
@click.option(
    "--dt",
    "time_step_s",
    type=click.FloatRange(0, min_open=True),
    help="Time step, s, for files that state none.",
)
@click.option(
    "--units", metavar="UNIT", help="Unit of acceleration, such as g or m/s2, for files that state none."
)
@click.option(
    "--interpolation",
    type=click.Choice(["sinc", "linear"]),
    help="Between the samples of a record. Default: sinc for a component, linear for RotD as in NGA-West2.",
)
@click.option(
    "--accept",
    multiple=True,
    type=click.Choice(["pga_g", "time_step_s", "record_length_s"]),
    help="Use values of this quantity outside the physically possible range.",
)
@click.option("--within-band", is_flag=True, help="Leave periods beyond the usable band empty.")
@click.option("--out", type=click.Path(path_type=Path), help="CSV file to write; default: standard output.")
@answers
def spectra(
    files: tuple[Path, ...],
    periods: tuple[str, ...],
    damping: float,
    time_step_s: float | None,
    units: str | None,
    interpolation: Literal["sinc", "linear"] | None,
    accept: tuple[str, ...],
    within_band: bool,
    out: Path | None,
) -> Answer:
    """Write pseudo-spectral accelerations (g) of accelerograms, a column for each component of each FILE.

    FILE is in any of the formats that gmplug reads. For exactly two horizontal components gmplug adds
    rotd50_g and rotd100_g as defined by NGA-West2. A line on standard error names each file with periods
    beyond its usable band, 1 / (1.25 HP), if its header states the high-pass corner HP.
    """
    import numpy as np

    from gmplug.errors import InputError

    grid = parse_periods(",".join(periods)) if periods else np.geomspace(0.01, 10.0, 100).round(6)
    parts, problems = _read(files, time_step_s, units)
    if not parts:
        raise InputError(problems)
    found = _implausible(parts, accept)
    notes = list(found.raise_problems())
    limits = [_limit(part) for _, part in parts]
    columns, more = _columns(files, parts, grid, damping, interpolation)
    notes += more
    if within_band:
        _leave_empty(columns, limits, grid)
    for (path, _), limit in zip(parts, limits, strict=True):
        if np.any(grid > limit * (1 + 1e-9)):
            notes.append(f"{path}: {_beyond(grid, limit, within_band)}")
    text = _csv(grid, columns)
    if out is not None:
        _write(text, out)
    for note in notes:
        click.echo(f"note: {note}", err=True)
    # Files that cannot be read do not hide the spectra of the others.
    status = InputError.exit_status if problems else 0
    for line in problems:
        click.echo(f"gmplug: {line}", err=True)
    data = {"period_s": grid, "columns": columns, "notes": notes, "problems": problems, "table": out}
    said = [text.rstrip("\n")] if out is None else [f"Wrote {out}: {counted(len(grid), 'period')}"]
    return Answer(data, said, status=status)


def parse_periods(text: str) -> FloatArray:
    """Periods in s of any number of ``START:STOP:STEP`` (ends included) and ``T``, increasing, shape (P,).

    Raises click.BadParameter with the reason.
    """
    import numpy as np

    try:
        words = text.replace(",", " ").split()
        periods = np.unique(np.concatenate([_periods_of(word) for word in words])) if words else np.empty(0)
    except ValueError:
        periods = np.empty(0)
    if not len(periods) or not np.all(np.isfinite(periods)) or periods[0] <= 0:
        raise click.BadParameter(
            f"{text!r}: give START:STOP:STEP, such as 0.01:2:0.01, or a list, such as 0.2,1,3 (in s)",
            param_hint="--periods",
        )
    return np.asarray(periods, dtype=np.float64)


def _periods_of(word: str) -> FloatArray:
    import numpy as np

    if ":" not in word:
        return np.array([round(float(word), 9)])
    start, stop, step = (float(part) for part in word.split(":"))
    if not (np.isfinite([start, stop, step]).all() and 0 < start <= stop and step > 0):
        raise ValueError
    count = int((stop - start) / step + 1e-6) + 1
    periods: FloatArray = np.asarray(start + step * np.arange(count), dtype=np.float64)
    return np.asarray(periods.round(9), dtype=np.float64)


def _read(
    files: tuple[Path, ...], time_step_s: float | None, units: str | None
) -> tuple[list[tuple[Path, Accelerogram]], list[str]]:
    from gmplug.errors import InputError
    from gmplug.units import acceleration_unit
    from gmplug.waveforms import read_accelerograms

    if units is not None:
        acceleration_unit(units, "--units")
    parts: list[tuple[Path, Accelerogram]] = []
    problems: list[str] = []
    for path in files:
        try:
            parts += [(part.path or path, part) for part in read_accelerograms(path, time_step_s, units)]
        except InputError as error:
            problems += [_with_option(line) for line in error.problems]
    return parts, problems


def _with_option(line: str) -> str:
    """Return the line with the option to set for what the file does not state."""
    if "no time step stated" in line:
        return line.split(";")[0] + "; give --dt, the time step in s"
    if "no unit of acceleration stated" in line:
        return line.split(";")[0] + "; give --units, such as g, m/s2 or cm/s2"
    return line


def _implausible(parts: list[tuple[Path, Accelerogram]], accept: tuple[str, ...]) -> Findings:
    """Compare peak acceleration, time step and length of each file with what is physically possible."""
    import numpy as np

    from gmplug.plausible import Findings, look_at

    found = Findings()
    for path, part in parts:
        measured = {
            "pga_g": float(np.max(np.abs(part.acceleration_g))),
            "time_step_s": part.time_step_s,
            "record_length_s": part.duration_s,
        }
        for quantity, value in measured.items():
            found += look_at(quantity, value, str(path), accept=accept, insist="--accept {}")
    return found


def _limit(part: Accelerogram) -> float:
    """Longest usable period, s; infinite if the header does not state it."""
    limit = part.max_usable_period_s
    return limit if limit == limit else float("inf")


def _beyond(grid: FloatArray, limit: float, left_empty: bool) -> str:
    shortest = grid[grid > limit * (1 + 1e-9)].min()
    what = "left empty" if left_empty else "unreliable; --within-band leaves them empty"
    return f"usable up to {limit:.4g} s by its high-pass corner; periods from {shortest:.4g} s on are {what}"


def _leave_empty(columns: dict[str, FloatArray], limits: list[float], grid: FloatArray) -> None:
    """Put NaN beyond the usable band of each file; RotD has the shorter band of the two files."""
    single = dict(zip(columns, limits, strict=False))
    for name, values in columns.items():
        limit = min(limits) if name in ("rotd50_g", "rotd100_g") else single[name]
        values[grid > limit * (1 + 1e-9)] = float("nan")


def _columns(
    files: tuple[Path, ...],
    parts: list[tuple[Path, Accelerogram]],
    grid: FloatArray,
    damping: float,
    interpolation: Literal["sinc", "linear"] | None,
) -> tuple[dict[str, FloatArray], list[str]]:
    """Spectra by column name, and notes for the user."""
    from gmplug.catalogue.accelerogram_folder import waveform_of
    from gmplug.catalogue.components import is_vertical
    from gmplug.catalogue.pairing import against_a_pair
    from gmplug.errors import InputError
    from gmplug.spectra import response_spectrum, rotd_spectrum
    from gmplug.spectra.many import map_in_threads
    from gmplug.waveforms.motion import on_one_axis

    given: dict[str, Any] = {} if interpolation is None else {"interpolation": interpolation}
    rows = map_in_threads(
        lambda part: response_spectrum(part.acceleration_g, part.time_step_s, grid, damping, **given),
        [part for _, part in parts],
    )
    columns = dict(zip(column_names([path for path, _ in parts]), rows, strict=True))
    notes = list(dict.fromkeys(note for _, part in parts for note in part.notes))
    if len(files) == 1:
        parts = [(path, part) for path, part in parts if not is_vertical(part.component)]
    if len(files) > 2 or len(parts) != 2:
        return columns, notes
    vertical = [path for path, _ in parts if _VERTICAL.search(path.stem)]
    if vertical:
        return columns, [*notes, f"{vertical[0]}: looks like a vertical component, so no RotD50 and RotD100"]
    if reason := against_a_pair(*(waveform_of(path, part) for path, part in parts)):
        return columns, [*notes, f"no RotD50 and RotD100: {reason}"]
    try:
        h1_g, h2_g = on_one_axis([part for _, part in parts])
    except InputError as error:
        return columns, [*notes, *(f"no RotD50 and RotD100: {problem}" for problem in error.problems)]
    rotated = rotd_spectrum(h1_g, h2_g, parts[0][1].time_step_s, grid, damping, **given)
    return columns | dict(zip(("rotd50_g", "rotd100_g"), rotated, strict=True)), notes


def column_names(paths: list[Path]) -> list[str]:
    """File stems, made unique by the folder's name or else by a number; ``FILE.V2#2`` for components."""
    taken = {"period_s", "rotd50_g", "rotd100_g"}
    stems = [path.name if "#" in path.suffix else path.stem for path in paths]
    names = []
    for path, name in zip(paths, stems, strict=True):
        if name in taken or stems.count(name) > 1:
            name = f"{path.absolute().parent.name}/{name}"
        numbered, count = name, 2
        while numbered in taken:
            numbered, count = f"{name}_{count}", count + 1
        taken.add(numbered)
        names.append(numbered)
    return names


def _csv(grid: FloatArray, columns: dict[str, FloatArray]) -> str:
    import pandas as pd

    table = pd.DataFrame({"period_s": grid, **columns})
    return str(table.to_csv(index=False, float_format="%.9g", lineterminator="\n"))


def _write(text: str, out: Path) -> None:
    from gmplug.errors import InputError

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror}); give --out another place") from None
