"""The portfolio file: the table of buildings, how selections are shared, and the sections of a study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveFloat, model_validator

from gmplug.study.files import Needs, ReadFile, Remedies, read_toml, understand
from gmplug.study.schema import (
    AnalysisSection,
    AssessmentSection,
    CatalogueSection,
    ClusteringSection,
    PreselectionSection,
    SelectionSection,
    StudyFile,
    TargetSection,
    _ProviderSection,
    _Section,
)


class PortfolioSection(_Section):
    """``[portfolio]``: its name, the table of buildings, the seed of all randomness, scripts of its own."""

    name: str = "portfolio"
    buildings: str
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 1
    scripts: list[str] = Field(default_factory=list)


class SharingSection(_Section):
    """``[sharing]``: which buildings are shaken by one selection.

    ``ln_period`` and ``epsilon`` are half-widths: no building differs by more than that from T* and ε* of
    its selection. ``scenario`` has, by key of a scenario, the width of the classes within which it is one.
    """

    ln_period: NonNegativeFloat = 0.10
    epsilon: NonNegativeFloat = 0.10
    scenario: dict[str, PositiveFloat] = Field(default_factory=dict)


class TemplateSection(_ProviderSection):
    """``[structure]``: the model of all buildings, and options that the table does not state."""

    model: str = "shear-building"

    @model_validator(mode="after")
    def _no_period(self) -> Self:
        if "period_s" in self.options:
            raise ValueError("period_s belongs to each building: make it a column of the table")
        return self


class ReportSection(_Section):
    """``[report]``: drifts whose exceedance is reported, and how buildings recover.

    ``occupancy`` is HAZUS's, for buildings whose row states none; the others are those of the assessment
    ``resilience``.
    """

    drift_thresholds: tuple[PositiveFloat, ...] = (0.01, 0.02, 0.04)
    occupancy: str = "COM4"
    control_time_days: PositiveFloat = 730.0
    recovery_shape: Literal["linear", "exponential", "trigonometric"] = "linear"


#: The assessment that estimates for all candidates.
POPULATION = "population"


class Portfolio(StudyFile):
    """A whole portfolio file."""

    portfolio: PortfolioSection
    catalogue: CatalogueSection
    sharing: SharingSection = SharingSection()
    structure: TemplateSection = TemplateSection()
    target: TargetSection = TargetSection()
    preselection: PreselectionSection = PreselectionSection()
    clustering: ClusteringSection = ClusteringSection(method="kmeans")
    selection: SelectionSection = SelectionSection()
    analysis: AnalysisSection = AnalysisSection()
    assessment: AssessmentSection = AssessmentSection()
    report: ReportSection = ReportSection()

    @property
    def buildings_file(self) -> Path:
        """The table of buildings."""
        return self.base_dir / self.portfolio.buildings

    def script_paths(self) -> list[Path]:
        """Absolute paths of the portfolio's own scripts, the structure's included."""
        return self.absolute_scripts(self.portfolio.scripts, self.structure.model)


def load_portfolio(path: Path) -> Portfolio:
    """Read a portfolio file (TOML).

    Raises InputError where the file is missing, is not TOML, or a key is unknown, missing or of a wrong type.
    """
    return read_portfolio(path).whole()


def read_portfolio(path: Path) -> ReadFile[Portfolio]:
    """Read a portfolio file and keep what is wrong with single keys, so that the rest can be checked too."""
    path = Path(path)
    return understand(Portfolio, read_toml(path, "portfolio"), path.resolve(), _NEEDS, _REMEDIES)


def parse_portfolio(content: dict[str, Any], path: Path | None = None) -> Portfolio:
    """Check the content of a portfolio file; see :func:`load_portfolio`."""
    return understand(Portfolio, content, path, _NEEDS, _REMEDIES).whole()


_NEEDS: Needs = {("portfolio", "buildings"): "buildings.csv", ("catalogue", "provider"): "simulated"}
_TABLE = 'name the table, buildings = "buildings.csv"'
_REMEDIES: Remedies = {"portfolio": _TABLE, "portfolio.buildings": _TABLE}
