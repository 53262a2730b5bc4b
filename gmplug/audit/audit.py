"""The audit itself: many sets by each scheme, and how far their statistics are from their candidates'."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from gmplug.audit.measures import (
    bootstrap_counts,
    interval,
    ks_distance,
    resampled_mean,
    shared_records,
    weighted_median,
    weighted_moments,
)
from gmplug.audit.responses import CandidateResponses
from gmplug.audit.schemes import (
    Goal,
    Scheme,
    local_optimum,
    quota_codes,
    random_set,
    schemes,
)
from gmplug.audit.strata import Pool, Strata, make_pool
from gmplug.comparison.measures import explained_variance
from gmplug.errors import InputError
from gmplug.study.schema import SelectionSection
from gmplug.values import Candidates, FloatArray, IntArray, Progress, Target, no_progress

#: A study's selector: positions in the candidates of a pool's set, from the pool's members and a seed.
Select = Callable[[IntArray, int], IntArray]

#: Statistics that are compared; errors of the dispersion are relative.
STATISTICS = ("ln_median", "ln_counted_median", "dispersion", "collapse_fraction")
#: Fewest candidates with a response.
FEWEST = 10


@dataclass(frozen=True)
class AuditPlan:
    """How much is drawn.

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
    """What one scheme drew.

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


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    Parameters
    ----------
    table
        audit.csv: one row per demand, scheme and estimate; see README.md for the columns.
    truth
        One row per demand: what all candidates give.
    drawn
        One row per scheme: draws, E, what two draws share.
    draws
        By scheme.
    errors
        Error of the ln median of each draw by (demand, scheme), shape (D,).
    candidates, responses
        Those that were audited, with a known response.
    strata
        The divisions, by name.
    notes
        One line for each thing a user should know.
    """

    table: pd.DataFrame
    truth: pd.DataFrame
    drawn: pd.DataFrame
    draws: Mapping[str, Draws]
    errors: Mapping[tuple[str, str], FloatArray]
    candidates: Candidates = field(repr=False)
    responses: CandidateResponses = field(repr=False)
    strata: Mapping[str, Strata] = field(repr=False)
    count: int = 0
    plan: AuditPlan = AuditPlan()
    notes: tuple[str, ...] = ()

    @property
    def demands(self) -> list[str]:
        """Names of the demands."""
        return [str(name) for name in self.responses.values.columns]


def known_candidates(
    candidates: Candidates, responses: CandidateResponses, labels: IntArray
) -> tuple[Candidates, CandidateResponses, IntArray]:
    """Leave out the candidates without a response.

    Raises InputError where fewer than ten are left.
    """
    at = np.flatnonzero(responses.known)
    if len(at) < FEWEST:
        raise InputError(
            f"{len(at)} of {len(candidates.records)} candidates have a known response, fewer than {FEWEST}: "
            "an audit needs the waveforms of the candidates, in [catalogue], and analyses that end"
        )
    found = CandidateResponses(
        responses.values.iloc[at].reset_index(drop=True),
        responses.collapsed[at],
        responses.known[at],
        responses.from_structure,
        responses.notes,
    )
    return candidates.take(at), found, labels[at]


def audit_candidates(
    candidates: Candidates,
    target: Target,
    strata: Sequence[Strata],
    responses: CandidateResponses,
    section: SelectionSection,
    *,
    plan: AuditPlan | None = None,
    select: Select | None = None,
    progress: Progress = no_progress,
) -> Audit:
    """Draw sets by every scheme and measure how well they represent the candidates.

    Parameters
    ----------
    candidates, responses
        Those with a known response, in one order; see :func:`known_candidates`.
    strata
        The study's clusters first.
    section
        ``[selection]``: count and pulse share.
    select
        The study's own selector, if it is to be audited too.

    Raises
    ------
    InputError
        Fewer candidates in a draw than are to be selected, or quotas that cannot be met.
    """
    plan = plan or AuditPlan()
    pools = _pools(candidates, target, list(strata), section, plan)
    own = select if plan.selector_draws else None
    wanted = schemes([one.name for one in strata], own is not None)
    total = sum(plan.selector_draws * 10 if s.selector else plan.draws for s in wanted)
    done = 0
    draws: dict[str, Draws] = {}
    for scheme in wanted:
        sets = []
        count, step = (min(plan.selector_draws, plan.draws), 10) if scheme.selector else (plan.draws, 1)
        for draw, pool in enumerate(pools[:count]):
            progress(done, total, f"{scheme.title}: draw {draw + 1} of {count}")
            done += step
            if scheme.selector:
                assert own is not None
                sets.append(own(pool.members, _draw_seed(plan.seed, draw)))
            else:
                rng = np.random.default_rng([plan.seed, draw])  # schemes differ by what they do, not by luck
                sets.append(_draw(scheme, pool, candidates, target, rng))
        draws[scheme.name] = _as_draws(scheme, sets, pools[:count], candidates, target)
    return _measure(candidates, responses, strata, draws, plan, section.count)


def _draw_seed(seed: int, draw: int) -> int:
    return int(np.random.SeedSequence([seed, draw]).generate_state(1)[0])


def _pools(
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
                f"[selection] count: {section.count} records are asked for, and a draw has {len(members)} of "
                f"{len(candidates.records)} candidates; lower count or --left-out"
            )
        pools.append(make_pool(members, candidates.records, strata, section, target))
        if not plan.left_out:
            return (pools[0],) * plan.draws
    return tuple(pools)


def _draw(
    scheme: Scheme, pool: Pool, candidates: Candidates, target: Target, rng: np.random.Generator
) -> IntArray:
    codes, quotas = quota_codes(pool, scheme.strata)
    start = random_set(codes, quotas, rng)
    if scheme.match:
        ln_sa = candidates.ln_sa[pool.members]
        start = local_optimum(ln_sa, goal_of(scheme, ln_sa, pool.weights, target), start, codes, rng)
    return np.asarray(pool.members[start], dtype=np.int64)


def goal_of(scheme: Scheme, ln_sa: FloatArray, weights: FloatArray, target: Target) -> Goal:
    """What a scheme's sets are matched to."""
    if scheme.match == "target":
        return Goal(target.ln_mean, target.sigma_ln)
    mean, std = weighted_moments(ln_sa.T, np.broadcast_to(weights, ln_sa.T.shape))
    return Goal(mean, std)


def _as_draws(
    scheme: Scheme, sets: list[IntArray], pools: tuple[Pool, ...], candidates: Candidates, target: Target
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


# -- measuring ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Sample:
    """ln of a demand and collapses, of sets (…, n), with weights."""

    ln: FloatArray
    collapsed: FloatArray
    weights: FloatArray

    def statistics(self) -> dict[str, FloatArray]:
        mean, std = weighted_moments(self.ln, self.weights)
        share = self.weights / self.weights.sum(axis=-1, keepdims=True)
        return {
            "ln_median": mean,
            "ln_counted_median": weighted_median(self.ln, self.weights),
            "dispersion": std,
            "collapse_fraction": (share * self.collapsed).sum(axis=-1),
        }

    def with_collapses(self) -> FloatArray:
        """ln of the demand, infinite where collapsed."""
        return np.where(self.collapsed > 0, np.inf, self.ln)


def _sample(responses: CandidateResponses, demand: str, at: IntArray, weights: FloatArray) -> _Sample:
    ln = np.log(responses.values[demand].to_numpy(dtype=float))[at]
    collapsed = responses.collapsed if demand in responses.from_structure else np.zeros(len(responses.known))
    return _Sample(ln, collapsed[at].astype(float), weights)


@dataclass(frozen=True)
class _PoolSamples:
    """Of each draw's pool: its statistics, a row each, and its values with weights."""

    truth: pd.DataFrame
    distributions: list[tuple[FloatArray, FloatArray]]


def _pool_samples(responses: CandidateResponses, demand: str, pools: tuple[Pool, ...]) -> _PoolSamples:
    once: dict[int, tuple[dict[str, FloatArray], tuple[FloatArray, FloatArray]]] = {}
    for pool in pools:
        if id(pool) not in once:
            sample = _sample(responses, demand, pool.members, pool.weights)
            once[id(pool)] = (sample.statistics(), (sample.with_collapses(), pool.weights))
    found = [once[id(pool)] for pool in pools]
    return _PoolSamples(pd.DataFrame([truth for truth, _ in found]), [values for _, values in found])


def _measure(
    candidates: Candidates,
    responses: CandidateResponses,
    strata: Sequence[Strata],
    draws: Mapping[str, Draws],
    plan: AuditPlan,
    count: int,
) -> Audit:
    rows, truths = [], []
    errors: dict[tuple[str, str], FloatArray] = {}
    everybody = np.arange(len(candidates.records))
    weights = _overall_weights(candidates, draws["random"])
    counts = {
        d: bootstrap_counts(d, plan.resamples, plan.seed) for d in {len(one.sets) for one in draws.values()}
    }
    for demand in responses.values.columns:
        whole = _sample(responses, demand, everybody, weights)
        of_all = {name: float(value) for name, value in whole.statistics().items()}
        eta = {f"eta2_{one.name}": explained_within_groups(whole.ln, candidates, one) for one in strata}
        truths.append({"demand": demand, "records": int(np.isfinite(whole.ln).sum()), **of_all, **eta})
        pools = _pool_samples(responses, str(demand), draws["random"].pools)
        reference: dict[str, FloatArray] = {}
        for name, drawn in draws.items():
            for estimate in ("plain", "weighted") if drawn.scheme.strata else ("plain",):
                row, found = _row(
                    responses, str(demand), drawn, estimate, of_all, pools, counts[len(drawn.sets)]
                )
                if name == "random":
                    reference = found
                row |= _against(found, reference, counts[len(drawn.sets)])
                rows.append({"demand": demand, "scheme": name, "estimate": estimate, **row})
                if estimate == "plain":
                    errors[str(demand), name] = found["ln_median"]
    return Audit(
        pd.DataFrame(rows),
        pd.DataFrame(truths),
        _drawn_table(draws),
        dict(draws),
        errors,
        candidates,
        responses,
        {one.name: one for one in strata},
        count,
        plan,
        responses.notes,
    )


def explained_within_groups(ln: FloatArray, candidates: Candidates, strata: Strata) -> float:
    """η²: share of the variance within the groups that lies between clusters.

    Random sets have the groups' quotas too, so that what the groups explain is nobody's gain.
    """
    groups = pd.factorize(candidates.records["group"])[0]
    of_group = pd.Series(ln).groupby(groups).transform("mean").to_numpy()
    codes = groups * (int(strata.labels.max()) + 1) + strata.labels
    return explained_variance(ln - of_group, np.asarray(codes, dtype=np.int64))


def _overall_weights(candidates: Candidates, drawn: Draws) -> FloatArray:
    """Weights of all candidates: those of a group alike, groups as the first pool weighs them."""
    pool = drawn.pools[0]
    groups = candidates.records["group"].to_numpy()
    weights = np.zeros(len(groups))
    for group in set(groups):
        mass = pool.weights[groups[pool.members] == group].sum()
        weights[groups == group] = mass / np.sum(groups == group)
    return weights / weights.sum()


def _row(
    responses: CandidateResponses,
    demand: str,
    drawn: Draws,
    estimate: str,
    of_all: Mapping[str, float],
    pools: _PoolSamples,
    counts: FloatArray,
) -> tuple[dict[str, float], dict[str, FloatArray]]:
    """Numbers of one row of the table, and the errors of the draws by statistic, (D,) each."""
    weights = (
        drawn.weights if estimate == "weighted" else np.full(drawn.sets.shape, 1.0 / drawn.sets.shape[1])
    )
    sets = _sample(responses, demand, drawn.sets, weights)
    row: dict[str, float] = {"draws": len(drawn.sets)}
    found: dict[str, FloatArray] = {}
    for name, values in sets.statistics().items():
        own = pools.truth[name].to_numpy(dtype=float)[: len(values)]
        scale = own if name == "dispersion" else 1.0
        found[name] = np.asarray((values - own) / scale)
        off = (values - of_all[name]) / (of_all[name] if name == "dispersion" else 1.0)
        row |= _summary(name, found[name], counts)
        row[f"{name}_rmse_all"] = float(np.sqrt(_mean(np.square(off))))
    shown = sets.with_collapses()
    distance = np.array(
        [ks_distance(shown[d], weights[d], *pools.distributions[d]) for d in range(len(drawn.sets))]
    )
    found["ks"] = distance
    row["ks_mean"] = _mean(distance)
    row["ks_low"], row["ks_high"] = interval(resampled_mean(distance, counts))
    return row, found


def _mean(values: FloatArray) -> float:
    """Mean of the finite values; NaN where there are none."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else float("nan")


def _summary(name: str, error: FloatArray, counts: FloatArray) -> dict[str, float]:
    """Bias and root-mean-square error of draws (D,), each with its interval."""
    bias_low, bias_high = interval(resampled_mean(error, counts))
    rmse_low, rmse_high = interval(np.sqrt(resampled_mean(np.square(error), counts)))
    return {
        f"{name}_bias": _mean(error),
        f"{name}_bias_low": bias_low,
        f"{name}_bias_high": bias_high,
        f"{name}_rmse": float(np.sqrt(_mean(np.square(error)))),
        f"{name}_rmse_low": rmse_low,
        f"{name}_rmse_high": rmse_high,
    }


def _against(
    found: Mapping[str, FloatArray], random: Mapping[str, FloatArray], counts: FloatArray
) -> dict[str, float]:
    """RMSE over that of random sets from the same pools, the draws resampled in pairs."""
    row = {}
    for name in ("ln_median", "dispersion"):
        mine, theirs = np.square(found[name]), np.square(random[name][: len(found[name])])
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = np.sqrt(np.divide(_mean(mine), _mean(theirs)))
            ratios = np.sqrt(resampled_mean(mine, counts) / resampled_mean(theirs, counts))
        row[f"{name}_ratio"] = float(ratio)
        row[f"{name}_ratio_low"], row[f"{name}_ratio_high"] = interval(ratios)
    return row


def _drawn_table(draws: Mapping[str, Draws]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "scheme": name,
                "title": one.scheme.title,
                "draws": len(one.sets),
                "error_median": float(np.median(one.error)),
                "error_least": float(one.error.min()),
                "shared_records": shared_records(one.sets),
                "records_used": len(np.unique(one.sets)),
            }
            for name, one in draws.items()
        ]
    )
