"""The two presets of cae-kmeans: every number of the training in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """Numbers of one way to train, by default those of the preset ``default``.

    The parameters of CAEKMeans override them one by one.

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

    copies: int | None = None
    simulated: int | None = 10_000
    family: float = 0.75
    pretrain_epochs: int = 10
    finetune_epochs: int = 450
    batch_size: int | None = 64
    finetune_batch_size: int | None = 256
    learning_rate: float = 2e-3
    finetune_learning_rate: float = 1e-3
    pretrain_stop_loss: float | None = None
    finetune_stop_loss: float | None = None
    geometry_factor: float = 1.0
    finetune_geometry_factor: float = 10.0
    noise: float = 0.4
    missing: float = 0.4
    n_init: int = 50
    published: bool = False


PRESETS: Mapping[str, Preset] = {
    "default": Preset(),
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
