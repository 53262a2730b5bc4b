"""A build that is killed: the next one goes on, and makes the same bytes."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gmplug.errors import InputError
from gmplug.recordlibrary.build import build_library
from gmplug.recordlibrary.files import library
from tests.recordlibrary.test_library import content, make_sources, recipe
from tests.support.catalogue_files import wave, write_at2
from tests.support.places import REPOSITORY

RECORDS = 40


def start_build(folder: Path, source: Path, workers: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "gmplug", "catalogue", "build", str(folder), "--from", str(source)]
    periods = ["--periods", "0.1,0.2,0.5,1,2", "--workers", str(workers), "--quiet"]
    return subprocess.Popen([*command, *periods], cwd=REPOSITORY)


def kill_when(build: subprocess.Popen[bytes], folder: Path, lines: int, delay_s: float) -> bool:
    """Kill a build some time after its journals have so many lines; return whether it still ran."""
    while build.poll() is None:
        done = sum(
            path.read_bytes().count(b"\n") for path in (folder / ".build").glob("[rc]*") if path.is_file()
        )
        if done >= lines:
            time.sleep(delay_s)
            break
        time.sleep(0.002)
    running = build.poll() is None
    build.kill()
    build.wait()
    return running


def assert_whole_or_refused(folder: Path, allowed: list[int]) -> None:
    """A killed build leaves the library as it was, or one that is refused: never a part of it."""
    try:
        found = library(folder)
    except InputError:
        return
    assert len(found.records) in allowed


def kill_and_finish(tmp_path: Path, kills: int, workers: int, updates: tuple[bool, ...]) -> int:
    """Kill builds and updates at random moments; return how many were killed at work."""
    source, folder = make_sources(tmp_path / "at2", RECORDS), tmp_path / "library"
    moments = random.Random(7)
    killed = 0
    for update in updates:
        if update:
            make_sources(source, RECORDS + 10)
            for number in range(1, 11):
                path = source / f"RSN{number}_EV_STA090.AT2"
                write_at2(path, title=f"EV 09/20/99, STA{number}, 090", acceleration_g=wave(number, 800))
        for _ in range(kills):
            build = start_build(folder, source, workers)
            killed += kill_when(build, folder, moments.randrange(0, 170), moments.uniform(0.0, 0.05))
            assert_whole_or_refused(folder, [RECORDS, RECORDS + 10] if update else [RECORDS])
        assert start_build(folder, source, workers).wait() == 0
        undisturbed = tmp_path / f"undisturbed-{update}"
        build_library(undisturbed, recipe(source), workers=1)
        # the command has its own folder as the base of relative paths, of which there are none here
        ours, theirs = content(folder), content(undisturbed)
        ours["library.json"] = ours["library.json"].replace(str(REPOSITORY).encode(), str(tmp_path).encode())
        assert ours == theirs
    return killed


def test_a_killed_build_goes_on(tmp_path: Path) -> None:
    kill_and_finish(tmp_path, kills=1, workers=1, updates=(False,))


@pytest.mark.slow
def test_ten_kills(tmp_path: Path) -> None:
    assert kill_and_finish(tmp_path, kills=5, workers=2, updates=(False, True)) >= 5
