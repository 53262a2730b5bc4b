"""Cantilever bridge column, circular, reinforced concrete, fiber section.  Units: kN, m, s, t.

Runs all accelerograms of a folder (one acceleration per line, g; the time step on the first line) and prints peak
and residual drift ratios.
"""

import glob
import math
import sys

import openseespy.opensees as ops

D, H, cover = 1.2, 6.0, 0.05
mass = 250.0  # of the deck, t
P = mass * 9.81

results = []
for path in sorted(glob.glob(sys.argv[1] + "/*.txt")):
    numbers = [float(line) for line in open(path)]
    dt, accel = numbers[0], numbers[1:]

    # model
    ops.wipe()
    ops.model("basic", "-ndm", 2, "-ndf", 3)
    ops.node(1, 0.0, 0.0)
    ops.node(2, 0.0, H)
    ops.fix(1, 1, 1, 1)
    ops.mass(2, mass, 1e-3, 1e-3)
    ops.uniaxialMaterial("Concrete02", 1, -42e3, -0.005, -35e3, -0.02, 0.1, 2.5e3, 1.5e6)  # confined
    ops.uniaxialMaterial("Concrete02", 2, -32e3, -0.002, -5e3, -0.006, 0.1, 2.5e3, 1.5e6)  # cover
    ops.uniaxialMaterial("Steel02", 3, 460e3, 200e6, 0.01, 18.0, 0.925, 0.15)
    ops.section("Fiber", 1, "-GJ", 1e9)
    ops.patch("circ", 1, 16, 8, 0.0, 0.0, 0.0, D / 2 - cover, 0.0, 360.0)
    ops.patch("circ", 2, 16, 2, 0.0, 0.0, D / 2 - cover, D / 2, 0.0, 360.0)
    ops.layer("circ", 3, 20, 8.04e-4, 0.0, 0.0, D / 2 - cover - 0.02)
    ops.geomTransf("PDelta", 1)
    ops.beamIntegration("Lobatto", 1, 1, 5)
    ops.element("forceBeamColumn", 1, 1, 2, 1, 1)

    # gravity
    ops.timeSeries("Linear", 1)
    ops.pattern("Plain", 1, 1)
    ops.load(2, 0.0, -P, 0.0)
    ops.constraints("Plain")
    ops.numberer("Plain")
    ops.system("BandGeneral")
    ops.test("NormDispIncr", 1e-8, 50)
    ops.algorithm("Newton")
    ops.integrator("LoadControl", 0.1)
    ops.analysis("Static")
    ops.analyze(10)
    ops.loadConst("-time", 0.0)
    omega = math.sqrt(ops.eigen("-fullGenLapack", 1)[0])
    ops.rayleigh(0.0, 0.0, 0.0, 2 * 0.02 / omega)

    # earthquake
    ops.timeSeries("Path", 2, "-dt", dt, "-values", *accel, "-factor", 9.81)
    ops.pattern("UniformExcitation", 2, 1, "-accel", 2)
    ops.wipeAnalysis()
    ops.constraints("Plain")
    ops.numberer("Plain")
    ops.system("BandGeneral")
    ops.test("NormDispIncr", 1e-8, 50)
    ops.algorithm("KrylovNewton")
    ops.integrator("Newmark", 0.5, 0.25)
    ops.analysis("Transient", "-noWarnings")
    drifts = [0.0]
    while ops.getTime() < dt * len(accel) + 5.0:
        if ops.analyze(1, 0.005) != 0:
            print(path, "does not converge at", ops.getTime())
            break
        drifts.append(ops.nodeDisp(2, 1) / H)
    results.append((path, max(abs(d) for d in drifts), abs(sum(drifts[-200:]) / 200)))

for path, peak, residual in results:
    print(f"{path} {peak:.6f} {residual:.6f}")
