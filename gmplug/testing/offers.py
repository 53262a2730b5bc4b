"""What a clusterer can offer besides labels: features, scores, history, progress, metadata, saving."""

from __future__ import annotations

import inspect
import io
import json
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.clustering.metrics import SCORE_COLUMNS
from gmplug.host.options import known_names
from gmplug.testing.outcomes import CheckFailed, DoesNotApply, require
from gmplug.testing.subject import Subject, labels_of

_HDF5 = b"\x89HDF\r\n\x1a\n"
_NPY = b"\x93NUMPY"


def check_features(subject: Subject) -> None:
    """features_, if there, is a finite array with one row per record, in the records' order."""
    sample = subject.sample()
    estimator = subject.fit(sample)
    if getattr(estimator, "features_", None) is None:
        raise DoesNotApply("the clusterer offers no features_")
    features = np.asarray(estimator.features_)
    require(
        features.ndim == 2 and len(features) == len(sample.ln_sa) and features.shape[1] > 0,
        f"features_ have the shape {features.shape}; make it ({len(sample.ln_sa)}, number of features)",
    )
    require(
        np.issubdtype(features.dtype, np.number) and np.all(np.isfinite(features)),
        "features_ are not finite numbers",
    )
    order = np.arange(len(features))[::-1]
    again = np.asarray(subject.fit(sample.reordered(order)).features_)
    require(
        np.allclose(again[order], features, rtol=1e-6, atol=1e-8 * max(1.0, float(np.abs(features).max()))),
        "features_ do not follow the order of the records; sort them back after fitting",
    )


def check_scores(subject: Subject) -> None:
    """scores_, if there, is a DataFrame of the usual columns with a row for the k of labels_."""
    sample = subject.sample()
    estimator = subject.fit(sample)
    scores = getattr(estimator, "scores_", None)
    if scores is None:
        raise DoesNotApply("the clusterer offers no scores_")
    require(isinstance(scores, pd.DataFrame), f"scores_ is a {type(scores).__name__}; make it a DataFrame")
    missing = set(SCORE_COLUMNS) - set(scores.columns)
    require(not missing, f"scores_ lacks the column(s) {', '.join(sorted(missing))}")
    k = len(np.unique(labels_of(estimator)))
    require(k in set(scores["k"]), f"scores_ has no row for the chosen k = {k}")
    require(not scores["k"].duplicated().any(), "scores_ has two rows for one k")
    silhouette = scores["silhouette"].dropna()
    require(silhouette.between(-1.0, 1.0).all(), "scores_ has silhouettes outside -1 to 1")


def check_history(subject: Subject) -> None:
    """history_, if there, is a DataFrame with phase, epoch and a finite loss."""
    estimator = subject.fit(subject.sample())
    history = getattr(estimator, "history_", None)
    if history is None:
        raise DoesNotApply("the clusterer offers no history_")
    require(isinstance(history, pd.DataFrame), f"history_ is a {type(history).__name__}; make it a DataFrame")
    missing = {"phase", "epoch", "loss"} - set(history.columns)
    require(not missing, f"history_ lacks the column(s) {', '.join(sorted(missing))}")
    require(
        np.all(np.isfinite(history["loss"].to_numpy(dtype=float))), "history_ has losses that are not finite"
    )


def check_progress(subject: Subject) -> None:
    """fit, if it has progress, calls it as progress(done, total, message), and works without it."""
    sample = subject.sample()
    takes = _fit_parameters(subject)
    if "progress" not in takes:
        raise DoesNotApply("fit takes no progress")
    _require_default(takes["progress"])
    calls: list[tuple[Any, ...]] = []
    noisy = subject.labels(sample, progress=lambda *said: calls.append(said))
    require(calls, "fit has the parameter progress and never calls it")
    for said in calls:
        require(
            len(said) == 3
            and all(isinstance(number, int | float | np.number) for number in said[:2])
            and isinstance(said[2], str),
            f"progress is called as progress{said!r}; call it as progress(done, total, message)",
        )
        require(0 <= said[0] <= said[1] * (1 + 1e-9), f"progress is called with {said[0]} of {said[1]}")
    require(np.array_equal(noisy, subject.labels(sample)), "the labels depend on whether progress is given")


def check_metadata(subject: Subject) -> None:
    """fit, if it has metadata, uses its rows by position and ignores further columns."""
    takes = _fit_parameters(subject)
    if "metadata" not in takes:
        raise DoesNotApply("fit takes no metadata")
    _require_default(takes["metadata"])
    sample = subject.sample()
    labels = subject.labels(sample)
    index = np.random.default_rng(2).permutation(len(labels)) + 100
    other = sample.metadata.set_index(index).assign(a_column_of_its_own="x")
    try:
        again = subject.labels(replace(sample, metadata=other))
    except CheckFailed:
        raise
    except Exception as error:
        raise CheckFailed(
            f"metadata with another index raises {type(error).__name__}: {error}; go by position"
        ) from error
    require(
        np.array_equal(labels, again),
        "the labels depend on the metadata's index; go by position, not by index",
    )


def _fit_parameters(subject: Subject) -> dict[str, inspect.Parameter]:
    return known_names(subject.make(subject.sample()).fit, "fit")


def _require_default(parameter: inspect.Parameter) -> None:
    require(
        parameter.default is not inspect.Parameter.empty,
        f"fit's {parameter.name} has no default; give it one (None), as scikit-learn calls fit(X)",
    )


# -- saving ------------------------------------------------------------------------------------------


def check_saving(subject: Subject) -> None:
    """save(path) and load(path), if there, keep predictions (or labels) in files without pickles."""
    sample = subject.sample()
    estimator = subject.fit(sample)
    if not (hasattr(estimator, "save") and hasattr(estimator, "load")):
        raise DoesNotApply("the clusterer offers no save and load")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.npz"
        try:
            estimator.save(path)
        except NotImplementedError as error:
            raise DoesNotApply(f"the clusterer saves no such model: {error}") from None
        files = sorted(file for file in Path(folder).rglob("*") if file.is_file())
        require(files, "save(path) writes nothing at the path")
        for file in files:
            _require_no_pickle(file)
        loaded = _load(subject, estimator, files[0] if len(files) == 1 else path)
    name = "predict" if hasattr(estimator, "predict") else "labels_"
    before, after = (_outcome(which, name, sample.ln_sa) for which in (estimator, loaded))
    require(np.array_equal(before, after), f"{name} differ after save and load")


def _load(subject: Subject, estimator: Any, path: Path) -> Any:
    if inspect.ismethod(type(estimator).load) or isinstance(
        inspect.getattr_static(type(estimator), "load"), staticmethod
    ):
        return type(estimator).load(path)
    fresh = subject.make(subject.sample())
    returned = fresh.load(path)
    return fresh if returned is None else returned


def _outcome(estimator: Any, name: str, ln_sa: np.ndarray) -> np.ndarray:
    if not hasattr(estimator, name):
        raise CheckFailed(f"a loaded clusterer has no {name}")
    value = getattr(estimator, name)
    return np.asarray(value(ln_sa.copy()) if callable(value) else value)


def _require_no_pickle(file: Path) -> None:
    """Accept NumPy archives, HDF5 and JSON; refuse anything that may need unpickling."""
    remedy = "write a NumPy archive of plain arrays, HDF5 or JSON"
    content = file.read_bytes()
    if content.startswith(_HDF5):
        return
    if zipfile.is_zipfile(io.BytesIO(content)):
        _require_plain_archive(content, file.name, remedy)
        return
    if content.startswith(_NPY):
        _require_plain_array(content, file.name, remedy)
        return
    try:
        json.loads(content.decode("utf-8"))
    except ValueError as error:
        raise CheckFailed(f"save writes {file.name}, which is not in an open format; {remedy}") from error


def _require_plain_archive(content: bytes, name: str, remedy: str) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.namelist():
            inner = archive.read(member)
            if inner.startswith(_NPY):
                _require_plain_array(inner, f"{name}, {member}", remedy)
            elif member.endswith((".pkl", ".pickle")) or inner[:1] == b"\x80":
                raise CheckFailed(f"save writes a pickle ({name}, {member}); {remedy}")


def _require_plain_array(content: bytes, name: str, remedy: str) -> None:
    try:
        np.load(io.BytesIO(content), allow_pickle=False)
    except ValueError as error:
        raise CheckFailed(f"save writes a pickle ({name}); {remedy}") from error
