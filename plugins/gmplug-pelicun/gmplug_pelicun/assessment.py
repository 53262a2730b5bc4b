"""The assessment ``pelicun``: exports the demands of each level, runs pelicun, collects the losses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import ndtri

from gmplug import Assessment, InputError, LevelDemands, loss_pictures, summarize_losses
from gmplug_pelicun.configuration import Building, Collapse, configuration
from gmplug_pelicun.demands import demand_table, sa_type, stories
from gmplug_pelicun.inventory import SQUARE_FEET_PER_M2, office_components, read_components
from gmplug_pelicun.running import mean_cost_by_component, read_summary, run_pelicun

#: FEMA P-58-1 section 7.4.3: one worker per 1000 square feet of a story.
_WORKERS_PER_M2 = SQUARE_FEET_PER_M2 / 1000
#: Replacement in pelicun's first example: 12.5 million USD (2011) and 15,000 worker-days for 86,400 square
#: feet.
_COST_PER_M2 = 12.5e6 / 86_400 * SQUARE_FEET_PER_M2
_WORKER_DAYS_PER_M2 = 15_000 / 86_400 * SQUARE_FEET_PER_M2
#: Fewest analyses without collapse to fit a level's distribution of demands.
_MIN_ANALYSES = 3


@dataclass(frozen=True)
class PelicunOptions:
    """The options of ``[risk.pelicun]``; the package's README explains them."""

    components: Path | None = None
    frame: str = "steel-moment-frame"
    floor_area_m2: float = 2000.0
    replacement_cost_per_m2: float = _COST_PER_M2
    replacement_cost_dispersion: float = 0.0
    replacement_days: float | None = None
    replacement_time_dispersion: float = 0.0
    workers_per_m2: float = _WORKERS_PER_M2
    repair_scheme: Literal["parallel", "sequential"] = "parallel"
    collapse_fragility: dict[str, float] | Literal["observed", "fitted"] = "observed"
    irreparable_drift_ratio: float = 0.01
    irreparable_dispersion: float = 0.3
    yield_drift_ratio: float | None = None
    both_directions: bool = True
    realizations: int = 1000

    def __post_init__(self) -> None:
        if self.realizations < 2:
            raise InputError(f"[risk.pelicun] realizations: {self.realizations} must be 2 or more")
        for name in ("replacement_cost_per_m2", "workers_per_m2", "irreparable_drift_ratio"):
            value = getattr(self, name)
            if not value > 0:
                raise InputError(f"[risk.pelicun] {name}: {value!r} must be positive")

    @property
    def crew(self) -> float:
        """Workers on one story."""
        return self.workers_per_m2 * self.floor_area_m2

    def building(self, stories_: int) -> Building:
        """Return the building for pelicun's configuration."""
        area_m2 = self.floor_area_m2 * stories_
        days = self.replacement_days
        return Building(
            replacement_cost=self.replacement_cost_per_m2 * area_m2,
            replacement_cost_dispersion=self.replacement_cost_dispersion,
            replacement_worker_days=_WORKER_DAYS_PER_M2 * area_m2 if days is None else days * self.crew,
            replacement_time_dispersion=self.replacement_time_dispersion,
            irreparable_drift_median=self.irreparable_drift_ratio,
            irreparable_drift_dispersion=self.irreparable_dispersion,
            plan_area_ft2=self.floor_area_m2 * SQUARE_FEET_PER_M2,
        )


def pelicun_losses(
    demands: LevelDemands,
    seed: int,
    workers: int,
    out_dir: Path,
    progress: Callable[[float, float, str], None],
    options: PelicunOptions,
    before: Mapping[str, Assessment] | None = None,
) -> Assessment:
    """Repair cost and time by FEMA P-58 for each hazard level, by realization.

    For each level, a folder of ``out_dir`` holds the input of pelicun (``response.csv``, ``CMP_QNT.csv``,
    ``config.json``) and its results (``results/``).

    Returns
    -------
    Assessment
        Tables ``losses`` (gmplug's columns, and ``repair_cost`` in USD of 2011), ``loss_by_level``,
        ``loss_by_component`` and with rates ``loss_exceedance``.

    Raises
    ------
    InputError
        An option is bad, or a level has too few analyses.
    StudyError
        pelicun failed.
    """
    if demands.sampling != "stripes":
        raise InputError(f"[risk.pelicun] needs stripes of several levels, not '{demands.sampling}'")
    inventory = (
        office_components(options.floor_area_m2, options.frame)
        if options.components is None
        else read_components(options.components)
    )
    fragility = _fragility(options.collapse_fragility, before or {})
    folders, notes, building = [], [], None
    for number, level in enumerate(demands.levels.itertuples(index=False)):
        rows = demands.table[demands.table["level"].astype(str) == str(level.level)]
        known, share = _known(rows, str(level.level), notes)
        table = demand_table(known, float(level.sa_g), demands.conditioning_period_s)
        building = building or options.building(stories(table))
        config = configuration(
            table,
            building,
            _collapse(fragility, share, float(level.sa_g)),
            sa_type(demands.conditioning_period_s),
            options.realizations,
            int(np.random.SeedSequence([seed, number]).generate_state(1)[0] >> 1),
            options.yield_drift_ratio,
            options.both_directions,
        )
        folder = out_dir / f"{number + 1}-{re.sub('[^A-Za-z0-9_.-]+', '_', str(level.level))}"
        _export(folder, table, inventory, config)
        folders.append(folder)
        if "IrreparableDamage" not in config["DL"]["Damage"]:
            notes.append(
                f"level '{level.level}' has no residual drifts, so nothing counts as irreparable; set "
                f"[risk.pelicun] yield_drift_ratio to infer them"
            )
    if building is None:
        raise InputError("[risk.pelicun] there are no levels of shaking")
    _run_all(folders, workers, progress)
    losses = _gather(demands, folders, building, options)
    values, tables = summarize_losses(losses, demands.levels)
    tables["loss_by_component"] = _by_component(demands, folders, building)
    values |= {
        "title": "Losses by FEMA P-58 (pelicun)",
        "replacement_cost_usd_2011": building.replacement_cost,
        "replacement_days": building.replacement_worker_days / options.crew,
        "workers": options.crew,
        "realizations": options.realizations,
        "folders": [folder.name for folder in folders],
        "notes": [*values.get("notes", ()), *notes],
    }
    pictures = loss_pictures(losses, demands.levels, values, tables)
    return Assessment(values, tables | {"losses": losses}, pictures)


def _known(rows: pd.DataFrame, level: str, notes: list[str]) -> tuple[pd.DataFrame, float]:
    """Return the analyses whose demands are used, and the share of collapses."""
    status = rows["status"].astype(str)
    ok, collapsed = rows[status == "ok"], rows[status == "collapsed"]
    conclusive = len(ok) + len(collapsed)
    if conclusive < _MIN_ANALYSES:
        raise InputError(
            f"[risk.pelicun] level '{level}' has {conclusive} analyses that ended ok or collapsed; a fit "
            f"of the demands needs {_MIN_ANALYSES}"
        )
    if len(rows) > conclusive:
        notes.append(f"{len(rows) - conclusive} of {len(rows)} analyses of level '{level}' gave no demands")
    if len(ok) >= _MIN_ANALYSES:
        return ok, len(collapsed) / conclusive
    notes.append(
        f"at level '{level}' only {len(ok)} of {conclusive} analyses did not collapse; the few realizations "
        f"without collapse use the demands of the others up to collapse"
    )
    return pd.concat([ok, collapsed]), len(collapsed) / conclusive


def _fragility(wanted: dict[str, float] | str, before: Mapping[str, Assessment]) -> Collapse | None:
    """Return the collapse fragility of all levels; None to use each level's own share of collapses."""
    if wanted == "observed":
        return None
    if isinstance(wanted, dict):
        if set(wanted) != {"median_g", "beta"} or min(wanted.values()) <= 0:
            raise InputError(
                "[risk.pelicun] collapse_fragility: give both median_g (g) and beta, positive, such as "
                "{ median_g = 1.2, beta = 0.4 }"
            )
        return Collapse(wanted["median_g"], wanted["beta"])
    for assessment in before.values():
        table = assessment.tables.get("fragility", pd.DataFrame(columns=["limit"]))
        row = table[table["limit"] == "collapse"]
        if len(row) and np.isfinite(row[["median_g", "beta"]].to_numpy(dtype=float)).all():
            return Collapse(float(row["median_g"].iloc[0]), float(row["beta"].iloc[0]))
    raise InputError(
        "[risk.pelicun] collapse_fragility = 'fitted' needs 'fragility' before it in [risk] assess, with a "
        "collapse fragility; set 'observed', or give { median_g = ..., beta = ... }"
    )


def _collapse(fragility: Collapse | None, share: float, sa_g: float) -> Collapse | None:
    """Return the fragility, or one with the level's share of collapses; None if nothing collapsed."""
    if fragility is not None:
        return fragility
    if share == 0:
        return None
    beta = 0.4  # no influence: Sa is the same in all realizations of a level
    return Collapse(sa_g * float(np.exp(-beta * np.clip(ndtri(share), -8.0, 8.0))), beta)


def _export(folder: Path, table: pd.DataFrame, inventory: pd.DataFrame, config: dict[str, object]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    table.to_csv(folder / "response.csv")
    inventory.to_csv(folder / "CMP_QNT.csv")
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _run_all(folders: list[Path], workers: int, progress: Callable[[float, float, str], None]) -> None:
    progress(0, len(folders), "pelicun")
    with ThreadPoolExecutor(max(1, min(workers, len(folders)))) as pool:
        runs = [pool.submit(run_pelicun, folder) for folder in folders]
        try:
            for done, run in enumerate(as_completed(runs), start=1):
                run.result()
                progress(done, len(folders), "pelicun")
        finally:
            for run in runs:
                run.cancel()


def _gather(
    demands: LevelDemands, folders: list[Path], building: Building, options: PelicunOptions
) -> pd.DataFrame:
    frames = []
    for level, folder in zip(demands.levels["level"].astype(str), folders, strict=True):
        summary = read_summary(folder)
        frames.append(
            pd.DataFrame(
                {
                    "level": level,
                    "realization": np.arange(len(summary)),
                    "repair_cost_ratio": summary["repair_cost"] / building.replacement_cost,
                    "repair_time_days": summary[options.repair_scheme] / options.crew,
                    "collapsed": summary["collapsed"],
                    "irreparable": summary["irreparable"],
                    "repair_cost": summary["repair_cost"],
                    "repair_time_parallel_days": summary["parallel"] / options.crew,
                    "repair_time_sequential_days": summary["sequential"] / options.crew,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _by_component(demands: LevelDemands, folders: list[Path], building: Building) -> pd.DataFrame:
    """Mean repair cost ratio of each component; ``collapse`` and ``irreparable`` are replacements."""
    columns = {}
    for level, folder in zip(demands.levels["level"].astype(str), folders, strict=True):
        columns[level] = mean_cost_by_component(folder) / building.replacement_cost
    table = pd.DataFrame(columns).fillna(0.0)
    return table.rename_axis("component").reset_index()
