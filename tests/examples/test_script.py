"""Target, candidates, clusters and selection from arrays, without a study file."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import gmplug
from gmplug.runs import run_study
from tests.support.places import EXAMPLES
from tests.support.studies import write_small_study


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLES / "script" / "select_records.py"))


def test_the_example_selects_within_the_quotas(script: dict[str, Any]) -> None:
    selection, clusters, target = script["selection"], script["clusters"], script["target"]
    assert len(selection.records) == 11
    taken = selection.records.groupby(["group", "cluster"]).size()
    quotas = selection.quotas.set_index(["group", "cluster"])["quota"]
    assert taken.to_dict() == quotas[quotas > 0].to_dict()
    assert set(selection.records["id"]) <= set(clusters.table["id"])
    np.testing.assert_allclose(np.exp(selection.ln_sa[:, target.periods_s == 1.0]), 0.4, rtol=1e-6)
    assert script["candidates"].records["magnitude"].between(6.0, 7.5).all()


def test_a_script_makes_what_a_study_makes(tmp_path: Path) -> None:
    run = run_study(write_small_study(tmp_path / "study"), tmp_path / "run", until="selection")
    target = gmplug.conditional_spectrum(
        np.round(np.arange(0.1, 2.01, 0.1), 9), 1.0, sa_g=0.15, gmm="BSSA14",
        scenario={"magnitude": 6.5, "rjb_km": 20.0, "vs30_m_s": 400.0, "mechanism": "strike-slip"},
    )  # fmt: skip
    np.testing.assert_array_equal(target.ln_mean, run.target.ln_mean)
    catalogue = run.catalogue
    candidates = gmplug.candidates(
        catalogue.sa_g, catalogue.periods_s, target, component=catalogue.component,
        records=catalogue.records, scale_factor=(0.1, 10.0),
    )  # fmt: skip
    order = pd.Index(candidates.records["id"]).get_indexer(run.candidates.records["id"])
    np.testing.assert_allclose(candidates.ln_sa[order], run.candidates.ln_sa, rtol=1e-9)
    clusters = gmplug.cluster(candidates, target, method="kmeans", seed=3)
    assert clusters.table["cluster"].tolist() == run.clusters.table["cluster"].tolist()
    selection = gmplug.select(candidates, target, clusters, count=6, effort=0.05, seed=3)
    assert list(selection.records["id"]) == list(run.selection.records["id"])
    assert selection.error == pytest.approx(run.selection.error, rel=1e-9)


def test_without_clusters_only_the_count_is_fixed(script: dict[str, Any]) -> None:
    candidates, target = script["candidates"], script["target"]
    free = gmplug.select(candidates, target, count=11)
    assert len(free.records) == 11
    assert free.error <= script["selection"].error * (1 + 1e-9)


def test_records_need_no_metadata(script: dict[str, Any]) -> None:
    found = gmplug.candidates(
        script["sa_g"], script["PERIODS_S"], script["target"], component="RotD50", scale_factor=(0.01, 100)
    )
    assert list(found.records["id"]) == [str(number) for number in range(1, 201)]
    assert set(found.records["group"]) == {"all"}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda s: gmplug.select(s["candidates"], s["target"], cuont=3),
         r"^\[selection\] method 'optimised': unknown option 'cuont'; did you mean 'count'\?"),
        (lambda s: gmplug.select(s["candidates"], s["target"], count=1), r"\[selection\] count: "),
        (lambda s: gmplug.cluster(s["candidates"], s["target"], method="kmean"),
         r"unknown clusterer 'kmean'; did you mean 'kmeans'"),
        (lambda s: gmplug.candidates(s["sa_g"], s["PERIODS_S"][:4], s["target"], component="RotD50"),
         r"^candidates: .*sa_g has shape \(200, 39\), expected \(200, 4\)"),
        (lambda s: gmplug.candidates(s["sa_g"], s["PERIODS_S"], s["target"], component="what"),
         "its spectra are of 'what', which cannot be compared"),
        (lambda s: gmplug.candidates(981 * s["sa_g"], s["PERIODS_S"], s["target"], component="RotD50",
                                     scale_factor=(0, np.inf)),
         r"largest Sa of a record: .* possible is .* insist with accept = \["),
        (lambda s: gmplug.conditional_spectrum([0.5, 1.0], 1.0, gmm="BSSA14"), "give the level of shaking"),
        (lambda s: gmplug.make_target("gcmi", [0.5, 1.0], 1.0), "unknown target 'gcmi'; did you mean 'gcim'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line_with_the_option(script: dict[str, Any], call: Any, said: str) -> None:
    with pytest.raises(gmplug.InputError, match=said):
        call(script)
