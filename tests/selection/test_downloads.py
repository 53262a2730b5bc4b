"""What to download, in the form that each database's search takes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from gmplug.selection.downloads import download_list, missing_waveforms, write_downloads


def text_of(*records: dict[str, object]) -> str:
    return download_list(pd.DataFrame(records))


def test_record_numbers_go_into_the_search_of_peer_by_the_hundred() -> None:
    numbers = [*range(120, 0, -1)]
    text = text_of(*({"id": f"RSN{n}", "record_number": float(n), "event": "X"} for n in numbers))
    lines = [line for line in text.splitlines() if line[:1].isdigit() and "," in line and " " not in line]
    assert [line.count(",") + 1 for line in lines] == [100, 20]
    assert lines[0].startswith("1,2,3,") and lines[1].endswith(",119,120")
    assert "120 selected records" in text and "PEER NGA-West2 (120 records)" in text


def test_each_database_is_told_by_its_own_names() -> None:
    text = text_of(
        {"id": "NGAsubRSN4000001", "record_number": 4000001},
        {"id": "a", "event": "EMSC-20161030_0000029", "station": "IT.AMT"},
        {"id": "b", "event": "EMSC-20161030_0000029", "station": "IV.T1212"},
        {"id": "c", "event": "IT-2012-0008", "station": "IT.MRN"},
        {"id": "d", "event": "2016p858000", "station": "WDFS"},
        {"id": "e", "event": "Tottori", "station": "TTRH02"},
        {"id": "f", "event": "Tottori", "station": "TTR007"},
        {"id": "g", "event": "Northridge", "station": "CE24514"},
        {"id": "mine", "event": "", "station": "yard"},
    )
    expected = {
        "PEER NGA-Subduction (1 record)": ["4000001"],
        "Engineering Strong Motion database (ESM) (3 records)": [
            "https://esm-db.eu/esmws/eventdata/1/query?eventid=EMSC-20161030_0000029&network=IT,IV"
            "&station=AMT,T1212&processing-type=MP,AP&data-type=ACC&format=ascii",
            "https://esm-db.eu/esmws/eventdata/1/query?eventid=IT-2012-0008&network=IT&station=MRN"
            "&processing-type=MP,AP&data-type=ACC&format=ascii",
        ],
        "GeoNet (1 record)": ["event 2016p858000: stations WDFS"],
        "K-NET and KiK-net (2 records)": ["event Tottori: stations TTR007,TTRH02"],
        "CESMD (1 record)": ["event Northridge: stations CE24514"],
        "Other records (1 record)": ["mine, yard"],
    }
    lines = text.splitlines()
    for head, wanted in expected.items():
        at = lines.index(head)
        assert lines[at + 3 : at + 3 + len(wanted)] == wanted


def test_the_files_go_when_the_waveforms_are_there(tmp_path: Path) -> None:
    records = pd.DataFrame({"id": ["RSN1"], "record_number": [1], "scale_factor": [1.5], "file_h1": [""]})
    write_downloads(records, tmp_path, ("file_h1",))
    assert {path.name for path in tmp_path.iterdir()} == {"download.csv", "download.txt"}
    assert "1 (see download.txt)" in missing_waveforms(records)[0]
    write_downloads(records.assign(file_h1="a.AT2"), tmp_path, ("file_h1",))
    assert not list(tmp_path.iterdir())
