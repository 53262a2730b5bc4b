"""Case studies with known groups, made from any set of spectra by a fixed recipe; see README.md.

The groups are put in at periods T in proportion to T*, as shifts of ln Sa that do not depend on what the base
spectra look like elsewhere, so that nothing but those periods tells the groups apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.values import NONPULSE, PULSE, Candidates, FloatArray, IntArray, Progress, no_progress

#: Column of the candidates' records that holds the group each one truly belongs to: 1, 2, ...
TRUTH = "true_group"
#: Seed of the published tables.
CASE_SEED = 2025

#: Share of a late-splitting group's records that lie at its level, clearly apart from the others.
_CLEAR_SHARE = 0.25
#: The others lie up to this share of the gap between two levels off their own: at least 0.3 of it remains.
_SPREAD = 0.35


@dataclass(frozen=True)
class Case:
    """A recipe.

    Parameters
    ----------
    name
        As in ``gmplug compare --case``.
    about
        One line.
    group
        Which base records it takes: ``pulse`` or ``nonpulse`` (any where the base does not say).
    sizes
        Records in group 1, 2, ...
    levels
        Where the groups lie, in units of ``gap``.
    gap
        Distance of two levels, ln Sa.
    shape
        ``shape(T / T*)``, the share of a shift at each period: 0 where the groups are alike.
    paired
        Every group is made of the same base records: of a draw four times as large those whose spectra beyond
        T* are nearest to the median. Else each record is drawn and used once.
    """

    name: str
    about: str
    group: str
    sizes: tuple[int, ...]
    levels: tuple[float, ...]
    gap: float
    shape: Callable[[FloatArray], FloatArray]
    paired: bool = False

    @property
    def base_records(self) -> int:
        """Base records that are needed."""
        return max(self.sizes) if self.paired else sum(self.sizes)


def rise(ratio: FloatArray, low: float, high: float) -> FloatArray:
    """Smooth step from 0 at ``low`` to 1 at ``high``: 3x² − 2x³."""
    x = np.clip((ratio - low) / (high - low), 0.0, 1.0)
    return x * x * (3.0 - 2.0 * x)


CASES: Mapping[str, Case] = {
    case.name: case
    for case in (
        Case(
            "modified",
            "12 motions in three versions: as they are, and with their spectrum beyond T* halved and doubled",
            NONPULSE,
            (12, 12, 12),
            (0.0, 1.0, -1.0),
            float(np.log(2.0)),
            lambda ratio: rise(ratio, 1.0, 1.5),
            paired=True,
        ),
        Case(
            "late-split",
            "36 non-pulse-type spectra in groups of 12, 4 and 20 that part only between 1.5 and 2 T*",
            NONPULSE,
            (12, 4, 20),
            (0.0, 1.0, -1.0),
            1.0,
            lambda ratio: rise(ratio, 1.5, 1.75),
        ),
        Case(
            "late-split-pulse",
            "24 pulse-type spectra in groups of 8, 3 and 13 that part more and more from 1.5 to 2 T*",
            PULSE,
            (8, 3, 13),
            (0.0, 1.0, -1.0),
            1.2,
            lambda ratio: rise(ratio, 1.5, 2.0),
        ),
    )
}


def make_case(
    name: str,
    ln_sa: FloatArray,
    periods_s: FloatArray,
    metadata: pd.DataFrame,
    *,
    conditioning_period_s: float = 1.0,
    seed: int = CASE_SEED,
    gap: float | None = None,
) -> Candidates:
    """Make a case study from base spectra.

    Parameters
    ----------
    name
        One of :data:`CASES`.
    ln_sa
        ln Sa (g) of the base records, shape (N, P); scaled to their median at T* here.
    periods_s
        Shape (P,), s, reaching 2 T*.
    metadata
        N rows with ``id`` and ``group``; magnitude, distance, ... are passed on, files of waveforms are not.
    conditioning_period_s
        T*, s.
    seed
        Another seed draws other base records and positions within the groups.
    gap
        Distance of two groups, ln Sa, instead of the recipe's: smaller is harder.

    Returns
    -------
    Candidates whose records have the column ``true_group``; in random order.

    Raises
    ------
    InputError
        Unknown case, too few base records, or periods that end before 2 T*.
    """
    case = _case(name)
    if gap is not None:
        case = replace(case, gap=gap)
    ratio = np.asarray(periods_s, dtype=float) / conditioning_period_s
    if ratio[-1] < 2.0 * (1 - 1e-6) or ratio[0] >= 1.0:
        raise InputError(
            f"case '{name}': needs spectra at periods up to 2 T* = {2 * conditioning_period_s:g} s"
        )
    rng = np.random.default_rng([seed, sorted(CASES).index(name)])
    at_t_star = np.array([np.interp(1.0, ratio, row) for row in ln_sa])
    scaled = ln_sa - at_t_star[:, None] + float(np.median(at_t_star))
    base = _base(case, scaled[:, ratio >= 1.0], metadata, rng)
    spectra = scaled[base]
    truth = np.repeat(np.arange(1, len(case.sizes) + 1), case.sizes)
    shifted = (
        _modified(case, spectra, truth, ratio, rng)
        if case.paired
        else _split(case, spectra, truth, ratio, rng)
    )
    order = rng.permutation(len(truth))
    records = metadata.iloc[base[order]].reset_index(drop=True)
    records = records.drop(columns=[c for c in records if str(c).startswith("file_")])
    versions = [
        f"{i}-{t}" if case.paired else str(i) for i, t in zip(records["id"], truth[order], strict=True)
    ]
    records = records.assign(id=versions, group=case.group, scale_factor=1.0, **{TRUTH: truth[order]})
    return Candidates(records, np.asarray(periods_s, dtype=float), shifted[order], _no_funnel())


def _case(name: str) -> Case:
    if name not in CASES:
        raise InputError(f"unknown case '{name}'; known: {', '.join(CASES)}")
    return CASES[name]


def _base(case: Case, beyond: FloatArray, metadata: pd.DataFrame, rng: np.random.Generator) -> IntArray:
    """Positions of the base records, one for each record of the case; ``beyond``: spectra from T* on."""
    groups = metadata["group"].to_numpy()
    named = bool(np.isin(groups, (PULSE, NONPULSE)).any())
    usable = np.flatnonzero(groups == case.group) if named else np.arange(len(groups))
    if len(usable) < case.base_records:
        kind = f"{case.group} " if named else ""
        raise InputError(
            f"case '{case.name}': needs {case.base_records} {kind}records to start from, "
            f"but there are {len(usable)}"
        )
    if not case.paired:
        return rng.choice(usable, case.base_records, replace=False)
    drawn = rng.choice(usable, min(4 * case.base_records, len(usable)), replace=False)
    far = np.square(beyond[drawn] - np.median(beyond[usable], axis=0)).sum(axis=1)
    chosen = drawn[np.argsort(far)[: case.base_records]]
    return np.tile(chosen, len(case.sizes))


def _modified(
    case: Case, spectra: FloatArray, truth: IntArray, ratio: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Shift each version by its level, with a tenth of it as scatter."""
    level = case.gap * np.array(case.levels)[truth - 1]
    shift = level * (1.0 + 0.1 * rng.standard_normal(len(truth)))
    return spectra + shift[:, None] * case.shape(ratio)


def _split(
    case: Case, spectra: FloatArray, truth: IntArray, ratio: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """Move each spectrum, where the shape rises to 1, to a place in its group's band.

    What it had there of its own is taken off first: its mean difference from the median spectrum, weighted by
    the shape.
    """
    shape = case.shape(ratio)
    own = (spectra - np.median(spectra, axis=0)) @ shape / shape.sum()
    place = np.array(case.levels)[truth - 1]
    for group, size in enumerate(case.sizes, start=1):
        off = rng.uniform(-_SPREAD, _SPREAD, size)
        off[: round(_CLEAR_SHARE * size)] = 0.0
        place[truth == group] += off
    return spectra + (case.gap * place - own)[:, None] * shape


def _no_funnel() -> pd.DataFrame:
    return pd.DataFrame(columns=["filter", "reason", "removed", "removed_alone", "unknown", "remaining"])


def simulated_base(
    folder: Path,
    *,
    count: int = 200,
    workers: int = 1,
    progress: Progress = no_progress,
) -> Candidates:
    """Base spectra of the simulated catalogue, on 200 even periods up to 2 T* = 2 s, unscaled.

    Parameters
    ----------
    folder
        The catalogue's waveforms are kept here, and read again the next time.
    count
        Records to simulate.
    """
    from gmplug.host import Host

    periods_s = np.round(2.0 * np.arange(1, 201) / 200, 9)
    folder.mkdir(parents=True, exist_ok=True)
    catalogue = Host(entry_points=False).provider("catalogues", "simulated")(
        periods_s=periods_s, seed=CASE_SEED, workers=workers, cache_dir=folder, progress=progress, count=count
    )
    records = catalogue.records.assign(scale_factor=1.0)
    return Candidates(records, catalogue.periods_s, np.log(catalogue.sa_g), _no_funnel())
