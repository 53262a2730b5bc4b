"""Fingerprints of analyses: what their results follow from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gmplug._version import __version__
from gmplug.analysis.setup import AnalysisSetup
from gmplug.analysis.solver import SOLVER_REVISION
from gmplug.structures.files import model_files
from gmplug.values import AnalysisTask

if TYPE_CHECKING:
    from gmplug.host import Host

_WAVEFORMS = ("file_h1", "file_h2", "file_v")


def versions(host: Host) -> dict[str, str]:
    """Return the version of gmplug, of OpenSees and of every package that offers plugins."""
    found = {info.package: info.version for info in host.plugins() if info.version}
    return found | {"gmplug": __version__, "openseespy": metadata.version("openseespy")}


def setup_fingerprint(setup: AnalysisSetup, package_versions: Mapping[str, str]) -> str:
    """Return the fingerprint of what all analyses share: structure, its options and files, settings."""
    return _digest(
        {
            "versions": dict(package_versions),
            "revision": SOLVER_REVISION,
            "model": setup.model,
            "options": setup.options,
            "conditioning_period_s": setup.conditioning_period_s,
            "damping_ratio": setup.damping_ratio,
            "component": setup.component,
            "vertical": setup.vertical,
            "solver": setup.solver,
            "time_step_s": setup.time_step_s,
            "free_vibration_s": setup.free_vibration_s,
            "scripts": [_digests(path) for path in setup.scripts],
            "files": [_file_digest(path) for path in option_files(setup.options, setup.base_dir)],
        }
    )


def task_fingerprint(setup: str, task: AnalysisTask) -> str:
    """Return the fingerprint of one analysis; waveforms count by their content, not by where they lie."""
    files = [str(task.record.get(key) or "") for key in _WAVEFORMS]
    return _digest(
        {
            "setup": setup,
            "id": task.id,
            "scale_factor": task.scale_factor,
            "time_step_s": str(task.record.get("time_step_s")),
            **({"units": str(units)} if (units := task.record.get("units")) else {}),
            "waveforms": [_file_digest(Path(name)) if name else None for name in files],
        }
    )


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _digests(script: Path) -> list[str | None]:
    """Return the digests of a script and of the files beside it that it uses."""
    return [_file_digest(path) for path in model_files(script)]


def _file_digest(path: Path) -> str | None:
    try:
        stat = path.stat()
        return _digest_of(path, stat.st_size, stat.st_mtime_ns)
    except OSError:
        return None  # the analysis itself will say that it is missing


@lru_cache(maxsize=10_000)
def _digest_of(path: Path, size: int, mtime_ns: int) -> str:
    """Return the digest of a file's content, read once for all the analyses that use it."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def option_files(value: Any, base_dir: Path, key: str = "") -> Iterator[Path]:
    """Files that options name, in the options' order."""
    from gmplug.study.files import existing_path

    if isinstance(value, Mapping):
        for name in sorted(value):
            yield from option_files(value[name], base_dir, name)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from option_files(item, base_dir, key)
    else:
        path = existing_path(key, value, base_dir)
        if path is not None and path.is_file():
            yield path
