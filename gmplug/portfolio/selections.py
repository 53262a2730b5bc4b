"""The selections of a portfolio: one catalogue for all, each selection a study in the run directory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gmplug.batch.display import MemberDisplay
from gmplug.batch.members import run_member
from gmplug.chain.check import stage_problems
from gmplug.chain.edits import UndecidedEditError
from gmplug.chain.engine import Engine
from gmplug.chain.run import Run
from gmplug.chain.stages import stages_until
from gmplug.errors import GmplugError, InputError
from gmplug.host import Host
from gmplug.host.options import known_names
from gmplug.portfolio.buildings import Building
from gmplug.portfolio.schema import POPULATION, Portfolio
from gmplug.portfolio.sharing import SharedSelection
from gmplug.runs import open_study
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


def selection_study(
    portfolio: Portfolio,
    conditioning_period_s: float = 1.0,
    name: str = "",
    buildings: Sequence[Building] = (),
    **target: Any,
) -> Study:
    """Return the study of a selection for T*: the sections of the portfolio, and keys of ``[target]``.

    ``buildings`` are those whose surrogates it needs.
    """
    content = portfolio.model_dump(mode="json", exclude_none=True)
    own = content["portfolio"]
    shared = ("catalogue", "target", "preselection", "clustering", "selection")
    study = {
        "study": {
            "name": f"{own['name']}, {name}" if name else own["name"],
            "seed": own["seed"],
            "scripts": own["scripts"],
        },
        **{section: content[section] for section in shared},
        "structure": {"period_s": conditioning_period_s},
    }
    if buildings:
        own_options = {b.id: {**b.options, "period_s": b.period_s} for b in buildings}
        study["structure"] |= {"model": portfolio.structure.model, **buildings[0].options}
        study["structure"]["buildings"] = own_options
        study["analysis"] = content["analysis"]
    elif portfolio.analysis.workers:
        study["analysis"] = {"workers": portfolio.analysis.workers}
    study["target"] |= target
    return parse_study(study, portfolio.path)


def target_problems(portfolio: Portfolio, shared: Sequence[SharedSelection], host: Host) -> list[str]:
    """Return what is wrong with the targets of the selections."""
    found = [
        problem
        for one in shared
        for problem in stage_problems(_study_of(portfolio, one, host), host, ("target",))
    ]
    return list(dict.fromkeys(found))


def make_catalogue(portfolio: Portfolio, shared: Sequence[SharedSelection], engine: Engine) -> Run:
    """Make the catalogue that all selections draw from."""
    periods_s = catalogue_periods_s(portfolio, [one.conditioning_period_s for one in shared])
    study = selection_study(portfolio, shared[0].conditioning_period_s, periods_s=periods_s.tolist())
    open_study(study, ("catalogue",), engine.host)
    shown = MemberDisplay(engine.display, notes=False)
    return run_member(engine, CATALOGUE_DIR, study, ("catalogue",), display=shown)


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
    portfolio: Portfolio, shared: Sequence[SharedSelection], catalogue: Run, engine: Engine
) -> list[SelectionOutcome]:
    """Make each selection, or read what an earlier run has made; one that fails does not stop the others."""
    outcomes = []
    stages = stages_until("selection", engine.host)
    for number, one in enumerate(shared):
        engine.display.progress(number, len(shared), one.name)
        try:
            study = _study_of(portfolio, one, engine.host)
            run = run_member(engine, f"{SELECTIONS_DIR}/{one.name}", study, stages, catalogue)
            outcomes.append(SelectionOutcome(one, run))
        except UndecidedEditError:
            raise  # the user must decide first
        except GmplugError as error:
            lines = error.problems if isinstance(error, InputError) else (str(error),)
            outcomes.append(SelectionOutcome(one, None, " | ".join(" ".join(line.split()) for line in lines)))
    return outcomes


def _study_of(portfolio: Portfolio, one: SharedSelection, host: Host) -> Study:
    target: Mapping[str, Any] = {"scenario": dict(one.scenario)} if one.scenario else {}
    level = {} if one.epsilon is None else {"epsilon": round(one.epsilon, 6)}
    buildings = one.buildings if _takes_surrogate(portfolio, host) else ()
    return selection_study(portfolio, one.conditioning_period_s, one.name, buildings, **target, **level)


def _takes_surrogate(portfolio: Portfolio, host: Host) -> bool:
    """Return whether selections or estimates of the portfolio need surrogates of its buildings."""
    method = portfolio.selection.method
    named = known_names(host.provider("selectors", method), f"[selection] method '{method}'")
    by_response = portfolio.clustering.features != "spectra"
    return by_response or portfolio.assessment.provider == POPULATION or "surrogate" in named
