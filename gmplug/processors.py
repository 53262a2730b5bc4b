"""Processors and memory that this process may use."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator
from pathlib import Path

_CGROUPS, _OWN = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def available_processors() -> int:
    """Return the number of processors within affinity (taskset, SLURM) and cgroups (containers, SLURM).

    At least 1. ``os.cpu_count()`` counts those of the machine.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    count = len(affinity(0)) if affinity else os.cpu_count() or 1
    quotas = cgroup_quotas(_CGROUPS, _OWN)
    return max(1, min([count, *(math.ceil(quota) for quota in quotas)]))


def available_memory_mb() -> float | None:
    """Return the memory, MiB, of the machine or within its cgroups (containers, SLURM); None if unknown."""
    found = memory_limits_mb(_CGROUPS, _OWN)
    with contextlib.suppress(OSError, ValueError, AttributeError):  # on another operating system
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**20)
    return min(found, default=None)


def cgroup_quotas(root: Path, own: Path) -> list[float]:
    """Return the limits on processor time of this process's control groups, in processors.

    Parameters
    ----------
    root
        Mount point of control groups: version 2, or version 1 with a folder for each controller.
    own
        The file that names the process's groups, a line ``number:controllers:/path`` for each.
    """
    quotas = (_quota(folder) for folder in _groups(root, own, "cpu"))
    return [quota for quota in quotas if quota is not None]


def memory_limits_mb(root: Path, own: Path) -> list[float]:
    """Return the limits on memory of this process's control groups, MiB; parameters as above."""
    texts = (
        _text(folder / name)
        for folder in _groups(root, own, "memory")
        for name in ("memory.max", "memory.limit_in_bytes")
    )
    return [int(text) / 2**20 for text in texts if text.strip().isdecimal()]  # "max", or no such file


def _groups(root: Path, own: Path, controller: str) -> Iterator[Path]:
    """Yield the folders of a controller's groups: the process's own and all above, whose limits hold too."""
    for line in _text(own).splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers and controller not in controllers.split(","):
            continue
        base = root if not controllers else root / controller
        group = base / path.lstrip("/")
        for folder in (group, *group.parents):
            yield folder
            if folder == base:
                break


def _quota(folder: Path) -> float | None:
    """Return a group's limit, in processors, or None. See cgroups(7), ``cpu.max``."""
    stated = _text(folder / "cpu.max").split() or [
        *_text(folder / "cpu.cfs_quota_us").split(),
        *_text(folder / "cpu.cfs_period_us").split(),
    ]
    try:
        quota, period = map(float, stated)
    except ValueError:  # "max", or no such file
        return None
    return quota / period if quota > 0 and period > 0 else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
