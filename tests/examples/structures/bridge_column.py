"""The column of examples/models/bridge_column as a model of a study. Units: kN, m, s, t."""

import math

import gmplug

G, DIAMETER, HEIGHT, COVER, MASS = 9.80665, 1.2, 6.0, 0.05, 250.0


def build_model(ops, damping_ratio):
    """Build the column: circular, reinforced concrete, fiber section."""
    ops.model("basic", "-ndm", 2, "-ndf", 3)
    ops.node(1, 0.0, 0.0)
    ops.node(2, 0.0, HEIGHT)
    ops.fix(1, 1, 1, 1)
    ops.mass(2, MASS, 1e-3, 1e-3)
    ops.uniaxialMaterial("Concrete02", 1, -42e3, -0.005, -35e3, -0.02, 0.1, 2.5e3, 1.5e6)
    ops.uniaxialMaterial("Concrete02", 2, -32e3, -0.002, -5e3, -0.006, 0.1, 2.5e3, 1.5e6)
    ops.uniaxialMaterial("Steel02", 3, 460e3, 200e6, 0.01, 18.0, 0.925, 0.15)
    ops.section("Fiber", 1, "-GJ", 1e9)
    core = DIAMETER / 2 - COVER
    ops.patch("circ", 1, 16, 8, 0.0, 0.0, 0.0, core, 0.0, 360.0)
    ops.patch("circ", 2, 16, 2, 0.0, 0.0, core, DIAMETER / 2, 0.0, 360.0)
    ops.layer("circ", 3, 20, 8.04e-4, 0.0, 0.0, core - 0.02)
    ops.geomTransf("PDelta", 1)
    ops.beamIntegration("Lobatto", 1, 1, 5)
    ops.element("forceBeamColumn", 1, 1, 2, 1, 1)
    ops.timeSeries("Linear", 1)
    ops.pattern("Plain", 1, 1)
    ops.load(2, 0.0, -MASS * G, 0.0)
    ops.constraints("Plain")
    ops.numberer("Plain")
    ops.system("BandGeneral")
    ops.test("NormDispIncr", 1e-8, 50)
    ops.algorithm("Newton")
    ops.integrator("LoadControl", 0.1)
    ops.analysis("Static")
    if ops.analyze(10) != 0:
        raise RuntimeError("gravity does not converge")
    ops.loadConst("-time", 0.0)
    ops.wipeAnalysis()
    omega = math.sqrt(ops.eigen("-fullGenLapack", 1)[0])
    ops.rayleigh(0.0, 0.0, 0.0, 2 * damping_ratio / omega)
    return gmplug.StructureModel((1, 2), (HEIGHT,), gravity=G, periods_s=(2 * math.pi / omega,))
