"""The conditional spectrum of one causal scenario."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gmplug.errors import InputError
from gmplug.target.correlation import baker_jayaram_2008
from gmplug.target.ground_motion_models import find_model
from gmplug.target.scenarios import scenario_from_mapping
from gmplug.target.tables import read_model_table
from gmplug.values import FloatArray, GroundMotion, Scenario, Target

_WHERE = "[target] provider 'conditional-spectrum'"


def conditional_spectrum(
    periods_s: FloatArray,
    conditioning_period_s: float,
    ground_motion_models: Mapping[str, Callable[..., GroundMotion]],
    sa_g: float | None = None,
    epsilon: float | None = None,
    gmm: str | None = None,
    gmm_table: Path | None = None,
    scenario: dict[str, Any] | None = None,
) -> Target:
    """Conditional spectrum (Baker 2011): the spectra to expect where Sa(T*) has a given value.

    Parameters
    ----------
    periods_s
        Shape (P,), s.
    conditioning_period_s
        T*, s.
    ground_motion_models
        Models by name.
    sa_g
        Sa at T*, g, from a hazard analysis; or
    epsilon
        how many standard deviations Sa at T* lies above the model's median.
    gmm
        Name of a ground-motion model, which needs a ``scenario``; or
    gmm_table
        CSV of a model's prediction: ``period_s``, ``median_g``, ``sigma_ln`` or ``median_plus_sigma_g``.
    scenario
        Keys of :class:`gmplug.values.Scenario`. With a table it is only recorded.

    Raises
    ------
    InputError
        Options are missing, contradict one another, or cannot be used.
    """
    _check_options(sa_g, epsilon, gmm, gmm_table, scenario)
    cause = scenario_from_mapping(scenario) if scenario is not None else None
    grid, at = _with_period(np.asarray(periods_s, dtype=float), conditioning_period_s)
    if gmm is not None:
        prediction = find_model(ground_motion_models, gmm)(scenario=cause, periods_s=grid)
        source = gmm
    else:
        assert gmm_table is not None
        prediction = read_model_table(gmm_table, grid)
        source = gmm_table.name
    ln_median_star = math.log(prediction.median_g[at])
    if epsilon is None:
        assert sa_g is not None
        epsilon = (math.log(sa_g) - ln_median_star) / prediction.sigma_ln[at]
    else:
        sa_g = math.exp(ln_median_star + epsilon * prediction.sigma_ln[at])
    mean, covariance = condition(prediction, at, float(epsilon))
    keep = np.isin(grid, periods_s)
    return Target(
        periods_s=grid[keep],
        ln_mean=mean[keep],
        covariance=covariance[np.ix_(keep, keep)],
        conditioning_period_s=float(conditioning_period_s),
        sa_g=float(sa_g),
        epsilon=float(epsilon),
        description=_describe(source, float(sa_g), conditioning_period_s, float(epsilon), cause),
        scenario=cause,
        notes=prediction.notes,
    )


def condition(
    prediction: GroundMotion,
    at: int,
    epsilon: float,
    correlation: Callable[[FloatArray], FloatArray] = baker_jayaram_2008,
) -> tuple[FloatArray, FloatArray]:
    """Return mean (P,) and covariance (P, P) of ln Sa, given epsilon at one of the prediction's periods.

    Baker (2011), "Conditional mean spectrum: tool for ground-motion selection", J. Struct. Eng.
    137(3):322-331, eqs. 2-4, and the conditional covariance of the multivariate normal distribution:
    μ(T) = m(T) + ρ(T,T*) ε* σ(T); Σij = ρij σi σj − ρi* ρj* σi σj.

    Parameters
    ----------
    at
        Index of T* among the prediction's periods.
    epsilon
        ε*, the number of standard deviations of ln Sa(T*) above the median.
    correlation
        Correlation matrix (P, P) of ln Sa at the periods (P,).
    """
    rho = correlation(prediction.periods_s)
    sigma = prediction.sigma_ln
    mean = np.log(prediction.median_g) + rho[:, at] * epsilon * sigma
    covariance = (rho - np.outer(rho[:, at], rho[:, at])) * np.outer(sigma, sigma)
    covariance[at, :] = covariance[:, at] = 0.0  # exact in theory; clear of rounding
    return mean, covariance


def _check_options(
    sa_g: float | None,
    epsilon: float | None,
    gmm: str | None,
    gmm_table: Path | None,
    scenario: dict[str, Any] | None,
) -> None:
    problems = []
    if (sa_g is None) == (epsilon is None):
        problems.append(
            f"{_WHERE}: give the level of shaking at T*, sa_g = … (from the hazard) or epsilon = …"
            if sa_g is None
            else f"{_WHERE}: give either sa_g or epsilon, not both"
        )
    if (gmm is None) == (gmm_table is None):
        problems.append(
            f'{_WHERE}: give a ground-motion model, gmm = "BSSA14" with a scenario, or gmm_table = "….csv"'
            if gmm is None
            else f"{_WHERE}: give either gmm or gmm_table, not both"
        )
    if gmm is not None and scenario is None:
        problems.append(
            f"{_WHERE}: gmm '{gmm}' needs the causal earthquake; add scenario = {{ magnitude = …, "
            f'rjb_km = …, vs30_m_s = …, mechanism = "…" }}'
        )
    if sa_g is not None and not (math.isfinite(sa_g) and sa_g > 0):
        problems.append(f"{_WHERE}: sa_g must be positive, not {sa_g!r}")
    if epsilon is not None and not math.isfinite(epsilon):
        problems.append(f"{_WHERE}: epsilon must be a finite number, not {epsilon!r}")
    if problems:
        raise InputError(problems)


def _with_period(periods_s: FloatArray, period_s: float) -> tuple[FloatArray, int]:
    """The periods with one more, if it is not among them, and its index."""
    close = np.flatnonzero(np.isclose(periods_s, period_s, rtol=1e-6, atol=0.0))
    if len(close):
        return periods_s, int(close[0])
    grid = np.sort(np.append(periods_s, period_s))
    return grid, int(np.searchsorted(grid, period_s))


def _describe(
    source: str,
    sa_g: float,
    period_s: float,
    epsilon: float,
    scenario: Scenario | None,
) -> str:
    text = f"conditional spectrum, Sa({period_s:g} s) = {sa_g:.3g} g, epsilon {epsilon:.2f}, {source}"
    if scenario is not None:
        text += f", M {scenario.magnitude:g}"
        for name, value in (("Rjb", scenario.rjb_km), ("Rrup", scenario.rrup_km)):
            text += f", {name} {value:g} km" if value is not None else ""
        text += f", Vs30 {scenario.vs30_m_s:g} m/s, {scenario.mechanism}"
    return text
