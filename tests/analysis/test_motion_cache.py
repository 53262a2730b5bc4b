"""Motions that a worker keeps: read once, never stale, never more of them than allowed."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gmplug.analysis import AnalysisSetup, ProcessExecutor
from gmplug.analysis.motion_cache import MotionCache
from gmplug.analysis.task import analyze
from gmplug.errors import InputError
from gmplug.values import AnalysisTask, Motion
from gmplug.waveforms import read_motion
from tests.support.motions import burst, write_motion

_opened: list[str] = []


def _watch_opens() -> None:
    """Note every file that this process opens from now on (there is no way back: call it in a worker)."""
    sys.addaudithook(lambda event, arguments: _opened.append(str(arguments[0])) if event == "open" else None)


def _opens(name: str) -> int:
    return sum(Path(path).name == name for path in _opened)


def _record(path: Path) -> dict[str, Any]:
    return {"id": path.stem, "file_h1": str(path), "time_step_s": 0.01}


def test_a_worker_reads_each_file_once(tmp_path: Path) -> None:
    """Three structures at two levels under the same two records: two files are opened, once each."""
    paths = [write_motion(tmp_path / f"m{k}.txt", burst(1.0, seed=k)) for k in range(2)]
    setups = [AnalysisSetup("sdof", period_s, free_vibration_s=0.1) for period_s in (0.3, 0.5, 0.9)]
    with ProcessExecutor(workers=1) as executor:
        executor.submit(_watch_opens).result()
        futures = [
            executor.submit(analyze, setup, AnalysisTask(path.stem, scale_factor, _record(path)))
            for setup in setups
            for scale_factor in (1.0, 2.0)
            for path in paths
        ]
        assert {future.result().status for future in futures} == {"ok"}
        assert [executor.submit(_opens, path.name).result() for path in paths] == [1, 1]


class _Counting:
    def __init__(self) -> None:
        self.reads: list[str] = []

    def __call__(self, record: Mapping[str, Any]) -> Motion:
        self.reads.append(str(record["id"]))
        return read_motion(record)


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    paths = [write_motion(tmp_path / f"{name}.txt", burst(1.0)) for name in "abc"]
    count = _Counting()
    cache = MotionCache(most_bytes=2 * 100 * 8, read=count)  # two motions of 100 samples
    for name in "aabacac":
        cache.read(_record(paths["abc".index(name)]))
    assert count.reads == ["a", "b", "c"]
    assert cache.held_bytes == 1600
    cache.read(_record(paths[1]))  # b had to go for c
    assert count.reads == ["a", "b", "c", "b"]


def test_a_motion_larger_than_the_cache_is_read_each_time(tmp_path: Path) -> None:
    path = write_motion(tmp_path / "m.txt", burst(1.0))
    count = _Counting()
    cache = MotionCache(most_bytes=799, read=count)
    for _ in range(2):
        assert np.array_equal(cache.read(_record(path)).horizontal_g, read_motion(_record(path)).horizontal_g)
    assert count.reads == ["m", "m"]
    assert cache.held_bytes == 0


def test_a_changed_file_or_time_step_is_read_anew(tmp_path: Path) -> None:
    path = write_motion(tmp_path / "m.txt", burst(1.0))
    cache = MotionCache()
    first = cache.read(_record(path))
    assert cache.read(_record(path)) is first
    assert cache.read({**_record(path), "time_step_s": 0.02}).time_step_s == 0.02
    write_motion(path, 2.0 * burst(1.0))
    os.utime(path, ns=(0, 0))
    assert np.allclose(cache.read(_record(path)).horizontal_g, 2.0 * first.horizontal_g)
    path.unlink()
    with pytest.raises(InputError, match=r"m\.txt"):
        cache.read(_record(path))


def test_a_motion_that_is_shared_cannot_be_written_to(tmp_path: Path) -> None:
    motion = MotionCache().read(_record(write_motion(tmp_path / "m.txt", burst(1.0))))
    with pytest.raises(ValueError, match="read-only"):
        motion.horizontal_g[0, 0] = 1.0
