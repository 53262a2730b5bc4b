"""The kinds of providers: the hook that offers them, and what gmplug gives to each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ProviderKind:
    """A kind of provider: ``hook`` returns them by name; ``given`` are parameters that are not options.

    ``referenced`` kinds may be offered as ``"module:attribute"`` texts, and need not be callable.
    """

    hook: str
    singular: str
    given: frozenset[str]
    referenced: bool = False


def _kind(plural: str, singular: str, *given: str) -> ProviderKind:
    return ProviderKind(f"gmplug_{plural}", singular, frozenset(given))


KINDS: Mapping[str, ProviderKind] = {
    "catalogues": _kind("catalogues", "catalogue", "periods_s", "seed", "workers", "cache_dir", "progress"),
    "ground_motion_models": _kind("ground_motion_models", "ground-motion model", "scenario", "periods_s"),
    "correlations": _kind("correlations", "correlation", "periods_s", "other_periods_s"),
    "targets": _kind(
        "targets", "target", "periods_s", "conditioning_period_s", "ground_motion_models", "correlations"
    ),
    "filters": _kind("filters", "filter", "records", "periods_s", "conditioning_period_s", "kept"),
    "clusterers": _kind(
        "clusterers", "clusterer", "random_state", "periods_s", "conditioning_period_s", "trained"
    ),
    "selectors": _kind(
        "selectors", "selector", "candidates", "target", "clusters", "quotas", "seed", "workers", "progress"
    ),
    "motions": _kind(
        "motions",
        "provider of motions",
        "selection",
        "target",
        "motions",
        "out_dir",
        "seed",
        "workers",
        "progress",
    ),
    "structures": _kind("structures", "structure", "ops", "damping_ratio", "conditioning_period_s"),
    "executors": _kind("executors", "executor", "workers", "timeout_s", "memory_limit_mb"),
    "assessments": _kind("assessments", "assessment", "demands", "selection", "target"),
    "risk_assessments": _kind(
        "risk_assessments",
        "risk assessment",
        "demands",
        "hazard",
        "before",
        "seed",
        "workers",
        "out_dir",
        "progress",
    ),
    "exporters": _kind("exporters", "export format", "motions", "run_dir", "out_dir", "study"),
    "stages": ProviderKind("gmplug_stages", "stage", frozenset({"context"}), referenced=True),
    "commands": ProviderKind("gmplug_commands", "command", frozenset(), referenced=True),
}


@dataclass(frozen=True)
class Registry:
    """A registry that plugins extend: ``hook`` returns entries, told apart by their attribute ``key``."""

    hook: str
    singular: str
    key: str


REGISTRIES: Mapping[str, Registry] = {
    "intensity_measures": Registry("gmplug_intensity_measures", "intensity measure", "column"),
    "demands": Registry("gmplug_demands", "demand", "name"),
}
