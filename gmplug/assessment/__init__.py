"""Assessments: statistics of the responses."""

from gmplug.assessment.lognormal import (
    Lognormal,
    exceedance_with_collapse,
    fit_by_moments,
    median_with_collapse,
)
