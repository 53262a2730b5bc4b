"""Ground-motion predictions and the target of a selection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from gmplug.notes import warning
from gmplug.values.arrays import FloatArray, check_periods


@dataclass(frozen=True)
class Scenario:
    """An earthquake scenario at a site.

    For None the ground-motion model uses its own default, which its notes state; a model without one raises.
    """

    magnitude: float
    rjb_km: float | None = None
    rrup_km: float | None = None
    rx_km: float | None = None
    ry0_km: float | None = None
    vs30_m_s: float | None = None
    mechanism: str = "unspecified"
    dip_deg: float | None = None
    depth_to_top_km: float | None = None
    hypocentral_depth_km: float | None = None
    width_km: float | None = None
    z1_0_km: float | None = None
    z2_5_km: float | None = None
    region: str | None = None


@dataclass(frozen=True)
class GroundMotion:
    """A ground-motion model's prediction: median (g) and logarithmic standard deviation, shape (P,) each.

    ``tau_ln`` and ``phi_ln`` are the between- and within-event parts, if the model has them. ``measures`` are
    ln median and σ of other intensity measures, by column name (``pga_g``, ``pgv_cm_s``). ``component`` is
    the definition of Sa: ``"RotD50"``, ``"geometric mean"``, ...; empty if unknown. ``notes`` are for the
    user, one line each, such as a scenario outside the model's limits.
    """

    periods_s: FloatArray
    median_g: FloatArray
    sigma_ln: FloatArray
    tau_ln: FloatArray | None = None
    phi_ln: FloatArray | None = None
    notes: tuple[str, ...] = ()
    measures: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    component: str = ""


@dataclass(frozen=True)
class Scaling:
    """The conditioning measure that every record is scaled to: ln IM = Σ_j w_j ln Sa(T_j).

    Sa(T*) is w = 1 at T*; AvgSa, the geometric mean of Sa at n periods, has w = 1/n. A record's factor is
    exp(``ln_level`` − Σ_j w_j ln Sa(T_j)), with the weights' sum 1. Without periods, records are not scaled.

    Parameters
    ----------
    periods_s
        T_j, shape (K,), s, increasing.
    weights
        w_j, shape (K,); their sum is 1.
    ln_level
        ln of the measure's value (g).
    name
        For people: ``"Sa(1 s)"``, ``"AvgSa(0.2-2 s)"``.
    """

    periods_s: FloatArray
    weights: FloatArray
    ln_level: float
    name: str

    def __post_init__(self) -> None:
        if self.periods_s.shape != self.weights.shape:
            raise ValueError(f"scaling: {len(self.periods_s)} periods, but {len(self.weights)} weights")
        if len(self.periods_s):
            check_periods(self.periods_s, "scaling")
            if abs(float(np.sum(self.weights)) - 1.0) > 1e-9:
                raise ValueError(f"scaling: the weights' sum is {np.sum(self.weights)}, not 1")

    @property
    def text(self) -> str:
        """The measure and its value."""
        return f"{self.name} = {np.exp(self.ln_level):.3g} g" if len(self.periods_s) else self.name

    def ln_factors(self, ln_sa: FloatArray) -> FloatArray:
        """ln of the scale factors, shape (N,), of records with ln Sa (N, K) at the measure's periods."""
        if not len(self.periods_s):
            return np.zeros(len(ln_sa))
        return np.asarray(self.ln_level - ln_sa @ self.weights, dtype=float)


@dataclass(frozen=True)
class Measures:
    """Distribution of intensity measures besides Sa that a selection matches: multivariate normal in ln.

    Parameters
    ----------
    names
        Columns of the records: ``pga_g``, ``pgv_cm_s``, ``duration_5_75_s``, ...; length M.
    ln_mean
        Mean of their ln, shape (M,).
    covariance
        Covariance of their ln, shape (M, M).
    weights
        Weight of each in a selection, shape (M,).
    cross_covariance
        Covariance of their ln with ln Sa at the target's periods, shape (M, P).
    """

    names: tuple[str, ...]
    ln_mean: FloatArray
    covariance: FloatArray
    weights: FloatArray
    cross_covariance: FloatArray | None = None

    def __post_init__(self) -> None:
        m = len(self.names)
        shapes = (self.ln_mean.shape, self.covariance.shape, self.weights.shape)
        if shapes != ((m,), (m, m), (m,)):
            raise ValueError(f"measures: ln_mean, covariance and weights of {m} names have shapes {shapes}")

    @property
    def sigma_ln(self) -> FloatArray:
        """Standard deviations, shape (M,)."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))


@dataclass(frozen=True)
class AcceptanceCheck:
    """A code's requirement on a set of scaled motions; the selection says whether it is met.

    Parameters
    ----------
    name
        The requirement and its clause.
    least_ratio
        Least ratio of the set's arithmetic mean Sa to ``spectrum_g`` at all periods between ``periods_s``.
    periods_s
        First and last period, s.
    spectrum_g
        The code's spectrum, g, shape (P,), at the target's periods.
    least_count
        Least number of motions.
    """

    name: str
    least_ratio: float | None = None
    periods_s: tuple[float, float] | None = None
    spectrum_g: FloatArray | None = None
    least_count: int | None = None


@dataclass(frozen=True)
class CheckOutcome:
    """Outcome of an :class:`AcceptanceCheck`; ``detail`` says where it is not met, or what would help."""

    name: str
    passed: bool
    value: float
    limit: float
    detail: str = ""

    @property
    def note(self) -> str:
        """The outcome in one line; a check that is not met is a warning."""
        if self.passed:
            return f"met: {self.name} ({self.detail})"
        return warning(f"NOT met: {self.name} ({self.detail})")


@dataclass(frozen=True)
class Target:
    """Distribution of spectra that a selection matches: multivariate normal in ln Sa.

    Parameters
    ----------
    periods_s
        Shape (P,), s.
    ln_mean
        Mean of ln Sa (g), shape (P,).
    covariance
        Covariance of ln Sa, shape (P, P); singular at the conditioning period of a conditional spectrum.
    conditioning_period_s
        Period T* at which records are scaled, s.
    sa_g
        Sa at T* to which records are scaled, g; with ``scaling``, the median at T*.
    epsilon
        Standard deviations by which ``sa_g`` exceeds the ground-motion model's median at T*; NaN if unknown.
    description
        One line, shown in reports.
    scenario
        The causal scenario, if known.
    notes
        For the user, one line each.
    scaling
        The conditioning measure, if it is not Sa(T*) = ``sa_g``.
    mean_only
        True for a target without dispersion (a code's spectrum): sets are matched to the mean alone.
    component
        Definition of Sa, such as ``"RotD100"``; empty if not stated. Records of another definition are
        converted; see gmplug/spectra/components.py.
    code_component
        Definition of Sa of the code's own spectrum, if ``component`` is another: RotD100 of ASCE 7.
    checks
        Requirements of a code on the selected set.
    measures
        Further intensity measures to match.
    """

    periods_s: FloatArray
    ln_mean: FloatArray
    covariance: FloatArray
    conditioning_period_s: float
    sa_g: float
    epsilon: float = float("nan")
    description: str = ""
    scenario: Scenario | None = None
    notes: tuple[str, ...] = ()
    scaling: Scaling | None = None
    mean_only: bool = False
    component: str = ""
    code_component: str = ""
    checks: tuple[AcceptanceCheck, ...] = ()
    measures: Measures | None = None

    def __post_init__(self) -> None:
        check_periods(self.periods_s, "target")
        p = len(self.periods_s)
        if self.ln_mean.shape != (p,) or self.covariance.shape != (p, p):
            raise ValueError(
                f"target: ln_mean {self.ln_mean.shape} and covariance {self.covariance.shape} "
                f"must have shapes ({p},) and ({p}, {p})"
            )

    @property
    def sigma_ln(self) -> FloatArray:
        """Standard deviation of ln Sa, shape (P,)."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))

    @property
    def median_g(self) -> FloatArray:
        """Median Sa, g, shape (P,)."""
        return np.exp(self.ln_mean)

    @property
    def scaled_to(self) -> Scaling:
        """The conditioning measure: ``scaling``, or Sa(T*)."""
        if self.scaling is not None:
            return self.scaling
        t_star = self.conditioning_period_s
        return Scaling(np.array([t_star]), np.ones(1), float(np.log(self.sa_g)), f"Sa({t_star:g} s)")
