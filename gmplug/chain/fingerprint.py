"""Fingerprints: whether a stage's value still follows from its options, files and inputs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gmplug._version import __version__
from gmplug.chain.calls import Call, call_files, calls_of, code_of
from gmplug.study.schema import Study

if TYPE_CHECKING:
    from gmplug.chain.stage import Stage
    from gmplug.host import Host

#: Where and how many analyses run does not change the result.
_IRRELEVANT = {
    "analysis": ("workers", "executor", "executor_options"),
    # A script counts where it offers a provider or an event.
    "study": ("name", "project", "prepared_by", "scripts"),
}
_HASH_WHOLE_FILE_BYTES = 64 * 2**20


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def stage_fingerprint(
    stage: Stage, study: Study, host: Host, inputs: Mapping[str, Mapping[str, str]], **more: Any
) -> str:
    """Return the fingerprint of a stage's value; see :class:`Stage`.

    Parameters
    ----------
    inputs
        For each input stage, the digests of its files.
    more
        Further plain data.
    """
    content = study.model_dump(mode="json", exclude_none=True)
    calls = calls_of(stage, study, host)
    state = {
        "gmplug": __version__,
        "code": code_of(host, calls, stage.events, study.base_dir),
        "sections": {name: _relevant(name, content) for name in (*stage.sections, f"stages.{stage.name}")},
        "conditioning_period_s": study.conditioning_period_s,
        "grid": [float(t) for t in study.periods_s()],
        "files": file_states(host, calls, study.base_dir),
        "inputs": inputs,
        **more,
    }
    return hashlib.sha256(json.dumps(state, sort_keys=True, default=str).encode()).hexdigest()


def file_states(host: Host, calls: Iterable[Call], base_dir: Path) -> dict[str, Any]:
    """Return the state of each file and folder of the calls, by path."""
    paths = (path for call in calls if call.counts for path in call_files(host, call, base_dir))
    return {str(path): _path_state(path) for path in paths}


def _relevant(section: str, content: Mapping[str, Any]) -> Any:
    """Return the relevant keys of a section, or the value of ``SECTION.KEY``."""
    name, _, key = section.partition(".")
    found = content.get(name, {})
    if key:
        return found.get(key)
    left_out = _IRRELEVANT.get(name, ())
    return {key: value for key, value in found.items() if key not in left_out}


def _path_state(path: Path) -> Any:
    if path.is_dir():
        return [(str(p.relative_to(path)), *_stat(p)) for p in sorted(path.rglob("*")) if p.is_file()]
    if not path.is_file():
        return None
    return file_digest(path) if path.stat().st_size <= _HASH_WHOLE_FILE_BYTES else _stat(path)


def _stat(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns
