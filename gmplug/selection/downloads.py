"""What to download for selected records without waveforms, in the form of each database's search."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from pathlib import Path
from typing import Any

import pandas as pd

from gmplug.notes import counted
from gmplug.values import lacks_file

#: The records to download as a table, and in the form that the databases' searches take.
DOWNLOAD, SEARCHES = "download.csv", "download.txt"
#: How catalogues name a record's number in its database.
_NUMBER_COLUMNS = ("record_number", "record_sequence_number", "rsn")
#: Record numbers named in a note before it is cut short; the files have all.
_NUMBERS_SHOWN = 60
Record = Mapping[str, Any]
#: Record numbers in one line.
_NUMBERS_A_SEARCH = 100
#: ESM's own event ids, and those that it takes over.
_ESM_EVENT = re.compile(r"(?:EMSC|INT)-\d{8}_\d{7}|[A-Z]{2}-\d{4}-\d{4}|ISIDe-\d+|USGS-\w+")
_ESM_STATION = re.compile(r"[A-Z0-9]{1,2}\.[A-Z0-9]{1,5}")
_GEONET_EVENT = re.compile(r"\d{4}p\d{6}")
#: K-NET has sites such as AOM001, KiK-net such as TCGH13.
_KNET_STATION = re.compile(r"[A-Z]{3}\d{3}|[A-Z]{3}H\d{2}")
#: Network and number of the stations of CSMIP.
_CESMD_STATION = re.compile(r"CE\.?\d{5}")


def missing_waveforms(records: pd.DataFrame) -> tuple[str, ...]:
    """Return a note with the numbers of the records to download, if any."""
    missing = records[lacks_file(records)]
    if missing.empty:
        return ()
    note = f"{len(missing)} of {len(records)} selected records have no waveform at hand"
    column = next((name for name in _NUMBER_COLUMNS if name in missing), None)
    numbers = missing[column] if column else missing["id"]
    texts = sorted((_number(value) for value in numbers), key=lambda text: (len(text), text))
    shown = ", ".join(texts[:_NUMBERS_SHOWN]) + (", …" if len(texts) > _NUMBERS_SHOWN else "")
    what = "record numbers to download" if column else "records to download"
    return (f"{note}; {what}: {shown} (see {SEARCHES})",)


def _number(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def write_downloads(records: pd.DataFrame, run_dir: Path, filled_in: Iterable[str]) -> None:
    """Write ``download.csv`` and ``download.txt`` where selected records lack waveforms, else remove them.

    ``filled_in`` are the columns that are empty until the files are there.
    """
    missing = records[lacks_file(records)]
    if missing.empty:
        for name in (DOWNLOAD, SEARCHES):
            (run_dir / name).unlink(missing_ok=True)
        return
    wanted = ["id", *_NUMBER_COLUMNS, "event", "year", "station", "scale_factor"]
    names = [str(c) for c in missing if "file" in str(c).lower() and str(c) not in filled_in]
    columns = [column for column in wanted if column in missing] + names
    missing[columns].to_csv(run_dir / DOWNLOAD, index=False)
    (run_dir / SEARCHES).write_text(download_list(missing), encoding="utf-8")


def download_list(missing: pd.DataFrame) -> str:
    """Return a text with the searches that find these records; ``missing`` has a row for each."""
    records = [{str(name): value for name, value in row.items()} for row in missing.to_dict("records")]
    blocks = [
        f"{len(records)} selected records have no waveforms. Download these, put the files into one folder,\n"
        'name it in [catalogue], such as records = "at2/", and run the study again: the selection stays.'
    ]
    for database in _DATABASES:
        found = [record for record in records if database.has(record)]
        records = [record for record in records if record not in found]
        if found:
            head = f"{database.name} ({counted(len(found), 'record')})\n{database.search}"
            blocks.append("\n".join([head, "", *database.lines(found)]))
    return "\n\n".join(blocks) + "\n"


@dataclass(frozen=True)
class _Database:
    """A database: how its records are told, what to do on its page, and what its search takes."""

    name: str
    search: str
    has: Callable[[Record], bool]
    lines: Callable[[Sequence[Record]], Iterable[str]]


def _text(record: Record, name: str) -> str:
    value = record.get(name)
    return "" if value is None or value != value else str(value).strip()


def _numbers(records: Sequence[Record]) -> Iterator[str]:
    """Yield lines of record numbers, separated by commas."""
    for some in batched(sorted(int(float(record["record_number"])) for record in records), _NUMBERS_A_SEARCH):
        yield ",".join(map(str, some))


def _numbered(prefix: str) -> Callable[[Record], bool]:
    """Return a test for records of PEER's, whose ids are the prefix and the record number."""
    name = re.compile(rf"{prefix}\d+(?:-h[12])?")
    return lambda record: bool(name.fullmatch(_text(record, "id")) and _text(record, "record_number"))


def _by_event(records: Sequence[Record]) -> dict[str, list[str]]:
    """Return the stations of each event, each once, in order."""
    found: dict[str, dict[str, None]] = {}
    for record in records:
        found.setdefault(_text(record, "event"), {})[_text(record, "station")] = None
    return {event: sorted(stations) for event, stations in sorted(found.items())}


def _esm_lines(records: Sequence[Record]) -> Iterator[str]:
    for event, stations in _by_event(records).items():
        networks = ",".join(dict.fromkeys(station.partition(".")[0] for station in stations))
        codes = ",".join(station.partition(".")[2] for station in stations)
        yield (
            f"https://esm-db.eu/esmws/eventdata/1/query?eventid={event}&network={networks}&station={codes}"
            "&processing-type=MP,AP&data-type=ACC&format=ascii"
        )


def _event_lines(records: Sequence[Record]) -> Iterator[str]:
    for event, stations in _by_event(records).items():
        yield f"event {event or 'not stated'}: stations {','.join(stations)}"


def _plain_lines(records: Sequence[Record]) -> Iterator[str]:
    for record in records:
        parts = (_text(record, "id"), _text(record, "event"), _text(record, "year"), _text(record, "station"))
        yield ", ".join(part for part in parts if part)


_DATABASES = (
    _Database(
        "PEER NGA-West2",
        "https://ngawest2.berkeley.edu: log in, search the records, and paste a line into the field of RSNs",
        _numbered("RSN"),
        _numbers,
    ),
    _Database(
        "PEER NGA-Subduction",
        "https://ngawest2.berkeley.edu: as for NGA-West2, in the database NGA-Subduction",
        _numbered("NGAsubRSN"),
        _numbers,
    ),
    _Database(
        "Engineering Strong Motion database (ESM)",
        "open each address in a browser (event id, network and station codes), or search for the event id",
        lambda r: bool(
            _ESM_EVENT.fullmatch(_text(r, "event")) and _ESM_STATION.fullmatch(_text(r, "station"))
        ),
        _esm_lines,
    ),
    _Database(
        "GeoNet",
        "https://data.geonet.org.nz/seismic-products/strong-motion: a folder for each event",
        lambda r: bool(_GEONET_EVENT.fullmatch(_text(r, "event"))),
        _event_lines,
    ),
    _Database(
        "K-NET and KiK-net",
        "https://www.kyoshin.bosai.go.jp: log in, search for the earthquake by its time, choose the stations",
        lambda r: bool(_KNET_STATION.fullmatch(_text(r, "station"))),
        _event_lines,
    ),
    _Database(
        "CESMD",
        "https://www.strongmotioncenter.org: search for the earthquake, then the station codes",
        lambda r: bool(_CESMD_STATION.fullmatch(_text(r, "station"))),
        _event_lines,
    ),
    _Database("Other records", "record, event, station", lambda r: True, _plain_lines),
)
