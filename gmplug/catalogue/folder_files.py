"""Which files of a folder are waveforms."""

from __future__ import annotations

import re
from pathlib import Path

from gmplug.catalogue.components import DATA_SUFFIXES, parse_component
from gmplug.catalogue.row_faults import rows_text
from gmplug.errors import InputError
from gmplug.waveforms.beside import times_beside
from gmplug.waveforms.formats import is_recognized

#: Files of less processing, or of spectra, that lie beside the corrected file of the same name.
_BESIDE_CORRECTED = {
    ".v2": (".v0", ".v1", ".raw", ".v3"),
    ".v2c": (".v0c", ".v1c", ".v3c"),
    ".v2a": (".v1a",),
}
#: Texts that lie beside accelerograms; the last is PEER's list of what was downloaded.
_ABOUT = re.compile(r"[_ ]*(readme|licen[cs]e|disclaimer|copyright|searchresults)", re.IGNORECASE)


def find_files(folder: Path, pattern: str, metadata: Path | None) -> tuple[list[Path], list[str]]:
    """Return the files to read, in order of their paths, and a note on others."""
    if not folder.is_dir():
        what = "is a file" if folder.is_file() else "no such folder"
        raise InputError(f"{folder}: {what}; [catalogue] path names a folder of accelerograms")
    present = [file for file in sorted(folder.rglob(pattern)) if file.is_file() and file.name[0] != "."]
    if metadata is not None:
        present = [file for file in present if file.resolve() != metadata.resolve()]
    corrected = {file.with_suffix(other) for file in present for other in _lesser(file)}
    beside = [file for file in present if file.with_suffix(file.suffix.lower()) in corrected]
    times = {found for file in present if (found := times_beside(file)) is not None}
    present = [file for file in present if file not in beside and file not in times]
    files = [file for file in present if _may_be_accelerogram(file)]
    if not files:
        raise InputError(
            f"{folder}: holds no accelerograms matching '{pattern}' (AT2, text or CSV); "
            f"check [catalogue] path"
        )
    others = [file.name for file in present if file not in set(files)]
    left = {
        f"{len(others)} other files not read: {rows_text(others)}": others,
        f"{len(times)} files give the times of the accelerations beside them": times,
        f"{len(beside)} files left out, as the corrected file of the same name lies beside them: "
        f"{rows_text([file.name for file in beside])}": beside,
    }
    return files, [note for note, some in left.items() if some]


def _lesser(file: Path) -> tuple[str, ...]:
    """Return the endings of names of files that a corrected one replaces; empty for other files."""
    return _BESIDE_CORRECTED.get(file.suffix.lower(), ())


def _may_be_accelerogram(file: Path) -> bool:
    suffix = file.suffix.lower()
    component = parse_component(Path(f"_{suffix}")).code  # in place of a format: ABC.NS, ABC.EW2, ABC.HNE
    known = suffix in DATA_SUFFIXES or (bool(component) and not component.isdigit())
    return not _ABOUT.match(file.name) and (known or is_recognized(file))
