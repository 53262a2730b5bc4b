"""Measures that depend on T* or follow from spectra: there where a study asks for them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gmplug.catalogue.accelerogram_folder import accelerograms
from gmplug.errors import InputError
from gmplug.measures.incremental_velocity import fiv3_cm_s
from gmplug.preselection.measures_at_period import with_asked_measures
from gmplug.values import Catalogue
from gmplug.waveforms import Accelerogram, read_motion, write_at2


@pytest.fixture
def flat() -> Catalogue:
    """Sa = 0.2 g and 0.4 g at all periods."""
    periods_s = np.geomspace(0.01, 5.0, 40)
    sa_g = np.full((2, 40), 0.2) * np.array([[1.0], [2.0]])
    return Catalogue(pd.DataFrame({"id": ["a", "b"], "group": "all"}), periods_s, sa_g, "RotD50", "made up")


def test_measures_of_spectra_need_no_waveforms(flat: Catalogue) -> None:
    options = {"avgsa3_g": [0.0, 1.0], "ranges": {"asi_g_s": [0.0, 1.0]}}
    records = with_asked_measures(flat, options, None, 1.2)
    assert records["avgsa3_g"].to_numpy() == pytest.approx([0.2, 0.4])
    assert records["asi_g_s"].to_numpy() == pytest.approx([0.08, 0.16])
    assert not {"avgsa2_g", "si_cm", "fiv3_cm_s"} & set(records)
    assert set(with_asked_measures(flat, {}, None, 1.2)) == {"id", "group"}


def test_what_the_catalogue_states_stays(flat: Catalogue) -> None:
    stated = replace(flat, records=flat.records.assign(asi_g_s=[0.5, np.nan]))
    records = with_asked_measures(stated, {"asi_g_s": [0, 1]}, None, 1.0)
    assert records["asi_g_s"].to_numpy() == pytest.approx([0.5, 0.16])


def test_spectra_that_do_not_reach_are_refused(flat: Catalogue) -> None:
    with pytest.raises(
        InputError, match=r"avgsa3_g: needs Sa from 0.4 to 6 s.*from 0.01 to 5 s; set \[target\]"
    ):
        with_asked_measures(flat, {"avgsa3_g": [0, 1]}, None, 2.0)


def test_fiv3_comes_from_the_waveforms(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    envelope = np.exp(-(((np.arange(2000) - 700) / 300.0) ** 2))
    for name in ("A", "B"):
        for code in "NE":
            acceleration = 0.1 * envelope * rng.standard_normal(2000)
            write_at2(tmp_path / f"{name}_{code}.AT2", Accelerogram(0.01, acceleration))
    found = accelerograms(tmp_path, periods_s=np.array([0.1, 0.5, 1.0]), component="rotd100")
    records = with_asked_measures(found, {"fiv3_cm_s": [0, 100]}, None, 0.8)
    motion = read_motion(found.records.iloc[0].to_dict())
    assert records["fiv3_cm_s"][0] == pytest.approx(fiv3_cm_s(motion, 100.0, 0.8))
    without = replace(found, records=found.records.assign(file_h1=["", found.records["file_h1"][1]]))
    records = with_asked_measures(without, {"fiv3_cm_s": [0, 100]}, None, 0.8)
    assert np.isnan(records["fiv3_cm_s"][0]) and records["fiv3_cm_s"][1] > 0
