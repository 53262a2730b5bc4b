"""Made-up demands of several levels."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gmplug.demands import DRIFT
from gmplug.values import LevelDemands


def made_stripes(records: int = 30, seed: int = 0) -> LevelDemands:
    """Five levels; median drift 2 % at 0.4 g, β = 0.4, collapse above 7 %."""
    rng, rows = np.random.default_rng(seed), []
    for level, sa in enumerate(np.geomspace(0.1, 1.2, 5)):
        for record, drift in enumerate(0.02 * (sa / 0.4) ** 1.1 * np.exp(0.4 * rng.normal(size=records))):
            status = "collapsed" if drift > 0.07 else "ok"
            rows.append((f"L{level}", sa, 4e-5 * sa**-2.5, f"r{record}", status, drift))
    table = pd.DataFrame(rows, columns=["level", "sa_g", "annual_rate", "id", "status", DRIFT])
    levels = table.groupby("level").agg(sa_g=("sa_g", "first"), annual_rate=("annual_rate", "first"))
    return LevelDemands(table, levels.reset_index().assign(candidates=99, records=records), 1.0)
