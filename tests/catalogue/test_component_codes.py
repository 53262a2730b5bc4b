"""Which files are components, which are vertical, and what is asked where that is not known."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gmplug.catalogue import accelerograms
from gmplug.catalogue.components import azimuth_of, is_component, is_vertical, parse_component
from gmplug.catalogue.pairing import Waveform, make_records
from gmplug.catalogue.titles import Title, parse_title
from gmplug.errors import InputError
from gmplug.notes import doubts_of
from tests.support.catalogue_files import wave

PERIODS_S = np.array([0.2, 1.0])
FOLDER = Path("records")


def write(path: Path, seed: int = 0, header: str = "") -> Path:
    """One column in g, 0.01 s, with ``header`` lines before it."""
    header = header if "UNITS" in header else f"UNITS: g\n{header}".strip()
    np.savetxt(path, wave(seed), header=header, comments="", fmt="%.7f")
    return path


def waveform(name: str, samples: int = 1000, title: Title | None = None) -> Waveform:
    return Waveform(FOLDER / name, title or Title(), 0.01, samples)


def paired(*names: str) -> list[tuple[list[str], str]]:
    """Horizontal files and the vertical one of each record that files with these names make."""
    records, _ = make_records([waveform(name) for name in names], FOLDER)
    return [
        ([w.path.name for w in r.horizontal], r.vertical.path.name if r.vertical else "") for r in records
    ]


# -- case: components of ESM and other networks -------------------------------------------------------


def test_an_esm_record_is_one_record_with_its_vertical_apart(tmp_path: Path) -> None:
    for seed, stream in enumerate(("HNE", "HNN", "HNZ")):
        keys = ("EVENT_NAME: A", "NETWORK: IT", "STATION_CODE: AMT", f"STREAM: {stream}", "UNITS: cm/s^2")
        header = "\n".join((*keys, "SAMPLING_INTERVAL_S: 0.01"))
        write(tmp_path / f"IT.AMT..{stream}.D.20160824.013632.C.ACC.ASC", seed, header)
    found = accelerograms(tmp_path, periods_s=PERIODS_S, time_step_s=0.01)
    (record,) = found.records.to_dict("records")
    names = [Path(record[column]).name.split(".")[3] for column in ("file_h1", "file_h2", "file_v")]
    assert names == ["HNN", "HNE", "HNZ"]
    assert found.component == "RotD50"
    assert record["station"] == "IT.AMT"


@pytest.mark.parametrize(
    "names",
    [
        ("AMT.HNN.txt", "AMT.HNE.txt", "AMT.HNZ.txt"),
        ("AMT_BHN.csv", "AMT_BHE.csv", "AMT_BHZ.csv"),
        ("AMT.HN1", "AMT.HN2", "AMT.HN3"),
        ("AMT-HG1.txt", "AMT-HG2.txt", "AMT-HGZ.txt"),
        ("X.AMT.10.ENN.txt", "X.AMT.10.ENE.txt", "X.AMT.10.ENZ.txt"),
        ("ABC0019903110546.NS", "ABC0019903110546.EW", "ABC0019903110546.UD"),
        ("ABCH190311.NS2", "ABCH190311.EW2", "ABCH190311.UD2"),
        ("ONE_N.txt", "ONE_E.txt", "ONE_Z.txt"),
        ("ONE000.txt", "ONE090.txt", "ONE-UP.txt"),
        ("ONE-000.txt", "ONE-090.txt", "ONE-DWN.txt"),
        ("ONE.H1", "ONE.H2", "ONE.V"),
        ("ONE-L.txt", "ONE-T.txt", "ONE-V.txt"),
        ("ONE_R.txt", "ONE_T.txt", "ONE_Z.txt"),
        ("ONE_X.txt", "ONE_Y.txt", "ONE_Z.txt"),
        ("ONE_FN.txt", "ONE_FP.txt", "ONE_VER.txt"),
        ("ONE_NS_acc.txt", "ONE_EW_acc.txt", "ONE_UD_acc.txt"),
        ("20160824_AMT_N_acc.txt", "20160824_AMT_E_acc.txt", "20160824_AMT_Z_acc.txt"),
        ("ONE_HNN_corrected_v2.txt", "ONE_HNE_corrected_v2.txt", "ONE_HNZ_corrected_v2.txt"),
        ("ONE_LONGITUDINAL.txt", "ONE_TRANSVERSE.txt", "ONE_VERTICAL.txt"),
    ],
)
def test_names_of_three_components(names: tuple[str, str, str]) -> None:
    assert paired(*names) == [([names[0], names[1]], names[2])]


def test_the_two_instruments_of_kik_net_are_never_one_record() -> None:
    names = [f"IWTH020306.{code}{number}" for code, number in product(("NS", "EW", "UD"), "12")]
    made = paired(*names)
    assert [("".join({name[-1] for name in horizontal}), vertical[-1]) for horizontal, vertical in made] == [
        ("1", "1"),
        ("2", "2"),
    ]
    assert paired("IWTH02.EW1", "IWTH02.NS2") == [(["IWTH02.EW1"], ""), (["IWTH02.NS2"], "")]
    _, notes = make_records([waveform(name) for name in names], FOLDER)
    (doubt,) = doubts_of(notes)
    assert "2 files are of KiK-net's instrument in the borehole" in doubt


def test_channels_of_two_instruments_at_a_station_are_not_mixed() -> None:
    made = paired("AMT.HNE", "AMT.HNN", "AMT.HNZ", "AMT.HHE", "AMT.HHN", "AMT.HHZ")
    assert [sorted(name[-3:-1] for name in (*h, v)) for h, v in made] == [["HN"] * 3, ["HH"] * 3]


def test_words_in_names_are_no_components() -> None:
    for name in (
        "North_Palm_Springs_FVM",
        "Long_Beach_1933",
        "KOBE_D_1995",
        "West_Hollywood",
    ):
        assert parse_component(Path(f"{name}.txt")).code == ""


# -- headers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "component", "station"),
    [
        (["EVENT_ID: E1", "NETWORK: IT", "STATION_CODE: AMT", "STREAM: HNZ"], "HNZ", "IT.AMT"),
        (["Origin Time   2011/03/11 14:46:00", "Station Code   IWT010", "Dir.   E-W"], "E-W", "IWT010"),
        (["# Station = ABC", "# Component = N 67 W"], "N 67 W", "ABC"),
        (["Component: Vertical (up)"], "Vertical", ""),
        (["Channel: 1"], "", ""),
        (["AZIMUTH: 90.0", "DIP: 0.0"], "90", ""),
        (["AZIMUTH: 0.0", "DIP: -90.0"], "Z", ""),
        (["Azimuth: 45 deg"], "45", ""),
        (["Velocity: 3.2", "UNITS: cm/s^2"], "", ""),
    ],
)  # fmt: skip
def test_keys_of_headers(lines: list[str], component: str, station: str) -> None:
    title = parse_title(lines)
    assert (title.component, title.station) == (component, station)


def test_a_header_tells_what_the_name_does_not(tmp_path: Path) -> None:
    for seed, (name, stream) in enumerate({"a1": "HNE", "b7": "HNN", "q": "HNZ"}.items()):
        write(tmp_path / f"{name}.txt", seed, f"EVENT_ID: E1\nSTATION_CODE: AMT\nSTREAM: {stream}")
    found = accelerograms(tmp_path, periods_s=PERIODS_S, time_step_s=0.01)
    (record,) = found.records.to_dict("records")
    assert [Path(record[c]).name for c in ("file_h1", "file_h2", "file_v")] == ["b7.txt", "a1.txt", "q.txt"]


def test_a_header_that_contradicts_the_name_is_taken_and_told() -> None:
    files = [
        waveform("AMT_HNE.txt", title=Title("E", "AMT", "HNZ")),
        waveform("AMT_HNN.txt", title=Title("E", "AMT", "HNN")),
    ]
    (record,), notes = make_records(files, FOLDER)
    assert record.vertical is not None and record.vertical.path.name == "AMT_HNE.txt"
    assert "AMT_HNE.txt (the header says HNZ, the name HNE)" in doubts_of(notes)[0]


# -- what is not known is asked for, or told ----------------------------------------------------------


@pytest.mark.parametrize(
    "names",
    [
        ("AMT-A.txt", "AMT-B.txt", "AMT-C.txt"),
        ("AMT_1.txt", "AMT_2.txt", "AMT_3.txt"),
        ("AMT.HNU", "AMT.HNV", "AMT.HNW"),
        ("AMT_ch1.txt", "AMT_ch2.txt"),
        ("AMT-HNE.txt", "AMT-HNN.txt", "AMT-HNQ.txt"),
        ("AMT_HNA.txt",),
    ],
)
def test_unknown_component_codes_are_asked_for(names: tuple[str, ...], tmp_path: Path) -> None:
    for seed, name in enumerate(names):
        write(tmp_path / (name if name.endswith("txt") else f"{name}.txt"), seed)
    with pytest.raises(InputError, match="which component is which is not known") as raised:
        accelerograms(tmp_path, periods_s=PERIODS_S, time_step_s=0.01)
    assert "file_h1, file_h2 and file_v" in str(raised.value)
    single = accelerograms(tmp_path, periods_s=PERIODS_S, time_step_s=0.01, pairs="none")
    assert len(single.records) == len(names)


def test_a_table_answers_which_component_is_which(tmp_path: Path) -> None:
    for seed, name in enumerate(("AMT_1.txt", "AMT_2.txt", "AMT_3.txt")):
        write(tmp_path / name, seed)
    table = tmp_path / "records.csv"
    table.write_text("id,file_h1,file_h2,file_v\nAMT,AMT_1.txt,AMT_3.txt,AMT_2.txt\n")
    found = accelerograms(tmp_path, metadata=table, periods_s=PERIODS_S, time_step_s=0.01)
    assert Path(found.records["file_v"][0]).name == "AMT_2.txt"


def test_numbered_records_are_used_and_told(tmp_path: Path) -> None:
    for seed in range(5):
        write(tmp_path / f"record_{seed}.txt", seed)
    found = accelerograms(tmp_path, periods_s=PERIODS_S, time_step_s=0.01)
    assert len(found.records) == 5
    (doubt,) = doubts_of(found.notes)
    assert "5 files state no direction in name or header" in doubt and "record_0.txt" in doubt


# -- every code ------------------------------------------------------------------------------------

BANDS, INSTRUMENTS = "FGDCESHBMLVU", "HLGN"
SEED = st.tuples(st.sampled_from(BANDS), st.sampled_from(INSTRUMENTS)).map("".join)
SEPARATORS = st.sampled_from([".", "_", "-"])
STATIONS = st.from_regex(r"[A-Z]{2,4}[0-9]{1,3}", fullmatch=True)


def test_every_seed_channel() -> None:
    for band, instrument in product(BANDS, INSTRUMENTS):
        channel = band + instrument
        assert azimuth_of(channel + "N") == 0.0
        assert azimuth_of(channel + "E") == 90.0
        assert is_vertical(channel + "Z") and not is_vertical(channel + "1")
        assert not is_component(channel + "Q")


@settings(max_examples=60, deadline=None)
@given(SEED, STATIONS, SEPARATORS, st.booleans(), st.sampled_from(["", "_acc", ".D.20160824.013632.C.ACC"]))
def test_seed_channels_pair_wherever_they_stand(
    channel: str, station: str, separator: str, numbered: bool, after: str
) -> None:
    assume(channel != "CH" or not numbered)  # a recorder's channels 1 and 2, of any direction
    ends = "12Z" if numbered else "NEZ"
    names = [f"{station}{separator}{channel}{end}{after}.txt" for end in ends]
    assert paired(*names) == [(names[:2], names[2])]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 359), st.sampled_from([90, 270]), STATIONS, st.integers(-89, 89))
def test_azimuths_at_right_angles_pair_and_others_do_not(
    azimuth: int, turn: int, station: str, off: int
) -> None:
    title = [
        Title("Q 1999", station, f"{a % 360:03d}") for a in (azimuth, azimuth + turn, azimuth + turn + off)
    ]
    names = [f"{station}{t.component}.AT2" for t in title]
    records, _ = make_records(
        [waveform(n, title=t) for n, t in zip(names[:2], title[:2], strict=True)], FOLDER
    )
    assert len(records) == 1
    if abs(off) >= 3 and names[0] != names[2]:
        records, _ = make_records(
            [waveform(n, title=t) for n, t in zip(names[::2], title[::2], strict=True)], FOLDER
        )
        assert len(records) == 2


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["NS", "EW", "UD"]), st.sampled_from("12")),
        min_size=2,
        max_size=6,
        unique=True,
    )
)
def test_kik_net_components_of_one_record_share_the_instrument(codes: list[tuple[str, str]]) -> None:
    records, _ = make_records([waveform(f"IWTH020306.{code}{number}") for code, number in codes], FOLDER)
    for record in records:
        parts = (*record.horizontal, *([record.vertical] if record.vertical else []))
        assert len({w.path.name[-1] for w in parts}) == 1
        assert not any(w.path.name[-3:-1] == "UD" for w in record.horizontal)


@settings(max_examples=60, deadline=None)
@given(
    STATIONS, st.sampled_from(["UP", "DWN", "VER", "V", "Z", "UD", "UD2", "HNZ", "BHZ", "HN3", "-UP", "U-D"])
)
def test_a_vertical_is_never_a_record(station: str, code: str) -> None:
    title = Title("Q 1999", station, code.lstrip("-")) if "-" in code else None
    name = f"{station}.txt" if title else f"{station}-{code}.txt"
    other = waveform("OTHER_N.txt")
    records, notes = make_records([waveform(name, title=title), other], FOLDER)
    assert [r.id for r in records] == ["OTHER_N"]
    assert any("1 vertical components without horizontal ones" in note for note in notes)
