"""One run at a time in a directory: a live one refuses others, a killed one stands in nobody's way."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gmplug.chain.lock import LOCK_FILE, run_lock
from gmplug.errors import InputError

HOLDER = """
import sys, time
from pathlib import Path
from gmplug.chain.lock import run_lock

with run_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""
STUDY = """
[catalogue]
provider = "simulated"
[structure]
period_s = 1.0
[target]
sa_g = 0.3
gmm = "BSSA14"
scenario = { magnitude = 6.5, rjb_km = 20.0, vs30_m_s = 400.0, mechanism = "strike-slip" }
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the directory."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_live_run_refuses_others_with_one_line(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="another run is at work here"), run_lock(tmp_path):
        pass
    (tmp_path / "study.toml").write_text(STUDY)
    command = [sys.executable, "-m", "gmplug", "run", str(tmp_path / "study.toml"), "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert f"{tmp_path}: another run is at work here; wait for it, or choose another folder" in line
    assert holder.poll() is None
    assert not (tmp_path / "stages.json").exists()


def test_the_lock_of_a_killed_run_is_taken_over(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    holder.kill()
    holder.wait()
    assert (tmp_path / LOCK_FILE).is_file()  # what it left: held by nobody
    with run_lock(tmp_path), pytest.raises(InputError, match="another run"), run_lock(tmp_path):
        pass
    with run_lock(tmp_path):
        pass
