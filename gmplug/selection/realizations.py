"""Selection by realizations of the target, within cluster quotas: Jia & Sasani (2025)."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.values import Candidates, Clusters, FloatArray, IntArray, Progress, Target, no_progress

#: Standard deviations at or below this count as zero (the conditioning period), in ln units.
_ZERO_SIGMA = 1e-6
#: Log-spaced periods of a realization: 15 up to T*, 10 above, these from 1.1 T* on. The published ones are
#: 0.01 to 1 s and 1.1 to 2 s at T* = 1 s; for another T* they move with it, which is gmplug's reading.
_COARSE_BELOW, _COARSE_ABOVE, _ABOVE_FROM = 15, 10, 1.1
#: The best sets whose realizations take their records anew, in further sequences, and how many of those.
_FINALISTS, _SEQUENCES = 50, 200
#: Numbers held at once while records are given to realizations; keeps a batch within the cache.
_BATCH_NUMBERS = 600_000


def cs_realizations(
    candidates: Candidates,
    target: Target,
    clusters: Clusters,
    quotas: pd.DataFrame,
    seed: int,
    sets: int = 2000,
    sigma_weight: float = 1.0,
    max_orders: int = 120,
    progress: Progress = no_progress,
) -> IntArray:
    """Choose the records nearest to realizations of the target; the best of many sets.

    As published: in every order of the clusters, each cluster takes the realizations nearest to its
    centroid, up to its quota; those, nearest to it first, take its nearest record that is left.
    Added to it: in the best 50 sets the realizations then take their records in 200 further sequences.

    Parameters
    ----------
    quotas
        ``group``, ``cluster``, ``quota``.
    sets
        Sets of realizations to draw.
    sigma_weight
        λ of the error E.
    max_orders
        Orders of the clusters tried: all, or this many at random where there are more.

    Returns
    -------
    array
        Positions in the candidates, shape (n,), by cluster in the order of ``quotas``.
    """
    from threadpoolctl import threadpool_limits

    if sets < 1 or max_orders < 1:
        raise InputError("[selection] method 'cs-realizations': sets and max_orders must be at least 1")
    # Sorted by id, so that the order of the candidates makes no difference.
    by_id = candidates.order_by_id()
    spectra = candidates.ln_sa[by_id]
    labels = clusters.table[["group", "cluster"]].iloc[by_id].reset_index(drop=True)
    wanted = quotas[quotas["quota"] > 0]
    members = [
        np.flatnonzero((labels["group"] == row.group) & (labels["cluster"] == row.cluster))
        for row in wanted.itertuples()
    ]
    counts = [int(quota) for quota in wanted["quota"]]
    rng = np.random.default_rng(seed)
    orders = _orders(len(members), max_orders, rng)
    coarse = coarse_periods(target)
    search = _Search(spectra, target, members, counts, orders, sigma_weight)
    batch = max(1, min(sets, _BATCH_NUMBERS // (len(orders) * max(map(len, members)))))
    # One thread: the products are small, and threads that wait for a busy core cost more than they bring.
    with threadpool_limits(limits=1):
        for start in range(0, sets, batch):
            count = min(batch, sets - start)
            best = search.add(draw_realizations(target, coarse, count, sum(counts), rng))
            progress(start + count, sets, f"best error {best.error:.3f}")
        best = search.resequence(rng)
    return by_id[best.chosen].astype(np.int64)


def coarse_periods(target: Target) -> IntArray:
    """Indices of the log-spaced periods at which realizations are drawn; T* and both ends are among them."""
    periods = target.periods_s
    star = float(np.clip(target.conditioning_period_s, periods[0], periods[-1]))
    last = max(star, periods[-1])
    above = np.geomspace(min(_ABOVE_FROM * star, last), last, _COARSE_ABOVE)
    wanted = np.concatenate([np.geomspace(periods[0], star, _COARSE_BELOW), above])
    nearest = np.abs(periods[None, :] - wanted[:, None]).argmin(axis=1)
    return np.unique(nearest).astype(np.int64)


def draw_realizations(
    target: Target, coarse: IntArray, sets: int, count: int, rng: np.random.Generator
) -> FloatArray:
    """Draw sets of spectra from the target by Latin hypercube, shape (sets, count, P).

    Each set is drawn from the multivariate normal distribution at the ``coarse`` periods; then, at each
    period, the ranks of its values are kept and the values replaced by one from each of ``count`` equally
    probable intervals: Stein (1987), "Large sample properties of simulations using Latin hypercube sampling",
    Technometrics 29(2):143-151, as MATLAB's lhsnorm. PCHIP against T leads to the full grid.
    """
    from scipy.interpolate import PchipInterpolator
    from scipy.special import ndtri

    covariance = target.covariance[np.ix_(coarse, coarse)]
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    normal = rng.standard_normal((sets, count, len(coarse))) @ root.T
    rank = normal.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
    uniform = (rank + rng.random(rank.shape)) / count
    sigma = target.sigma_ln[coarse]
    stratified = ndtri(np.clip(uniform, 1e-12, 1 - 1e-12)) * np.where(sigma > _ZERO_SIGMA, sigma, 0.0)
    knots = target.ln_mean[coarse] + stratified
    if len(coarse) == 1:
        return np.repeat(knots, len(target.periods_s), axis=2)
    interpolated = PchipInterpolator(target.periods_s[coarse], knots, axis=2)(target.periods_s)
    return np.asarray(interpolated, dtype=float)


def _orders(clusters: int, at_most: int, rng: np.random.Generator) -> IntArray:
    """Orders of the clusters, shape (orders, clusters): all of them, or distinct random ones."""
    if math.factorial(clusters) <= at_most:
        return np.array(list(itertools.permutations(range(clusters))), dtype=np.int64)
    found: dict[tuple[int, ...], None] = {}
    while len(found) < at_most:
        found[tuple(int(c) for c in rng.permutation(clusters))] = None
    return np.array(list(found), dtype=np.int64)


@dataclass(frozen=True)
class _Set:
    """A set of realizations: its error, records (n,), realizations by cluster (n,), distances (n, N)."""

    error: float
    chosen: IntArray
    given: IntArray
    distances: FloatArray


class _Search:
    """Gives realizations to clusters and records to realizations, for many sets and all orders at once."""

    def __init__(
        self,
        spectra: FloatArray,
        target: Target,
        members: list[IntArray],
        counts: list[int],
        orders: IntArray,
        sigma_weight: float,
    ) -> None:
        self.mean, self.sigma = target.ln_mean, target.sigma_ln
        self.sigma_weight = 0.0 if target.mean_only else sigma_weight
        self.spectra = (
            spectra - self.mean
        )  # about the target: small numbers, sums of squares keep their digits
        self.squares = self.spectra**2
        self.members, self.counts, self.orders = members, counts, orders
        self.centroids = np.array([self.spectra[m].mean(axis=0) for m in members])
        self.first = [0, *np.cumsum(counts).tolist()]
        self.finalists: list[_Set] = []

    def add(self, drawn: FloatArray) -> _Set:
        """Give records to sets of realizations (S, n, P); return the best set so far."""
        about = drawn - self.mean
        given = self._give_to_clusters(_square_distances(about, self.centroids))
        distances = _square_distances(about, self.spectra)
        chosen = self._take_records(distances, given)
        errors = self._errors(chosen)
        order = errors.argmin(axis=1)
        errors = errors[np.arange(len(order)), order]
        for s in np.argsort(errors, kind="stable")[:_FINALISTS]:
            o = order[s]
            found = _Set(float(errors[s]), chosen[s, o], given[s, o], distances[s].copy())
            self.finalists.append(found)
        self.finalists.sort(key=lambda found: found.error)
        del self.finalists[_FINALISTS:]
        return self.finalists[0]

    def resequence(self, rng: np.random.Generator) -> _Set:
        """Let the realizations of the best sets take their records in random sequences; return the best."""
        best = self.finalists[0]
        for found in self.finalists:
            sequences = np.tile(found.given, (_SEQUENCES, 1))
            for start, stop in itertools.pairwise(self.first):
                sequences[:, start:stop] = rng.permuted(sequences[:, start:stop], axis=1)
            chosen = self._take_records(found.distances[None], sequences[None])
            errors = self._errors(chosen)[0]
            least = int(np.argmin(errors))
            if errors[least] < best.error:
                best = _Set(float(errors[least]), chosen[0, least], sequences[least], found.distances)
        return best

    def _give_to_clusters(self, distances: FloatArray) -> IntArray:
        """Realizations of each cluster by rising distance from its centroid, (S, O, n) from (S, n, C).

        In each order, a cluster takes the nearest of the realizations that those before it left.
        """
        sets, n, _ = distances.shape
        orders = len(self.orders)
        nearest_first = distances.argsort(axis=1, kind="stable")
        given = np.zeros((sets, orders, n), dtype=np.int64)
        set_index = np.arange(sets)[:, None, None]
        for o, order in enumerate(self.orders):
            left = np.ones((sets, n), dtype=bool)
            for c in order:
                ranked = nearest_first[:, :, c]
                free = np.take_along_axis(left, ranked, axis=1)
                # Stable sort by "taken" brings the free ones to the front, still by rising distance.
                front = np.argsort(~free, axis=1, kind="stable")[:, : self.counts[c]]
                mine = np.take_along_axis(ranked, front, axis=1)
                given[:, o, self.first[c] : self.first[c + 1]] = mine
                left[set_index[:, 0], mine] = False
        return given

    def _take_records(self, distances: FloatArray, given: IntArray) -> IntArray:
        """Records (S, O, n): each realization takes the nearest one of its cluster not yet taken."""
        sets, orders, n = given.shape
        set_index = np.arange(sets)[:, None]
        rows = np.indices((sets, orders))
        chosen = np.empty((sets, orders, n), dtype=np.int64)
        for c, member in enumerate(self.members):
            to_members = np.ascontiguousarray(distances[:, :, member])
            taken = np.zeros((sets, orders, len(member)))
            for slot in range(self.first[c], self.first[c + 1]):
                cost = to_members[set_index, given[:, :, slot]] + taken
                nearest = cost.argmin(axis=2)
                taken[rows[0], rows[1], nearest] = np.inf
                chosen[:, :, slot] = member[nearest]
        return chosen

    def _errors(self, chosen: IntArray) -> FloatArray:
        """E of records, (S, O) from (S, O, n)."""
        n = chosen.shape[-1]
        picked = np.zeros((chosen.size // n, len(self.spectra)))
        np.put_along_axis(picked, chosen.reshape(-1, n), 1.0, axis=1)
        mean = picked @ self.spectra / n
        variance = (picked @ self.squares - n * mean**2) / (n - 1)
        std = np.sqrt(np.maximum(variance, 0.0))
        errors = np.sum(mean**2, axis=1) + self.sigma_weight * np.sum((std - self.sigma) ** 2, axis=1)
        return np.asarray(errors.reshape(chosen.shape[:-1]))


def _square_distances(spectra: FloatArray, centers: FloatArray) -> FloatArray:
    """Σ_T (x − c)² of spectra (S, n, P) from centers (K, P), as |x|² − 2 x·c + |c|²: shape (S, n, K)."""
    flat = spectra.reshape(-1, spectra.shape[-1])
    squares = np.einsum("ij,ij->i", flat, flat)[:, None] + np.einsum("ij,ij->i", centers, centers)
    return (squares - 2.0 * (flat @ centers.T)).reshape(*spectra.shape[:2], len(centers))
