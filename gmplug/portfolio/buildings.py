"""The table of buildings: one row each; all problems of all rows are reported at once."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from gmplug import hazus
from gmplug.errors import InputError
from gmplug.gmm.scenarios import SCENARIO_KEYS, scenario_from_mapping
from gmplug.host import Host
from gmplug.host.options import bind, bound_option, options_of
from gmplug.portfolio.periods import SOURCE, SYSTEMS, approximate_period_s, system_of
from gmplug.portfolio.schema import Portfolio
from gmplug.structures.build import find_builder

#: What gmplug gives a structure; its other parameters are options, and may be columns.
_GIVEN = {"ops": None, "damping_ratio": 0.05, "conditioning_period_s": 1.0}
_OWN = (
    "id", "stories", "period_s", "system", "site", "latitude", "longitude", "sa_g", "epsilon", "occupancy",
)  # fmt: skip
#: Columns that mean an option of another name.
_ALIASES = {"type": "building_type"}
_RANGES = {"latitude": 90.0, "longitude": 180.0}
_TEXT_SCENARIO = ("mechanism", "region")


@dataclass(frozen=True)
class Building:
    """A row of the table.

    Parameters
    ----------
    row
        Its line in the file; the header is line 1.
    period_s, period_source
        Fundamental period, s, and where it is from.
    options
        Options of the structure.
    scenario
        Keys of a scenario; empty where the target needs none.
    sa_g, epsilon
        Level of shaking: Sa at the building's period, g, or ε; None where the row does not state it.
    site
        Label of its place.
    occupancy
        HAZUS's, such as RES1; empty where the row states none.
    latitude, longitude
        Degrees; NaN where not known.
    labels
        Further columns of the row.
    """

    id: str
    row: int
    period_s: float
    period_source: str
    options: Mapping[str, Any]
    scenario: Mapping[str, Any] = field(default_factory=dict)
    sa_g: float | None = None
    epsilon: float | None = None
    site: str = ""
    occupancy: str = ""
    latitude: float = math.nan
    longitude: float = math.nan
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def stories(self) -> int | None:
        """Number of stories, if the structure has that option."""
        value = self.options.get("stories")
        return None if value is None else int(value)

    @property
    def kind(self) -> str:
        """Type of the building, for tables and plots."""
        return str(self.options.get("building_type", ""))


@dataclass(frozen=True)
class BuildingTable:
    """The buildings, and notes."""

    buildings: tuple[Building, ...]
    notes: tuple[str, ...] = ()


def read_buildings(portfolio: Portfolio, host: Host) -> BuildingTable:
    """Read the table of a portfolio.

    Raises InputError with one line for each problem: file, row, column, and what to do.
    """
    path = portfolio.buildings_file
    table = _read_csv(path)
    builder, where = find_builder(host, portfolio.structure.model, portfolio.base_dir)
    options = list(options_of(builder, _GIVEN, where))
    unused = _check_columns(table, options, path)
    buildings: list[Building] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    for line, row in enumerate(table.to_dict(orient="records"), start=2):
        cells = {str(k): str(v).strip() for k, v in row.items() if str(v).strip()}
        try:
            labels = {name: cells.get(name, "") for name in unused}
            building = _Row(portfolio, builder, set(options), line, cells).building(labels)
        except InputError as error:
            problems.extend(error.problems)
            continue
        if building.id in seen:
            problems.append(
                f"{path.name}, row {line}, column id: '{building.id}' is also in row {seen[building.id]}; "
                "give each building its own id"
            )
        seen[building.id] = line
        buildings.append(building)
    if problems:
        raise InputError(problems)
    if not buildings:
        raise InputError(f"{path}: has no buildings; add a row for each")
    return BuildingTable(tuple(buildings), tuple(_notes(buildings, unused, path)))


def _read_csv(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", header=None)
    except FileNotFoundError as error:
        raise InputError(
            f"{path}: no such table of buildings; correct buildings in [portfolio], or write it"
        ) from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as CSV ({' '.join(str(error).split())})") from error
    # The header is read as a row, since pandas would rename columns that occur twice.
    table.columns = pd.Index([str(name).strip() for name in table.iloc[0]])
    table = table.iloc[1:]
    repeated = table.columns[table.columns.duplicated()]
    if len(repeated):
        raise InputError(f"{path}: column '{repeated[0]}' occurs more than once; keep one")
    return table


def _check_columns(table: pd.DataFrame, options: list[str], path: Path) -> list[str]:
    """Return the columns that mean nothing to gmplug; one that is nearly a known one is an error."""
    known = {*_OWN, *SCENARIO_KEYS, *options, *(a for a, name in _ALIASES.items() if name in options)}
    problems = [] if "id" in table else [f"{path.name}: column id is missing; give each building a name"]
    unused = [str(name) for name in table.columns if name not in known]
    for name in unused:
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
        if close:
            problems.append(f"{path.name}: unknown column '{name}'; did you mean '{close[0]}'?")
    if problems:
        raise InputError(problems)
    return unused


def _notes(buildings: list[Building], unused: list[str], path: Path) -> list[str]:
    notes = []
    if unused:
        notes.append(f"{path.name}: column(s) {', '.join(unused)} carried along as labels")
    computed = sum(b.period_source == SOURCE for b in buildings)
    if computed:
        notes.append(f"periods of {computed} of {len(buildings)} buildings by {SOURCE}, from their heights")
    return notes


class _Row:
    """One row while it is read; collects its problems."""

    def __init__(
        self, portfolio: Portfolio, builder: Callable[..., Any], options: set[str], line: int,
        cells: Mapping[str, str],
    ) -> None:  # fmt: skip
        self._portfolio, self._builder, self._options = portfolio, builder, options
        self._line, self._cells = line, cells
        self._where = f"{portfolio.buildings_file.name}, row {line}"
        if cells.get("id"):
            self._where += f" ({cells['id']})"
        self._problems: list[str] = []

    def building(self, labels: Mapping[str, str]) -> Building:
        """Return the row's building; raises InputError with all its problems."""
        if "id" not in self._cells:
            self._problem("id", "is empty; fill it in")
        options = self._structure_options()
        scenario = self._scenario()
        sa_g, epsilon = self._number("sa_g", positive=True), self._number("epsilon")
        if sa_g is not None and epsilon is not None:
            self._problem("sa_g", "the row states epsilon too; give one of them")
        place = {name: self._degrees(name) for name in _RANGES}
        period_s, source = self._period(options)
        self._check_template(options)
        if self._problems:
            raise InputError(list(dict.fromkeys(self._problems)))
        return Building(
            id=self._cells["id"], row=self._line, period_s=period_s, period_source=source, options=options,
            scenario=scenario, sa_g=sa_g, epsilon=epsilon, site=self._cells.get("site", ""),
            occupancy=self._cells.get("occupancy", ""), **place,
            labels={k: v for k, v in labels.items() if v},
        )  # fmt: skip

    def _problem(self, column: str, text: str) -> None:
        self._problems.append(f"{self._where}, column {column}: {text}")

    def _number(self, column: str, *, positive: bool = False) -> float | None:
        """Return the number of a column; None where it is empty, or wrong, which is a problem."""
        if column not in self._cells:
            return None
        try:
            value = float(self._cells[column])
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            self._problem(column, f"'{self._cells[column]}' is not a number; correct it or leave it empty")
        elif positive and value <= 0:
            self._problem(column, f"{value:g} must be positive")
        else:
            return value
        return None

    def _degrees(self, column: str) -> float:
        value = self._number(column)
        if value is not None and abs(value) > _RANGES[column]:
            self._problem(column, f"{value:g} lies outside ±{_RANGES[column]:g} degrees")
        return math.nan if value is None else value

    def _default(self, option: str) -> Any:
        """Default of an option of the structure; None where it has none."""
        known = options_of(self._builder, _GIVEN, "structure").get(option)
        return None if known is None or known.required else known.default

    def _structure_options(self) -> dict[str, Any]:
        """Options of the structure: the template's, and what the row states."""
        column_of = {_ALIASES.get(name, name): name for name in self._cells}
        stated = {name: self._cells[c] for name, c in column_of.items() if name in self._options}
        options = {**self._portfolio.structure.options, **stated}
        try:
            bound = bind(self._builder, options, _GIVEN, self._where, self._portfolio.base_dir)
        except InputError as error:
            for line in error.problems:
                for name, column in column_of.items():
                    line = line.replace(f": option '{name}'", f", column {column}")
                self._problems.append(line)
            return dict(options)
        return {name: bound_option(bound, name) for name in options}

    def _scenario(self) -> dict[str, Any]:
        """Keys of the scenario: the template's, and what the row states."""
        stated: dict[str, Any] = {}
        for key in SCENARIO_KEYS:
            value = self._cells.get(key, "") if key in _TEXT_SCENARIO else self._number(key)
            if value not in ("", None):
                stated[key] = value
        template = self._portfolio.target.options.get("scenario") or {}
        merged = {**template, **stated}
        if stated:
            try:
                scenario_from_mapping(merged, self._where)
            except InputError as error:
                for line in error.problems:
                    self._problems.append(line.replace(f"{self._where}: ", f"{self._where}, column ", 1))
        return merged

    def _period(self, options: Mapping[str, Any]) -> tuple[float, str]:
        """The row's period, or the approximate one of its height and system."""
        stated = self._number("period_s", positive=True)
        if stated is not None:
            return stated, "table"
        if "period_s" in self._cells:
            return 1.0, "table"  # its problem is noted already
        try:
            return self._approximate(options), SOURCE
        except InputError as error:
            self._problem("period_s", f"is empty, and cannot be computed: {error}")
            return 1.0, SOURCE

    def _approximate(self, options: Mapping[str, Any]) -> float:
        kind = options.get("building_type", self._default("building_type"))
        stories = options.get("stories")
        if not isinstance(stories, int):
            raise InputError("the number of stories is not known; fill in stories, or the period")
        height = options.get("story_height_m")
        if height is None:
            if kind is None:
                raise InputError("neither the type nor the story height is known; fill in the period")
            level = str(options.get("design_level", self._default("design_level") or "moderate"))
            height = hazus.capacity(str(kind), level, stories).story_height_m
        system = self._cells.get("system", "")
        if system and system not in SYSTEMS:
            self._problem("system", f"'{system}' is not known; use {', '.join(SYSTEMS)}")
            return 1.0
        return approximate_period_s(stories * float(height), system or system_of(str(kind or "W1")))

    def _check_template(self, options: Mapping[str, Any]) -> None:
        """What the built-in template would refuse, before anything runs."""
        if self._problems or self._portfolio.structure.model != "shear-building":
            return
        try:
            hazus.capacity(
                str(options.get("building_type", "C1")),
                str(options.get("design_level", "moderate")),
                int(options.get("stories", 3)),
            )
        except InputError as error:
            column = "design_level" if "design level" in str(error) else "type"
            self._problem(column, str(error))
