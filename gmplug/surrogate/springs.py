"""Backbone and hysteresis of a spring from its deformations and forces along a pushover."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gmplug.values import FloatArray

#: Points of a backbone.
POINTS = 16
#: A spring yields where its force falls below this share of the linear one.
_YIELDS = 0.98
#: A spring that yields only beyond this share of its largest deformation counts as linear.
_LINEAR_UP_TO = 0.9
#: A backbone goes on in its last direction to this multiple of the largest deformation.
_BEYOND = 3.0
#: Weight of the shares' sum in the fit of the hysteresis.
_SUM_WEIGHT = 100.0
#: Rounds of the searches for pinching and deterioration, one after the other.
_ROUNDS = 3
#: The largest share of its strength that a spring may have lost by the end of the pushover.
_MOST_LOST = 0.95


@dataclass(frozen=True)
class Springs:
    """Springs of a reduced model, s of them.

    Parameters
    ----------
    deformation
        Their deformations B u, shape (s, n).
    backbone
        Deformations (s, p) and forces (s, p), rising deformations, the first at yield.
    rules
        Shares of the hysteretic rules, in the order of :mod:`~gmplug.surrogate.hysteresis`, shape (s, R).
    pinch
        Force at the pinch point over that at the largest deformation, shape (s,).
    decay
        Strength lost per dissipated energy, 1/Et, shape (s,).
    fit
        Share of the variance of the forces in the cycles that the hysteresis explains, shape (s,).
    """

    deformation: FloatArray
    backbone: tuple[FloatArray, FloatArray]
    rules: FloatArray
    pinch: FloatArray
    decay: FloatArray
    fit: FloatArray

    @property
    def stiffness(self) -> FloatArray:
        """Of the springs before they yield, shape (s,)."""
        return np.asarray(self.backbone[1][:, 0] / self.backbone[0][:, 0])

    def errors(self, deformation: FloatArray, force: FloatArray) -> FloatArray:
        """Forces along a path of deformations less those of a pushover, shapes (S, s)."""
        found = np.empty_like(force)
        for spring in range(len(self.rules)):
            x, y = (np.ascontiguousarray(of[:, spring]) for of in (deformation, force))
            backbone = self.backbone[0][spring], self.backbone[1][spring]
            by_rule = _deteriorated(x, y, backbone, self.pinch[spring], self.decay[spring])
            found[:, spring] = self.rules[spring] @ by_rule - y
        return found


def fitted_springs(
    deformation: FloatArray,
    stiffness: FloatArray,
    monotonic: tuple[FloatArray, FloatArray],
    cycles: tuple[FloatArray, FloatArray],
) -> Springs:
    """Fit springs of given stiffness (s,) to their deformations and forces, (S, s) each.

    The monotonic pushover gives the backbones, the cyclic one the hysteresis.
    """
    backbones, fits = [], []
    for spring, linear in enumerate(stiffness):
        one, other = ((x[:, spring], y[:, spring]) for x, y in (monotonic, cycles))
        backbones.append(_backbone(one, other, float(linear)))
        fits.append(_hysteresis(backbones[-1], *(np.ascontiguousarray(part) for part in other)))
    points, forces = (np.array(part) for part in zip(*backbones, strict=True))
    rules, pinch, decay, fit = (np.array(part) for part in zip(*fits, strict=True))
    return Springs(deformation, (points, forces), rules, pinch, decay, fit)


def _envelope(paths: Sequence[tuple[FloatArray, FloatArray]]) -> tuple[FloatArray, FloatArray]:
    """Return each new largest deformation of paths one after the other, rising, and its force."""
    path, force = (np.concatenate(part) for part in zip(*paths, strict=True))
    new = (path >= np.maximum.accumulate(path)) & (path > 1e-6 * np.max(path))
    order = np.argsort(path[new])
    return path[new][order], force[new][order]


def _backbone(
    monotonic: tuple[FloatArray, FloatArray], cycles: tuple[FloatArray, FloatArray], stiffness: float
) -> tuple[FloatArray, FloatArray]:
    """Points of the force at each new largest deformation, the first at yield, then geometrically spaced."""
    x, y = _envelope([monotonic, cycles])
    largest = float(x[-1])
    yielded = x[y < _YIELDS * stiffness * x]
    if not len(yielded) or yielded[0] >= _LINEAR_UP_TO * largest:
        points = largest * np.linspace(1.0, 2.0, POINTS + 1)
        return points, stiffness * points
    points = np.geomspace(float(yielded[0]), max(largest, 1.2 * float(yielded[0])), POINTS)
    forces = np.interp(points, x, y)
    points[0] = forces[0] / stiffness  # on the first line, not beyond it
    slope = min((forces[-1] - forces[-2]) / (points[-1] - points[-2]), 0.0)
    last = forces[-1] + slope * (_BEYOND - 1.0) * largest
    return np.append(points, _BEYOND * points[-1]), np.append(forces, max(last, 0.0))


def _hysteresis(
    backbone: tuple[FloatArray, FloatArray], path: FloatArray, force: FloatArray
) -> tuple[FloatArray, float, float, float]:
    """Shares of the rules, pinching, 1/Et, and the share of variance explained, of the best fit."""
    from scipy.optimize import minimize_scalar

    from gmplug.surrogate.hysteresis import dissipated

    total = max(float(dissipated(path, force)[-1]), 1e-300)

    def blend(pinch: float, lost: float) -> tuple[FloatArray, float]:
        return _blend(force, _deteriorated(path, force, backbone, pinch, lost / total))

    values, most = [1.0, 0.0], (1.0, _MOST_LOST)

    def miss(value: float, place: int) -> float:
        return -blend(*(value if at == place else now for at, now in enumerate(values)))[1]

    for place in (0, 1) * _ROUNDS:
        tried = minimize_scalar(miss, bounds=(0.0, most[place]), args=(place,), method="bounded")
        if tried.fun < miss(values[place], place):
            values[place] = float(tried.x)
    rules, fit = blend(*values)
    return rules, values[0], values[1] / total, fit


def _deteriorated(
    path: FloatArray, force: FloatArray, backbone: tuple[FloatArray, FloatArray], pinch: float, decay: float
) -> FloatArray:
    """Forces by each rule along a path (S,) with the strength that is left in the pushover, shape (R, S)."""
    from gmplug.surrogate.hysteresis import dissipated, force_paths  # numba, only where its loops run

    left = np.maximum(1.0 - decay * dissipated(path, force), 0.0)
    return np.asarray(left * force_paths(path, *backbone, pinch))


def _blend(force: FloatArray, by_rule: FloatArray) -> tuple[FloatArray, float]:
    """Shares of the rules (R,), sum 1, that fit the forces (S,) best, and the share of variance explained."""
    from scipy.optimize import nnls

    total = float(force @ force)
    scaled = by_rule / math.sqrt(total)
    rows = np.vstack([scaled.T, np.full(len(by_rule), _SUM_WEIGHT)])
    share = nnls(rows, np.concatenate([force / math.sqrt(total), [_SUM_WEIGHT]]))[0]
    share = share / share.sum()
    left = force - share @ by_rule
    return share, 1.0 - float(left @ left) / total
