"""Clusters by the responses of the surrogate: found where spectra hide them, and kept with the study."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gmplug.chain.fingerprint import stage_fingerprint
from gmplug.chain.stages import load_stage
from gmplug.clustering.kmeans import KMeansSpectra
from gmplug.clustering.responses import by_response
from gmplug.errors import InputError
from gmplug.runs import load_run, open_study, run_study
from gmplug.study.schema import ClusteringSection
from gmplug.values import FloatArray, GroupClustering
from tests.support.studies import write_small_study


def _spectral(ln_sa: FloatArray) -> GroupClustering:
    made = KMeansSpectra(random_state=1).fit(ln_sa)
    return GroupClustering(made.labels_ + 1, made.n_clusters_, made.scores_, made.features_, notes=("kept",))


def test_groups_of_responses_are_found_and_crossed_with_those_of_spectra() -> None:
    rng = np.random.default_rng(4)
    by_spectrum, by_demand = np.repeat([0, 1], 30), np.tile([0, 1], 30)
    ln_sa = 2.0 * by_spectrum[:, None] + 0.1 * rng.normal(size=(60, 8))
    demands = 1.5 * by_demand[:, None] + 0.1 * rng.normal(size=(60, 5))
    alone = by_response(None, demands, ClusteringSection(features="surrogate"), 1)
    assert alone.k == 2
    assert np.unique(np.column_stack([alone.labels, by_demand]), axis=0).shape == (2, 2)
    both = by_response(_spectral(ln_sa), demands, ClusteringSection(features="both"), 1)
    assert both.k == 4
    crossed = np.column_stack([both.labels, by_spectrum, by_demand])
    assert np.unique(crossed, axis=0).shape == (4, 3)
    assert both.notes == ("kept",)
    order = rng.permutation(60)
    again = by_response(None, demands[order], ClusteringSection(features="surrogate"), 1)
    np.testing.assert_array_equal(again.labels, alone.labels[order])
    stated = ClusteringSection(features="surrogate", options={"n_clusters": 3})
    assert by_response(None, demands, stated, 1).k == 3


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = write_small_study(tmp_path_factory.mktemp("responses"))
    text = file.read_text().replace('model = "model.py"', 'model = "sdof"\nyield_coefficient = 0.1')
    text = text.replace("workers = 2", 'executor = "serial"').replace("sa_g = 0.15", "sa_g = 0.4")
    file.write_text(text.replace('method = "kmeans"', 'method = "kmeans"\nfeatures = "both"'))
    return file


def test_a_study_is_clustered_by_both(study: Path) -> None:
    run = run_study(study, until="clustering")
    (group,) = run.clusters.groups.values()
    assert run.clusters.method == "kmeans (and surrogate responses)"
    assert group.features.shape[1] > 20  # 20 periods, then the responses
    assert group.features.var(axis=0).sum() == pytest.approx(2.0)
    again = load_run(run.run_dir).clusters
    pd.testing.assert_frame_equal(again.table, run.clusters.table)
    plain = run_study(study, run.run_dir, until="clustering", settings={"clustering.features": "spectra"})
    assert plain.clusters.method == "kmeans"


def test_the_structure_counts_where_its_surrogate_does(study: Path) -> None:
    def fingerprint(features: str, damping: float) -> str:
        settings = {"clustering.features": features, "analysis.damping": damping}
        opened, host = open_study(study, ("clustering",), settings=settings)
        return stage_fingerprint(load_stage("clustering"), opened, host, {})

    assert fingerprint("both", 0.05) != fingerprint("both", 0.02)
    assert fingerprint("spectra", 0.05) == fingerprint("spectra", 0.02)


def test_it_needs_a_model(study: Path, tmp_path: Path) -> None:
    other = study.with_name("other.toml")
    other.write_text(study.read_text().replace('model = "sdof"\nyield_coefficient = 0.1', ""))
    with pytest.raises(InputError, match="names no model"):
        run_study(other, tmp_path / "run", until="clustering")
