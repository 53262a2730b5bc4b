"""A study with a representative selection and estimates for all candidates, for real."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gmplug.audit import audit_study
from gmplug.errors import InputError
from gmplug.runs import run_study
from gmplug.surrogate.responses import read_surrogate
from gmplug.values import Demands
from tests.support.studies import write_small_study


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = write_small_study(tmp_path_factory.mktemp("surrogate"), records=30)
    text = file.read_text()
    lines = [line for line in text.splitlines() if not line.startswith(("method =", "effort ="))]
    text = "\n".join(lines).replace("[selection]", '[selection]\nmethod = "representative"\neffort = 0.02')
    text = text.replace("count = 6", "count = 10")
    text = text.replace("[clustering]", '[clustering]\nmethod = "kmeans"')
    file.write_text(text + '\n[assessment]\nprovider = "population"\n')
    run_study(file, file.parent / "small-run", workers=1)
    return file


def test_a_set_is_selected_by_the_surrogate(study: Path) -> None:
    facts = json.loads((study.parent / "small-run" / "selection.json").read_text())["choice"]
    assert facts["population"] == "candidates"
    assert facts["population_effective_size"] <= 30
    surrogate = read_surrogate(study.parent / "small-run")
    assert surrogate.known.all()
    assert (study.parent / "small-run" / "surrogate" / "pushover.json").is_file()


def test_the_population_is_estimated_with_intervals(study: Path) -> None:
    table = pd.read_csv(study.parent / "small-run" / "assessment_population.csv").set_index("demand")
    row = table.loc["peak_story_drift_ratio"]
    assert row["surrogate"] != "none"
    assert row["explained"] > 0.8
    assert row["median_low"] < row["median"] < row["median_high"]
    assert row["error_ln_median"] < 0.6 * row["plain_error_ln_median"]
    assert row["equivalent_analyses"] > row["n"]
    assert table.loc["peak_floor_acceleration_0_g", "explained"] == pytest.approx(1.0)  # the record's own
    shares = pd.read_csv(study.parent / "small-run" / "assessment_population_exceedance.csv")
    assert np.all(np.diff(shares["probability"]) <= 0.05)
    assert shares["low"].le(shares["probability"]).all()


def test_another_structure_is_another_selection(study: Path, tmp_path: Path) -> None:
    """The surrogate's part of the study counts for the selection, and only then."""
    from gmplug.chain.fingerprint import stage_fingerprint
    from gmplug.chain.stages import load_stage
    from gmplug.runs import open_study

    def fingerprint(text: str) -> str:
        changed = study.with_name("changed.toml")
        changed.write_text(text)
        opened, host = open_study(changed, ("selection",), None, {})
        return stage_fingerprint(load_stage("selection"), opened, host, {})

    text = study.read_text()
    damped = text.replace("[analysis]", "[analysis]\ndamping = 0.02")
    assert damped != text
    assert fingerprint(text) != fingerprint(damped)
    plain = [one.replace('"representative"', '"optimised"') for one in (text, damped)]
    assert fingerprint(plain[0]) == fingerprint(plain[1])


def test_a_study_without_a_model_is_refused(study: Path, tmp_path: Path) -> None:
    lines = study.read_text().replace('model = "model.py"', "").splitlines()
    bad = study.with_name("without.toml")
    bad.write_text("\n".join(lines))
    with pytest.raises(InputError, match="names no model"):
        run_study(bad, tmp_path / "run", until="selection")


def test_the_audit_says_what_a_set_is_worth(study: Path) -> None:
    found = audit_study(study, draws=12, selector_draws=0, workers=1)
    table = pd.read_csv(study.parent / "small-run" / "audit" / "audit.csv")
    rows = table[table["demand"] == "peak_story_drift_ratio"].set_index(["scheme", "estimate"])
    row = rows.loc[("surrogate", "surrogate")]
    assert row["ln_median_ratio"] < 0.8
    assert row["equivalent_analyses"] > found.audit.count
    assert 0.0 <= row["ln_median_coverage"] <= 1.0
    assert found.audit.truth["r2_stories"].iloc[0] > 0.8
    page = (study.parent / "small-run" / "audit" / "audit.html").read_text(encoding="utf-8")
    assert "What a set is worth" in page
    assert f"{found.audit.count} analyses of representative records, with the estimate, are worth" in page


@pytest.mark.parametrize("status", ["collapsed", "failed"])
def test_no_analysis_ended_ok(study: Path, status: str) -> None:
    """The tables keep their columns and the notes tell; no traceback."""
    from gmplug.assessment.population import population
    from gmplug.runs import load_run

    run = load_run(study.parent / "small-run")
    table = run.demands.table.assign(status=status)
    demands = [name for name in table if name.startswith(("peak_", "residual_"))]
    lost = Demands(table.assign(**dict.fromkeys(demands, np.nan)), run.demands.model)
    surrogate = read_surrogate(run.run_dir)
    found = population(lost, run.selection, run.target, run.candidates, run.clusters, surrogate)
    assert list(found.tables["population"])[:3] == ["demand", "n", "median"]
    assert found.tables["population"].empty
    shares = found.tables["population_exceedance"]
    assert any("No analysis ended ok" in note for note in found.values["notes"])
    if status == "collapsed":
        assert found.values["population"]["surviving_share"] == 0.0
        assert list(shares["drift_ratio"])[-1] == "collapse"
        assert (shares["probability"] == 1.0).all()
    else:
        assert found.values["population"]["surviving_share"] is None
        assert shares["probability"].isna().all()


def test_no_accuracy_where_all_analyses_failed(study: Path) -> None:
    from gmplug.assessment.accuracy import with_accuracy
    from gmplug.runs import load_run

    run = load_run(study.parent / "small-run")
    asked = run.study.assessment.model_copy(update={"accuracy": 0.05})
    values = (run.selection, run.target, run.candidates, run.clusters, read_surrogate(run.run_dir))
    wanted = run.study.model_copy(update={"assessment": asked})
    failed = Demands(run.demands.table.assign(status="failed"), run.demands.model)
    with pytest.raises(InputError, match="none of 10 analyses ended ok or collapsed"):
        with_accuracy(run.assessment, wanted, failed, *values)
    fell = Demands(run.demands.table.assign(status="collapsed"), run.demands.model)
    notes = with_accuracy(run.assessment, wanted, fell, *values).notes
    assert any("peak_story_drift_ratio: not known after 10 analyses" in note for note in notes)
