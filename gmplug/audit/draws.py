"""The sets: candidates that each draw may choose from, and one set of them by each scheme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from gmplug.audit.measures import weighted_moments
from gmplug.audit.schemes import Goal, Scheme, local_optimum, quota_codes, random_set
from gmplug.audit.strata import Pool, Strata, make_pool
from gmplug.errors import InputError
from gmplug.selection.representative import SPECTRA_WEIGHT, matched_quantities
from gmplug.study.schema import SelectionSection
from gmplug.surrogate.responses import Surrogate
from gmplug.values import Candidates, FloatArray, IntArray, Target


@dataclass(frozen=True)
class AuditPlan:
    """How many sets to draw.

    Parameters
    ----------
    draws
        Sets by each scheme.
    selector_draws
        Sets by the study's own selector, which takes longer; 0 leaves it out.
    left_out
        Share of the candidates that each draw leaves out at random, all schemes the same ones.
    resamples
        Bootstrap resamples of the draws, for the intervals.
    """

    seed: int = 1
    draws: int = 200
    selector_draws: int = 50
    left_out: float = 0.2
    resamples: int = 1000

    def __post_init__(self) -> None:
        if self.draws < 2 or self.selector_draws < 0 or self.selector_draws == 1:
            raise InputError("--draws must be at least 2, and --selector-draws 0 or at least 2")
        if not 0.0 <= self.left_out < 1.0:
            raise InputError(f"--left-out must be at least 0 and below 1, not {self.left_out:g}")


@dataclass(frozen=True)
class Draws:
    """The sets that one scheme drew.

    Parameters
    ----------
    sets
        Positions in the audited candidates, shape (D, n).
    pools
        Pool of each draw.
    weights
        What each record stands for by the quotas of its cluster, shape (D, n), rows add up to 1; equal where
        there are no quotas.
    error
        E against the study's target, shape (D,).
    """

    scheme: Scheme
    sets: IntArray
    pools: tuple[Pool, ...] = field(repr=False)
    weights: FloatArray = field(repr=False)
    error: FloatArray = field(repr=False)


def draw_seed(seed: int, draw: int) -> int:
    return int(np.random.SeedSequence([seed, draw]).generate_state(1)[0])


def make_pools(
    candidates: Candidates, target: Target, strata: list[Strata], section: SelectionSection, plan: AuditPlan
) -> tuple[Pool, ...]:
    """The candidates of each draw: all but a random share of each group. In the order of the ids, whatever
    theirs was: the same draws for the same study."""
    groups = candidates.records["group"].to_numpy()
    by_id = np.argsort(candidates.records["id"].astype(str).to_numpy(), kind="stable")
    pools = []
    for draw in range(plan.draws):
        rng = np.random.default_rng([plan.seed, 1_000_003, draw])
        kept = []
        for group in sorted(set(groups)):
            members = by_id[groups[by_id] == group]
            kept.append(rng.permutation(members)[: len(members) - int(plan.left_out * len(members))])
        members = np.concatenate(kept)
        members = by_id[np.isin(by_id, members)]
        if len(members) < section.count:
            raise InputError(
                f"[selection] count: {section.count} records are to be selected, but a draw has "
                f"{len(members)} of {len(candidates.records)} candidates; lower count or --left-out"
            )
        pools.append(make_pool(members, candidates.records, strata, section, target))
        if not plan.left_out:
            return (pools[0],) * plan.draws
    return tuple(pools)


def surrogate_quantities(candidates: Candidates, target: Target, surrogate: Surrogate) -> FloatArray:
    """Return what ``representative`` sets are matched on, shape (N, C)."""
    weights = np.where(surrogate.known, 1.0, 0.0)
    values = matched_quantities(candidates, target, surrogate, weights, SPECTRA_WEIGHT)[0]
    return np.where(surrogate.known[:, None], values, 0.0)


def draw_set(
    scheme: Scheme,
    pool: Pool,
    candidates: Candidates,
    target: Target,
    rng: np.random.Generator,
    matched: FloatArray | None,
) -> IntArray:
    codes, quotas = quota_codes(pool, scheme.strata)
    start = random_set(codes, quotas, rng)
    if scheme.match:
        ln_sa = candidates.ln_sa[pool.members]
        if scheme.match == "surrogate":
            assert matched is not None
            ln_sa = matched[pool.members]
        start = local_optimum(ln_sa, goal_of(scheme, ln_sa, pool.weights, target), start, codes, rng)
    return np.asarray(pool.members[start], dtype=np.int64)


def goal_of(scheme: Scheme, ln_sa: FloatArray, weights: FloatArray, target: Target) -> Goal:
    """Return the mean and standard deviation that a scheme's sets are matched to."""
    if scheme.match == "target":
        return Goal(target.ln_mean, target.sigma_ln)
    mean, std = weighted_moments(ln_sa.T, np.broadcast_to(weights, ln_sa.T.shape))
    return Goal(mean, std)


def as_draws(
    scheme: Scheme, sets: Sequence[IntArray], pools: tuple[Pool, ...], candidates: Candidates, target: Target
) -> Draws:
    goal = Goal(target.ln_mean, target.sigma_ln)
    weights = [_quota_weights(scheme, chosen, pool) for chosen, pool in zip(sets, pools, strict=True)]
    error = np.array([goal.error(candidates.ln_sa[chosen]) for chosen in sets])
    return Draws(scheme, np.array(sets), pools, np.array(weights), error)


def _quota_weights(scheme: Scheme, chosen: IntArray, pool: Pool) -> FloatArray:
    """Weight of a cluster in the truth over its quota: what each of its records stands for."""
    codes, quotas = quota_codes(pool, scheme.strata)
    mass = np.bincount(codes, weights=pool.weights, minlength=len(quotas))
    at = np.searchsorted(pool.members[np.argsort(pool.members)], chosen)
    of_chosen = codes[np.argsort(pool.members)[at]]
    weights = mass[of_chosen] / quotas[of_chosen]
    return np.asarray(weights / weights.sum())
