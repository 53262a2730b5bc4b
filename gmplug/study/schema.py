"""The study file: every section with the types and defaults of its keys.

Sections that name a provider keep the provider's options as further keys (``options``). They are checked
against the provider's parameters.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    field_validator,
    model_validator,
)

from gmplug.demands import DRIFT
from gmplug.host.options import wants_number
from gmplug.values import FloatArray

#: Points of the default period grid; as in Jia & Sasani (2025).
DEFAULT_GRID_POINTS = 200
#: Ground-motion models do not reach below this period, s.
SHORTEST_PERIOD_S = 0.01
#: Numbers of clusters to try at most: the time grows with the third power.
MOST_CLUSTERS = 50


class _Checked(BaseModel):
    """A section that refuses ``true`` as a number."""

    @model_validator(mode="before")
    @classmethod
    def _no_truth_for_numbers(cls, values: Any) -> Any:
        for name, value in values.items() if isinstance(values, dict) else ():
            field = cls.model_fields.get(name)
            if isinstance(value, bool) and field is not None and wants_number(field.annotation):
                raise ValueError(f"{name}: a number is expected, not {str(value).lower()}")
        return values


class _Section(_Checked):
    """A section without options of a provider."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="constants")


class StudyFile(_Section):
    """The content of a study or portfolio file. Relative paths start at the folder of ``path``."""

    path: Path | None = Field(default=None, exclude=True)

    @property
    def base_dir(self) -> Path:
        """The folder where relative paths start."""
        return self.path.parent if self.path is not None else Path.cwd()

    def absolute_scripts(self, scripts: list[str], model: str | None) -> list[Path]:
        """Return the absolute paths of scripts, with the model if it is one."""
        names = [*scripts, model] if model is not None and model.endswith(".py") else scripts
        return [(self.base_dir / name).resolve() for name in names]


class _ProviderSection(_Checked):
    """A section whose further keys are the options of a provider."""

    model_config = ConfigDict(extra="allow", frozen=True, ser_json_inf_nan="constants")

    @property
    def options(self) -> dict[str, Any]:
        """The options of the provider."""
        return dict(self.model_extra or {})


class StudySection(_Section):
    """``[study]``: name, seed of all randomness, scripts, and quantities that may be outside the physically
    possible range (``gmplug.plausible``). The report shows ``project`` and ``prepared_by``."""

    name: str = "study"
    project: str = ""
    prepared_by: str = ""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 1
    scripts: list[str] = Field(default_factory=list)
    accept: list[str] = Field(default_factory=list)


class CatalogueSection(_ProviderSection):
    """``[catalogue]``: where records come from. There is no default."""

    provider: str


class StructureSection(_ProviderSection):
    """``[structure]``: conditioning period T*, and a model by its name or the path of a script.

    ``buildings`` has further options by name where a selection is for several; portfolios set it.
    """

    period_s: PositiveFloat
    model: str | None = None
    buildings: dict[str, dict[str, Any]] = Field(default_factory=dict)


class PeriodGrid(_Section):
    """Evenly spaced periods, both ends included, s."""

    start: PositiveFloat
    stop: PositiveFloat
    step: PositiveFloat

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.stop < self.start:
            raise ValueError(f"stop ({self.stop}) must not be below start ({self.start})")
        return self

    def periods_s(self) -> FloatArray:
        """Shape (P,), s."""
        count = round((self.stop - self.start) / self.step) + 1
        return np.round(self.start + self.step * np.arange(count), 9)


class TargetSection(_ProviderSection):
    """``[target]``: the spectrum to match, and the period grid of the study."""

    provider: str = "conditional-spectrum"
    periods_s: PeriodGrid | list[PositiveFloat] | None = None


class PreselectionSection(_ProviderSection):
    """``[preselection]``: the options of all installed filters, side by side."""


class ClusteringSection(_Section):
    """``[clustering]``: method, options, most clusters to try, what becomes of noise, and what is clustered.

    ``features``: those of the method, ``"spectra"``; the responses of the structure's surrogate; or both.
    """

    method: str = "cae-kmeans"
    options: dict[str, Any] = Field(default_factory=dict)
    k_max: Annotated[int, Field(ge=1, le=MOST_CLUSTERS)] = 10
    noise: Literal["refuse", "nearest", "cluster"] = "refuse"
    features: Literal["spectra", "surrogate", "both"] = "spectra"


class PulseShare(_Section):
    """Distance and epsilon for the share of pulse-type motions (NIST GCR 11-917-15, 2011)."""

    distance_km: Annotated[float, Field(ge=0)]
    epsilon: float


class SelectionSection(_ProviderSection):
    """``[selection]``: number of records, method, share of pulse-type records, and quotas.

    ``batches`` has the ids of records that stay, in the order they were added; ``[assessment] accuracy``
    sets it.
    """

    method: str = "optimised"
    count: Annotated[int, Field(ge=2)] = 20
    pulse: PulseShare | None = None
    share: Annotated[float, Field(ge=0, le=1)] | None = None
    quotas: Literal["clusters", "groups", "none"] = "clusters"
    batches: list[list[str]] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_share(self) -> Self:
        if self.pulse is not None and self.share is not None:
            raise ValueError("give either pulse or share, not both")
        return self


class MotionsSection(_ProviderSection):
    """``[motions]``: how the selected records become the accelerograms that excite the model."""

    provider: str = "scaled"


class AnalysisSection(_Section):
    """``[analysis]``: how the structure is analyzed under the selected motions."""

    workers: PositiveInt | None = None
    executor: str = "processes"
    executor_options: dict[str, Any] = Field(default_factory=dict)
    timeout_s: PositiveFloat | None = None
    memory_limit_mb: PositiveFloat | None = None
    damping: Annotated[float, Field(ge=0, lt=1)] = 0.05
    component: Literal["h1", "h2", "both"] = "h1"
    scaling: Literal["auto", "record", "excitation"] = "auto"
    orientation: Literal["recorded", "pulse"] = "recorded"
    vertical: bool = False
    solver: dict[str, Any] = Field(default_factory=dict)
    time_step_s: PositiveFloat | None = None
    free_vibration_s: Annotated[float, Field(ge=0)] | None = None
    histories: bool | list[str] = False

    @property
    def kept_histories(self) -> bool | tuple[str, ...]:
        """True for all response histories, False for none, or names."""
        return self.histories if isinstance(self.histories, bool) else tuple(self.histories)


class AssessmentSection(_ProviderSection):
    """``[assessment]``: tables and pictures of the demands, and how accurate they shall be.

    With ``accuracy`` gmplug adds ``accuracy_batch`` records at a time until the standard error of the ln
    median of the demand ``accuracy_of`` is no larger, or ``accuracy_most`` are analyzed.
    """

    provider: str = "demand-summary"
    accuracy: PositiveFloat | None = None
    accuracy_of: str = DRIFT
    accuracy_batch: PositiveInt = 4
    accuracy_most: PositiveInt | None = None


class LevelSection(_ProviderSection):
    """``[[levels]]``: one hazard level. Its further keys replace those of ``[target]``.

    ``annual_rate`` (of exceedance, 1/yr) or ``return_period_years`` sets the rate. Without ``sa_g`` and
    ``epsilon``, ``sa_g`` is read from the hazard curve at that rate.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=60)]
    sa_g: PositiveFloat | None = None
    epsilon: float | None = None
    annual_rate: PositiveFloat | None = None
    return_period_years: PositiveFloat | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.sa_g is not None and self.epsilon is not None:
            raise ValueError("give either sa_g or epsilon, not both")
        if self.annual_rate is not None and self.return_period_years is not None:
            raise ValueError("give either annual_rate or return_period_years, not both")
        if self.sa_g is None and self.epsilon is None and self.rate is None:
            raise ValueError("give sa_g, epsilon, or a rate to read sa_g from [risk] hazard_curve")
        return self

    @property
    def rate(self) -> float | None:
        """Annual rate of exceedance, 1/yr; None if not given."""
        if self.return_period_years is not None:
            return 1.0 / self.return_period_years
        return self.annual_rate


class IdaSection(_Section):
    """``[ida]``: incremental dynamic analysis of the selected records by hunt and fill; Sa(T*) in g."""

    first_g: PositiveFloat = 0.05
    step_g: PositiveFloat = 0.10
    increment_g: Annotated[float, Field(ge=0)] = 0.05
    resolution: Annotated[float, Field(gt=0, lt=1)] = 0.10
    runs: Annotated[int, Field(ge=3)] = 12


class CloudSection(_Section):
    """``[cloud]``: the selected records at given scale factors; 1 means unscaled."""

    factors: Annotated[list[PositiveFloat], Field(min_length=1)] = [1.0]


class RiskSection(_ProviderSection):
    """``[risk]``: assessments of the demands of all levels; the options of each are in ``[risk.NAME]``.

    ``extrapolate`` continues the hazard curve beyond its ends for a level there. ``site_lon_lat`` (degrees)
    chooses one of its sites.
    """

    assess: list[str] = Field(default_factory=lambda: ["fragility", "risk"])
    hazard_curve: str | None = None
    extrapolate: bool = False
    site_lon_lat: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _tables(self) -> Self:
        for name, value in (self.model_extra or {}).items():
            if not isinstance(value, dict):
                raise ValueError(
                    f"unknown option '{name}'; known: assess, hazard_curve, extrapolate, site_lon_lat, "
                    f"and tables [risk.NAME]"
                )
        if len(set(self.assess)) != len(self.assess):
            raise ValueError("assess names one twice")
        if self.hazard_curve is None and (self.extrapolate or self.site_lon_lat):
            raise ValueError("extrapolate and site_lon_lat belong to a hazard_curve; name one")
        return self

    def options_of(self, name: str) -> dict[str, Any]:
        """The options in ``[risk.NAME]``."""
        return dict(self.options.get(name, {}))


class Study(StudyFile):
    """A whole study."""

    study: StudySection = StudySection()
    catalogue: CatalogueSection
    structure: StructureSection
    target: TargetSection = TargetSection()
    preselection: PreselectionSection = PreselectionSection()
    clustering: ClusteringSection = ClusteringSection()
    selection: SelectionSection = SelectionSection()
    motions: MotionsSection = MotionsSection()
    analysis: AnalysisSection = AnalysisSection()
    assessment: AssessmentSection = AssessmentSection()
    levels: list[LevelSection] = Field(default_factory=list)
    ida: IdaSection | None = None
    cloud: CloudSection | None = None
    risk: RiskSection = RiskSection()
    stages: dict[str, dict[str, Any]] = Field(default_factory=dict)  # options of other packages' stages

    @model_validator(mode="after")
    def _one_sampling(self) -> Self:
        given = [name for name in ("levels", "ida", "cloud") if getattr(self, name)]
        if len(given) > 1:
            raise ValueError(f"give only one of {' and '.join(given)}")
        if self.assessment.accuracy is not None and (self.ida or self.cloud):
            raise ValueError("[assessment] accuracy needs one level or [[levels]]; leave it out")
        return self

    @field_validator("levels")
    @classmethod
    def _distinct(cls, levels: list[LevelSection]) -> list[LevelSection]:
        names = [level.name.casefold() for level in levels]
        repeated = [name for name in names if names.count(name) > 1]
        if repeated:
            raise ValueError(f"the name '{repeated[0]}' occurs twice; give each level its own name")
        return levels

    @property
    def many_levels(self) -> bool:
        """Whether the structure is analyzed at more than one level of shaking."""
        return bool(self.levels or self.ida or self.cloud)

    @property
    def conditioning_period_s(self) -> float:
        """T*, s."""
        return self.structure.period_s

    def script_paths(self) -> list[Path]:
        """Absolute paths of the study's own scripts, the structure's included."""
        return self.absolute_scripts(self.study.scripts, self.structure.model)

    def periods_s(self) -> FloatArray:
        """The period grid, s, shape (P,), increasing, T* included.

        The default is 200 even steps up to 2 T*, as published for T* = 1 s.
        """
        t_star = self.conditioning_period_s
        stated = self.target.periods_s
        if isinstance(stated, PeriodGrid):
            grid = stated.periods_s()
        elif stated is not None:
            grid = np.unique(np.asarray(stated, dtype=float))
        else:
            even = 2.0 * t_star * np.arange(1, DEFAULT_GRID_POINTS + 1) / DEFAULT_GRID_POINTS
            grid = np.round(even[even >= SHORTEST_PERIOD_S * (1 - 1e-9)], 9)
        if not any(math.isclose(t_star, t, rel_tol=1e-6) for t in grid):
            grid = np.sort(np.append(grid, t_star))
        return grid
