"""The spectra to expect of a scenario, whatever the level of shaking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from gmplug.target.causes import ModelChoice, read_causes
from gmplug.target.conditioning import JointModel, scenario_text, unconditional_moments
from gmplug.target.correlation import DEFAULT_CORRELATION, CorrelationModel, find_correlation
from gmplug.target.ranges import not_scaled, range_scaling
from gmplug.values import FloatArray, GroundMotion, Target

_WHERE = "[target] provider 'unconditional'"


def unconditional(
    periods_s: FloatArray,
    conditioning_period_s: float,
    ground_motion_models: Mapping[str, Callable[..., GroundMotion]],
    correlations: Mapping[str, CorrelationModel] | None = None,
    gmm: ModelChoice | None = None,
    gmm_table: Path | None = None,
    scenario: dict[str, Any] | None = None,
    scenarios: list[dict[str, Any]] | None = None,
    correlation: str = DEFAULT_CORRELATION,
    scaling: Literal["none", "range"] = "none",
    range_s: tuple[float, float] | None = None,
    component: str | None = None,
) -> Target:
    """Mean and covariance of ln Sa as the models predict them for a scenario, or for several by weight.

    Parameters
    ----------
    scaling
        ``none`` takes records as recorded: their own levels are part of the dispersion. ``range`` scales each
        to the median spectrum over ``range_s``, which leaves dispersion of spectral shape only.
    range_s
        First and last period of that, s; by default 0.2 T* to 2 T*.
    gmm, gmm_table, scenario, scenarios, correlation, component
        As for ``conditional-spectrum``; the weights of scenarios and models are taken as they are.

    Raises
    ------
    InputError
        Options are missing, contradict one another, or cannot be used.
    """
    causes = read_causes(_WHERE, ground_motion_models, gmm, gmm_table, scenario, scenarios)
    periods = np.asarray(periods_s, dtype=float)
    joint = JointModel(
        causes,
        periods,
        find_correlation(correlations, correlation),
        np.array([conditioning_period_s]),
        component=component,
    )
    moments, mean = unconditional_moments(joint)
    fields = joint.target_fields(moments)
    at = int(np.argmin(np.abs(joint.grid - conditioning_period_s)))
    ln_mean = moments.mean[joint.kept]
    how = (
        not_scaled()
        if scaling == "none"
        else range_scaling(_WHERE, joint.grid[joint.kept], ln_mean, conditioning_period_s, range_s)
    )
    note = "records scaled to the median over a range: their dispersion is of spectral shape alone"
    return Target(
        **fields,  # type: ignore[arg-type]
        conditioning_period_s=float(conditioning_period_s),
        sa_g=float(np.exp(moments.mean[at])),
        description=f"unconditional spectrum, {causes.model_text}"
        f"{scenario_text(mean, len(causes.scenarios))}, {how.text}",
        scenario=mean,
        component=joint.component,
        notes=(*joint.all_notes(), *([note] if scaling == "range" else [])),
        scaling=how,
    )
