"""The ways of drawing a set that are compared, and one draw of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gmplug.audit.strata import Pool
from gmplug.values import FloatArray, IntArray

#: What the audit calls the study's own selector.
SELECTOR = "selector"
#: A step that betters E by less than this share of it is none.
_LEAST_GAIN = 1e-9
#: Passes over the set at most; a descent needs about five.
_MOST_PASSES = 100


@dataclass(frozen=True)
class Scheme:
    """A way of drawing.

    Parameters
    ----------
    name
        As in audit.csv.
    strata
        Name of the strata whose quotas it keeps; None for none (the groups' own are always kept).
    match
        What the set's spectra are matched to: ``target``, ``candidates`` (their own mean and standard
        deviation); ``surrogate`` for the candidates' surrogate demands and spectra; empty for a random set.
    selector
        The study's own selector instead of :func:`draw`.
    """

    name: str
    strata: str | None = None
    match: str = ""
    selector: bool = False

    @property
    def title(self) -> str:
        """How pages show it."""
        if self.selector:
            return "study's selector, clusters"
        what = {
            "": "random", "target": "matched to target", "candidates": "matched to candidates",
            "surrogate": "representative by surrogate",
        }[self.match]  # fmt: skip
        return f"{what}, {self.strata}" if self.strata else what


def schemes(strata: list[str], selector: bool, surrogate: bool = False) -> list[Scheme]:
    """All schemes: random and matched ones, without and within the quotas of each of the strata."""
    found = [Scheme("random"), Scheme("target", match="target"), Scheme("candidates", match="candidates")]
    for name in strata:
        end = "" if name == "clusters" else f":{name}"
        found.append(Scheme(f"stratified{end}", name))
        found.append(Scheme(f"target-quotas{end}", name, "target"))
        found.append(Scheme(f"candidates-quotas{end}", name, "candidates"))
    if surrogate:
        found += [
            Scheme("surrogate", match="surrogate"),
            Scheme("surrogate-quotas", strata[0], "surrogate"),
        ]
    if selector:
        found.append(Scheme(SELECTOR, strata[0], "target", selector=True))
    return found


@dataclass(frozen=True)
class Goal:
    """Mean and standard deviation of ln Sa that a set should have, shape (P,) each."""

    mean: FloatArray
    std: FloatArray

    def error(self, ln_sa: FloatArray) -> float:
        """E of METHOD: Σ_T (mean − μ)² + Σ_T (std − σ)², sample std; of a set (n, P)."""
        squares = np.square(ln_sa.mean(axis=0) - self.mean) + np.square(ln_sa.std(axis=0, ddof=1) - self.std)
        return float(np.sum(squares))


def quota_codes(pool: Pool, strata: str | None) -> tuple[IntArray, IntArray]:
    """Stratum of each member of the pool, (m,), and the quotas, that a scheme keeps."""
    return pool.groups if strata is None else pool.quotas[strata]


def random_set(codes: IntArray, quotas: IntArray, rng: np.random.Generator) -> IntArray:
    """Positions in the pool, (n,): of each stratum its quota, all sets alike in probability."""
    parts = [
        rng.choice(np.flatnonzero(codes == stratum), int(quota), replace=False)
        for stratum, quota in enumerate(quotas)
        if quota > 0
    ]
    return np.concatenate(parts).astype(np.int64)


def local_optimum(
    ln_sa: FloatArray, goal: Goal, start: IntArray, codes: IntArray, rng: np.random.Generator
) -> IntArray:
    """Swap records of the set for others of their stratum as long as E falls; where it ends is the draw.

    A descent from a random start ends at one of very many local optima: a set at random among those that
    cannot be bettered by one swap.

    Parameters
    ----------
    ln_sa
        Of the pool, shape (m, P).
    start
        Positions of the set, shape (n,).
    codes
        Stratum of each member of the pool, shape (m,).
    """
    chosen = start.copy()
    n = len(chosen)
    centered = ln_sa - goal.mean  # keeps the sums small
    squares = np.square(centered)
    total, total_squares = centered[chosen].sum(axis=0), squares[chosen].sum(axis=0)
    free = np.ones(len(ln_sa), dtype=bool)
    free[chosen] = False
    best = goal.error(ln_sa[chosen])
    for _ in range(_MOST_PASSES):
        before = best
        for place in rng.permutation(n):
            old = chosen[place]
            others = np.flatnonzero(free & (codes == codes[old]))
            if not len(others):
                continue
            mean = (total - centered[old] + centered[others]) / n
            square = (total_squares - squares[old] + squares[others]) / n
            std = np.sqrt(np.maximum(square - mean * mean, 0.0) * (n / (n - 1)))
            std -= goal.std
            errors = (mean * mean + std * std).sum(axis=1)
            at = int(np.argmin(errors))
            if errors[at] < best * (1 - _LEAST_GAIN):
                new = others[at]
                best = float(errors[at])
                total += centered[new] - centered[old]
                total_squares += squares[new] - squares[old]
                chosen[place] = new
                free[old], free[new] = True, False
        if best >= before * (1 - _LEAST_GAIN):
            break
    return chosen
