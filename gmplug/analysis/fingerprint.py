"""Fingerprints of analyses: digests of all inputs of their results."""

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
from gmplug.host import is_script
from gmplug.host.script_files import model_files
from gmplug.values import AnalysisTask
from gmplug.waveforms.reference import split_reference

if TYPE_CHECKING:
    from gmplug.host import Host

#: Hooks that change the result of an analysis.
EVENTS = (
    "gmplug_damping",
    "gmplug_analysis_options",
    "gmplug_analysis_starting",
    "gmplug_analysis_step",
    "gmplug_extra_demands",
    "gmplug_extra_histories",
)
_WAVEFORMS = ("file_h1", "file_h2", "file_v")


def versions(host: Host, model: str) -> dict[str, str]:
    """Return the versions of gmplug and OpenSees, and the code of the plugins that take part in analyses.

    These plugins offer the model, or implement one of :data:`EVENTS`.
    """
    found = {} if is_script(model) else {f"structure {model}": host.code_of_provider("structures", model)}
    for hook in EVENTS:
        found |= {f"{hook} {plugin}": code for plugin, code in host.code_of_hook(hook).items()}
    found = {name: code for name, code in found.items() if code}
    return found | {"gmplug": __version__, "openseespy": metadata.version("openseespy")}


def setup_fingerprint(setup: AnalysisSetup, package_versions: Mapping[str, str]) -> str:
    """Return the fingerprint of the structure, its options and files, and the settings of the analyses."""
    script = setup.base_dir / setup.model
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
            "script": [_file_digest(f) for f in model_files(script)] if is_script(setup.model) else None,
            "files": [_file_digest(path) for path in option_files(setup.options, setup.base_dir)],
        }
    )


def task_fingerprint(setup: str, task: AnalysisTask) -> str:
    """Return the fingerprint of one analysis; of waveforms it has the content, not the path."""
    files = [str(task.record.get(key) or "") for key in _WAVEFORMS]
    return _digest(
        {
            "setup": setup,
            "id": task.id,
            "scale_factor": task.scale_factor,
            "time_step_s": str(task.record.get("time_step_s")),
            **({"units": str(units)} if (units := task.record.get("units")) else {}),
            "waveforms": [_waveform_digest(name) if name else None for name in files],
        }
    )


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _waveform_digest(name: str) -> str | None:
    """Return the digest of a waveform file, with the number of the component where it holds several."""
    file, number = split_reference(name)
    digest = _file_digest(file)
    return digest if number is None or digest is None else f"{digest}#{number}"


def _file_digest(path: Path) -> str | None:
    try:
        stat = path.stat()
        return _digest_of(path, stat.st_size, stat.st_mtime_ns)
    except OSError:
        return None  # the analysis reports that it is missing


@lru_cache(maxsize=10_000)
def _digest_of(path: Path, size: int, mtime_ns: int) -> str:
    """Return the digest of a file's content; each version of a file is read once."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def option_files(value: Any, base_dir: Path) -> Iterator[Path]:
    """Yield the files that texts among the options name, and those in folders that they name."""
    if isinstance(value, Mapping):
        for name in sorted(value):
            yield from option_files(value[name], base_dir)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from option_files(item, base_dir)
    elif isinstance(value, str | Path) and str(value):
        path = base_dir / value
        try:
            if path.is_file():
                yield path
            elif path.is_dir() and not base_dir.resolve().is_relative_to(path.resolve()):
                yield from sorted(inner for inner in path.rglob("*") if inner.is_file())
        except OSError:
            return  # a text too long for a path
