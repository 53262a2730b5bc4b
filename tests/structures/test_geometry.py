"""Nodes and elements of a model, as its picture shows them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gmplug.structures import geometry
from gmplug.structures.frame import frame
from gmplug.structures.geometry import model_geometry
from gmplug.structures.sdof import sdof
from gmplug.values import StructureModel

ops = pytest.importorskip("openseespy.opensees")


@pytest.fixture(autouse=True)
def empty_domain() -> Iterator[None]:
    ops.wipe()
    yield
    ops.wipe()


def test_the_built_in_frame() -> None:
    shape = model_geometry(ops, frame(ops=ops, damping_ratio=0.05))
    counts = {kind: len(found) for kind, found in shape["elements"].items()}
    # Three stories of four columns and a leaning one, three beams and a strut each; two hinges a member.
    assert counts == {"beam-column": 12 + 3 + 9, "truss": 3, "zero-length": 2 * (12 + 9)}
    assert shape["axes"] == [0, 1]
    assert sorted(shape["nodes"][place] for place in shape["supports"])[0] == [0.0, 0.0]
    assert len(shape["supports"]) == 5 and len(shape["masses"]) == 15
    assert [shape["nodes"][place][0] for place in shape["floors"]] == [0.0] * 4


def space() -> StructureModel:
    ops.model("basic", "-ndm", 3, "-ndf", 6)
    for node, x, z in ((1, 0.0, 0.0), (2, 4.0, 0.0), (3, 0.0, 3.0), (4, 4.0, 3.0), (5, 2.0, 3.0)):
        ops.node(node, x, 0.0, z)
    for node in (1, 2):
        ops.fix(node, 1, 1, 1, 1, 1, 1)
    ops.fix(5, 0, 0, 1, 1, 1, 0)
    ops.mass(5, 5.0, 5.0, 0.0, 0.0, 0.0, 20.0)
    ops.rigidDiaphragm(3, 5, 3, 4)
    ops.geomTransf("Linear", 1, 0.0, 1.0, 0.0)
    ops.uniaxialMaterial("Elastic", 1, 1000.0)
    for tag, i, j in ((1, 1, 3), (2, 2, 4)):
        ops.element("elasticBeamColumn", tag, i, j, 0.1, 3e7, 1e7, 2e-3, 1e-3, 8e-4, 1)
    ops.element("twoNodeLink", 3, 1, 4, "-mat", 1, "-dir", 1)
    ops.element("corotTruss", 4, 2, 3, 0.1, 1)
    ops.section("ElasticMembranePlateSection", 1, 3e7, 0.2, 0.2, 0.0)
    ops.element("ShellMITC4", 5, 1, 2, 4, 3, 1)
    return StructureModel((1, 5), (3.0,), length_unit="m", directions=(1, 2))


def test_kinds_of_elements_in_space() -> None:
    shape = model_geometry(ops, space())
    assert {kind: len(found) for kind, found in shape["elements"].items()} == {
        "beam-column": 2, "link": 1, "truss": 1, "surface": 1,
    }  # fmt: skip
    assert shape["axes"] == [0, 1, 2]
    assert shape["elements"]["surface"] == [[0, 1, 3, 2]]
    assert shape["supports"] == [0, 1]  # not the master of the floor, which is fixed upwards
    assert shape["masses"] == [4]


def test_a_stick_has_no_picture_and_a_large_model_tells_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    assert model_geometry(ops, sdof(ops=ops, damping_ratio=0.05, conditioning_period_s=1.0))["axes"] == []
    ops.wipe()
    monkeypatch.setattr(geometry, "MOST_ELEMENTS", 4)
    assert model_geometry(ops, space()) == {"elements": 5}
