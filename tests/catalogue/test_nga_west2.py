"""The NGA-West2 flatfile: as published, and as people pass it on."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gmplug.catalogue import nga_west2, period_columns
from gmplug.catalogue.records import mechanism_from_rake, mechanism_name
from gmplug.errors import InputError
from tests.support.catalogue_files import FLATFILE_ROW, flatfile_text, write_at2

NUMBER = "Record Sequence Number"
GRID_S = np.array([0.01, 0.1, 0.5, 1.0, 2.0])


def flatfile(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "flatfile.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.fixture
def sample(shared_data: Path) -> Path:
    return shared_data / "nga_west2" / "flatfile_sample.csv"


def test_sample_equals_an_independent_reading(sample: Path) -> None:
    catalogue = nga_west2(sample)
    with sample.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 928
    with_spectra = [row for row in rows if float(row["T1.000S"]) > 0]
    assert list(catalogue.records["record_number"]) == [int(row[NUMBER]) for row in with_spectra]
    assert any("26 rows" in note and "no spectrum" in note for note in catalogue.notes)
    assert catalogue.component == "RotD50"
    assert catalogue.sa_g.shape == (902, 22)
    for name, column in (
        ("magnitude", "Earthquake Magnitude"),
        ("rjb_km", "Joyner-Boore Dist. (km)"),
        ("rrup_km", "ClstD (km)"),
        ("vs30_m_s", "Vs30 (m/s) selected for analysis"),
    ):
        stated = np.array([float(row[column]) for row in with_spectra])
        read = catalogue.records[name].to_numpy()
        np.testing.assert_array_equal(np.isnan(read), stated == -999)
        np.testing.assert_array_equal(read[stated != -999], stated[stated != -999])
    at_1s = [float(row["T1.000S"]) for row in with_spectra]
    np.testing.assert_array_equal(catalogue.sa_g[:, list(catalogue.periods_s).index(1.0)], at_1s)
    first = catalogue.records.iloc[0]
    assert (first["id"], first["station"], first["mechanism"]) == (
        "RSN12",
        "LA - Hollywood Stor FF",
        "reverse",
    )
    assert first["max_usable_period_s"] == 1 / 0.125
    assert first["group"] == "all"


def test_rake_gives_the_flatfiles_own_mechanism(sample: Path) -> None:
    with sample.open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if float(row["Rake Angle (deg)"]) > -999]
    by_rake = mechanism_from_rake(np.array([float(row["Rake Angle (deg)"]) for row in rows]))
    assert by_rake == [mechanism_name(row["Mechanism Based on Rake Angle"]) for row in rows]


def test_sample_finds_its_files_among_others(sample: Path, shared_data: Path) -> None:
    """The shared waveforms lie in one folder by bare names, some of them of other earthquakes."""
    catalogue = nga_west2(sample, records=shared_data / "records_at2")
    found = catalogue.records.set_index("id")["file_h1"]
    assert Path(found["RSN548"]).name == "A-BEN360.AT2"
    assert Path(found["RSN543"]).name == "B-BEN360.AT2"
    assert any("another date: AZF225.AT2" in note for note in catalogue.notes)
    assert any("20 with only one" in note for note in catalogue.notes)


@pytest.mark.parametrize(
    "mess",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r\n", 2),
        lambda text: text.replace("\n", "\r"),
        lambda text: text.replace(",", ";"),
        lambda text: text.replace(",", "\t"),
        lambda text: text.replace(",", ";").replace(".", ",").replace("AT2", ".AT2"),
        lambda text: "\n" + text + "\n\n",
        lambda text: text.replace("\n", ",\n"),
        lambda text: text.replace("300.0", '"1,300.0"').replace("1,300.0", "300.0"),
    ],
)
def test_file_formats(tmp_path: Path, mess) -> None:  # type: ignore[no-untyped-def]
    text = flatfile_text([{NUMBER: 1}, {NUMBER: 2, "T1.000S": 0.5}])
    catalogue = nga_west2(flatfile(tmp_path, mess(text)))
    assert list(catalogue.records["id"]) == ["RSN1", "RSN2"]
    assert list(catalogue.records["vs30_m_s"]) == [300.0, 300.0]
    np.testing.assert_allclose(catalogue.periods_s, [0.01, 0.1, 1, 2, 10])
    np.testing.assert_allclose(catalogue.sa_g[:, 2], [0.3, 0.5])


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-8", "utf-8-sig", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    text = flatfile_text([{"Station Name": "Düzce"}])
    assert nga_west2(flatfile(tmp_path, text, encoding)).records["station"][0] == "Düzce"


def test_thousands_and_missing_cells(tmp_path: Path) -> None:
    rows = [
        {NUMBER: '"21,539"', "Vs30 (m/s) selected for analysis": '"1,428.1"', "Earthquake Magnitude": -999},
        {NUMBER: 3, "ClstD (km)": "", "Joyner-Boore Dist. (km)": "-999.0", "Earthquake Name": "-999"},
        {NUMBER: 4, "ClstD (km)": "?", "Lowest Usable Freq - Ave. Component (Hz)": -999},
    ]
    records = nga_west2(flatfile(tmp_path, flatfile_text(rows))).records
    assert records["record_number"][0] == 21539
    assert records["vs30_m_s"][0] == 1428.1
    assert np.isnan(records["magnitude"][0])
    assert np.isnan(records["rrup_km"][1]) and np.isnan(records["rjb_km"][1]) and records["event"][1] == ""
    assert np.isnan(records["rrup_km"][2]) and np.isnan(records["max_usable_period_s"][2])


def test_rows_left_out_are_counted_with_reasons(tmp_path: Path) -> None:
    none = dict.fromkeys(("T0.010S", "T0.100S", "T1.000S", "T2.000S", "T10.000S"), -999)
    rows = [
        {NUMBER: 1},
        {NUMBER: 2, **none},
        {NUMBER: 1},
        {NUMBER: 4, "T1.000S": -999},
        {NUMBER: -999},
        {NUMBER: 6, "T10.000S": -999},
    ]
    catalogue = nga_west2(flatfile(tmp_path, flatfile_text(rows)), periods_s=GRID_S)
    assert list(catalogue.records["id"]) == ["RSN1", "RSN6"]
    assert catalogue.sa_g[0, 2] == 0.3
    notes = " | ".join(catalogue.notes)
    assert "1 row of the flatfile left out: no spectrum (rows 3)" in notes
    assert "record number repeated with the same spectrum (rows 4)" in notes
    assert "spectrum incomplete at the study's periods (rows 5)" in notes
    assert "no record number (rows 6)" in notes
    assert "1 period left out, as not every record has them: T10.000S" in notes
    np.testing.assert_allclose(catalogue.periods_s, [0.01, 0.1, 1.0, 2.0])


def test_column_names_of_other_versions(tmp_path: Path) -> None:
    rename = {
        NUMBER: "RSN",
        "Vs30 (m/s) selected for analysis": "Vs30 (m/s)",
        "Joyner-Boore Dist. (km)": "Rjb (km)",
        "ClstD (km)": "Rrup (km)",
        "Lowest Usable Freq - Ave. Component (Hz)": "Lowest Usable Freq - Ave. Component  (Hz) ",
    }
    records = nga_west2(flatfile(tmp_path, flatfile_text([{}], rename))).records
    assert tuple(records.loc[0, ["vs30_m_s", "rjb_km", "rrup_km", "max_usable_period_s"]]) == (300, 12, 14, 8)


def test_mechanism_falls_back_to_rake(tmp_path: Path) -> None:
    rows = [
        {NUMBER: 1, "Mechanism Based on Rake Angle": -999, "Rake Angle (deg)": -90},
        {NUMBER: 2, "Mechanism Based on Rake Angle": -999, "Rake Angle (deg)": -999},
        {NUMBER: 3, "Mechanism Based on Rake Angle": 4},
    ]
    records = nga_west2(flatfile(tmp_path, flatfile_text(rows))).records
    assert list(records["mechanism"]) == ["normal", "unspecified", "normal-oblique"]


def test_workbook_with_a_cover_sheet(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    path = tmp_path / "flatfile.xlsx"
    table = pd.DataFrame([dict(FLATFILE_ROW), {**FLATFILE_ROW, NUMBER: 2, "T1.000S": -999}])
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"NGA-West2": ["read me"]}).to_excel(book, sheet_name="about", index=False)
        table.to_excel(book, sheet_name="flatfile", index=False)
    catalogue = nga_west2(path)
    assert list(catalogue.records["id"]) == ["RSN1"]
    assert catalogue.records["vs30_m_s"][0] == 300


def test_pulse_list_makes_groups(tmp_path: Path) -> None:
    path = flatfile(tmp_path, flatfile_text([{NUMBER: n} for n in (1, 2, 3)]))
    pulses = tmp_path / "pulses.csv"
    pulses.write_text("RSN,Tp (s)\n2,3.1\n99,1.0\n")
    catalogue = nga_west2(path, pulses=pulses)
    assert list(catalogue.records["group"]) == ["nonpulse", "pulse", "nonpulse"]
    assert catalogue.records["pulse_period_s"][1] == 3.1
    assert any("1 of 2 records of pulses.csv are not in the flatfile" in note for note in catalogue.notes)
    pulses.write_text("record_number,pulse\n1,no\n2,yes\n")
    assert list(nga_west2(path, pulses=pulses).records["group"]) == ["nonpulse", "pulse", "nonpulse"]
    pulses.write_text("record_number,pulse\n1,no\n2,perhaps\n")
    with pytest.raises(InputError, match=r"column 'pulse': 'perhaps' in row 3 is unknown; use yes or no"):
        nga_west2(path, pulses=pulses)


@pytest.mark.parametrize(
    "names",
    [
        ("RSN1_SOMEW_ONE090.AT2", "RSN1_SOMEW_ONE180.AT2", "RSN1_SOMEW_ONE-UP.AT2"),
        ("rsn1_somew_one090.at2", "rsn1_somew_one180.at2", "rsn1_somew_one-up.at2"),
        ("RSN1_OTHER.DIR_ONE090.AT2", "RSN1_OTHER.DIR_ONE180.AT2", "RSN1_OTHER.DIR_ONE-UP.AT2"),
        ("SOMEW/ONE090.AT2", "SOMEW/ONE180.AT2", "SOMEW/ONE-UP.AT2"),
        ("deep/er/somew/one090.at2", "deep/er/somew/one180.at2", "deep/er/somew/one-up.at2"),
        ("ONE090.AT2", "ONE180.AT2", "ONE-UP.AT2"),
    ],
)
def test_files_are_found_by_every_convention(tmp_path: Path, names: tuple[str, str, str]) -> None:
    folder = tmp_path / "at2"
    for name in (*names, "RSN11_SOMEW_ONE090.AT2", "OTHER/TWO090.AT2"):
        write_at2(folder / name, "Somewhere-01, 1/17/1994, Station One, 90")
    records = nga_west2(flatfile(tmp_path, flatfile_text([{}])), records=folder).records
    found = [records[column][0] for column in ("file_h1", "file_h2", "file_v")]
    assert found == [str((folder / name).resolve()) for name in names]


def test_files_absent_or_of_another_earthquake(tmp_path: Path) -> None:
    folder = tmp_path / "at2"
    write_at2(folder / "ONE090.AT2", "Elsewhere, 5/2/1983, Station One, 90")
    write_at2(folder / "TWO" / "TWO180.AT2")
    two = {"File Name (Horizontal 1)": "TWO\\TWO090.AT2", "File Name (Horizontal 2)": "TWO\\TWO180.AT2"}
    catalogue = nga_west2(flatfile(tmp_path, flatfile_text([{}, {NUMBER: 2, **two}])), records=folder)
    assert list(catalogue.records["file_h1"]) == ["", str((folder / "TWO" / "TWO180.AT2").resolve())]
    assert list(catalogue.records["file_h2"]) == ["", ""]
    notes = " | ".join(catalogue.notes)
    assert "only one horizontal file found for RSN2" in notes
    assert "title states another date: ONE090.AT2" in notes


def test_bare_name_of_two_records_is_never_guessed(tmp_path: Path) -> None:
    folder = tmp_path / "at2"
    write_at2(folder / "PEL090.AT2", "no title")
    rows = [
        {NUMBER: 12, "File Name (Horizontal 1)": "KERN.PEL\\PEL090.AT2"},
        {NUMBER: 68, "File Name (Horizontal 1)": "SFERN\\PEL090.AT2"},
    ]
    records = nga_west2(flatfile(tmp_path, flatfile_text(rows)), records=folder).records
    assert list(records["file_h1"]) == ["", ""]


def test_further_columns_are_carried_along(tmp_path: Path) -> None:
    path = flatfile(tmp_path, flatfile_text([{}]))
    assert nga_west2(path, keep_columns=("PGA (g)",)).records["PGA (g)"][0] == 0.2
    with pytest.raises(InputError, match="has no column 'PGV'"):
        nga_west2(path, keep_columns=("PGV",))


def test_bad_files_are_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.csv: no such file; give the path"):
        nga_west2(tmp_path / "nowhere.csv")
    with pytest.raises(InputError, match="is a folder, not a file"):
        nga_west2(tmp_path)
    with pytest.raises(InputError, match="has no column 'Record Sequence Number'"):
        nga_west2(flatfile(tmp_path, "a,b\n1,2\n"))
    with pytest.raises(InputError, match="has no spectral columns"):
        nga_west2(flatfile(tmp_path, "RSN,Earthquake Magnitude\n1,7\n"))
    with pytest.raises(InputError, match="holds no rows"):
        nga_west2(flatfile(tmp_path, flatfile_text([])))
    with pytest.raises(InputError, match="is empty"):
        nga_west2(flatfile(tmp_path, ""))
    with pytest.raises(InputError, match=r"column 'Earthquake Magnitude': 'big' in row 3 is not a number"):
        nga_west2(flatfile(tmp_path, flatfile_text([{}, {NUMBER: 2, "Earthquake Magnitude": "big"}])))
    with pytest.raises(InputError, match=r"column 'mechanism': '9' in row 2 is unknown"):
        nga_west2(flatfile(tmp_path, flatfile_text([{"Mechanism Based on Rake Angle": 9}])))
    with pytest.raises(InputError, match="no such folder"):
        nga_west2(flatfile(tmp_path, flatfile_text([{}])), records=tmp_path / "at2")
    binary = tmp_path / "flatfile.xlsx"
    binary.write_bytes(b"no workbook at all")
    with pytest.raises(InputError, match="cannot be read as a table"):
        nga_west2(binary)


def test_lines_above_the_heading(tmp_path: Path) -> None:
    text = "PEER NGA-West2\n\n" + flatfile_text([{}, {NUMBER: 2, "Earthquake Magnitude": "big"}])
    with pytest.raises(InputError, match="'big' in row 5 is not a number"):
        nga_west2(flatfile(tmp_path, text))
    assert len(nga_west2(flatfile(tmp_path, text.replace("big", "6"))).records) == 2


def test_an_unquoted_comma_does_not_shift_numbers(tmp_path: Path) -> None:
    text = flatfile_text([{}, {NUMBER: 2, "Station Name": "Taft, Lincoln School"}])
    with pytest.raises(InputError, match="row 3 has more cells than the heading; put texts that hold a ','"):
        nga_west2(flatfile(tmp_path, text))
    quoted = text.replace("Taft, Lincoln School", '"Taft, Lincoln School"')
    assert nga_west2(flatfile(tmp_path, quoted)).records["station"][1] == "Taft, Lincoln School"


def test_another_damping_is_refused(tmp_path: Path) -> None:
    text = flatfile_text([{}]).replace("PGA (g)", "Damping (%)").replace(",0.2,0.2,", ",10,0.2,")
    with pytest.raises(InputError, match="the damping is not 5 %"):
        nga_west2(flatfile(tmp_path, text))


def test_full_size_loads_in_a_few_seconds(tmp_path: Path) -> None:
    """21,540 rows and 111 periods beside 100 other columns, as the whole flatfile has."""
    periods_s = np.linspace(0.01, 20.0, 111).round(3)
    spectra = np.random.default_rng(1).uniform(0.001, 1.0, (100, len(periods_s)))
    some = [",".join(f"{value:.7f}" for value in row) for row in spectra]
    names = [name for name in FLATFILE_ROW if name[0] != "T"]
    rest = ",".join(["something"] * 80 + [str(FLATFILE_ROW[name]) for name in names[1:]])
    heading = [NUMBER, *(f"Unused {i}" for i in range(80)), *names[1:], *period_columns(periods_s)]
    lines = (f"{number},{rest},{some[number % 100]}" for number in range(1, 21_541))
    path = flatfile(tmp_path, "\n".join([",".join(heading), *lines]))
    start = time.process_time()
    catalogue = nga_west2(path)
    assert catalogue.sa_g.shape == (21_540, 111)
    assert time.process_time() - start < 10
