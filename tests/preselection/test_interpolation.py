"""Spectra of records between the periods of a table: how far they are right, and what the study is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gmplug.notes import doubts_of
from gmplug.preselection.interpolation import interpolate_ln_sa, interpolation_notes
from gmplug.spectra import response_spectrum
from gmplug.target.conditioning import sa_measure
from gmplug.waveforms import read_accelerogram


@pytest.mark.parametrize("count", [100, 50, 30])
def test_19_of_20_interpolated_values_lie_within_the_step(shared_data: Path, count: int) -> None:
    table_s = np.geomspace(0.05, 10.0, count)
    wanted_s = np.sqrt(table_s[1:] * table_s[:-1])
    wanted_s = wanted_s[(wanted_s > 0.1) & (wanted_s < 4.0)]
    errors = []
    for path in sorted((shared_data / "records_at2").rglob("*.AT2"))[:25]:
        record = read_accelerogram(path)
        both = np.append(table_s, wanted_s)
        sa_g = response_spectrum(record.acceleration_g, record.time_step_s, both)
        found = interpolate_ln_sa(table_s, sa_g[None, :count], wanted_s)[0]
        errors.append(found - np.log(sa_g[count:]))
    step = float(np.log(table_s[1] / table_s[0]))
    assert 0.5 * step < np.percentile(np.abs(errors), 95) < 1.3 * step


@pytest.mark.parametrize(
    ("t_star_s", "told"), [(1.0, ""), (1.05, "between 1 and 1.1 s"), (0.7, "doubtful: Sa(0.7 s)")]
)
def test_a_period_that_the_table_lacks_is_told(t_star_s: float, told: str) -> None:
    notes = interpolation_notes(
        np.array([0.5, 0.9, 1.0, 1.1, 2.0]), np.array([0.9, 1.0]), sa_measure(t_star_s)
    )
    assert len(notes) == bool(told)
    assert all(told in note for note in notes)


def test_a_coarse_table_is_doubtful() -> None:
    table_s = np.array([0.1, 0.5, 1.0])
    [doubt] = doubts_of(interpolation_notes(table_s, np.array([0.1, 0.3, 1.0]), sa_measure(1.0)))
    assert "no spectra between 0.1 and 0.5 s" in doubt and "some tens of percent" in doubt
    assert interpolation_notes(table_s, table_s, sa_measure(1.0)) == ()
