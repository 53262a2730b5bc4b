"""Fixtures shared by all tests."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

# A busy machine is no fault of what is tested.
hypothesis.settings.register_profile("gmplug", suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("gmplug")

#: Real data that is not the project's to redistribute; see its README.
SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real data; skips where it is not at hand."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real data (../shared/data) is not at hand")
    return SHARED_DATA
