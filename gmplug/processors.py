"""Number of processors that this process may use."""

from __future__ import annotations

import math
import os
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


def cgroup_quotas(root: Path, own: Path) -> list[float]:
    """Return the limits on processor time of this process's control groups, in processors.

    Parameters
    ----------
    root
        Mount point of control groups: version 2, or version 1 with a folder ``cpu``.
    own
        The file that names the process's groups, a line ``number:controllers:/path`` for each.
    """
    found = []
    for line in _text(own).splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers and "cpu" not in controllers.split(","):
            continue
        base = root if not controllers else root / "cpu"
        group = base / path.lstrip("/")
        for folder in (group, *group.parents):  # the limits of all groups above hold too
            quota = _quota(folder)
            if quota is not None:
                found.append(quota)
            if folder == base:
                break
    return found


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
