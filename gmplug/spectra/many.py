"""Spectra of many records, on all cores.

Threads share the work: the Fourier transforms, the recursions and numpy's loops all run without the
interpreter's lock. A record is read, computed and forgotten, so memory does not grow with their number.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

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
    rows = []
    for row in map_in_threads(lambda m: spectrum_of_motion(m, periods_s, damping, pair), motions, workers):
        rows.append(row)
        progress(len(rows), total, "response spectra")
    return np.array(rows) if rows else np.empty((0, len(np.asarray(periods_s))))


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
