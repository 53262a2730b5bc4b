"""The simulated catalogue on disk: a folder per recipe, complete or not there.

``<cache>/<fingerprint>/`` holds ``records.csv``, ``drawn_spectra.csv``, ``at2/SIM0001_H1.AT2`` … and
``manifest.json``. A folder is made under another name and renamed when complete; one whose files do not
agree with its manifest is made again. ``spectra-<periods>.parquet`` are spectra at a study's periods.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gmplug.values import FloatArray

#: Raised whenever the same seed and options would give other records than before, or other columns of them;
#: what an earlier recipe has made is left as it is. 2: the intensity measures are in ``records.csv``.
#: 3: durations and PGV are drawn with the spectrum, and held while matching. 4: more steps of matching.
#: 5: further measures, and what tells of flaws. 6: another start and fewer steps of matching.
RECIPE = 6

RECORDS, DRAWN, WAVEFORMS, MANIFEST = "records.csv", "drawn_spectra.csv", "at2", "manifest.json"


def fingerprint(options: Mapping[str, Any]) -> str:
    """Return a name for what ``options`` and the recipe make."""
    text = json.dumps({"recipe": RECIPE, **options}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def is_complete(folder: Path) -> bool:
    """Whether all files that the manifest lists are there, with the sizes it states."""
    try:
        files = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
        return all((folder / name).stat().st_size == size for name, size in files.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def obtain(cache: Path, options: Mapping[str, Any], make: Callable[[Path], None]) -> Path:
    """Return the folder of these options, made by ``make(folder)`` where it is not complete yet."""
    folder = cache / fingerprint(options)
    if is_complete(folder):
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f"{folder.name}.partial-", dir=cache))
    try:
        make(partial)
        _write_manifest(partial, options)
        if not is_complete(folder):  # else somebody else has made it meanwhile
            shutil.rmtree(folder, ignore_errors=True)
            partial.chmod(0o755)
            partial.replace(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def _write_manifest(folder: Path, options: Mapping[str, Any]) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    content = {
        "what": "simulated ground motions made by gmplug; not recordings",
        "recipe": RECIPE,
        "options": dict(options),
        "files": {path.relative_to(folder).as_posix(): path.stat().st_size for path in files},
    }
    (folder / MANIFEST).write_text(json.dumps(content, indent=1), encoding="utf-8")


def spectra(folder: Path, periods_s: FloatArray, compute: Callable[[], FloatArray]) -> FloatArray:
    """Return spectra at ``periods_s``, shape (N, Q), read from the folder or computed and left there."""
    name = hashlib.sha256(np.asarray(periods_s, dtype="<f8").tobytes()).hexdigest()[:16]
    path = folder / f"spectra-{name}.parquet"
    rows = len(pd.read_csv(folder / RECORDS, usecols=["id"]))
    if path.is_file():
        try:
            values = pd.read_parquet(path).to_numpy(dtype=float)
        except (OSError, ValueError):  # pyarrow's own errors are ValueErrors
            values = np.empty((0, 0))
        if values.shape == (rows, len(periods_s)):
            return values
    values = compute()
    table = pd.DataFrame(values, columns=[f"{period:.6g} s #{i}" for i, period in enumerate(periods_s)])
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    table.to_parquet(partial, index=False)
    partial.replace(path)
    return values
