"""The targets with their options as keywords, as a study sets them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gmplug.target.average_sa import AvgSaOptions
from gmplug.target.average_sa import avgsa_conditional as _avgsa_conditional
from gmplug.target.conditional_spectrum import ConditionalSpectrumOptions
from gmplug.target.conditional_spectrum import conditional_spectrum as _conditional_spectrum
from gmplug.target.gcim import GcimOptions
from gmplug.target.gcim import gcim as _gcim
from gmplug.target.unconditional import UnconditionalOptions
from gmplug.target.unconditional import unconditional as _unconditional
from gmplug.values import FloatArray, Target


def _with_keywords(provider: Callable[..., Target], model: type[Any]) -> Callable[..., Target]:
    def call(
        periods_s: FloatArray, t_star: float, models: Any, correlations: Any = None, **options: Any
    ) -> Target:
        return provider(periods_s, t_star, models, correlations, options=model(**options))

    return call


conditional_spectrum = _with_keywords(_conditional_spectrum, ConditionalSpectrumOptions)
avgsa_conditional = _with_keywords(_avgsa_conditional, AvgSaOptions)
gcim = _with_keywords(_gcim, GcimOptions)
unconditional = _with_keywords(_unconditional, UnconditionalOptions)
