"""cae-kmeans trained once for five hazard levels, beside training for each of them.

Adjusted Rand index of the clusters of either way, and of two seeds of training for each level as a measure of
what the seed alone changes; the seconds of each. Needs the real data (../shared/data/nga_west2); takes some
ten minutes on 2 cores.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sklearn.metrics import adjusted_rand_score

from gmplug.clustering import CAEKMeans
from gmplug.clustering.shared_training import union_by_group
from gmplug.runs import run_study
from gmplug.study import parse_study
from gmplug.values import Candidates
from tests.support.places import SHARED_DATA

DATA = SHARED_DATA / "nga_west2" / "flatfile_sample.csv"
#: Sa(T*) of the levels, g.
LEVELS_G = (0.1, 0.25, 0.5, 0.78, 1.2)
GROUP = "all"


def candidates_of_levels() -> list[Candidates]:
    """The candidates of each level, scaled by 0.25 to 4."""
    content = {
        "study": {"name": "levels", "seed": 1},
        "catalogue": {"provider": "nga-west2", "flatfile": str(DATA)},
        "structure": {"period_s": 1.0},
        "target": {
            "gmm": "BSSA14",
            "scenario": {"magnitude": 7.0, "rjb_km": 15.0, "vs30_m_s": 270.0, "mechanism": "strike-slip"},
            "periods_s": {"start": 0.01, "stop": 2.0, "step": 0.01},
        },
        "levels": [{"name": f"{sa_g:g}-g", "sa_g": sa_g} for sa_g in LEVELS_G],
    }
    with tempfile.TemporaryDirectory() as folder:
        study = parse_study(content, Path(folder) / "study.toml")
        run: Any = run_study(study, Path(folder) / "run", until="preselection")
        return [level.values["candidates"] for level in run.levels.values()]


def timed(action: Callable[[], CAEKMeans]) -> tuple[CAEKMeans, float]:
    """What the action returns, and how long it took, s."""
    start = time.perf_counter()
    return action(), round(time.perf_counter() - start, 1)


def run() -> list[dict[str, Any]]:
    """One row per level, and one for the shared training."""
    if not DATA.is_file():
        return [{"what": "the real data (../shared/data) is not at hand", "value": "skipped"}]
    levels = candidates_of_levels()
    grid: dict[str, Any] = {"periods_s": levels[0].periods_s, "conditioning_period_s": 1.0}
    _, shapes = union_by_group(levels, 1.0)[GROUP]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "all.npz"
        model, seconds = timed(lambda: CAEKMeans(random_state=1, **grid).train(shapes))
        model.save(path)
        rows = [{"level": "all, trained once", "candidates": len(shapes), "shared_s": seconds}]
        for sa_g, one in zip(LEVELS_G, levels, strict=True):
            rows.append({"level": f"{sa_g:g} g", "candidates": len(one.records)} | _row(one, path, grid))
    return rows


def _row(candidates: Candidates, path: Path, grid: dict[str, Any]) -> dict[str, Any]:
    X = candidates.ln_sa
    shared, shared_s = timed(lambda: CAEKMeans(random_state=1, trained=path, **grid).fit(X))
    own, own_s = timed(lambda: CAEKMeans(random_state=1, **grid).fit(X))
    other, _ = timed(lambda: CAEKMeans(random_state=2, **grid).fit(X))
    return {
        "k": f"{shared.n_clusters_}, {own.n_clusters_}, {other.n_clusters_}",
        "shared ~ own": round(adjusted_rand_score(shared.labels_, own.labels_), 2),
        "shared ~ other seed": round(adjusted_rand_score(shared.labels_, other.labels_), 2),
        "own ~ other seed": round(adjusted_rand_score(own.labels_, other.labels_), 2),
        "mse shared": round(shared.reconstruction_mse_, 4),
        "mse own": round(own.reconstruction_mse_, 4),
        "shared_s": shared_s,
        "own_s": own_s,
    }
