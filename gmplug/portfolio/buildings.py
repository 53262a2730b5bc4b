"""The table of buildings: one row each, every problem of every row told at once."""

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
    "id",
    "stories",
    "period_s",
    "system",
    "site",
    "latitude",
    "longitude",
    "sa_g",
    "epsilon",
    "occupancy",
)
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
        What else the row says.
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
    """The buildings, and one line for each thing a user should know."""

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
    reader = _RowReader(portfolio, builder, set(options), path)
    buildings: list[Building] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    for line, row in enumerate(table.to_dict(orient="records"), start=2):
        cells = {str(k): str(v).strip() for k, v in row.items() if str(v).strip()}
        try:
            building = reader.read(line, cells, {name: cells.get(name, "") for name in unused})
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


@dataclass(frozen=True)
class _RowReader:
    portfolio: Portfolio
    builder: Callable[..., Any]
    options: set[str]
    path: Path

    def default(self, option: str) -> Any:
        """Default of an option of the structure; None where it has none."""
        known = options_of(self.builder, _GIVEN, "structure").get(option)
        return None if known is None or known.required else known.default

    def read(self, line: int, cells: Mapping[str, str], labels: Mapping[str, str]) -> Building:
        row = _Row(self, line, cells)
        building_id = row.text("id", needed=True)
        options = row.structure_options()
        scenario = row.scenario()
        sa_g, epsilon = row.positive("sa_g"), row.number("epsilon")
        if sa_g is not None and epsilon is not None:
            row.problem("sa_g", "the row states epsilon too; give one of them")
        place = {name: row.degrees(name) for name in _RANGES}
        period_s, source = row.period(options)
        row.check_template(options)
        row.finish()
        return Building(
            id=building_id, row=line, period_s=period_s, period_source=source, options=options,
            scenario=scenario, sa_g=sa_g, epsilon=epsilon, site=cells.get("site", ""),
            occupancy=cells.get("occupancy", ""), **place,
            labels={k: v for k, v in labels.items() if v},
        )  # fmt: skip


class _Row:
    """One row while it is read; collects its problems."""

    def __init__(self, reader: _RowReader, line: int, cells: Mapping[str, str]) -> None:
        self._reader = reader
        self._cells = cells
        self._where = f"{reader.path.name}, row {line}"
        if cells.get("id"):
            self._where += f" ({cells['id']})"
        self._problems: list[str] = []

    def problem(self, column: str, text: str) -> None:
        self._problems.append(f"{self._where}, column {column}: {text}")

    def finish(self) -> None:
        if self._problems:
            raise InputError(list(dict.fromkeys(self._problems)))

    def text(self, column: str, *, needed: bool = False) -> str:
        if needed and column not in self._cells:
            self.problem(column, "is empty; fill it in")
        return self._cells.get(column, "")

    def number(self, column: str) -> float | None:
        if column not in self._cells:
            return None
        try:
            value = float(self._cells[column])
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            self.problem(column, f"'{self._cells[column]}' is not a number; correct it or leave it empty")
            return None
        return value

    def positive(self, column: str) -> float | None:
        value = self.number(column)
        if value is not None and value <= 0:
            self.problem(column, f"{value:g} must be positive")
            return None
        return value

    def degrees(self, column: str) -> float:
        value = self.number(column)
        if value is not None and abs(value) > _RANGES[column]:
            self.problem(column, f"{value:g} lies outside ±{_RANGES[column]:g} degrees")
        return math.nan if value is None else value

    def structure_options(self) -> dict[str, Any]:
        """Options of the structure: the template's, and what the row states."""
        column_of = {_ALIASES.get(name, name): name for name in self._cells}
        stated = {name: self._cells[c] for name, c in column_of.items() if name in self._reader.options}
        options = {**self._reader.portfolio.structure.options, **stated}
        try:
            bound = bind(self._reader.builder, options, _GIVEN, self._where, self._reader.portfolio.base_dir)
        except InputError as error:
            for line in error.problems:
                for name, column in column_of.items():
                    line = line.replace(f": option '{name}'", f", column {column}")
                self._problems.append(line)
            return dict(options)
        return {name: bound_option(bound, name) for name in options}

    def scenario(self) -> dict[str, Any]:
        """Keys of the scenario: the template's, and what the row states."""
        stated: dict[str, Any] = {}
        for key in SCENARIO_KEYS:
            value = self.text(key) if key in _TEXT_SCENARIO else self.number(key)
            if value not in ("", None):
                stated[key] = value
        template = self._reader.portfolio.target.options.get("scenario") or {}
        merged = {**template, **stated}
        if stated:
            try:
                scenario_from_mapping(merged, self._where)
            except InputError as error:
                for line in error.problems:
                    self._problems.append(line.replace(f"{self._where}: ", f"{self._where}, column ", 1))
        return merged

    def period(self, options: Mapping[str, Any]) -> tuple[float, str]:
        """The row's period, or the approximate one of its height and system."""
        stated = self.positive("period_s")
        if stated is not None:
            return stated, "table"
        if "period_s" in self._cells:
            return 1.0, "table"  # its problem is noted already
        try:
            return self._approximate(options), SOURCE
        except InputError as error:
            self.problem("period_s", f"is empty, and cannot be computed: {error}")
            return 1.0, SOURCE

    def _approximate(self, options: Mapping[str, Any]) -> float:
        kind = options.get("building_type", self._reader.default("building_type"))
        stories = options.get("stories")
        if not isinstance(stories, int):
            raise InputError("the number of stories is not known; fill in stories, or the period")
        height = options.get("story_height_m")
        if height is None:
            if kind is None:
                raise InputError("neither the type nor the story height is known; fill in the period")
            level = str(options.get("design_level", self._reader.default("design_level") or "moderate"))
            height = hazus.capacity(str(kind), level, stories).story_height_m
        system = self.text("system")
        if system and system not in SYSTEMS:
            self.problem("system", f"'{system}' is not known; use {', '.join(SYSTEMS)}")
            return 1.0
        return approximate_period_s(stories * float(height), system or system_of(str(kind or "W1")))

    def check_template(self, options: Mapping[str, Any]) -> None:
        """What the built-in template would refuse, before anything runs."""
        if self._problems or self._reader.portfolio.structure.model != "shear-building":
            return
        try:
            hazus.capacity(
                str(options.get("building_type", "C1")),
                str(options.get("design_level", "moderate")),
                int(options.get("stories", 3)),
            )
        except InputError as error:
            column = "design_level" if "design level" in str(error) else "type"
            self.problem(column, str(error))
