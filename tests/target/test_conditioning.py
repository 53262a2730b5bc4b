"""Targets given several causes, AvgSa, or nothing: against simulation and closed forms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from gmplug.errors import InputError
from gmplug.target import baker_jayaram_2008, pygmm_models
from gmplug.target.mixture import Moments, measure_moments
from gmplug.values import GroundMotion, Scenario
from tests.support.targets import avgsa_conditional, conditional_spectrum, unconditional

PERIODS = np.array([0.2, 0.5, 1.0, 2.0])
SITE = {"vs30_m_s": 400.0, "mechanism": "strike-slip"}
NEAR = {"magnitude": 6.2, "rjb_km": 8.0, "rrup_km": 8.5}
FAR = {"magnitude": 7.6, "rjb_km": 50.0, "rrup_km": 50.5}
DRAWS = 400_000


def model(offset: float, sigma: float) -> Any:
    """A model simple enough to be written down again in a test."""

    def predict(scenario: Scenario, periods_s: np.ndarray) -> GroundMotion:
        assert scenario.rjb_km is not None
        level = -2.0 + 0.9 * (scenario.magnitude - 6) - 1.1 * math.log(scenario.rjb_km / 10 + 1) + offset
        shape = -0.6 * np.log(periods_s) ** 2 + 0.5 * (scenario.magnitude - 6) * np.log(periods_s)
        return GroundMotion(periods_s, np.exp(level + shape), sigma + 0.05 * periods_s)

    return predict


MODELS = {"low": model(-0.2, 0.5), "high": model(0.3, 0.65)}


def sample(
    causes: list[tuple[float, dict[str, Any], str]], periods: np.ndarray, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """ln Sa drawn from causes by weight, and which cause each draw is of."""
    rng = np.random.default_rng(seed)
    weights = np.array([weight for weight, _, _ in causes])
    which = rng.choice(len(causes), size=DRAWS, p=weights / weights.sum())
    drawn = np.empty((DRAWS, len(periods)))
    rho = baker_jayaram_2008(periods)
    for index, (_, scenario, name) in enumerate(causes):
        mine = which == index
        prediction = MODELS[name](Scenario(**{**SITE, **scenario}), periods)
        covariance = rho * np.outer(prediction.sigma_ln, prediction.sigma_ln)
        drawn[mine] = rng.multivariate_normal(np.log(prediction.median_g), covariance, size=int(mine.sum()))
    return drawn, which


def assert_like_sample(target: Any, kept: np.ndarray) -> None:
    """Means and covariances within four standard errors of a sample's, and a little for its finite band."""
    assert len(kept) > 3_000
    error = kept.std(axis=0) / math.sqrt(len(kept))
    assert np.all(np.abs(kept.mean(axis=0) - target.ln_mean) < 4 * error + 0.004)
    np.testing.assert_allclose(np.cov(kept.T), target.covariance, atol=0.02)


def test_exact_spectrum_is_that_of_simulated_earthquakes() -> None:
    """Earthquakes by rate, models by logic tree; those kept whose Sa(1 s) lies near the level."""
    causes = [
        (rate * weight, scenario, name)
        for rate, scenario in ((0.02, NEAR), (0.004, FAR))
        for name, weight in (("low", 0.4), ("high", 0.6))
    ]
    drawn, which = sample(causes, PERIODS)
    kept = np.abs(drawn[:, 2] - math.log(0.35)) < 0.05
    target = conditional_spectrum(
        PERIODS, 1.0, MODELS, sa_g=0.35, gmm={"low": 0.4, "high": 0.6}, weights="rate", scenario=SITE,
        scenarios=[{"weight": 0.02, **NEAR}, {"weight": 0.004, **FAR}],
    )  # fmt: skip
    assert_like_sample(target, drawn[kept])
    far = np.mean(np.isin(which[kept], [2, 3]))
    assert target.scenario is not None
    assert target.scenario.magnitude == pytest.approx(6.2 + 1.4 * far, abs=0.03)
    assert target.sigma_ln[2] == 0.0


def test_contributions_are_kept_and_shared_among_models() -> None:
    """The same, told by the contributions that a disaggregation of those earthquakes states."""
    shares = {"gmm": {"low": 0.4, "high": 0.6}, "scenario": SITE, "sa_g": 0.35}
    by_rate = conditional_spectrum(
        PERIODS, 1.0, MODELS, weights="rate",
        scenarios=[{"weight": 0.02, **NEAR}, {"weight": 0.004, **FAR}], **shares,  # type: ignore[arg-type]
    )  # fmt: skip
    assert by_rate.scenario is not None
    far = (by_rate.scenario.magnitude - 6.2) / 1.4
    told = conditional_spectrum(
        PERIODS, 1.0, MODELS, scenarios=[{"weight": 1 - far, **NEAR}, {"weight": far, **FAR}],
        **shares,  # type: ignore[arg-type]
    )  # fmt: skip
    np.testing.assert_allclose(told.ln_mean, by_rate.ln_mean, atol=1e-9)
    np.testing.assert_allclose(told.covariance, by_rate.covariance, atol=1e-9)


def test_methods_by_hand() -> None:
    """Lin et al. (2013): mean and sigma of methods 2, 3 and 4 written out for one period."""
    a, period = math.log(0.35), np.array([0.5, 1.0])
    rho = float(baker_jayaram_2008(period)[0, 1])

    def given(scenario: dict[str, Any], name: str) -> tuple[float, float, float]:
        prediction = MODELS[name](Scenario(**{**SITE, **scenario}), period)
        m, s = np.log(prediction.median_g), prediction.sigma_ln
        epsilon = (a - m[1]) / s[1]
        density = math.exp(-0.5 * epsilon**2) / s[1]
        return m[0] + rho * epsilon * s[0], s[0] * math.sqrt(1 - rho**2), density

    def mixed(parts: list[tuple[float, float, float]]) -> tuple[float, float]:
        total = sum(p for p, _, _ in parts)
        mean = sum(p * m for p, m, _ in parts) / total
        variance = sum(p * (s**2 + (m - mean) ** 2) for p, m, s in parts) / total
        return mean, math.sqrt(variance)

    weights, contributions = {"low": 0.4, "high": 0.6}, [(0.7, NEAR), (0.3, FAR)]
    joint = {}
    for j, (p, scenario) in enumerate(contributions):
        densities = {k: w * given(scenario, k)[2] for k, w in weights.items()}
        joint |= {(j, k): p * d / sum(densities.values()) for k, d in densities.items()}
    exact = mixed([(p, *given(contributions[j][1], k)[:2]) for (j, k), p in joint.items()])

    def mean_of(shares: list[float]) -> dict[str, Any]:
        return {key: np.average([s[key] for _, s in contributions], weights=shares) for key in NEAR}

    per_model = mixed(
        [(joint[0, k] + joint[1, k], *given(mean_of([joint[0, k], joint[1, k]]), k)[:2]) for k in weights]
    )
    one = mixed([(w, *given(mean_of([0.7, 0.3]), k)[:2]) for k, w in weights.items()])
    for method, expected in (("exact", exact), ("approximate-by-model", per_model), ("approximate", one)):
        target = conditional_spectrum(
            period, 1.0, MODELS, sa_g=0.35, gmm=weights, method=method, scenario=SITE,  # type: ignore[arg-type]
            scenarios=[{"weight": p, **scenario} for p, scenario in contributions],
        )  # fmt: skip
        assert target.ln_mean[0] == pytest.approx(expected[0], abs=1e-12)
        assert target.sigma_ln[0] == pytest.approx(expected[1], abs=1e-12)
        assert method in target.description


def test_with_one_cause_all_methods_are_the_spectrum_of_baker() -> None:
    scenario = {**SITE, **NEAR}
    plain = conditional_spectrum(PERIODS, 1.0, MODELS, sa_g=0.35, gmm="low", scenario=scenario)
    for method in ("exact", "approximate", "approximate-by-model"):
        same = conditional_spectrum(
            PERIODS, 1.0, MODELS, sa_g=0.35, gmm={"low": 2.0}, method=method, scenario=SITE,  # type: ignore[arg-type]
            scenarios=[{"weight": 5, **NEAR}],
        )  # fmt: skip
        np.testing.assert_allclose(same.ln_mean, plain.ln_mean, atol=1e-12)
        np.testing.assert_allclose(same.covariance, plain.covariance, atol=1e-12)


def test_avgsa_spectrum_is_that_of_simulated_motions() -> None:
    at = np.array([0.2, 0.5, 1.0, 1.5, 2.0])
    drawn, _ = sample([(1.0, NEAR, "high")], at)
    average = drawn.mean(axis=1)
    level = float(np.quantile(average, 0.8))
    kept = np.abs(average - level) < 0.03
    target = avgsa_conditional(
        at,
        1.0,
        MODELS,
        avgsa_g=math.exp(level),
        avgsa_periods_s=list(at),
        gmm="high",
        scenario={**SITE, **NEAR},
    )
    assert_like_sample(target, drawn[kept])
    # Records scaled to it agree in AvgSa, and in no single period.
    assert target.ln_mean.mean() == pytest.approx(level, abs=1e-12)
    assert np.ones(5) @ target.covariance @ np.ones(5) == pytest.approx(0.0, abs=1e-12)
    assert target.sigma_ln.min() > 0.1
    assert target.scaled_to.ln_level == pytest.approx(level)
    assert target.epsilon == pytest.approx((level - average.mean()) / average.std(), abs=0.01)


def test_avgsa_moments_are_those_of_openquake() -> None:
    """Expected values of OpenQuake's tests of GenericGmpeAvgSA (GENERIC_GMPE_AVGSA_..._BAKER_JAYARAM.csv).

    Boore & Atkinson (2008), strike-slip, M 7, Rjb 10 km, Vs30 800 m/s: the model's σ at the five periods,
    and its ln medians computed from the paper's coefficients.
    """
    periods = np.array([0.05, 0.15, 1.0, 2.0, 4.0])
    sigma = np.array([0.589, 0.594, 0.647, 0.700, 0.698])
    ln_median = np.array([-1.266058, -0.671327, -1.798544, -2.524233, -3.402317])
    moments = Moments(ln_median, baker_jayaram_2008(periods) * np.outer(sigma, sigma))
    mean, std = measure_moments(moments, np.full(5, 0.2))
    assert mean == pytest.approx(-1.9324959252188851, abs=1e-6)
    assert std == pytest.approx(0.47833264863430697, rel=1e-12)


def test_avgsa_moments_in_closed_form() -> None:
    """Baker & Cornell (2006): mean of the means; variance (1/n²) ΣΣ ρ σ σ."""
    periods = np.array([0.5, 1.0, 1.5])
    prediction = MODELS["low"](Scenario(**{**SITE, **NEAR}), periods)
    rho, s = baker_jayaram_2008(periods), prediction.sigma_ln
    variance = sum(rho[i, j] * s[i] * s[j] for i in range(3) for j in range(3)) / 9
    target = avgsa_conditional(
        PERIODS, 1.0, MODELS, epsilon=1.2, avgsa_range_s=(0.5, 1.5), avgsa_count=3, gmm="low",
        scenario={**SITE, **NEAR},
    )  # fmt: skip
    expected = np.log(prediction.median_g).mean() + 1.2 * math.sqrt(variance)
    assert target.scaled_to.ln_level == pytest.approx(expected, abs=1e-12)
    np.testing.assert_array_equal(target.periods_s, PERIODS)  # 1.5 s served the measure only


def test_avgsa_at_one_period_is_the_conditional_spectrum() -> None:
    options: dict[str, Any] = {"gmm": "low", "scenario": {**SITE, **NEAR}}
    average = avgsa_conditional(PERIODS, 1.0, MODELS, avgsa_g=0.4, avgsa_periods_s=[1.0], **options)
    plain = conditional_spectrum(PERIODS, 1.0, MODELS, sa_g=0.4, **options)
    np.testing.assert_allclose(average.ln_mean, plain.ln_mean, atol=1e-12)
    np.testing.assert_allclose(average.covariance, plain.covariance, atol=1e-12)


def test_unconditional_spectrum_is_that_of_simulated_motions() -> None:
    causes = [
        (0.7 * 0.5, NEAR, "low"),
        (0.7 * 0.5, NEAR, "high"),
        (0.3 * 0.5, FAR, "low"),
        (0.15, FAR, "high"),
    ]
    drawn, _ = sample(causes, PERIODS)
    target = unconditional(
        PERIODS, 1.0, MODELS, gmm=["low", "high"], scenario=SITE,
        scenarios=[{"weight": 0.7, **NEAR}, {"weight": 0.3, **FAR}],
    )  # fmt: skip
    assert_like_sample(target, drawn)
    assert len(target.scaled_to.periods_s) == 0
    scaled = unconditional(
        np.array([0.1, 0.2, 1.0, 2.0, 3.0]),
        1.0,
        MODELS,
        gmm="low",
        scenario={**SITE, **NEAR},
        scaling="range",
    )
    assert scaled.scaled_to.name == "mean of Sa over 0.2-2 s"


def test_published_models_in_a_logic_tree() -> None:
    """Between the targets of the models alone, and nearer to the one that explains the level better."""
    models = pygmm_models()
    scenario = {**SITE, **NEAR, "rx_km": 8.0, "dip_deg": 90.0, "depth_to_top_km": 0.0, "width_km": 12.0,
                "hypocentral_depth_km": 8.0}  # fmt: skip
    grid = np.array([0.1, 0.5, 1.0, 2.0])
    alone = {
        name: conditional_spectrum(grid, 1.0, models, sa_g=0.5, gmm=name, scenario=scenario)
        for name in ("BSSA14", "CY14")
    }
    both = conditional_spectrum(grid, 1.0, models, sa_g=0.5, gmm=list(alone), scenario=scenario)
    low = np.minimum(alone["BSSA14"].ln_mean, alone["CY14"].ln_mean)
    high = np.maximum(alone["BSSA14"].ln_mean, alone["CY14"].ln_mean)
    assert np.all((both.ln_mean >= low - 1e-12) & (both.ln_mean <= high + 1e-12))
    assert "0.5 BSSA14 + 0.5 CY14" in both.description


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"epsilon": 1.0, "sa_g": None, "scenarios": [{"weight": 1, **NEAR}, {"weight": 1, **FAR}]},
         "epsilon is that of one scenario"),
        ({"scenarios": [{**NEAR}, {"weight": 1, **FAR}]}, "number 1: weight is missing"),
        ({"scenarios": [{"weight": -1, **NEAR}, {"weight": 1, **FAR}]}, "-1 is not a positive number"),
        ({"scenarios": []}, "scenarios is empty"),
        ({"gmm": {"low": 0.0}, "scenario": {**SITE, **NEAR}}, "weight 0.0 is not a positive number"),
        ({"gmm": ["low", "none"], "scenario": {**SITE, **NEAR}}, "unknown ground-motion model 'none'"),
        ({"scenarios": [{"weight": 1, "magnitud": 7}]}, "number 1: unknown option 'magnitud'"),
        ({"correlation": "none", "scenario": {**SITE, **NEAR}}, "unknown correlation 'none'"),
    ],
)  # fmt: skip
def test_causes_that_cannot_be(options: dict[str, Any], line: str) -> None:
    given = {"sa_g": 0.3, "gmm": "low", "scenario": SITE, **options}
    with pytest.raises(InputError, match=line):
        conditional_spectrum(PERIODS, 1.0, MODELS, **given)
