"""Limits of a quantity: what is possible, and what is usual."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of a quantity, both ends included.

    Attributes
    ----------
    title, unit
        What it is, for people; the unit may be empty.
    possible
        Least and largest value that the quantity can have.
    usual
        Least and largest value that nobody needs to look at twice.
    why
        Where the limits come from.
    """

    title: str
    unit: str
    possible: tuple[float, float]
    usual: tuple[float, float]
    why: str

    def text(self, ends: tuple[float, float]) -> str:
        """Return a range with its unit."""
        return f"{ends[0]:g} to {ends[1]:g}{' ' + self.unit if self.unit else ''}"
