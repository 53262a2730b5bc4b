"""Plane frame whose columns yield before its beams, as in old concrete buildings. Units: kN, m, s, t."""

import math

import gmplug

G, STORY, BAY, MASS, E = 9.80665, 3.2, 5.0, 60.0, 2.5e7
#: Shares of the column lines in shear and weight; stiffness of a hinge over 6 EI/L; hardening.
SHARES, HINGE, HARDENING = (0.25, 0.5, 0.25), 10.0, 0.002


def build_model(
    ops,
    damping_ratio,
    stories: int = 4,
    natural_period_s: float = 0.8,
    strength: float = 0.15,
    column: float = 0.75,
):
    """Build the frame; ``column`` is the strength of columns, 1 for that of the design shears."""
    scale = 1e-3
    for _ in range(5):
        periods = _assemble(ops, stories, scale, strength, column)
        scale *= (periods[0] / natural_period_s) ** 2
    first, other = (2 * math.pi / periods[i] for i in (0, 2))
    of_mass = 2 * damping_ratio * first * other / (first + other)
    ops.rayleigh(of_mass, 0.0, 0.0, 0.0)
    members = [e for e in ops.getEleTags() if e < 10_000]
    ops.region(1, "-ele", *members, "-rayleigh", of_mass, 0.0, 2 * damping_ratio / (first + other), 0.0)
    return gmplug.StructureModel(
        tuple(100 * floor + 1 for floor in range(stories + 1)), (STORY,) * stories, gravity=G,
        periods_s=tuple(periods), collapse_drift_ratio=0.08,
    )  # fmt: skip


def _assemble(ops, stories, scale, strength, column):
    ops.wipe()
    ops.model("basic", "-ndm", 2, "-ndf", 3)
    ops.geomTransf("PDelta", 1)
    ops.timeSeries("Linear", 1)
    ops.pattern("Plain", 1, 1)
    for floor in range(stories + 1):
        for line, share in enumerate(SHARES, start=1):
            ops.node(100 * floor + line, line * BAY, floor * STORY)
            if floor:
                ops.mass(100 * floor + line, MASS / 3, 1e-3, 1e-3)
                ops.load(100 * floor + line, 0.0, -MASS * G * share, 0.0)
            else:
                ops.fix(line, 1, 1, 1)
    share = [1 - i * (i + 1) / (stories * (stories + 1)) for i in range(stories)] + [0.0]
    shear = [strength * stories * MASS * G * of for of in share]
    for story in range(stories):
        for line, part in enumerate(SHARES, start=1):
            inertia = scale * (0.4 + 0.6 * share[story]) * (1.4 if line == 2 else 1.0)
            moment = column * shear[story] * STORY / 2 * part
            _member(ops, 100 * story + line, 100 * story + 100 + line, inertia, moment)
        for line in (1, 2):
            moment = (shear[story] + shear[story + 1]) * STORY / 8
            at = 100 * story + 100 + line
            _member(ops, at, at + 1, scale * (0.5 + 0.5 * share[story]), moment)
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
    return [2 * math.pi / math.sqrt(v) for v in ops.eigen(4)]


def _member(ops, start, end, inertia, moment):
    """An elastic member with a hinge at each end."""
    tag = len([e for e in ops.getEleTags() or [] if e < 10_000]) + 1
    stiffness = HINGE * 6 * E * inertia / math.dist(ops.nodeCoord(start), ops.nodeCoord(end))
    ends = []
    for place, node in enumerate((start, end)):
        new = 100_000 + 10 * tag + place
        ops.node(new, *ops.nodeCoord(node))
        ops.equalDOF(node, new, 1, 2)
        ops.uniaxialMaterial("Steel01", new, moment, stiffness, HARDENING)
        ops.element("zeroLength", new, node, new, "-mat", new, "-dir", 6)
        ends.append(new)
    ops.element("elasticBeamColumn", tag, *ends, 0.2, E, inertia, 1)
