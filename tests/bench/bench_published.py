"""The preset ``published`` on the published pulse-type candidates: does it reach the loss it is to stop at?

The paper pre-trains for up to 20,000 epochs (hours) and fine-tunes to a loss of 0.0004. Here pre-training is
cut short, 150 epochs if ``GMPLUG_BENCH_PRETRAIN_EPOCHS`` does not say otherwise (minutes); all else is the
preset's.
"""

from __future__ import annotations

import os
import time
from typing import Any

from gmplug.clustering import CAEKMeans
from tests.bench.bench_clustering import PERIODS_S, scaled_spectra

TUNED_ON = "nothing: the preset is the paper's"
REPORTED_ON = "jia2025, pulse"


def run() -> list[dict[str, Any]]:
    """One row per phase: epochs it took, and the loss at its end."""
    epochs = int(os.environ.get("GMPLUG_BENCH_PRETRAIN_EPOCHS", "150"))
    start = time.perf_counter()
    model = CAEKMeans(
        preset="published",
        random_state=1,
        n_clusters=2,
        pretrain_epochs=epochs,
        periods_s=PERIODS_S,
        conditioning_period_s=1.0,
    ).fit(scaled_spectra("pulse"))
    rows: list[dict[str, Any]] = [
        {
            "what": phase,
            "epochs": int(part["epoch"].max()),
            "last loss": f"{part['loss'].iloc[-1]:.6f}",
            "least loss": f"{part['loss'].min():.6f}",
        }
        for phase, part in model.history_.groupby("phase", sort=False)
    ]
    reconstruction = f"{model.reconstruction_mse_:.6f}"
    return [
        *rows,
        {"what": f"reconstruction, after {time.perf_counter() - start:.0f} s", "least loss": reconstruction},
    ]


def found(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What the overview states."""
    last = rows[-2]
    return {
        "Does the published training end at its loss of 0.0004? [clustering](clustering.md)": (
            f"Loss {last['last loss']} after {last['epochs']} epochs of fine-tuning, pre-training cut short."
        )
    }
