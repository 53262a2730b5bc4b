"""What values can do by themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from gmplug.values import Candidates, Clusters, GroupClustering, lacks_file, rows_by_group

IDS = ["d", "b", "a", "c", "e"]
GROUPS = ["nonpulse", "pulse", "nonpulse", "pulse", "odd"]


@pytest.fixture
def candidates() -> Candidates:
    records = pd.DataFrame({"id": IDS, "group": GROUPS}, index=[7, 3, 5, 1, 9])
    ln_sa = np.arange(10.0).reshape(5, 2)
    return Candidates(records, np.array([0.5, 1.0]), ln_sa, pd.DataFrame({"filter": []}), ("converted",))


@pytest.fixture
def clusters() -> Clusters:
    table = pd.DataFrame({"id": IDS, "group": GROUPS, "cluster": [1, 2, 2, 1, 1]})
    scores = pd.DataFrame({"k": [2], "silhouette": [0.5]})
    history = pd.DataFrame({"epoch": [1]})
    groups = {
        "pulse": GroupClustering(
            np.array([2, 1]), 2, scores, np.array([[20.0], [10.0]]), history, ("trained",)
        ),
        "nonpulse": GroupClustering(np.array([1, 2]), 2, scores, np.array([[1.0], [2.0]])),
        "odd": GroupClustering(np.array([1]), 1, scores, np.array([[5.0]])),
    }
    return Clusters(table, groups, "kmeans")


def test_candidates_take_rows_in_their_order_and_keep_what_is_of_all(candidates: Candidates) -> None:
    taken = candidates.take(np.array([3, 0]))
    assert list(taken.records["id"]) == ["c", "d"] and list(taken.records.index) == [0, 1]
    np.testing.assert_array_equal(taken.ln_sa, [[6.0, 7.0], [0.0, 1.0]])
    assert taken.notes == ("converted",)


def test_candidates_by_id(candidates: Candidates) -> None:
    assert list(candidates.take(candidates.order_by_id()).records["id"]) == sorted(IDS)
    assert candidates.positions(["e", "d"]).tolist() == [4, 0]
    with pytest.raises(KeyError, match="nobody"):
        candidates.positions(["nobody"])


def test_clusters_take_rows_of_each_group(clusters: Clusters) -> None:
    taken = clusters.take(np.array([3, 2, 1]))
    assert taken.table.to_dict("list") == {
        "id": ["c", "a", "b"],
        "group": ["pulse", "nonpulse", "pulse"],
        "cluster": [1, 2, 2],
    }
    assert set(taken.groups) == {"pulse", "nonpulse"}
    for name, labels, features in (("pulse", [1, 2], [[10.0], [20.0]]), ("nonpulse", [2], [[2.0]])):
        assert taken.groups[name].labels.tolist() == labels
        assert taken.groups[name].features.tolist() == features
    assert taken.groups["pulse"].history is None and taken.notes == ("trained",)


def test_clusters_united_have_no_clustering_of_a_group(clusters: Clusters) -> None:
    united = clusters.assign(group="all")
    assert set(united.table["group"]) == {"all"} and united.groups == {}
    assert clusters.assign(cluster=1).groups == clusters.groups
    assert united.take(np.array([0, 4])).table["id"].tolist() == ["d", "e"]


def test_groups_in_their_order() -> None:
    rows = rows_by_group(pd.Series([*GROUPS, "all"], index=[5, 4, 3, 2, 1, 0]))
    assert {name: at.tolist() for name, at in rows.items()} == {
        "pulse": [1, 3], "nonpulse": [0, 2], "all": [5], "odd": [4],
    }  # fmt: skip
    assert list(rows) == ["pulse", "nonpulse", "all", "odd"]


def test_records_without_a_waveform_file() -> None:
    records = pd.DataFrame({"id": IDS, "file_h1": ["a.at2", "", np.nan, None, "  "]})
    assert lacks_file(records).tolist() == [False, True, True, True, True]
    assert lacks_file(records, "file_v").all()
