"""Packs what a peer reviewer asks for: the page, the study, tables, and the scaled motions in two formats."""

from __future__ import annotations

import hashlib
import io
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pandas as pd

from gmplug._version import __version__
from gmplug.errors import InputError
from gmplug.excitation.selected_motions import SelectedMotion, motions
from gmplug.export.files import at2, opensees_path
from gmplug.report.printing import find_browser, print_page

_STUDIES = ("study.toml", "portfolio.toml")
#: Files beside the tables; what only gmplug reads stays out.
_FACTS = ("summary.json", "selection.json", "structure.json", "target.json", "clusters.json")
#: Columns with paths on the machine of the study.
_PATHS = ("file_h1", "file_h2", "file_v")

_ABOUT = """\
Made by gmplug {version}. `gmplug run study.toml` makes the study again from the same records.

report.html      the report: open it in any browser, no network is needed{pdf}
study.toml       the study as resolved, with all defaults
tables/          candidates, target, clusters, selection, demands, assessments; columns name their units
motions/         the selected motions, scaled, g:
                 at2/ in PEER's AT2 format; one-column/ one value a line, with time series for OpenSees
{missing}checksums.txt    SHA-256 of each file
"""


def pack(page: Path, package: Path) -> int:
    """Write the package of the run whose page this is; return the number of files.

    The motions of records without a waveform at hand are left out, and README.txt says which.

    Raises InputError where the package cannot be written.
    """
    run_dir = page.parent
    with tempfile.TemporaryDirectory(prefix="gmplug-package-") as scratch:
        try:
            content = dict(_content(run_dir, page, Path(scratch)))
            package.parent.mkdir(parents=True, exist_ok=True)
            with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
                sums = "".join(
                    f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in content.items()
                )
                for name, data in {**content, "checksums.txt": sums.encode()}.items():
                    archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
        except OSError as error:
            raise InputError(f"{package}: cannot be written ({error}); give another place") from error
    return len(content) + 1


def _content(run_dir: Path, page: Path, scratch: Path) -> Iterator[tuple[str, bytes]]:
    """The files of the package by name."""
    yield "report.html", page.read_bytes()
    printed = find_browser() is not None
    if printed:
        copy = scratch / "report.html"
        copy.write_bytes(page.read_bytes())
        yield "report.pdf", print_page(copy).read_bytes()
    for name in (*_STUDIES, *_FACTS):
        if (run_dir / name).is_file():
            yield name if name in _STUDIES else f"tables/{name}", (run_dir / name).read_bytes()
    for path in sorted(run_dir.glob("*.csv")):
        yield f"tables/{path.name}", _table(path)
    missing = []
    for folder in _selections(run_dir):
        where = PurePosixPath(folder.relative_to(run_dir).as_posix())
        if folder != run_dir:
            for path in sorted(folder.glob("*.csv")):
                yield f"tables/{where}/{path.name}", _table(path)
        try:
            found = motions(folder)
        except InputError as error:
            missing.append(f"No motions of {'the selection' if folder == run_dir else where}: {error}\n")
            continue
        out = scratch / "motions" / where
        for path in _motions(found, out):
            yield f"motions/{where / path.relative_to(out).as_posix()}", path.read_bytes()
    pdf = "; report.pdf: printed" if printed else ""
    yield "README.txt", _ABOUT.format(version=__version__, pdf=pdf, missing="".join(missing)).encode()


def _selections(run_dir: Path) -> list[Path]:
    """Folders with a selection: the run's own, those of its levels, those that buildings share."""
    deeper = [*run_dir.glob("levels/*"), *run_dir.glob("selections/*")]
    return [folder for folder in (run_dir, *sorted(deeper)) if (folder / "selection.csv").is_file()]


def _table(path: Path) -> bytes:
    """A table without the paths of the machine: of waveforms the names of their files stay."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    known = [column for column in _PATHS if column in table]
    if not known:
        return path.read_bytes()
    for column in known:
        table[column] = [name.replace("\\", "/").rsplit("/", 1)[-1] for name in table[column]]
    buffer = io.StringIO()
    table.to_csv(buffer, index=False)
    return buffer.getvalue().encode()


def _motions(found: list[SelectedMotion], out: Path) -> list[Path]:
    """Write the scaled motions in both formats, each with its list; return the files."""
    (out / "one-column").mkdir(parents=True)
    columns = opensees_path(motions=found, out_dir=out / "one-column")
    (out / "at2").mkdir(parents=True)
    return [*columns, *at2(motions=found, out_dir=out / "at2")]
