"""Waveform files of every kind: the right number or an error that names the line, never a guess."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gmplug.errors import InputError
from gmplug.notes import doubts_of
from gmplug.units import parse_unit
from gmplug.values import FloatArray
from gmplug.waveforms import Accelerogram, read_accelerogram

G_M_S2 = 9.80665
DT = 0.01
COUNT = 200
TIME_S = DT * np.arange(COUNT)

#: Spellings of units of acceleration, and their size in m/s², written by hand.
SPELLINGS = {
    1.0: (
        "m/s2",
        "m/s/s",
        "m/s^2",
        "m/s**2",
        "m s-2",
        "m.s-2",
        "m s^-2",
        "ms^-2",
        "ms-2",
        "mps2",
        "m/sec2",
        "m/sec/sec",
        "M/S/S",
        "M/SEC**2",
        "m/s²",
        "m·s⁻²",
        "m s⁻²",
        "m/sÂ²",
        "m/(s^2)",
        "m/(s*s)",
        "m/s*s",
        "m s^{-2}",
        "m s^(-2)",
        "meters per second squared",
        "metre/second^2",
        "meters/sec/sec",
        "m*s**-2",
        "m/secý",
    ),
    0.01: (
        "cm/s2",
        "cm/s/s",
        "cm/s^2",
        "cm/s**2",
        "cm s-2",
        "cm.s-2",
        "cm s^-2",
        "cms^-2",
        "cmps2",
        "CM/SEC/SEC",
        "cm/sec**2",
        "cm/sec^2",
        "cm/s²",
        "gal",
        "Gal",
        "GALS",
        "centimeters/second/second",
    ),
    0.001: ("mm/s2", "mm/s^2", "mm s-2", "mm/s²"),
    0.0254: ("in/s2", "in/s/s", "in/sec^2", "inch/s^2", "inches/sec/sec"),
    0.3048: ("ft/s2", "ft/s/s", "feet/sec^2"),
    1e-5: ("mgal", "milligal", "mGal"),
    G_M_S2: ("g", "G", "g's", "gravity", "fraction of g", "g-units"),
    G_M_S2 / 10: ("g/10", "G/10"),
    G_M_S2 / 100: ("%g", "% g", "percent g", "% of g", "G/100"),
    G_M_S2 / 1000: ("mg", "milli-g", "mG"),
}
UNITS = [(text, size) for size, texts in SPELLINGS.items() for text in texts]
LATIN1 = [(text, size) for text, size in UNITS if text.encode("latin-1", "ignore").decode("latin-1") == text]


def shaking(peak_g: float = 0.3, frequency_hz: float = 1.5, start: float = 0.0) -> FloatArray:
    """Return a smooth accelerogram, g, shape (200,), with that peak."""
    a = np.sin(2 * np.pi * frequency_hz * TIME_S + 0.3) * np.exp(-(((TIME_S - 1) / 0.4) ** 2)) + start
    return a * (peak_g / np.max(np.abs(a)))


def write(folder: Path, text: str | bytes, name: str = "motion.txt") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(folder: Path, text: str | bytes, name: str = "motion.txt", **given: object) -> Accelerogram:
    return read_accelerogram(write(folder, text, name), **given)  # type: ignore[arg-type]


def refusal(folder: Path, text: str | bytes, name: str = "motion.txt", **given: object) -> str:
    """Return the one line with which a file is refused."""
    with pytest.raises(InputError) as caught:
        read(folder, text, name, **given)
    (line,) = caught.value.problems
    assert str(folder / name) in line and "\n" not in line
    return line


def table(*columns: FloatArray, sign: str = " ", digits: int = 7) -> str:
    """Return rows of numbers; times with fewer digits."""
    rows = zip(*columns, strict=True)
    return "\n".join(sign.join(f"{value:.{digits}f}" for value in row) for row in rows) + "\n"


def lines_of(values: FloatArray, per_line: int, field: str = "%15.7E") -> str:
    parts = [values[i : i + per_line] for i in range(0, len(values), per_line)]
    return "\n".join("".join(field % value for value in part) for part in parts) + "\n"


# Units


@pytest.mark.parametrize(("text", "size"), UNITS)
def test_every_spelling_of_a_unit(tmp_path: Path, text: str, size: float) -> None:
    unit = parse_unit(text)
    assert unit is not None and unit.quantity == "acceleration"
    assert unit.si == pytest.approx(size, rel=1e-9)
    a = shaking()
    for header in (f"time (s),acc ({text})", f"UNITS: {text}", f"Acceleration in {text}"):
        record = read(tmp_path, f"{header}\n" + table(TIME_S, a * G_M_S2 / size, sign=","))
        np.testing.assert_allclose(record.acceleration_g, a, atol=2e-5)


@pytest.mark.parametrize(
    "text",
    [
        "furlong/s2",
        "g x 1000",
        "xg",
        "lb",
        "m/s3",
        "m/s/s/s",
        "SI",
        "m/s?",
        "gg",
        "V",
        "g/cm3",
        "km/h",
        "rad/s2",
        "g^2",
    ],
)
def test_a_stated_unit_that_is_not_understood_is_an_error(tmp_path: Path, text: str) -> None:
    for header in (f"time (s),acc ({text})", f"UNITS: {text}", f"acceleration [{text}]"):
        line = refusal(tmp_path, f"{header}\n" + table(TIME_S, shaking(), sign=","), units="g")
        assert "line 1" in line and "not understood" in line and "cm/s2" in line, line


@settings(max_examples=40, deadline=None)
@given(word=st.text("abcdefhjklnopqrtuvwxyz/^0123456789", min_size=1, max_size=8))
def test_any_word_after_units_is_understood_or_refused(
    tmp_path_factory: pytest.TempPathFactory, word: str
) -> None:
    assume(word not in ("data", "acc", "of", "the", "for", "are", "is"))
    unit = parse_unit(word)
    text = f"UNITS= {word}\n" + table(TIME_S, shaking())
    folder = tmp_path_factory.getbasetemp()
    if unit is not None and unit.quantity == "acceleration":
        expected = 0.3 * unit.si / G_M_S2
        assert np.max(np.abs(read(folder, text).acceleration_g)) == pytest.approx(expected, rel=1e-4)
    else:
        refusal(folder, text, units="g")


@pytest.mark.parametrize(
    "header",
    [
        "ACCELERATION TIME SERIES IN UNITS OF G. PGA 294.2 CM/S/S\nNPTS= 200, DT= .01",
        "# PGA = 294.2 cm/s^2\n# time (s), acceleration (g)",
        "Station GAL, PGA 120 cm/s2\nacceleration (g)",
        "PEAK ACCELERATION (CM/S/S): 294.2\nacceleration in g",
        "Max. Acc. (gal) 294.2\nunits: g",
        "Sensor: full scale 2000 gal, sensitivity 1.25 V/g\nacceleration [g]",
        "Soil type (G), Vs30 (m/s): 400\nUNITS: g",
    ],
)
def test_the_unit_of_the_data_beats_that_of_another_number(tmp_path: Path, header: str) -> None:
    record = read(tmp_path, f"{header}\n" + table(TIME_S, shaking()))
    assert np.max(np.abs(record.acceleration_g)) == pytest.approx(0.3, rel=1e-4)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Station GAL\n",
        "Station GAL, PGA 120 cm/s2\n",
        "PGA (g): 0.3\n",
        "Soil type (G)\n",
        "Acceleration history, Site G, NS\n",
        "Multiply by 9.81 to get m/s2\n",
        "MMI VII, in M, G\n",
    ],
)
def test_no_unit_of_the_data_is_a_question(tmp_path: Path, header: str) -> None:
    text = header + table(TIME_S, shaking())
    assert "no unit of acceleration stated; give units" in refusal(tmp_path, text)
    assert np.max(np.abs(read(tmp_path, text, units="m/s2").acceleration_g)) == pytest.approx(
        0.3 / G_M_S2, rel=1e-4
    )
    assert "'cm/s'" in refusal_of_units(tmp_path, text, "cm/s")


def refusal_of_units(folder: Path, text: str, units: str) -> str:
    with pytest.raises(InputError) as caught:
        read(folder, text, units=units)
    return str(caught.value)


def test_the_file_wins_over_the_study_and_says_so(tmp_path: Path) -> None:
    record = read(
        tmp_path, "dt = 0.01, acceleration (m/s2)\n" + table(shaking() * G_M_S2), units="g", time_step_s=0.005
    )
    assert record.time_step_s == DT
    assert np.max(np.abs(record.acceleration_g)) == pytest.approx(0.3, rel=1e-4)
    doubts = [note for note in record.notes if note.startswith("doubtful: ")]
    assert any("time_step_s = 0.005 is not used" in note for note in doubts)
    assert any("units = 'g' is not used" in note for note in doubts)


def test_statements_that_contradict_each_other(tmp_path: Path) -> None:
    two = table(TIME_S, shaking())
    assert "correct the wrong one" in refusal(tmp_path, "UNITS: cm/s^2\ntime (s) acc (g)\n" + two)
    assert "0.02 s" in refusal(tmp_path, "dt = 0.02, acc (g)\n" + two)
    assert "0.005 s" in refusal(tmp_path, "sampling rate 200 Hz\ndt=0.01\nacc (g)\n" + table(shaking()))


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("# Acceleration (g), scale factor 0.01", True),
        ("# Acceleration (g)\n# SCALING FACTOR = 2.35", True),
        ("# scale_factor: 1.0\n# units: g", False),
        ("# Multiplied by 1.5e0, units: g", True),
        ("# units: g, multiply by 980.665 to obtain gal", False),
        ("# multiplier=100", True),
    ],
)
def test_a_factor_in_the_header_is_a_doubt(tmp_path: Path, header: str, told: bool) -> None:
    found = read(tmp_path, f"{header}\n{table(shaking())}", time_step_s=DT, units="g")
    np.testing.assert_allclose(found.acceleration_g, shaking(), atol=1e-6)
    assert any("states a factor" in note for note in doubts_of(found.notes)) == told


def test_counts_are_refused(tmp_path: Path) -> None:
    assert "raw counts" in refusal(tmp_path, "Units: counts\n" + table(TIME_S, shaking()), units="g")


# Quantity


@pytest.mark.parametrize(
    "header",
    [
        "VELOCITY (CM/SEC)",
        "DATA_TYPE: VELOCITY",
        "VELOCITY TIME SERIES IN UNITS OF CM/S",
        "Velocity",
        "Vel. (m/s)",
        "Displacement in cm",
        "CORRECTED DISPLACEMENT",
        "Units: cm/s",
        "Units: cm",
        "time (s) vel (cm/s)",
        "t (s) d (cm)",
        "Velocità (cm/s)",
        "Geschwindigkeit in m/s",
        "Velocidad",
        "Déplacement [mm]",
        "quantity = displacement",
        "Ground velocity data",
        "(cm/s)",
        "Integrated to velocity (cm/s)",
        "time (s) acc (m/s)",
        "Units: kine",
    ],
)
def test_velocity_and_displacement_are_refused(tmp_path: Path, header: str) -> None:
    line = refusal(tmp_path, f"{header}\n" + table(TIME_S, 10 * shaking()), units="g")
    assert "not acceleration" in line


@pytest.mark.parametrize("name", ["a.VT2", "a.DT2", "a.vel", "a.dis", "STA_vel.txt", "STA.HNE.DIS.ASC"])
def test_velocity_and_displacement_by_name(tmp_path: Path, name: str) -> None:
    assert "not acceleration" in refusal(tmp_path, table(TIME_S, shaking()), name, units="g")
    assert read(tmp_path, "acceleration (g)\n" + table(TIME_S, shaking()), "VEL_vel.txt").time_step_s == DT


@pytest.mark.parametrize(
    "text",
    [
        "Shear-wave velocity Vs30 = 400 m/s, PGV 20 cm/s, PGD 3 cm",
        "PEAK VELOCITY = 20 CM/SEC",
        "VS30_M/S: 400",
        "INITIAL VELOCITY = 1.2 CM/SEC, INITIAL DISPLACEMENT = .3 CM",
        "Rupture velocity 2.8 km/s, velocity pulse",
        "Velocity and displacement traces are in other files",
        "EQ 1/1/99, VELOCITY RANCH, 090",
        "PGV (cm/s): 31",
        "Velocity model: CVM-S",
        "MAXIMUM DISPLACEMENT (CM): 3.2",
    ],
)
def test_text_that_mentions_velocity_refuses_nothing(tmp_path: Path, text: str) -> None:
    record = read(tmp_path, f"{text}\nAcceleration (g)\n" + table(TIME_S, shaking()))
    assert np.max(np.abs(record.acceleration_g)) == pytest.approx(0.3, rel=1e-4)


# Layout


def test_time_and_acceleration_under_npts(tmp_path: Path) -> None:
    """Two columns below NPTS and DT are not one series."""
    header = (
        "PEER NGA RECORD\nEvent, 10/15/1979, One, 000\nACCELERATION IN UNITS OF G\nNPTS= 200, DT= .01 SEC\n"
    )
    record = read(tmp_path, header + table(TIME_S, shaking()), "a.AT2")
    assert (len(record.acceleration_g), record.time_step_s) == (COUNT, DT)
    assert np.max(np.abs(record.acceleration_g)) == pytest.approx(0.3, rel=1e-4)
    assert "truncated, 100 of the 200" in refusal(
        tmp_path, header + table(TIME_S[:100], shaking()[:100]), "a.AT2"
    )


@pytest.mark.parametrize(
    "heading", ["index,acc_g", "i,acc_g", ",acc_g", "sample,acc (g)", "n,a (g)", "acc (g)"]
)
@pytest.mark.parametrize("first", [0, 1])
def test_an_index_is_no_time(tmp_path: Path, heading: str, first: int) -> None:
    rows = "\n".join(f"{first + i},{a:.7f}" for i, a in enumerate(shaking()))
    assert read(tmp_path, f"{heading}\n{rows}\n", time_step_s=DT).time_step_s == DT
    assert "counts samples, and no time step stated" in refusal(tmp_path, f"{heading}\n{rows}\n")


def test_index_time_and_acceleration(tmp_path: Path) -> None:
    rows = "\n".join(f"{i},{DT * i:.2f},{a:.7f}" for i, a in enumerate(shaking()))
    for heading in (",time,acc_g", "acceleration in g"):
        assert read(tmp_path, f"{heading}\n{rows}\n").time_step_s == DT


def test_milliseconds(tmp_path: Path) -> None:
    rows = "\n".join(f"{10 * i},{a:.7f}" for i, a in enumerate(shaking()))
    for heading in ("time (ms),acc (g)", "t [msec],acc [g]", "time_ms,acc_g"):
        assert read(tmp_path, f"{heading}\n{rows}\n").time_step_s == DT
    assert "milliseconds" in refusal(tmp_path, f"t,acc_g\n{rows}\n")
    record = read(tmp_path, f"t,acc_g\n{rows}\n", time_step_s=DT)
    assert record.time_step_s == DT and "milliseconds" in record.notes[0]


def test_rounded_times_under_a_stated_step(tmp_path: Path) -> None:
    rows = "\n".join(f"{0.005 * i:.2f} {a:.7f}" for i, a in enumerate(shaking()))
    assert read(tmp_path, f"dt=0.005, acc in g\n{rows}\n").time_step_s == 0.005
    assert "line 3" in refusal(tmp_path, f"acc in g\n{rows}\n")


@pytest.mark.parametrize("per_line", [5, 6, 7, 8, 10])
def test_values_in_reading_order(tmp_path: Path, per_line: int) -> None:
    text = lines_of(shaking(), per_line, "%10.6f")
    record = read(tmp_path, text, time_step_s=DT, units="g")
    np.testing.assert_allclose(record.acceleration_g, shaking(), atol=1e-6)
    assert "no time step stated" in refusal(tmp_path, text, units="g")


@pytest.mark.parametrize(
    ("lead", "body"),
    [
        ("200 0.01\n", lines_of(shaking(), 8)),
        ("0.01 200\n", lines_of(shaking(), 8)),
        ("200\n0.01\n", lines_of(shaking(), 8)),
        ("200, 0.01\n", lines_of(shaking(), 5)),
        ("200 0.01\n", table(shaking())),
        ("200\n0.01\n", table(shaking())),
        ("200 0.01\n", table(TIME_S, shaking())),
    ],
)
def test_npts_and_dt_as_bare_numbers(tmp_path: Path, lead: str, body: str) -> None:
    record = read(tmp_path, "acceleration in g\n" + lead + body)
    assert (len(record.acceleration_g), record.time_step_s) == (COUNT, DT)
    np.testing.assert_allclose(record.acceleration_g, shaking(), atol=1e-6)
    refusal(tmp_path, "acceleration in g\n" + lead.replace("200", "300") + body)


def test_several_components_are_refused(tmp_path: Path) -> None:
    a = shaking()
    three = table(a, a[::-1] / 2, a / 3)
    for text in (
        "time,NS (g),EW (g),UD (g)\n" + table(TIME_S, a, a / 2, a / 3, sign=","),
        "NS EW UD\n" + three,
        three,
        "NPTS= 200, DT= .01\n" + three,
        "t (s),h1_g,h2_g\n" + table(TIME_S, a, a / 2, sign=","),
        table(TIME_S, a, a / 2, a / 3),
    ):
        assert "one file for each component" in refusal(tmp_path, text, units="g", time_step_s=DT)
    both = "acc (g)\nNPTS=200 DT=.01\n" + lines_of(a, 8) + "acc 2 (g)\nNPTS=200 DT=.01\n" + lines_of(a, 8)
    assert "one file for each component" in refusal(tmp_path, both)


def test_the_acceleration_column_is_taken_by_its_name(tmp_path: Path) -> None:
    a = shaking()
    text = "Time (s),Disp (cm),Acc (cm/s2),Vel (cm/s)\n" + table(TIME_S, 3 * a, 980.665 * a, 9 * a, sign=",")
    np.testing.assert_allclose(read(tmp_path, text).acceleration_g, a, atol=1e-6)
    assert "names 3 columns" in refusal(tmp_path, "time,acc,vel\n" + table(TIME_S, a, sign=","), units="g")


@pytest.mark.parametrize("above", ["", "Station X, 1999\n", "time acc\n", "# recorded at X\ntime acc\n"])
def test_a_line_of_units_heads_the_columns(tmp_path: Path, above: str) -> None:
    record = read(tmp_path, f"{above}s cm/s2\n" + table(TIME_S, 980.665 * shaking()))
    np.testing.assert_allclose(record.acceleration_g, shaking(), atol=1e-6)


def test_pairs_of_time_and_acceleration_on_a_line(tmp_path: Path) -> None:
    a = shaking()
    pairs = np.column_stack([TIME_S, a]).ravel()
    record = read(tmp_path, "acceleration, g\n" + lines_of(pairs, 8, "%10.6f"))
    assert record.time_step_s == DT
    np.testing.assert_allclose(record.acceleration_g, a, atol=1e-6)


def test_glued_numbers_in_text(tmp_path: Path) -> None:
    a = -np.abs(shaking()) - 1e-4
    text = "dt=0.01\nAcceleration in g\n" + lines_of(a, 5, "%13.6E")
    assert "E-01-" in text or "E-02-" in text
    np.testing.assert_allclose(read(tmp_path, text).acceleration_g, a, rtol=1e-5)


def test_headings_repeated(tmp_path: Path) -> None:
    rows = table(TIME_S, shaking(), sign=",").splitlines()
    head = "time (s),acc (g)"
    for text in ([head, head, *rows], [head, *rows[:90], head, *rows[90:]]):
        assert len(read(tmp_path, "\n".join(text)).acceleration_g) == COUNT
    assert "goes from 1.99 to 0" in refusal(tmp_path, "\n".join([head, *rows, head, *rows]))
    one = table(shaking()).splitlines()
    line = refusal(tmp_path, "\n".join(["acc (g)", *one[:90], "acc (g)", *one[90:]]), time_step_s=DT)
    assert "line 92" in line and "repeated" in line


def test_text_after_the_values_that_npts_counts(tmp_path: Path) -> None:
    header = "PEER NGA\nE, 1/1/99, S, 0\nACCELERATION IN UNITS OF G\nNPTS= 200, DT= .01 SEC\n"
    record = read(tmp_path, header + lines_of(shaking(), 5) + "END OF FILE\n\n", "a.AT2")
    assert len(record.acceleration_g) == COUNT and "from line 45 on" in record.notes[0]
    assert "line 25: 'END'" in refusal(tmp_path, header + lines_of(shaking()[:100], 5) + "END\n", "a.AT2")
    assert "line 202: 'END'" in refusal(tmp_path, "acc (g)\n" + table(shaking()) + "END\n", time_step_s=DT)


@pytest.mark.parametrize(
    ("header", "dt"),
    [
        ("SAMPLING_INTERVAL_S: 0.005", 0.005),
        ("dt (ms) = 10", 0.01),
        ("time step = 10 ms", 0.01),
        ("DT= .02 SEC", 0.02),
        ("Sampling rate: 200 Hz", 0.005),
        ("100 samples per second", 0.01),
        ("Sampling Freq(Hz) 100Hz", 0.01),
        ("200 points of accel data equally spaced at .010 sec", 0.01),
        ("SAMPLES/SEC: 50", 0.02),
        ("fs = 256", 1 / 256),
        ("Sampling interval 0.0025 seconds", 0.0025),
        ("delta t = 0,01 s", 0.01),
        ("time_step_s = 0.004", 0.004),
        ("data at 0.01 sec intervals", 0.01),
        ("sampling frequency = 0.2 kHz", 0.005),
        ("NPTS 200 DT 0.01", 0.01),
    ],
)
def test_time_steps_as_they_are_stated(tmp_path: Path, header: str, dt: float) -> None:
    record = read(tmp_path, f"{header}\nacceleration (g)\n" + table(shaking()), time_step_s=0.037)
    assert record.time_step_s == pytest.approx(dt, rel=1e-9)


# Decimal signs, encodings, broken lines


@pytest.mark.parametrize("sign", [";", "\t", " ", " ; "])
def test_decimal_commas(tmp_path: Path, sign: str) -> None:
    rows = table(TIME_S, shaking(), sign=sign).replace(".", ",")
    record = read(tmp_path, f"t (s){sign}a (g)\n{rows}" if sign != " " else f"acc in g\n{rows}")
    np.testing.assert_allclose(record.acceleration_g, shaking(), atol=1e-6)


def test_one_column_of_decimal_commas(tmp_path: Path) -> None:
    record = read(tmp_path, "acc (g), dt = 0,01 s\n" + table(shaking()).replace(".", ","))
    assert (record.time_step_s, len(record.acceleration_g)) == (DT, COUNT)
    np.testing.assert_allclose(record.acceleration_g, shaking(), atol=1e-6)


def test_commas_that_may_be_either_are_refused(tmp_path: Path) -> None:
    commas = table(TIME_S, shaking(), sign=",").replace(".", ",")
    assert "commas stand between numbers and inside them" in refusal(tmp_path, "acc (g)\n" + commas)
    mixed = table(TIME_S, shaking(), sign=";").replace("0.5000000;", "0,5000000;")
    assert "line 52" in refusal(tmp_path, "t (s);acc (g)\n" + mixed)
    threes = "\n".join(f"{DT * i:.2f};{1 + i % 7},{100 + i}" for i in range(20))
    assert "separate thousands" in refusal(tmp_path, "t (s);acc (gal)\n" + threes)
    both = "\n".join(f"{DT * i:.2f};{1000 + 37 * i:,.1f}" for i in range(20))
    assert np.max(read(tmp_path, "t (s);acc (mg)\n" + both).acceleration_g) == pytest.approx(1.703)


@dataclass(frozen=True)
class Case:
    """A file as drawn: its bytes, and what must be read of it."""

    data: bytes
    acceleration_g: FloatArray
    given: dict[str, float]
    first_row: int
    rows: int


@st.composite
def cases(draw: st.DrawFn, layouts: tuple[str, ...] = ("column", "two", "block", "npts")) -> Case:
    """Draw a record, a layout, a unit, a way of stating each, an encoding and line ends."""
    peak = draw(st.sampled_from([0.05, 0.3, 0.9]))
    a = shaking(peak, draw(st.sampled_from([0.8, 1.5, 3.0])), draw(st.sampled_from([0.0, 0.03])))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]))
    unit, size = draw(st.sampled_from(LATIN1 if encoding == "latin-1" else UNITS))
    values = a * G_M_S2 / size
    digits = max(4, 4 + math.ceil(-math.log10(float(np.max(np.abs(values))))))
    layout = draw(st.sampled_from(layouts))
    sign = draw(st.sampled_from([",", ";", "\t", " ", "  ", ", "]))
    stated_dt = draw(st.sampled_from(["dt = 0.01 s", "Sampling rate: 100 Hz", "TIME STEP 0.01 SEC", ""]))
    given = {} if stated_dt else {"time_step_s": DT}
    noise = draw(
        st.lists(
            st.sampled_from(
                [
                    "Event: somewhere, 10/15/1979",
                    "PGA 294.2 cm/s/s",
                    "Vs30 = 400 m/s",
                    "Station GAL",
                    "PGV (cm/s): 20.1",
                    "peak velocity 12 cm/s",
                    "Lat. 41.0 Long. 12.5",
                    "# a comment",
                    "Magnitude 6.5",
                ]
            ),
            max_size=3,
        )
    )
    if layout == "two":
        body = table(TIME_S, values, sign=sign, digits=digits)
        words = draw(st.sampled_from([f"UNITS: {unit}", f"Acceleration in {unit}"]))
        if sign in (",", ";", "\t"):
            words = draw(st.sampled_from([f"time (s){sign}acc ({unit})", f"t [s]{sign}a [{unit}]", words]))
    else:
        if layout == "column":
            body = table(values, digits=digits)
        else:
            field = draw(st.sampled_from(["%15.7E", " %.6e"]))
            body = lines_of(values, draw(st.integers(5, 10)), field)
        words = draw(st.sampled_from([f"Units = {unit}", f"Acceleration ({unit})", f"in units of {unit}"]))
    if layout == "npts":
        noise = [*noise, "NPTS= 200, DT= .0100 SEC"]
    elif layout != "two":
        noise = [*noise, stated_dt] if stated_dt else noise
    head = [*noise, words]
    text = "\n".join([*head, body.rstrip("\n")]) + "\n" * draw(st.integers(0, 2))
    text = text.replace("\n", draw(st.sampled_from(["\n", "\r\n", "\r"])))
    return Case(text.encode(encoding), a, given, len(head) + 1, body.count("\n"))


@settings(max_examples=100, deadline=None)
@given(case=cases())
def test_any_layout_unit_and_encoding_gives_the_record(
    tmp_path_factory: pytest.TempPathFactory, case: Case
) -> None:
    record = read(tmp_path_factory.getbasetemp(), case.data, **case.given)
    assert record.time_step_s == pytest.approx(DT, rel=1e-6)
    assert len(record.acceleration_g) == COUNT
    np.testing.assert_allclose(
        record.acceleration_g, case.acceleration_g, atol=2e-3 * np.max(case.acceleration_g)
    )


GARBAGE = (
    "abc",
    "nan",
    "****",
    "1.2.3",
    "0.1x",
    "NaN",
    "-",
    "1e5e5",
    "1_000",
    "--0.1",
    "inf",
    "0.0.1",
    "12:30",
    "?",
)


@settings(max_examples=100, deadline=None)
@given(case=cases(), at=st.integers(1, 10_000), word=st.sampled_from(GARBAGE), whole=st.booleans())
def test_a_broken_line_is_named(
    tmp_path_factory: pytest.TempPathFactory, case: Case, at: int, word: str, whole: bool
) -> None:
    encoding = "utf-16" if case.data[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1"
    text = case.data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    row = case.first_row - 1 + (at % (case.rows - 2) + 1)
    cells = lines[row].split()
    lines[row] = word if whole else " ".join([*cells[:-1], word])
    data = "\n".join(lines).encode(encoding)
    line = refusal(tmp_path_factory.getbasetemp(), data, **case.given)
    assert f"line {row + 1}:" in line, line


@settings(max_examples=40, deadline=None)
@given(case=cases(layouts=("npts",)), at=st.integers(0, 10_000))
def test_a_lost_line_is_an_error_where_npts_is_stated(
    tmp_path_factory: pytest.TempPathFactory, case: Case, at: int
) -> None:
    encoding = "utf-16" if case.data[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1"
    lines = case.data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    del lines[case.first_row - 1 + at % case.rows]
    assert "truncated" in refusal(tmp_path_factory.getbasetemp(), "\n".join(lines).encode(encoding))


def test_the_first_line_of_data_is_no_header(tmp_path: Path) -> None:
    two = table(TIME_S, shaking())
    for bad in ("abc", "nan", "1.2.3", "****"):
        lines = ["acceleration in g", f"0.0000000 {bad}", *two.splitlines()[1:]]
        assert "line 2:" in refusal(tmp_path, "\n".join(lines))
    for bad in ("nan", "1.2.3", "****", "0.1x"):
        lines = ["acceleration in g", bad, *table(shaking()).splitlines()[1:]]
        assert "line 2:" in refusal(tmp_path, "\n".join(lines), time_step_s=DT)


def test_a_sample_that_is_commented_out(tmp_path: Path) -> None:
    lines = table(shaking()).splitlines()
    lines[50] = "# " + lines[50]
    line = refusal(tmp_path, "\n".join(["acceleration in g", *lines]), time_step_s=DT)
    assert "line 52" in line and "comment" in line
    lines[50] = "# here the strong part begins"
    assert len(read(tmp_path, "\n".join(["acc in g", *lines]), time_step_s=DT).acceleration_g) == COUNT - 1


def test_empty_and_quoted_cells(tmp_path: Path) -> None:
    rows = table(TIME_S, shaking(), sign=",").splitlines()
    quoted = "\n".join('"' + row.replace(",", '","') + '"' for row in rows)
    assert len(read(tmp_path, '"time (s)","acc (g)"\n' + quoted).acceleration_g) == COUNT
    rows[20] = rows[20].split(",")[0] + ",,0.1"
    assert "line 22" in refusal(tmp_path, "time (s),acc (g)\n" + "\n".join(rows))


# Formats with a definition of their own


def esm(keys: dict[str, str], values: FloatArray) -> str:
    stated = {
        "EVENT_NAME": "X",
        "EVENT_ID": "IT-1",
        "MAGNITUDE_W": "6.0",
        "STATION_CODE": "AMT",
        "VS30_M/S": "400",
        "SAMPLING_INTERVAL_S": "0.010000",
        "NDATA": "200",
        "STREAM": "HNE",
        "UNITS": "cm/s^2",
        "PGA_CM/S^2": "294.2",
        "LOW_CUT_FREQUENCY_HZ": "0.080",
        "HIGH_CUT_FREQUENCY_HZ": "40.0",
        "DATA_TYPE": "ACCELERATION",
        "USER5": "",
    } | keys
    return "".join(f"{key}: {value}\n" for key, value in stated.items()) + table(values, digits=6)


def test_esm(tmp_path: Path) -> None:
    a = shaking()
    name = "IT.AMT..HNE.D.20160824.013632.C.ACC.ASC"
    record = read(tmp_path, esm({}, a * 980.665), name, time_step_s=0.005)
    np.testing.assert_allclose(record.acceleration_g, a, atol=1e-6)
    assert (record.time_step_s, record.highpass_hz, record.lowpass_hz) == (DT, 0.08, 40.0)
    assert any("time_step_s = 0.005 is not used" in note for note in record.notes)
    assert "holds velocity" in refusal(tmp_path, esm({"DATA_TYPE": "VELOCITY", "UNITS": "cm/s"}, a), name)
    assert "holds displacement" in refusal(tmp_path, esm({"DATA_TYPE": "", "UNITS": "cm"}, a), name)
    assert "holds fourier spectrum" in refusal(tmp_path, esm({"DATA_TYPE": "FOURIER SPECTRUM"}, a), name)
    assert "not understood" in refusal(tmp_path, esm({"UNITS": "furlong"}, a), name)
    assert "truncated, 200 of the 300" in refusal(tmp_path, esm({"NDATA": "300"}, a), name)
    assert "not a number" in refusal(tmp_path, esm({"SAMPLING_INTERVAL_S": "x"}, a), name)
    assert "no unit" in refusal(tmp_path, esm({"UNITS": ""}, a), name)


def knet(gal: FloatArray, offset_counts: int = 4321, **changed: str) -> str:
    peak = float(np.max(np.abs(gal - gal.mean())))
    keys = {
        "Origin Time": "1999/01/01 00:00:00",
        "Lat.": "41.0",
        "Long.": "142.5",
        "Depth. (km)": "30",
        "Mag.": "6.2",
        "Station Code": "ABC001",
        "Station Lat.": "41.5",
        "Station Long.": "140.9",
        "Station Height(m)": "39",
        "Record Time": "1999/01/01 00:00:15",
        "Sampling Freq(Hz)": "100Hz",
        "Duration Time(s)": "2",
        "Dir.": "N-S",
        "Scale Factor": "3920(gal)/6182761",
        "Max. Acc. (gal)": f"{peak:.3f}",
        "Last Correction": "1999/01/01 00:00:00",
        "Memo.": "",
    } | {key.replace("_", " "): value for key, value in changed.items()}
    counts = np.round(gal * 6182761 / 3920).astype(int) + offset_counts
    body = "\n".join(" ".join(f"{c:8d}" for c in counts[i : i + 8]) + " " for i in range(0, len(counts), 8))
    return "".join(f"{key:<18}{value}\n" for key, value in keys.items()) + body + "\n"


@pytest.mark.parametrize("name", ["ABC0019901010000.NS", "ABCH019901010000.EW2", "x.UD"])
def test_knet(tmp_path: Path, name: str) -> None:
    gal = 980.665 * shaking()
    record = read(tmp_path, knet(gal), name)
    np.testing.assert_allclose(record.acceleration_g * 980.665, gal - gal.mean(), atol=1e-3)
    assert record.time_step_s == DT
    assert any("sensor's offset" in note for note in record.notes)
    assert not any(note.startswith("doubtful") for note in record.notes)
    wrong = read(tmp_path, knet(gal).replace("Max. Acc. (gal)   ", "Max. Acc. (gal)   9"), name)
    assert any("the header states" in note and note.startswith("doubtful") for note in wrong.notes)
    assert "truncated" in refusal(tmp_path, knet(gal[:80]), name)
    assert "scale factor" in refusal(tmp_path, knet(gal).replace("3920(gal)", "3920"), name)


@pytest.mark.parametrize(
    ("first", "name", "said"),
    [
        ("Corrected acceleration    (Format v01.20 with 13 text lines) Src: 13W", "a.txt", "COSMOS"),
        ("2 CORRECTED ACCELEROGRAM", "a.txt", "SMC"),
        ("x", "a.SMC", "SMC"),
        ("x", "a.V2", "CSMIP"),
        (
            "TIMESERIES XX_STA__HNE_R, 200 samples, 100 sps, 1999-01-01T00:00:00, SLIST, FLOAT, m/s**2",
            "a.txt",
            "SLIST",
        ),
        ("# dataset: GeoCSV 2.0", "a.csv", "GeoCSV"),
        ("<!DOCTYPE html>", "a.AT", "HTML"),
        ("#StationCode: TCU052", "a.txt", "CWB"),
    ],
)
def test_formats_that_are_not_read_are_named(tmp_path: Path, first: str, name: str, said: str) -> None:
    assert said in refusal(tmp_path, f"{first}\nacc (g)\n" + table(TIME_S, shaking()), name)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\x03\x04rest", "Excel"),
        (b"\x1f\x8brest", "gzip"),
        (b"000001D STA  " + b"\0" * 600, "miniSEED"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"%PDF-1.4", "PDF"),
    ],
)
def test_binary_files_are_named(tmp_path: Path, data: bytes, said: str) -> None:
    assert said in refusal(tmp_path, data, "a.txt")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    word=st.sampled_from(["velocity", "vel", "velocities", "displacement", "disp"]),
    lead=st.sampled_from(["", "ground ", "integrated ", "corrected ", "filtered ", "relative "]),
    joiner=st.sampled_from([" ", " in ", " in units of ", ", ", " (", " [", ": ", " - "]),
    unit=st.sampled_from(["cm/s", "cm/sec", "m/s", "mm/s", "in/s"]),
    shout=st.booleans(),
    at2=st.booleans(),
)
def test_other_quantities_are_refused_in_any_words(
    tmp_path: Path, word: str, lead: str, joiner: str, unit: str, shout: bool, at2: bool
) -> None:
    length = unit.split("/")[0]
    close = {" (": ")", " [": "]"}.get(joiner, "")
    text = f"{lead}{word}{joiner}{length if word.startswith('disp') else unit}{close}"
    path = tmp_path / ("a.AT2" if at2 else "a.txt")
    path.write_text(f"A\nB\n{text.upper() if shout else text}\nNPTS= 8, DT= .01 SEC\n1 2 3 4\n4 3 2 1\n")
    with pytest.raises(InputError, match=r"holds (velocity|displacement), not acceleration"):
        read_accelerogram(path)


@pytest.mark.parametrize("word", ["NaN", "-inf", "****", "0.1x"])
def test_a_value_alone_on_its_line_that_is_none_is_named(tmp_path: Path, word: str) -> None:
    values = [f"{0.01 * i:.4f}" for i in range(1, 40)]
    values[20] = word
    (tmp_path / "a.txt").write_text("# acceleration in g, dt=0.01\n" + "\n".join(values) + "\n")
    with pytest.raises(InputError, match=r"line 22: '.*' is not a"):
        read_accelerogram(tmp_path / "a.txt")
