"""Reading accelerograms as people have them, and saying clearly what is wrong with the others."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gmplug.errors import InputError
from gmplug.notes import doubts_of
from gmplug.waveforms import Accelerogram, read_accelerogram, read_motion, write_at2

VALUES = [0.1364994e-6, -0.2608740e-6, 0.6319859e-6, 0.7565564e-6, -0.2382605e-2, 0.246798, -0.19179]
BODY = "   .1364994E-06  -.2608740E-06   .6319859E-06   .7565564E-06  -.2382605E-02\n   .246798E+00 -.19179\n"
TITLES = "PEER STRONG MOTION DATABASE RECORD\nCHALFANT 07/31/86 0722, ZACK BROTHERS RANCH, 360\n"
UNITS = "ACCELERATION TIME HISTORY IN UNITS OF G. FILTER POINTS: HP=0.11 Hz LP=30.0 Hz\n"


def at2(
    tmp_path: Path, sampling: str = "NPTS=  7, DT= .00500 SEC", body: str = BODY, units: str = UNITS
) -> Path:
    path = tmp_path / "record.AT2"
    path.write_bytes((TITLES + units + sampling + "\n" + body).encode("latin-1"))
    return path


def only_line(info: pytest.ExceptionInfo[InputError]) -> str:
    assert len(info.value.problems) == 1
    assert "\n" not in info.value.problems[0]
    return info.value.problems[0]


@pytest.mark.parametrize(
    ("sampling", "dt"),
    [
        ("NPTS=  7, DT= .00500 SEC", 0.005),
        ("NPTS=7,DT=.02", 0.02),
        ("NPTS=   7, dt=  .01", 0.01),
        ("npts = 7 , dt = 5.0e-3 sec,    ", 0.005),
        ("     7    0.0050    NPTS, DT", 0.005),
        ("7  0.005  NPTS,  DT (SEC)", 0.005),
        ("NPTS, DT = 7, 0.0025", 0.0025),
        ("NPTS=      7, DT=   0.0100 SEC, EXTRA= 3", 0.01),
    ],
)
def test_at2_headers_as_they_vary(tmp_path: Path, sampling: str, dt: float) -> None:
    record = read_accelerogram(at2(tmp_path, sampling))
    assert record.time_step_s == dt
    np.testing.assert_array_equal(record.acceleration_g, VALUES)
    assert (record.highpass_hz, record.lowpass_hz) == (0.11, 30.0)
    assert record.max_usable_period_s == pytest.approx(1 / (1.25 * 0.11))
    assert record.header[1].startswith("CHALFANT")


def test_at2_glued_numbers_line_ends_and_trailing_blanks(tmp_path: Path) -> None:
    body = " .1364994E-06-.2608740E-06 .6319859D-06\r\n.7565564E-06-.2382605E-02 .246798-.19179\r\n\r\n  \r\n"
    np.testing.assert_array_equal(read_accelerogram(at2(tmp_path, body=body)).acceleration_g, VALUES)


def test_at2_latin1_title_and_old_mac_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "r.at2"
    path.write_bytes((f"T\nCurtea de Argeş\n{UNITS}NPTS=7, DT=.01\n" + BODY).encode("latin-1", "replace"))
    assert len(read_accelerogram(path).acceleration_g) == 7
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r").replace(b"Curtea", b"M\xe9xico"))
    assert "México" in read_accelerogram(path).header[1]


def test_at2_more_points_than_stated_are_left_out_and_noted(tmp_path: Path) -> None:
    record = read_accelerogram(at2(tmp_path, "NPTS= 5, DT= .005 SEC"))
    np.testing.assert_array_equal(record.acceleration_g, VALUES[:5])
    assert "2 values beyond" in record.notes[0]


@pytest.mark.parametrize(
    ("unit", "in_m_s2"),
    [("CM/SEC/SEC", 0.01), ("cm/s**2", 0.01), ("m/s^2", 1.0), ("mm/s2", 0.001), ("GAL", 0.01)],
)
def test_other_units_are_converted_to_g(tmp_path: Path, unit: str, in_m_s2: float) -> None:
    record = read_accelerogram(at2(tmp_path, units=f"ACCELERATION TIME HISTORY IN UNITS OF {unit}\n"))
    np.testing.assert_allclose(record.acceleration_g, np.array(VALUES) * in_m_s2 / 9.80665)
    assert "converted" in record.notes[0]


@pytest.mark.parametrize(
    ("sampling", "body", "said"),
    [
        ("NPTS= 10, DT= .005 SEC", BODY, ["truncated", "7 of the 10", "line 4", "fetch"]),
        ("NPTS= 7, SEC", BODY, ["line 4", "no DT"]),
        ("NPTS= 7, DT= 0.0 SEC", BODY, ["line 4", "positive"]),
        ("NPTS= 7, DT= .005 SEC", BODY.replace(".246798E+00", "NaN"), ["line 6", "NaN", "not a finite"]),
        ("NPTS= 7, DT= .005 SEC", BODY.replace(".246798E+00", "-Infinity"), ["line 6", "not a finite"]),
        ("NPTS= 7, DT= .005 SEC", BODY.replace(".246798E+00", "*******"), ["line 6", "***", "not a finite"]),
        ("NPTS= 7, DT= .005 SEC", BODY.replace(".246798E+00", "1e999"), ["line 6", "1e999"]),
        ("NPTS= 7, DT= .005 SEC", BODY.replace(".246798E+00", "abc"), ["line 6", "abc", "not a number"]),
        ("NPTS= 7, DT= .005 SEC", "\n\n", ["no acceleration values"]),
        ("nothing here", BODY, ["NPTS and DT", "line 4"]),
    ],
)
def test_at2_errors_name_the_place_and_the_remedy(
    tmp_path: Path, sampling: str, body: str, said: list[str]
) -> None:
    path = at2(tmp_path, sampling, body)
    with pytest.raises(InputError) as info:
        read_accelerogram(path)
    line = only_line(info)
    assert str(path) in line
    for words in said:
        assert words in line


def test_velocity_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds velocity, not acceleration"):
        read_accelerogram(at2(tmp_path, units="VELOCITY TIME SERIES IN UNITS OF CM/S\n"))


def test_missing_empty_folder_and_binary_files(tmp_path: Path) -> None:
    (tmp_path / "empty.AT2").write_bytes(b" \n\n")
    (tmp_path / "binary.AT2").write_bytes(b"\x00\x01\x02" * 100)
    for name, said in {
        "none.AT2": "no such file",
        "empty.AT2": "empty",
        "binary.AT2": "not a text",
        ".": "folder",
    }.items():
        with pytest.raises(InputError, match=said) as info:
            read_accelerogram(tmp_path / name)
        only_line(info)


def test_missing_time_step_can_be_given(tmp_path: Path) -> None:
    assert read_accelerogram(at2(tmp_path, "NPTS= 7"), time_step_s=0.02).time_step_s == 0.02
    assert read_accelerogram(at2(tmp_path, "NPTS= 7, DT=.01"), time_step_s=0.02).time_step_s == 0.01


@pytest.mark.parametrize("separator", [" ", "\t", ",", ";", " ; ", ", "])
def test_text_of_two_columns(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "motion.csv"
    rows = [f"{0.01 * i:.2f}{separator}{value!r}" for i, value in enumerate(VALUES)]
    path.write_text("# station X\ntime (s), acceleration (g)\n" + "\n".join(rows) + "\n\n")
    record = read_accelerogram(path)
    assert record.time_step_s == 0.01
    np.testing.assert_array_equal(record.acceleration_g, VALUES)


def test_text_of_one_column(tmp_path: Path) -> None:
    path = tmp_path / "motion.txt"
    path.write_text("acc_g\n" + "\n".join(map(repr, VALUES)) + "\n")
    assert read_accelerogram(path, time_step_s=0.02).time_step_s == 0.02
    with pytest.raises(InputError, match="no time step stated; give"):
        read_accelerogram(path)
    path.write_text("% dt = 0.004 s, acceleration in m/s2\n" + "\n".join(map(repr, VALUES)))
    record = read_accelerogram(path, time_step_s=0.02)
    assert record.time_step_s == 0.004
    np.testing.assert_allclose(record.acceleration_g, np.array(VALUES) / 9.80665)


def test_text_with_decimal_commas(tmp_path: Path) -> None:
    path = tmp_path / "motion.csv"
    path.write_text("t [s];a [g]\n0,00;0,1\n0,01;-0,2\n0,02;0,3\n")
    record = read_accelerogram(path)
    assert record.time_step_s == 0.01
    np.testing.assert_array_equal(record.acceleration_g, [0.1, -0.2, 0.3])


def test_at2_by_another_name(tmp_path: Path) -> None:
    path = at2(tmp_path).rename(tmp_path / "record.txt")
    assert read_accelerogram(path).time_step_s == 0.005


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 1\n0.01 2\n0.03 3\n0.04 4\n0.05 5\n", ["line 4", "even step"]),
        ("0 1\n0.01 2\n0.02\n0.03 4\n", ["line 4", "1 columns"]),
        ("0 1\n0.01 2\n0.02 nan\n0.03 4\n", ["line 4", "not a finite"]),
        ("0 1\n0.01 2\n0.02 x7\n0.03 4\n", ["line 4", "x7"]),
        ("0 1 2\n0.01 2 3\n", ["line 2", "3 columns"]),
        ("1 0.1\n1 0.2\n1 0.3\n", ["does not increase"]),
        ("0 1\n", ["single row"]),
        ("hello\nworld\n", ["no line of numbers"]),
    ],
)
def test_text_errors_name_the_place(tmp_path: Path, text: str, said: list[str]) -> None:
    path = tmp_path / "motion.txt"
    path.write_text("s g\n" + text if text[0] != "h" else text)
    with pytest.raises(InputError) as info:
        read_accelerogram(path)
    for words in [str(path), *said]:
        assert words in only_line(info)


@settings(max_examples=60, deadline=None)
@given(
    values=arrays(np.float64, st.integers(1, 60), elements=st.floats(-10, 10, allow_subnormal=False)),
    dt=st.sampled_from([0.00244, 0.004, 0.005, 1 / 128, 0.01, 0.02]),
    highpass=st.none() | st.floats(0.01, 2).map(lambda f: round(f, 3)),
)
def test_at2_round_trip(
    tmp_path_factory: pytest.TempPathFactory, values: np.ndarray, dt: float, highpass: float | None
) -> None:
    path = tmp_path_factory.getbasetemp() / "round_trip.AT2"
    write_at2(path, Accelerogram(dt, values, header=("Simulated", "two\nlines"), highpass_hz=highpass))
    back = read_accelerogram(path)
    np.testing.assert_allclose(back.acceleration_g, values, rtol=1e-7, atol=1e-98)
    assert back.time_step_s == pytest.approx(dt, rel=1e-9)
    assert back.highpass_hz == highpass
    assert back.header[:2] == ("Simulated", "two lines")


@example(values=np.array([1.625] * 30 + [0.0]), dt=0.01, start=0.0, separator=" ", line_end="\n")
@example(values=np.array([1.625, 1.625, 0.0]), dt=0.01, start=0.0, separator=" ", line_end="\n")
@settings(max_examples=60, deadline=None)
@given(
    values=arrays(np.float64, st.integers(2, 60), elements=st.floats(-10, 10)),
    dt=st.sampled_from([0.002, 0.005, 0.01, 0.02, 0.05]),
    start=st.sampled_from([0.0, 12.5]),
    separator=st.sampled_from([" ", "\t", ",", ";"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_text_round_trip(
    tmp_path_factory: pytest.TempPathFactory,
    values: np.ndarray,
    dt: float,
    start: float,
    separator: str,
    line_end: str,
) -> None:
    path = tmp_path_factory.getbasetemp() / "round_trip.txt"
    rows = [f"{start + i * dt:.6f}{separator}{value!r}" for i, value in enumerate(values.tolist())]
    path.write_bytes(("time acc_g" + line_end + line_end.join(rows)).encode())
    back = read_accelerogram(path)
    np.testing.assert_array_equal(back.acceleration_g, values)
    assert back.time_step_s == pytest.approx(dt, abs=1e-9)
    assert back.start_time_s == start


def test_motion_pads_components_to_one_axis(tmp_path: Path) -> None:
    write_at2(tmp_path / "a.AT2", Accelerogram(0.01, np.array([1.0, 2.0, 3.0])))
    write_at2(tmp_path / "b.AT2", Accelerogram(0.01, np.array([4.0, 5.0, 6.0, 7.0])))
    (tmp_path / "v.txt").write_text("s g\n0.02 8\n0.03 9\n")
    record = {
        "id": "r",
        "file_h1": tmp_path / "a.AT2",
        "file_h2": str(tmp_path / "b.AT2"),
        "file_v": float("nan"),
    }
    motion = read_motion(record)
    assert motion.time_step_s == 0.01
    np.testing.assert_array_equal(motion.horizontal_g, [[1, 2, 3, 0], [4, 5, 6, 7]])
    assert motion.vertical_g is None
    assert read_motion({**record, "file_h2": ""}).horizontal_g.shape == (1, 3)
    motion = read_motion({**record, "file_v": tmp_path / "v.txt"})
    assert motion.vertical_g is not None
    np.testing.assert_array_equal(motion.vertical_g, [0, 0, 8, 9])
    np.testing.assert_array_equal(read_motion({"file_h1": tmp_path / "v.txt"}).horizontal_g, [[8, 9]])


def test_motion_errors(tmp_path: Path) -> None:
    write_at2(tmp_path / "a.AT2", Accelerogram(0.01, np.ones(3)))
    write_at2(tmp_path / "b.AT2", Accelerogram(0.02, np.ones(3)))
    with pytest.raises(InputError, match=r"time step 0\.02 s, but 0\.01 s"):
        read_motion({"id": "r", "file_h1": tmp_path / "a.AT2", "file_h2": tmp_path / "b.AT2"})
    with pytest.raises(InputError, match="record r: no waveform file"):
        read_motion({"id": "r", "file_h1": None})


def test_all_real_files_are_read_in_seconds(shared_data: Path) -> None:
    paths = sorted((shared_data / "records_at2").glob("*.AT2"))
    assert len(paths) == 167
    start = time.process_time()
    records = [read_accelerogram(path) for path in paths]
    assert time.process_time() - start < 10
    lengths = [len(record.acceleration_g) for record in records]
    assert (min(lengths), max(lengths)) == (1215, 52250)
    assert min(r.time_step_s for r in records) == 0.00244
    assert max(r.time_step_s for r in records) == 0.02
    assert sum(record.highpass_hz is None for record in records) == 3  # "HP=unknown"
    assert not any(record.notes for record in records)


def test_a_whole_line_beyond_npts_is_doubtful(tmp_path: Path) -> None:
    write_at2(tmp_path / "a.AT2", Accelerogram(0.01, np.sin(np.arange(40.0))))
    lines = (tmp_path / "a.AT2").read_text().splitlines()
    (tmp_path / "twice.AT2").write_text("\n".join([*lines[:6], lines[5], *lines[6:]]))
    assert doubts_of(read_accelerogram(tmp_path / "twice.AT2").notes)
    padded = "\n".join(lines).replace("NPTS=     40", "NPTS=     37")
    (tmp_path / "padded.AT2").write_text(padded)
    found = read_accelerogram(tmp_path / "padded.AT2")
    assert len(found.acceleration_g) == 37 and found.notes and not doubts_of(found.notes)
