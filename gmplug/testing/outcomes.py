"""How a check can end, other than by passing."""

from __future__ import annotations

import unittest


class CheckFailed(AssertionError):  # noqa: N818
    """A clusterer that does not do what gmplug expects; the message says what, and what to do."""


class DoesNotApply(unittest.SkipTest):
    """A check of something that the clusterer does not offer; pytest shows it as skipped."""


def require(condition: object, message: str) -> None:
    """Raise CheckFailed with the message unless the condition holds."""
    if not condition:
        raise CheckFailed(message)
