"""The weights that gmplug ships, made from simulated spectra alone:

    python -m gmplug.clustering.pretraining weights.npz

takes some minutes on one core, and needs no TensorFlow. It prints the checksum that
:mod:`gmplug.clustering.pretrained` states. Another processor may round differently.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from gmplug.catalogue.simulated.population import CONTROL_PERIODS_S, MODELS, grid, predict
from gmplug.catalogue.simulated.pulse import draw_pulse_period, ln_amplification_rotd50
from gmplug.clustering.autoencoder import ENCODER_WEIGHTS, Array, weight_shapes
from gmplug.clustering.pretrained import write
from gmplug.clustering.ratio_grid import RATIOS
from gmplug.clustering.spectra_space import period_weights
from gmplug.clustering.training import Adam, Loss, cosine_rate, distances
from gmplug.gmm.correlation import baker_jayaram_2008
from gmplug.values import BoolArray, FloatArray

SEED, STEPS, BATCH, LEARNING_RATE, GEOMETRY_FACTOR = 1, 3000, 64, 2e-3, 3.0
#: Records of the simulated catalogue's grid.
RECORDS = 450
#: Each batch draws, uniformly in ln: T*, s; the shortest and the longest known period, in T*.
T_STAR_S, SHORTEST, LONGEST = (0.15, 4.0), (0.01, 0.3), (1.5, 10.0)
#: Each batch takes records around a magnitude, within one of these, and to one of these distances.
MAGNITUDE_WINDOWS, RJB_KM = (0.25, 0.5, 5.0), (30.0, 60.0)
#: Each batch gives one of these shares of its records a pulse.
PULSE_SHARES = (0.0, 0.0, 0.3, 1.0)
#: Share of spectra that the encoder sees with noise, up to this standard deviation in ln Sa, and the share of
#: these that also lose periods: long ones, or one time in four short ones.
CORRUPTED, NOISE, MISSING, LONG = 0.25, 0.4, 0.4, 0.75
_ANCHOR = int(np.argmin(np.abs(np.log(RATIOS))))


@dataclass(frozen=True)
class Population:
    """Spectra of records as studies pre-select them, scaled to one Sa(T*), of public models alone.

    BSSA14's medians and standard deviations for the simulated catalogue's earthquakes and sites; residuals
    with the correlation of Baker & Jayaram (2008); pulses after Shahi & Baker (2011). See
    :mod:`gmplug.catalogue.simulated.population`.

    Parameters
    ----------
    magnitude, rjb_km
        Of the records, shape (N,).
    ln_median, sigma
        Of ln Sa at the control periods, shape (N, K).
    """

    magnitude: FloatArray
    rjb_km: FloatArray
    ln_median: FloatArray
    sigma: FloatArray

    @classmethod
    def of_catalogue(cls) -> Population:
        """Return the population of the simulated catalogue's grid."""
        records = grid(RECORDS)
        predictions = predict(records, MODELS[0])
        return cls(
            records["magnitude"].to_numpy(float),
            records["rjb_km"].to_numpy(float),
            np.log([one.median_g for one in predictions]),
            np.array([one.sigma_ln for one in predictions]),
        )

    def draw(self, rng: np.random.Generator) -> tuple[FloatArray, BoolArray, float]:
        """Draw a batch.

        Returns
        -------
        Deviations from the batch's mean over their largest standard deviation, shape (n, 100), 0 where not
        known; the known points, shape (100,); and that standard deviation in ln Sa.
        """
        t_star, shortest, longest = (
            math.exp(rng.uniform(*np.log(one))) for one in (T_STAR_S, SHORTEST, LONGEST)
        )
        periods = RATIOS * t_star
        known = (shortest <= RATIOS) & (longest >= RATIOS)
        known &= (periods >= CONTROL_PERIODS_S[0]) & (periods <= CONTROL_PERIODS_S[-1])
        periods = periods[known]
        near = np.abs(self.magnitude - rng.choice(np.unique(self.magnitude))) <= rng.choice(MAGNITUDE_WINDOWS)
        near &= self.rjb_km <= rng.choice(RJB_KM)
        records = rng.choice(np.flatnonzero(near), BATCH)
        factor = np.linalg.cholesky(baker_jayaram_2008(periods) + 1e-6 * np.eye(len(periods)))
        residuals = rng.standard_normal((BATCH, len(periods))) @ factor.T
        spectra = _at(periods, self.ln_median[records]) + _at(periods, self.sigma[records]) * residuals
        with_pulse = rng.random(BATCH) < rng.choice(PULSE_SHARES)
        pulse_period = draw_pulse_period(self.magnitude[records], rng)
        spectra += np.where(with_pulse[:, None], ln_amplification_rotd50(periods, pulse_period[:, None]), 0.0)
        spectra -= spectra[:, [np.flatnonzero(known).searchsorted(_ANCHOR)]]
        spectra -= spectra.mean(axis=0)
        scale = float(spectra.std(axis=0).max())
        deviations = np.zeros((BATCH, len(RATIOS)))
        deviations[:, known] = spectra / scale
        return deviations, known, scale


def _at(periods_s: FloatArray, values: FloatArray) -> FloatArray:
    """Values (n, K) at the control periods, linear in ln T, at other periods (P,): (n, P)."""
    ln_t = np.log(periods_s)
    return np.array([np.interp(ln_t, np.log(CONTROL_PERIODS_S), row) for row in values])


def corrupted(deviations: FloatArray, known: BoolArray, noise: float, rng: np.random.Generator) -> Array:
    """What the encoder sees of a batch (n, 100), shape (n, 100, 1): a denoising autoencoder's input.

    Vincent et al. (2010), JMLR 11:3371-3408: the losses ask for the spectra as they are. Lost periods become
    0, the mean spectrum. T* itself is never lost.
    """
    count, position = len(deviations), np.arange(len(RATIOS))
    touched = rng.random(count) < CORRUPTED
    sigma = np.where(touched, rng.uniform(0.0, noise, count), 0.0)
    noisy = deviations + sigma[:, None] * rng.standard_normal(deviations.shape) * known
    first, last = np.flatnonzero(known)[[0, -1]]
    long = position >= rng.integers(_ANCHOR + 1, max(last + 1, _ANCHOR + 2), count)[:, None]
    short = position < rng.integers(first, max((first + _ANCHOR) // 2, first) + 1, count)[:, None]
    lost = np.where((rng.random(count) < LONG)[:, None], long, short)
    lost &= (touched & (rng.random(count) < MISSING))[:, None]
    return np.where(lost, 0.0, noisy)[:, :, None].astype(np.float32)


def loss_of(deviations: FloatArray, known: BoolArray) -> Loss:
    """The losses of a batch, with the distances of a study that has the known periods."""
    weights = np.zeros(len(RATIOS))
    weights[known] = period_weights(RATIOS[known], 1.0, int(known.sum())) / known.sum()
    width = np.gradient(RATIOS[known])
    reconstruction = np.zeros(len(RATIOS))
    reconstruction[known] = 0.5 * width / width.sum() + 0.5 / known.sum()  # even in T, and in ln T
    wanted = distances(deviations * np.sqrt(weights))
    return Loss(deviations, np.eye(len(RATIOS)), reconstruction, wanted, GEOMETRY_FACTOR)


def first_weights(rng: np.random.Generator) -> list[Array]:
    """He-normal convolutions (He et al. 2015), and orthogonal dense layers of He's size (Saxe et al. 2014).

    A product of seven narrowing Gaussian matrices nearly loses some latent direction in one draw or another.
    """
    weights: list[Array] = []
    for shape in weight_shapes(len(RATIOS)):
        if len(shape) == 1:
            value = np.zeros(shape)
        elif len(shape) == 2:
            turned = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))[0]
            value = (turned if shape[0] >= shape[1] else turned.T) * math.sqrt(
                2.0 * max(1.0, shape[1] / shape[0])
            )
        else:
            fan_in = shape[0] * shape[2 if len(weights) >= ENCODER_WEIGHTS else 1]
            value = rng.standard_normal(shape) * math.sqrt(2.0 / fan_in)
        weights.append(value.astype(np.float32))
    return weights


def pretrain(steps: int = STEPS, seed: int = SEED) -> list[Array]:
    """Train the autoencoder on the population; prints the mean losses of every 500 steps."""
    rng = np.random.default_rng(seed)
    population, adam = Population.of_catalogue(), Adam(first_weights(rng))
    losses = []
    for number in range(steps):
        deviations, known, scale = population.draw(rng)
        seen = corrupted(deviations, known, NOISE / scale, rng)
        rate = cosine_rate(LEARNING_RATE, number / steps)
        losses.append(loss_of(deviations, known).step(adam, seen, rate))
        if (number + 1) % 500 == 0:
            reconstruction, geometry = np.mean(losses[-500:], axis=0)
            print(
                f"step {number + 1}: reconstruction {reconstruction:.4f}, geometry {geometry:.5f}", flush=True
            )
    return adam.weights


def main(arguments: Sequence[str] | None = None) -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--steps", type=int, default=STEPS)
    options = parser.parse_args(arguments)
    with threadpool_limits(1, user_api="blas"):
        weights = pretrain(options.steps)
    print(write(weights, options.file))


if __name__ == "__main__":
    main()
