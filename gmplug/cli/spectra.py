"""``gmplug spectra``: response spectra of accelerogram files, as CSV."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gmplug.values import FloatArray
    from gmplug.waveforms import Accelerogram

DEFAULT_PERIODS = "100 from 0.01 to 10 s, evenly in the logarithm"
_VERTICAL = re.compile(r"(?:UP|DWN|DOWN|VERT?|[-_.][VZ])$", re.IGNORECASE)


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option(
    "--periods",
    metavar="START:STOP:STEP | T,T,...",
    help=f"Periods in s. Default: {DEFAULT_PERIODS}, cut at the usable band of each file's filter.",
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
    help="Time step in s for files that state none.",
)
@click.option(
    "--ignore-band", is_flag=True, help="Also write periods beyond the usable band of a file's filter."
)
@click.option("--out", type=click.Path(path_type=Path), help="CSV file to write; default: standard output.")
def spectra(
    files: tuple[Path, ...],
    periods: str | None,
    damping: float,
    time_step_s: float | None,
    ignore_band: bool,
    out: Path | None,
) -> None:
    """Write pseudo-spectral accelerations (g) of accelerograms: a column for each FILE, PEER AT2 or text.

    Of exactly two horizontal components also rotd50_g and rotd100_g, as NGA-West2 defines them. Periods
    beyond 1 / (1.25 HP) of a file whose header states its high-pass corner HP are left empty.
    """
    import numpy as np

    from gmplug.errors import InputError

    grid = np.geomspace(0.01, 10.0, 100).round(6) if periods is None else parse_periods(periods)
    parts, problems = _read(files, time_step_s)
    if not parts:
        raise InputError(problems)
    limits = [np.inf if ignore_band else _limit(part) for _, part in parts]
    if periods is None:
        grid = grid[grid <= max(limits) * (1 + 1e-9)]
    outside = [
        f"{path}: {'; '.join(_beyond(grid, limit))}"
        for (path, _), limit in zip(parts, limits, strict=True)
        if np.any(grid > limit * (1 + 1e-9))
    ]
    columns, notes = _columns(files, parts, limits, grid, damping)
    _write(grid, columns, out)
    for note in notes + ([] if periods else outside):
        click.echo(f"note: {note}", err=True)
    if problems or (periods and outside):
        raise InputError(problems + (outside if periods else []))


def parse_periods(text: str) -> FloatArray:
    """Periods in s of ``START:STOP:STEP`` (both ends included) or ``T,T,...``, increasing, shape (P,).

    Raises click.BadParameter saying what is wrong.
    """
    import numpy as np

    try:
        if ":" in text:
            start, stop, step = (float(word) for word in text.split(":"))
            if not (np.isfinite([start, stop, step]).all() and 0 < start <= stop and step > 0):
                raise ValueError
            periods = start + step * np.arange(int((stop - start) / step + 1e-6) + 1)
        else:
            periods = np.unique([float(word) for word in text.replace(",", " ").split()])
    except ValueError:
        periods = np.empty(0)
    if not len(periods) or not np.all(np.isfinite(periods)) or periods[0] <= 0:
        raise click.BadParameter(
            f"{text!r}: give START:STOP:STEP, such as 0.01:2:0.01, or a list, such as 0.2,1,3 (in s)",
            param_hint="--periods",
        )
    return np.asarray(periods.round(9))


def _read(
    files: tuple[Path, ...], time_step_s: float | None
) -> tuple[list[tuple[Path, Accelerogram]], list[str]]:
    from gmplug.errors import InputError
    from gmplug.waveforms import read_accelerogram

    parts: list[tuple[Path, Accelerogram]] = []
    problems: list[str] = []
    for path in files:
        try:
            parts.append((path, read_accelerogram(path, time_step_s)))
        except InputError as error:
            problems += error.problems
    return parts, problems


def _limit(part: Accelerogram) -> float:
    """Longest usable period, s; infinite where the header does not tell."""
    limit = part.max_usable_period_s
    return limit if limit == limit else float("inf")


def _beyond(grid: FloatArray, limit: float) -> list[str]:
    shortest = grid[grid > limit * (1 + 1e-9)].min()
    return [
        f"usable up to {limit:.4g} s by its high-pass corner, periods from {shortest:.4g} s on left empty",
        "ask for shorter periods, or give --ignore-band",
    ]


def _columns(
    files: tuple[Path, ...],
    parts: list[tuple[Path, Accelerogram]],
    limits: list[float],
    grid: FloatArray,
    damping: float,
) -> tuple[dict[str, FloatArray], list[str]]:
    """Spectra by column name, NaN beyond the usable band, and notes for the user."""
    import numpy as np

    from gmplug.errors import InputError
    from gmplug.spectra import response_spectrum, rotd_spectrum
    from gmplug.spectra.many import map_in_threads
    from gmplug.waveforms.motion import on_one_axis

    rows = map_in_threads(
        lambda part: response_spectrum(part.acceleration_g, part.time_step_s, grid, damping),
        [part for _, part in parts],
    )
    names = column_names([path for path, _ in parts])
    columns = {
        name: np.where(grid <= limit * (1 + 1e-9), row, np.nan)
        for name, row, limit in zip(names, rows, limits, strict=True)
    }
    if len(files) != 2 or len(parts) != 2:
        return columns, [note for _, part in parts for note in part.notes]
    notes = [note for _, part in parts for note in part.notes]
    vertical = [path for path, _ in parts if _VERTICAL.search(path.stem)]
    if vertical:
        return columns, [*notes, f"{vertical[0]}: taken for a vertical component, so no RotD50 and RotD100"]
    try:
        h1_g, h2_g = on_one_axis([part for _, part in parts])
    except InputError as error:
        return columns, [*notes, *(f"no RotD50 and RotD100: {problem}" for problem in error.problems)]
    rotated = rotd_spectrum(h1_g, h2_g, parts[0][1].time_step_s, grid, damping)
    inside = grid <= min(limits) * (1 + 1e-9)
    for name, row in zip(("rotd50_g", "rotd100_g"), rotated, strict=True):
        columns[name] = np.where(inside, row, np.nan)
    return columns, notes


def column_names(paths: list[Path]) -> list[str]:
    """File stems, made unique by the folder's name or else by a number."""
    taken = {"period_s", "rotd50_g", "rotd100_g"}
    stems = [path.stem for path in paths]
    names = []
    for path in paths:
        name = path.stem
        if name in taken or stems.count(name) > 1:
            name = f"{path.absolute().parent.name}/{path.stem}"
        numbered, count = name, 2
        while numbered in taken:
            numbered, count = f"{name}_{count}", count + 1
        taken.add(numbered)
        names.append(numbered)
    return names


def _write(grid: FloatArray, columns: dict[str, FloatArray], out: Path | None) -> None:
    import csv
    import io

    from gmplug.errors import InputError

    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["period_s", *columns])
    for period, *values in zip(grid, *columns.values(), strict=True):
        writer.writerow([f"{period:.9g}", *("" if value != value else f"{value:.7g}" for value in values)])
    text = table.getvalue()
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror}); give --out another place") from None
