"""Flatfiles of databases: format-true samples, and what users do to them."""

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
from gmplug.errors import InputError
from gmplug.notes import doubts_of
from gmplug.values import Catalogue
from tests.support.catalogue_files import wave, write_at2
from tests.support.flatfile_samples import (
    ESM_S,
    PEER_S,
    SEARCHED,
    esm,
    gmprocess,
    nga_subduction,
    nzgmdb,
    search_results,
    simcenter,
    spectrum,
    text_of,
)
from tests.support.flatfile_samples import (
    nga_west2 as nga_row,
)


def written(folder: Path, text: str, name: str = "table.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def problems(call: Callable[[], object]) -> str:
    with pytest.raises(InputError) as caught:
        call()
    return str(caught.value)


# -- each format as published -----------------------------------------------------------------------------

FORMATS = {
    "nga-west2": (lambda: text_of([nga_row(n) for n in (1, 2, 3)]), PEER_S, "RotD50", ""),
    "nga-west2-vertical": (
        lambda: text_of([nga_row(n, vertical=True) for n in (1, 2, 3)]),
        PEER_S,
        "vertical",
        "vertical",
    ),
    "nga-subduction": (lambda: text_of([nga_subduction(n) for n in (1, 2, 3)]), PEER_S, "RotD50", ""),
    "esm": (lambda: text_of([esm(s) for s in ("AMT", "NRC", "FCC")], ";"), ESM_S, "RotD50", ""),
    "esm-2023": (lambda: text_of([esm(s, lower=True) for s in ("AMT", "NRC", "FCC")]), ESM_S, "RotD50", ""),
    "nzgmdb": (lambda: text_of([nzgmdb(s) for s in ("HVSC", "CCCC", "PRPC")]), None, "RotD50", ""),
    "gmprocess": (lambda: text_of([gmprocess(s) for s in ("A.B.HN", "A.C.HN")]), None, "RotD50", "RotD50"),
    "simcenter": (lambda: text_of([simcenter(n) for n in (1, 2, 3)]), PEER_S, "RotD50", "RotD50"),
}
#: What every sample says of its records, where it has the column.
TRUTH = {"vs30_m_s": (380.5, 410.0, 670.0, 422.0), "pga_g": (0.2,), "pgv_cm_s": (18.0, 20.0, 25.0)}


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_as_published(tmp_path: Path, name: str) -> None:
    make, periods_s, component, asked = FORMATS[name]
    catalogue = spectra_table(written(tmp_path, make()), component=asked)
    if periods_s is not None:
        np.testing.assert_allclose(catalogue.periods_s, periods_s)
    assert catalogue.component == component
    expected = np.tile(spectrum(catalogue.periods_s), (len(catalogue.records), 1))
    np.testing.assert_allclose(catalogue.sa_g, expected, rtol=1e-5)
    assert len(catalogue.records) >= 2 and catalogue.records["id"].is_unique
    for column, values in TRUTH.items():
        if column in catalogue.records:
            np.testing.assert_allclose(catalogue.records[column], values[0], rtol=1.0)
            assert all(any(np.isclose(v, value) for value in values) for v in catalogue.records[column])


def test_the_public_nga_west2_flatfile(tmp_path: Path) -> None:
    row = {"Joyner-Boore Dist. (km)": -999}
    path = written(tmp_path, text_of([nga_row(1), nga_row(2, **row), nga_row(3, **{"T1.000S": -999})]))
    for read in (nga_west2, spectra_table):
        catalogue = read(path)
        assert list(catalogue.records["id"]) == ["RSN1", "RSN2"]
        first, second = catalogue.records.iloc[0], catalogue.records.iloc[1]
        assert (first["event"], first["mechanism"]) == ("Somewhere, Far-01", "reverse")
        assert (first["magnitude"], first["rjb_km"], first["rrup_km"]) == (6.61, 11.5, 13.5)
        assert np.isnan(second["rjb_km"]) and first["max_usable_period_s"] == 4.0
        assert any("incomplete" in note for note in catalogue.notes)


def test_headings_of_the_public_flatfile_that_repeat_or_break(tmp_path: Path) -> None:
    names = [*nga_row(1), "CRjb", "Unused Column", "Unused Column"]
    rows = [[*nga_row(n).values(), 7, 8, 9] for n in (1, 2)]
    buffer = io.StringIO()
    csv.writer(buffer).writerows([names, *rows])
    kept = nga_west2(
        written(tmp_path, buffer.getvalue()), keep_columns=("TYPE (CRjb = 2)", "Unused Column (2)")
    )
    assert list(kept.records["Unused Column (2)"]) == [8, 8]
    assert list(kept.records["record_number"]) == [1, 2]


def test_the_vertical_flatfile_is_never_taken_for_horizontal(tmp_path: Path) -> None:
    rows = [nga_row(n, vertical=True) for n in (1, 2)]
    path = written(tmp_path, text_of(rows))
    for read in (nga_west2, spectra_table):
        assert "holds vertical spectra" in problems(lambda read=read: read(path))
        assert "holds vertical spectra" in problems(lambda read=read: read(path, component="RotD50"))
    catalogue = nga_west2(path, component="vertical")
    assert catalogue.component == "vertical" and set(catalogue.records["max_usable_period_s"]) == {2.0}
    assert "file_h1" not in catalogue.records and "file_v" in catalogue.records
    horizontal = written(tmp_path, text_of([nga_row(1)]), "h.csv")
    assert "holds RotD50 spectra, not vertical" in problems(
        lambda: nga_west2(horizontal, component="vertical")
    )
    named = [{k: v for k, v in nga_row(1).items() if not k.startswith("RotD")}]
    path = written(tmp_path, text_of(named), "Flatfile_Vertical_5percentdamping.csv")
    assert "holds vertical spectra" in problems(lambda: nga_west2(path))


def test_subduction_never_becomes_crustal(tmp_path: Path) -> None:
    flags = (0, 1, 2, 4, 5, -888, -777, -999, 3)
    path = written(tmp_path, text_of([nga_subduction(n, flag) for n, flag in enumerate(flags, 1)]))
    catalogue = spectra_table(path)
    assert list(catalogue.records["mechanism"]) == [
        *("interface", "intraslab", "reverse", "outer-rise", "intraslab", "interface", "intraslab"),
        *("unspecified", "unspecified"),
    ]
    assert catalogue.records["id"][0] == "NGAsubRSN1"
    assert catalogue.records["max_usable_period_s"][0] == 12.5
    assert any("6 records are of subduction zones" in note for note in catalogue.notes)
    assert "use provider" in problems(lambda: nga_west2(path))


@pytest.mark.parametrize(
    ("component", "factor"),
    [
        *[("", 1.0), ("RotD100", 1.2), ("RotD00", 0.8), ("h1", 0.95), ("h2", 1.05), ("vertical", 0.6)],
        ("geometric mean", (0.95 * 1.05) ** 0.5),
    ],
)
def test_components_of_the_esm_flatfile(tmp_path: Path, component: str, factor: float) -> None:
    path = written(tmp_path, text_of([esm(), esm("NRC")], ";"))
    catalogue = spectra_table(path, component=component)
    np.testing.assert_allclose(catalogue.sa_g[0], factor * spectrum(ESM_S), rtol=1e-4)
    record = catalogue.records.iloc[0]
    assert (record["event"], record["station"]) == ("EMSC-20160824_0000006", "IT.AMT")
    assert (record["mechanism"], record["magnitude"], record["rjb_km"]) == ("normal", 6.1, 1.5)
    assert record["max_usable_period_s"] == 8.0
    if component != "geometric mean":
        assert record["pga_g"] == pytest.approx(0.2 * factor)
        assert record["cav_m_s"] == pytest.approx(6.0 * factor)
        assert record["arias_m_s"] == pytest.approx(0.9 * factor)
    assert "holds spectra of" in problems(lambda: spectra_table(path, component="larger"))


def test_magnitudes_other_than_mw_are_told(tmp_path: Path) -> None:
    rows = [
        esm("A"),
        esm("B", Mw=""),
        esm("C", Mw="", EMEC_Mw="", Ms=5.5),
        esm("D", Mw="", EMEC_Mw=""),
        esm("E", Mw="", EMEC_Mw="", ML=""),
    ]
    catalogue = spectra_table(written(tmp_path, text_of(rows, ";")))
    np.testing.assert_array_equal(catalogue.records["magnitude"], [6.1, 6.0, 5.5, 6.0, np.nan])
    notes = " | ".join(catalogue.notes)
    assert "1 record of table.csv without Mw: the magnitude is Ms" in notes
    assert "1 record of table.csv without Mw: the magnitude is ML" in notes
    typed = written(tmp_path, text_of([nzgmdb(), nzgmdb("B", mag_type="ML")]))
    assert "is no moment magnitude (ML 1)" in " | ".join(spectra_table(typed).notes)


def test_vs30_from_the_slope_is_told(tmp_path: Path) -> None:
    catalogue = spectra_table(written(tmp_path, text_of([esm(), esm("B", vs30_m_sec="")], ";")))
    assert list(catalogue.records["vs30_m_s"]) == [670.0, 500.0]
    assert any("Vs30 of 1 record" in note for note in catalogue.notes)


def test_rows_of_several_components(tmp_path: Path) -> None:
    rows = [nzgmdb(component=one) for one in ("000", "090", "ver", "rotd50")]
    path = written(tmp_path, text_of(rows))
    assert "rows of several components (h1, h2, vertical, RotD50)" in problems(lambda: spectra_table(path))
    for component in ("RotD50", "h1", "vertical"):
        assert len(spectra_table(path, component=component).records) == 1
    assert "several components" in problems(lambda: spectra_table(path, component="single component"))


def test_further_columns_of_a_flatfile(tmp_path: Path) -> None:
    path = written(tmp_path, text_of([esm()], ";"))
    assert list(spectra_table(path, keep_columns=("epi_dist",)).records["epi_dist"]) == [9]
    assert "epi_dist" not in spectra_table(path).records
    said = problems(lambda: spectra_table(path, keep_columns=("U_hp", "nothing")))
    assert "'U_hp' is read as highpass_h1_hz (Hz)" in said and "has no column 'nothing'" in said


def test_units_that_do_not_fit_each_other_are_refused(tmp_path: Path) -> None:
    in_g = [{k: v for k, v in esm().items() if "rotD50" in k or k in ("event_id", "station_code")}]
    in_g[0]["rotD50_pga"] = 0.2
    assert "times PGA" in problems(lambda: spectra_table(written(tmp_path, text_of(in_g, ";"))))
    for name in in_g[0]:
        if name.startswith("rotD50_T") and name != "rotD50_T90":
            in_g[0][name] = float(str(in_g[0][name])) / 980.665
    assert "PGV is" in problems(lambda: spectra_table(written(tmp_path, text_of(in_g, ";"))))


# -- PEER's list of a download ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ordinate", "read"),
    [("SRSS", nga_west2), *((one, spectra_table) for one in ("SRSS", "GeoMean", "RotD50", "RotD100"))],
)
def test_search_results_are_a_catalogue(
    tmp_path: Path, ordinate: str, read: Callable[..., Catalogue]
) -> None:
    path = written(tmp_path, search_results(ordinate), "_SearchResults.csv")
    catalogue = read(path)
    pairs = [(spectrum(PEER_S, a), spectrum(PEER_S, b)) for *_, a, b in SEARCHED]
    mean = np.array([np.sqrt(a * b) for a, b in pairs])
    expected = {
        "SRSS": np.array([np.hypot(a, b) for a, b in pairs]),
        "GeoMean": mean,
        "RotD50": 1.02 * mean,
        "RotD100": 1.2 * mean,
    }[ordinate]
    np.testing.assert_allclose(catalogue.sa_g, expected, rtol=1e-4)
    assert catalogue.component == {"GeoMean": "geometric mean"}.get(ordinate, ordinate)
    assert list(catalogue.records["id"]) == ["RSN7", "RSN8", "RSN9"]
    assert list(catalogue.records["group"]) == ["nonpulse", "pulse", "nonpulse"]
    assert catalogue.records["pulse_period_s"][1] == 1.463
    assert catalogue.records["max_usable_period_s"][0] == 4.0
    for asked in ("geometric mean", "SRSS"):
        other = read(path, component=asked)
        assert other.component == asked
        np.testing.assert_allclose(
            other.sa_g, mean if asked != "SRSS" else [np.hypot(a, b) for a, b in pairs], rtol=1e-4
        )
    vertical = read(path, component="vertical")
    assert list(vertical.records["id"]) == ["RSN9"]
    np.testing.assert_allclose(vertical.sa_g[0], 0.5 * pairs[2][0], rtol=5e-3)
    h2 = read(path, component="h2")
    np.testing.assert_allclose(h2.sa_g, [b for _, b in pairs], rtol=1e-5)
    assert h2.component == "single component"


def test_files_of_search_results_lie_beside_them(tmp_path: Path) -> None:
    write_at2(tmp_path / "RSN7_EV_ST7000.AT2", "no title", wave(1))
    write_at2(tmp_path / "RSN7_EV_ST7090.AT2", "no title", wave(2))
    path = written(tmp_path, search_results("RotD50"), "_SearchResults.csv")
    for catalogue in (spectra_table(path), nga_west2(path, records=tmp_path)):
        files = catalogue.records.set_index("id")
        assert Path(files.loc["RSN7", "file_h2"]).name == "RSN7_EV_ST7090.AT2"
        assert files.loc["RSN8", "file_h1"] == ""


def test_search_results_as_metadata_tell_pulses(tmp_path: Path) -> None:
    for n, *_ in SEARCHED:
        for at, angle in enumerate(("000", "090")):
            write_at2(tmp_path / f"RSN{n}_EV_ST{n}{angle}.AT2", "no title", wave(n + at), highpass="none")
    path = written(tmp_path, search_results(), "_SearchResults.csv")
    found = accelerograms(tmp_path, metadata=path, periods_s=np.array([0.1, 1.0]))
    assert list(found.records["group"]) == ["nonpulse", "pulse", "nonpulse"]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("Damping Ratio:, 0.05", "Damping Ratio:, 0.02", "of damping 0.02"),
        (" Scale Factor, Tp", " Factor, Tp", "has no column 'Scale Factor'"),
        ("7, 0.4768, 2.5,", "7, 0.4768, 1.0,", "does not fit its spectra as recorded"),
        ("7, 0.4768, 2.5,", "7, 0.4768, -,", "no scale factor in row"),
        (" -- Scaled Spectra used in Search & Scaling --", "", "nothing says whether its spectra are scaled"),
        ("RSN-8 SRSS pSa (g)", "RSN-7 SRSS pSa (g)", "has two columns"),
        ("RSN-8 SRSS pSa (g)", "RSN-8 RotD50 pSa (g)", "several ordinates"),
    ],
)
def test_search_results_that_do_not_fit(tmp_path: Path, old: str, new: str, line: str) -> None:
    text = search_results()
    assert old in text
    text = text.replace(old, new) if "-- Scaled" not in old else text.replace(old, " Spectra")
    path = written(tmp_path, text, "_SearchResults.csv")
    assert line in problems(lambda: spectra_table(path))


def test_search_results_as_excel_saves_them(tmp_path: Path) -> None:
    rows = list(csv.reader(io.StringIO(search_results("RotD100"))))
    width = max(map(len, rows))
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=";", lineterminator="\r\n").writerows(
        [cell.replace(".", ",") if cell.replace(".", "").strip().isdigit() else cell for cell in row]
        + [""] * (width - len(row))
        for row in rows
    )
    found = spectra_table(written(tmp_path, buffer.getvalue(), "_SearchResults.csv"))
    np.testing.assert_allclose(
        found.sa_g, spectra_table(written(tmp_path, search_results("RotD100"))).sa_g, rtol=1e-6
    )
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([float(c) if c.replace(".", "").strip().isdigit() else c for c in row])
    book.save(tmp_path / "_SearchResults.xlsx")
    in_book = spectra_table(tmp_path / "_SearchResults.xlsx")
    np.testing.assert_allclose(in_book.sa_g, found.sa_g, rtol=1e-6)


# -- a study's own mapping --------------------------------------------------------------------------------

OWN = "no;quake;Size;dist [mi];soil vel;acc at 0.5;acc at 1.0\n1;A;6.5;10;400;490.3325;196.133\n"
MAPPING = {
    "no": "id",
    "quake": "event",
    "Size": "magnitude",
    "dist [mi]": "rjb_km (mi)",
    "soil vel": "vs30_m_s",
    "acc at {period}": "RotD50 Sa [cm/s2]",
}


def test_a_table_by_a_mapping(tmp_path: Path) -> None:
    catalogue = spectra_table(written(tmp_path, OWN), columns=MAPPING)
    np.testing.assert_allclose(catalogue.sa_g, [[0.5, 0.2]])
    np.testing.assert_allclose(catalogue.periods_s, [0.5, 1.0])
    record = catalogue.records.iloc[0]
    assert catalogue.component == "RotD50" and record["rjb_km"] == pytest.approx(16.09344)
    assert tuple(record[["id", "event", "magnitude", "vs30_m_s"]]) == ("1", "A", 6.5, 400.0)


def test_a_mapping_goes_before_what_headings_say(tmp_path: Path) -> None:
    text = "id,M,M_preferred,Sa(1.0),Sa_raw\na,5.0,6.5,0.1,0.3\n"
    columns = {"M_preferred": "magnitude", "Sa_raw": "Sa(1.0)"}
    catalogue = spectra_table(written(tmp_path, text), component="RotD50", columns=columns)
    assert (catalogue.records["magnitude"][0], catalogue.sa_g[0, 0]) == (6.5, 0.3)
    assert any("not used, as [catalogue.columns] names others: M, Sa(1.0)" in n for n in catalogue.notes)
    ignored = spectra_table(written(tmp_path, text), component="RotD50", columns={"M": "", "Sa_raw": ""})
    assert "magnitude" not in ignored.records and ignored.sa_g[0, 0] == 0.1


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        ({"Sice": "magnitude"}, "has no column 'Sice', which [catalogue.columns] names; near: 'Size'"),
        ({"Size": "magnitde"}, "'magnitde' is no column that gmplug knows; did you mean 'magnitude'"),
        ({"dist [mi]": "rjb_km (furlong)"}, "the unit 'furlong' is not understood; use one of km, m, mi, ft"),
        ({"acc at {period}": "RotD50 Sa [parsec]"}, "the unit 'parsec' is not understood"),
        ({"acc at {period}": "spectrum"}, "is not understood; write"),
        ({"Size": "magnitude", "no": "magnitude"}, "both stand for magnitude; keep one"),
        ({"acc at 0.5": "Sa(1.0)", "acc at 1.0": "Sa(1.0)"}, "both stand for Sa(1 s); keep one"),
        ({"acc in {period}": "Sa"}, "has no column 'acc in {period}'"),
    ],
)
def test_mappings_that_do_not_fit(tmp_path: Path, columns: dict[str, str], line: str) -> None:
    path = written(tmp_path, OWN)
    said = problems(lambda: spectra_table(path, columns=columns, component="RotD50"))
    assert line in said


def test_a_mapping_from_the_study_file(tmp_path: Path) -> None:
    from gmplug.host.options import call

    path = written(tmp_path, OWN)
    found = call(spectra_table, {"path": path.name, "columns": MAPPING}, {}, "[catalogue]", base_dir=tmp_path)
    assert found.component == "RotD50"
    with pytest.raises(InputError, match="columns"):
        call(spectra_table, {"path": path.name, "columns": {"no": 3}}, {}, "[catalogue]", base_dir=tmp_path)


# -- what users do to a file ------------------------------------------------------------------------------


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, bytes, str]:
    """Return a format's name, a sample of it after some changes, and what was done."""
    name = draw(st.sampled_from(sorted(FORMATS)))
    own = ";" if name == "esm" else ","
    rows = list(csv.reader(io.StringIO(FORMATS[name][0]()), delimiter=own))
    done = []
    order = list(range(len(rows[0])))
    if draw(st.booleans()):
        order = draw(st.permutations(order))
        done.append("reordered")
    dropped = draw(st.sets(st.integers(0, len(order) - 1), max_size=6))
    order = [at for at in order if at not in dropped]
    if draw(st.booleans()):
        order.append(draw(st.sampled_from(order)))
        done.append("repeated")
    rows = [[row[at] for at in order] for row in rows]
    for _ in range(draw(st.integers(0, 4))):
        row, column = draw(st.integers(1, len(rows) - 1)), draw(st.integers(0, len(order) - 1))
        rows[row][column] = draw(st.sampled_from(["", "-999", "-999.0", "NA", "n/a", "?"]))
    delimiter = draw(st.sampled_from([",", ";", "\t", "|"]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]))
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator=end).writerows(rows)
    return name, buffer.getvalue().encode(encoding), ", ".join(done)


_TRUTH: dict[str, Catalogue] = {}


def _truth(name: str, folder: Path) -> Catalogue:
    """Return what the unchanged sample reads to."""
    if name not in _TRUTH:
        path = written(folder, FORMATS[name][0](), "truth.csv")
        _TRUTH[name] = spectra_table(path, component=FORMATS[name][3])
    return _TRUTH[name]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(mutated())
def test_a_changed_file_is_read_right_or_refused(
    tmp_path_factory: pytest.TempPathFactory, sample: tuple[str, bytes, str]
) -> None:
    name, data, _ = sample
    path = tmp_path_factory.mktemp("changed") / "table.csv"
    path.write_bytes(data)
    try:
        catalogue = spectra_table(path, component=FORMATS[name][3])
    except InputError as error:
        assert all(0 < len(line) < 1200 for line in str(error).splitlines())
        return
    truth = _truth(name, path.parent)
    assert catalogue.component == truth.component
    np.testing.assert_allclose(
        catalogue.sa_g, np.tile(spectrum(catalogue.periods_s), (len(catalogue.records), 1)), rtol=1e-4
    )
    for column in set(catalogue.records) & set(truth.records):
        known = set(truth.records[column].astype(str)) | {"", "nan", "unspecified"}
        if column in ("id", "station"):
            continue
        if column == "magnitude" and "EMEC" in " ".join(catalogue.notes):
            known |= {"6.0"}
        if column in ("vs30_m_s", "max_usable_period_s", "pgv_cm_s", "mechanism", "magnitude"):
            known |= {"500.0", "16.0", "10.0", "6.0", "strike-slip", "4.0", "8.0", "2.0"}
        assert set(catalogue.records[column].astype(str)) <= known, column


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_changed_search_results_are_read_right_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    lines = search_results("RotD50").split("\n")
    for _ in range(data.draw(st.integers(0, 2))):
        at = data.draw(st.integers(0, len(lines) - 1))
        if data.draw(st.booleans()):
            del lines[at]
        else:
            lines[at] = lines[at] + data.draw(st.sampled_from([",", ",,,", " "]))
    end = data.draw(st.sampled_from(["\n", "\r\n"]))
    path = tmp_path_factory.mktemp("search") / "_SearchResults.csv"
    path.write_bytes(end.join(lines).encode(data.draw(st.sampled_from(["utf-8", "latin-1", "utf-16"]))))
    try:
        catalogue = spectra_table(path)
    except InputError:
        return
    expected = {
        f"RSN{n}": 1.02 * np.sqrt(spectrum(PEER_S, a) * spectrum(PEER_S, b)) for n, *_, a, b in SEARCHED
    }
    for name, sa_g in zip(catalogue.records["id"], catalogue.sa_g, strict=True):
        at = [int(np.argmin(np.abs(np.array(PEER_S) - t))) for t in catalogue.periods_s]
        np.testing.assert_allclose(sa_g, expected[name][at], rtol=1e-4)


def test_changed_units_in_headings(tmp_path: Path) -> None:
    row = nga_row(1)
    text = text_of([row]).replace("PGA (g)", "PGA (cm/s2)").replace("ClstD (km)", "ClstD (mi)")
    assert "times PGA" in problems(lambda: nga_west2(written(tmp_path, text)))
    text = text_of([{**row, "PGA (g)": 0.2 * 980.665}]).replace("PGA (g)", "PGA (cm/s2)")
    assert nga_west2(written(tmp_path, text)).records["pga_g"][0] == pytest.approx(0.2)
    text = text_of([row]).replace("ClstD (km)", "ClstD (league)")
    assert "the unit 'league' of column 'ClstD (league)'" in problems(
        lambda: nga_west2(written(tmp_path, text))
    )


def test_the_shared_sample_through_both_providers(shared_data: Path) -> None:
    path = shared_data / "nga_west2" / "flatfile_sample.csv"
    if not path.is_file():
        pytest.skip("no shared NGA-West2 sample")
    one, other = nga_west2(path), spectra_table(path)
    assert list(one.records["id"]) == list(other.records["id"]) and len(one.records) > 800
    np.testing.assert_array_equal(one.sa_g, other.sa_g)
    pd.testing.assert_series_equal(one.records["magnitude"], other.records["magnitude"])


def test_mechanisms_that_a_database_leaves_open(tmp_path: Path) -> None:
    rows = [esm("A", fm_type_code="O"), esm("B", fm_type_code="X?"), esm("C", fm_type_code="TF", es_rake=90)]
    catalogue = spectra_table(written(tmp_path, text_of(rows, ";")))
    assert list(catalogue.records["mechanism"]) == ["unspecified", "unspecified", "reverse"]
    assert any("1 record of table.csv without a known mechanism (X?)" in note for note in catalogue.notes)


def test_subduction_is_a_mechanism_of_its_own_in_preselection(tmp_path: Path) -> None:
    from gmplug.preselection.filters import mechanism_filter

    path = written(tmp_path, text_of([nga_subduction(n, flag) for n, flag in enumerate((0, 1, 2), 1)]))
    records = spectra_table(path).records
    for asked, kept in (("reverse", [2]), ("interface", [0]), (["interface", "intraslab"], [0, 1])):
        judgement = mechanism_filter(records, asked)
        assert judgement is not None and list(np.flatnonzero(judgement.keep)) == kept


def test_an_error_cell_of_a_workbook_is_no_missing_value(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["RSN", "Mw", "T1.000S"], [1, 6.5, 0.1], [2, 7.0, 0.2]):
        sheet.append(["", *row])
    sheet["C3"].value, sheet["C3"].data_type = "#DIV/0!", "e"
    book.save(tmp_path / "a.xlsx")
    assert "'#DIV/0!' in row 3 is not a number" in problems(lambda: nga_west2(tmp_path / "a.xlsx"))
    (tmp_path / "a.xlsx").rename(tmp_path / "a.xls")
    assert "save it as .xlsx" in problems(lambda: nga_west2(tmp_path / "a.xls"))


def test_units_that_may_not_fit_each_other_are_told(tmp_path: Path) -> None:
    text = "id,PGA,PGV,T0.010S,T1.000S\nA,2.0,15,2.0,1.0\nB,3.0,20,3.0,1.5\n"
    notes = spectra_table(written(tmp_path, text), component="RotD50").notes
    assert any("PGV is 7.08 cm/s for each g of PGA in the median" in note for note in doubts_of(notes))
    usual = written(tmp_path, text.replace("15", "150").replace("20", "200"))
    assert not doubts_of(spectra_table(usual, component="RotD50").notes)


@pytest.mark.parametrize(("factor", "told"), [("2.5", True), ("1", False)])
def test_scale_factors_of_a_table_are_not_used(tmp_path: Path, factor: str, told: bool) -> None:
    path = written(tmp_path, f"id,scale_factor,T0.100S,T1.000S\nA,{factor},0.5,0.1\n")
    found = spectra_table(path, component="RotD50")
    np.testing.assert_allclose(found.sa_g, [[0.5, 0.1]])
    assert any("scale factors" in note and "are not used" in note for note in found.notes) == told
