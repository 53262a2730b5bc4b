"""Whole flatfiles: processor time and peak memory of reading one, each in a process of its own.

The files have the headings and size of the published ones (NGA-West2: 21,540 rows and 111 periods; ESM 2018:
23,014 rows and 6 components), and numbers of our own. XLSX is read by python-calamine, beside it by openpyxl.
The peak is that of Linux' /proc.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from tests.support.flatfile_samples import esm, nga_west2, text_of

TUNED_ON = "nothing"
REPORTED_ON = "the published headings with numbers of our own"
_READ = """
import json, sys, time
from pathlib import Path
from gmplug.catalogue import nga_west2, spectra_table
start = time.process_time()
read = nga_west2 if sys.argv[2] == "nga-west2" else spectra_table
catalogue = read(Path(sys.argv[1]))
status = Path("/proc/self/status").read_text().split()
peak = int(status[status.index("VmHWM:") + 1])
print(json.dumps([time.process_time() - start, peak / 2**20, *catalogue.sa_g.shape]))
"""
_OPENPYXL = """
import json, sys, time
from pathlib import Path
import openpyxl
start = time.process_time()
book = openpyxl.load_workbook(sys.argv[1], read_only=True, data_only=True)
rows = [row for row in book.worksheets[0].iter_rows(values_only=True)]
status = Path("/proc/self/status").read_text().split()
peak = int(status[status.index("VmHWM:") + 1])
print(json.dumps([time.process_time() - start, peak / 2**20, len(rows) - 1, 111]))
"""
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def run() -> list[dict[str, Any]]:
    """A row for each file and reader."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        tables = {
            "NGA-West2": ([nga_west2(n) for n in range(1, 21_541)], ",", "nga-west2"),
            "ESM 2018": ([esm(f"S{n}") for n in range(23_014)], ";", "spectra-table"),
        }
        for name, (rows, delimiter, provider) in tables.items():
            path = Path(folder) / f"{provider}.csv"
            path.write_text(text_of(rows, delimiter), encoding="utf-8")
            found.append(_row(f"{name}, CSV", path, _READ, provider))
        path = Path(folder) / "nga.xlsx"
        write_workbook(path, tables["NGA-West2"][0])
        found.append(_row("NGA-West2, XLSX", path, _READ, "nga-west2"))
        found.append(_row("NGA-West2, XLSX: openpyxl, cells alone", path, _OPENPYXL))
    return found


def found(rows: list[dict[str, Any]]) -> dict[str, str]:
    """What the overview states."""
    each = "; ".join(f"{row['file']} {row['processor_s']} s, {row['peak_GiB']} GiB" for row in rows)
    return {"Reading a whole flatfile, [formats](formats.md)": f"{each}."}


def _row(what: str, path: Path, code: str, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), *arguments], check=True, capture_output=True, text=True
    )
    seconds, gib, rows, periods = json.loads(done.stdout)
    size = round(path.stat().st_size / 2**20)
    return {
        "file": what,
        "rows": rows,
        "periods": periods,
        "MiB": size,
        "processor_s": round(seconds, 1),
        "peak_GiB": round(gib, 2),
    }


def write_workbook(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    """Write a workbook of one sheet in the plainest way, in seconds."""
    rows = list(rows)
    names = list(rows[0])
    letters = [_letters(at) for at in range(len(names))]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        book.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/vnd.openxmlformats-officedocument.'
            'spreadsheetml.worksheet+xml"/><Override PartName="/xl/workbook.xml" ContentType='
            '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
        )
        book.writestr("_rels/.rels", _relation("officeDocument", "xl/workbook.xml"))
        book.writestr("xl/_rels/workbook.xml.rels", _relation("worksheet", "worksheets/sheet1.xml"))
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
            f'<sheet name="ROTD50_d050" sheetId="1" r:id="rId1"/></sheets></workbook>',
        )
        with book.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(f'<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            for number, row in enumerate([dict(zip(names, names, strict=True)), *rows], 1):
                cells = "".join(
                    _cell(f"{letter}{number}", row[name]) for letter, name in zip(letters, names, strict=True)
                )
                sheet.write(f'<row r="{number}">{cells}</row>'.encode())
            sheet.write(b"</sheetData></worksheet>")


def _relation(kind: str, target: str) -> str:
    return (
        f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1" Type="{_OFFICE}/{kind}" '
        f'Target="{target}"/></Relationships>'
    )


def _letters(at: int) -> str:
    text = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        text = chr(65 + rest) + text
    return text


def _cell(place: str, value: object) -> str:
    try:
        float(str(value))
    except ValueError:
        return f'<c r="{place}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'
