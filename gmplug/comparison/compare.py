"""Comparing clusterers on one set of candidates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gmplug.clustering.groups import Clusterer, share_of_progress
from gmplug.clustering.metrics import quality
from gmplug.comparison.cases import TRUTH
from gmplug.comparison.fits import GroupFits, Plan, fit_groups
from gmplug.comparison.isolation import fit_in_own_process
from gmplug.comparison.measures import (
    accuracy,
    agreement,
    centroid_gap,
    explained_variance,
    resample_agreement,
)
from gmplug.comparison.response import PEAK, CandidateResponses
from gmplug.errors import InputError
from gmplug.measures import measures
from gmplug.measures.records import scaled_values
from gmplug.report.charts.clusters import principal_components
from gmplug.values import Candidates, FloatArray, IntArray, Progress, no_progress, rows_by_group

if TYPE_CHECKING:
    from gmplug.host import Host

#: Fits of one method, all groups; the largest resident set of its process, MiB.
_MethodFits = tuple[dict[str, GroupFits], float]


@dataclass(frozen=True)
class Comparison:
    """The result of a comparison.

    Parameters
    ----------
    table
        One row per group and method, see README.md for the columns.
    fits
        The fits behind each row, by (group, method).
    agreement
        By group: adjusted Rand index between the methods' clusters of the first seed, methods that failed
        left out.
    responses
        Nonlinear response of the candidates, if it was computed.
    candidates
        Those that were clustered.
    components
        First two principal components of the features, shape (n, 2), and their shares of the variance, by
        (group, method).
    notes
        One line each.
    """

    table: pd.DataFrame
    fits: Mapping[tuple[str, str], GroupFits]
    agreement: Mapping[str, pd.DataFrame]
    responses: CandidateResponses | None
    candidates: Candidates = field(repr=False)
    components: Mapping[tuple[str, str], tuple[FloatArray, tuple[float, float]]] = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def groups(self) -> list[str]:
        """Names of the groups."""
        return list(dict.fromkeys(group for group, _ in self.fits))

    @property
    def methods(self) -> list[str]:
        """Names of the methods, failed ones included."""
        return list(dict.fromkeys(method for _, method in self.fits))


def compare_clusterers(
    candidates: Candidates,
    conditioning_period_s: float,
    host: Host,
    *,
    clusterers: Sequence[str] = (),
    options: Mapping[str, Mapping[str, Any]] | None = None,
    k_max: int = 10,
    plan: Plan | None = None,
    truth: str | None = None,
    known_k: bool = False,
    responses: CandidateResponses | None = None,
    base_dir: Path | None = None,
    scripts: Sequence[Path] = (),
    isolated: bool = True,
    progress: Progress = no_progress,
) -> Comparison:
    """Fit clusterers on every group of candidates and measure their clusters.

    Parameters
    ----------
    clusterers
        Names; all installed ones if empty.
    options
        Options by clusterer; each has its own defaults otherwise.
    truth
        Column of the candidates' records with the group each truly belongs to; ``true_group`` if there is
        one.
    known_k
        Give every clusterer the true number of groups.
    isolated
        Each clusterer in a process of its own: its memory is measured, and its crash costs its row only.
    scripts
        The study's scripts, for that process.

    Raises
    ------
    InputError
        An unknown clusterer or column. A clusterer that fails has a row with the reason.
    """
    plan = plan or Plan()
    names = list(dict.fromkeys(clusterers)) or list(host.providers("clusterers"))
    truths = _truths(candidates, truth, known_k)
    periods_s = candidates.periods_s
    groups = rows_by_group(candidates.records["group"])
    told = candidates.records.drop(columns=[truth or TRUTH, TRUTH], errors="ignore")
    data = {g: (candidates.ln_sa[m], told.iloc[m]) for g, m in groups.items()}
    known = (
        {g: len(np.unique(truths[m])) for g, m in groups.items()} if known_k and truths is not None else None
    )
    given = {"periods_s": periods_s, "conditioning_period_s": conditioning_period_s}
    found: dict[str, _MethodFits] = {}
    for number, name in enumerate(names):
        own = (options or {}).get(name, {})
        made = Clusterer(name, host.provider("clusterers", name), own, given, k_max, base_dir)
        shown = share_of_progress(progress, name, number / len(names), 1 / len(names))
        if isolated:
            found[name] = fit_in_own_process(made, data, plan, known, list(scripts), shown)
        else:
            found[name] = fit_groups(made, data, plan, known, shown), float("nan")
    fits = {(g, name): found[name][0][g] for g in groups for name in names}
    measure = _Measure(candidates, conditioning_period_s, truths, responses)
    rows = [measure.row(g, name, groups[g], fits[g, name], found[name][1]) for g in groups for name in names]
    notes = [note for fit in fits.values() for note in fit.notes]
    table = pd.DataFrame(rows)
    if "k" in table:
        table["k"] = table["k"].astype("Int64")  # whole numbers also beside a method that has none
    return Comparison(
        table,
        fits,
        {g: _between_methods(g, names, fits) for g in groups},
        responses,
        candidates,
        {
            key: principal_components(fit.clustering.features)
            for key, fit in fits.items()
            if fit.clustering is not None
        },
        (*(responses.notes if responses else ()), *notes),
    )


def _truths(candidates: Candidates, column: str | None, known_k: bool) -> np.ndarray | None:
    """The true group of each candidate as text, shape (N,), or None."""
    records = candidates.records
    if column is not None and column not in records:
        raise InputError(
            f"--truth: the candidates have no column '{column}'; they have: {', '.join(map(str, records))}"
        )
    column = column or (TRUTH if TRUTH in records else None)
    if column is None:
        if known_k:
            raise InputError("--known-k: the true groups are not known; name their column with --truth")
        return None
    values = records[column]
    if values.isna().any() or (values.astype(str).str.strip() == "").any():
        raise InputError(
            f"--truth: column '{column}' is empty for some candidates; fill it in or leave it out"
        )
    return values.astype(str).to_numpy()


def _between_methods(
    group: str, names: Sequence[str], fits: Mapping[tuple[str, str], GroupFits]
) -> pd.DataFrame:
    labels = {n: fit.labels for n in names if (fit := fits[group, n].clustering) is not None}
    values = [[1.0 if a == b else agreement([labels[a], labels[b]]) for b in labels] for a in labels]
    return pd.DataFrame(values, index=list(labels), columns=list(labels), dtype=float)


@dataclass(frozen=True)
class _Measure:
    candidates: Candidates
    conditioning_period_s: float
    truths: np.ndarray | None
    responses: CandidateResponses | None

    def row(
        self, group: str, method: str, members: IntArray, fits: GroupFits, peak_mib: float
    ) -> dict[str, Any]:
        row: dict[str, Any] = {
            "group": group,
            "method": method,
            "status": "ok" if fits.clustering is not None else "failed",
            "reason": fits.problem,
            "records": len(members),
        }
        if fits.clustering is None:
            return row
        clustering, ln_sa = fits.clustering, self.candidates.ln_sa[members]
        own = quality(clustering.features, clustering.labels)
        row |= {
            "k": clustering.k,
            "k_by_seed": _joined(int(labels.max()) for labels in fits.by_seed),
            "k_by_resample": _joined(int(labels.max()) for _, labels in fits.resampled),
            "sizes": _joined(clustering.sizes),
            **own,
            "silhouette_ln_sa": quality(ln_sa, clustering.labels)["silhouette"],
            "agreement_seeds": agreement(fits.by_seed),
            "agreement_resamples": resample_agreement(fits.resampled),
        }
        if self.truths is not None:
            each = [accuracy(self.truths[members], labels) for labels in fits.by_seed]
            row |= {"accuracy": float(np.mean(each)), "accuracy_worst": min(each)}
        row |= self._meaning(members, ln_sa, clustering.labels, "")
        if fits.at_two is not None:
            row["sizes_k2"] = _joined(np.sort(np.bincount(fits.at_two)[1:])[::-1])
            row |= self._meaning(members, ln_sa, fits.at_two, "_k2")
        row |= {
            "wall_s": float(np.median(fits.wall_s)),
            "cpu_s": float(np.median(fits.cpu_s)),
            "peak_mib": peak_mib,
        }
        return row

    def _meaning(
        self, members: IntArray, ln_sa: FloatArray, labels: IntArray, suffix: str
    ) -> dict[str, float]:
        """Separation of the centroids, and shares of the variance of intensity measures and response."""
        gap = centroid_gap(ln_sa, labels, self.candidates.periods_s, self.conditioning_period_s)
        found = {f"gap_ln_sa{suffix}": gap}
        records = self.candidates.records.iloc[members]
        for name in measures():
            if name in records and pd.api.types.is_numeric_dtype(records[name]):
                scaled = scaled_values(records, name)
                found[f"eta2_{name}{suffix}"] = explained_variance(np.log(scaled), labels)
        if self.responses is not None:
            for column, values in self.responses.values.iloc[members].items():
                ratio = str(column).removeprefix(PEAK)
                shown = np.log(values.to_numpy(dtype=float))
                found[f"eta2_r{ratio}{suffix}"] = explained_variance(shown, labels)
        return found


def _joined(numbers: Iterator[int] | Sequence[int] | IntArray) -> str:
    return " ".join(str(int(n)) for n in numbers)
