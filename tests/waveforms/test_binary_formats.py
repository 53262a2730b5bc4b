"""miniSEED, SAC and HDF5: the right numbers, or one line that says what is missing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gmplug.catalogue.accelerogram_folder import accelerograms
from gmplug.errors import InputError
from gmplug.spectra import rotd_spectrum
from gmplug.waveforms import read_accelerogram, read_accelerograms
from tests.waveforms.format_files import DT, shaking

G = 9.80665
SENSITIVITY = 427_000.0
STATION_XML = """<?xml version="1.0" encoding="UTF-8"?>
<FDSNStationXML xmlns="http://www.fdsn.org/xml/station/1" schemaVersion="1.1">
<Source>test</Source><Created>2020-01-01T00:00:00</Created>
<Network code="XX"><Station code="ABC" startDate="2000-01-01T00:00:00">
<Latitude>1</Latitude><Longitude>2</Longitude><Elevation>3</Elevation><Site><Name>Test</Name></Site>
{channels}
</Station></Network></FDSNStationXML>
"""
CHANNEL = """<Channel code="{code}" locationCode="" startDate="2000-01-01T00:00:00">
<Latitude>1</Latitude><Longitude>2</Longitude><Elevation>3</Elevation><Depth>0</Depth>
<Azimuth>{azimuth}</Azimuth><Dip>{dip}</Dip><SampleRate>25</SampleRate>
<Response><InstrumentSensitivity><Value>{value}</Value><Frequency>1</Frequency>
<InputUnits><Name>{units}</Name></InputUnits><OutputUnits><Name>counts</Name></OutputUnits>
</InstrumentSensitivity></Response></Channel>
"""


def stream(values: np.ndarray, codes: tuple[str, ...] = ("HNE", "HNN", "HNZ")):  # type: ignore[no-untyped-def]
    obspy = pytest.importorskip("obspy")
    start = obspy.UTCDateTime("2024-01-01T07:10:09")
    heads = [
        {"network": "XX", "station": "ABC", "channel": code, "delta": DT, "starttime": start}
        for code in codes
    ]
    return obspy.Stream([obspy.Trace(row.copy(), head) for row, head in zip(values, heads, strict=True)])


def station_xml(folder: Path, units: str = "m/s**2", codes: tuple[str, ...] = ("HNE", "HNN", "HNZ")) -> None:
    channels = "".join(
        CHANNEL.format(
            code=code, azimuth=azimuth, dip=-90 if code.endswith("Z") else 0, value=SENSITIVITY, units=units
        )
        for code, azimuth in zip(codes, (90, 0, 0), strict=True)
    )
    (folder / "XX.ABC.xml").write_text(STATION_XML.format(channels=channels))


@pytest.fixture
def counts() -> np.ndarray:
    return np.round(shaking() * G * SENSITIVITY + 12_000).astype(np.int32)


def test_counts_of_miniseed_are_divided_by_the_sensitivity_of_stationxml(
    tmp_path: Path, counts: np.ndarray
) -> None:
    stream(counts).write(str(tmp_path / "XX.ABC.mseed"), format="MSEED", encoding="STEIM2")
    with pytest.raises(InputError, match="raw counts, without the instrument's response; put the StationXML"):
        read_accelerograms(tmp_path / "XX.ABC.mseed")
    with pytest.raises(InputError, match="raw counts"):
        read_accelerograms(tmp_path / "XX.ABC.mseed", units="m/s2")
    station_xml(tmp_path)
    found = read_accelerograms(tmp_path / "XX.ABC.mseed")
    assert [part.component for part in found] == ["HNE", "HNN", "HNZ"]
    for part, row in zip(found, counts, strict=True):
        expected = (row - row.mean()) / SENSITIVITY / G
        np.testing.assert_allclose(part.acceleration_g, expected, rtol=1e-9, atol=1e-12)
        assert part.time_step_s == pytest.approx(DT)
        assert part.processing == "raw"
        assert any("sensitivity of 427000" in note for note in part.notes)
    catalogue = accelerograms(tmp_path, periods_s=np.array([0.1]))
    assert catalogue.component == "RotD50"
    assert len(catalogue.records) == 1


@pytest.mark.parametrize("suffix", ["mseed", "sac"])
def test_components_that_begin_at_other_times_are_put_on_one_axis(tmp_path: Path, suffix: str) -> None:
    full = shaking(components=2) * G
    late = 25
    for row, code in zip(full, ("HNE", "HNN"), strict=True):
        trace = stream(row[None], (code,))[0]
        if code == "HNN":
            trace.stats.starttime += late * DT
            trace.data = trace.data[late:]
        trace.write(str(tmp_path / f"XX.ABC..{code}.{suffix}"), format=suffix.upper())
    full[1, :late] = 0.0
    periods_s = np.array([0.2, 1.0])
    catalogue = accelerograms(tmp_path, units="m/s2", periods_s=periods_s)
    expected = rotd_spectrum(*(full / G), DT, periods_s, percentiles=(50,))
    np.testing.assert_allclose(catalogue.sa_g, expected, rtol=1e-4)
    assert any("begin 1 s apart, as they state" in note for note in catalogue.notes)


def test_components_of_different_hours_are_not_one_motion(tmp_path: Path) -> None:
    for hour, (row, code) in enumerate(zip(shaking(components=2), ("HNE", "HNN"), strict=True)):
        trace = stream(row[None], (code,))[0]
        trace.stats.starttime += 3600 * hour
        trace.write(str(tmp_path / f"XX.ABC..{code}.mseed"), format="MSEED")
    with pytest.raises(InputError, match=r"HNN\.mseed: begins after .*HNE\.mseed ends"):
        accelerograms(tmp_path, units="g", periods_s=np.array([0.2]))


def test_a_seismometer_is_refused_as_velocity(tmp_path: Path, counts: np.ndarray) -> None:
    stream(counts, ("HHE", "HHN", "HHZ")).write(str(tmp_path / "a.mseed"), format="MSEED")
    station_xml(tmp_path, "m/s", ("HHE", "HHN", "HHZ"))
    with pytest.raises(InputError, match="holds velocity, not acceleration"):
        read_accelerograms(tmp_path / "a.mseed")


def test_channels_1_and_2_have_the_azimuths_of_stationxml(tmp_path: Path, counts: np.ndarray) -> None:
    codes = ("HN1", "HN2", "HNZ")
    stream(counts, codes).write(str(tmp_path / "a.mseed"), format="MSEED")
    station_xml(tmp_path, codes=codes)
    assert [part.component for part in read_accelerograms(tmp_path / "a.mseed")] == ["090", "000", "HNZ"]


def test_a_gap_is_refused(tmp_path: Path, counts: np.ndarray) -> None:
    both = stream(counts[:1], ("HNE",))
    late = stream(counts[:1], ("HNE",))
    late[0].stats.starttime += 100
    (both + late).write(str(tmp_path / "a.mseed"), format="MSEED")
    station_xml(tmp_path)
    with pytest.raises(InputError, match=r"XX\.ABC\.\.HNE has a gap or an overlap after"):
        read_accelerograms(tmp_path / "a.mseed")


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9])
def test_a_truncated_binary_file_is_one_line(tmp_path: Path, counts: np.ndarray, kept: float) -> None:
    path = tmp_path / "a.sac"
    stream(shaking(components=1), ("HNE",))[0].write(str(path), format="SAC")
    raw = path.read_bytes()
    path.write_bytes(raw[: int(kept * len(raw))])
    with pytest.raises(InputError) as error:
        read_accelerograms(path, units="g")
    assert len(error.value.problems) == 1


def test_miniseed_that_ends_within_a_record_is_refused(tmp_path: Path, counts: np.ndarray) -> None:
    path = tmp_path / "a.mseed"
    stream(np.tile(counts, 40)).write(str(path), format="MSEED", reclen=512)
    station_xml(tmp_path)
    assert len(read_accelerograms(path)) == 3
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="ends within a record"):
        read_accelerograms(path)


def test_sac_asks_for_the_unit_and_refuses_displacement(tmp_path: Path) -> None:
    values = shaking(components=1).astype(np.float32)
    trace = stream(values, ("HNE",))[0]
    trace.write(str(tmp_path / "a.sac"), format="SAC")
    with pytest.raises(InputError, match="no unit of acceleration stated; give units"):
        read_accelerogram(tmp_path / "a.sac")
    record = read_accelerogram(tmp_path / "a.sac", units="g")
    np.testing.assert_array_equal(record.acceleration_g, values[0].astype(float))
    assert (record.component, record.station) == ("HNE", "XX.ABC")
    trace.stats.sac = {"idep": 6}
    trace.write(str(tmp_path / "b.sac"), format="SAC")
    with pytest.raises(InputError, match="holds displacement"):
        read_accelerogram(tmp_path / "b.sac", units="g")


def test_datasets_of_hdf5(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    values = shaking()
    path = tmp_path / "records.h5"
    with h5py.File(path, "w") as file:
        file.attrs["units"] = "m/s^2"
        for station, factor in (("ABC", 1.0), ("DEF", 0.5)):
            group = file.create_group(station)
            group.attrs["sampling_rate"] = 1 / DT
            for component, row in zip(("EW", "NS", "UD"), values, strict=True):
                group[component] = factor * G * row
    found = read_accelerograms(path)
    assert [(part.station, part.component) for part in found] == [
        (station, component) for station in ("ABC", "DEF") for component in ("EW", "NS", "UD")
    ]
    np.testing.assert_allclose(found[3].acceleration_g, 0.5 * values[0], rtol=1e-12)
    assert found[0].time_step_s == pytest.approx(DT)
    catalogue = accelerograms(tmp_path, periods_s=np.array([0.1]))
    assert list(catalogue.records["id"]) == ["records-ABC", "records-DEF"]
    with h5py.File(path, "a") as file:
        file["ABC/EW"].attrs["dt"] = 2 * DT
    with pytest.raises(InputError, match=r"states time steps of 0\.08 and 0\.04"):
        read_accelerograms(path)
    with h5py.File(path, "a") as file:
        del file["ABC/EW"].attrs["dt"]
        del file.attrs["units"]
    with pytest.raises(InputError, match="no unit of acceleration stated"):
        read_accelerograms(path)
    path.write_bytes(path.read_bytes()[:900])
    with pytest.raises(InputError, match="cannot be read as HDF5"):
        read_accelerograms(path)


def test_the_processed_traces_of_a_workspace(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    values = shaking()
    path = tmp_path / "workspace.h5"
    times = "2024-01-01T07:10:09__2024-01-01T07:10:12"
    with h5py.File(path, "w") as file:
        file.attrs["file_format"] = np.bytes_(b"ASDF")
        for component, row in zip(("HNE", "HNN", "HNZ"), values, strict=True):
            for tag, data in (("unprocessed", np.round(1e5 * row).astype(int)), ("default", 980.665 * row)):
                item = file.create_dataset(
                    f"Waveforms/XX.ABC/XX.ABC..{component}__{times}__ev1_{tag}", data=data
                )
                item.attrs["sampling_rate"] = 1 / DT
            key = f"XX.ABC..{component}_ev1_default"
            unit = b"<a:output_units>cm/s^2</a:output_units>\n"
            file[f"Provenance/{key}"] = np.frombuffer(unit, dtype=np.int8)
            corners = b'{"corner_frequencies": {"type": "snr", "highpass": 0.08, "lowpass": 20.0}}'
            file[f"AuxiliaryData/TraceProcessingParameters/XX.ABC/{key}"] = np.frombuffer(corners, np.int8)
    found = read_accelerograms(path)
    assert [part.component for part in found] == ["HNE", "HNN", "HNZ"]
    np.testing.assert_allclose([part.acceleration_g for part in found], values, rtol=1e-9)
    assert {part.highpass_hz for part in found} == {0.08}
    assert {part.processing for part in found} == {"corrected"}
    with h5py.File(path, "a") as file:
        for name in list(file["Waveforms/XX.ABC"]):
            if name.endswith("default"):
                del file[f"Waveforms/XX.ABC/{name}"]
    with pytest.raises(InputError, match="raw counts alone; process them"):
        read_accelerograms(path)
