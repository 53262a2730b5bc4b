"""What tells of a flaw of a recording: a drift of the baseline, a motion that was cut."""

from __future__ import annotations

import numpy as np

from gmplug.measures.compute import velocity_g_s
from gmplug.values import Motion

#: Columns of catalogues that are made from waveforms, with what they hold.
SOUNDNESS = {
    "end_velocity_share": "mean velocity of the last 5 s (at most a tenth of the record) over PGV",
    "arias_first_second": "share of the Arias intensity in the first second of the record",
    "arias_last_second": "share of the Arias intensity in the last second of the record",
}
_END_S, _END_SHARE, _EDGE_S = 5.0, 0.1, 1.0


def record_soundness(motion: Motion) -> dict[str, float]:
    """Return the columns of :data:`SOUNDNESS` for an unscaled motion, the larger of two components."""
    step, count = motion.time_step_s, motion.horizontal_g.shape[1]
    velocity = velocity_g_s(motion.horizontal_g, step)
    end = max(round(min(_END_S, _END_SHARE * count * step) / step), 1)
    at_end = np.abs(np.mean(velocity[:, -end:], axis=1))
    peaks = np.maximum(np.max(np.abs(velocity), axis=1), 1e-300)
    power = np.square(motion.horizontal_g)
    edge, total = max(round(_EDGE_S / step), 1), np.maximum(np.sum(power, axis=1), 1e-300)
    return {
        "end_velocity_share": float(np.max(at_end / peaks)),
        "arias_first_second": float(np.max(np.sum(power[:, :edge], axis=1) / total)),
        "arias_last_second": float(np.max(np.sum(power[:, -edge:], axis=1) / total)),
    }
