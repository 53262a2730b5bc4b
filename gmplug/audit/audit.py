"""The audit itself: many sets by each scheme, and how far their statistics are from their candidates'."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

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
from gmplug.audit.schemes import (
    SELECTOR,
    Goal,
    Scheme,
    local_optimum,
    quota_codes,
    random_set,
    schemes,
)
from gmplug.audit.strata import Pool, Strata, make_pool
from gmplug.audit.surrogate import REGRESSED, explained_by_surrogate, surrogate_errors
from gmplug.comparison.measures import explained_variance
from gmplug.comparison.response import CandidateResponses
from gmplug.errors import InputError
from gmplug.selection.representative import SPECTRA_WEIGHT, matched_quantities
from gmplug.study.schema import SelectionSection
from gmplug.surrogate.estimates import equivalent_analyses
from gmplug.surrogate.responses import Surrogate
from gmplug.values import Candidates, FloatArray, IntArray, Progress, Target, no_progress

#: A study's selector: positions in the candidates of a pool's set, from the pool's members and a seed.
Select = Callable[[IntArray, int], IntArray]

#: Statistics that are compared; errors of the dispersion are relative.
STATISTICS = ("ln_median", "ln_counted_median", "dispersion", "collapse_fraction")
#: Fewest candidates with a response.
FEWEST = 10


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


@dataclass(frozen=True)
class Audit:
    """The result of an audit.

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
        One line each.
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
    found = replace(
        responses,
        values=responses.values.iloc[at].reset_index(drop=True),
        collapsed=responses.collapsed[at],
        known=responses.known[at],
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
    surrogate: Surrogate | None = None,
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
    surrogate
        Of these candidates, for schemes and estimates that use it.

    Raises
    ------
    InputError
        Fewer candidates in a draw than are to be selected, or quotas that cannot be met.
    """
    plan = plan or AuditPlan()
    pools = _pools(candidates, target, list(strata), section, plan)
    own = select if plan.selector_draws else None
    wanted = schemes([one.name for one in strata], own is not None, surrogate is not None)
    matched = None if surrogate is None else surrogate_quantities(candidates, target, surrogate)
    total = sum(plan.selector_draws * 10 if s.selector else plan.draws for s in wanted)
    done = 0
    sets: dict[str, list[IntArray]] = {}
    for scheme in wanted:
        count, step = (min(plan.selector_draws, plan.draws), 10) if scheme.selector else (plan.draws, 1)
        drawn = sets[scheme.name] = []
        for draw, pool in enumerate(pools[:count]):
            progress(done, total, f"{scheme.title}: draw {draw + 1} of {count}")
            done += step
            if scheme.selector:
                assert own is not None
                drawn.append(own(pool.members, _draw_seed(plan.seed, draw)))
            else:
                rng = np.random.default_rng([plan.seed, draw])  # schemes differ by what they do, not by luck
                drawn.append(_draw(scheme, pool, candidates, target, rng, matched))
    return audit_sets(candidates, target, strata, responses, section, plan, sets, surrogate)


def audit_sets(
    candidates: Candidates,
    target: Target,
    strata: Sequence[Strata],
    responses: CandidateResponses,
    section: SelectionSection,
    plan: AuditPlan,
    sets: Mapping[str, Sequence[IntArray]],
    surrogate: Surrogate | None = None,
) -> Audit:
    """Measure sets that were drawn by :func:`audit_candidates`.

    Parameters
    ----------
    sets
        By scheme: positions in the candidates, shape (n,), of each draw.
    """
    pools = _pools(candidates, target, list(strata), section, plan)
    names = [one.name for one in strata]
    known = schemes(names, SELECTOR in sets, "surrogate" in sets)
    draws = {
        scheme.name: _as_draws(scheme, sets[scheme.name], pools[: len(sets[scheme.name])], candidates, target)
        for scheme in known
    }
    return _measure(candidates, responses, strata, draws, plan, section.count, surrogate)


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


def _draw(
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


def _as_draws(
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


# -- measuring ---------------------------------------------------------------------------------------


def _statistics(ln: FloatArray, collapsed: FloatArray, weights: FloatArray) -> dict[str, FloatArray]:
    """The compared statistics of sets, shape (…, n) each: ln of a demand, 1 where collapsed, and weights."""
    mean, std = weighted_moments(ln, weights)
    share = weights / weights.sum(axis=-1, keepdims=True)
    return {
        "ln_median": mean,
        "ln_counted_median": weighted_median(ln, weights),
        "dispersion": std,
        "collapse_fraction": (share * collapsed).sum(axis=-1),
    }


def _measure(
    candidates: Candidates,
    responses: CandidateResponses,
    strata: Sequence[Strata],
    draws: Mapping[str, Draws],
    plan: AuditPlan,
    count: int,
    surrogate: Surrogate | None,
) -> Audit:
    rows, truths = [], []
    errors: dict[tuple[str, str], FloatArray] = {}
    weights = _overall_weights(candidates, draws["random"])
    counts = {
        d: bootstrap_counts(d, plan.resamples, plan.seed) for d in {len(one.sets) for one in draws.values()}
    }
    for demand in map(str, responses.values.columns):
        ln = np.log(responses.values[demand].to_numpy(dtype=float))
        collapses = responses.collapsed & (demand in responses.from_structure)
        collapsed = np.asarray(collapses, dtype=np.float64)
        of_all = {name: float(value) for name, value in _statistics(ln, collapsed, weights).items()}
        eta = {f"eta2_{one.name}": explained_within_groups(ln, candidates, one) for one in strata}
        truth = {"demand": demand, "records": int(np.isfinite(ln).sum()), **of_all, **eta}
        covariates = {}
        if surrogate is not None and demand in responses.from_structure:
            covariates = surrogate.covariates(demand)
            truth |= explained_by_surrogate(ln, covariates)
        truths.append(truth)
        of_pools = _of_pools(ln, collapsed, draws["random"].pools)
        reference: dict[str, FloatArray] = {}
        for name, drawn in draws.items():
            resamples = counts[len(drawn.sets)]
            estimates = ["plain", *["weighted"] * (drawn.scheme.strata is not None)]
            if covariates and name in REGRESSED:
                estimates.append("surrogate")
            for estimate in estimates:
                row: dict[str, Any] = {"demand": demand, "scheme": name}
                row |= {"estimate": estimate, "draws": len(drawn.sets)}
                if estimate == "surrogate":
                    found, covered = surrogate_errors(ln, drawn, covariates, of_pools)
                    row |= {f"{statistic}_coverage": share for statistic, share in covered.items()}
                else:
                    found = _errors(ln, collapsed, drawn, estimate, of_pools)
                reference = reference or found  # random sets are the first
                row |= _row(found, of_all, of_pools, reference, resamples)
                pool = len(drawn.pools[0].members)
                row["equivalent_analyses"] = equivalent_analyses(row["ln_median_ratio"] ** 2, count, pool)
                rows.append(row)
                if estimate == "plain":
                    errors[demand, name] = found["ln_median"]
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

    Random sets keep the groups' quotas too, so that no scheme gains from the groups.
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


def _of_pools(ln: FloatArray, collapsed: FloatArray, pools: tuple[Pool, ...]) -> pd.DataFrame:
    """The statistics of each draw's pool, a row each."""
    once = {id(pool): _statistics(ln[pool.members], collapsed[pool.members], pool.weights) for pool in pools}
    return pd.DataFrame([once[id(pool)] for pool in pools])


def _errors(
    ln: FloatArray, collapsed: FloatArray, drawn: Draws, estimate: str, of_pools: pd.DataFrame
) -> dict[str, FloatArray]:
    """Errors of the draws by statistic, and their distances from their pools (``ks``), shape (D,) each."""
    equal = np.full(drawn.sets.shape, 1.0 / drawn.sets.shape[1])
    weights = drawn.weights if estimate == "weighted" else equal
    found = {}
    for name, values in _statistics(ln[drawn.sets], collapsed[drawn.sets], weights).items():
        own = of_pools[name].to_numpy(dtype=float)[: len(values)]
        found[name] = np.asarray((values - own) / (own if name == "dispersion" else 1.0))
    beyond = np.where(collapsed > 0, np.inf, ln)
    found["ks"] = np.array(
        [
            ks_distance(beyond[chosen], weights[d], beyond[pool.members], pool.weights)
            for d, (chosen, pool) in enumerate(zip(drawn.sets, drawn.pools, strict=True))
        ]
    )
    return found


def _row(
    found: Mapping[str, FloatArray],
    of_all: Mapping[str, float],
    of_pools: pd.DataFrame,
    random: Mapping[str, FloatArray],
    resamples: FloatArray,
) -> dict[str, float]:
    """Numbers of one row of the table from the errors of its draws and those of random sets."""
    row: dict[str, float] = {}
    for name in (one for one in STATISTICS if one in found):
        error, squares = found[name], np.square(found[name])
        own = of_pools[name].to_numpy(dtype=float)[: len(error)]
        relative = name == "dispersion"
        values = own * (1.0 + error) if relative else own + error
        off = (values - of_all[name]) / (of_all[name] if relative else 1.0)
        row[f"{name}_bias"] = _mean(error)
        row[f"{name}_bias_low"], row[f"{name}_bias_high"] = interval(resampled_mean(error, resamples))
        row[f"{name}_rmse"] = float(np.sqrt(_mean(squares)))
        rmse = np.sqrt(resampled_mean(squares, resamples))
        row[f"{name}_rmse_low"], row[f"{name}_rmse_high"] = interval(rmse)
        row[f"{name}_rmse_all"] = float(np.sqrt(_mean(np.square(off))))
    if "ks" in found:
        row["ks_mean"] = _mean(found["ks"])
        row["ks_low"], row["ks_high"] = interval(resampled_mean(found["ks"], resamples))
    for name in ("ln_median", "dispersion"):  # the draws are resampled in pairs
        mine, theirs = np.square(found[name]), np.square(random[name][: len(found[name])])
        with np.errstate(invalid="ignore", divide="ignore"):
            row[f"{name}_ratio"] = float(np.sqrt(np.divide(_mean(mine), _mean(theirs))))
            ratios = np.sqrt(resampled_mean(mine, resamples) / resampled_mean(theirs, resamples))
        row[f"{name}_ratio_low"], row[f"{name}_ratio_high"] = interval(ratios)
    return row


def _mean(values: FloatArray) -> float:
    """Mean of the finite values; NaN where there are none."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else float("nan")


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
