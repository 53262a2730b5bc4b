"""Two-story, one-bay steel moment frame: fiber sections, distributed plasticity, P-Delta.  Units: kip, in, s."""

import math
import sys

import openseespy.opensees as ops

import gmplug

g = 386.4
H1, H2, L = 180.0, 156.0, 360.0
W1, W2 = 240.0, 200.0  # seismic weight of the floors, kip
E, Fy, b = 29000.0, 50.0, 0.02


def w_section(tag, mat, d, bf, tf, tw):
    ops.section("Fiber", tag)
    ops.patch("rect", mat, 2, 1, d / 2 - tf, -bf / 2, d / 2, bf / 2)
    ops.patch("rect", mat, 8, 1, -d / 2 + tf, -tw / 2, d / 2 - tf, tw / 2)
    ops.patch("rect", mat, 2, 1, -d / 2, -bf / 2, -d / 2 + tf, bf / 2)


def build():
    ops.wipe()
    ops.model("basic", "-ndm", 2, "-ndf", 3)
    for i, y in enumerate((0.0, H1, H1 + H2)):
        ops.node(10 * i + 1, 0.0, y)
        ops.node(10 * i + 2, L, y)
    ops.fix(1, 1, 1, 1)
    ops.fix(2, 1, 1, 1)
    for floor, w in ((1, W1), (2, W2)):
        ops.equalDOF(10 * floor + 1, 10 * floor + 2, 1)
        for n in (1, 2):
            ops.mass(10 * floor + n, w / 2 / g, 1e-6, 1e-6)

    ops.uniaxialMaterial("Steel02", 1, Fy, E, b, 18.0, 0.925, 0.15)
    w_section(1, 1, 14.7, 14.7, 1.03, 0.645)  # columns W14x132
    w_section(2, 1, 23.6, 7.01, 0.505, 0.395)  # beams W24x55
    ops.geomTransf("PDelta", 1)
    ops.geomTransf("Linear", 2)
    ops.beamIntegration("Lobatto", 1, 1, 5)
    ops.beamIntegration("Lobatto", 2, 2, 5)
    for i in (0, 1):
        for n in (1, 2):
            ops.element("forceBeamColumn", 100 + 10 * i + n, 10 * i + n, 10 * (i + 1) + n, 1, 1)
        ops.element("forceBeamColumn", 200 + i, 10 * (i + 1) + 1, 10 * (i + 1) + 2, 2, 2)


def gravity():
    ops.timeSeries("Linear", 1)
    ops.pattern("Plain", 1, 1)
    for floor, w in ((1, W1), (2, W2)):
        for n in (1, 2):
            ops.load(10 * floor + n, 0.0, -w / 2, 0.0)
    ops.constraints("Transformation")
    ops.numberer("RCM")
    ops.system("BandGeneral")
    ops.test("NormDispIncr", 1e-6, 20)
    ops.algorithm("Newton")
    ops.integrator("LoadControl", 0.1)
    ops.analysis("Static")
    ops.analyze(10)
    ops.loadConst("-time", 0.0)


def rayleigh(zeta):
    w1, w2 = (math.sqrt(x) for x in ops.eigen("-fullGenLapack", 2))
    ops.rayleigh(2 * zeta * w1 * w2 / (w1 + w2), 0.0, 0.0, 2 * zeta / (w1 + w2))
    return 2 * math.pi / w1, 2 * math.pi / w2


def earthquake(accel_g, dt, duration):
    """Return the peak drift ratios of the two stories."""
    ops.timeSeries("Path", 2, "-dt", dt, "-values", *accel_g, "-factor", g)
    ops.pattern("UniformExcitation", 2, 1, "-accel", 2)
    ops.wipeAnalysis()
    ops.constraints("Transformation")
    ops.numberer("RCM")
    ops.system("BandGeneral")
    ops.test("NormDispIncr", 1e-6, 50)
    ops.algorithm("Newton")
    ops.integrator("Newmark", 0.5, 0.25)
    ops.analysis("Transient", "-noWarnings")
    peaks = [0.0, 0.0]
    for _ in range(round(duration / 0.005)):
        if ops.analyze(1, 0.005) != 0:
            break
        u1, u2 = ops.nodeDisp(11, 1), ops.nodeDisp(21, 1)
        peaks = [max(peaks[0], abs(u1) / H1), max(peaks[1], abs(u2 - u1) / H2)]
    return peaks


def build_model(damping_ratio):
    build()
    gravity()
    periods = rayleigh(damping_ratio)
    return gmplug.StructureModel((1, 11, 21), (H1, H2), gravity=g, periods_s=periods)


if __name__ == "__main__":
    for name in sys.argv[1:]:  # files of one acceleration (g) per line, time step 0.01 s
        with open(name) as file:
            accel_g = [float(line) for line in file]
        build()
        gravity()
        rayleigh(0.03)
        print(name, *earthquake(accel_g, 0.01, len(accel_g) * 0.01))
