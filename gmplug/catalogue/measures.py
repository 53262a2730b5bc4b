"""What is computed from a record's waveforms besides its response spectrum: significant durations."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gmplug.values import Motion

#: Significant durations by column name: shares of Arias intensity between which they run.
DURATIONS: Mapping[str, tuple[float, float]] = {
    "duration_5_75_s": (0.05, 0.75),
    "duration_5_95_s": (0.05, 0.95),
}


def significant_duration_s(motion: Motion, low: float, high: float) -> float:
    """Return the time, s, in which the Arias intensity grows from share ``low`` to share ``high``.

    Trifunac & Brady (1975), Bull. Seism. Soc. Am. 65(3):581-626; of two horizontal components, the
    intensities are added, which does not depend on their orientation.
    """
    intensity = np.cumsum(np.sum(np.square(motion.horizontal_g), axis=0))
    shares = intensity / intensity[-1]
    first, last = np.searchsorted(shares, [low, high])
    return float(last - first) * motion.time_step_s
