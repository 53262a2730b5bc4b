"""The built-in frame: the SAC three-story steel moment frame for Los Angeles; README.md has its sources.

Units: m, kN, t, s (so stresses are kPa and gravity is 9.80665).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from gmplug.constants import INCH_M, STANDARD_GRAVITY_M_S2
from gmplug.structures.damping import rayleigh_factors
from gmplug.structures.shapes import SHAPES, Shape
from gmplug.values import StructureModel

STORY_HEIGHT_M = 156 * INCH_M
BAY_M = 360 * INCH_M
STEEL_MODULUS_KPA = 29_000 * 6_894.757
_KIP_S2_PER_FT_IN_T = 14.593903
#: Seismic mass of the whole building at floors 2, 3 and the roof; each of its two frames carries half.
BUILDING_MASS_T = tuple(m * _KIP_S2_PER_FT_IN_T for m in (65.53, 65.53, 70.90))
COLUMNS = ("W14x257", "W14x311", "W14x311", "W14x257")
BEAMS = ("W33x118", "W30x116", "W24x68")
GRAVITY_COLUMN = "W14x68 weak axis"
#: Share of the plan that rests on the columns of the moment frame: 90 ft x 15 ft of 180 ft x 60 ft.
FRAME_SHARE_OF_WEIGHT = 1350 / 10800
#: A hinge's elastic stiffness over 6 EI/L of its member (Ibarra & Krawinkler 2005, appendix B).
HINGE_STIFFNESS_RATIO = 10.0
#: Beams are this much stiffer along their axis than the bare shape: the slab makes a rigid floor.
_FLOOR_AXIAL_FACTOR = 100.0
_FLOOR_NODES = (10, 20, 30, 40)

Fraction = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]


def frame(
    *,
    ops: Any,
    damping_ratio: float,
    hinges: Literal["bilinear", "elastic"] = "bilinear",
    hardening: Fraction = 0.03,
    beam_yield_mpa: Positive = 339.2,
    column_yield_mpa: Positive = 397.1,
    p_delta: bool = True,
    collapse_drift_ratio: Positive = 0.10,
) -> StructureModel:
    """Build the SAC Los Angeles three-story frame (pre-Northridge design, north-south direction).

    Parameters
    ----------
    hinges
        ``bilinear`` for hinges that yield, ``elastic`` for a linear frame.
    hardening
        Slope of a member after yielding over its elastic slope in antisymmetric bending.
    beam_yield_mpa, column_yield_mpa
        Yield stress; the defaults are the expected strengths of A36 and A572 Gr. 50 (49.2 and 57.6 ksi).
    p_delta
        Whether gravity acts on the displaced frame: on its own columns and on a leaning column.
    collapse_drift_ratio
        Story drift ratio at which an analysis stops as collapsed.
    """
    builder = _Builder(ops, hinges, hardening, beam_yield_mpa * 1e3, column_yield_mpa * 1e3, p_delta)
    builder.build()
    if p_delta:
        _apply_gravity(ops)
    # The default solver (ARPACK) starts from random vectors: its last digits would depend on what ran before.
    squares = ops.eigen("-fullGenLapack", len(BEAMS))
    periods_s = tuple(2 * math.pi / math.sqrt(value) for value in squares)
    _apply_damping(ops, periods_s, damping_ratio, builder.elastic_elements)
    return StructureModel(
        floor_nodes=_FLOOR_NODES,
        story_heights=(STORY_HEIGHT_M,) * len(BEAMS),
        gravity=STANDARD_GRAVITY_M_S2,
        periods_s=periods_s,
        collapse_drift_ratio=collapse_drift_ratio,
        description=(
            f"SAC Los Angeles three-story steel moment frame (Ohtori et al. 2004), {hinges} hinges, "
            f"{'with' if p_delta else 'without'} P-Delta, T1 = {periods_s[0]:.2f} s"
        ),
    )


class _Builder:
    def __init__(
        self, ops: Any, hinges: str, hardening: float, beam_fy: float, column_fy: float, p_delta: bool
    ) -> None:
        self._ops = ops
        self._hinges = hinges
        self._hardening = hardening
        self._yield = {"beam": beam_fy, "column": column_fy}
        self._transformation = {"beam": 1, "column": 2}
        self._p_delta = p_delta
        self._next_tag = 1000
        self.elastic_elements: list[int] = []

    def build(self) -> None:
        ops = self._ops
        ops.model("basic", "-ndm", 2, "-ndf", 3)
        ops.geomTransf("Linear", 1)
        ops.geomTransf("PDelta" if self._p_delta else "Linear", 2)
        self._joints()
        for floor in range(len(BEAMS)):
            below, above = _FLOOR_NODES[floor], _FLOOR_NODES[floor + 1]
            for line, name in enumerate(COLUMNS):
                self._member("column", below + line, above + line, SHAPES[name], STORY_HEIGHT_M)
            for line in range(len(COLUMNS) - 1):
                self._member("beam", above + line, above + line + 1, SHAPES[BEAMS[floor]], BAY_M)
            self._gravity_column(below + 4, above + 4)
            self._strut(above + 3, above + 4)

    def _tag(self) -> int:
        self._next_tag += 1
        return self._next_tag

    def _joints(self) -> None:
        ops = self._ops
        for floor, first in enumerate(_FLOOR_NODES):
            for line in range(5):
                ops.node(first + line, line * BAY_M, floor * STORY_HEIGHT_M)
                if floor == 0:
                    ops.fix(first + line, 1, 1, 1)
                else:
                    ops.mass(first + line, BUILDING_MASS_T[floor - 1] / 2 / 5, 0.0, 0.0)

    def _member(self, kind: str, i: int, j: int, shape: Shape, length_m: float) -> None:
        """Add an elastic member between two rotational hinges, together as stiff as the member alone.

        Flexibility of the member less that of its hinges, inverted: with n the stiffness ratio and
        r = 2 − 1/n, the end stiffnesses are EI/L times 6r/(r²−1) (near end) and 6/(r²−1) (far end).
        """
        n = HINGE_STIFFNESS_RATIO
        r = 2.0 - 1.0 / n
        near, far = 6.0 * r / (r * r - 1.0), 6.0 / (r * r - 1.0)
        spring = n * 6.0 * STEEL_MODULUS_KPA * shape.inertia_m4 / length_m
        moment = shape.plastic_modulus_m3 * self._yield[kind]
        ends = [self._hinge(node, spring, moment) for node in (i, j)]
        area = shape.area_m2 * (_FLOOR_AXIAL_FACTOR if kind == "beam" else 1.0)
        tag = self._tag()
        self._ops.element(
            "ModElasticBeam2d", tag, *ends, area, STEEL_MODULUS_KPA, shape.inertia_m4,
            near, near, far, self._transformation[kind],
        )  # fmt: skip
        self.elastic_elements.append(tag)

    def _hinge(self, joint: int, stiffness: float, yield_moment: float) -> int:
        """Add a hinge at a joint and return the node at its far side."""
        ops, n, a = self._ops, HINGE_STIFFNESS_RATIO, self._hardening
        node, tag = self._tag(), self._tag()
        ops.node(node, *ops.nodeCoord(joint))
        ops.equalDOF(joint, node, 1, 2)
        if self._hinges == "elastic":
            ops.uniaxialMaterial("Elastic", tag, stiffness)
        else:
            # Hinge and member in series: after yielding the member's slope is `a` of its elastic one.
            ops.uniaxialMaterial("Steel01", tag, yield_moment, stiffness, a / (1.0 + (n - 1.0) * (1.0 - a)))
        ops.element("zeroLength", tag, joint, node, "-mat", tag, "-dir", 6)
        return node

    def _gravity_column(self, i: int, j: int) -> None:
        """Add a story of the fifth column line, bent about its weak axis; it carries the rest of the plan.

        Its area stands for all gravity columns, so that their shortening does not matter.
        """
        tag, shape = self._tag(), SHAPES[GRAVITY_COLUMN]
        area = 50 * shape.area_m2
        self._ops.element("elasticBeamColumn", tag, i, j, area, STEEL_MODULUS_KPA, shape.inertia_m4, 2)
        self.elastic_elements.append(tag)

    def _strut(self, i: int, j: int) -> None:
        """Tie the fifth column line to the frame by a beam with hinged ends in a rigid floor."""
        tag = self._tag()
        self._ops.uniaxialMaterial("Elastic", tag, STEEL_MODULUS_KPA)
        self._ops.element("Truss", tag, i, j, SHAPES["W33x118"].area_m2 * _FLOOR_AXIAL_FACTOR, tag)


def _apply_gravity(ops: Any) -> None:
    """Load columns and leaning column with the weight of the seismic mass, as constant loads."""
    ops.timeSeries("Linear", 1)
    ops.pattern("Plain", 1, 1)
    outer, inner = FRAME_SHARE_OF_WEIGHT / 6, FRAME_SHARE_OF_WEIGHT / 3
    shares = (outer, inner, inner, outer, 1.0 - FRAME_SHARE_OF_WEIGHT)  # of the columns' lines
    for first, mass in zip(_FLOOR_NODES[1:], BUILDING_MASS_T, strict=True):
        for line, share in enumerate(shares):
            ops.load(first + line, 0.0, -share * mass / 2 * STANDARD_GRAVITY_M_S2, 0.0)
    ops.constraints("Transformation")
    ops.numberer("RCM")
    ops.system("BandGeneral")
    ops.test("NormDispIncr", 1e-10, 20)
    ops.algorithm("Newton")
    ops.integrator("LoadControl", 0.2)
    ops.analysis("Static")
    if ops.analyze(5) != 0:
        raise RuntimeError("the frame's gravity analysis does not converge")
    ops.loadConst("-time", 0.0)
    ops.wipeAnalysis()


def _apply_damping(
    ops: Any, periods_s: Sequence[float], damping_ratio: float, elastic_elements: Sequence[int]
) -> None:
    """Rayleigh damping, exact at modes 1 and 3; the stiffness part acts on elastic members alone.

    Stiffness-proportional damping of the stiff hinges would resist their yielding with spurious moments
    (Charney 2008; Zareian & Medina 2010), so hinges have none, and the members' part is raised by n/(n−1),
    the whole member's compliance over the elastic part's.
    """
    mass_factor, stiffness_factor = rayleigh_factors(periods_s[0], periods_s[-1], damping_ratio)
    n = HINGE_STIFFNESS_RATIO
    ops.rayleigh(mass_factor, 0.0, 0.0, 0.0)
    ops.region(
        1, "-ele", *elastic_elements, "-rayleigh", mass_factor, 0.0, stiffness_factor * n / (n - 1.0), 0.0
    )
