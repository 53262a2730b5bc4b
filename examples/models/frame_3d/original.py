"""Two-story 3D building: RC columns with fiber sections, elastic beams, rigid floors, eccentric mass.

Units: N, mm, s (mass in t).  Usage: original.py FILE_X FILE_Y, one acceleration (g) per line, time step 0.01 s.
"""

import sys

import openseespy.opensees as ops

G = 9810.0
BAY_X, BAY_Y, STORY = 6000.0, 5000.0, 3500.0
FLOOR_MASS = 60.0
B = 400.0  # columns


class Building:
    def __init__(self):
        self.masters = []
        self.periods = []

    def assemble(self):
        ops.wipe()
        ops.model("basic", "-ndm", 3, "-ndf", 6)
        self._nodes()
        self._columns()
        self._beams()
        self._gravity()
        self._damping()

    def _nodes(self):
        for floor in range(3):
            for k, (x, y) in enumerate(((0, 0), (BAY_X, 0), (BAY_X, BAY_Y), (0, BAY_Y)), start=1):
                ops.node(10 * floor + k, x, y, floor * STORY)
                if floor == 0:
                    ops.fix(k, 1, 1, 1, 1, 1, 1)
                else:
                    ops.mass(10 * floor + k, 0.0, 0.0, FLOOR_MASS / 4, 0.0, 0.0, 0.0)
            if floor:
                master = 10 * floor + 9
                ops.node(master, 0.55 * BAY_X, 0.5 * BAY_Y, floor * STORY)
                ops.fix(master, 0, 0, 1, 1, 1, 0)
                inertia = FLOOR_MASS * (BAY_X**2 + BAY_Y**2) / 12
                ops.mass(master, FLOOR_MASS, FLOOR_MASS, 0.0, 0.0, 0.0, inertia)
                ops.rigidDiaphragm(3, master, *(10 * floor + k for k in (1, 2, 3, 4)))
                self.masters.append(master)

    def _columns(self):
        ops.uniaxialMaterial("Concrete01", 1, -34.0, -0.004, -25.0, -0.015)
        ops.uniaxialMaterial("Concrete01", 2, -28.0, -0.002, -5.0, -0.006)
        ops.uniaxialMaterial("Steel01", 3, 420.0, 200e3, 0.01)
        ops.section("Fiber", 1, "-GJ", 1e13)
        c = B / 2 - 40.0
        ops.patch("rect", 1, 8, 8, -c, -c, c, c)
        ops.patch("rect", 2, 8, 1, -c, c, c, B / 2)
        ops.patch("rect", 2, 8, 1, -c, -B / 2, c, -c)
        ops.patch("rect", 2, 1, 10, -B / 2, -B / 2, -c, B / 2)
        ops.patch("rect", 2, 1, 10, c, -B / 2, B / 2, B / 2)
        for y, bars in ((-c, 4), (0.0, 2), (c, 4)):
            ops.layer("straight", 3, bars, 380.0, y, -c, y, c)
        ops.geomTransf("PDelta", 1, 1.0, 0.0, 0.0)
        ops.beamIntegration("Lobatto", 1, 1, 4)
        for floor in (0, 1):
            for k in (1, 2, 3, 4):
                ops.element(
                    "forceBeamColumn", 100 + 10 * floor + k, 10 * floor + k, 10 * floor + 10 + k, 1, 1
                )

    def _beams(self):
        ops.geomTransf("Linear", 2, 0.0, 0.0, 1.0)
        area, inertia = 300.0 * 500.0, 300.0 * 500.0**3 / 12
        for floor in (1, 2):
            for k, (i, j) in enumerate(((1, 2), (2, 3), (4, 3), (1, 4)), start=1):
                ops.element(
                    "elasticBeamColumn", 200 + 10 * floor + k, 10 * floor + i, 10 * floor + j,
                    area, 27e3, 11e3, inertia, 0.3 * inertia, 0.35 * inertia, 2,
                )  # fmt: skip

    def _gravity(self):
        ops.timeSeries("Linear", 1)
        ops.pattern("Plain", 1, 1)
        for floor in (1, 2):
            for k in (1, 2, 3, 4):
                ops.load(10 * floor + k, 0.0, 0.0, -FLOOR_MASS / 4 * G, 0.0, 0.0, 0.0)
        ops.constraints("Transformation")
        ops.numberer("RCM")
        ops.system("UmfPack")
        ops.test("NormDispIncr", 1e-6, 30)
        ops.algorithm("Newton")
        ops.integrator("LoadControl", 0.1)
        ops.analysis("Static")
        if ops.analyze(10) != 0:
            sys.exit("gravity does not converge")
        ops.loadConst("-time", 0.0)

    def _damping(self):
        omega = [x**0.5 for x in ops.eigen(4)]
        self.periods = [6.2831853 / w for w in omega]
        ops.rayleigh(0.05 * omega[0], 0.0, 0.0, 0.05 / omega[0])


def run(accel_x, accel_y, dt=0.01):
    for tag, (direction, accel) in enumerate(((1, accel_x), (2, accel_y)), start=2):
        ops.timeSeries("Path", tag, "-dt", dt, "-values", *accel, "-factor", G)
        ops.pattern("UniformExcitation", tag, direction, "-accel", tag)
    ops.wipeAnalysis()
    ops.constraints("Transformation")
    ops.numberer("RCM")
    ops.system("UmfPack")
    ops.test("NormDispIncr", 1e-5, 30)
    ops.algorithm("Newton")
    ops.integrator("Newmark", 0.5, 0.25)
    ops.analysis("Transient", "-noWarnings")
    peak_x = peak_y = 0.0
    for _ in range(2 * len(accel_x)):
        if ops.analyze(1, dt / 2) != 0:
            print("no convergence at", ops.getTime())
            break
        peak_x = max(peak_x, abs(ops.nodeDisp(19, 1)) / STORY)
        peak_y = max(peak_y, abs(ops.nodeDisp(19, 2)) / STORY)
    return peak_x, peak_y


if __name__ == "__main__":
    accel_x, accel_y = ([float(line) for line in open(name)] for name in sys.argv[1:3])
    Building().assemble()
    print(*run(accel_x, accel_y))
