"""Cantilever wall of reinforced concrete: fiber sections in the two lower stories. Units: kN, m, s, t."""

import math

import gmplug

G, STORY, THICKNESS = 9.80665, 3.5, 0.3


def build_model(ops, damping_ratio, stories: int = 6, mass: float = 150.0, length: float = 4.0):
    """Build the wall; ``length`` is that of its section."""
    ops.model("basic", "-ndm", 2, "-ndf", 3)
    for floor in range(stories + 1):
        ops.node(floor + 1, 0.0, floor * STORY)
        if floor:
            ops.mass(floor + 1, mass, 1e-6, 1e-6)
    ops.fix(1, 1, 1, 1)
    ops.uniaxialMaterial("Concrete01", 1, -40e3, -0.0025, -30e3, -0.015)
    ops.uniaxialMaterial("Steel02", 2, 450e3, 2e8, 0.01, 18.0, 0.925, 0.15)
    ops.section("Fiber", 1)
    ops.patch("rect", 1, 24, 1, -length / 2, -THICKNESS / 2, length / 2, THICKNESS / 2)
    for y in (0.15, 0.4):
        for side in (-1, 1):
            ops.fiber(side * (length / 2 - y), 0.0, 4 * 0.00049, 2)
    for k in range(-5, 6):
        ops.fiber(k * 0.28, 0.0, 2 * 0.000113, 2)
    ops.geomTransf("PDelta", 1)
    ops.beamIntegration("Lobatto", 1, 1, 4)
    for floor in range(1, stories + 1):
        if floor <= 2:
            ops.element("forceBeamColumn", floor, floor, floor + 1, 1, 1)
        else:
            area, inertia = length * THICKNESS, THICKNESS * length**3 / 12
            ops.element("elasticBeamColumn", floor, floor, floor + 1, area, 0.4 * 30e6, inertia, 1)
    ops.timeSeries("Linear", 1)
    ops.pattern("Plain", 1, 1)
    for floor in range(1, stories + 1):
        ops.load(floor + 1, 0.0, -400.0, 0.0)
    ops.constraints("Transformation")
    ops.numberer("RCM")
    ops.system("BandGeneral")
    ops.test("NormDispIncr", 1e-8, 30)
    ops.algorithm("Newton")
    ops.integrator("LoadControl", 0.1)
    ops.analysis("Static")
    if ops.analyze(10) != 0:
        raise RuntimeError("gravity does not converge")
    ops.loadConst("-time", 0.0)
    ops.wipeAnalysis()
    omega = [math.sqrt(v) for v in ops.eigen("-fullGenLapack", 3)]
    factor = 2 * damping_ratio / (omega[0] + omega[2])
    ops.rayleigh(factor * omega[0] * omega[2], 0.0, 0.0, factor)
    return gmplug.StructureModel(
        tuple(range(1, stories + 2)), (STORY,) * stories, gravity=G,
        periods_s=tuple(2 * math.pi / w for w in omega),
    )  # fmt: skip
