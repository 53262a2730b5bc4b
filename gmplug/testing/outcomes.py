"""Outcomes of a check other than passing."""

from __future__ import annotations

import unittest


class CheckFailed(AssertionError):  # noqa: N818
    """The clusterer does not do what gmplug expects. The message says what, and what to do."""


class DoesNotApply(unittest.SkipTest):
    """The clusterer does not offer what is checked; pytest shows the check as skipped."""


def require(condition: object, message: str) -> None:
    """Raise CheckFailed with the message unless the condition is true."""
    if not condition:
        raise CheckFailed(message)
