"""How many records to take from each group and cluster."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from gmplug.errors import InputError
from gmplug.notes import doubtful
from gmplug.study.schema import SelectionSection
from gmplug.values import PULSE, UNGROUPED, Clusters, Target


@dataclass(frozen=True)
class Quotas:
    """``table``: ``group``, ``cluster``, ``candidates``, ``quota``; and notes on how it came about."""

    table: pd.DataFrame
    notes: tuple[str, ...] = ()


def nist_pulse_share(distance_km: float, epsilon: float) -> float:
    """Share of pulse-type motions: P = 1/(1 + exp(−(0.905 − 0.188 R + 1.337 ε))), R in km.

    NIST GCR 11-917-15 (2011), "Selecting and scaling earthquake ground motions for performing
    response-history analyses"; as coded by Jia & Sasani (2025). R is the closest distance to the source
    (Hayden, Bray, Abrahamson & Acevedo-Cabrera 2012, 15th World Conf. Earthq. Eng., paper 3752). For
    near-fault sites.
    """
    return 1.0 / (1.0 + math.exp(-(0.905 - 0.188 * distance_km + 1.337 * epsilon)))


def largest_remainder(count: int, sizes: Sequence[int], least: Sequence[int] = ()) -> list[int]:
    """Split ``count`` in proportion to ``sizes``: whole parts first, the rest to the largest remainders.

    Of equal remainders the larger size comes first, then the earlier one. In whole numbers, so that no
    rounding decides; no part exceeds its size where ``count`` does not exceed their sum. Parts are not
    below ``least``: the others share what is left.
    """
    total = sum(sizes)
    if count < 0 or any(size < 0 for size in sizes):
        raise ValueError("count and sizes must not be negative")
    if total == 0:
        if count:
            raise ValueError(f"{count} cannot be split in proportion to sizes that are all zero")
        return [0 for _ in sizes]
    parts = list(least) or [0 for _ in sizes]
    for _ in range(count - sum(parts)):
        most_short = max(range(len(sizes)), key=lambda i: (count * sizes[i] - total * parts[i], sizes[i], -i))
        parts[most_short] += 1
    return parts


def make_quotas(section: SelectionSection, clusters: Clusters, target: Target) -> Quotas:
    """Return the quotas of all clusters: the pulse share between groups, then in proportion to cluster sizes.

    Records of earlier batches stay: no quota is below what a cluster has given to them.

    Raises InputError where there are fewer candidates than the study needs, altogether or in a group.
    """
    table = clusters.table
    sizes = {
        str(group): part["cluster"].value_counts().sort_index() for group, part in table.groupby("group")
    }
    # pulse-type records first, as published; the others as they come
    groups = sorted(map(str, dict.fromkeys(table["group"])), key=lambda group: group != PULSE)
    available = {group: int(sizes[group].sum()) for group in groups}
    if sum(available.values()) < section.count:
        raise InputError(
            f"[selection] count: {section.count} records are asked for, but pre-selection left "
            f"{sum(available.values())} candidates; lower count, or widen the limits of [preselection]"
        )
    by_group, notes = _group_quotas(section, available, target)
    before = [name for batch in section.batches for name in batch if section.quotas != "none"]
    stay = table[table["id"].astype(str).isin(before)]
    rows = []
    for group in groups:
        least = stay[stay["group"].astype(str) == group]["cluster"].value_counts()
        if least.sum() > by_group[group]:
            raise InputError(
                f"[selection] batches: {least.sum()} records of earlier batches are of group '{group}', "
                f"whose quota is {by_group[group]}; run with --fresh to select all anew"
            )
        stated = [int(least.get(cluster, 0)) for cluster in sizes[group].index]
        quotas = largest_remainder(by_group[group], [int(size) for size in sizes[group]], stated)
        for (cluster, size), quota in zip(sizes[group].items(), quotas, strict=True):
            rows.append((group, cluster, int(size), quota))
    return Quotas(pd.DataFrame(rows, columns=["group", "cluster", "candidates", "quota"]), tuple(notes))


def as_taken(quotas: pd.DataFrame, records: pd.DataFrame) -> pd.DataFrame:
    """Return quotas (``group``, ``cluster``, ``quota``) that equal the number of records taken of each."""
    taken = records.groupby(["group", "cluster"]).size()
    of = [int(taken.get((row.group, row.cluster), 0)) for row in quotas.itertuples()]
    return quotas.assign(quota=of)


def _group_quotas(
    section: SelectionSection, available: dict[str, int], target: Target
) -> tuple[dict[str, int], list[str]]:
    stated = section.share
    source = f"share = {section.share:g}" if section.share is not None else ""
    if section.pulse is not None:
        stated = nist_pulse_share(section.pulse.distance_km, section.pulse.epsilon)
        source = (
            f"pulse = {{ distance_km = {section.pulse.distance_km:g}, "
            f"epsilon = {section.pulse.epsilon:g} }}, a share of {stated:.3f}"
        )
    if stated is not None:
        quotas, notes = _stated_quotas(section.count, stated, source, available)
        return quotas, [*notes, *_other_epsilon(section, stated, target)]
    if PULSE not in available or len(available) == 1:
        return _in_proportion(section.count, available), []
    return _default_quotas(section.count, available, target)


def _other_epsilon(section: SelectionSection, share: float, target: Target) -> list[str]:
    """A note where the target's epsilon, which each level has its own of, gives another number of records."""
    if section.pulse is None or math.isnan(target.epsilon):
        return []
    other = nist_pulse_share(section.pulse.distance_km, target.epsilon)
    if _rounded(section.count * other) == _rounded(section.count * share):
        return []
    return [
        doubtful(
            f"[selection] pulse states epsilon {section.pulse.epsilon:g}, and the target's is "
            f"{target.epsilon:.2f}, which gives a share of {other:.3f} in place of {share:.3f}; leave "
            "pulse out to follow the target"
        )
    ]


def _rounded(number: float) -> int:
    return math.floor(number + 0.5)


def _stated_quotas(
    count: int, share: float, source: str, available: dict[str, int]
) -> tuple[dict[str, int], list[str]]:
    """The share that the study states; candidates that fall short of it are an error."""
    if set(available) == {UNGROUPED}:
        note = (
            "nothing tells pulse-type candidates from others, so that the study's pulse share is not applied"
        )
        return {UNGROUPED: count}, [note]
    pulse = _rounded(count * share)
    others = {group: size for group, size in available.items() if group != PULSE}
    for name, wanted, at_hand in (
        (PULSE, pulse, available.get(PULSE, 0)),
        (" and ".join(others) or "nonpulse", count - pulse, sum(others.values())),
    ):
        if wanted > at_hand:
            raise InputError(
                f"[selection] {source}: {wanted} of {count} records must come from group '{name}', which "
                f"has {at_hand} candidates; lower count, change or leave out the pulse share, or widen the "
                f"limits of [preselection]"
            )
    quotas = _in_proportion(count - pulse, others)
    if PULSE in available:
        quotas[PULSE] = pulse
    return quotas, []


def _default_quotas(
    count: int, available: dict[str, int], target: Target
) -> tuple[dict[str, int], list[str]]:
    """The NIST share where distance and epsilon are known; else in proportion to the candidates."""
    distance_km, name = None, "Rrup"
    if target.scenario is not None:
        distance_km = target.scenario.rrup_km
        if distance_km is None:
            distance_km, name = target.scenario.rjb_km, "Rjb"
    if distance_km is None or math.isnan(target.epsilon):
        quotas = _in_proportion(count, available)
        note = (
            f"{quotas[PULSE]} of {count} records are pulse-type, in proportion to the candidates, as "
            f"distance or epsilon of the target is not known; pulse or share in [selection] changes that"
        )
        return quotas, [note]
    share = nist_pulse_share(distance_km, target.epsilon)
    others = {group: size for group, size in available.items() if group != PULSE}
    wanted = _rounded(count * share)
    pulse = max(min(wanted, available[PULSE]), count - sum(others.values()))
    notes = [
        f"{pulse} of {count} records are pulse-type: share {share:.3f} by NIST GCR 11-917-15 (2011) for the "
        f"target's {name} {distance_km:g} km and epsilon {target.epsilon:.2f}; set pulse or share in "
        f"[selection] to change that"
    ]
    if pulse != wanted:
        notes.append(f"the share would ask for {wanted} pulse-type records; the candidates allow {pulse}")
    return {PULSE: pulse} | _in_proportion(count - pulse, others), notes


def _in_proportion(count: int, available: dict[str, int]) -> dict[str, int]:
    return dict(zip(available, largest_remainder(count, list(available.values())), strict=True))
