"""The audit itself: many sets by each scheme, and how far their statistics are from their candidates'."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from gmplug.audit.draws import (
    AuditPlan,
    Draws,
    as_draws,
    draw_seed,
    draw_set,
    make_pools,
    surrogate_quantities,
)
from gmplug.audit.errors import draw_errors, errors_row, of_pools_table, statistics
from gmplug.audit.measures import bootstrap_counts, shared_records
from gmplug.audit.schemes import SELECTOR, schemes
from gmplug.audit.strata import Strata
from gmplug.audit.surrogate import (
    REGRESSED,
    collapses_of,
    explained_by_surrogate,
    samples_of,
    surrogate_errors,
)
from gmplug.comparison.measures import explained_variance
from gmplug.comparison.response import CandidateResponses
from gmplug.errors import InputError
from gmplug.study.schema import SelectionSection
from gmplug.surrogate.estimates import equivalent_analyses
from gmplug.surrogate.responses import Surrogate
from gmplug.values import Candidates, FloatArray, IntArray, Progress, Target, no_progress

#: A study's selector: positions in the candidates of a pool's set, from the pool's members and a seed.
Select = Callable[[IntArray, int], IntArray]

#: Fewest candidates with a response.
FEWEST = 10


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
    plan: AuditPlan = field(default_factory=AuditPlan)
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
    pools = make_pools(candidates, target, list(strata), section, plan)
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
                drawn.append(own(pool.members, draw_seed(plan.seed, draw)))
            else:
                rng = np.random.default_rng([plan.seed, draw])  # schemes differ by what they do, not by luck
                drawn.append(draw_set(scheme, pool, candidates, target, rng, matched))
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
    pools = make_pools(candidates, target, list(strata), section, plan)
    names = [one.name for one in strata]
    known = schemes(names, SELECTOR in sets, "surrogate" in sets)
    draws = {
        scheme.name: as_draws(scheme, sets[scheme.name], pools[: len(sets[scheme.name])], candidates, target)
        for scheme in known
    }
    return _measure(candidates, responses, strata, draws, plan, section.count, surrogate)


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
    weights = overall_weights(candidates, draws["random"])
    counts = {
        d: bootstrap_counts(d, plan.resamples, plan.seed) for d in {len(one.sets) for one in draws.values()}
    }
    samples = {}
    if surrogate is not None and responses.from_structure:
        gone = collapses_of(responses, surrogate)
        samples = {name: samples_of(draws[name], gone) for name in REGRESSED if name in draws}
    for demand in map(str, responses.values.columns):
        ln = np.log(responses.values[demand].to_numpy(dtype=float))
        collapses = responses.collapsed & (demand in responses.from_structure)
        collapsed = np.asarray(collapses, dtype=np.float64)
        of_all = {name: float(value) for name, value in statistics(ln, collapsed, weights).items()}
        eta = {f"eta2_{one.name}": explained_within_groups(ln, candidates, one) for one in strata}
        truth = {"demand": demand, "records": int(np.isfinite(ln).sum()), **of_all, **eta}
        covariates = {}
        if surrogate is not None and demand in responses.from_structure:
            covariates = surrogate.covariates(demand)
            truth |= explained_by_surrogate(ln, covariates)
        truths.append(truth)
        of_pools = of_pools_table(ln, collapsed, draws["random"].pools)
        reference: dict[str, FloatArray] = {}
        for name, drawn in draws.items():
            resamples = counts[len(drawn.sets)]
            estimates = ["plain", *["weighted"] * (drawn.scheme.strata is not None)]
            if covariates and name in samples:
                estimates.append("surrogate")
            for estimate in estimates:
                row: dict[str, Any] = {"demand": demand, "scheme": name}
                row |= {"estimate": estimate, "draws": len(drawn.sets)}
                if estimate == "surrogate":
                    found, covered = surrogate_errors(ln, drawn, samples[name], covariates, of_pools)
                    row |= {f"{statistic}_coverage": share for statistic, share in covered.items()}
                else:
                    found = draw_errors(ln, collapsed, drawn, estimate, of_pools)
                reference = reference or found  # random sets are the first
                row |= errors_row(found, of_all, of_pools, reference, resamples)
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


def overall_weights(candidates: Candidates, drawn: Draws) -> FloatArray:
    """Weights of all candidates: those of a group alike, groups as the first pool weighs them."""
    pool = drawn.pools[0]
    groups = candidates.records["group"].to_numpy()
    weights = np.zeros(len(groups))
    for group in set(groups):
        mass = pool.weights[groups[pool.members] == group].sum()
        weights[groups == group] = mass / np.sum(groups == group)
    return weights / weights.sum()


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
