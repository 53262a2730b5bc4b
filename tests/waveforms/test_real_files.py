"""Real files: of ObsPy's package, and of a folder that ``GMPLUG_WAVEFORM_SAMPLES`` names.

The folder is ``tests/data`` of gmprocess' repository (DOI-USGS/ghsc-esi-groundmotion-processing), or another.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from gmplug.catalogue.accelerogram_folder import accelerograms
from gmplug.errors import InputError
from gmplug.waveforms import read_accelerogram, read_accelerograms, read_motion
from tests.bench.bench_formats import samples

FOLDER = samples()
needs_samples = pytest.mark.skipif(
    FOLDER is None, reason="GMPLUG_WAVEFORM_SAMPLES names no folder of real files"
)
#: Of gmprocess' test data: file, component, its peak as its header states it, g, points, time step, s.
STATED = (
    ("dmg/ci15481673/CIWLT.V2", 1, 82.584 / 980.665, 15050, 0.02),
    ("dmg/ci15481673/CIWLT.V2", 2, 115.845 / 980.665, 15029, 0.02),
    ("dmg/nc1091100/ce36456p_CE36456.V2", 1, 267.957 / 980.665, 3251, 0.02),
    ("dmg/nc71734741/CE89146.V1", 1, 0.079, 13200, 0.005),
    ("demo/ci38457511/raw/CICCC.RAW", 1, 0.567, 35430, 0.01),
    ("usc/ci3144585/017m30bt.s0a", 0, 242.3945 / 980.665, 1887, 0.02),
    ("cosmos/ci14155260/Cosmos12TimeSeriesTest.v1", 0, 161.962 / 980.665, 7000, 0.01),
    ("smc/nc216859/0111a.smc", 0, 104.4078 / 980.665, 6001, 0.005),
    ("geonet/nz2018p115908/20180212_211557_WPWS_20.V2A", 1, 41.6 / 9806.65, 5800, 0.02),
    ("geonet/us1000778i/20161113_110300_HSES_20.V1A", 1, 2394.8 / 9806.65, 65536, 0.005),
    ("nsmn/us20009ynd/20170720223109_0921.txt", 1, 13.200332 / 980.665, 28683, 0.01),
    ("cwa/us1000chhc/1-EAS.dat", 1, 0.837 / 980.665, 6000, 0.02),
    ("unam/usp000cgtd/CUP50401.012", 2, 1.19 / 980.665, 17500, 0.004),
    ("renadic/usp000h401/arica0911131.v1", 1, 0.052, 26600, 0.005),
    ("esm/us60004wsq/HI.ARS1..HNE.D.20190728.160908.C.ACC.ASC", 0, 0.300022 / 980.665, 19128, 0.005),
)


def real(name: str) -> Path:
    path = (FOLDER or Path()) / name
    if not path.is_file():
        pytest.skip(f"{name} is not in the folder of GMPLUG_WAVEFORM_SAMPLES")
    return path


@needs_samples
@pytest.mark.parametrize(("name", "component", "peak_g", "points", "time_step_s"), STATED)
def test_peak_points_and_time_step_are_those_of_the_header(
    name: str, component: int, peak_g: float, points: int, time_step_s: float
) -> None:
    path = real(name)
    record = read_accelerogram(f"{path}#{component}" if component else path)
    assert np.max(np.abs(record.acceleration_g)) == pytest.approx(peak_g, rel=0.01)
    assert (len(record.acceleration_g), record.time_step_s) == (points, pytest.approx(time_step_s))


@needs_samples
def test_no_real_file_is_a_traceback() -> None:
    """Whatever lies in the folder is read or refused with one line."""
    assert FOLDER is not None
    read = 0
    for path in sorted(FOLDER.rglob("*")):
        if not path.is_file() or path.stat().st_size > 2_000_000:
            continue
        try:
            read += bool(read_accelerograms(path))
        except InputError as error:
            assert len(error.problems) == 1
            assert path.name in error.problems[0] or ".xml" in error.problems[0]
    assert read


@needs_samples
def test_a_folder_of_csmip_files_is_paired() -> None:
    folder = real("dmg/ci15481673/CIWLT.V2").parent
    catalogue = accelerograms(folder, periods_s=np.array([0.2, 1.0]))
    [record] = catalogue.records.to_dict("records")
    motion = read_motion(record)
    peaks = [float(np.max(np.abs(row))) for row in (*motion.horizontal_g, motion.vertical_g)]
    assert peaks == pytest.approx([115.845 / 980.665, 82.584 / 980.665, 69.662 / 980.665], rel=1e-3)
    assert record["max_usable_period_s"] == pytest.approx(1 / (1.25 * 0.10))


def test_obspys_knet_sample_is_read_as_obspy_reads_it() -> None:
    obspy = pytest.importorskip("obspy")
    path = Path(obspy.__file__).parent / "io/nied/tests/data/test.knet"
    if not path.is_file():
        pytest.skip("this installation of ObsPy has no sample files")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        [trace] = obspy.read(str(path), format="KNET")
    record = read_accelerogram(path)
    expected = trace.data * trace.stats.calib / 9.80665
    np.testing.assert_allclose(record.acceleration_g, expected - expected.mean(), rtol=1e-6, atol=1e-9)
    assert record.time_step_s == pytest.approx(trace.stats.delta)


def test_obspys_miniseed_samples_without_response_are_refused() -> None:
    obspy = pytest.importorskip("obspy")
    path = Path(obspy.__file__).parent / "io/mseed/tests/data/BW.BGLD.__.EHE.D.2008.001.first_10_records"
    if not path.is_file():
        pytest.skip("this installation of ObsPy has no sample files")
    with pytest.raises(InputError, match="raw counts, without the instrument's response"):
        read_accelerograms(path)
