"""One clusterer's fits in a process of their own: its memory is measured alone, and its crash ends no other.

The parent sends one message, what to fit, and receives progress and at last the fits, as
:mod:`gmplug.analysis.wire` writes them.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

import pandas as pd

from gmplug.analysis.wire import receive, send
from gmplug.analysis.worker import ending_of
from gmplug.clustering.groups import Clusterer
from gmplug.comparison.fits import GroupFits, Plan, fit_groups, one_line
from gmplug.errors import GmplugError
from gmplug.values import FloatArray, Progress, no_progress

_PROGRESS, _DONE, _FAILED = "progress", "done", "failed"
#: Progress is passed on at most this often, s.
_EVERY_S = 0.1


def fit_in_own_process(
    clusterer: Clusterer,
    groups: Mapping[str, tuple[FloatArray, pd.DataFrame]],
    plan: Plan,
    number_of_clusters: Mapping[str, int] | None = None,
    scripts: list[Path] | None = None,
    progress: Progress = no_progress,
) -> tuple[dict[str, GroupFits], float]:
    """:func:`gmplug.comparison.fits.fit_groups` in a new process.

    The clusterer is found there again, by its name, among the installed plugins and ``scripts``.

    Returns
    -------
    The fits, and the process's largest resident set, MiB (NaN where the system does not report it). If the
    process dies, fits whose ``problem`` has the reason.
    """
    found_again = (clusterer.name, clusterer.options, clusterer.given, clusterer.k_max, clusterer.base_dir)
    job = (found_again, scripts or [], groups, plan, number_of_clusters)
    code = f"import sys; sys.path[:] = {sys.path!r}; from gmplug.comparison.isolation import main; main()"
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
        )
        try:
            return _exchange(process, job, progress)
        except (EOFError, OSError):
            return _failed(
                groups, f"{clusterer.where}: its process died ({ending_of(process.wait(), errors)})"
            )
        finally:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    if stream is not None:
                        stream.close()


def _exchange(
    process: subprocess.Popen[bytes], job: tuple[Any, ...], progress: Progress
) -> tuple[dict[str, GroupFits], float]:
    assert process.stdin is not None and process.stdout is not None
    send(process.stdin, job)
    while True:
        kind, content = receive(process.stdout)
        if kind == _DONE:
            return content
        if kind == _FAILED:
            return _failed(job[2], content)
        progress(*content)


def _failed(groups: Iterable[str], problem: str) -> tuple[dict[str, GroupFits], float]:
    return {name: GroupFits(None, problem=problem) for name in groups}, float("nan")


# -- in the new process ------------------------------------------------------------------------------


def main() -> None:
    """Read what to fit from standard input, fit it, and answer on what was standard output."""
    job = receive(sys.stdin.buffer)
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # plugins may print
    try:
        fits = _fit(job, _reporter(replies))
    except GmplugError as error:
        send(replies, (_FAILED, one_line(error)))
    else:
        send(replies, (_DONE, (fits, peak_mib())))


def _fit(job: tuple[Any, ...], progress: Progress) -> dict[str, GroupFits]:
    import warnings

    from gmplug.host import Host

    warnings.simplefilter("ignore")  # the parent reads no warnings
    (name, *rest), scripts, groups, plan, number_of_clusters = job
    clusterer = Clusterer(name, Host(scripts).provider("clusterers", name), *rest)
    return fit_groups(clusterer, groups, plan, number_of_clusters, progress)


def _reporter(replies: IO[bytes]) -> Progress:
    last = [0.0]

    def report(done: float, total: float, message: str) -> None:
        now = time.monotonic()
        if now - last[0] >= _EVERY_S:
            last[0] = now
            send(replies, (_PROGRESS, (float(done), float(total), message)))

    return report


def peak_mib() -> float:
    """Largest resident set of this process so far, MiB; NaN where the system does not report it.

    On Linux from /proc: getrusage includes there the process that started this one.
    """
    with contextlib.suppress(OSError, ValueError, IndexError):
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return float(status.split("VmHWM:")[1].split()[0]) / 1024
    try:
        import resource
    except ImportError:
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
