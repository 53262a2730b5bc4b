"""gmplug-influence-factors: the kit, the factors themselves, and errors that name rows and columns."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler

from gmplug import InputError, testing
from gmplug.host import Host

pytest.importorskip("gmplug_influence_factors", reason="the plugin is not installed")

from gmplug_influence_factors.clusterer import InfluenceFactors


@pytest.mark.parametrize("check", testing.clusterer_checks(), ids=str)
def test_the_kit_passes(check) -> None:
    check(InfluenceFactors, quick={"n_init": 10})


def test_clusters_are_those_of_k_means_on_standardised_factors() -> None:
    sample = testing.sample_records(90, seed=2)
    table = sample.metadata
    found = InfluenceFactors(3, random_state=0).fit(sample.ln_sa, metadata=table)
    factors = np.column_stack([table["magnitude"], np.log(table["rjb_km"] + 1.0)])
    expected = StandardScaler().fit_transform(factors)
    assert np.allclose(found.features_, expected)
    assert (
        adjusted_rand_score(found.labels_, KMeans(3, n_init=20, random_state=1).fit_predict(expected)) == 1.0
    )
    assert adjusted_rand_score(found.labels_, sample.truth) == 1.0


def test_spectra_play_no_part() -> None:
    sample = testing.sample_records(40)
    noise = np.random.default_rng(0).standard_normal(sample.ln_sa.shape)
    labels = [
        InfluenceFactors(3, random_state=0).fit(x, metadata=sample.metadata).labels_
        for x in (sample.ln_sa, noise)
    ]
    assert np.array_equal(*labels)


def test_any_column_can_be_a_factor() -> None:
    sample = testing.sample_records(40)
    table = sample.metadata.assign(duration_s=np.arange(40.0))
    found = InfluenceFactors(2, columns=["duration_s"], random_state=0).fit(sample.ln_sa, metadata=table)
    assert np.array_equal(found.labels_ == found.labels_[0], table["duration_s"] < 20.0)


def test_distance_zero_and_a_constant_factor_do_no_harm() -> None:
    sample = testing.sample_records(40)
    table = sample.metadata.assign(rjb_km=np.where(sample.truth == 0, 0.0, 50.0), magnitude=7.0)
    found = InfluenceFactors(2, random_state=0).fit(sample.ln_sa, metadata=table)
    assert adjusted_rand_score(found.labels_, sample.truth == 0) == 1.0


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        (
            "magnitude",
            np.nan,
            r"column 'magnitude' has no usable number for 2 of 20 records \(R003, R005\); fill",
        ),
        ("rjb_km", -5.0, r"column 'rjb_km' has no usable number for 2 of 20 records \(R003, R005\)"),
    ],
)
def test_missing_values_name_column_and_records(column: str, value: float, said: str) -> None:
    sample = testing.sample_records(20)
    sample.metadata.loc[[2, 4], column] = value
    with pytest.raises(InputError, match=said):
        InfluenceFactors().fit(sample.ln_sa, metadata=sample.metadata)


def test_unknown_and_textual_columns_are_each_a_line() -> None:
    sample = testing.sample_records(20)
    with pytest.raises(InputError) as caught:
        InfluenceFactors(columns=["magnitud", "mechanism"]).fit(sample.ln_sa, metadata=sample.metadata)
    unknown, text = caught.value.problems
    assert "'magnitud' is not among the records' metadata; numbers there: magnitude, rjb_km" in unknown
    assert "'mechanism' has no usable number for 20 of 20 records (R001, R002, R003, R004, R005, ...)" in text


def test_metadata_is_needed() -> None:
    sample = testing.sample_records(20)
    with pytest.raises(InputError, match="needs the metadata of the 20 records"):
        InfluenceFactors().fit(sample.ln_sa)
    with pytest.raises(InputError, match="columns is empty"):
        InfluenceFactors(columns=[]).fit(sample.ln_sa, metadata=sample.metadata)


def test_the_plugin_offers_it() -> None:
    assert Host().provider("clusterers", "influence-factors") is InfluenceFactors
