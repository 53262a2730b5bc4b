"""Fixtures shared by all tests."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

from tests.support.places import SHARED_DATA

# A busy machine is no fault of what is tested.
hypothesis.settings.register_profile("gmplug", suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("gmplug")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real data; skips where it is not at hand."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real data (../shared/data) is not at hand")
    return SHARED_DATA
