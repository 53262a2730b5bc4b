"""Quotas: largest remainder, the pulse share, and what happens where candidates are few."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmplug.errors import InputError
from gmplug.selection import largest_remainder, make_quotas, nist_pulse_share
from gmplug.study.schema import SelectionSection
from gmplug.values import Clusters, Scenario, Target


def clusters(**groups: list[int]) -> Clusters:
    """Clusters of the given sizes: ``clusters(pulse=[41, 26])``."""
    rows = [
        (f"{group}-{cluster}-{i}", group, cluster)
        for group, sizes in groups.items()
        for cluster, size in enumerate(sizes, start=1)
        for i in range(size)
    ]
    return Clusters(pd.DataFrame(rows, columns=["id", "group", "cluster"]), {}, "test")


def target(rjb_km: float | None = None, epsilon: float = float("nan")) -> Target:
    scenario = None if rjb_km is None else Scenario(magnitude=7.0, rjb_km=rjb_km)
    zero = np.zeros((1, 1))
    return Target(np.array([1.0]), np.zeros(1), zero, 1.0, 1.0, epsilon=epsilon, scenario=scenario)


def quotas(section: dict[str, Any], of: Clusters, to: Target | None = None) -> dict[tuple[str, int], int]:
    table = make_quotas(SelectionSection(**section), of, to or target()).table
    return {(row.group, row.cluster): row.quota for row in table.itertuples()}


def test_published_share_and_quotas() -> None:
    """Jia & Sasani (2025): 0.269 at 16.54 km and 0.90, so 5 of 20; 3/2 of 41/26 and 8/7 of 106/93."""
    assert nist_pulse_share(16.54, 0.90) == pytest.approx(0.269, abs=5e-4)
    of = clusters(pulse=[41, 26], nonpulse=[106, 93])
    found = quotas({"count": 20, "pulse": {"distance_km": 16.54, "epsilon": 0.90}}, of)
    assert found == {("pulse", 1): 3, ("pulse", 2): 2, ("nonpulse", 1): 8, ("nonpulse", 2): 7}


def test_share_falls_with_distance_and_grows_with_epsilon() -> None:
    assert nist_pulse_share(5, 1) > nist_pulse_share(20, 1) > nist_pulse_share(20, 0)
    assert nist_pulse_share(500, 0) < 1e-9


def test_ties_go_to_the_larger_then_to_the_earlier() -> None:
    assert largest_remainder(3, [2, 2]) == [2, 1]
    assert largest_remainder(2, [1, 3]) == [0, 2]  # exact parts 0.5 and 1.5: equal remainders
    assert largest_remainder(1, [1, 1, 1]) == [1, 0, 0]


@given(st.lists(st.integers(0, 500), min_size=1, max_size=12), st.data())
def test_largest_remainder_keeps_its_promises(sizes: list[int], data: st.DataObject) -> None:
    total = sum(sizes)
    count = data.draw(st.integers(0, total))
    parts = largest_remainder(count, sizes)
    assert sum(parts) == count
    for part, size in zip(parts, sizes, strict=True):
        exact = Fraction(count * size, total) if total else Fraction(0)
        assert exact - 1 < part < exact + 1  # the quota rule
        assert 0 <= part <= size
    ordered = sorted(zip(sizes, parts, strict=True))
    assert [part for _, part in ordered] == sorted(parts)  # a larger cluster never gets fewer


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=4),
    st.lists(st.integers(1, 60), min_size=1, max_size=4),
    st.data(),
)
def test_default_quotas_always_fit(pulse: list[int], other: list[int], data: st.DataObject) -> None:
    total = sum(pulse) + sum(other)
    count = data.draw(st.integers(2, total)) if total >= 2 else 2
    to = data.draw(st.sampled_from([target(), target(10.0, 1.5), target(60.0, 0.0)]))
    table = make_quotas(SelectionSection(count=count), clusters(pulse=pulse, nonpulse=other), to).table
    assert table["quota"].sum() == count
    assert (table["quota"] <= table["candidates"]).all()


def test_default_share_says_where_it_comes_from() -> None:
    of = clusters(pulse=[30], nonpulse=[60])
    nist = make_quotas(SelectionSection(count=20), of, target(16.54, 0.90))
    assert nist.table["quota"].tolist() == [5, 15]
    assert "5 of 20 records are pulse-type: share 0.269 by NIST" in nist.notes[0]
    assert "target's Rjb 16.54 km" in nist.notes[0]
    from_rupture = replace(target(2.0, 0.90), scenario=Scenario(magnitude=7.0, rjb_km=2.0, rrup_km=16.54))
    found = make_quotas(SelectionSection(count=20), of, from_rupture)
    assert found.table["quota"].tolist() == [5, 15] and "target's Rrup 16.54 km" in found.notes[0]
    plain = make_quotas(SelectionSection(count=20), of, target())
    assert plain.table["quota"].tolist() == [7, 13]
    assert "in proportion to the candidates" in plain.notes[0]
    few = make_quotas(SelectionSection(count=20), clusters(pulse=[2], nonpulse=[60]), target(16.54, 0.90))
    assert few.table["quota"].tolist() == [2, 18] and "the candidates allow 2" in few.notes[1]


def test_single_group_gets_all() -> None:
    assert quotas({"count": 10}, clusters(all=[30, 10])) == {("all", 1): 8, ("all", 2): 2}
    assert quotas({"count": 10}, clusters(nonpulse=[30, 10]), target(10, 1)) == {
        ("nonpulse", 1): 8,
        ("nonpulse", 2): 2,
    }
    made = make_quotas(SelectionSection(count=10, share=0.5), clusters(all=[30]), target())
    assert made.table["quota"].tolist() == [10] and "is not applied" in made.notes[0]


def test_too_few_candidates_name_the_group_and_the_remedy() -> None:
    with pytest.raises(InputError, match=r"count: 20 records are asked for, but pre-selection left 12 cand"):
        quotas({"count": 20}, clusters(pulse=[5], nonpulse=[7]))
    with pytest.raises(InputError, match=r"share = 0.5: 10 of 20 .* group 'pulse', which has 4 candidates"):
        quotas({"count": 20, "share": 0.5}, clusters(pulse=[4], nonpulse=[70]))
    with pytest.raises(InputError, match=r"distance_km = 1, epsilon = 1 .* 11 of 12 .* 'pulse', which has 0"):
        quotas({"count": 12, "pulse": {"distance_km": 1, "epsilon": 1}}, clusters(nonpulse=[70]))
    with pytest.raises(InputError, match=r"18 of 20 records must come from group 'nonpulse', which has 9"):
        quotas({"count": 20, "share": 0.1}, clusters(pulse=[40], nonpulse=[9]))


def test_a_stated_epsilon_that_is_not_the_targets_is_told() -> None:
    of = clusters(pulse=[41, 26], nonpulse=[106, 93])
    section = SelectionSection.model_validate({"count": 20, "pulse": {"distance_km": 16.54, "epsilon": 0.90}})
    assert make_quotas(section, of, target(16.54, 0.90)).notes == ()
    # A frequent level of the same study: 1 / (1 + exp(-(0.905 - 0.188 * 16.54 - 1.337 * 0.7))) = 0.041.
    note = make_quotas(section, of, target(16.54, -0.7)).notes[0]
    assert "epsilon 0.9, and the target's is -0.70, which gives a share of 0.041 in place of 0.269" in note
