"""Folders of accelerograms: what is read, what is paired, what is said about the rest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gmplug.catalogue import accelerograms
from gmplug.catalogue.components import at_right_angles, azimuth_of, parse_component
from gmplug.catalogue.titles import Title, parse_title
from gmplug.errors import InputError
from gmplug.measures.compute import significant_duration_s
from gmplug.notes import doubts_of
from gmplug.spectra import response_spectrum, rotd_spectrum
from gmplug.values import Motion
from gmplug.waveforms import read_motion
from tests.support.catalogue_files import wave, write_at2

PERIODS_S = np.array([0.2, 1.0])


def ids(folder: Path, **options: object) -> list[str]:
    return list(accelerograms(folder, periods_s=PERIODS_S, **options).records["id"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "base", "code"),
    [
        ("A-BEN360.AT2", "A-BEN", "360"),
        ("CHY023-W.AT2", "CHY023", "w"),
        ("TCU052-NS.AT2", "TCU052", "ns"),
        ("ANLCSOU.AT2", "ANLC", "sou"),
        ("RSN12_KERN.PEL_PEL090.AT2", "RSN12_KERN.PEL_PEL", "090"),
        ("RSN12_KERN.PEL_PEL-UP.AT2", "RSN12_KERN.PEL_PEL", "up"),
        ("RSN6923_DARFIELD_LINCN67W.AT2", "RSN6923_DARFIELD_LINC", "n67w"),
        ("RSN5618_IWATE_IWT010EW2.AT2", "RSN5618_IWATE_IWT0102", "ew"),
        ("station.H1", "station", "h1"),
        ("station_y.txt", "station", "y"),
        ("a.b.HNE.csv", "a.b", "hne"),
        ("C12DWN.AT2", "C12", "dwn"),
        ("elcentro.txt", "elcentro", ""),
    ],
)
def test_component_of_a_name(name: str, base: str, code: str) -> None:
    component = parse_component(Path(name))
    assert (component.base, component.code) == (base, code)


def test_azimuths() -> None:
    assert [azimuth_of(c) for c in ("360", "90", "E", "SOUTH", "n23e", "N67W", "S10E", "x", "400")] == [
        *(360, 90, 90, 180, 23, 293, 170),
        *(None, None),
    ]
    assert at_right_angles(0, 270) and at_right_angles(23, 293) and at_right_angles(360, 90)
    assert not at_right_angles(0, 180) and not at_right_angles(0, 80)


@pytest.mark.parametrize(
    ("line", "event", "station", "component"),
    [
        ("CHI-CHI 09/20/99, CHY015, N (CWB)", "CHI-CHI 1999-09-20", "CHY015", "N"),
        ("BORAH PEAK AS, 10/29/83, 23:29, CEM, 000", "BORAH PEAK 1983-10-29 23:29", "CEM", "000"),
        ("CHALFANT 07/20/86 1429, BENTON, 360 (CDMG 54100)", "CHALFANT 1986-07-20 14:29", "BENTON", "360"),
        ("Kern County, 7/21/1952, LA - Hollywood Stor FF, 90", "Kern County 1952-07-21", "LA - Hollywood Stor FF", "90"),  # noqa: E501
        ("LAZIO EQ, 05/07/84, 17:50, ROCCA, S,  NS", "LAZIO 1984-05-07 17:50", "ROCCA, S", "NS"),
    ],
)  # fmt: skip
def test_title_lines(line: str, event: str, station: str, component: str) -> None:
    title = parse_title(["PEER STRONG MOTION DATABASE RECORD", line, "NPTS= 5"])
    assert (title.event, title.station, title.component) == (event, station, component)


def test_headers_without_a_title() -> None:
    assert parse_title(["PEER", "ACCELERATION", "HP=0.1 Hz"]) == Title()


def test_every_shared_file_is_read_and_none_lost(shared_data: Path) -> None:
    catalogue = accelerograms(shared_data / "records_at2", periods_s=PERIODS_S)
    records = catalogue.records
    files = [Path(f).name for column in ("file_h1", "file_h2", "file_v") for f in records[column] if f]
    assert sorted(files) == sorted(p.name for p in (shared_data / "records_at2").glob("*.AT2"))
    assert len(files) == 167
    pairs = records[records["file_h2"] != ""]
    assert set(pairs["id"]) == {"CHY023", "ILA061", "TAP084", "TAP094"}
    assert catalogue.notes == ("167 files make 163 records, 4 of them with two horizontal components",)
    assert (records["event"] == "CHI-CHI 1999-09-20").sum() == 123 - 4
    assert "B-ELC000" in set(records["id"]) and "A-ELC180" in set(records["id"])
    record = records.set_index("id").loc["A-BEN360"]
    assert record["max_usable_period_s"] == pytest.approx(1 / (1.25 * 0.2))
    assert np.isnan(records.set_index("id").loc["TAP036-N", "max_usable_period_s"])


def test_pair_has_rotd50_and_single_its_own_spectrum(tmp_path: Path) -> None:
    first, second = wave(1), wave(2)
    write_at2(tmp_path / "ONE-N.AT2", "QUAKE 01/02/99, ONE, N", first, highpass="0.1")
    write_at2(tmp_path / "ONE-E.AT2", "QUAKE 01/02/99, ONE, E", second, highpass="0.2")
    write_at2(tmp_path / "ONE-V.AT2", "QUAKE 01/02/99, ONE, V")
    write_at2(tmp_path / "TWO-E.AT2", "QUAKE 01/02/99, TWO, E", second)
    catalogue = accelerograms(tmp_path, periods_s=PERIODS_S)
    assert list(catalogue.records["id"]) == ["ONE", "TWO-E"]
    both = rotd_spectrum(first.round(9), second.round(9), 0.01, PERIODS_S)[0]
    np.testing.assert_allclose(catalogue.sa_g[0], both, rtol=1e-4)
    np.testing.assert_allclose(catalogue.sa_g[1], response_spectrum(second, 0.01, PERIODS_S), rtol=1e-4)
    assert catalogue.component == "RotD50 (1 record) and single components (1)"
    record = catalogue.records.iloc[0]
    assert [Path(record[f"file_{c}"]).name for c in ("h1", "h2", "v")] == [
        "ONE-N.AT2",
        "ONE-E.AT2",
        "ONE-V.AT2",
    ]
    assert record["max_usable_period_s"] == pytest.approx(1 / (1.25 * 0.2))
    assert record["station"] == "ONE"
    assert ids(tmp_path, pairs="none") == ["ONE-E", "ONE-N", "TWO-E"]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"PEL090": "Kern, 7/21/1952, A, 90", "PEL180": "Kern, 7/21/1952, A, 180"}, ["PEL"]),
        ({"PEL090": "Kern, 7/21/1952, A, 90", "PEL180": "S Fern, 2/9/1971, A, 180"}, ["PEL090", "PEL180"]),
        ({"PEL090": "Kern, 7/21/1952, A, 90", "PEL180": "Kern, 7/21/1952, B, 180"}, ["PEL090", "PEL180"]),
        ({"PEL090": "Kern, 7/21/1952, A, 90", "PEL170": "Kern, 7/21/1952, A, 170"}, ["PEL090", "PEL170"]),
        ({"PEL090": "Kern, 7/21/1952, A, 90", "PEL180": "none"}, ["PEL090", "PEL180"]),
        ({"SON033": "Q, 7/21/1952, A, 33", "SON303": "Q, 7/21/1952, A, 303"}, ["SON"]),
        ({f"A{a}": f"Q 1/1/99, A, {a}" for a in ("000", "090", "180")}, ["A000", "A090", "A180"]),
        ({"CHY002": "none", "CHY092": "none"}, ["CHY002", "CHY092"]),
        ({"ELC000": "none", "ELC090": "none"}, ["ELC"]),
        ({"ONE_X": "none", "ONE_Y": "none"}, ["ONE"]),
        ({"ONE.H1": "none", "ONE.H2": "none", "ONE.UP": "none"}, ["ONE"]),
        ({"ONE-N": "none", "ONE-W": "none", "ONE-V": "none"}, ["ONE"]),
        ({"ONE-N": "none", "ONE-S": "none"}, ["ONE-N", "ONE-S"]),
        ({"RSN12_K_PEL090": "none", "RSN12_K_PEL180": "none", "RSN12_K_PEL-UP": "none"}, ["RSN12"]),
        ({"RSN12_K_PEL090": "none", "RSN13_K_PEL180": "none"}, ["RSN12", "RSN13"]),
        ({"RSN6923_D_LINCN23E": "none", "RSN6923_D_LINCN67W": "none"}, ["RSN6923"]),
        ({"RSN143_T_TAB-L1": "none", "RSN143_T_TAB-T1": "none"}, ["RSN143"]),
        ({"IWTH02EW1": "none", "IWTH02NS2": "none"}, ["IWTH02EW1", "IWTH02NS2"]),
        ({"ANLBEAS": "B 1/1/99, A, EAST", "ANLBSOU": "B 1/1/99, A, SOUTH"}, ["ANLB"]),
        ({"ONE-UP": "none", "TWO-N": "none"}, ["TWO-N"]),
    ],
)  # fmt: skip
def test_pairing(tmp_path: Path, files: dict[str, str], expected: list[str]) -> None:
    for seed, (name, title) in enumerate(files.items()):
        write_at2(tmp_path / f"{name}.AT2", title, wave(seed))
    assert ids(tmp_path) == expected


def test_time_steps_that_differ_make_no_pair(tmp_path: Path) -> None:
    write_at2(tmp_path / "ONE-N.AT2", "Q 1/1/99, ONE, N", time_step_s=0.01)
    write_at2(tmp_path / "ONE-E.AT2", "Q 1/1/99, ONE, E", time_step_s=0.005)
    catalogue = accelerograms(tmp_path, periods_s=PERIODS_S)
    assert len(catalogue.records) == 2
    assert any("not paired, time steps differ: ONE-N.AT2 and ONE-E.AT2" in note for note in catalogue.notes)


def test_components_of_different_length_are_one_record(tmp_path: Path) -> None:
    write_at2(tmp_path / "ONE-N.AT2", "Q 1/1/99, ONE, N", wave(1, 1000))
    write_at2(tmp_path / "ONE-E.AT2", "Q 1/1/99, ONE, E", wave(2, 998))
    assert ids(tmp_path) == ["ONE"]


def test_same_names_in_two_folders(tmp_path: Path) -> None:
    for folder in ("kern", "sfern"):
        write_at2(tmp_path / folder / "PEL090.AT2", f"{folder} 1/1/99, A, 90")
        write_at2(tmp_path / folder / "PEL180.AT2", f"{folder} 1/1/99, A, 180")
    assert len(set(ids(tmp_path))) == 2


def test_text_files(tmp_path: Path) -> None:
    time_s = 0.01 * np.arange(1000)
    np.savetxt(tmp_path / "two.csv", np.column_stack([time_s, wave(3)]), delimiter=",", header="s,g")
    catalogue = accelerograms(tmp_path, periods_s=PERIODS_S)
    np.testing.assert_allclose(catalogue.sa_g[0], response_spectrum(wave(3), 0.01, PERIODS_S), rtol=1e-6)
    np.savetxt(tmp_path / "one.txt", wave(3), header="acceleration in g")
    with pytest.raises(InputError, match=r"one\.txt: .*; set \[catalogue\] time_step_s"):
        accelerograms(tmp_path, periods_s=PERIODS_S)
    again = accelerograms(tmp_path, periods_s=PERIODS_S, time_step_s=0.01)
    np.testing.assert_allclose(again.sa_g[0], catalogue.sa_g[0], rtol=1e-6)
    assert again.records["time_step_s"][0] == 0.01
    assert ids(tmp_path, pattern="*.csv") == ["two"]


def test_units_answer_for_files_that_state_none(tmp_path: Path) -> None:
    np.savetxt(tmp_path / "silent.txt", 9.80665 * wave(3))
    np.savetxt(tmp_path / "stated.txt", wave(3), header="acceleration in g, dt = 0.01")
    with pytest.raises(InputError, match=r"silent\.txt: no unit .*; set \[catalogue\] units, such as"):
        accelerograms(tmp_path, periods_s=PERIODS_S, time_step_s=0.01)
    catalogue = accelerograms(tmp_path, periods_s=PERIODS_S, time_step_s=0.02, units="m/s2")
    records = catalogue.records.set_index("id")
    assert records["pga_g"].to_numpy() == pytest.approx(np.max(np.abs(wave(3))))
    assert dict(records["time_step_s"]) == {"silent": 0.02, "stated": 0.01}
    (doubts,) = (doubt for doubt in doubts_of(catalogue.notes) if "no direction" not in doubt)
    assert "stated.txt: has a time step of 0.01 s as it states; time_step_s = 0.02 is not used" in doubts
    assert "units = 'm/s2' is not used" in doubts
    one = accelerograms(tmp_path, periods_s=PERIODS_S, time_step_s=0.02, pattern="stated*")
    assert any(doubt.startswith("1 doubt about a file: ") for doubt in doubts_of(one.notes))
    for record in catalogue.records.to_dict("records"):  # later stages read the files by the record's row
        assert np.max(np.abs(read_motion(record).horizontal_g)) == pytest.approx(record["pga_g"])
    with pytest.raises(InputError, match=r"\[catalogue\] units: 'cm/s' is no unit of acceleration"):
        accelerograms(tmp_path, periods_s=PERIODS_S, units="cm/s")


def test_units_in_the_metadata(tmp_path: Path) -> None:
    folder = tmp_path / "at2"
    folder.mkdir()
    np.savetxt(folder / "one.txt", 980.665 * wave(3))
    np.savetxt(folder / "two.txt", wave(3))
    path = metadata(tmp_path, "file,units,dt\none.txt,cm/s2,0.01\ntwo.txt,,0.01\n")
    catalogue = accelerograms(folder, metadata=path, periods_s=PERIODS_S, units="g")
    assert catalogue.records["pga_g"].to_numpy() == pytest.approx(np.max(np.abs(wave(3))))
    assert list(catalogue.records["units"]) == ["cm/s2", "g"]


def test_formats_by_their_names(tmp_path: Path) -> None:
    (tmp_path / "record.v2").write_text("CORRECTED ACCELEROGRAM\n 1 2 3\n")
    with pytest.raises(InputError, match=r"record\.v2: looks like a file of the format CSMIP"):
        accelerograms(tmp_path, periods_s=PERIODS_S)


def test_bad_files_are_all_named_at_once(tmp_path: Path) -> None:
    write_at2(tmp_path / "good.AT2")
    write_at2(tmp_path / "short.AT2", npts=2000)
    (tmp_path / "nan.AT2").write_text(
        write_at2(tmp_path / "x.AT2").read_text().replace("0.0000000E+00", "NaN")
    )
    write_at2(tmp_path / "still.AT2", acceleration_g=np.zeros(100))
    (tmp_path / "x.AT2").write_text("")
    with pytest.raises(InputError) as caught:
        accelerograms(tmp_path, periods_s=PERIODS_S)
    assert len(caught.value.problems) == 4
    for problem, name in zip(caught.value.problems, ("nan", "short", "still", "x"), strict=True):
        assert f"{name}.AT2" in problem and "skip_bad_files = true" in problem
    catalogue = accelerograms(tmp_path, periods_s=PERIODS_S, skip_bad_files=True)
    assert list(catalogue.records["id"]) == ["good"]
    assert any("4 files left out" in note and "still.AT2" in note for note in catalogue.notes)
    (tmp_path / "good.AT2").unlink()
    with pytest.raises(InputError, match="none of the files can be read"):
        accelerograms(tmp_path, periods_s=PERIODS_S, skip_bad_files=True)


def test_folders_without_accelerograms(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        accelerograms(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"holds no accelerograms matching '\*'"):
        accelerograms(tmp_path)
    with pytest.raises(InputError, match="is a file"):
        accelerograms(write_at2(tmp_path / "a.AT2"))


def test_files_that_are_no_accelerograms_are_counted(tmp_path: Path) -> None:
    write_at2(tmp_path / "a.AT2")
    for name in ("README.txt", "_SearchResults.csv", "a.VT2", "map.pdf", ".hidden.txt"):
        (tmp_path / name).write_text("nothing to read")
    notes = accelerograms(tmp_path, periods_s=PERIODS_S).notes
    assert any(note.startswith("4 other files not read: README.txt, _SearchResults.csv") for note in notes)


def metadata(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "at2" / "metadata.csv"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_metadata_by_file_id_and_record_number(tmp_path: Path) -> None:
    folder = tmp_path / "at2"
    for name in ("ONE-N", "ONE-E", "TWO090", "RSN12_K_PEL090", "RSN12_K_PEL180", "LAST"):
        write_at2(folder / f"{name}.AT2", "no title")
    path = metadata(
        tmp_path,
        "id,file,rsn,Mw,Rjb,pulse,event\n"
        "ONE,,,6.1,10,yes,Quake\n"
        ",two090.at2,,6.2,20,no,\n"
        ",,12,6.3,30,no,\n"
        "elsewhere,,,6.4,40,no,\n",
    )
    catalogue = accelerograms(folder, metadata=path, periods_s=PERIODS_S)
    records = catalogue.records.set_index("id")
    assert dict(records["magnitude"].dropna()) == {"ONE": 6.1, "RSN12": 6.3, "TWO090": 6.2}
    assert dict(records["group"]) == {
        "LAST": "nonpulse",
        "ONE": "pulse",
        "RSN12": "nonpulse",
        "TWO090": "nonpulse",
    }
    assert records.loc["ONE", "event"] == "Quake"
    notes = " | ".join(catalogue.notes)
    assert "metadata.csv has no row for 1 record: LAST" in notes
    assert "1 row of metadata.csv without a file in the folder: rows 5" in notes
    assert "1 record does not state its group: taken as nonpulse" in notes


def test_metadata_states_pairs(tmp_path: Path) -> None:
    folder = tmp_path / "at2"
    for seed, name in enumerate(("first.txt", "sub/second.txt", "up.txt", "other.txt")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        np.savetxt(folder / name, wave(seed), header="acceleration in g")
    path = metadata(
        tmp_path,
        "id,file_h1,file_h2,file_v,time_step_s,magnitude\n"
        "mine,FIRST.txt,sub\\second.txt,up.txt,0.01,7\n"
        ",other.txt,,,0.02,6\n",
    )
    catalogue = accelerograms(folder, metadata=path, periods_s=PERIODS_S)
    assert list(catalogue.records["id"]) == ["mine", "other"]
    assert list(catalogue.records["magnitude"]) == [7, 6]
    assert list(catalogue.records["time_step_s"]) == [0.01, 0.02]
    expected = rotd_spectrum(wave(0), wave(1), 0.01, PERIODS_S)[0]
    np.testing.assert_allclose(catalogue.sa_g[0], expected, rtol=1e-6)
    assert Path(catalogue.records["file_v"][0]).name == "up.txt"


def test_files_of_one_name_have_the_metadata_of_their_folder(tmp_path: Path) -> None:
    folder = tmp_path / "at2"
    for event, factor in (("ev1", 1.0), ("ev2", 9.80665)):
        (folder / event).mkdir(parents=True)
        for seed, name in enumerate(("EQ_N.txt", "EQ_E.txt")):
            np.savetxt(folder / event / name, factor * wave(seed))
    rows = "".join(
        f"{{0}}{event}/EQ_{code}.txt,{stated}\n"
        for code in "EN"
        for event, stated in (("ev1", "6,g,0.01"), ("ev2", "7,m/s2,0.02"))
    )
    for above in ("", "at2/"):
        path = metadata(tmp_path, "file,magnitude,units,time_step_s\n" + rows.format(above))
        catalogue = accelerograms(folder, metadata=path, periods_s=PERIODS_S)
        assert list(catalogue.records["magnitude"]) == [6, 7]
        assert list(catalogue.records["time_step_s"]) == [0.01, 0.02]
        for sa_g, step in zip(catalogue.sa_g, (0.01, 0.02), strict=True):
            expected = rotd_spectrum(wave(1), wave(0), step, PERIODS_S)[0]
            np.testing.assert_allclose(sa_g, expected, rtol=1e-6)


def test_files_of_one_record_have_one_unit(tmp_path: Path) -> None:
    folder = tmp_path / "at2"
    folder.mkdir()
    for seed, name in enumerate(("A_N.txt", "A_E.txt")):
        np.savetxt(folder / name, wave(seed))
    text = "file,units,time_step_s,magnitude\nA_N.txt,g,0.01,6\nA_E.txt,{},0.01,{}\n"
    with pytest.raises(
        InputError, match=r"record A has files of different units \(A_N\.txt in g, A_E\.txt in m/s2\)"
    ):
        accelerograms(folder, metadata=metadata(tmp_path, text.format("m/s2", 6)), periods_s=PERIODS_S)
    found = accelerograms(folder, metadata=metadata(tmp_path, text.format("g", 7)), periods_s=PERIODS_S)
    assert any("rows 2, 3 of metadata.csv are of one record" in note for note in doubts_of(found.notes))
    assert any("another magnitude" in note for note in doubts_of(found.notes))


def test_one_row_for_files_of_several_folders_is_told(tmp_path: Path) -> None:
    for event in ("ev1", "ev2"):
        write_at2(tmp_path / "at2" / event / "one.AT2")
    path = metadata(tmp_path, "file,magnitude\none.AT2,6\n")
    catalogue = accelerograms(tmp_path / "at2", metadata=path, periods_s=PERIODS_S)
    assert any("row 2 of metadata.csv is taken for records of several folders" in n for n in catalogue.notes)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("magnitude\n7\n", "has no column that names files or records"),
        ("file_h1\nnowhere.AT2\n", r"row 2: no usable file 'nowhere.AT2' \(file_h1\)"),
        ("file_h1,id\none.AT2,a\none.AT2,b\n", r"row 3: file 'one.AT2' is that of row 2 already"),
        ("file_h1,file_h2\none.AT2,fine.AT2\n", "row 2: components with different time steps"),
        ("file,magnitude\none.AT2,x\n", "column 'magnitude': 'x' in row"),
    ],
)
def test_bad_metadata(tmp_path: Path, text: str, line: str) -> None:
    write_at2(tmp_path / "at2" / "one.AT2")
    write_at2(tmp_path / "at2" / "fine.AT2", time_step_s=0.005)
    with pytest.raises(InputError, match=line):
        accelerograms(tmp_path / "at2", metadata=metadata(tmp_path, text), periods_s=PERIODS_S)


def test_significant_duration_of_constant_shaking() -> None:
    """Arias intensity of a steady sinusoid grows linearly: 70 % and 90 % of the whole duration."""
    time_s = 0.005 * np.arange(4000)
    sine = np.sin(2 * np.pi * 5 * time_s)
    motion = Motion(0.005, np.vstack([sine, 0.5 * sine]))
    assert significant_duration_s(motion, 0.05, 0.75) == pytest.approx(14.0, abs=0.11)
    assert significant_duration_s(motion, 0.05, 0.95) == pytest.approx(18.0, abs=0.11)


def test_order_of_files_does_not_matter(tmp_path: Path) -> None:
    for name in ("B-E", "A-N", "A-E", "B-N"):
        write_at2(tmp_path / f"{name}.AT2", f"Q 1/1/99, {name[0]}, {name[-1]}")
    records = accelerograms(tmp_path, periods_s=PERIODS_S).records
    assert list(records["id"]) == ["A", "B"]
    assert [Path(f).name for f in records["file_h1"]] == ["A-N.AT2", "B-N.AT2"]
    assert isinstance(records, pd.DataFrame)
