"""Properties of the American wide-flange shapes that the built-in frame uses.

Values are those of the AISC shapes database (US customary units), converted here to meters.
"""

from __future__ import annotations

from dataclasses import dataclass

from gmplug.constants import INCH_M


@dataclass(frozen=True)
class Shape:
    """A rolled shape: area, second moment of area about the bending axis, plastic modulus; m², m⁴, m³."""

    area_m2: float
    inertia_m4: float
    plastic_modulus_m3: float


def _shape(area_in2: float, inertia_in4: float, plastic_modulus_in3: float) -> Shape:
    return Shape(area_in2 * INCH_M**2, inertia_in4 * INCH_M**4, plastic_modulus_in3 * INCH_M**3)


#: Strong axis, except where the name says otherwise.
SHAPES = {
    "W14x257": _shape(75.6, 3400.0, 487.0),
    "W14x311": _shape(91.4, 4330.0, 603.0),
    "W14x68 weak axis": _shape(20.0, 121.0, 36.9),
    "W24x68": _shape(20.1, 1830.0, 177.0),
    "W30x116": _shape(34.2, 4930.0, 378.0),
    "W33x118": _shape(34.7, 5900.0, 415.0),
}
