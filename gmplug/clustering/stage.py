"""The clustering stage: every group of candidates by the study's clusterer, and the files of the result."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.chain.calls import Call, structure_call
from gmplug.chain.stage import Stage, StageContext
from gmplug.clustering.groups import (
    FEWEST_RECORDS,
    cluster_group,
    clusterer_calls,
    share_of_progress,
    study_clusterer,
)
from gmplug.clustering.metrics import SCORE_COLUMNS, quality
from gmplug.errors import InputError, readable
from gmplug.notes import counted
from gmplug.plain import write_json
from gmplug.study.schema import Study
from gmplug.values import (
    Candidates,
    Clusters,
    FloatArray,
    GroupClustering,
    IntArray,
    rows_by_group,
)

CLUSTERS = "clusters.csv"
SCORES = "cluster_scores.csv"
FEATURES = "cluster_features.csv"
HISTORY = "training_history.csv"
NOTES = "clusters.json"

#: How features other than the method's own are called.
_FEATURES = {"surrogate": "surrogate responses alone", "both": "and surrogate responses"}
_CORRECT = "correct it, or run with --fresh"
_HISTORY_COLUMNS = ("group", "phase", "epoch", "loss")


def run(context: StageContext, candidates: Candidates) -> Clusters:
    """Cluster every group of candidates with the study's method.

    Raises
    ------
    InputError
        The method or an option is unknown or bad.
    PluginError
        The clusterer fails or returns labels that are none.
    """
    records, section = candidates.records, context.study.clustering
    responses = None
    if section.features != "spectra":  # loads the compiler, only where it is needed
        from gmplug.clustering.responses import by_response, surrogate_responses

        responses = surrogate_responses(context, candidates)
    groups = {}
    members_of = rows_by_group(records["group"])
    for done, (name, members) in enumerate(members_of.items()):
        few = len(members) < FEWEST_RECORDS
        found = None
        if few or section.features != "surrogate":
            found = cluster_group(
                study_clusterer(context, candidates.periods_s),
                name,
                candidates.ln_sa[members],
                records.iloc[members],
                share_of_progress(context.progress, name, done / len(members_of), 1 / len(members_of)),
            )
        if found is None or (responses is not None and not few):
            assert responses is not None
            found = by_response(found, responses[members], section, context.study.study.seed)
        groups[name] = found
    method = section.method if responses is None else f"{section.method} ({_FEATURES[section.features]})"
    return Clusters(_table(records, groups), groups, method)


def calls(study: Study) -> tuple[Call, ...]:
    """Return the calls of the clusterer, and of the structure whose surrogate gives features."""
    model = study.structure.model
    if study.clustering.features == "spectra" or model is None:
        return clusterer_calls(study)
    return (*clusterer_calls(study), structure_call(study, model))


def _table(records: pd.DataFrame, groups: Mapping[str, GroupClustering]) -> pd.DataFrame:
    table = records[["id", "group"]].reset_index(drop=True)
    cluster = np.zeros(len(table), dtype=np.int64)
    for name, group in groups.items():
        cluster[(table["group"] == name).to_numpy()] = group.labels
    return table.assign(cluster=cluster)


# -- files -------------------------------------------------------------------------------------------


def save(clusters: Clusters, run_dir: Path) -> None:
    """Write clusters.csv, scores, features, training history and notes."""
    clusters.table.to_csv(run_dir / CLUSTERS, index=False)
    scores = [g.scores.assign(group=name) for name, g in clusters.groups.items()]
    pd.concat(scores, ignore_index=True)[["group", *SCORE_COLUMNS]].to_csv(run_dir / SCORES, index=False)
    features = [_feature_table(clusters.table, name, g.features) for name, g in clusters.groups.items()]
    _write_many_numbers(pd.concat(features, ignore_index=True), run_dir / FEATURES)
    histories = [g.history.assign(group=name) for name, g in clusters.groups.items() if g.history is not None]
    history = pd.concat(histories, ignore_index=True) if histories else pd.DataFrame(columns=_HISTORY_COLUMNS)
    first = [c for c in _HISTORY_COLUMNS if c in history]
    history[first + [c for c in history if c not in first]].to_csv(run_dir / HISTORY, index=False)
    notes = {
        "method": clusters.method,
        "groups": {name: {"k": g.k, "notes": list(g.notes)} for name, g in clusters.groups.items()},
    }
    write_json(run_dir / NOTES, notes)


def _write_many_numbers(table: pd.DataFrame, path: Path) -> None:
    """Write a CSV by pyarrow, much faster than pandas where there are millions of numbers."""
    import pyarrow
    import pyarrow.csv

    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed")
    with path.open("wb") as stream:
        stream.write((",".join(map(str, table.columns)) + "\n").encode())
        pyarrow.csv.write_csv(pyarrow.Table.from_pandas(table, preserve_index=False), stream, options)


def _feature_table(table: pd.DataFrame, group: str, features: FloatArray) -> pd.DataFrame:
    names = [f"feature_{i}" for i in range(1, features.shape[1] + 1)]
    rows = table.loc[table["group"] == group, ["id", "group"]].reset_index(drop=True)
    return pd.concat([rows, pd.DataFrame(features, columns=names)], axis=1)


def load(run_dir: Path, candidates: Candidates) -> Clusters:
    """Read the files back; clusters.csv may have been edited by hand.

    Rows may be in any order. Where a group's clusters were changed, the scores of its number of clusters are
    computed anew.

    Raises InputError where a column or record is missing, unknown or double, where a group differs from the
    candidates', or where the clusters are not 1, 2, …, k without gaps.
    """
    cluster = _read_clusters(run_dir / CLUSTERS, candidates.records)
    table = candidates.records[["id", "group"]].reset_index(drop=True).assign(cluster=cluster)
    notes = _read_notes(run_dir / NOTES)
    scores = _read(run_dir / SCORES, ["group", *SCORE_COLUMNS])
    features = _read(run_dir / FEATURES, ["id", "group"])
    history = _read(run_dir / HISTORY, ["group"])
    groups = {}
    for name, members in rows_by_group(table["group"]).items():
        groups[name] = _group(
            cluster[members],
            _features_of(features, name, table["id"].iloc[members], candidates.ln_sa[members]),
            scores[scores["group"] == name][list(SCORE_COLUMNS)].reset_index(drop=True),
            history[history["group"] == name].drop(columns="group").dropna(axis=1, how="all"),
            tuple(notes.get("groups", {}).get(name, {}).get("notes", ())),
        )
    return Clusters(table, groups, str(notes.get("method", "")))


def _group(
    labels: IntArray,
    features: FloatArray,
    scores: pd.DataFrame,
    history: pd.DataFrame,
    notes: tuple[str, ...],
) -> GroupClustering:
    k = int(labels.max())
    now = {"k": k, **quality(features, labels)}
    kept = scores[scores["k"] == k]
    if kept.empty or not np.allclose(
        kept[list(SCORE_COLUMNS)].to_numpy(float)[0],
        [now[c] for c in SCORE_COLUMNS],
        rtol=1e-6,
        equal_nan=True,
    ):
        scores = pd.concat([scores[scores["k"] != k], pd.DataFrame([now])], ignore_index=True).sort_values(
            "k"
        )
    return GroupClustering(
        labels, k, scores.reset_index(drop=True), features, None if history.empty else history, notes
    )


def _read(path: Path, columns: list[str]) -> pd.DataFrame:
    with readable(path, _CORRECT):
        heading = pd.read_csv(path, nrows=0, encoding="utf-8-sig").columns
        table = pd.read_csv(
            path,
            dtype={name: str for name in ("id", "group") if name in heading},
            keep_default_na=False,
            na_values={name: [""] for name in heading if name not in ("id", "group")},
            encoding="utf-8-sig",
        )
    missing = [name for name in columns if name not in table]
    if missing:
        raise InputError(f"{path}: has no column '{missing[0]}'; put it back, or run with --fresh")
    return table


def _read_clusters(path: Path, records: pd.DataFrame) -> IntArray:
    """The cluster of every candidate, in the candidates' order."""
    table = _read(path, ["id", "group", "cluster"])
    rows = pd.RangeIndex(2, len(table) + 2)
    wanted = dict(zip(records["id"].astype(str), records["group"].astype(str), strict=True))
    number = pd.to_numeric(table["cluster"], errors="coerce").to_numpy(float)
    problems = []
    for row, identity, group, value, text in zip(
        rows, table["id"], table["group"], number, table["cluster"], strict=True
    ):
        if identity not in wanted:
            problems.append(f"{path}, row {row}: '{identity}' is not a candidate; remove the row")
        elif group != wanted[identity]:
            problems.append(
                f"{path}, row {row}: '{identity}' is of group '{wanted[identity]}', not '{group}'; correct it"
            )
        if not (value >= 1 and value == round(value)):
            problems.append(f"{path}, row {row}: cluster '{text}' must be a whole number from 1")
    double = table["id"][table["id"].duplicated()]
    if len(double):
        problems.append(f"{path}: '{double.iloc[0]}' occurs more than once; keep one row")
    missing = set(wanted) - set(table["id"])
    if missing:
        problems.append(
            f"{path}: no row for {counted(len(missing), 'candidate')}, such as '{min(missing)}'; "
            "every one needs a cluster"
        )
    if problems:
        raise InputError(problems[:20])
    by_id = dict(zip(table["id"], number.astype(np.int64).tolist(), strict=True))
    cluster = np.array([by_id[str(identity)] for identity in records["id"]], dtype=np.int64)
    _check_no_gaps(path, cluster, records["group"].to_numpy())
    return cluster


def _check_no_gaps(path: Path, cluster: IntArray, group: np.ndarray) -> None:
    for name in np.unique(group):
        found = set(cluster[group == name].tolist())
        gaps = set(range(1, max(found) + 1)) - found
        if gaps:
            raise InputError(
                f"{path}: group '{name}' has a cluster {max(found)} but none {min(gaps)}; "
                "number them 1, 2, … without gaps"
            )


def _features_of(table: pd.DataFrame, group: str, ids: pd.Series, ln_sa: FloatArray) -> FloatArray:
    """The group's stored features; ln Sa itself where they are not those of the candidates."""
    rows = table[table["group"] == group].dropna(axis=1, how="all")
    names = [c for c in rows if str(c).startswith("feature_")]
    stored = rows.set_index("id")[names]
    if not names or stored.index.has_duplicates or not set(ids.astype(str)) <= set(stored.index):
        return ln_sa
    return stored.loc[ids.astype(str).tolist()].to_numpy(dtype=float)


def _read_notes(path: Path) -> dict[str, Any]:
    with readable(path, _CORRECT):
        notes = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(notes, dict):
        raise InputError(f"{path}: must hold a JSON object; {_CORRECT}")
    return notes


def summary(clusters: Clusters) -> dict[str, Any]:
    """What of the clusters belongs into summary.json; a silhouette that is not defined is None."""
    groups = {}
    for name, group in clusters.groups.items():
        silhouette = group.silhouette
        groups[name] = {
            "candidates": len(group.labels),
            "clusters": group.k,
            "sizes": group.sizes,
            "silhouette": round(silhouette, 6) if np.isfinite(silhouette) else None,
        }
    notes = [note for group in clusters.groups.values() for note in group.notes]
    return {"groups": groups, "clustering": {"method": clusters.method, "notes": notes}}


STAGE = Stage(
    name="clustering",
    inputs=("candidates",),
    sections=("study", "clustering"),
    files=(CLUSTERS, SCORES, FEATURES, HISTORY, NOTES),
    run=run,
    save=save,
    load=load,
    gist=lambda v: "; ".join(f"{name}: k = {g.k}, sizes {g.sizes}" for name, g in v.groups.items()),
    calls=calls,
    summary=summary,
)
