"""Fingerprints: whether what a stage decided still follows from its options, files and inputs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gmplug._version import __version__
from gmplug.study.files import existing_path
from gmplug.study.schema import Study

#: Where and how many at a time analyses run does not change what comes out; whether a training is shared
#: shows in the inputs.
_IRRELEVANT = {
    "analysis": ("workers", "executor", "executor_options"),
    "study": ("name",),
    "clustering": ("share_training",),
}
_HASH_WHOLE_FILE_BYTES = 64 * 2**20


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def stage_fingerprint(
    study: Study,
    sections: tuple[str, ...],
    inputs: Mapping[str, Mapping[str, str]],
    plugins: Mapping[str, str],
) -> str:
    """Return the fingerprint of a stage.

    Parameters
    ----------
    sections
        The sections of the study that the stage reads.
    inputs
        For each input stage, the digests of its files.
    plugins
        Version of each installed package that offers plugins.
    """
    content = study.model_dump(mode="json", exclude_none=True)
    said = {name: _relevant(name, content.get(name, {})) for name in sections}
    state = {
        "gmplug": __version__,
        "plugins": dict(plugins),
        "sections": said,
        "grid": [float(t) for t in study.periods_s()],
        "files": path_states(said, study.base_dir),
        "scripts": {str(p): _path_state(p) for p in study.script_paths()},
        "inputs": inputs,
    }
    return hashlib.sha256(json.dumps(state, sort_keys=True, default=str).encode()).hexdigest()


def path_states(said: Any, base_dir: Path) -> dict[str, Any]:
    """Return the state of each file and folder that options name, by path."""
    return {str(path): _path_state(path) for path in _paths(said, base_dir)}


def _relevant(section: str, content: Mapping[str, Any]) -> dict[str, Any]:
    left_out = _IRRELEVANT.get(section, ())
    return {key: value for key, value in content.items() if key not in left_out}


def _paths(value: Any, base_dir: Path, key: str = "") -> Iterator[Path]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _paths(item, base_dir, name)
    elif isinstance(value, list):
        for item in value:
            yield from _paths(item, base_dir, key)
    else:
        path = existing_path(key, value, base_dir)
        if path is not None:
            yield path


def _path_state(path: Path) -> Any:
    if path.is_dir():
        return [(str(p.relative_to(path)), *_stat(p)) for p in sorted(path.rglob("*")) if p.is_file()]
    if not path.is_file():
        return None
    return file_digest(path) if path.stat().st_size <= _HASH_WHOLE_FILE_BYTES else _stat(path)


def _stat(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns
