"""A single-degree-of-freedom oscillator: linear, or bilinear with kinematic hardening."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import Field

from gmplug.constants import STANDARD_GRAVITY_M_S2
from gmplug.values import StructureModel


def sdof(
    *,
    ops: Any,
    damping_ratio: float,
    conditioning_period_s: float,
    natural_period_s: Annotated[float, Field(gt=0)] | None = None,
    yield_coefficient: Annotated[float, Field(gt=0)] | None = None,
    hardening: Annotated[float, Field(ge=0, lt=1)] = 0.03,
    collapse_drift_ratio: Annotated[float, Field(gt=0)] = math.inf,
) -> StructureModel:
    """Build an oscillator of 1 t; its one story is 1 m high, so drift ratio and displacement (m) are equal.

    Parameters
    ----------
    natural_period_s
        T* if not given.
    yield_coefficient
        Yield strength over weight; linear if not given.
    hardening
        Stiffness after yielding over the elastic one.
    collapse_drift_ratio
        Story drift ratio at which an analysis stops as collapsed.
    """
    period = conditioning_period_s if natural_period_s is None else natural_period_s
    omega = 2 * math.pi / period
    ops.model("basic", "-ndm", 1, "-ndf", 1)
    ops.node(1, 0.0)
    ops.node(2, 0.0)
    ops.fix(1, 1)
    ops.mass(2, 1.0)
    if yield_coefficient is None:
        ops.uniaxialMaterial("Elastic", 1, omega**2)
    else:
        ops.uniaxialMaterial("Steel01", 1, yield_coefficient * STANDARD_GRAVITY_M_S2, omega**2, hardening)
    ops.element("zeroLength", 1, 1, 2, "-mat", 1, "-dir", 1)
    ops.rayleigh(2 * damping_ratio * omega, 0.0, 0.0, 0.0)
    kind = "linear" if yield_coefficient is None else f"bilinear (Fy/W = {yield_coefficient:g})"
    return StructureModel(
        floor_nodes=(1, 2),
        story_heights=(1.0,),
        gravity=STANDARD_GRAVITY_M_S2,
        periods_s=(period,),
        collapse_drift_ratio=collapse_drift_ratio,
        description=f"single-degree-of-freedom oscillator, {kind}, T1 = {period:g} s",
    )
