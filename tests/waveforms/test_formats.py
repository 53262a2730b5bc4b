"""Every format: the right numbers, directions and processing, or one line that says what is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gmplug.catalogue.accelerogram_folder import accelerograms
from gmplug.errors import InputError
from gmplug.host import Host
from gmplug.waveforms import Accelerogram, read_accelerogram, read_accelerograms, read_motion
from gmplug.waveforms.formats import formats, use_formats
from tests.waveforms.format_files import COUNT, DT, TEXT_FORMATS, Sample, csmip_v2, shaking

ALL = pytest.mark.parametrize("name", TEXT_FORMATS)
SAMPLES = {name: make() for name, make in TEXT_FORMATS.items()}


def written(folder: Path, sample: Sample, text: str | bytes | None = None, name: str = "a") -> Path:
    path = folder / f"{name}{sample.suffix}"
    data = sample.text if text is None else text
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def is_right(found: list[Accelerogram], sample: Sample) -> bool:
    if len(found) != len(sample.acceleration_g):
        return False
    for part, truth in zip(found, sample.acceleration_g, strict=True):
        if len(part.acceleration_g) != len(truth) or not np.allclose(
            part.acceleration_g, truth, rtol=1e-6, atol=1e-9
        ):
            return False
    return all(abs(part.time_step_s / sample.time_step_s - 1) < 1e-6 for part in found)


@ALL
def test_a_format_is_read_with_its_components(tmp_path: Path, name: str) -> None:
    sample = SAMPLES[name]
    found = read_accelerograms(written(tmp_path, sample))
    assert is_right(found, sample)
    assert tuple(part.component for part in found) == sample.components
    assert {part.processing for part in found} == {sample.processing}
    assert {part.highpass_hz for part in found} == {sample.highpass_hz}
    if sample.processing == "uncorrected":
        assert all(any("uncorrected" in note for note in part.notes) for part in found)


@pytest.mark.parametrize("name", [name for name, one in SAMPLES.items() if len(one.components) == 3])
def test_a_file_with_all_components_is_one_record(tmp_path: Path, name: str) -> None:
    sample = SAMPLES[name]
    path = written(tmp_path, sample)
    catalogue = accelerograms(tmp_path, periods_s=np.array([0.1, 0.5]))
    [record] = catalogue.records.to_dict("records")
    assert catalogue.component == "RotD50"
    assert set(record["components"].split(", ")) == set(sample.components)
    assert record["processing"] == sample.processing
    motion = read_motion(record)
    vertical = [at for at, code in enumerate(sample.components) if re.match(r"(?i)u|v", code)]
    assert motion.vertical_g is not None
    np.testing.assert_allclose(motion.vertical_g, sample.acceleration_g[vertical[0]], rtol=1e-6, atol=1e-9)
    horizontal = [row for at, row in enumerate(sample.acceleration_g) if at not in vertical]
    found = sorted(np.abs(row).max() for row in motion.horizontal_g)
    np.testing.assert_allclose(found, sorted(np.abs(row).max() for row in horizontal), rtol=1e-6)
    assert Path(record["file_h1"]).parent == path.parent.resolve()
    assert not any("file" in note and "direction" in note for note in catalogue.notes)


def test_one_component_of_a_file_is_named_by_its_number(tmp_path: Path) -> None:
    sample = csmip_v2()
    path = written(tmp_path, sample)
    second = read_accelerogram(f"{path}#2")
    assert second.component == "Up"
    np.testing.assert_allclose(second.acceleration_g, sample.acceleration_g[1], rtol=1e-6)
    with pytest.raises(InputError, match=r"holds 3 components .*#1 090.*name one"):
        read_accelerogram(path)
    with pytest.raises(InputError, match="name one of them by #1 to #3"):
        read_accelerogram(f"{path}#4")


def test_velocity_and_displacement_are_left_out_or_refused(tmp_path: Path) -> None:
    sample = SAMPLES["CSMIP V2"]
    assert len(read_accelerograms(written(tmp_path, sample))) == 3
    only_velocity = sample.text.replace(" accel data ", " veloc data ")
    with pytest.raises(InputError, match="no acceleration, only velocity or displacement"):
        read_accelerograms(written(tmp_path, sample, only_velocity))
    smc = SAMPLES["SMC"]
    with pytest.raises(InputError, match="holds velocity, not acceleration"):
        read_accelerograms(written(tmp_path, smc, smc.text.replace("2 CORRECTED ACCELEROGRAM", "3 VELOCITY")))
    cosmos = SAMPLES["COSMOS"]
    with pytest.raises(InputError, match="correct one"):
        read_accelerograms(written(tmp_path, cosmos, cosmos.text.replace("acceleration pts", "velocity pts")))


def test_response_spectra_of_volume_3_are_refused(tmp_path: Path) -> None:
    sample = SAMPLES["CSMIP V2"]
    text = "Response and Fourier amplitude spectra (78 periods,  .04 -  6.0 sec)   for\n" + sample.text
    with pytest.raises(InputError, match=r"response spectra \(volume 3\)"):
        read_accelerograms(written(tmp_path, sample, text))


def test_raw_counts_of_cosmos_are_refused(tmp_path: Path) -> None:
    cosmos = SAMPLES["COSMOS"]
    text = cosmos.text.replace("units=cm/sec2(04)", "units= counts(50)")
    with pytest.raises(InputError, match="raw counts; convert"):
        read_accelerograms(written(tmp_path, cosmos, text))


def test_points_that_are_not_even_in_time_are_refused(tmp_path: Path) -> None:
    pairs = SAMPLES["CDMG V1 pairs"]
    text = pairs.text.replace("133.400", "133.407")
    with pytest.raises(InputError, match="not evenly spaced in time"):
        read_accelerograms(written(tmp_path, pairs, text))
    smc = SAMPLES["SMC"]
    text = smc.text.replace(f"{1 / DT:15.7E}", f"{1.7e38:15.7E}")
    with pytest.raises(InputError, match="states no sampling rate"):
        read_accelerograms(written(tmp_path, smc, text))


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("CSMIP V2", r"(?<=Peak acceleration = ) *\S+"),
        ("USC", r"(?<=PEAK ACCELERATION =) *\S+"),
        ("GeoNet", r"(?<=Acceleration:  peak) *\S+"),
        ("ESM", r"(?<=PGA_CM/S\^2: )\S+"),
        ("COSMOS", rf"(?<={1000 * DT:13.6f})( +\S+)( +\S+)"),
    ],
)
def test_a_peak_that_is_not_the_headers_is_refused(tmp_path: Path, name: str, pattern: str) -> None:
    """Counted values may be there and still not be those of the header: a column shifted, a unit changed."""
    sample = SAMPLES[name]
    changed = re.sub(
        pattern, lambda m: m[0].replace(m[0].split()[-1], f"{0.9 * float(m[0].split()[-1]):.4f}"), sample.text
    )
    assert changed != sample.text
    with pytest.raises(InputError, match="the header states"):
        read_accelerograms(written(tmp_path, sample, changed))


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("CSMIP V2", "sec, in cm/sec2", "sec, in g"),
        ("CSMIP V2", "spaced at  .040 sec", "spaced at  .005 sec"),
        ("CSMIP V1", "pts/sec in units of g", "pts/sec in units of g/10"),
        ("CSMIP V1", "Accelerogram points at 25 pts/sec", "Accelerogram points at 50 pts/sec"),
        ("USC", "IN UNITS CM/SEC/SEC", "IN UNITS G"),
        ("COSMOS", "units=cm/sec2(04)", "units=g(04)"),
        ("COSMOS", f"{1000 * DT:13.6f}", f"{500 * DT:13.6f}"),
        ("GeoNet", "mm/s/s", "cm/s/s"),
        ("GeoNet", "data at 0.040 sec", "data at 0.020 sec"),
        ("CWB", "#SampleRate(Hz): 25", "#SampleRate(Hz): 50"),
        ("UNAM", f"/{DT}/{DT}/{DT}", f"/{DT}/{DT}/0.02"),
    ],
)
def test_statements_that_contradict_each_other_are_refused(
    tmp_path: Path, name: str, before: str, after: str
) -> None:
    sample = SAMPLES[name]
    assert before in sample.text
    with pytest.raises(InputError):
        read_accelerograms(written(tmp_path, sample, sample.text.replace(before, after)))


def test_channels_at_several_places_are_asked_about(tmp_path: Path) -> None:
    sample = SAMPLES["CSMIP V2"]
    path = written(tmp_path, sample, sample.text.replace("Up", "180 Deg"), "building")
    with pytest.raises(InputError, match=r"which component is which is not known of building\.V2#1"):
        accelerograms(tmp_path, periods_s=np.array([0.1]))
    metadata = tmp_path.parent / f"{tmp_path.name}.csv"
    metadata.write_text("file_h1,file_h2,magnitude\nbuilding.V2#1,building.V2#3,6.7\n")
    catalogue = accelerograms(tmp_path, metadata, periods_s=np.array([0.1]))
    [record] = catalogue.records.to_dict("records")
    assert record["file_h1"] == f"{path.resolve()}#1"
    assert any("1 further components" in note for note in catalogue.notes)


def test_lesser_volumes_beside_the_corrected_one_are_left_out(tmp_path: Path) -> None:
    written(tmp_path, SAMPLES["CSMIP V2"], name="CE1")
    written(tmp_path, SAMPLES["CSMIP V1"], name="CE1")
    (tmp_path / "CE1.V3").write_text("Response and Fourier amplitude spectra\n")
    catalogue = accelerograms(tmp_path, periods_s=np.array([0.1]))
    assert len(catalogue.records) == 1
    assert any("2 files left out, as the corrected file" in note for note in catalogue.notes)


def test_times_in_a_file_beside(tmp_path: Path) -> None:
    values = np.round(shaking(components=2), 6)
    for folder in ("acc", "dts"):
        (tmp_path / folder).mkdir()
    for number, series in zip((7, 12), values, strict=True):
        (tmp_path / f"acc/acc_{number}.csv").write_text("\n".join(f"{v:.6f}" for v in series) + "\n")
        times = (0.01 + DT * np.arange(COUNT)).tolist() if number == 7 else [DT]
        (tmp_path / f"dts/dts_{number}.csv").write_text("\n".join(map(str, times)) + "\n")
    catalogue = accelerograms(tmp_path, units="g", periods_s=np.array([0.1]))
    assert list(catalogue.records["id"]) == ["acc_12", "acc_7"]
    assert catalogue.records["time_step_s"].tolist() == pytest.approx([DT, DT])
    assert any("2 files give the times" in note for note in catalogue.notes)
    (tmp_path / "dts/dts_7.csv").write_text("\n".join(map(str, DT * np.arange(COUNT - 1))) + "\n")
    with pytest.raises(InputError, match=r"has 74 times, acc_7\.csv has 75 values"):
        read_accelerogram(tmp_path / "acc/acc_7.csv", units="g")


# Mutations: the right numbers, or one line


def lines_of(text: str) -> list[str]:
    return text.split("\n")


def truncated(text: str, draw: st.DataObject) -> str:
    lines = lines_of(text)
    return "\n".join(lines[: draw.draw(st.integers(1, len(lines) - 2), label="lines kept")]) + "\n"


def cut_anywhere(text: str, draw: st.DataObject) -> str:
    return text[: draw.draw(st.integers(1, len(text) - 12), label="characters kept")]


def windows_line_ends(text: str, draw: st.DataObject) -> str:
    return text.replace("\n", "\r\n")


def blank_line(text: str, draw: st.DataObject) -> str:
    lines = lines_of(text)
    lines.insert(draw.draw(st.integers(0, len(lines)), label="blank line at"), "")
    return "\n".join(lines)


def lost_line(text: str, draw: st.DataObject) -> str:
    lines = lines_of(text)
    del lines[draw.draw(st.integers(0, len(lines) - 2), label="line lost")]
    return "\n".join(lines)


def doubled_line(text: str, draw: st.DataObject) -> str:
    lines = lines_of(text)
    at = draw.draw(st.integers(0, len(lines) - 2), label="line doubled")
    return "\n".join(lines[: at + 1] + lines[at:])


def other_count(text: str, draw: st.DataObject) -> str:
    other = draw.draw(st.sampled_from([COUNT - 20, COUNT - 1, COUNT + 1, COUNT + 50, 0]), label="count")
    return re.sub(rf"\b{COUNT}\b", str(other), text, count=draw.draw(st.integers(0, 3), label="how often"))


def word_in_data(text: str, draw: st.DataObject) -> str:
    lines = lines_of(text)
    at = draw.draw(st.integers(len(lines) // 2, len(lines) - 2), label="line")
    word = draw.draw(
        st.sampled_from(["NaN", "****", "1.2.3", "abc", "inf", "1e999", "\0", "--"]), label="word"
    )
    words = list(re.finditer(r"[^\s,]+", lines[at]))
    if not words:
        return text
    chosen = draw.draw(st.sampled_from(words), label="place")
    lines[at] = lines[at][: chosen.start()] + word + lines[at][chosen.end() :]
    return "\n".join(lines)


def glued(text: str, draw: st.DataObject) -> str:
    lines = lines_of(text)
    at = draw.draw(st.integers(len(lines) // 2, len(lines) - 2), label="line")
    lines[at] = re.sub(r"(?<=\d) +(?=-)", "", lines[at])
    return "\n".join(lines)


def nonsense_unit(text: str, draw: st.DataObject) -> str:
    pattern = r"(?i)cm/sec/sec|cm/sec2|cm/s\^2|mm/s/s|\bgal\b|(?<=of )g\b|(?<=and )g(?:/10)?\b"
    return re.sub(pattern, "furlongs", text, count=draw.draw(st.integers(1, 4), label="how often"))


MUTATIONS = (
    truncated, cut_anywhere, windows_line_ends, blank_line, lost_line, doubled_line, other_count,
    word_in_data, glued, nonsense_unit,
)  # fmt: skip


def is_told(note: str) -> bool:
    """Tell whether a note says that the file may not be what it was."""
    return "beyond the" in note or (note.startswith("doubtful") and "uncorrected" not in note)


#: JMA's files state no count of points, and a note says so.
NO_COUNT = (truncated, cut_anywhere, lost_line, doubled_line)


@settings(max_examples=40, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@ALL
def test_a_changed_file_is_right_or_one_line(tmp_path: Path, name: str, data: st.DataObject) -> None:
    sample = SAMPLES[name]
    possible = [one for one in MUTATIONS if not (name == "JMA" and one in NO_COUNT)]
    mutate = data.draw(st.sampled_from(possible), label="change")
    path = written(tmp_path, sample, mutate(sample.text, data))
    try:
        found = read_accelerograms(path)
    except InputError as error:
        assert len(error.problems) == 1
        assert "\n" not in error.problems[0]
        assert path.name in error.problems[0]
        return
    assert is_right(found, sample) or any(is_told(note) for part in found for note in part.notes)


@ALL
def test_a_file_that_ends_within_its_last_values_is_right_or_one_line(tmp_path: Path, name: str) -> None:
    sample = SAMPLES[name]
    if name == "JMA":
        pytest.skip("JMA's files state no count of points, and a note says so")
    for length in range(len(sample.text) - 60, len(sample.text) - 11):
        path = written(tmp_path, sample, sample.text[:length])
        try:
            found = read_accelerograms(path)
        except InputError:
            continue
        assert is_right(found, sample) or any(is_told(note) for part in found for note in part.notes), length


@settings(max_examples=25, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@ALL
def test_noise_in_a_file_is_never_a_traceback(tmp_path: Path, name: str, data: st.DataObject) -> None:
    sample = SAMPLES[name]
    raw = bytearray(sample.text.encode())
    header = max(1, len(raw) // data.draw(st.sampled_from([1, 4, 20]), label="part of the file"))
    for at in data.draw(st.lists(st.integers(0, header - 1), min_size=1, max_size=6), label="places"):
        raw[at] = data.draw(st.sampled_from(b"0159.-+eE,;:=()#%/\n\t \0XzN\xb2"), label="byte")
    try:
        read_accelerograms(written(tmp_path, sample, bytes(raw)))
    except InputError as error:
        assert len(error.problems) == 1


# A package's own format


SCRIPT = """
import gmplug
import numpy as np
from gmplug.waveforms import Accelerogram, WaveformFormat

def is_mine(lines, path):
    return lines[0].startswith("MY FORMAT")

def read_mine(lines, path, given):
    return [Accelerogram(float(lines[1]), np.array([float(text) for text in lines[2:] if text]), path)]

@gmplug.hookimpl
def gmplug_waveform_formats():
    return [WaveformFormat("my format", is_mine, read_mine, (".my",))]
"""


def test_a_package_adds_a_format(tmp_path: Path) -> None:
    script, folder = tmp_path / "mine.py", tmp_path / "records"
    script.write_text(SCRIPT)
    folder.mkdir()
    path = folder / "a.my"
    path.write_text("MY FORMAT\n0.01\n0.1\n-0.2\n")
    before = tuple(formats().values())
    try:
        Host([script], entry_points=False)
        [record] = read_accelerograms(path)
        assert record.acceleration_g.tolist() == [0.1, -0.2]
        assert list(accelerograms(folder, periods_s=np.array([0.1])).records["id"]) == ["a.my"]
        path.write_text("MY FORMAT\nabc\n")
        with pytest.raises(InputError, match=r"does not keep to its format .*\(read as my format\)"):
            read_accelerograms(path)
    finally:
        use_formats(before)


def test_components_of_esm_begin_when_their_headers_say(tmp_path: Path) -> None:
    text = TEXT_FORMATS["ESM"]().text
    (tmp_path / "e.ASC").write_text(text)
    (tmp_path / "n.ASC").write_text(text.replace("HNE", "HNN").replace("013632.000", "013632.080"))
    motion = read_motion({"id": "r", "file_h1": tmp_path / "e.ASC", "file_h2": tmp_path / "n.ASC"})
    first, second = motion.horizontal_g
    assert len(first) == COUNT + 2
    np.testing.assert_array_equal(second, np.roll(first, 2))
