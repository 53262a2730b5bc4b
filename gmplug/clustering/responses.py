"""Clusters by the responses of the structure's surrogate, alone or beside the features of spectra."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gmplug.chain.stage import StageContext
from gmplug.clustering.kmeans import kmeans_by_silhouette
from gmplug.clustering.spectra_space import canonical_order
from gmplug.errors import InputError
from gmplug.study.schema import ClusteringSection
from gmplug.surrogate.responses import surrogate_of
from gmplug.values import Candidates, FloatArray, GroupClustering

#: Share of the variance of ln demands that their principal components keep, and replicates of k-means.
_KEPT, _REPLICATES = 0.97, 50


def surrogate_responses(context: StageContext, candidates: Candidates) -> FloatArray:
    """Return ln demands of the candidates by the study's surrogates, shape (N, C).

    Raises InputError where a candidate has none.
    """
    found = surrogate_of(context, candidates)
    lacking = int((~found.known).sum())
    if lacking:
        raise InputError(
            f"[clustering] features = '{context.study.clustering.features}': {lacking} of {len(found.ids)} "
            'candidates have no waveform, and so no surrogate; download them, or take features = "spectra"'
        )
    return found.ln_demands()


def by_response(
    spectral: GroupClustering | None, responses: FloatArray, section: ClusteringSection, seed: int
) -> GroupClustering:
    """Cluster a group by k-means on its responses, shape (n, C), beside spectral features where given.

    Each part is centered and scaled to a total variance of 1. k is ``n_clusters`` of the study's options, or
    that with the largest mean silhouette.
    """
    parts = [_components(responses)]
    if spectral is not None:
        parts.insert(0, _of_variance_one(spectral.features))
    features = np.concatenate(parts, axis=1)
    order = canonical_order(features)
    wanted = section.options.get("n_clusters")
    found, _, scores = kmeans_by_silhouette(features[order], wanted, section.k_max, _REPLICATES, seed)
    labels = found[np.argsort(order)] + 1
    made = GroupClustering(labels, int(labels.max()), scores, features)
    if spectral is None:
        return made
    return replace(made, history=spectral.history, notes=spectral.notes)


def _components(values: FloatArray) -> FloatArray:
    """Principal components of standardized columns, of total variance 1."""
    about = values - values.mean(axis=0)
    sigma = about.std(axis=0)
    kept = sigma > 1e-6
    if not kept.any():
        return np.zeros((len(values), 1))
    left, singular, _ = np.linalg.svd(about[:, kept] / sigma[kept], full_matrices=False)
    share = np.cumsum(singular**2) / np.sum(singular**2)
    count = int(np.searchsorted(share, _KEPT)) + 1
    return _of_variance_one(left[:, :count] * singular[:count])


def _of_variance_one(values: FloatArray) -> FloatArray:
    about = values - values.mean(axis=0)
    total = float(np.sqrt(np.sum(about.var(axis=0))))
    return about / total if total > 0 else about
