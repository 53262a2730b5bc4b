"""Functionality over time, and the resilience index as its mean.

Cimellaro, Reinhorn & Bruneau (2010), "Framework for analytical quantification of disaster resilience",
Engineering Structures 32(11):3639-3649: functionality falls by L at the event and recovers over the time T_RE
along one of three shapes f. Here a delay T_D comes first:

    Q(t) = 1 − L                             0 ≤ t < T_D
    Q(t) = 1 − L·f((t − T_D)/T_RE)           T_D ≤ t < T_D + T_RE
    Q(t) = 1                                 T_D + T_RE ≤ t

The resilience index is R = ∫ Q dt / T_LC over the control time T_LC from the event on (their eq. 1; Bruneau
et al. 2003, "A framework to quantitatively assess and enhance the seismic resilience of communities",
Earthquake Spectra 19(4):733-752), by closed forms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gmplug.errors import InputError
from gmplug.values import FloatArray

#: Rate of the exponential shape: it ends at 1/200 of the loss.
_DECAY = float(np.log(200.0))

#: By name: the share f(s) of the loss that is left at s, and its integral from 0 to s.
SHAPES: dict[str, tuple[Callable[[FloatArray], FloatArray], Callable[[FloatArray], FloatArray]]] = {
    "linear": (lambda s: 1.0 - s, lambda s: s - s**2 / 2),
    "exponential": (lambda s: np.exp(-_DECAY * s), lambda s: -np.expm1(-_DECAY * s) / _DECAY),
    "trigonometric": (
        lambda s: (1.0 + np.cos(np.pi * s)) / 2,
        lambda s: s / 2 + np.sin(np.pi * s) / (2 * np.pi),
    ),
}


@dataclass(frozen=True)
class Recovery:
    """Loss and recovery of functionality, one entry per realization, each of shape (n,).

    Parameters
    ----------
    loss
        L, the share of functionality lost at the event, 0 to 1.
    delay_days
        T_D, from the event to the start of repair.
    repair_days
        T_RE, from the start of repair to full functionality.
    """

    loss: FloatArray
    delay_days: FloatArray
    repair_days: FloatArray

    def __post_init__(self) -> None:
        arrays = {name: getattr(self, name) for name in ("loss", "delay_days", "repair_days")}
        shapes = {np.shape(values) for values in arrays.values()}
        if len(shapes) > 1 or len(np.shape(self.loss)) != 1:
            raise ValueError("a recovery needs three arrays of one length: loss, delay_days, repair_days")
        for name, values in arrays.items():
            if not np.all(np.isfinite(values)) or np.any(values < 0):
                raise ValueError(f"a recovery's {name} must be finite and not negative")
        if np.any(self.loss > 1):
            raise ValueError("a recovery's loss is a share of functionality, 1 at most")

    @property
    def recovery_days(self) -> FloatArray:
        """From the event to full functionality, shape (n,); 0 where nothing was lost."""
        return np.where(self.loss > 0, self.delay_days + self.repair_days, 0.0)


def _shape(name: str) -> tuple[Callable[[FloatArray], FloatArray], Callable[[FloatArray], FloatArray]]:
    if name not in SHAPES:
        raise InputError(f"recovery shape {name!r} is unknown; one of {', '.join(SHAPES)}")
    return SHAPES[name]


def functionality(recovery: Recovery, times_days: FloatArray, shape: str = "linear") -> FloatArray:
    """Q(t), shape (n, t): functionality of each realization at ``times_days`` (t,) after the event.

    Negative times are before the event: functionality is 1.
    """
    left, _ = _shape(shape)
    t = np.asarray(times_days, dtype=float)[None, :]
    start, length = recovery.delay_days[:, None], recovery.repair_days[:, None]
    s = np.clip((t - start) / np.where(length > 0, length, 1.0), 0.0, 1.0)
    share = np.where(t < start, 1.0, left(s))
    share = np.where((t >= start + length) | (t < 0), 0.0, share)
    return 1.0 - recovery.loss[:, None] * share


def resilience_index(recovery: Recovery, control_time_days: float, shape: str = "linear") -> FloatArray:
    """R = ∫ Q dt / T_LC from the event to the control time, of each realization, shape (n,).

    Raises
    ------
    InputError
        The shape is unknown, or the control time is not positive.
    """
    _, integral = _shape(shape)
    if not (np.isfinite(control_time_days) and control_time_days > 0):
        raise InputError(f"control_time_days: {control_time_days!r} must be a positive number of days")
    waiting = np.minimum(recovery.delay_days, control_time_days)
    length = recovery.repair_days
    within = np.clip(control_time_days - recovery.delay_days, 0.0, length)
    s = within / np.where(length > 0, length, 1.0)
    lost_days = recovery.loss * (waiting + np.where(length > 0, length * integral(s), 0.0))
    # A loss that needs no repair time is none.
    lost_days = np.where(recovery.recovery_days > 0, lost_days, 0.0)
    return np.asarray(1.0 - lost_days / control_time_days, dtype=np.float64)
