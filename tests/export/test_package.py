"""The package for a reviewer holds what it says, and its motions are the scaled ones."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
from click.testing import CliRunner

import gmplug
from gmplug.cli.report import report
from gmplug.report.printing import find_browser
from gmplug.runs import run_study
from gmplug.waveforms import read_accelerogram
from tests.support.studies import write_small_study


def test_a_package_holds_page_tables_and_scaled_motions(tmp_path: Path) -> None:
    study = write_small_study(tmp_path / "study")
    study.write_text(study.read_text().replace('model = "model.py"\n', ""))
    run_dir = tmp_path / "run"
    run_study(study, run_dir)
    done = CliRunner().invoke(report, [str(run_dir), "--package", str(tmp_path / "review.zip")])
    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(tmp_path / "review.zip") as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    wanted = {"report.html", "study.toml", "README.txt", "checksums.txt", "tables/selection.csv"}
    assert wanted <= set(content)
    assert ("report.pdf" in content) == (find_browser() is not None)
    for line in content["checksums.txt"].decode().splitlines():
        digest, _, name = line.partition("  ")
        assert hashlib.sha256(content[name]).hexdigest() == digest
    listed = pd.read_csv(io.BytesIO(content["motions/one-column/records.csv"]))
    motions = gmplug.motions(run_dir)
    assert list(listed["id"]) == [motion.id for motion in motions]
    for row, motion in zip(listed.to_dict("records"), motions, strict=True):
        scaled = motion.acceleration_g("h1")
        column = np.array(content[f"motions/one-column/{row['file_h1']}"].split(), dtype=float)
        np.testing.assert_array_equal(column, scaled)
        assert row["values"] == "scaled"  # and the values are, as compared above
        at2 = tmp_path / "one.AT2"
        at2.write_bytes(content[f"motions/at2/{Path(row['file_h1']).with_suffix('.AT2')}"])
        np.testing.assert_allclose(read_accelerogram(at2).acceleration_g, scaled, rtol=1e-5, atol=1e-8)
    assert str(tmp_path).encode() not in content["tables/selection.csv"]  # no paths of this machine
