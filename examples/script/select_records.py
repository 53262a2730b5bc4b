"""Candidates, target, clusters and selection in a script, without a study file.

The spectra are drawn at random so that the script runs as it is. Put your own arrays in their place.
"""

import numpy as np
import pandas as pd

import gmplug

SITE = {"vs30_m_s": 400.0, "mechanism": "strike-slip"}
PERIODS_S = np.round(np.arange(0.1, 2.01, 0.05), 2)
T_STAR_S = 1.0

# 1. Your records: Sa in g, one row per record, and what is known of each.
scenario = {"magnitude": 6.5, "rjb_km": 20.0, **SITE}
usual = gmplug.make_target("unconditional", PERIODS_S, T_STAR_S, gmm="BSSA14", scenario=scenario)
rng = np.random.default_rng(1)
sa_g = np.exp(rng.multivariate_normal(usual.ln_mean, usual.covariance, size=200))
records = pd.DataFrame(
    {
        "id": [f"made-up-{number}" for number in range(1, 201)],
        "magnitude": rng.uniform(5.5, 7.5, 200),
        "max_usable_period_s": 8.0,
    }
)

# 2. The target, and the candidates scaled to it.
target = gmplug.conditional_spectrum(
    PERIODS_S, T_STAR_S, sa_g=0.4, gmm="BSSA14", scenario={"magnitude": 7.0, "rjb_km": 15.0, **SITE}
)
candidates = gmplug.candidates(
    sa_g,
    PERIODS_S,
    target,
    component="RotD50",
    records=records,
    magnitude=(6.0, 7.5),
    scale_factor=(0.2, 5.0),
)

# 3. Clusters, and a selection within their quotas.
clusters = gmplug.cluster(candidates, target, method="kmeans", seed=1)
selection = gmplug.select(candidates, target, clusters, count=11, seed=1)

print(f"{len(candidates.records)} candidates, {clusters.groups['all'].k} clusters, E = {selection.error:.3f}")
print(selection.records[["id", "cluster", "scale_factor"]].to_string(index=False))
