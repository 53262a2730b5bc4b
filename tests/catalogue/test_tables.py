"""Tables of records in every dialect people have: the same values, or an error that names the file's row."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gmplug.catalogue import accelerograms, nga_west2, spectra_table
from gmplug.catalogue.columns import heading, known_as
from gmplug.catalogue.numbers import to_numbers
from gmplug.catalogue.periods import ordinate, spectral_columns
from gmplug.catalogue.tables import read_table
from gmplug.errors import InputError
from gmplug.spectra.components import canonical
from gmplug.values import Catalogue
from tests.support.catalogue_files import FLATFILE_ROW, flatfile_text, wave, write_at2

NUMBER = "Record Sequence Number"
HEADING = ("RSN", "Earthquake Name", "Mw", "Rjb (km)", "Vs30 (m/s)", "T0.100S", "T1.000S", "T2.000S")
NUMERIC = tuple(range(2, len(HEADING)))
GRID_S = np.array([0.1, 1.0, 2.0])


def written(tmp_path: Path, text: str | bytes, name: str = "table.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def problems(call: Callable[[], object]) -> str:
    with pytest.raises(InputError) as caught:
        call()
    assert all(line.strip() and "\n" not in line for line in caught.value.problems)
    return "\n".join(caught.value.problems)


# -- random records in random dialects ----------------------------------------------------------------

names = st.text(st.sampled_from("abcÄé ,;.'-&/()#0123456789"), min_size=1, max_size=12).map(
    lambda text: f"Q{text.strip()}e"
)
numbers = st.integers(1, 99999).map(lambda n: n / 1000.0)
records = st.lists(st.tuples(names, *[numbers] * len(NUMERIC)), min_size=2, max_size=6)


def _quoted(cell: str, delimiter: str) -> str:
    buffer = io.StringIO()
    how = csv.QUOTE_ALL if "\n" in cell else csv.QUOTE_MINIMAL
    csv.writer(buffer, delimiter=delimiter, lineterminator="", quoting=how).writerow([cell])
    return buffer.getvalue()


@st.composite
def dialects(draw: st.DrawFn) -> dict[str, object]:
    delimiter = draw(st.sampled_from([",", ";", "\t", "|"]))
    return {
        "delimiter": delimiter,
        "comma": draw(st.booleans()) and delimiter != ",",
        "encoding": draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"])),
        "end": draw(st.sampled_from(["\n", "\r\n", "\r"])),
        "blank": draw(st.sampled_from(["", " ", "  "])),
        "quote_all": draw(st.booleans()),
        "titles": draw(st.sampled_from([[], ["Records of my study"], ["Title: x", "", "Made by: somebody"]])),
        "notes": draw(
            st.sampled_from([[], ["", "Source: PEER NGA-West2 database"], ["* RotD50, 5 % damping"]])
        ),
        "padding": draw(st.integers(0, 3)),
        "units": draw(st.booleans()),
        "repeat_heading": draw(st.booleans()),
        "blank_row": draw(st.booleans()),
        "line_break": draw(st.booleans()),
        "digits": draw(st.sampled_from(["repr", "fixed", "exponent"])),
    }


def dialect_text(rows: list[tuple[object, ...]], d: dict[str, object]) -> tuple[str, list[int]]:
    """Return the text and the line at which each record begins."""
    delimiter, end = str(d["delimiter"]), str(d["end"])

    def number(value: float) -> str:
        text = {"repr": repr(value), "fixed": f"{value:.4f}", "exponent": f"{value:.8E}"}[str(d["digits"])]
        return text.replace(".", ",") if d["comma"] else text

    def line(cells: list[str]) -> str:
        padded = [*cells, *[""] * int(str(d["padding"]))]
        given = [
            f'"{c.replace(chr(34), chr(34) * 2)}"' if d["quote_all"] else _quoted(c, delimiter)
            for c in padded
        ]
        return (delimiter + str(d["blank"])).join(given)

    heading = [name.replace(" (km)", "\n(km)") if d["line_break"] else name for name in HEADING]
    if d["units"]:
        heading = [name.split(" (")[0].split("\n")[0] for name in heading]
    lines = [*d["titles"], line(heading)]  # type: ignore[misc]
    starts: list[int] = []
    if d["units"]:
        lines.append(line(["", "", "", "(km)", "m/s", "g", "g", "g"]))
    for index, row in enumerate(rows):
        if index == 1 and d["blank_row"]:
            lines.append(delimiter * (len(HEADING) - 1))
        if index == 1 and d["repeat_heading"]:
            lines.append(line(heading))
        starts.append(1 + sum(part.count("\n") + 1 for part in lines))
        lines.append(line([str(index + 1), str(row[0]), *(number(float(str(v))) for v in row[1:])]))
    lines += d["notes"]  # type: ignore[arg-type]
    return end.join(part.replace("\n", end) for part in lines) + end, starts


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records, dialects())
def test_a_table_in_any_dialect_reads_to_the_same_values(
    tmp_path: Path, rows: list[tuple[object, ...]], dialect: dict[str, object]
) -> None:
    text, starts = dialect_text(rows, dialect)
    path = written(tmp_path, text.encode(str(dialect["encoding"])))
    catalogue = nga_west2(path)
    assert list(catalogue.records["record_number"]) == list(range(1, len(rows) + 1))
    assert list(catalogue.records["event"]) == [str(row[0]).strip() for row in rows]
    expected = np.array([row[1:] for row in rows], dtype=float)
    found = catalogue.records[["magnitude", "rjb_km", "vs30_m_s"]].to_numpy(dtype=float)
    np.testing.assert_allclose(found, expected[:, :3], rtol=1e-6)
    np.testing.assert_allclose(catalogue.sa_g, expected[:, 3:], rtol=1e-6)
    assert list(read_table(path).index) == starts


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    records,
    dialects(),
    st.data(),
    st.sampled_from(
        ["7.1 Mw", "12 km", "abc", "12-Mar", "#REF!", "1.2.3", "1_000", "0x10", "--5", "5 6", "inf", "TRUE"]
    ),
)
def test_garbage_in_any_cell_is_an_error_with_the_files_row(
    tmp_path: Path,
    rows: list[tuple[object, ...]],
    dialect: dict[str, object],
    data: st.DataObject,
    garbage: str,
) -> None:
    row = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.sampled_from(NUMERIC))
    mark = "12345678.5"  # stands in for the garbage until the text is made
    changed = [list(r) for r in rows]
    changed[row][column - 1] = float(mark)
    dialect = {**dialect, "digits": "repr"}
    text, starts = dialect_text([tuple(r) for r in changed], dialect)
    mark = mark.replace(".", ",") if dialect["comma"] else mark
    assert text.count(mark) == 1
    path = written(tmp_path, text.replace(mark, garbage).encode(str(dialect["encoding"])))
    said = problems(lambda: nga_west2(path))
    assert f"in row {starts[row]}" in said and garbage.strip() in said and "table.csv" in said
    left = nga_west2(path, skip_bad_rows=True) if len(rows) > 2 else None
    if left is not None:
        assert len(left.records) == len(rows) - 1
        assert any("1 bad rows of table.csv left out" in note for note in left.notes)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records, dialects(), st.data())
def test_a_cell_too_many_or_too_few_is_an_error_with_the_files_row(
    tmp_path: Path, rows: list[tuple[object, ...]], dialect: dict[str, object], data: st.DataObject
) -> None:
    dialect = {**dialect, "padding": 0}
    text, starts = dialect_text(rows, dialect)
    end, delimiter = str(dialect["end"]), str(dialect["delimiter"])
    lines = text.split(end)
    row = data.draw(st.integers(0, len(rows) - 1))
    position = starts[row] - 1
    more = data.draw(st.booleans())
    lines[position] = f"{lines[position]}{delimiter}9" if more else lines[position].rsplit(delimiter, 1)[0]
    path = written(tmp_path, end.join(lines).encode(str(dialect["encoding"])))
    said = problems(lambda: nga_west2(path))
    assert f"row {starts[row]} has {'more' if more else 'fewer'} cells than the heading" in said


# -- dialect, case by case --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    [
        '1602, "Duzce, Turkey", 7.14, 12.0, 326, 0.5, 0.6, 0.3',
        '1602,\t"Duzce, Turkey",7.14,12.0,326,0.5,0.6,0.3',
        '1602,"Duzce, Turkey" , 7.14, 12.0, 326, 0.5, 0.6, 0.3',
        ' "1602" , "Duzce, Turkey" , "7.14" ,12.0,326,0.5,0.6,0.3',
        '1602," ""Duzce, Turkey""",7.14,12.0,326,0.5,0.6,0.3',
        '1602,\u00a0"Duzce, Turkey",7.14,12.0,326,0.5,0.6,0.3',
    ],
)
def test_blanks_about_quotes_shift_nothing(tmp_path: Path, row: str) -> None:
    first = nga_west2(written(tmp_path, f"{','.join(HEADING)}\n{row}\n")).records.iloc[0]
    assert (first["event"], first["magnitude"], first["rjb_km"]) == ("Duzce, Turkey", 7.14, 12.0)


@pytest.mark.parametrize(
    "row",
    [
        '1,"Duzce, 7.1,12,326,0.5,0.6,0.3\n2,"Kocaeli",7.4,10,300,0.4,0.5,0.2',  # a quote that does not close
        '1,Duzce,7.1,12,326,0.5,0.6,0.3\n2,"Kocaeli,7.4,10,300,0.4,0.5,0.2',
        '1,"Duzce" Turkey,7.1,12,326,0.5,0.6,0.3',
        '1,"Duzce,7.1,12,326,0.5,0.6,0.3\n2,Kocaeli",7.4,10,300,0.4,0.5,0.2',
    ],
)
def test_broken_quotes_are_an_error(tmp_path: Path, row: str) -> None:
    assert "quotes are broken" in problems(
        lambda: nga_west2(written(tmp_path, f"{','.join(HEADING)}\n{row}\n"))
    )


def test_a_line_break_in_a_heading_and_in_cells(tmp_path: Path) -> None:
    text = (
        'RSN,"TYPE\n(CRjb = 2)",Mw,"Station\r\nName",T1.000S\n'
        '1,C1,6.5,"Old\nTown",0.1\n2,C1,6.6,B,0.2\n3,C1,big,B,0.2\n'
    )
    path = written(tmp_path, text)
    assert "'big' in row 7 is not a number" in problems(lambda: nga_west2(path))
    records = nga_west2(written(tmp_path, text.replace("big", "6.7"))).records
    assert list(records["magnitude"]) == [6.5, 6.6, 6.7]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path, flatfile_text([{"Station Name": "Düzce"}]).encode(encoding))
    assert nga_west2(path).records["station"][0] == "Düzce"


def test_a_workbook_called_csv(tmp_path: Path) -> None:
    pytest.importorskip("openpyxl")
    pd.DataFrame([FLATFILE_ROW]).to_excel(tmp_path / "a.xlsx", index=False)
    path = (tmp_path / "a.xlsx").rename(tmp_path / "a.csv")
    assert "is not a text file but a ZIP archive or an Excel workbook" in problems(lambda: nga_west2(path))


def test_several_tables_of_records_are_a_question(tmp_path: Path) -> None:
    one = "RSN,Mw,T1.000S\n1,6.5,0.1\n2,6.6,0.2\n"
    other = "RSN,Mw,Rjb (km),T1.000S\n3,6.5,10,0.1\n"
    said = problems(lambda: nga_west2(written(tmp_path, f"{one}\n{other}")))
    assert "holds several tables of records (headings in row 1 and 5)" in said
    again = nga_west2(written(tmp_path, f"{one}\n{one.replace('1,6', '3,6').replace('2,6', '4,6')}"))
    assert list(again.records["record_number"]) == [1, 2, 3, 4]


def test_another_table_below_is_not_read_and_it_is_told(tmp_path: Path) -> None:
    text = "RSN,Mw,T1.000S\n1,6.5,0.1\n\nPeriod (s),Target (g)\n0.1,0.5\n0.2,0.6\n"
    catalogue = nga_west2(written(tmp_path, text))
    assert len(catalogue.records) == 1
    assert "table.csv: another table, from row 4 on, is not read" in catalogue.notes


def test_an_ordinary_table_after_a_foreign_one(tmp_path: Path) -> None:
    text = "Period (s),Target (g)\n0.1,0.5\n0.2,0.6\n\nRSN,Mw,T1.000S\n1,6.5,0.1\n"
    assert list(nga_west2(written(tmp_path, text)).records["magnitude"]) == [6.5]


def test_columns_that_blanks_separate_are_refused(tmp_path: Path) -> None:
    text = "RSN     Mw   T1.000S\n1       6.5  0.1\n"
    assert "blanks separate its columns; write commas" in problems(lambda: nga_west2(written(tmp_path, text)))


def test_unknown_columns_at_the_end_may_be_left_out(tmp_path: Path) -> None:
    text = "RSN,Mw,T1.000S,remarks,by\n1,6.5,0.1\n2,6.6,0.2,good\n3,6.7,0.3,,me\n"
    assert len(nga_west2(written(tmp_path, text)).records) == 3
    said = problems(lambda: nga_west2(written(tmp_path, text + "4,6.8\n")))
    assert "row 5 has fewer cells than the heading" in said


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["6,5", "7,25"], [6.5, 7.25]),
        (["1.234,5", "2.345"], [1234.5, 2345]),
        (["1,234.5", "2,345"], [1234.5, 2345]),
        (["1,234,567", "2"], [1234567, 2]),
        (["1,23E-02", "5"], [0.0123, 5]),
        (["1 234,5", "1,5"], [1234.5, 1.5]),
        (["1'234.5", "2"], [1234.5, 2]),
        (["0,125", "1,250"], [0.125, 1.25]),
        (["−0.5", "1.0D-2"], [-0.5, 0.01]),
        (["+5", ".5"], [5, 0.5]),
    ],
)
def test_numbers_as_people_write_them(cells: list[str], values: list[float]) -> None:
    np.testing.assert_allclose(to_numbers(pd.Series(cells, dtype=object), "x"), values)


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        (["1,234", "2,345"], "'1,234' in row 0, 1 can be read with a decimal comma or with thousands"),
        (["6,5", "6.5"], "is not a number"),
        (["12-Mar", "1"], "'12-Mar' in row 0 is a date"),
        (["7.1 Mw", "1"], "'7.1 Mw' in row 0 is not a number"),
        (["#VALUE!", "1"], "'#VALUE!' in row 0 is not a number"),
        (["5%", "1"], "'5%' in row 0 is not a number"),
        (["1,2,3", "1"], "is not a number"),
        (["1.2.3", "1"], "is not a number"),
    ],
)
def test_numbers_that_leave_a_doubt_are_refused(cells: list[str], line: str) -> None:
    assert line in problems(lambda: to_numbers(pd.Series(cells, dtype=object), "x"))


@pytest.mark.parametrize(
    "cell",
    [
        "",
        " ",
        "-999",
        "-999.0",
        "-9.99E+02",
        "-999.99",
        "-9999",
        "NA",
        "n/a",
        "#N/A",
        "-",
        "-----",
        "?",
        "NaN",
        "None",
    ],
)
def test_markers_of_missing_values(tmp_path: Path, cell: str) -> None:
    text = f"RSN,Mw,Station Name,T1.000S\n1,{cell},{cell},0.1\n2,6.5,B,0.2\n"
    records = nga_west2(written(tmp_path, text)).records
    assert np.isnan(records["magnitude"][0]) and records["station"][0] == ""


def test_the_rest_of_the_table_settles_a_column(tmp_path: Path) -> None:
    text = "RSN;Mw;Vs30 (m/s);T1.000S\n1;6,5;1.234;0,1\n2;6,6;1.100;0,2\n"
    assert list(nga_west2(written(tmp_path, text)).records["vs30_m_s"]) == [1234, 1100]
    text = 'RSN,Mw,Vs30 (m/s),T1.000S\n"1,001",6.5,"1,234",0.1\n"1,002",6.6,"1,100",0.2\n'
    records = nga_west2(written(tmp_path, text)).records
    assert list(records["vs30_m_s"]) == [1234, 1100] and list(records["record_number"]) == [1001, 1002]
    text = "RSN;Mw;Vs30 (m/s);T1.000S\n1;7;1,234;1\n2;6;1,100;2\n"
    assert "can be read with a decimal comma" in problems(lambda: nga_west2(written(tmp_path, text)))
    text = "RSN;Mw;Vs30 (m/s);T1.000S\n1;7,5;1.234;0.25\n2;6,5;1.100;0.5\n"
    assert "'1.234 (or 1234?)' in row 2, 3 is not a number" in problems(
        lambda: nga_west2(written(tmp_path, text))
    )


def test_names_that_look_like_numbers_stay_as_written(tmp_path: Path) -> None:
    text = "id,station,code,T1.000S\n007,1E5,012,0.1\n8,2E5,013,0.2\n"
    records = spectra_table(written(tmp_path, text), component="RotD50").records
    assert list(records["id"]) == ["007", "8"]
    assert list(records["station"]) == ["1E5", "2E5"]
    assert list(records["code"]) == ["012", "013"]


# -- workbooks --------------------------------------------------------------------------------------------


def _workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_a_workbook_with_title_rows_on_a_further_sheet(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Records of my study"],
        [],
        [None, "RSN", "Mw", "Rjb", "T1.000S"],
        [None, None, None, "(km)", "g"],
        [None, 1, 6.5, 10, 0.1],
        [None, 2, 6.6, "20,5", 0.2],
        [None, "Source: PEER NGA-West2"],
    ]
    path = _workbook(tmp_path / "a.xlsx", {"About": [["About this file"], ["by", "me"]], "Data": rows})
    records = nga_west2(path).records
    assert list(records["magnitude"]) == [6.5, 6.6] and list(records["rjb_km"]) == [10, 20.5]
    rows[5][2] = "big"
    path = _workbook(tmp_path / "b.xlsx", {"About": [["About this file"]], "Data": rows})
    assert "'big' in row 6 is not a number" in problems(lambda: nga_west2(path))


def test_two_sheets_of_records_are_a_question(tmp_path: Path) -> None:
    rows: list[list[object]] = [["RSN", "Mw", "T1.000S"], [1, 6.5, 0.1]]
    path = _workbook(tmp_path / "a.xlsx", {"RotD50": rows, "RotD100": rows})
    assert "2 sheets hold tables of records (RotD50, RotD100)" in problems(lambda: nga_west2(path))


@pytest.mark.parametrize("cell", ["#REF!", pd.Timestamp(2024, 3, 12)])
def test_what_a_spreadsheet_made_of_a_cell(tmp_path: Path, cell: object) -> None:
    path = _workbook(tmp_path / "a.xlsx", {"A": [["RSN", "Mw", "T1.000S"], [1, cell, 0.1], [2, 6.5, 0.1]]})
    assert "in row 2 is" in problems(lambda: nga_west2(path))


# -- units and meanings of headings -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "column", "factor"),
    [
        ("Rjb (km)", "rjb_km", 1),
        ("Rjb [mi]", "rjb_km", 1.609344),
        ("rjb_mi", "rjb_km", 1.609344),
        ("R_rup, m", "rrup_km", 0.001),
        ("Vs30 (ft/s)", "vs30_m_s", 0.3048),
        ("Vs30 (km/s)", "vs30_m_s", 1000),
        ("Vs30 [m s^-1]", "vs30_m_s", 1),
        ("Vs30 (ft/s) selected for analysis", "vs30_m_s", 0.3048),
        ("Joyner-Boore Distance (mi)", "rjb_km", 1.609344),
        ("PGA (cm/s2)", "pga_g", 0.01 / 9.80665),
        ("PGA (cm/s²)", "pga_g", 0.01 / 9.80665),
        ("PGA (%g)", "pga_g", 0.01),
        ("PGA %g", "pga_g", 0.01),
        ("PGA (m/s/s)", "pga_g", 1 / 9.80665),
        ("PGA (Gal)", "pga_g", 0.01 / 9.80665),
        ("PGV (in/s)", "pgv_cm_s", 2.54),
        ("PGV [m/s]", "pgv_cm_s", 100),
        ("dt (ms)", "time_step_s", 0.001),
        ("Tp (sec)", "pulse_period_s", 1),
        ("Lowest Usable Freq - H2 (H2)", "lowest_usable_h2_hz", 1),
        ("Lowest Usable Frequency [Hz]", "lowest_usable_hz", 1),
        ("HP-H1 (Hz)", "highpass_h1_hz", 1),
        ("Magnitude (Mw)", "magnitude", 1),
    ],
)
def test_units_of_headings(name: str, column: str, factor: float) -> None:
    found = heading(name)
    assert found is not None and found.name == column
    assert found.factor == pytest.approx(factor, rel=1e-9)


@pytest.mark.parametrize(
    "name", ["Rjb (furlong)", "Vs30 (Hz)", "PGA (cm)", "Magnitude (ML)", "Lowest Usable Freq (s)"]
)
def test_a_unit_that_is_not_understood_is_refused(tmp_path: Path, name: str) -> None:
    assert heading(name) is not None and heading(name).factor is None  # type: ignore[union-attr]
    said = problems(lambda: nga_west2(written(tmp_path, f"RSN,{name},T1.000S\n1,5,0.1\n")))
    assert "is not understood; use one of" in said and name in said


@pytest.mark.parametrize(
    "name", ["Rjb source", "Vs30 class", "Magnitude:", "PGA rank", "Mechanic", "Hypocentral"]
)
def test_other_columns_are_not_taken(name: str) -> None:
    assert known_as(name) is None


def test_a_converted_column_is_told(tmp_path: Path) -> None:
    catalogue = nga_west2(written(tmp_path, "RSN,Rjb (mi),T1.000S\n1,10,0.1\n"))
    assert catalogue.records["rjb_km"][0] == pytest.approx(16.09344)
    assert "column 'Rjb (mi)' is converted from mi to rjb_km" in catalogue.notes


def test_a_row_of_units_is_no_record(tmp_path: Path) -> None:
    text = "RSN,Mw,Rjb,Vs30,T1.000S\n-,-,mi,ft/s,%g\n1,6.5,10,1000,25\n"
    catalogue = nga_west2(written(tmp_path, text))
    first = catalogue.records.iloc[0]
    assert (len(catalogue.records), first["rjb_km"], first["vs30_m_s"]) == (
        1,
        pytest.approx(16.09344),
        pytest.approx(304.8),
    )


@pytest.mark.parametrize("row", ["-,-,(km),g", "[-],[-],[km],[g]", ",,km,", "no.,text,km,g"])
def test_rows_of_units_in_other_writings(tmp_path: Path, row: str) -> None:
    catalogue = nga_west2(written(tmp_path, f"RSN,Mw,Rjb,T1.000S\n{row}\n1,6.5,10,0.1\n"))
    assert list(catalogue.records["rjb_km"]) == [10]


def test_a_second_line_of_headings_is_no_record(tmp_path: Path) -> None:
    text = "RSN,Mw,Rjb,T1.000S\nnumber,moment,distance,Sa\n1,6.5,10,0.1\n"
    assert "'distance' in row 2 is not a number" in problems(lambda: nga_west2(written(tmp_path, text)))


def test_two_columns_of_one_period(tmp_path: Path) -> None:
    text = "RSN,T1.000S,SA(1.0)\n1,0.1,{}\n"
    assert nga_west2(written(tmp_path, text.format(0.1))).sa_g.shape == (1, 1)
    said = problems(lambda: nga_west2(written(tmp_path, text.format(0.2))))
    assert "are of one period and differ; remove one" in said


@pytest.mark.parametrize("component", ["median", "RotD500"])
def test_a_component_that_is_not_known_is_refused(tmp_path: Path, component: str) -> None:
    path = written(tmp_path, "id,T1.000S\na,0.1\n")
    assert "is no known component" in problems(lambda: spectra_table(path, component=component))


def test_two_columns_that_mean_the_same(tmp_path: Path) -> None:
    text = "RSN,Rjb,Joyner-Boore Dist. (km),T1.000S\n1,10,10.0,0.1\n2,20,{},0.2\n"
    assert list(nga_west2(written(tmp_path, text.format(20))).records["rjb_km"]) == [10, 20]
    said = problems(lambda: nga_west2(written(tmp_path, text.format(25))))
    assert "both state rjb_km and differ in row 3" in said
    metres = "RSN,Rjb (km),Rjb (m),T1.000S\n1,10,10000,0.1\n"
    assert list(nga_west2(written(tmp_path, metres)).records["rjb_km"]) == [10]


# -- spectral columns -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "period_s"),
    [
        ("T0.010S", 0.01),
        ("SA(1.0)", 1.0),
        ("Sa_1.0s", 1.0),
        ("PSA 1.0 s", 1.0),
        ("Sa(T=0.5)", 0.5),
        ("SA(100ms)", 0.1),
        ("SA(0,02)", 0.02),
        ("Sa(1.0s) [m/s2]", 1.0),
        ("RotD50 Sa(2.0)", 2.0),
        ("SA(0.3, 5%)", 0.3),
        ("pSa 0.2 s (g)", 0.2),
        ("SA_RotD100(0.2)", 0.2),
    ],
)
def test_names_of_spectral_columns(name: str, period_s: float) -> None:
    found = ordinate(name)
    assert found is not None and found.period_s == pytest.approx(period_s)


@pytest.mark.parametrize(
    "name",
    [
        "PSV(1.0)",
        "SD(1.0)",
        "SV 1.0 s",
        "Sd_0.5s",
        "T1",
        "T1.0",
        "Sample 1",
        "SAvg(1.0)",
        "AvgSA(1.0)",
        "Sa",
        "S1",
        "FAS(1.0)",
        "Ds5-75",
        "Station 5",
        "Tp",
        "SA(100)",
        "Sa_ratio(1.0)",
        "FSA",
    ],
)
def test_what_is_no_spectral_column(name: str) -> None:
    assert ordinate(name) is None


def test_units_and_damping_of_spectral_columns(tmp_path: Path) -> None:
    path = written(tmp_path, "id,Sa(0.5) (%g),Sa(1.0) [m/s2],SA(2.0; 5%)\na,50,1.961330,0.1\n")
    catalogue = spectra_table(path, component="RotD50")
    np.testing.assert_allclose(catalogue.sa_g, [[0.5, 0.2, 0.1]])
    assert any("Sa is converted to g from %g, m/s2" in note for note in catalogue.notes)
    for name, line in (
        ("SA(1.0, 2%)", "is of 2 % damping; give spectra of 5 %"),
        ("Sa 2% 1.0s", "is of 2 % damping"),
        ("SA(1.0) (cm/s)", "the unit 'cm/s' of column 'SA(1.0) (cm/s)' is not understood"),
    ):
        said = problems(
            lambda name=name: spectra_table(written(tmp_path, f'id,"{name}"\na,0.2\n'), component="RotD50")
        )
        assert line in said


def test_bare_numbers_are_periods_only_where_there_is_no_doubt(tmp_path: Path) -> None:
    catalogue = spectra_table(written(tmp_path, "id,Mw,0.1,0.5,1.0\na,6,0.3,0.4,0.2\n"), component="RotD50")
    np.testing.assert_allclose(catalogue.periods_s, [0.1, 0.5, 1.0])
    assert any("named by a number are taken as Sa in g at these periods" in note for note in catalogue.notes)
    for text in ("id,1,2\na,1,2\n", "id,1.0,0.5,0.1\na,1,2,3\n"):
        said = problems(lambda text=text: spectra_table(written(tmp_path, text), component="RotD50"))
        assert "has no spectral columns" in said


def test_columns_of_several_components_are_a_question(tmp_path: Path) -> None:
    path = written(tmp_path, "id,RotD50 Sa(1.0),RotD100 Sa(1.0)\na,0.2,0.25\n")
    assert "several components (RotD50, RotD100)" in problems(lambda: spectra_table(path))
    found = spectra_table(path, component="RotD100")
    assert (found.component, found.sa_g[0, 0]) == ("RotD100", 0.25)
    assert spectral_columns(["SA_RotD50(1.0)"], "x").component == "RotD50"


# -- component and damping --------------------------------------------------------------------------------


def _component(
    tmp_path: Path, extra: str, value: object, name: str = "table.csv", **options: str
) -> Catalogue:
    return nga_west2(
        written(tmp_path, f"RSN,{extra},T1.000S\n1,{value},0.1\n2,{value},0.2\n", name), **options
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("column", "value", "component"),
    [
        ("RotD", 100, "RotD100"),
        ("RotD percentile", "50.0", "RotD50"),
        ("RotD Percentile", "RotD100", "RotD100"),
        ("RotDpp", "100th", "RotD100"),
        ("Component", "GMRotI50", "GMRotI50"),
        ("Component", "geometric mean", "geometric mean"),
        ("component", "Geo. Mean", "geometric mean"),
        ("IM component", "RotD100", "RotD100"),
        ("Component", "H1", "single component"),
    ],
)
def test_a_stated_component_is_honored(tmp_path: Path, column: str, value: object, component: str) -> None:
    assert _component(tmp_path, column, value).component == component
    told = _component(tmp_path, column, value, component="RotD00")
    assert told.component == component
    assert any(note.startswith("doubtful: table.csv holds") for note in told.notes)


def test_components_that_are_refused_or_asked_for(tmp_path: Path) -> None:
    assert "is not understood; use" in problems(lambda: _component(tmp_path, "Component", "median of all"))
    assert "vertical spectra" in problems(lambda: _component(tmp_path, "Component", "V"))
    both = written(tmp_path, "RSN,RotD,T1.000S\n1,50,0.1\n1,100,0.12\n2,50,0.2\n2,100,0.25\n")
    assert "several components (RotD50, RotD100)" in problems(lambda: nga_west2(both))
    found = nga_west2(both, component="rotd100")
    assert (found.component, list(found.sa_g[:, 0])) == ("RotD100", [0.12, 0.25])


def test_the_name_of_the_file_is_a_clue(tmp_path: Path) -> None:
    name = "Updated_NGA_West2_Flatfile_RotD100_d050_public_version.csv"
    by_name = _component(tmp_path, "Mw", 6, name)
    assert by_name.component == "RotD100" and by_name.notes[0].startswith("doubtful: ")
    column_wins = _component(tmp_path, "RotD", 50, name)
    assert column_wins.component == "RotD50" and "though its name says RotD100" in column_wins.notes[0]
    asked = _component(tmp_path, "Mw", 6, name, component="RotD50")
    assert asked.component == "RotD50" and "its name says RotD100" in asked.notes[0]
    other = "Flatfile_RotD50_d100_public.csv"
    assert "its name says 10 % damping" in problems(lambda: _component(tmp_path, "Mw", 6, other))
    assert _component(tmp_path, "Damping (%)", 5, other).component == "RotD50"


def test_nothing_stated_is_the_formats_own_or_a_question(tmp_path: Path) -> None:
    catalogue = _component(tmp_path, "Mw", 6)
    assert catalogue.component == "RotD50"
    assert any("does not state the component: taken as RotD50" in note for note in catalogue.notes)
    path = written(tmp_path, "id,T1.000S\na,0.1\n")
    assert "nothing says which horizontal component" in problems(lambda: spectra_table(path))


@pytest.mark.parametrize(
    ("value", "good"), [(5, True), ("5 %", True), (0.05, True), (2, False), ("10%", False), (0.02, False)]
)
def test_only_five_percent_damping(tmp_path: Path, value: object, good: bool) -> None:
    if good:
        assert len(_component(tmp_path, "Damping", value).records) == 2
    else:
        assert "the damping is not 5 % in row 2, 3" in problems(
            lambda: _component(tmp_path, "Damping", value)
        )


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ROTD-50", "RotD50"),
        ("RotD 100", "RotD100"),
        ("GMRotI50", "GMRotI50"),
        ("geomean", "geometric mean"),
        ("odd", ""),
    ],
)
def test_usual_names_of_components(text: str, name: str) -> None:
    assert canonical(text) == name


# -- usable band ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "values", "period_s"),
    [
        ("Lowest Usable Freq - Ave. Component (Hz)", "0.125", 8),
        ("Lowest Useable Frequency (Hz)", "0.25", 4),
        ("Lowest usable freq", "0.5", 2),
        ("LUF (Hz)", "0.5", 2),
        ("Lowest Usable Freq - H1 (Hz),Lowest Usable Freq - H2 (Hz)", "0.1,0.25", 4),
        ("Lowest Usable Freq - Ave. Component (Hz),HP-H1 (Hz)", "-999,0.2", 4),
        ("HP-H1 (Hz),HP-H2 (Hz)", "0.1,0.2", 4),
        ("High-pass corner (Hz)", "0.2", 4),
        ("Longest usable period (s)", "3", 3),
        ("Maximum Usable Period", "3", 3),
        ("Longest usable period (ms)", "3000", 3),
    ],
)
def test_whatever_states_the_usable_band_counts(
    tmp_path: Path, columns: str, values: str, period_s: float
) -> None:
    flat = nga_west2(written(tmp_path, f"RSN,{columns},T1.000S\n1,{values},0.1\n"))
    assert flat.records["max_usable_period_s"][0] == pytest.approx(period_s)
    table = spectra_table(written(tmp_path, f"id,{columns},T1.000S\na,{values},0.1\n"), component="RotD50")
    assert table.records["max_usable_period_s"][0] == pytest.approx(period_s)
    folder = tmp_path / "at2"
    write_at2(folder / "one.AT2")
    metadata = written(tmp_path, f"file,{columns}\none,{values}\n")
    found = accelerograms(folder, metadata=metadata, periods_s=GRID_S)
    assert found.records["max_usable_period_s"][0] == pytest.approx(period_s)


# -- PEER's list of what was downloaded -------------------------------------------------------------------

SEARCH_RESULTS = """
 PEER Ground Motion Database, Time Series Search Report -- NGA-West2 -- 2025-01-01


 -- Summary of PEER Ground Motion Database Search Criteria --
Magnitude Min:, 6
Record Sequence Number:,\x20
Earthquake Name:,\x20
Component:, SRSS

 -- Summary of Metadata of Selected Records --
Result ID, Spectral Ordinate, Record Sequence Number, Mean Squared Error, Scale Factor, \
Tp-Pulse Period (sec), 5-75% Duration (sec), 5-95% Duration (sec), \
Arias Intensity (m/sec), Earthquake Name, Year, Station Name, \
Magnitude, Mechanism, Rjb (km), Rrup (km), Vs30 (m/sec), Lowest Useable Frequency (Hz), \
Initial-search Scale Factor, Horizontal-1 Acc. Filename, Horizontal-2 Acc. Filename, Vertical Acc. Filename
1, SRSS, 7, 0.4768, 2.5, -, 17.7, 24.2, 1.6, "Some, Event-01", 1979, "Sta One", 6.95, strike slip, \
6.09, 6.19, 213.44, 0.25, 1.0, RSN7_EV_STA000.AT2, RSN7_EV_STA090.AT2 , RSN7_EV_STA-UP.AT2 \x20
2, SRSS, 8, 0.5, 3.1, 1.463, 2.1, 7.5, 0.5, "Other Event", 1979, "Sta Two", 5.74, Reverse Oblique, \
8.47, 9.02, 270.84, 0.1625, 1.0, RSN8_EV_TWO000.AT2, RSN8_EV_TWO090.AT2 ,  -----  \x20

 These records were obtained from the NGA-West2 On-Line Ground-Motion Database Tool
 These records are UNSCALED, AS RECORDED
 Filename Extension:\x20
   ,AT2 = Acceleration
 The users of the NGA-West2 databases, flatfiles, models and reports are requested to acknowledge PEER.

 -- Scaled Spectra used in Search & Scaling --
Period (sec),Target pSa (g),Arithmetic Mean pSa (g),RSN-7 SRSS pSa (g),RSN-8 SRSS pSa (g)
0.01,0.53,0.31,0.62,0.16
0.02,0.54,0.32,0.63,0.17

 -- Unscaled Horizontal & Vertical Spectra as recorded --
Period (sec),RSN-7 Horizontal-1 pSa (g),RSN-7 Horizontal-2 pSa (g),RSN-7 Vertical pSa (g)
0.01,0.53,0.31,0.62
""".replace("\\\n", "")


def _as_excel_saves_it(text: str) -> str:
    """Excel takes a blank before a quote literally, and fills all rows to the same width."""
    rows = list(csv.reader(io.StringIO(text.replace("Some, Event", "Some_ Event"))))
    width = max(map(len, rows)) + 3
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerows([*row, *[""] * (width - len(row))] for row in rows)
    return buffer.getvalue()


def _peer_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "motions"
    for seed, name in enumerate(("RSN7_EV_STA000", "RSN7_EV_STA090", "RSN8_EV_TWO000", "RSN8_EV_TWO090")):
        write_at2(folder / f"{name}.AT2", "no title", wave(seed), highpass="none")
    return folder


@pytest.mark.parametrize("change", [str, _as_excel_saves_it, lambda text: text.replace("\n", "\r\n")])
def test_peers_search_results_are_metadata(tmp_path: Path, change: Callable[[str], str]) -> None:
    folder = _peer_folder(tmp_path)
    path = written(folder, change(SEARCH_RESULTS), "_SearchResults.csv")
    catalogue = accelerograms(folder, metadata=path, periods_s=GRID_S)
    records = catalogue.records.set_index("id")
    assert list(records.index) == ["RSN7", "RSN8"]
    first, second = records.loc["RSN7"], records.loc["RSN8"]
    assert first["event"] in ("Some, Event-01", "Some_ Event-01")
    assert (first["station"], first["mechanism"]) == ("Sta One", "strike-slip")
    assert tuple(first[["magnitude", "rjb_km", "rrup_km", "vs30_m_s"]]) == (6.95, 6.09, 6.19, 213.44)
    assert (first["max_usable_period_s"], second["pulse_period_s"]) == (4.0, 1.463)
    assert np.isnan(first["pulse_period_s"]) and second["mechanism"] == "reverse-oblique"
    assert Path(first["file_h2"]).name == "RSN7_EV_STA090.AT2"
    assert "scale_factor" not in records and "Scale Factor" not in records
    notes = " | ".join(catalogue.notes)
    assert "scale factors of _SearchResults.csv are not used" in notes
    assert "1 record of _SearchResults.csv without their vertical file" in notes
    assert "another table" in notes


def test_a_bad_file_takes_its_record_along_and_no_more(tmp_path: Path) -> None:
    folder = _peer_folder(tmp_path)
    path = written(folder, SEARCH_RESULTS, "_SearchResults.csv")
    (folder / "RSN7_EV_STA090.AT2").write_text("PEER\nx\nACCELERATION\nNPTS= 5, DT= .01\n0.1 oops\n")
    catalogue = accelerograms(folder, metadata=path, periods_s=GRID_S, skip_bad_files=True)
    assert list(catalogue.records["id"]) == ["RSN8"]
    assert any(
        "1 record of _SearchResults.csv left out, a file of theirs cannot be read" in n
        for n in catalogue.notes
    )


def test_records_that_were_not_downloaded_are_told(tmp_path: Path) -> None:
    folder = _peer_folder(tmp_path)
    path = written(folder, SEARCH_RESULTS, "_SearchResults.csv")
    for name in ("RSN8_EV_TWO000.AT2", "RSN8_EV_TWO090.AT2"):
        (folder / name).unlink()
    catalogue = accelerograms(folder, metadata=path, periods_s=GRID_S)
    assert list(catalogue.records["id"]) == ["RSN7"]
    assert any("1 row of _SearchResults.csv without a file in the folder" in note for note in catalogue.notes)


# -- one bad row ------------------------------------------------------------------------------------------


def test_bad_rows_are_all_named_or_left_out_and_counted(tmp_path: Path) -> None:
    rows = [{NUMBER: n} for n in range(1, 6)]
    rows[1]["Earthquake Magnitude"] = "big"
    rows[2]["Mechanism Based on Rake Angle"] = 9
    text = flatfile_text(rows).splitlines()
    text[4] += ",7"
    path = written(tmp_path, "\n".join(text))
    said = problems(lambda: nga_west2(path))
    assert "row 5 has more cells" in said and "'big' in row 3" in said
    assert all("skip_bad_rows = true" in line for line in said.splitlines())
    catalogue = nga_west2(path, skip_bad_rows=True)
    assert list(catalogue.records["record_number"]) == [1, 5]
    note = next(note for note in catalogue.notes if "bad rows" in note)
    assert "3 bad rows of table.csv left out" in note and "'9' in row 4 is unknown" in note


def test_repeated_record_numbers_that_disagree_are_bad_rows(tmp_path: Path) -> None:
    path = written(tmp_path, flatfile_text([{NUMBER: 1}, {NUMBER: 1, "T1.000S": 0.9}, {NUMBER: 2}]))
    assert "record number 1 stands in row 2, 3 with different spectra" in problems(lambda: nga_west2(path))
    path = written(
        tmp_path, flatfile_text([{NUMBER: 1}, {NUMBER: 1, "Earthquake Magnitude": 7.5}, {NUMBER: 2}])
    )
    assert "in row 2, 3 with different magnitude; keep one" in problems(lambda: nga_west2(path))
    assert list(nga_west2(path, skip_bad_rows=True).records["record_number"]) == [2]


def test_bad_rows_of_metadata(tmp_path: Path) -> None:
    folder = _peer_folder(tmp_path)
    path = written(tmp_path, "rsn,Mw,mechanism\n7,6.5,SS\n8,x,sideways\n")
    said = problems(lambda: accelerograms(folder, metadata=path, periods_s=GRID_S))
    assert "'x' in row 3" in said and "'sideways' in row 3 is unknown" in said
    catalogue = accelerograms(folder, metadata=path, periods_s=GRID_S, skip_bad_rows=True)
    assert "table.csv has no row for 1 record: RSN8" in " | ".join(catalogue.notes)
