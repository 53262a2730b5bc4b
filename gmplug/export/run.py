"""Export of a run's motions or responses in a format."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gmplug.errors import InputError
from gmplug.excitation.selected_motions import motions


def export_run(
    run_dir: Path, format_name: str, out: Path | None = None, options: Mapping[str, Any] | None = None
) -> tuple[list[Path], Path]:
    """Write the selected motions of a run in a format; return the files and their folder.

    Parameters
    ----------
    out
        Folder to write, not there yet or empty; ``export/FORMAT`` of the run directory if not given.
    options
        Options of the format; paths among them are taken from the working directory.

    Raises
    ------
    InputError
        The run, the format, an option or a record is bad, or the folder is in use.
    """
    from gmplug.host import Host
    from gmplug.host.options import bind
    from gmplug.study import load_study

    study_file = run_dir / "study.toml"
    if not study_file.is_file():
        raise InputError(f"{run_dir}: not a run directory (it has no study.toml); give the folder of a run")
    study = load_study(study_file)
    host = Host(study.script_paths())
    exporter = host.provider("exporters", format_name)
    where = out if out is not None else run_dir / "export" / format_name
    if where.exists() and (not where.is_dir() or any(where.iterdir())):
        raise InputError(f"{where}: exists already; remove it, or give --out another place")
    given = {"motions": (), "run_dir": run_dir, "out_dir": where, "study": study}
    arguments = bind(exporter, options or {}, given, f"export format '{format_name}'", Path.cwd())
    if "motions" in arguments:  # waveforms are read for those formats that write them
        arguments["motions"] = motions(run_dir)
    return _write(exporter, arguments, where), where


def _write(exporter: Any, arguments: dict[str, Any], where: Path) -> list[Path]:
    """Export to a temporary folder, and move it to its place when it is complete."""
    try:
        where.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=where.parent, prefix=".export-") as scratch:
            new = Path(scratch) / "new"
            new.mkdir()
            arguments = {name: new if name == "out_dir" else value for name, value in arguments.items()}
            written = [Path(path).relative_to(new) for path in exporter(**arguments)]
            if where.exists():
                where.rmdir()
            new.replace(where)
    except OSError as error:
        raise InputError(f"{where}: cannot be written ({error}); give --out another place") from error
    return [where / path for path in written]
