"""The values that stages hand to one another: frozen, plain, checked when they are made.

Units throughout: periods in s, spectral accelerations in g (5 %-damped pseudo-acceleration unless said
otherwise), distances in km, Vs30 in m/s. ``ln_sa`` is the natural logarithm of Sa in g.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gmplug.constants import STANDARD_GRAVITY_M_S2
from gmplug.notes import doubtful, warning

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

#: Called by a stage as ``progress(done, total, message)`` while it works; shown by whoever runs the chain.
Progress = Callable[[float, float, str], None]

#: Group of records for which nothing says whether they are pulse-type.
UNGROUPED = "all"
PULSE = "pulse"
NONPULSE = "nonpulse"

#: Columns of a catalogue's ``records`` that gmplug knows besides those of the intensity measures (see
#: gmplug/measures); a catalogue may carry others along.
RECORD_COLUMNS: Mapping[str, str] = {
    "id": "unique name of the record (text)",
    "group": "pulse, nonpulse, or all where that is not known",
    "event": "earthquake (text)",
    "station": "recording station (text)",
    "magnitude": "moment magnitude",
    "rjb_km": "Joyner-Boore distance, km",
    "rrup_km": "closest distance to the rupture, km",
    "vs30_m_s": "time-averaged shear-wave velocity of the top 30 m, m/s",
    "mechanism": "strike-slip, normal, reverse, normal-oblique, reverse-oblique, or unspecified",
    "max_usable_period_s": "longest period the record's filter leaves usable, s",
    "pulse_period_s": "period of the velocity pulse, s",
    "file_h1": "waveform file of the first horizontal component (empty: not at hand)",
    "file_h2": "waveform file of the second horizontal component (empty: single component)",
    "file_v": "waveform file of the vertical component",
    "time_step_s": "time step, s, for waveform files that do not state one",
    "units": "unit of acceleration of waveform files that do not state one (text)",
}

MECHANISMS = ("strike-slip", "normal", "reverse", "normal-oblique", "reverse-oblique", "unspecified")


def no_progress(done: float, total: float, message: str) -> None:
    """Show nothing: the default for stages that are called on their own."""


def _check_periods(periods_s: FloatArray, where: str) -> None:
    if periods_s.ndim != 1 or len(periods_s) == 0:
        raise ValueError(f"{where}: periods_s must be one-dimensional and not empty")
    if not np.all(np.isfinite(periods_s)) or np.any(periods_s <= 0) or np.any(np.diff(periods_s) <= 0):
        raise ValueError(f"{where}: periods_s must be positive and increasing")


@dataclass(frozen=True)
class Motion:
    """The waveforms of one record.

    Parameters
    ----------
    time_step_s
        Sampling interval, s.
    horizontal_g
        Acceleration of the horizontal components, g, shape (1 or 2, n).
    vertical_g
        Acceleration of the vertical component, g, shape (n,), or None.
    """

    time_step_s: float
    horizontal_g: FloatArray
    vertical_g: FloatArray | None = None

    def __post_init__(self) -> None:
        if self.horizontal_g.ndim != 2 or self.horizontal_g.shape[0] not in (1, 2):
            raise ValueError(f"horizontal_g must have shape (1 or 2, n), not {self.horizontal_g.shape}")
        if not self.time_step_s > 0:
            raise ValueError(f"time_step_s must be positive, not {self.time_step_s}")


@dataclass(frozen=True)
class Catalogue:
    """Records with their unscaled response spectra.

    Parameters
    ----------
    records
        One row per record, in the order of ``sa_g``; columns of :data:`RECORD_COLUMNS` (``id`` and ``group``
        are required, unknown numbers are NaN, unknown texts empty) and any others.
    periods_s
        Periods of the spectra, s, shape (Q,), increasing.
    sa_g
        5 %-damped pseudo-spectral acceleration, g, shape (N, Q).
    component
        What the spectra are of: ``"RotD50"``, ``"single component"``, ...
    description
        One line on where the records come from, shown in reports.
    simulated
        True for records that nature did not make; every display says so.
    notes
        One line for each thing a user should know (rows left out and why, ...).
    """

    records: pd.DataFrame
    periods_s: FloatArray
    sa_g: FloatArray
    component: str
    description: str
    simulated: bool = False
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_periods(self.periods_s, "catalogue")
        missing = {"id", "group"} - set(self.records.columns)
        if missing:
            raise ValueError(f"catalogue: records lack the column(s) {', '.join(sorted(missing))}")
        if self.sa_g.shape != (len(self.records), len(self.periods_s)):
            raise ValueError(
                f"catalogue: sa_g has shape {self.sa_g.shape}, expected "
                f"({len(self.records)}, {len(self.periods_s)})"
            )
        if not np.all(np.isfinite(self.sa_g)) or np.any(self.sa_g <= 0):
            raise ValueError("catalogue: sa_g must be finite and positive")
        duplicated = self.records["id"][self.records["id"].duplicated()]
        if len(duplicated):
            raise ValueError(f"catalogue: the id {duplicated.iloc[0]!r} occurs more than once")


@dataclass(frozen=True)
class Scenario:
    """An earthquake scenario at a site.

    What is None is left to the ground-motion model's own default where it has one; its notes say which value
    it takes. A model that has none raises.
    """

    magnitude: float
    rjb_km: float | None = None
    rrup_km: float | None = None
    rx_km: float | None = None
    ry0_km: float | None = None
    vs30_m_s: float | None = None
    mechanism: str = "unspecified"
    dip_deg: float | None = None
    depth_to_top_km: float | None = None
    hypocentral_depth_km: float | None = None
    width_km: float | None = None
    z1_0_km: float | None = None
    z2_5_km: float | None = None
    region: str | None = None


@dataclass(frozen=True)
class GroundMotion:
    """A ground-motion model's prediction: median (g) and logarithmic standard deviation, shape (P,) each.

    ``tau_ln`` and ``phi_ln``, where the model has them, are the between- and within-event parts; ``measures``
    are ln median and σ of other intensity measures it predicts, by column name (``pga_g``, ``pgv_cm_s``);
    ``component`` is the definition of Sa that it predicts (``"RotD50"``, ``"geometric mean"``, ...; empty
    where that is not known); ``notes`` has one line for each thing a user should know, such as a scenario
    outside the model's limits.
    """

    periods_s: FloatArray
    median_g: FloatArray
    sigma_ln: FloatArray
    tau_ln: FloatArray | None = None
    phi_ln: FloatArray | None = None
    notes: tuple[str, ...] = ()
    measures: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    component: str = ""


@dataclass(frozen=True)
class Scaling:
    """The conditioning measure that every record is scaled to: ln IM = Σ_j w_j ln Sa(T_j).

    Sa(T*) is w = 1 at T*; AvgSa, the geometric mean of Sa at n periods, has w = 1/n. A record's factor is
    exp(``ln_level`` − Σ_j w_j ln Sa(T_j)), with the weights' sum 1. Without periods, records are not scaled.

    Parameters
    ----------
    periods_s
        T_j, shape (K,), s, increasing.
    weights
        w_j, shape (K,); their sum is 1.
    ln_level
        ln of the measure's value (g).
    name
        What it is, for people: ``"Sa(1 s)"``, ``"AvgSa(0.2-2 s)"``.
    """

    periods_s: FloatArray
    weights: FloatArray
    ln_level: float
    name: str

    def __post_init__(self) -> None:
        if self.periods_s.shape != self.weights.shape:
            raise ValueError(f"scaling: {len(self.periods_s)} periods, but {len(self.weights)} weights")
        if len(self.periods_s):
            _check_periods(self.periods_s, "scaling")
            if abs(float(np.sum(self.weights)) - 1.0) > 1e-9:
                raise ValueError(f"scaling: the weights' sum is {np.sum(self.weights)}, not 1")

    @property
    def text(self) -> str:
        """The measure and its value."""
        return f"{self.name} = {np.exp(self.ln_level):.3g} g" if len(self.periods_s) else self.name

    def ln_factors(self, ln_sa: FloatArray) -> FloatArray:
        """ln of the scale factors, shape (N,), of records with ln Sa (N, K) at the measure's periods."""
        if not len(self.periods_s):
            return np.zeros(len(ln_sa))
        return np.asarray(self.ln_level - ln_sa @ self.weights, dtype=float)


@dataclass(frozen=True)
class Measures:
    """Intensity measures besides Sa that the selected motions should follow: multivariate normal in ln.

    Parameters
    ----------
    names
        Columns of the records: ``pga_g``, ``pgv_cm_s``, ``duration_5_75_s``, ...; length M.
    ln_mean
        Mean of their ln, shape (M,).
    covariance
        Covariance of their ln, shape (M, M).
    weights
        How much each counts in a selection, shape (M,).
    cross_covariance
        Covariance of their ln with ln Sa at the target's periods, shape (M, P).
    """

    names: tuple[str, ...]
    ln_mean: FloatArray
    covariance: FloatArray
    weights: FloatArray
    cross_covariance: FloatArray | None = None

    def __post_init__(self) -> None:
        m = len(self.names)
        shapes = (self.ln_mean.shape, self.covariance.shape, self.weights.shape)
        if shapes != ((m,), (m, m), (m,)):
            raise ValueError(f"measures: ln_mean, covariance and weights of {m} names have shapes {shapes}")

    @property
    def sigma_ln(self) -> FloatArray:
        """Standard deviations, shape (M,)."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))


@dataclass(frozen=True)
class AcceptanceCheck:
    """What a code asks of a set of scaled motions; whether it is met is part of the selection.

    Parameters
    ----------
    name
        What is asked, and where.
    least_ratio
        The set's mean Sa (arithmetic) divided by ``spectrum_g`` must not fall below this at any period
        between ``periods_s``.
    periods_s
        First and last period, s.
    spectrum_g
        The code's spectrum, g, shape (P,), at the target's periods.
    least_count
        The set must have so many motions.
    """

    name: str
    least_ratio: float | None = None
    periods_s: tuple[float, float] | None = None
    spectrum_g: FloatArray | None = None
    least_count: int | None = None


@dataclass(frozen=True)
class CheckOutcome:
    """How a set of motions meets an :class:`AcceptanceCheck`; ``detail`` says where, or what would help."""

    name: str
    passed: bool
    value: float
    limit: float
    detail: str = ""

    @property
    def note(self) -> str:
        """In a line; a check that is not met is a warning."""
        if self.passed:
            return f"met: {self.name} ({self.detail})"
        return warning(f"NOT met: {self.name} ({self.detail})")


@dataclass(frozen=True)
class Target:
    """The spectrum distribution that selected motions should follow: multivariate normal in ln Sa.

    Parameters
    ----------
    periods_s
        Shape (P,), s.
    ln_mean
        Mean of ln Sa (g), shape (P,).
    covariance
        Covariance of ln Sa, shape (P, P); singular at the conditioning period of a conditional spectrum.
    conditioning_period_s
        Period T* at which records are scaled, s.
    sa_g
        Sa at T* to which records are scaled, g; where ``scaling`` says otherwise, the median there.
    epsilon
        Standard deviations by which ``sa_g`` exceeds the ground-motion model's median at T*; NaN if unknown.
    description
        One line, shown in reports.
    scenario
        The causal scenario, if there is one.
    notes
        One line for each thing a user should know.
    scaling
        What records are scaled to, if it is not Sa(T*) = ``sa_g``.
    mean_only
        True where the target states no dispersion (a code's spectrum): sets are matched to the mean alone.
    component
        What its Sa is of, such as ``"RotD100"``; empty: not stated. Records of another component are
        converted to it; see gmplug/spectra/components.py.
    code_component
        What the code's own spectrum is of, where ``component`` is another: RotD100 of ASCE 7.
    checks
        What a code asks of the selected set.
    measures
        Further intensity measures to follow.
    """

    periods_s: FloatArray
    ln_mean: FloatArray
    covariance: FloatArray
    conditioning_period_s: float
    sa_g: float
    epsilon: float = float("nan")
    description: str = ""
    scenario: Scenario | None = None
    notes: tuple[str, ...] = ()
    scaling: Scaling | None = None
    mean_only: bool = False
    component: str = ""
    code_component: str = ""
    checks: tuple[AcceptanceCheck, ...] = ()
    measures: Measures | None = None

    def __post_init__(self) -> None:
        _check_periods(self.periods_s, "target")
        p = len(self.periods_s)
        if self.ln_mean.shape != (p,) or self.covariance.shape != (p, p):
            raise ValueError(
                f"target: ln_mean {self.ln_mean.shape} and covariance {self.covariance.shape} "
                f"must have shapes ({p},) and ({p}, {p})"
            )

    @property
    def sigma_ln(self) -> FloatArray:
        """Standard deviation of ln Sa, shape (P,)."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))

    @property
    def median_g(self) -> FloatArray:
        """Median Sa, g, shape (P,)."""
        return np.exp(self.ln_mean)

    @property
    def scaled_to(self) -> Scaling:
        """What records are scaled to: ``scaling``, or Sa(T*)."""
        if self.scaling is not None:
            return self.scaling
        t_star = self.conditioning_period_s
        return Scaling(np.array([t_star]), np.ones(1), float(np.log(self.sa_g)), f"Sa({t_star:g} s)")


@dataclass(frozen=True)
class Candidates:
    """The records that pre-selection left, scaled.

    Parameters
    ----------
    records
        One row per candidate: the catalogue's columns and ``scale_factor``.
    periods_s
        The study's period grid, s, shape (P,).
    ln_sa
        ln of the scaled Sa (g), shape (N, P).
    funnel
        One row per filter, in the order they ran: ``filter``, ``reason``, ``removed`` (records it was the
        first to remove), ``removed_alone`` (records it would remove by itself), ``unknown`` (records it kept
        though what it asks is not known of them), ``remaining``.
    component_notes
        How the spectra were brought to the target's horizontal component.
    """

    records: pd.DataFrame
    periods_s: FloatArray
    ln_sa: FloatArray
    funnel: pd.DataFrame
    component_notes: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """One line for each filter that had nothing to go by for some records, and on components."""
        if "unknown" not in self.funnel:
            return self.component_notes
        unchecked = self.funnel[self.funnel["unknown"] > 0]
        without = tuple(
            doubtful(
                f"filter '{row['filter']}' ({row['reason']}) had nothing to go by for {row['unknown']} of "
                f"{row['remaining']} records: they are kept unchecked"
            )
            for row in unchecked.to_dict("records")
        )
        return without + self.component_notes

    def __post_init__(self) -> None:
        if self.ln_sa.shape != (len(self.records), len(self.periods_s)):
            raise ValueError(
                f"candidates: ln_sa has shape {self.ln_sa.shape}, expected "
                f"({len(self.records)}, {len(self.periods_s)})"
            )

    def part(self, at: IntArray) -> Candidates:
        """Return the candidates at these positions, in this order."""
        return Candidates(
            self.records.iloc[at].reset_index(drop=True), self.periods_s, self.ln_sa[at], self.funnel
        )


@dataclass(frozen=True)
class GroupClustering:
    """How one group of candidates was clustered.

    Parameters
    ----------
    labels
        Cluster of each candidate of the group, 1, 2, ..., k in order of falling size, shape (n,).
    k
        Number of clusters.
    scores
        One row per number of clusters tried: ``k``, ``silhouette``, ``calinski_harabasz``,
        ``davies_bouldin`` (NaN where undefined); at least the chosen k.
    features
        What the clusterer separated: latent features, or ln Sa itself, shape (n, f).
    history
        Training history, if the method trains: columns ``phase``, ``epoch``, ``loss``, ...
    notes
        One line for each thing a user should know.
    """

    labels: IntArray
    k: int
    scores: pd.DataFrame
    features: FloatArray
    history: pd.DataFrame | None = None
    notes: tuple[str, ...] = ()

    @property
    def silhouette(self) -> float:
        """Mean silhouette at the chosen number of clusters; NaN for a single cluster."""
        row = self.scores.loc[self.scores["k"] == self.k, "silhouette"]
        return float(row.iloc[0]) if len(row) else float("nan")

    @property
    def sizes(self) -> list[int]:
        """Members of cluster 1, 2, ..., k."""
        return [int(np.sum(self.labels == c)) for c in range(1, self.k + 1)]


@dataclass(frozen=True)
class Clusters:
    """Clusters of all candidates: ``table`` has ``id``, ``group``, ``cluster`` in the candidates' order."""

    table: pd.DataFrame
    groups: Mapping[str, GroupClustering]
    method: str

    @property
    def notes(self) -> tuple[str, ...]:
        """One line for each thing a user should know, of all groups."""
        return tuple(note for group in self.groups.values() for note in group.notes)

    def part(self, at: IntArray) -> Clusters:
        """Return the clusters of the candidates at these positions, in this order.

        A cluster that none of them is in is missing.
        """
        table = self.table.iloc[at].reset_index(drop=True)
        groups = {}
        for name, group in self.groups.items():
            members = np.flatnonzero((self.table["group"] == name).to_numpy())
            rank = {int(position): row for row, position in enumerate(members)}
            rows = [rank[int(position)] for position in at if int(position) in rank]
            groups[name] = GroupClustering(
                group.labels[rows], group.k, group.scores, group.features[rows], None, group.notes
            )
        return Clusters(table, groups, self.method)


@dataclass(frozen=True)
class Choice:
    """What a selector may return in place of bare positions: why it chose so.

    Parameters
    ----------
    positions
        Positions in the candidates, shape (n,).
    notes
        One line for each thing a user should know.
    facts
        What is kept in selection.json and summary.json.
    explained
        One row per position, in their order, with whatever explains it.
    """

    positions: IntArray
    notes: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    explained: pd.DataFrame | None = None


@dataclass(frozen=True)
class Selection:
    """The selected records and how well they follow the target.

    Parameters
    ----------
    records
        One row per selected record: ``id``, ``group``, ``cluster``, ``scale_factor`` and all metadata.
    ln_sa
        ln of the scaled Sa (g) of the selected records, shape (n, P).
    quotas
        One row per group and cluster: ``group``, ``cluster``, ``candidates``, ``quota``.
    error
        E = Σ_T (mean ln Sa − μ)² + λ Σ_T (std ln Sa − σ)² over the whole period grid, λ = 1, sample std.
    max_median_error
        Largest |exp(mean ln Sa) / median − 1| over the periods.
    max_sigma_error
        Largest |std / σ − 1| over the periods where the target's σ is at least a quarter of its largest:
        next to T* a conditional spectrum's σ is nearly nil, and a ratio to it says nothing. A quarter is what
        the Baker-Jayaram correlation leaves 10 % away from T*, the spacing of the usual coarse period grids.
    notes
        One line for each thing a user should know.
    checks
        How the set meets what the target's code asks.
    facts
        What the selector says of its choice, such as the price of the quotas.
    explained
        One row per record, in their order: why it is in; see gmplug/selection/README.md.
    """

    records: pd.DataFrame
    ln_sa: FloatArray
    quotas: pd.DataFrame
    error: float
    max_median_error: float
    max_sigma_error: float
    notes: tuple[str, ...] = ()
    checks: tuple[CheckOutcome, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    explained: pd.DataFrame | None = None


@dataclass(frozen=True)
class Motions:
    """What excites the model: one row per selected record, in the selection's order.

    Parameters
    ----------
    table
        ``id``; ``file_h1``, ``file_h2``, ``file_v``, the waveform files (empty: no such component);
        ``scale_factor``, by which their accelerations are multiplied; ``time_step_s`` and ``units`` of files
        that state none. Further columns are kept.
    notes
        One line for each thing a user should know.
    tables, pictures
        For the report, by name (letters, digits, ``_`` and ``-``).
    facts
        For ``summary.json``, under ``motions``: what can be JSON.
    """

    COLUMNS: ClassVar[tuple[str, ...]] = (
        "id", "file_h1", "file_h2", "file_v", "scale_factor", "time_step_s", "units",
    )  # fmt: skip

    table: pd.DataFrame
    notes: tuple[str, ...] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def complete(self) -> Motions:
        """The same with all columns: what the table leaves out is empty, never the selection's."""
        table = self.table.reset_index(drop=True)
        for name in self.COLUMNS:
            if name in ("scale_factor", "time_step_s"):
                table[name] = table[name].astype(float) if name in table else np.nan
            else:
                table[name] = table[name].fillna("").astype(str) if name in table else ""
        others = [name for name in table if name not in self.COLUMNS]
        return replace(self, table=table[[*self.COLUMNS, *others]])

    def records(self, selection: Selection) -> pd.DataFrame:
        """Return the rows of the selection with the files and factors of the motions."""
        table = self.complete.table
        return selection.records.assign(**{name: table[name].to_numpy() for name in self.COLUMNS[1:]})


#: Length units that a model may have, by their size, m.
LENGTH_UNITS_M = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254, "ft": 0.3048}
#: Gravity is rounded, and differs from place to place, by less than this share.
GRAVITY_TOLERANCE = 0.01


@dataclass(frozen=True)
class StructureModel:
    """What an OpenSees model must say of itself so that it can be analysed and its demands recorded.

    Parameters
    ----------
    floor_nodes
        One node per floor from the base to the roof, length stories + 1.
    story_heights
        Height of each story, in the model's length unit, length stories.
    gravity
        Acceleration of gravity in the model's units: 9.80665 for metres and seconds, 386.09 for inches.
        This declares the length unit: motions are applied, and demands reported, by it. Time is in s.
        There is no default: give this or ``length_unit``.
    direction
        Degree of freedom (1-based) of the horizontal excitation and of the drifts. Where ``directions`` are
        given, it is the first of them.
    directions
        Degrees of freedom of the two horizontal directions, x and y, of a model in space: ``(1, 2)`` where
        the third axis points upwards. Drifts are reported in both. Empty: ``direction`` alone.
    vertical_direction
        Degree of freedom that points upwards, for vertical excitation; None where there is none.
    periods_s
        Natural periods at the start of the analyses, s, longest first.
    collapse_drift_ratio
        Peak story drift ratio beyond which an analysis ends as ``collapsed``.
    description
        One line, shown in reports.
    length_unit
        ``m``, ``cm``, ``mm``, ``in`` or ``ft``: declares the length unit in the place of ``gravity``.
    """

    floor_nodes: tuple[int, ...]
    story_heights: tuple[float, ...]
    gravity: float = math.nan
    direction: int = 1
    periods_s: tuple[float, ...] = ()
    collapse_drift_ratio: float = 0.10
    description: str = ""
    directions: tuple[int, ...] = ()
    vertical_direction: int | None = None
    length_unit: str = ""

    def __post_init__(self) -> None:
        self._settle_unit()
        if self.directions:
            object.__setattr__(self, "direction", self.directions[0])
        if len(self.directions) > 2:
            raise ValueError(f"directions are one or two horizontal ones, not {self.directions}")
        used = [*self.horizontal_directions, self.vertical_direction]
        if len(set(used)) != len(used) or any(d is not None and d < 1 for d in used):
            raise ValueError(f"directions must be different degrees of freedom, counted from 1, not {used}")
        if len(self.floor_nodes) != len(self.story_heights) + 1 or not self.story_heights:
            raise ValueError(
                f"a model needs one floor node more than stories, base first: got "
                f"{len(self.floor_nodes)} nodes and {len(self.story_heights)} story heights"
            )
        if not all(0 < height < math.inf for height in self.story_heights):
            raise ValueError(f"story heights must be positive numbers, not {self.story_heights}")
        repeated = [node for node in self.floor_nodes if self.floor_nodes.count(node) > 1]
        if repeated:
            raise ValueError(f"floor_nodes names node {repeated[0]} more than once: one node for each floor")
        if not self.collapse_drift_ratio > 0 or not all(0 < t < math.inf for t in self.periods_s):
            raise ValueError("periods_s and collapse_drift_ratio must be positive numbers")

    def _settle_unit(self) -> None:
        """Take the length unit from what states it; raise ValueError where nothing does, or two disagree."""
        known = f"one of {', '.join(LENGTH_UNITS_M)}"
        if self.length_unit and self.length_unit not in LENGTH_UNITS_M:
            raise ValueError(f"length_unit is {self.length_unit!r}, not {known}")
        if math.isnan(self.gravity) and not self.length_unit:
            raise ValueError(
                f"the model's length unit is not stated: give StructureModel a length_unit ({known}) or the "
                "gravity in the model's units (9.80665 for m, 386.09 for in)"
            )
        if not self.length_unit:
            if not 0 < self.gravity < math.inf:
                raise ValueError(f"gravity must be a positive number, not {self.gravity}")
            return
        stated = STANDARD_GRAVITY_M_S2 / LENGTH_UNITS_M[self.length_unit]
        if math.isnan(self.gravity):
            object.__setattr__(self, "gravity", stated)
        elif not abs(self.gravity / stated - 1) <= GRAVITY_TOLERANCE:
            raise ValueError(
                f"gravity = {self.gravity:g} is not that of length_unit = {self.length_unit!r} "
                f"({stated:.5g}); "
                "correct one of them"
            )

    @property
    def horizontal_directions(self) -> tuple[int, ...]:
        """Degrees of freedom of the horizontal directions: x, or x and y."""
        return self.directions or (self.direction,)

    @property
    def length_unit_m(self) -> float:
        """The model's length unit, m, as its gravity declares it."""
        return STANDARD_GRAVITY_M_S2 / self.gravity


#: What an analysis can end as.
STATUSES = ("ok", "collapsed", "failed", "crashed", "timeout")
#: Those that say something about the structure.
SAYING = ("ok", "collapsed")


@dataclass(frozen=True)
class AnalysisTask:
    """One record to be run through the structure: all a worker process needs, as plain data.

    ``record`` is the row of the selection (columns of :data:`RECORD_COLUMNS`, ``scale_factor``). ``name``
    tells analyses of one record apart, where a study has several: log, folder and files are called by it, or
    by ``id`` where it is empty.
    """

    id: str
    scale_factor: float
    record: Mapping[str, Any]
    name: str = ""


@dataclass(frozen=True)
class AnalysisResult:
    """How one analysis ended; ``demands`` are its EDPs by column name of demands.csv.

    ``steps`` are converged steps, ``retries`` further attempts on steps that had failed, ``last_norm`` the
    convergence norm at the last attempt that failed (None where none did). ``history`` is the file of its
    response histories, relative to the run directory; empty if none is kept.
    """

    id: str
    status: str
    demands: Mapping[str, float] = field(default_factory=dict)
    message: str = ""
    wall_s: float = 0.0
    steps: int = 0
    retries: int = 0
    time_reached_s: float = 0.0
    last_norm: float | None = None
    history: str = ""


@dataclass(frozen=True)
class Demands:
    """``table`` has one row per analysis: the selection's ``id``, ``group``, ``cluster``, ``scale_factor``;
    ``status``, ``message``, EDPs (``peak_story_drift_ratio_1``, ...), ``wall_s``, ``retries``.
    """

    table: pd.DataFrame
    model: Mapping[str, Any] = field(default_factory=dict)

    @property
    def notes(self) -> tuple[str, ...]:
        """One line for each thing a user should know of the structure."""
        return tuple(self.model.get("notes", ()))


#: How the demands of several levels of shaking were sampled.
SAMPLINGS = ("stripes", "ida", "cloud")


@dataclass(frozen=True)
class LevelDemands:
    """Demands over a range of levels of shaking: what fragility, risk and loss are computed from.

    Parameters
    ----------
    table
        One row per analysis: ``level`` (text), ``sa_g`` (Sa at T* of the scaled record, g), ``annual_rate``
        (at which that Sa is exceeded, 1/yr, NaN if unknown), then the columns of demands.csv.
    levels
        One row per level, by rising ``sa_g``: ``level``, ``sa_g``, ``annual_rate``, ``candidates`` and
        ``records``, their numbers.
    conditioning_period_s
        T*, s, the period of ``sa_g``.
    model
        As in :class:`Demands`.
    sampling
        ``"stripes"``: at each level its own records, all scaled to its ``sa_g``. ``"ida"``: the same
        records at rising ``sa_g`` up to collapse. ``"cloud"``: each record once, at an ``sa_g`` of its own.
        For the last two ``levels`` is a single row whose ``sa_g`` is NaN.
    """

    table: pd.DataFrame
    levels: pd.DataFrame
    conditioning_period_s: float
    model: Mapping[str, Any] = field(default_factory=dict)
    sampling: str = "stripes"

    def __post_init__(self) -> None:
        for name, frame, needed in (
            ("table", self.table, ("level", "sa_g", "annual_rate", "id", "status")),
            ("levels", self.levels, ("level", "sa_g", "annual_rate", "candidates", "records")),
        ):
            missing = [column for column in needed if column not in frame]
            if missing:
                raise ValueError(f"level demands: {name} lacks the column(s) {', '.join(missing)}")
        if self.sampling not in SAMPLINGS:
            raise ValueError(
                f"level demands: sampling is one of {', '.join(SAMPLINGS)}, not {self.sampling!r}"
            )


@dataclass(frozen=True)
class Picture:
    """A figure for a report: a PNG file's content, and what it shows. ``wide`` ones take the page's width."""

    png: bytes
    caption: str
    wide: bool = False


@dataclass(frozen=True)
class Assessment:
    """What the responses say: ``values`` can be JSON, ``tables`` are shown in the report and saved as CSV.

    ``pictures`` are shown in the report and saved as PNG; all names are of letters, digits, ``_`` and ``-``.
    ``values["notes"]``, a list of lines, is shown as such. Of assessments of several levels,
    ``values["title"]`` heads their section of the page, and ``values["headline"]``, from label to number or
    text, stands at its top.
    """

    values: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    pictures: Mapping[str, Picture] = field(default_factory=dict)

    @property
    def notes(self) -> tuple[str, ...]:
        """One line for each thing a user should know: ``values["notes"]``."""
        stated = self.values.get("notes")
        return tuple(map(str, stated)) if isinstance(stated, list | tuple) else ()
