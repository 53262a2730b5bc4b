"""An exported folder runs a model elsewhere; its results come back into the run, or are refused."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from gmplug.cli import cli
from gmplug.errors import InputError
from gmplug.export.run import export_run
from gmplug.runs import collect_results, load_run, run_study
from tests.support.studies import write_small_study


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, pd.DataFrame]:
    """A run without a model, an exported folder whose driver has run, and gmplug's own demands."""
    folder = tmp_path_factory.mktemp("collected")
    study = write_small_study(folder)
    own = run_study(study, folder / "own")
    assert own.demands is not None
    without = folder / "without.toml"
    without.write_text(study.read_text().replace('model = "model.py"\n', ""))
    run_study(without, folder / "run")
    options = {"model": folder / "model.py", "length_unit": "m"}
    _, out = export_run(folder / "run", "openseespy", folder / "out", options)
    done = subprocess.run([sys.executable, "run_records.py"], cwd=out, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "run", out, own.demands.table


def copied(exported: tuple[Path, Path, pd.DataFrame], folder: Path) -> tuple[Path, Path]:
    run_dir, out, _ = exported
    return shutil.copytree(run_dir, folder / "run"), shutil.copytree(out, folder / "out")


def test_results_come_back_with_assessment_and_report(
    exported: tuple[Path, Path, pd.DataFrame], tmp_path: Path
) -> None:
    run_dir, out = copied(exported, tmp_path)
    own = exported[2].set_index("id")
    done = CliRunner().invoke(cli, ["collect", str(run_dir), str(out), "--quiet"], standalone_mode=False)
    assert done.exception is None, done.output
    run = load_run(run_dir)
    table = run.demands.table.set_index("id")
    assert run.assessment is not None
    assert "gmplug did not run these analyses" in (run_dir / "report.html").read_text(encoding="utf-8")
    # The driver's time step follows from T*, gmplug's from the model's own period: nearly the same response.
    for name in ("peak_story_drift_ratio", "residual_story_drift_ratio", "peak_roof_drift_ratio"):
        assert table[name].to_numpy() == pytest.approx(
            own.loc[table.index, name].to_numpy(), rel=0.05, abs=2e-5
        )
    assert table["status"].tolist() == own.loc[table.index, "status"].tolist()
    before = (run_dir / "demands.csv").read_bytes()
    run_study(run_dir / "study.toml", run_dir)  # nothing is computed anew
    assert (run_dir / "demands.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table.iloc[1:], "no results of 1 of"),
        (lambda table: table.assign(scale_factor="2.5"), "ran with scale factor 2.5"),
        (lambda table: table.assign(status="fine"), "unknown status 'fine'"),
        (lambda table: pd.concat([table, table.iloc[:1]]), "occurs more than once"),
        (lambda table: table.assign(id=table["id"] + "x"), "is not selected"),
        (lambda table: table.drop(columns="status"), r"column\(s\) status missing"),
    ],
)
def test_results_of_other_motions_are_refused(
    exported: tuple[Path, Path, pd.DataFrame], tmp_path: Path, change: object, said: str
) -> None:
    run_dir, out = copied(exported, tmp_path)
    table = pd.read_csv(out / "demands.csv", dtype=str, keep_default_na=False)
    change(table).to_csv(out / "demands.csv", index=False)  # type: ignore[operator]
    with pytest.raises(InputError, match=said):
        collect_results(run_dir, out)
    assert not (run_dir / "collected.csv").exists()


def test_a_folder_that_has_not_run_and_a_study_with_a_model(
    exported: tuple[Path, Path, pd.DataFrame], tmp_path: Path
) -> None:
    run_dir, out, _ = exported
    with pytest.raises(InputError, match="run its driver first"):
        collect_results(run_dir, tmp_path)
    with pytest.raises(InputError, match="the study has a model"):
        collect_results(run_dir.parent / "own", out)
