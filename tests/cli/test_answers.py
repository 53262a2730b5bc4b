"""Each command ends with the next step, and prints its result as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from gmplug.cli import cli
from gmplug.notes import counted
from gmplug.runs import run_study
from tests.support.studies import write_small_study


def leaves(
    group: click.Group, names: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from leaves(command, (*names, name))
        elif command is not None:
            yield (*names, name), command


def test_every_command_has_json() -> None:
    without = [
        " ".join(names)
        for names, command in leaves(cli)
        if command.callback is not None
        and command.callback.__module__.startswith("gmplug.")
        and not any("--json" in one.opts for one in command.params)
    ]
    assert without == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("answers")
    run_study(write_small_study(place), place / "run", until="selection")
    return place


def said(*arguments: str) -> tuple[Any, str]:
    done = CliRunner().invoke(cli, [*arguments, "--json"], standalone_mode=False)
    assert done.exception is None and done.return_value in (0, None), done.output
    shown = CliRunner().invoke(cli, arguments, standalone_mode=False)
    return json.loads(done.stdout), shown.stdout


@pytest.mark.parametrize(
    ("command", "key"),
    [
        (("info", "RUN"), "selection"),
        (("why", "RUN"), "reasons"),
        (("checks", "RUN"), "checks"),
        (("alternates", "RUN"), "records"),
        (("report", "RUN"), "report"),
        (("clean", "RUN"), "bytes"),
        (("run", "STUDY", "--out", "RUN", "--until", "selection"), "run_dir"),
        (("plugins",), ""),
    ],
)
def test_the_answer_for_people_and_for_scripts(command: tuple[str, ...], key: str, folder: Path) -> None:
    places = {"RUN": str(folder / "run"), "STUDY": str(folder / "study.toml")}
    data, shown = said(*(places.get(word, word) for word in command))
    assert shown.splitlines()[-1].startswith("Next: ")
    if key:
        assert key in data and data["attention"] == []
        assert shown.splitlines()[-1] == f"Next: {data['next']}"
    else:
        assert {"name", "offers", "options"} <= data[0].keys()


def test_export_says_what_it_wrote(folder: Path) -> None:
    done = CliRunner().invoke(cli, ["export", str(folder / "run"), "--format", "csv", "--json"])
    data = json.loads(done.stdout)
    assert len(data["files"]) > 6 and all(Path(name).is_file() for name in data["files"])


def test_numbers_stay_numbers(folder: Path) -> None:
    data, _ = said("alternates", str(folder / "run"))
    first = data["records"][0]["alternates"][0]
    assert isinstance(first["change_of_error"], float) and isinstance(first["id"], str)


def test_numbers_with_their_noun() -> None:
    assert [counted(count, "record") for count in (0, 1, 2)] == ["0 records", "1 record", "2 records"]
    assert (
        counted(1, "analysis", "analyses") == "1 analysis"
        and counted(3, "analysis", "analyses") == "3 analyses"
    )


def test_a_command_that_does_not_exist_is_answered_with_a_near_one() -> None:
    for wrong, right in (
        ("alternate", "`gmplug alternates`"),
        ("x.toml", "`gmplug run x.toml`"),
        ("qq", "--help"),
    ):
        done = CliRunner().invoke(cli, [wrong])
        assert done.exit_code == 2 and right in done.output


def test_help_shows_each_command_in_its_section() -> None:
    shown = CliRunner().invoke(cli, ["--help"]).output
    for text in ("Review the selection:", "  why ", "First steps:", "_GMPLUG_COMPLETE"):
        assert text in shown
    assert "..." not in shown.replace("[ARGS]...", "")
