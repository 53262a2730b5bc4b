"""The structure of this study. Replace it with your own OpenSees model.

gmplug calls ``build_model`` in a worker process, once per motion, on an empty domain, and then applies the
motion, runs the analysis and records drifts and accelerations at the floor nodes. Further parameters of
``build_model`` (here: strength_ratio) can be set in [structure] of study.toml.

This model is a shear building of three stories with bilinear springs, in kN, m, t and s. T1 = 1.0 s.
"""

import math

from gmplug import StructureModel

STORIES = 3
HEIGHT_M = 3.5
MASS_T = 100.0
STIFFNESS_KN_M = 19_930.0
G = 9.80665


def build_model(ops, damping_ratio: float = 0.05, strength_ratio: float = 0.15) -> StructureModel:
    ops.model("basic", "-ndm", 1, "-ndf", 1)
    for floor in range(STORIES + 1):
        ops.node(floor, 0.0)  # zero-length springs; StructureModel below has the story heights
    ops.fix(0, 1)
    for floor in range(1, STORIES + 1):
        ops.mass(floor, MASS_T)

    # One bilinear spring per story; the base yields at strength_ratio times the weight.
    weight_kn = STORIES * MASS_T * G
    for story in range(1, STORIES + 1):
        share = (STORIES * (STORIES + 1) - story * (story - 1)) / (STORIES * (STORIES + 1))
        ops.uniaxialMaterial("Steel01", story, strength_ratio * weight_kn * share, STIFFNESS_KN_M, 0.03)
        ops.element("zeroLength", story, story - 1, story, "-mat", story, "-dir", 1, "-doRayleigh", 1)

    # Rayleigh damping in the first and last mode, on the initial stiffness.
    omega = [math.sqrt(value) for value in ops.eigen("-fullGenLapack", STORIES)]
    a0 = 2 * damping_ratio * omega[0] * omega[-1] / (omega[0] + omega[-1])
    a1 = 2 * damping_ratio / (omega[0] + omega[-1])
    ops.rayleigh(a0, 0.0, a1, 0.0)

    return StructureModel(
        floor_nodes=tuple(range(STORIES + 1)),
        story_heights=(HEIGHT_M,) * STORIES,
        gravity=G,
        direction=1,
        periods_s=tuple(2 * math.pi / w for w in omega),
        description="Shear building, three stories",
    )
