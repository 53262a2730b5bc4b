"""The two presets of cae-kmeans: every number of the training in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """Numbers of one way to train; the constructor of CAEKMeans overrides them one by one.

    Parameters
    ----------
    copies
        Simulated spectra per candidate; None: as many as make ``simulated`` in all.
    simulated
        Simulated spectra in all, where ``copies`` is None, and most in one epoch.
    family
        Share of the simulated spectra whose parent is drawn from the candidates' family; others copy one.
    pretrain_epochs, finetune_epochs
        At most so many; the last two thirds of the default's fine-tuning are for settling.
    batch_size
        Spectra per step of the pre-training; None: ten times the candidates, as published.
    finetune_batch_size
        Spectra per step of the fine-tuning, and per epoch; None: all.
    learning_rate, finetune_learning_rate
        Peaks of a cosine schedule; for ``published`` start of the published one, and constant.
    pretrain_stop_loss, finetune_stop_loss
        Losses that end a phase; None: run to the end of the schedule.
    geometry_factor, finetune_geometry_factor
        Factors of the geometry loss.
    noise
        Largest standard deviation, in ln Sa, of the noise on what the encoder sees while it trains.
    missing
        Probability that the encoder sees a spectrum without its longest or shortest periods.
    n_init
        Replicates of k-means.
    published
        Follow Jia & Sasani (2025) to the letter.
    """

    copies: int | None
    simulated: int | None
    family: float
    pretrain_epochs: int
    finetune_epochs: int
    batch_size: int | None
    finetune_batch_size: int | None
    learning_rate: float
    finetune_learning_rate: float
    pretrain_stop_loss: float | None
    finetune_stop_loss: float | None
    geometry_factor: float
    finetune_geometry_factor: float
    noise: float
    missing: float
    n_init: int
    published: bool = False


PRESETS: Mapping[str, Preset] = {
    "default": Preset(
        copies=None,
        simulated=10_000,
        family=0.75,
        pretrain_epochs=10,
        finetune_epochs=450,
        batch_size=64,
        finetune_batch_size=256,
        learning_rate=2e-3,
        finetune_learning_rate=1e-3,
        pretrain_stop_loss=None,
        finetune_stop_loss=None,
        geometry_factor=1.0,
        finetune_geometry_factor=10.0,
        noise=0.4,
        missing=0.4,
        n_init=50,
    ),
    "published": Preset(
        copies=150,
        simulated=None,
        family=0.0,
        pretrain_epochs=20_000,
        finetune_epochs=50_000,
        batch_size=None,
        finetune_batch_size=None,
        learning_rate=1e-3,
        finetune_learning_rate=1e-4,
        pretrain_stop_loss=0.005,
        finetune_stop_loss=0.0004,
        geometry_factor=0.0,
        finetune_geometry_factor=0.0,
        noise=0.0,
        missing=0.0,
        n_init=1000,
        published=True,
    ),
}
