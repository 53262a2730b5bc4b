"""Limits of a quantity: what is possible, and what is usual."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of a quantity, both ends included.

    Attributes
    ----------
    title, unit
        For people; the unit may be empty.
    possible
        Least and largest possible value.
    usual
        Least and largest usual value.
    why
        Source of the limits.
    """

    title: str
    unit: str
    possible: tuple[float, float]
    usual: tuple[float, float]
    why: str

    def text(self, ends: tuple[float, float]) -> str:
        """Return a range with its unit."""
        return f"{ends[0]:g} to {ends[1]:g}{' ' + self.unit if self.unit else ''}"
