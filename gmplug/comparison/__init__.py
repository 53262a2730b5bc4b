"""Comparing clusterers, and case studies with known groups; see README.md beside this file."""

from gmplug.comparison.cases import CASES, make_case, simulated_base
from gmplug.comparison.compare import Comparison, compare_clusterers
from gmplug.comparison.fits import Plan
from gmplug.comparison.response import CandidateResponses, oscillator_responses
from gmplug.comparison.study import ComparedStudy, compare_case, compare_study

__all__ = [
    "CASES", "CandidateResponses", "ComparedStudy", "Comparison", "Plan", "compare_case",
    "compare_clusterers", "compare_study", "make_case", "oscillator_responses", "simulated_base",
]  # fmt: skip
