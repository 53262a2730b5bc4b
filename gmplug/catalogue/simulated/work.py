"""Spreading work over processes such that the result does not depend on their number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gmplug.values import Progress

#: Tasks handed to a process at a time.
CHUNK = 4


def spread[T](
    function: Callable[[Any], T], tasks: Sequence[Any], workers: int, progress: Progress, message: str
) -> list[T]:
    """Return ``[function(task) for task in tasks]``, computed by up to ``workers`` processes.

    Linear algebra is held to one thread everywhere, because sums over several threads round differently.
    """
    chunks = [tasks[i : i + CHUNK] for i in range(0, len(tasks), CHUNK)]
    results: list[list[T]] = [[] for _ in chunks]
    done = 0
    progress(0, len(tasks), message)
    for index, part in _run(function, chunks, min(workers, len(chunks))):
        results[index] = part
        done += len(part)
        progress(done, len(tasks), message)
    return [result for part in results for result in part]


def _run[T](
    function: Callable[[Any], T], chunks: Sequence[Sequence[Any]], workers: int
) -> Iterator[tuple[int, list[T]]]:
    if workers <= 1:
        for index, chunk in enumerate(chunks):
            yield _chunk(function, index, chunk)
        return
    import joblib
    from joblib.externals.loky import get_reusable_executor

    # loky, unlike the standard library's pools, does not import the caller's main script again
    with joblib.parallel_config("loky", n_jobs=workers, inner_max_num_threads=1):
        jobs = (joblib.delayed(_chunk)(function, index, chunk) for index, chunk in enumerate(chunks))
        yield from joblib.Parallel(return_as="generator_unordered", batch_size=1)(jobs)
    get_reusable_executor().shutdown(wait=True)


def _chunk[T](function: Callable[[Any], T], index: int, chunk: Sequence[Any]) -> tuple[int, list[T]]:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return index, [function(task) for task in chunk]
