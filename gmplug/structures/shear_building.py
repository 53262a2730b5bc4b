"""A shear building of any number of stories with the strength of a HAZUS building type; see README.md.

Units: m, kN, t, s. Every floor weighs 1 t: only strength over weight and stiffness over mass count.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from gmplug import hazus
from gmplug.constants import STANDARD_GRAVITY_M_S2
from gmplug.structures.damping import rayleigh_factors
from gmplug.values import FloatArray, StructureModel

FLOOR_MASS_T = 1.0
#: Families whose stories are kinematic or peak-oriented; all others pinch (Lu & Guan 2017, section 2.3).
_HYSTERESIS = {"S1": "kinematic", "S3": "kinematic", "C1": "peak-oriented"}
#: Modes in which the damping ratio is exact: the first, and this one or the last.
_SECOND_DAMPED_MODE = 3

Positive = Annotated[float, Field(gt=0)]
Hysteresis = Literal["kinematic", "peak-oriented", "pinching"]


def shear_building(
    *,
    ops: Any,
    damping_ratio: float,
    conditioning_period_s: float,
    stories: Annotated[int, Field(ge=1, le=100)] = 3,
    building_type: str = "C1",
    design_level: Literal["high", "moderate", "low", "pre"] = "moderate",
    natural_period_s: Positive | None = None,
    story_height_m: Positive | None = None,
    strength_factor: Positive = 1.0,
    hysteresis: Hysteresis | None = None,
    shaking: Literal["short", "moderate", "long"] = "moderate",
    p_delta: bool = True,
    collapse_drift_ratio: Positive = 0.10,
) -> StructureModel:
    """Build a shear building after Lu & Guan (2017), stories from HAZUS capacity curves.

    Parameters
    ----------
    building_type
        HAZUS model building type, such as C1 or C1M.
    stories
        Number of stories, 1 to 100.
    design_level
        Seismic design level of HAZUS.
    natural_period_s
        First period, P-Delta included, s; T* if not given.
    story_height_m
        That of the type's typical building if not given.
    strength_factor
        Multiplies the strength of all stories.
    hysteresis
        That of the type if not given.
    shaking
        Duration for HAZUS's degradation factor of the energy that a pinched story dissipates.
    p_delta
        Whether gravity acts on the displaced building.
    collapse_drift_ratio
        Story drift ratio at which an analysis stops as collapsed.

    Raises InputError for a type or level that HAZUS does not have.
    """
    capacity = hazus.capacity(building_type, design_level, stories)
    period = conditioning_period_s if natural_period_s is None else natural_period_s
    height = capacity.story_height_m if story_height_m is None else story_height_m
    stiffness = story_stiffness(stories, period, height if p_delta else math.inf)
    kind = hysteresis or _HYSTERESIS.get(hazus.family(capacity.building_type), "pinching")
    backbones = story_backbones(capacity, stories, stiffness, strength_factor)
    ops.model("basic", "-ndm", 1, "-ndf", 1)
    for floor in range(stories + 1):
        ops.node(floor, 0.0)  # stories are springs of no length
    ops.fix(0, 1)
    for floor in range(1, stories + 1):
        ops.mass(floor, FLOOR_MASS_T)
    for story, backbone in enumerate(backbones, start=1):
        material = _spring(ops, story, backbone, kind, capacity.kappa[shaking])
        ops.element("zeroLength", story, story - 1, story, "-mat", material, "-dir", 1, "-doRayleigh", 1)
        if p_delta:
            # A leaning gravity column takes its load over its height away from the story's stiffness.
            ops.uniaxialMaterial("Elastic", 10_000 + story, -_load_kn(stories, story) / height)
            ops.element("zeroLength", 10_000 + story, story - 1, story, "-mat", 10_000 + story, "-dir", 1)
    periods_s = _periods_s(stories, stiffness, height if p_delta else math.inf)
    _damp(ops, periods_s, damping_ratio)
    return StructureModel(
        floor_nodes=tuple(range(stories + 1)),
        story_heights=(height,) * stories,
        gravity=STANDARD_GRAVITY_M_S2,
        periods_s=periods_s,
        collapse_drift_ratio=collapse_drift_ratio,
        description=(
            f"shear building, {stories} stories, HAZUS {capacity.building_type} {capacity.design_level}-code"
            f", {kind}, T1 = {periods_s[0]:.3g} s"
        ),
    )


@dataclass(frozen=True)
class Backbone:
    """A story's force (kN) over drift (m): linear to yield, linear to ultimate, level beyond."""

    yield_drift_m: float
    yield_kn: float
    ultimate_drift_m: float
    ultimate_kn: float

    @property
    def stiffness(self) -> float:
        """Elastic stiffness, kN/m."""
        return self.yield_kn / self.yield_drift_m

    @property
    def hardening_stiffness(self) -> float:
        """Stiffness between yield and ultimate, kN/m."""
        return (self.ultimate_kn - self.yield_kn) / (self.ultimate_drift_m - self.yield_drift_m)


def story_backbones(
    capacity: hazus.Capacity, stories: int, stiffness: float, strength_factor: float = 1.0
) -> list[Backbone]:
    """Return the stories' backbones, lowest first (Lu & Guan 2017, eqs. 2.2-2.10).

    The base shear at yield is SAy α1 W. The ratio of a story's strength to that of the first follows from
    forces that grow linearly with height, Γ = 1 − i(i − 1)/(N(N + 1)). Overstrength and ductility at the
    ultimate point are those of the capacity curve, and all stories have the same stiffness.
    """
    weight_kn = stories * FLOOR_MASS_T * STANDARD_GRAVITY_M_S2
    base_kn = strength_factor * capacity.yield_sa_g * capacity.alpha_1 * weight_kn
    found = []
    for story in range(1, stories + 1):
        force = base_kn * (1 - story * (story - 1) / (stories * (stories + 1)))
        drift = force / stiffness
        ultimate = force * capacity.ultimate_sa_g / capacity.yield_sa_g
        found.append(Backbone(drift, force, drift * capacity.ductility, ultimate))
    return found


def story_stiffness(stories: int, period_s: float, height_m: float = math.inf) -> float:
    """Return the stiffness of each story (kN/m) for which the first period is ``period_s``.

    With L the stiffness matrix of unit stories, P that of the gravity columns and M the masses, the first
    mode has (k L − P − ω² M) φ = 0: k is the largest eigenvalue of L⁻¹ (P + ω² M).
    """
    from scipy.linalg import eigh

    omega = 2 * math.pi / period_s
    demand = _gravity_columns(stories, height_m) + omega**2 * FLOOR_MASS_T * np.eye(stories)
    return float(eigh(demand, _chain([1.0] * stories), eigvals_only=True)[-1])


def pinch_force_ratio(backbone: Backbone, kappa: float) -> float:
    """Return y, the force at the pinch point over the peak, for a loop with the share κ of its area.

    The loop is between plus and minus the ultimate drift. With the initial stiffness in unloading and towards
    the peak, a pinched loop has the area 2 y r Fu, r the drift at zero force; with kinematic hardening the
    area is 4 (Fy − k2 Dy)(Du − Dy). At y = 1 the story is peak-oriented.
    """
    b = backbone
    full = 4 * (b.yield_kn - b.hardening_stiffness * b.yield_drift_m) * (b.ultimate_drift_m - b.yield_drift_m)
    rest = b.ultimate_drift_m - b.ultimate_kn / b.stiffness
    return min(1.0, max(_LEAST_PINCH, kappa * full / (2 * rest * b.ultimate_kn)))


#: Without any stiffness between its peaks a story could not be solved.
_LEAST_PINCH = 0.02
#: Drift at the end of the plateau, the third line of the backbone, over the ultimate drift.
_PLATEAU = 1000.0


def _spring(ops: Any, story: int, backbone: Backbone, kind: str, kappa: float) -> int:
    """Define a story's material and return its tag."""
    b, tag = backbone, story
    if kind == "kinematic":
        # Two perfectly plastic springs side by side (Iwan 1966): one yields at Dy, the other at Du.
        first, second = 20_000 + story, 30_000 + story
        ops.uniaxialMaterial("ElasticPP", first, b.stiffness - b.hardening_stiffness, b.yield_drift_m)
        ops.uniaxialMaterial("ElasticPP", second, b.hardening_stiffness, b.ultimate_drift_m)
        ops.uniaxialMaterial("Parallel", tag, first, second)
        return tag
    pinch = 1.0 if kind == "peak-oriented" else pinch_force_ratio(b, kappa)
    points = (
        b.yield_kn, b.yield_drift_m, b.ultimate_kn, b.ultimate_drift_m,
        b.ultimate_kn, _PLATEAU * b.ultimate_drift_m,
    )  # fmt: skip
    mirrored = tuple(-value for value in points)
    ops.uniaxialMaterial("Hysteretic", tag, *points, *mirrored, 1.0, pinch, 0.0, 0.0, 0.0)
    return tag


def _load_kn(stories: int, story: int) -> float:
    """Weight that stands on a story."""
    return (stories - story + 1) * FLOOR_MASS_T * STANDARD_GRAVITY_M_S2


def _chain(springs: Sequence[float]) -> FloatArray:
    """Stiffness matrix (N, N) of springs in a row, the first one fixed to the ground."""
    values = np.asarray([*springs, 0.0])
    return np.diag(values[:-1] + values[1:]) - np.diag(values[1:-1], 1) - np.diag(values[1:-1], -1)


def _periods_s(stories: int, stiffness: float, height_m: float) -> tuple[float, ...]:
    total = _chain([stiffness] * stories) - _gravity_columns(stories, height_m)
    return tuple(float(2 * math.pi / math.sqrt(v)) for v in np.linalg.eigvalsh(total / FLOOR_MASS_T))


def _gravity_columns(stories: int, height_m: float) -> FloatArray:
    """Stiffness matrix (N, N) that the leaning gravity columns take away."""
    return _chain([_load_kn(stories, story) / height_m for story in range(1, stories + 1)])


def _damp(ops: Any, periods_s: Sequence[float], damping_ratio: float) -> None:
    """Rayleigh damping, exact in modes 1 and 3; the stiffness part follows the stories as they yield.

    With their first stiffness it would be a force that yielded stories do not have (Charney 2008).
    """
    if len(periods_s) == 1:
        ops.rayleigh(4 * math.pi * damping_ratio / periods_s[0], 0.0, 0.0, 0.0)
        return
    other_s = periods_s[min(_SECOND_DAMPED_MODE, len(periods_s)) - 1]
    mass_factor, stiffness_factor = rayleigh_factors(periods_s[0], other_s, damping_ratio)
    ops.rayleigh(mass_factor, 0.0, 0.0, stiffness_factor)
