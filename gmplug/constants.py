"""Physical constants."""

from __future__ import annotations

#: Standard gravity, m/s² (CGPM 1901).
STANDARD_GRAVITY_M_S2 = 9.80665
INCH_M = 0.0254
FOOT_M = 0.3048
