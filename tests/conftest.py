"""Fixtures shared by all tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.support.places import SHARED_DATA

# A busy machine is no fault of what is tested.
hypothesis.settings.register_profile("gmplug", suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("gmplug")


@pytest.fixture
def ops() -> Iterator[Any]:
    """OpenSees with an empty domain."""
    opensees = pytest.importorskip("openseespy.opensees")
    opensees.wipe()
    yield opensees
    opensees.wipe()


@pytest.fixture
def finished(snapshot: tuple[Path, Path]) -> Path:
    """The folder of a module's ``snapshot`` as its copy has it: as it was after the first run."""
    folder, copy = snapshot
    shutil.rmtree(folder)
    shutil.copytree(copy, folder)
    return folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real data; skips where it is not at hand."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real data (../shared/data) is not at hand")
    return SHARED_DATA
