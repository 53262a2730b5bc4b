"""Training that the levels of a study share: what is trained on, when it is reused, when it is not done."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from gmplug import testing
from gmplug.clustering import CAEKMeans, KMeansSpectra
from gmplug.clustering.shared_training import offers_training, union_by_group, unsound
from gmplug.levels import LevelsRun
from gmplug.runs import load_run, run_study
from gmplug.values import Candidates
from tests.clustering.test_clustering import GRID_20
from tests.support.displays import Recorder
from tests.support.spectra import BRIEF, spectra
from tests.support.studies import write_levels_study

# A clusterer as a stranger would write it: principal components, trained once, and the sign of the first one.
SCRIPT = """
from pathlib import Path

import gmplug
import numpy as np


class Components:
    def __init__(self, periods_s=None, conditioning_period_s=1.0, trained: Path | None = None):
        self.periods_s, self.conditioning_period_s, self.trained = periods_s, conditioning_period_s, trained

    def _shapes(self, X):
        anchor = np.argmin(np.abs(np.asarray(self.periods_s) - self.conditioning_period_s))
        return X - X[:, [anchor]]

    def train(self, X):
        self.seen = self._shapes(X)
        self.mean = self.seen.mean(axis=0)
        self.axis = np.linalg.svd(self.seen - self.mean, full_matrices=False)[2][0]
        return self

    def save(self, path):
        np.savez(path, mean=self.mean, axis=self.axis, seen=self.seen)

    def fit(self, X):
        if self.trained is None:
            self.train(X)
        else:
            with np.load(self.trained) as stored:
                self.mean, self.axis = stored["mean"], stored["axis"]
        self.labels_ = ((self._shapes(X) - self.mean) @ self.axis > 0).astype(int)
        self.labels_[np.argmax((self._shapes(X) - self.mean) @ self.axis)] = 1
        return self


@gmplug.hookimpl
def gmplug_clusterers():
    return {"components": Components}


@gmplug.hookimpl
def gmplug_stage_finished(stage, value, wall_s):
    with (Path(__file__).parent / "finished.txt").open("a") as stream:
        stream.write(f"{stage} {type(value).__name__}\\n")
"""


def _write(folder: Path) -> Path:
    path = write_levels_study(folder)
    (folder / "components.py").write_text(SCRIPT)
    text = path.read_text().replace('scripts = ["hooks.py"]', 'scripts = ["hooks.py", "components.py"]')
    path.write_text(text.replace('method = "kmeans"\nk_max = 2', 'method = "components"'))
    return path


def _run(folder: Path, **options: Any) -> tuple[Recorder, LevelsRun]:
    seen = Recorder()
    run = run_study(folder / "study.toml", folder / "run", until="clustering", display=seen, **options)
    assert isinstance(run, LevelsRun)
    return seen, run


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shared") / "study"
    _write(folder)
    _run(folder)
    return folder


def test_levels_train_once_on_the_candidates_of_all(trained: Path) -> None:
    run_dir = trained / "run"
    facts = json.loads((run_dir / "training.json").read_text())
    assert "training SharedTraining" in (trained / "finished.txt").read_text().splitlines()
    levels = {name: load_run(run_dir / "levels" / name) for name in ("often", "design", "rare")}
    members = {
        name: set(pd.read_csv(run_dir / "levels" / name / "candidates.csv", dtype={"id": str})["id"])
        for name in levels
    }
    everybody = set.union(*members.values())
    assert facts["method"] == "components" and facts["records"] == {"all": len(everybody)}
    with np.load(run_dir / "training" / "all.npz") as stored:
        seen, mean, axis = stored["seen"], stored["mean"], stored["axis"]
    catalogue = levels["often"].values["catalogue"]
    assert len(seen) == len(everybody) and np.all(seen[:, 9] == 0)  # relative to Sa(T* = 1 s)
    for name, run in levels.items():
        candidates, clusters = run.candidates, run.clusters
        shapes = candidates.ln_sa - candidates.ln_sa[:, [9]]
        nearest = np.abs(shapes[:, None, :] - seen[None, :, :]).max(axis=2).min(axis=1)
        assert nearest.max() < 1e-9, name
        side = (shapes - mean) @ axis > 0
        assert len(np.unique(side[clusters.table["cluster"] == 1])) == 1
        assert clusters.groups["all"].notes == (f"trained once for all levels, on {len(everybody)} records",)
        state = json.loads((run_dir / "levels" / name / "stages.json").read_text())
        assert state["training"]["home"] == "../.." and not (run_dir / "levels" / name / "training").exists()
    assert len(catalogue.records) >= len(everybody)


def test_the_training_is_kept_until_something_changes(trained: Path) -> None:
    seen, run = _run(trained)
    assert seen.computed == [] and run.values["training"].intact()
    # A weights file that is gone or another one is trained anew, to the same result.
    (trained / "run" / "training" / "all.npz").unlink()
    seen, _ = _run(trained)
    assert seen.computed == ["training"]
    before = (trained / "run" / "training.json").read_bytes()
    # Without sharing each level clusters for itself; with it again, as before.
    study = trained / "study.toml"
    text = study.read_text()
    study.write_text(text.replace("[clustering]", "[clustering]\nshare_training = false"))
    seen, run = _run(trained)
    assert seen.computed == [f"{name} clustering" for name in ("often", "design", "rare")]
    assert not any("trained once" in note for note in run.notes)
    study.write_text(text)
    seen, run = _run(trained)
    assert [name for name in seen.computed if "training" in name] == []
    assert (trained / "run" / "training.json").read_bytes() == before


def test_who_offers_it() -> None:
    assert not offers_training(KMeansSpectra, "kmeans") and offers_training(CAEKMeans, "cae-kmeans")


def _candidates(ln_sa: np.ndarray, ids: list[str]) -> Candidates:
    records = pd.DataFrame({"id": ids, "group": "all", "scale_factor": 1.0})
    return Candidates(records, GRID_20, ln_sa, pd.DataFrame())


def test_sharing_is_sound_on_one_grid_with_records_scaled_to_one_value() -> None:
    weak, strong = _candidates(spectra(4), list("abcd")), _candidates(spectra(4)[1:] + 0.9, list("bcd"))
    assert unsound([weak, strong], 1.0) is None
    ids, shapes = union_by_group([strong, weak], 1.0)["all"]
    assert ids == list("abcd")
    np.testing.assert_allclose(shapes, spectra(4) - spectra(4)[:, [9]], atol=1e-12)
    other = replace(strong, periods_s=GRID_20 * 1.1)
    assert unsound([weak, other], 1.0) == "the levels have different periods"
    scattered = replace(strong, ln_sa=strong.ln_sa + np.array([[0.0], [0.1], [0.2]]))
    assert unsound([weak, scattered], 1.0) == "the records of a level are not scaled to one Sa(T*)"


def test_cae_takes_a_trained_network_at_any_level(tmp_path: Path) -> None:
    grid: dict[str, Any] = {"periods_s": GRID_20, "conditioning_period_s": 1.0, "random_state": 1}
    X, path = spectra(), tmp_path / "trained.npz"
    model = CAEKMeans(**grid, **BRIEF).train(X)
    assert not hasattr(model, "labels_") and len(model.history_)
    model.save(path)
    taken = CAEKMeans(trained=path, **grid, **BRIEF).fit(X)
    assert taken.history_.empty and taken.reconstruction_mse_ == pytest.approx(model.reconstruction_mse_)
    for mine, stored in zip(taken._weights, model._weights, strict=True):
        np.testing.assert_array_equal(mine, stored)
    stronger = clone(taken).fit(X + np.log(4.0))
    np.testing.assert_allclose(stronger.features_, taken.features_, atol=1e-5)
    np.testing.assert_allclose(
        stronger.reconstruct(X + np.log(4.0)), taken.reconstruct(X) + np.log(4.0), atol=1e-5
    )
    with pytest.raises(ValueError, match="has a trained network and no clusters"):
        CAEKMeans.load(path)
    with pytest.raises(ValueError, match="is for 20 periods, X has 19"):
        CAEKMeans(trained=path, **BRIEF).fit(X[:, :19])


def test_the_kit_checks_a_clusterer_that_offers_it(tmp_path: Path) -> None:
    (tmp_path / "components.py").write_text(SCRIPT)
    spec = importlib.util.spec_from_file_location("components_of_a_test", tmp_path / "components.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    check = next(one for one in testing.clusterer_checks() if str(one) == "shared_training")
    check(module.Components)

    class Levels(module.Components):  # type: ignore[misc]
        def _shapes(self, X: np.ndarray) -> np.ndarray:
            return X

    with pytest.raises(testing.CheckFailed, match="scaled by another factor"):
        check(Levels)
