"""The study in plain sentences: what was done, the quality of the match, and what to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from gmplug.notes import counted
from gmplug.report.demand_columns import critical_story, drift_statistics
from gmplug.report.style import group_title
from gmplug.report.tables import is_missing
from gmplug.values import Candidates, Catalogue, Clusters, Demands, Motions, Selection, Target, lacks_file

#: A median or dispersion off by more is pointed out.
TOLERANCE = 0.10
#: Below this mean silhouette there is no substantial structure (Kaufman & Rousseeuw 1990, table 4).
WEAK_SILHOUETTE = 0.25
#: One earthquake supplying more than this share of the records is pointed out.
EVENT_SHARE = 0.25
#: Scale factors outside 1/4 ... 4 are pointed out (NIST GCR 11-917-15, 2011).
SCALE_LIMIT = 4.0


@dataclass(frozen=True)
class Parts:
    """The values of the chain that are there; None for what is not."""

    catalogue: Catalogue | None = None
    candidates: Candidates | None = None
    target: Target | None = None
    clusters: Clusters | None = None
    selection: Selection | None = None
    motions: Motions | None = None
    demands: Demands | None = None
    assessment: Any = None
    others: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Parts:
        """Pick the known stages out of ``values``; ``others`` are those of other packages."""
        known = [name for name in cls.__dataclass_fields__ if name != "others"]
        others = {name: value for name, value in values.items() if name not in (*known, "report")}
        return cls(**{name: values.get(name) for name in known}, others=others)

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes of all values, each once."""
        values = [getattr(self, name) for name in self.__dataclass_fields__ if name != "others"]
        values += self.others.values()
        return tuple(dict.fromkeys(note for value in values for note in getattr(value, "notes", ())))

    @property
    def simulated(self) -> bool:
        """True where the records, or some of them, are not nature's."""
        return self.catalogue is not None and self.catalogue.simulated


def percent(value: float, digits: int = 0) -> str:
    """A ratio as per cent."""
    return f"{100 * value:.{digits}f} %"


def sentences(parts: Parts) -> list[str]:
    """What was done and how it came out, a sentence or two per stage."""
    said = [_records_sentence(parts), _clusters_sentence(parts), _match_sentence(parts)]
    said += _analyses_sentences(parts)
    return [sentence for sentence in said if sentence]


def _records_sentence(parts: Parts) -> str:
    target = parts.target
    goal = ""
    if target is not None:
        what = target.description or "the target spectrum"
        level = target.scaled_to.text
        goal = what if "Sa(" in what or level in what else f"{what}, {level}"
    pool = f" of {len(parts.candidates.records)} candidates" if parts.candidates is not None else ""
    if parts.candidates is not None and parts.catalogue is not None:
        pool += f" (from {counted(len(parts.catalogue.records), 'record')} in the catalogue)"
    if parts.selection is not None:
        follow = f" were selected to follow this target: {goal}." if goal else " were selected."
        return f"{len(parts.selection.records)}{pool}{follow}"
    if parts.candidates is not None:
        return f"Pre-selection left{pool.removeprefix(' of')}. Target: {goal or 'none yet'}."
    return f"The target: {goal}." if goal else ""


def _clusters_sentence(parts: Parts) -> str:
    if parts.clusters is None:
        return ""
    said = []
    for group, clustering in parts.clusters.groups.items():
        sizes = ", ".join(map(str, clustering.sizes))
        silhouette = clustering.silhouette
        score = f", mean silhouette {silhouette:.2f}" if np.isfinite(silhouette) else ""
        plural = "s" if clustering.k != 1 else ""
        said.append(f"{group_title(group)}: {clustering.k} cluster{plural} of {sizes}{score}")
    return f"The candidates were clustered by {parts.clusters.method}. {'; '.join(said)}."


def _match_sentence(parts: Parts) -> str:
    selection = parts.selection
    if selection is None:
        return ""
    dispersion = f", the dispersion within {percent(selection.max_sigma_error, 1)}"
    if parts.target is not None and parts.target.mean_only:
        dispersion = " (the target states no dispersion)"
    return (
        f"The selected median stays within {percent(selection.max_median_error, 1)} of the target's at every "
        f"period{dispersion}; E = {selection.error:.3f}."
    )


def _analyses_sentences(parts: Parts) -> list[str]:
    if parts.demands is None:
        return []
    table = parts.demands.table
    counts = table["status"].value_counts()
    listed = ", ".join(f"{count} {status}" for status, count in counts.items())
    said = [f"{len(table)} nonlinear analyses: {listed}."]
    statistics = drift_statistics(table)
    fit = statistics.fit
    if fit.n:
        story = critical_story(table)
        where = f", the largest in story {story}" if story is not None else ""
        low, median, high = (percent(value, 2) for value in (fit.fractile(-1), fit.median, fit.fractile(1)))
        said.append(
            f"Of those that ended ok, the largest story drift has a median of {median} "
            f"({_spread(fit.n, low, high)}){where}."
        )
    return said


def _spread(count: int, low: str, high: str) -> str:
    return f"16th–84th percentile {low}–{high}" if count > 1 else "of one analysis"


def attention(parts: Parts) -> list[str]:
    """What deserves a second look before the results are used; empty where nothing stands out."""
    found: list[str] = []
    if parts.simulated:
        found.append("The records are simulated: good for trying things out, not for design.")
    if parts.clusters is not None:
        found += _weak_clusters(parts.clusters)
    if parts.selection is not None:
        found += _match_findings(parts)
        found += _record_findings(parts.selection, parts.target)
    if parts.demands is not None:
        found += _analysis_findings(parts.demands)
    return found


def _weak_clusters(clusters: Clusters) -> list[str]:
    return [
        f"{group_title(group)}: mean silhouette {c.silhouette:.2f}; below {WEAK_SILHOUETTE} the clusters "
        "hardly stand apart, so read the quotas as a way to spread the selection."
        for group, c in clusters.groups.items()
        if c.k > 1 and c.silhouette < WEAK_SILHOUETTE
    ]


def _match_findings(parts: Parts) -> list[str]:
    selection, target = parts.selection, parts.target
    if selection is None or target is None or len(selection.ln_sa) < 2 or not selection.aims_at_target:
        return []
    found = []
    median = np.abs(np.expm1(selection.ln_sa.mean(axis=0) - target.ln_mean))
    if selection.max_median_error > TOLERANCE:
        period = target.periods_s[int(np.argmax(median))]
        found.append(
            f"The selected median is up to {percent(selection.max_median_error)} off the target's "
            f"(at {period:g} s): more candidates or wider pre-selection would help."
        )
    if selection.max_sigma_error > TOLERANCE:
        found.append(
            f"The selected dispersion is up to {percent(selection.max_sigma_error)} off the target's: "
            "see the plot for the periods (those next to T*, where the target hardly disperses, do not "
            "count)."
        )
    return found


def _record_findings(selection: Selection, target: Target | None) -> list[str]:
    records, found = selection.records, []
    factors = records["scale_factor"].astype(float)
    far = int(((factors > SCALE_LIMIT) | (factors < 1 / SCALE_LIMIT)).sum())
    if far:
        found.append(f"{far} of {len(records)} scale factors lie outside 0.25–4.")
    if "event" in records:
        events = records["event"][~records["event"].map(is_missing)].value_counts()
        if len(events) and events.iloc[0] > max(2, EVENT_SHARE * len(records)):
            found.append(
                f"{events.iloc[0]} of {len(records)} records are from one earthquake ({events.index[0]}); "
                "max_per_event in [preselection] limits that."
            )
    if target is not None and "max_usable_period_s" in records:
        usable = pd.to_numeric(records["max_usable_period_s"], errors="coerce")
        short = int((usable < target.periods_s[-1] * (1 - 1e-9)).sum())
        if short:
            found.append(
                f"{short} selected records are usable to less than {target.periods_s[-1]:g} s, the longest "
                "period of the target."
            )
    return found


def missing_waveforms(selection: Selection) -> list[str]:
    """Ids of the selected records whose waveforms are not at hand."""
    return [str(name) for name in selection.records["id"][lacks_file(selection.records)]]


def _analysis_findings(demands: Demands) -> list[str]:
    found = []
    statistics = drift_statistics(demands.table)
    bad = demands.table[~demands.table["status"].isin(["ok", "collapsed"])]
    if len(bad):
        names = ", ".join(str(name) for name in bad["id"][:5]) + (" …" if len(bad) > 5 else "")
        found.append(
            f"{len(bad)} of {len(demands.table)} analyses did not finish ({names}): they have no result for "
            "the structure and are in no statistic. Their messages are below."
        )
    if statistics.collapsed:
        found.append(
            f"{statistics.collapsed} of {len(demands.table)} analyses collapsed: "
            "medians of demands are of the others."
        )
    return found
