"""Comparing clusterers, and case studies with known groups; see README.md beside this file.

The public names are loaded when they are first used: none costs anything before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmplug.lazy import lazy_names

_PUBLIC = {
    "CASES": "gmplug.comparison.cases",
    "make_case": "gmplug.comparison.cases",
    "simulated_base": "gmplug.comparison.cases",
    "Comparison": "gmplug.comparison.compare",
    "compare_clusterers": "gmplug.comparison.compare",
    "Plan": "gmplug.comparison.fits",
    "accuracy": "gmplug.comparison.measures",
    "agreement": "gmplug.comparison.measures",
    "centroid_gap": "gmplug.comparison.measures",
    "explained_variance": "gmplug.comparison.measures",
    "resample_agreement": "gmplug.comparison.measures",
    "bilinear_peaks": "gmplug.comparison.oscillator",
    "Responses": "gmplug.comparison.response",
    "candidate_responses": "gmplug.comparison.response",
    "compare_case": "gmplug.comparison.study",
    "compare_study": "gmplug.comparison.study",
}

__all__ = [
    "CASES",
    "Comparison",
    "Plan",
    "Responses",
    "accuracy",
    "agreement",
    "bilinear_peaks",
    "candidate_responses",
    "centroid_gap",
    "compare_case",
    "compare_clusterers",
    "compare_study",
    "explained_variance",
    "make_case",
    "resample_agreement",
    "simulated_base",
]

if TYPE_CHECKING:
    from gmplug.comparison.cases import CASES, make_case, simulated_base
    from gmplug.comparison.compare import Comparison, compare_clusterers
    from gmplug.comparison.fits import Plan
    from gmplug.comparison.measures import (
        accuracy,
        agreement,
        centroid_gap,
        explained_variance,
        resample_agreement,
    )
    from gmplug.comparison.oscillator import bilinear_peaks
    from gmplug.comparison.response import Responses, candidate_responses
    from gmplug.comparison.study import compare_case, compare_study


__getattr__ = lazy_names(__name__, _PUBLIC)
