"""Spectra of many records, on all cores.

Threads share the work: the Fourier transforms, the recursions and numpy's loops all run without the
interpreter's lock. A record is read, computed and forgotten, so memory does not grow with their number.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from gmplug.errors import InputError
from gmplug.processors import available_processors
from gmplug.spectra.response import response_spectrum, rotd_spectrum
from gmplug.values import FloatArray, Motion, Progress, no_progress

#: Records waiting for each thread: enough that none ever idles.
_QUEUED = 2


#: How two horizontal components make one spectrum.
PairSpectrum = Literal["rotd50", "rotd100", "geometric-mean"]


def spectrum_of_motion(
    motion: Motion, periods_s: ArrayLike, damping: float = 0.05, pair: PairSpectrum = "rotd50"
) -> FloatArray:
    """RotD50 of two horizontal components (or what ``pair`` says), the PSA of a single one, g, shape (P,)."""
    step = motion.time_step_s
    if len(motion.horizontal_g) == 1:
        return response_spectrum(motion.horizontal_g[0], step, periods_s, damping)
    h1_g, h2_g = motion.horizontal_g
    if pair == "geometric-mean":
        each = [response_spectrum(h, step, periods_s, damping, interpolation="linear") for h in (h1_g, h2_g)]
        return np.sqrt(each[0] * each[1])
    percentile = {"rotd50": 50, "rotd100": 100}[pair]
    return rotd_spectrum(h1_g, h2_g, step, periods_s, damping, (percentile,))[0]


def spectra_of_motions(
    motions: Iterable[Motion],
    periods_s: ArrayLike,
    damping: float = 0.05,
    workers: int | None = None,
    progress: Progress = no_progress,
    total: int | None = None,
    pair: PairSpectrum = "rotd50",
) -> FloatArray:
    """RotD50 (two horizontal components; see ``pair``) or PSA (one) of each motion, g, shape (N, P).

    ``motions`` may be a generator, taken from only as threads become free; ``total`` is then their number,
    for ``progress``. The result does not depend on ``workers``; None stands for all cores.
    """
    if total is None:
        total = len(motions) if isinstance(motions, Sequence) else 0
    work = map_in_threads(lambda m: spectrum_of_motion(m, periods_s, damping, pair), motions, workers)
    return _gathered(work, periods_s, total, progress)


def spectra_of_records(
    records: Sequence[Mapping[str, Any]],
    periods_s: ArrayLike,
    damping: float = 0.05,
    workers: int | None = None,
    progress: Progress = no_progress,
) -> tuple[FloatArray, list[str]]:
    """Read the waveforms that rows of a catalogue name, and compute their spectra.

    Returns
    -------
    sa_g
        As of :func:`spectra_of_motions`, shape (N, P); NaN for a record that could not be read.
    problems
        One line for each file that could not be used.
    """
    from gmplug.waveforms import read_motion

    return _with_problems(
        lambda record: spectrum_of_motion(read_motion(record), periods_s, damping),
        records,
        periods_s,
        workers,
        progress,
    )


def spectra_of_files(
    paths: Sequence[Path | str],
    periods_s: ArrayLike,
    damping: float = 0.05,
    time_step_s: float | None = None,
    units: str | None = None,
    workers: int | None = None,
    progress: Progress = no_progress,
) -> tuple[FloatArray, list[str]]:
    """PSA of single components, a file each; returned as by :func:`spectra_of_records`.

    ``time_step_s`` and ``units`` are those of files that state none.
    """
    from gmplug.waveforms import read_accelerogram

    def one(path: Path | str) -> FloatArray:
        accelerogram = read_accelerogram(path, time_step_s, units)
        return response_spectrum(accelerogram.acceleration_g, accelerogram.time_step_s, periods_s, damping)

    return _with_problems(one, paths, periods_s, workers, progress)


def map_in_threads[Item, Result](
    function: Callable[[Item], Result], items: Iterable[Item], workers: int | None = None
) -> Iterator[Result]:
    """Yield ``function(item)`` in the order of ``items``, computed in threads, few items ahead."""
    count = workers or available_processors()
    if count == 1:
        yield from map(function, items)
        return
    source = iter(items)
    with ThreadPoolExecutor(count) as pool:
        waiting: deque[Future[Result]] = deque()
        try:
            for item in islice(source, count * _QUEUED):
                waiting.append(pool.submit(function, item))
            while waiting:
                yield waiting.popleft().result()
                for item in islice(source, 1):
                    waiting.append(pool.submit(function, item))
        finally:
            for future in waiting:
                future.cancel()


def _with_problems(
    function: Callable[[Any], FloatArray],
    items: Sequence[Any],
    periods_s: ArrayLike,
    workers: int | None,
    progress: Progress,
) -> tuple[FloatArray, list[str]]:
    missing = np.full(len(np.asarray(periods_s)), np.nan)
    problems: dict[int, tuple[str, ...]] = {}

    def guarded(numbered: tuple[int, Any]) -> FloatArray:
        index, item = numbered
        try:
            return function(item)
        except InputError as error:
            problems[index] = error.problems
            return missing

    sa_g = _gathered(map_in_threads(guarded, enumerate(items), workers), periods_s, len(items), progress)
    return sa_g, [line for index in sorted(problems) for line in problems[index]]


def _gathered(work: Iterator[FloatArray], periods_s: ArrayLike, total: int, progress: Progress) -> FloatArray:
    rows = []
    for row in work:
        rows.append(row)
        progress(len(rows), total, "response spectra")
    return np.array(rows) if rows else np.empty((0, len(np.asarray(periods_s))))
