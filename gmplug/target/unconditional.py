"""The spectra of a scenario by the ground-motion models, at any level of shaking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from gmplug.gmm.correlation import CorrelationModel, find_correlation
from gmplug.target.conditioning import JointModel, scenario_text
from gmplug.target.logic_tree import mean_scenario, read_branches
from gmplug.target.mixture import mix
from gmplug.target.options import ModelOptions
from gmplug.target.ranges import not_scaled, range_scaling
from gmplug.values import FloatArray, GroundMotion, Target

_WHERE = "[target] provider 'unconditional'"


@dataclass(frozen=True, kw_only=True)
class UnconditionalOptions(ModelOptions):
    """Options of the unconditional spectrum; the weights of scenarios and models are used as they are.

    Parameters
    ----------
    scaling
        ``none`` uses records as recorded: their own levels are part of the dispersion. ``range`` scales each
        to the median spectrum over ``range_s``, which leaves dispersion of spectral shape only.
    range_s
        First and last period of that, s; by default 0.2 T* to 2 T*.
    gmm_table
        As for ``conditional-spectrum``.
    """

    scaling: Literal["none", "range"] = "none"
    range_s: tuple[float, float] | None = None
    gmm_table: Path | None = None


def unconditional(
    periods_s: FloatArray,
    conditioning_period_s: float,
    ground_motion_models: Mapping[str, Callable[..., GroundMotion]],
    correlations: Mapping[str, CorrelationModel] | None = None,
    *,
    options: UnconditionalOptions,
) -> Target:
    """Mean and covariance of ln Sa as the models predict them for one scenario, or for several by weight.

    Raises
    ------
    InputError
        Options are missing, contradict one another, or cannot be used.
    """
    branches = read_branches(
        _WHERE, ground_motion_models, options.gmm, options.gmm_table, options.scenario, options.scenarios
    )
    periods = np.asarray(periods_s, dtype=float)
    joint = JointModel(
        branches,
        periods,
        find_correlation(correlations, options.correlation),
        np.array([conditioning_period_s]),
        component=options.component,
    )
    parts = [joint.moments(s, k) for s in branches.scenarios for k in range(len(branches.models))]
    moments = mix(parts, np.outer(branches.scenario_weights, branches.model_weights).ravel())
    mean = mean_scenario(branches.scenarios, branches.scenario_weights)
    fields = joint.target_fields(moments)
    at = int(np.argmin(np.abs(joint.grid - conditioning_period_s)))
    ln_mean = moments.mean[joint.kept]
    how = (
        not_scaled()
        if options.scaling == "none"
        else range_scaling(_WHERE, joint.grid[joint.kept], ln_mean, conditioning_period_s, options.range_s)
    )
    note = "records scaled to the median over a range: their dispersion is of spectral shape alone"
    return Target(
        **fields,  # type: ignore[arg-type]
        conditioning_period_s=float(conditioning_period_s),
        sa_g=float(np.exp(moments.mean[at])),
        description=f"unconditional spectrum, {branches.model_text}"
        f"{scenario_text(mean, len(branches.scenarios))}, {how.text}",
        scenario=mean,
        component=joint.component,
        notes=(*joint.all_notes(), *([note] if options.scaling == "range" else [])),
        scaling=how,
    )
