"""The generalized conditional intensity measure: a conditional spectrum with further measures beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gmplug.gmm.correlation import CorrelationModel
from gmplug.target.conditional_spectrum import target_given_sa
from gmplug.target.gcim_measures import gcim_measures
from gmplug.target.options import SaOptions
from gmplug.values import FloatArray, GroundMotion, Target

_WHERE = "[target] provider 'gcim'"


@dataclass(frozen=True, kw_only=True)
class GcimOptions(SaOptions):
    """Options of the generalized conditional intensity measure.

    Parameters
    ----------
    measures
        ``pga_g``, ``pgv_cm_s``, ``cav_m_s`` (of the ground-motion models; no built-in one predicts CAV),
        ``duration_5_75_s``, ``duration_5_95_s``, and those that plugins add with a correlation, in a list, or
        with the weight of each in the selection.
    duration_gmm
        Model of significant duration: AS16 or KS06.
    """

    measures: list[str] | dict[str, float] | None = None
    duration_gmm: str = "AS16"


def gcim(
    periods_s: FloatArray,
    conditioning_period_s: float,
    ground_motion_models: Mapping[str, Callable[..., GroundMotion]],
    correlations: Mapping[str, CorrelationModel] | None = None,
    *,
    options: GcimOptions,
) -> Target:
    """Sa, PGA, PGV and durations given Sa(T*) (Bradley 2010).

    Bradley (2010), "A generalized conditional intensity measure approach and holistic ground-motion
    selection", Earthq. Eng. Struct. Dyn. 39(12):1321-1342: for one scenario all measures are jointly
    lognormal, so each is lognormal given Sa(T*). Several branches are mixed.

    Raises
    ------
    InputError
        Options are missing, contradict one another, or cannot be used.
    """
    models = gcim_measures(options.measures, options.duration_gmm)
    names = (_WHERE, f"GCIM ({', '.join(models.names)})")
    return target_given_sa(
        names, periods_s, conditioning_period_s, ground_motion_models, correlations, options, measures=models
    )
