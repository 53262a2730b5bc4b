"""Moment frame with deteriorating hinges as a fishbone. Units: kN, m, s, t.

Half beams are rotational springs at the joints of one elastic column line with a hinge at its foot (Nakashima
et al. 2002, EESD 31:671-692). They deteriorate with deformation and with cycles (Ibarra, Medina & Krawinkler
2005, EESD 34:1489-1511). Steel is bilinear, with parameters usual for beams (Lignos & Krawinkler 2011, J.
Struct. Eng. 137:1291-1302); concrete peak-oriented, with those usual for ductile members (Haselton et al.
2008, PEER 2007/03).
"""

import math

import gmplug

G, STORY, MASS, E = 9.80665, 3.7, 60.0, 2e8
#: theta_p, theta_pc, theta_u, Mc/My, residual share, Lambda
HINGES = {
    "IMKBilin": (0.025, 0.20, 0.40, 1.10, 0.40, 1.0),
    "IMKPeakOriented": (0.035, 0.10, 0.40, 1.13, 0.01, 0.9),
}


def build_model(
    ops,
    damping_ratio,
    stories: int = 4,
    natural_period_s: float = 1.0,
    strength: float = 0.12,
    hinge: str = "IMKPeakOriented",
):
    """Build the frame; ``strength`` is the base shear of its mechanism over the weight."""
    scale = 1e-4
    for _ in range(4):  # the period varies with P-Delta
        periods = _assemble(ops, stories, scale, strength, hinge)
        scale *= (periods[0] / natural_period_s) ** 2
    periods = _assemble(ops, stories, scale, strength, hinge)
    first, other = (2 * math.pi / periods[i] for i in (0, min(2, len(periods) - 1)))
    of_mass = 2 * damping_ratio * first * other / (first + other)
    ops.rayleigh(of_mass, 0.0, 0.0, 0.0)
    members = [e for e in ops.getEleTags() if e < 1000]
    # A region sets all four factors of its nodes anew, the one of mass too.
    ops.region(1, "-ele", *members, "-rayleigh", of_mass, 0.0, 2 * damping_ratio / (first + other), 0.0)
    return gmplug.StructureModel(
        tuple(range(1, stories + 2)), (STORY,) * stories, gravity=G, periods_s=tuple(periods),
        collapse_drift_ratio=0.10,
    )  # fmt: skip


def _assemble(ops, stories, scale, strength, hinge):
    ops.wipe()
    ops.model("basic", "-ndm", 2, "-ndf", 3)
    ops.geomTransf("PDelta", 1)
    shear = strength * stories * MASS * G  # at the base; loads grow linearly with height
    shears = [shear * (1 - i * (i + 1) / (stories * (stories + 1))) for i in range(stories)] + [0.0]
    for floor in range(stories + 1):
        ops.node(floor + 1, 0.0, floor * STORY)
        if floor:
            ops.mass(floor + 1, MASS, 1e-3, MASS * 0.1)
    ops.node(900, 0.0, 0.0)
    ops.fix(900, 1, 1, 1)
    ops.fix(1, 1, 1, 0)
    for floor in range(1, stories + 1):
        share = 0.3 + 0.7 * shears[floor - 1] / shear
        inertia = scale * share
        ops.element("elasticBeamColumn", floor, floor, floor + 1, 0.1, E, 1.5 * inertia, 1)
        moment = (shears[floor - 1] + shears[floor]) / 2 * STORY
        ops.node(900 + floor, 0.0, floor * STORY)
        ops.fix(900 + floor, 1, 1, 1)
        _spring(ops, 1000 + floor, floor + 1, 900 + floor, 6 * E * inertia / STORY, moment, hinge)
    _spring(ops, 1000, 1, 900, 60 * E * 1.5 * scale / STORY, 0.6 * shear * STORY, hinge)
    ops.timeSeries("Linear", 1)
    ops.pattern("Plain", 1, 1)
    for floor in range(1, stories + 1):
        ops.load(floor + 1, 0.0, -MASS * G, 0.0)
    ops.constraints("Plain")
    ops.numberer("Plain")
    ops.system("BandGeneral")
    ops.test("NormDispIncr", 1e-9, 30)
    ops.algorithm("Newton")
    ops.integrator("LoadControl", 0.1)
    ops.analysis("Static")
    if ops.analyze(10) != 0:
        raise RuntimeError("gravity does not converge")
    ops.loadConst("-time", 0.0)
    ops.wipeAnalysis()
    return [2 * math.pi / math.sqrt(v) for v in ops.eigen("-fullGenLapack", min(stories, 4))]


def _spring(ops, tag, joint, ground, stiffness, moment, hinge):
    plastic, post, ultimate, capping, residual, capacity = HINGES[hinge]
    side = (plastic, post, ultimate, moment, capping, residual)
    modes = 3 if hinge == "IMKBilin" else 4
    ops.uniaxialMaterial(hinge, tag, stiffness, *side, *side, *[capacity] * modes, *[1.0] * modes, 1.0, 1.0)
    ops.element("zeroLength", tag, ground, joint, "-mat", tag, "-dir", 6)
