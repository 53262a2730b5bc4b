"""A package outside the tree adds a command, a stage with options and a provider of motions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from gmplug.chain import STAGE_NAMES
from gmplug.chain.stages import load_stage, stage_names, value_of
from gmplug.cli import cli
from gmplug.errors import InputError, PluginError
from gmplug.host import Host
from gmplug.runs import load_run, run_study
from gmplug.spectra import rotd_spectrum
from gmplug.waveforms import read_motion
from tests.support.places import REPOSITORY
from tests.support.studies import write_small_study

MODULE = '''
import click
import gmplug


@click.command()
@click.argument("folder")
def weigh(folder):
    """Say how strong the motions of a run are."""
    click.echo(f"weighed {len(gmplug.motions(folder))} motions")


@gmplug.hookimpl
def gmplug_commands():
    return {"weigh": "gmplug_weights:weigh"}


@gmplug.hookimpl
def gmplug_stages():
    return {"weights": "gmplug_weights_stage:STAGE"}
'''

STAGE = """
import json
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import gmplug


@dataclass(frozen=True)
class Weights:
    tables: dict
    notes: tuple = ()


def run(context, motions, limit: float, unit: str = "g"):
    table = motions.table[["id", "scale_factor"]].assign(heavy=motions.table["scale_factor"] > limit)
    return Weights({"weights": table}, (f"limit {limit:g} {unit}",))


def save(value, run_dir):
    value.tables["weights"].to_csv(run_dir / "weights.csv", index=False)
    (run_dir / "weights.json").write_text(json.dumps(value.notes))


def load(run_dir, **inputs):
    notes = tuple(json.loads((run_dir / "weights.json").read_text()))
    return Weights({"weights": pd.read_csv(run_dir / "weights.csv")}, notes)


STAGE = gmplug.Stage(
    name="weights", inputs=("motions",), sections=(), files=("weights.csv", "weights.json"),
    run=run, save=save, load=load, summary=lambda value: {"weighed": len(value.tables["weights"])},
)
"""


def install(site: Path, name: str, **modules: str) -> None:
    """Lay a package where an installer would, its entry point named as its module."""
    info = site / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    first = next(iter(modules))
    (info / "entry_points.txt").write_text(f"[gmplug]\n{first} = {first}\n")
    for module, text in modules.items():
        (site / f"{module}.py").write_text(text)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    install(folder, "gmplug-weights", gmplug_weights=MODULE, gmplug_weights_stage=STAGE)
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    for name in [n for n in sys.modules if n.startswith(("gmplug_weights", "gmplug_rival"))]:
        del sys.modules[name]


def gmplug(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    here = REPOSITORY
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(here)])}
    command = [sys.executable, "-m", "gmplug", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False)


def test_the_stage_takes_its_place_and_the_report_and_summary_know_it(site: Path, tmp_path: Path) -> None:
    study = write_small_study(tmp_path / "study")
    study.write_text(study.read_text() + "[stages.weights]\nlimit = 0.5\n")
    run = run_study(study, tmp_path / "run")
    names = stage_names(run.host)
    assert names[names.index("motions") :][:3] == ("motions", "weights", "analysis")
    assert [name for name in names if name != "weights"] == list(STAGE_NAMES)
    table = run.values["weights"].tables["weights"]
    assert list(table["id"]) == list(run.values["selection"].records["id"])
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["weighed"] == len(table)
    assert "weights" in summary["timing_s"]
    assert "limit 0.5 g" in summary["notes"]
    page = (tmp_path / "run" / "report.html").read_text()
    assert '<section id="stage-weights">' in page
    assert '<a href="#stage-weights">Weights</a>' in page
    again = run_study(study, tmp_path / "run", until="weights")
    pd.testing.assert_frame_equal(again.values["weights"].tables["weights"], table)
    assert "demands" not in again.values
    before = (tmp_path / "run" / "weights.csv").read_text()
    study.write_text(study.read_text().replace("limit = 0.5", "limit = 1e9"))
    run_study(study, tmp_path / "run", until="weights")
    assert (tmp_path / "run" / "weights.csv").read_text() != before
    read = load_run(tmp_path / "run")
    assert not read.values["weights"].tables["weights"]["heavy"].any()
    done = gmplug(site, "weigh", str(tmp_path / "run"))
    assert done.stdout == f"weighed {len(table)} motions\n", done.stderr


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("[stages.weights]\nlimit = 1\nheight = 2\n", r"\[stages\.weights\]: unknown option 'height'"),
        ("", r"\[stages\.weights\]: option 'limit' is missing"),
        ('[stages.weights]\nlimit = "much"\n', r"\[stages\.weights\]: option 'limit'"),
        ("[stages.weights]\nlimit = 1\n[stages.wait]\n", r"\[stages\.wait\]: unknown stage 'wait'; known:"),
        (
            "[stages.weights]\nlimit = 1\n[stages.analysis]\nx = 1\n",
            r"\[stages\.analysis\]: unknown option 'x'",
        ),
    ],
)
def test_options_of_the_stage_are_checked(site: Path, tmp_path: Path, section: str, said: str) -> None:
    study = write_small_study(tmp_path / "study", records=8)
    study.write_text(study.read_text() + section)
    with pytest.raises(InputError, match=said):
        run_study(study, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_the_command_is_one_of_all(site: Path) -> None:
    shown = CliRunner().invoke(cli, ["--help"])
    assert "  weigh       Say how strong the motions of a run are." in shown.output
    assert CliRunner().invoke(cli, ["weigh", "--help"]).exit_code == 0


def test_a_clash_of_commands_names_both_packages(site: Path) -> None:
    rival = """
import click, gmplug
@gmplug.hookimpl
def gmplug_commands():
    return {"run": click.Command("run"), "weigh": click.Command("weigh")}
"""
    install(site, "gmplug-rival", gmplug_rival=rival)
    for name, packages in (
        ("run", r"(package gmplug) and 'gmplug_rival' (package gmplug-rival)"),
        ("weigh", r"'gmplug_rival' (package gmplug-rival) and 'gmplug_weights' (package gmplug-weights)"),
    ):
        done = gmplug(site, name, "x")
        assert done.returncode == 2
        assert done.stderr.startswith(f"gmplug: command '{name}' is offered by two plugins")
        assert packages in done.stderr
        assert len(done.stderr.splitlines()) == 1
    shown = gmplug(site, "--help")
    assert shown.returncode == 0
    assert "command 'weigh' is offered by two plugins" in " ".join(shown.stdout.split())


def test_a_command_that_cannot_be_loaded_costs_no_other(site: Path) -> None:
    broken = """
import gmplug
@gmplug.hookimpl
def gmplug_commands():
    return {"gone": "gmplug_rival_gone:command", "text": "gmplug_rival:NAME"}
NAME = "a text"
"""
    install(site, "gmplug-rival", gmplug_rival=broken)
    shown = gmplug(site, "--help")
    said = " ".join(shown.stdout.split())
    assert shown.returncode == 0
    assert "weigh Say how strong" in said
    assert "command 'gone' cannot be loaded: ModuleNotFoundError" in said
    assert "command 'text' (plugin 'gmplug_rival' (package gmplug-rival)) is str, not a click.Command" in said
    done = gmplug(site, "gone")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def script(tmp_path: Path, stage: str) -> Host:
    path = tmp_path / "hooks.py"
    path.write_text(
        "import gmplug\n"
        "def nothing(*a, **k): ...\n"
        "def stage(name, **more):\n"
        "    return gmplug.Stage(**{**dict(name=name, inputs=(), sections=(), files=(), run=nothing,\n"
        "                        save=nothing, load=nothing), **more})\n"
        f"@gmplug.hookimpl\ndef gmplug_stages():\n    return {stage}\n"
    )
    return Host([path], entry_points=False)


def test_stages_stand_after_what_they_take(tmp_path: Path) -> None:
    host = script(
        tmp_path,
        "{'c': stage('c', inputs=('b',)), 'a': stage('a', after=('target',)),"
        " 'b': stage('b', after=('target',)),"
        " 'last': stage('last', inputs=('report',)), 'free': stage('free')}",
    )
    names = stage_names(host)
    at = names.index("target") + 1
    assert names[at : at + 3] == ("a", "b", "c")
    assert names[-3:] == ("free", "report", "last")
    assert load_stage("report", host).inputs == tuple(map(value_of, names[: names.index("report")]))
    assert stage_names() == STAGE_NAMES


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ("{'a': stage('a', inputs=('nowhere',))}", r"stage 'a' .*takes 'nowhere', which is no stage"),
        ("{'a': stage('a', inputs=('b',)), 'b': stage('b', inputs=('a',))}", r"stage 'a' .*takes 'b'"),
        ("{'a': stage('a', inputs=('preselection',))}", r"stage 'a' .*takes 'preselection'.*'candidates'"),
        ("{'a': stage('b')}", r"stage 'a' .*is a stage named 'b'"),
        ("{'a': 3}", r"stage 'a' .*is int; offer a gmplug\.Stage"),
        ("{'selection': stage('selection')}", r"stage 'selection' is offered by two plugins.*package gmplug"),
        ("{'a': 'no_module_of_mine:STAGE'}", r"stage 'a' cannot be loaded: ModuleNotFoundError"),
    ],
)
def test_bad_stages_are_named(tmp_path: Path, stage: str, said: str) -> None:
    with pytest.raises(PluginError, match=said):
        stage_names(script(tmp_path, stage))


# -- four changes by one package: a catalogue, a measure, a demand, a command with a stage ------------

OUTSIDE = '''
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import numpy as np
import pandas as pd

import gmplug

_CM_S2 = 980.665  # 1 g


@dataclass(frozen=True)
class FlatfileOptions:
    flatfile: Path
    waveforms: Path


def esm_flatfile(options: FlatfileOptions, periods_s):
    """A flatfile with the columns of the European Strong-Motion database."""
    table = pd.read_csv(options.flatfile, sep=";")
    columns = [name for name in table if name.startswith("rotD50_T")]
    records = pd.DataFrame({
        "id": table["esm_event_id"] + "-" + table["station_code"], "group": "all",
        "event": table["esm_event_id"], "station": table["station_code"], "magnitude": table["Mw"],
        "rjb_km": table["JB_dist"], "vs30_m_s": table["vs30_m_sec"], "housner_cm": table["rotD50_housner"],
        "file_h1": [str(options.waveforms / name) for name in table["U_file"]],
        "file_h2": [str(options.waveforms / name) for name in table["V_file"]],
    })
    periods = np.array([float(name.removeprefix("rotD50_T").replace("_", ".")) for name in columns])
    return gmplug.Catalogue(
        records, periods, table[columns].to_numpy(float) / _CM_S2, "RotD50", "a flatfile of ESM"
    )


HOUSNER = gmplug.IntensityMeasure(
    column="housner_cm", title="Housner intensity", symbol="SI", unit="cm", scale_power=1.0,
    correlation_with_sa=lambda periods_s: 0.9 - 0.2 * np.abs(np.log(periods_s)),
    predict=lambda scenario: (np.log(20.0), 0.6),
)


@gmplug.hookimpl
def gmplug_catalogues():
    return {"esm-flatfile": esm_flatfile}


@gmplug.hookimpl
def gmplug_intensity_measures():
    return [HOUSNER]


@gmplug.hookimpl
def gmplug_demands():
    return [gmplug.Demand("peak_floor_velocity", "Peak floor velocity", "m_s", "floor", "Of floors.")]


@gmplug.hookimpl
def gmplug_extra_demands(history, model):
    step = history.time_s[1] - history.time_s[0]
    velocity = np.abs(np.gradient(history.displacement[0], step, axis=0)).max(axis=0)
    return {f"peak_floor_velocity_{floor}_m_s": value for floor, value in enumerate(velocity)}


@click.command()
@click.argument("folder")
def fastest(folder):
    """Say how fast the floors of a run move."""
    run = gmplug.load_run(folder)
    click.echo(f"{run.values['velocities'].values['fastest_m_s']:.6f}")


@gmplug.hookimpl
def gmplug_commands():
    return {"fastest": fastest}


def _run(context, demands, least: float = 0.0):
    columns = [name for name in demands.table if name.startswith("peak_floor_velocity_")]
    largest = demands.table[columns].max(axis=1)
    table = pd.DataFrame({"id": demands.table["id"], "velocity_m_s": largest})
    table = table[largest > least]
    return gmplug.Assessment({"fastest_m_s": float(largest.max())}, {"velocities": table}, {})


def _save(value, run_dir):
    value.tables["velocities"].to_csv(run_dir / "velocities.csv", index=False)


def _load(run_dir, **inputs):
    table = pd.read_csv(run_dir / "velocities.csv")
    return gmplug.Assessment({"fastest_m_s": float(table["velocity_m_s"].max())}, {"velocities": table}, {})


@gmplug.hookimpl
def gmplug_stages():
    return {"velocities": gmplug.Stage(
        name="velocities", inputs=("demands",), sections=(), files=("velocities.csv",), run=_run, save=_save,
        load=_load, summary=lambda value: dict(value.values),
    )}
'''


def write_esm_flatfile(folder: Path) -> None:
    """Pairs of the small study's accelerograms as a flatfile with ESM's columns, separator and units."""
    periods_s = np.round(np.geomspace(0.05, 3.0, 40), 3)
    files = sorted((folder / "records").glob("*.csv"))
    rows = []
    for number, pair in enumerate(zip(files[::2], files[1::2], strict=True)):
        motion = read_motion({"file_h1": str(pair[0]), "file_h2": str(pair[1])})
        (sa_g,) = rotd_spectrum(*motion.horizontal_g, motion.time_step_s, periods_s, percentiles=(50,))
        row = {
            "esm_event_id": f"EMSC-{number:02d}", "station_code": "AQK", "Mw": 6.0 + 0.05 * number,
            "JB_dist": 10.0 + number, "vs30_m_sec": 400.0, "U_file": pair[0].name, "V_file": pair[1].name,
            "rotD50_housner": 980.665 * float(np.trapezoid(sa_g * periods_s / (2 * np.pi), periods_s)),
        }  # fmt: skip
        spectrum = {
            f"rotD50_T{period:.3f}".replace(".", "_"): value * 980.665
            for period, value in zip(periods_s, sa_g, strict=True)
        }
        rows.append(row | spectrum)
    pd.DataFrame(rows).to_csv(folder / "esm.csv", sep=";", index=False)


def test_one_package_adds_a_catalogue_a_measure_a_demand_and_a_command_with_a_stage(tmp_path: Path) -> None:
    site = tmp_path / "site"
    install(site, "gmplug-esm", gmplug_esm=OUTSIDE)
    study = write_small_study(tmp_path / "study", records=32)
    write_esm_flatfile(study.parent)
    text = study.read_text()
    for before, after in (
        ('provider = "accelerograms"\npath = "records"',
         'provider = "esm-flatfile"\nflatfile = "esm.csv"\nwaveforms = "records"'),
        ("[target]\n", '[target]\nprovider = "gcim"\nmeasures = ["housner_cm"]\n'),
        ("[preselection]\n", "[preselection]\nhousner_cm = [1.0, 1000.0]\nmagnitude = [6.0, 6.7]\n"),
    ):  # fmt: skip
        assert before in text
        text = text.replace(before, after)
    study.write_text(text + "[stages.velocities]\nleast = 0.0\n")
    run_dir = tmp_path / "run"
    done = gmplug(site, "run", str(study), "--out", str(run_dir), "--quiet")
    assert done.returncode in (0, 1), done.stderr

    candidates = pd.read_csv(run_dir / "candidates.csv")
    assert candidates["id"].str.startswith("EMSC-").all() and candidates["magnitude"].le(6.7).all()
    assert candidates["housner_cm"].between(1.0, 1000.0).all()
    target = json.loads((run_dir / "target.json").read_text())
    assert "housner_cm" in target["description"]
    demands = pd.read_csv(run_dir / "demands.csv")
    assert (demands["status"] == "ok").all() and (demands["peak_floor_velocity_1_m_s"] > 0).all()
    page = (run_dir / "report.html").read_text()
    for shown in ("SI, scaled (cm)", "Of floors.", '<section id="stage-velocities">'):
        assert shown in page, shown
    summary = json.loads((run_dir / "summary.json").read_text())
    columns = [name for name in demands if name.startswith("peak_floor_velocity_")]
    assert summary["fastest_m_s"] == pytest.approx(demands[columns].max().max())
    said = gmplug(site, "fastest", str(run_dir))
    assert said.stdout == f"{summary['fastest_m_s']:.6f}\n", said.stderr
    listed = json.loads(gmplug(site, "plugins", "--json").stdout)
    (mine,) = [row for row in listed if row["package"] == "gmplug-esm"]
    assert [one["name"] for one in mine["options"]["gmplug_catalogues"]["esm-flatfile"]] == [
        "flatfile", "waveforms",
    ]  # fmt: skip
    bad = study.with_name("bad.toml")
    bad.write_text(study.read_text().replace('flatfile = "esm.csv"', 'flatfile = "nowhere.csv"'))
    refused = gmplug(site, "run", str(bad), "--out", str(tmp_path / "bad"))
    assert refused.returncode == 2
    assert "option 'flatfile'" in refused.stderr and "no such file or folder" in refused.stderr
