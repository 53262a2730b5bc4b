"""The selections of a portfolio: one catalogue for all, each selection a study in the run directory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gmplug.catalogue.stage import TABLE as CATALOGUE_TABLE
from gmplug.chain.display import Display
from gmplug.chain.edits import UndecidedEditError
from gmplug.chain.run import Run
from gmplug.errors import GmplugError, InputError
from gmplug.host import Host
from gmplug.portfolio.schema import Portfolio
from gmplug.portfolio.sharing import SharedSelection
from gmplug.runs import run_study
from gmplug.study.files import parse_study
from gmplug.study.schema import PeriodGrid, Study
from gmplug.values import FloatArray

CATALOGUE_DIR, SELECTIONS_DIR = "catalogue", "selections"
#: Spectra of the shared catalogue: steps of 3 % in period; selections interpolate, exactly at every T*.
_PERIODS_PER_DECADE = 80
_SHORTEST_S = 0.01


@dataclass(frozen=True)
class SelectionOutcome:
    """A selection made, or why it could not be."""

    shared: SharedSelection
    run: Run | None
    problem: str = ""


def make_catalogue(
    portfolio: Portfolio, shared: Sequence[SharedSelection], out: Path, host: Host, **how: Any
) -> Run:
    """Make the catalogue that all selections draw from."""
    grid = catalogue_periods_s(portfolio, [s.conditioning_period_s for s in shared])
    content = _sections(portfolio)
    content["structure"] = {"period_s": shared[0].conditioning_period_s}
    content["target"] = {"periods_s": grid.tolist()}
    study = parse_study(content, portfolio.path)
    return run_study(study, out / CATALOGUE_DIR, until="catalogue", host=host, **how)


def template_study(portfolio: Portfolio) -> Study:
    """Return a study with what all selections have in common; its T* stands in for theirs."""
    return parse_study({**_sections(portfolio), "structure": {"period_s": 1.0}}, portfolio.path)


def catalogue_periods_s(portfolio: Portfolio, conditioning_periods_s: Sequence[float]) -> FloatArray:
    """Return the periods at which the catalogue's spectra are computed: even on a log scale, and every T*."""
    stated = portfolio.target.periods_s
    if isinstance(stated, PeriodGrid):
        low, high = stated.start, stated.stop
    elif stated is not None:
        low, high = min(stated), max(stated)
    else:
        # A study's own grid reaches from a hundredth of T* to 2 T*.
        low, high = _SHORTEST_S, 2 * max(conditioning_periods_s)
    low, high = min(low, *conditioning_periods_s), max(high, *conditioning_periods_s)
    count = max(2, int(np.ceil(np.log10(high / low) * _PERIODS_PER_DECADE)) + 1)
    even = np.geomspace(low, high, count)
    exact = np.unique(np.asarray(conditioning_periods_s))
    clear = np.all(np.abs(np.log(even[:, None] / exact[None, :])) > 1e-5, axis=1)
    return np.sort(np.concatenate([even[clear], exact]))


def make_selections(
    portfolio: Portfolio,
    shared: Sequence[SharedSelection],
    out: Path,
    host: Host,
    display: Display,
    **how: Any,
) -> list[SelectionOutcome]:
    """Make each selection, or read what an earlier run has made; one that fails does not stop the others."""
    outcomes = []
    for number, one in enumerate(shared):
        display.progress(number, len(shared), one.name)
        try:
            study = study_of(portfolio, one, out)
            run = run_study(study, out / SELECTIONS_DIR / one.name, until="selection", host=host, **how)
            outcomes.append(SelectionOutcome(one, run))
        except UndecidedEditError:
            raise  # nothing has failed: the user is asked
        except GmplugError as error:
            lines = error.problems if isinstance(error, InputError) else (str(error),)
            outcomes.append(SelectionOutcome(one, None, " | ".join(" ".join(line.split()) for line in lines)))
    return outcomes


def study_of(portfolio: Portfolio, one: SharedSelection, out: Path) -> Study:
    """Return the study that makes a selection; it has no structure."""
    content = _sections(portfolio)
    content["study"]["name"] = f"{portfolio.portfolio.name}, {one.name}"
    content["structure"] = {"period_s": one.conditioning_period_s}
    content["catalogue"] = {
        "provider": "earlier-run",
        "path": str((out / CATALOGUE_DIR / CATALOGUE_TABLE).resolve()),
    }
    target = content["target"]
    if one.scenario:
        target["scenario"] = dict(one.scenario)
    if one.epsilon is not None:
        target["epsilon"] = round(one.epsilon, 6)
    return parse_study(content, portfolio.path)


def _sections(portfolio: Portfolio) -> dict[str, Any]:
    content = portfolio.model_dump(mode="json", exclude_none=True)
    return {
        "study": {
            "name": portfolio.portfolio.name,
            "seed": portfolio.portfolio.seed,
            "scripts": portfolio.portfolio.scripts,
        },
        **{
            name: content[name] for name in ("catalogue", "target", "preselection", "clustering", "selection")
        },
    }
