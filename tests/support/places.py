"""Where things lie."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
TESTS = REPOSITORY / "tests"
DATA = TESTS / "data"
EXAMPLES = REPOSITORY / "examples"
#: Real data that is not the project's to redistribute; see its README.
SHARED_DATA = REPOSITORY.parent / "shared" / "data"
