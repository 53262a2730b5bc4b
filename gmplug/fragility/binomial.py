"""Probit and logit regression of counts on one variable, by maximum likelihood, for many samples at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import expit, log_expit, log_ndtr, ndtr

from gmplug.values import BoolArray, FloatArray

Link = Literal["probit", "logit"]
_STEPS, _HALVINGS, _TOLERANCE = 100, 30, 1e-10


@dataclass(frozen=True)
class BinomialFit:
    """``P = F(intercept + slope·x)``, F the link's distribution; NaN where the likelihood has no maximum.

    Arrays of shape (B,), one entry per sample.
    """

    intercept: FloatArray
    slope: FloatArray


def overlapping(x: FloatArray, trials: FloatArray, events: FloatArray) -> BoolArray:
    """Return for which samples, events (B, J), the likelihood has a finite maximum.

    It has none if some x separates the trials with an event from those without: Albert & Anderson (1984),
    "On the existence of maximum likelihood estimates in logistic regression models", Biometrika 71:1-10.
    """
    some, spare = (events > 0) & (trials > 0), (events < trials) & (trials > 0)

    def overlap(one: BoolArray, other: BoolArray) -> BoolArray:
        lowest, highest = np.where(one, x, np.inf).min(axis=1), np.where(other, x, -np.inf).max(axis=1)
        return np.asarray(lowest < highest)

    return overlap(some, spare) & overlap(spare, some)


def fit_binomial(x: FloatArray, trials: FloatArray, events: FloatArray, link: Link = "probit") -> BinomialFit:
    """Fit by Fisher scoring (McCullagh & Nelder 1989, Generalized Linear Models, 2nd ed., section 4.4).

    Both links have a concave log-likelihood: the solution is the maximum.

    Parameters
    ----------
    x
        Shape (J,).
    trials
        Shape (J,) or (B, J).
    events
        Events among the trials, shape (B, J), or (J,) for a single sample.
    """
    events = np.atleast_2d(np.asarray(events, dtype=float))
    trials = np.broadcast_to(np.asarray(trials, dtype=float), events.shape)
    center, spread = float(np.mean(x)), float(np.std(x)) or 1.0
    z = (np.asarray(x, dtype=float) - center) / spread
    good = overlapping(z, trials, events)
    a, b = _scoring(z, trials[good], events[good], link)
    intercept, slope = np.full(len(events), np.nan), np.full(len(events), np.nan)
    slope[good], intercept[good] = b / spread, a - b * center / spread
    return BinomialFit(intercept, slope)


def _scoring(
    z: FloatArray, trials: FloatArray, events: FloatArray, link: Link
) -> tuple[FloatArray, FloatArray]:
    share = (events.sum(axis=1) + 0.5) / (trials.sum(axis=1) + 1.0)
    a, b = np.log(share / (1 - share)) / (1.7 if link == "probit" else 1.0), np.zeros(len(events))
    now = _log_likelihood(a, b, z, trials, events, link)
    for _ in range(_STEPS):
        da, db = _step(a, b, z, trials, events, link)
        length = np.ones(len(events))
        for _ in range(_HALVINGS):
            new = _log_likelihood(a + length * da, b + length * db, z, trials, events, link)
            worse = ~(new >= now - 1e-12 * np.abs(now))
            if not worse.any():
                break
            length[worse] /= 2
        a, b, now = a + length * da, b + length * db, new
        if not len(a) or np.max(np.abs(length * np.maximum(np.abs(da), np.abs(db)))) < _TOLERANCE:
            break
    return a, b


def _tails(eta: FloatArray, link: Link) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """F, ln F, ln (1 − F) and ln of the density."""
    if link == "probit":
        return ndtr(eta), log_ndtr(eta), log_ndtr(-eta), -0.5 * eta**2 - 0.5 * np.log(2 * np.pi)
    log_p, log_q = log_expit(eta), log_expit(-eta)
    return expit(eta), log_p, log_q, log_p + log_q


def _log_likelihood(
    a: FloatArray, b: FloatArray, z: FloatArray, trials: FloatArray, events: FloatArray, link: Link
) -> FloatArray:
    _, log_p, log_q, _ = _tails(a[:, None] + b[:, None] * z, link)
    total: FloatArray = np.sum(events * log_p + (trials - events) * log_q, axis=1)
    return total


def _step(
    a: FloatArray, b: FloatArray, z: FloatArray, trials: FloatArray, events: FloatArray, link: Link
) -> tuple[FloatArray, FloatArray]:
    p, log_p, log_q, log_density = _tails(a[:, None] + b[:, None] * z, link)
    score = (events - trials * p) * np.exp(log_density - log_p - log_q)
    weight = trials * np.exp(2 * log_density - log_p - log_q)
    s0, s1, s2 = (np.sum(weight * z**k, axis=1) for k in (0, 1, 2))
    g0, g1 = np.sum(score, axis=1), np.sum(score * z, axis=1)
    determinant = s0 * s2 - s1**2
    return (s2 * g0 - s1 * g1) / determinant, (s0 * g1 - s1 * g0) / determinant
