"""What is wrong with a study is told before anything is computed, all of it at once."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given, settings
from hypothesis import strategies as st

from gmplug.chain.display import Display
from gmplug.chain.run import write_resolved
from gmplug.errors import InputError
from gmplug.host import Host
from gmplug.runs import open_study, run_study
from gmplug.study import load_study
from tests.support.places import REPOSITORY
from tests.support.studies import STUDY, write_small_study

#: A valid study with an option of gmplug's own and one of the provider's in each section.
FULL = STUDY.replace("[clustering]", "max_per_event = 3\n[clustering]").replace(
    "workers = 2",
    "workers = 2\nsolver = { tolerance = 1e-8 }\n[assessment]\ndrift_thresholds = [0.01]\n"
    '[[levels]]\nname = "a"\nsa_g = 0.2\n[risk]\nassess = ["fragility"]\n[risk.fragility]\nlimits = { mine = '
    '["peak_story_drift_ratio", 0.02] }\n',
)


class Started(Display):
    """Remembers which stages began."""

    def __init__(self) -> None:
        self.stages: list[str] = []

    def stage_started(self, stage: str) -> None:
        self.stages.append(stage)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of a study."""
    path = tmp_path_factory.mktemp("checked")
    write_small_study(path, records=2)
    return path


@pytest.fixture(scope="module")
def host(folder: Path) -> Host:
    """The plugins, with the study's model, loaded once."""
    return Host([folder / "model.py"])


def _problems(folder: Path, content: dict[str, Any], host: Host | None = None) -> list[str]:
    """What a run of a study says; nothing is computed and nothing written."""
    (folder / "study.toml").write_text(tomli_w.dumps(content))
    seen = Started()
    with tempfile.TemporaryDirectory() as place, pytest.raises(InputError) as caught:
        try:
            run_study(folder / "study.toml", Path(place) / "run", display=seen, host=host)
        finally:
            assert seen.stages == []
            assert not (Path(place) / "run").exists()
    return list(caught.value.problems)


def test_five_planted_mistakes_are_all_named(tmp_path: Path) -> None:
    study = write_small_study(tmp_path, records=2)
    text = study.read_text()
    for old, new in (
        ('path = "records"', 'path = "recods"'),
        ('gmm = "BSSA14"', 'gmm = "BSSA41"'),
        ("scale_factor =", "scale_facto ="),
        ('method = "kmeans"', 'method = "kmean"'),
        ("count = 6", "cont = 6"),
    ):
        assert old in text
        text = text.replace(old, new)
    study.write_text(text)
    root = str(REPOSITORY)
    code = (
        "import sys; from gmplug.cli import _guarded; status = _guarded(['run', sys.argv[1]], False); "
        "heavy = {'tensorflow', 'pygmm', 'openseespy.opensees', 'matplotlib'} & set(sys.modules); "
        "print(sorted(heavy)); sys.exit(status)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(study)],
        env={**os.environ, "PYTHONPATH": root}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 2, ran.stderr
    lines = ran.stderr.splitlines()
    for said in (
        "[catalogue] provider 'accelerograms': option 'path': ",
        "unknown ground-motion model 'BSSA41'",
        "unknown option 'scale_facto'; did you mean 'scale_factor'?",
        "unknown clusterer 'kmean'; did you mean 'kmeans'?",
        "unknown option 'cont'; did you mean 'count'?",
    ):
        assert sum(said in line for line in lines) == 1, ran.stderr
    assert len(lines) == 5
    assert ran.stdout.strip() == "[]"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.py", "records", "study.toml"]


def test_the_whole_study_that_is_changed_below_is_valid(folder: Path, host: Host) -> None:
    (folder / "study.toml").write_text(FULL)
    open_study(folder / "study.toml", host=host)


def _options() -> list[tuple[str, ...]]:
    """The place of every option of the study, and of one table deeper."""
    places: list[tuple[str, ...]] = []
    for section, part in tomllib.loads(FULL).items():
        for key, value in (part if isinstance(part, dict) else part[0]).items():
            places.append((section, key))
            if isinstance(value, dict) and key in ("solver", "scenario", "fragility", "periods_s"):
                places += [(section, key, inner) for inner in value]
    return places


def _holder(content: dict[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
    holder: Any = content
    for key in place[:-1]:
        holder = holder[key]
        holder = holder[0] if isinstance(holder, list) else holder
    return holder


@settings(max_examples=40, deadline=None)
@given(place=st.sampled_from(_options()), at=st.integers(0, 30), letter=st.sampled_from("xqz"))
def test_a_misspelled_option_is_named_before_the_first_stage(
    folder: Path, host: Host, place: tuple[str, ...], at: int, letter: str
) -> None:
    content = tomllib.loads(FULL)
    holder = _holder(content, place)
    right = place[-1]
    wrong = right[: at % len(right) + 1] + letter + right[at % len(right) + 1 :]
    holder[wrong] = holder.pop(right)
    lines = _problems(folder, content, host)
    assert any(f"'{wrong}'" in line for line in lines), lines
    named = [line for line in lines if f"'{wrong}'" in line]
    assert any(place[0] in line for line in named), lines


#: Values that no option takes.
_STRANGE: tuple[Any, ...] = ({"strange": [[True]]}, [[["strange"]]], [{"strange": 1}])


@settings(max_examples=40, deadline=None)
@given(place=st.sampled_from(_options()), value=st.sampled_from(_STRANGE))
def test_an_option_of_a_wrong_type_is_named_before_the_first_stage(
    folder: Path, host: Host, place: tuple[str, ...], value: Any
) -> None:
    content = tomllib.loads(FULL)
    _holder(content, place)[place[-1]] = value
    lines = _problems(folder, content, host)
    assert any(place[-1] in line and place[0] in line for line in lines), lines


@settings(max_examples=40, deadline=None)
@given(st.sets(st.sampled_from(["catalogue", "target", "preselection", "selection", "analysis"]), min_size=2))
def test_all_sections_with_a_mistake_are_told_together(folder: Path, host: Host, wrong: set[str]) -> None:
    content = tomllib.loads(STUDY)
    for section in wrong:
        content[section]["nonsense_option"] = 1
    lines = _problems(folder, content, host)
    assert {section for section in wrong if any(f"[{section}]" in line for line in lines)} == wrong


def test_errors_of_the_file_and_of_providers_are_shown_in_one_go(folder: Path) -> None:
    content = tomllib.loads(STUDY)
    content["selection"]["count"] = "many"
    content["selection"]["efort"] = 1.0
    content["catalogue"]["path"] = "nowhere"
    content["structure"]["model"] = "absent.py"
    content["analysis"]["solver"] = {"algorithms": ["Newtn"]}
    content["study"]["scripts"] = ["gone.py"]
    text = "\n".join(_problems(folder, content))
    assert "[selection] count: Input should be a valid integer" in text
    assert "unknown option 'efort'; did you mean 'effort'?" in text
    assert "nowhere: no such file or folder" in text
    assert "absent.py: no such file" in text and "gone.py: no such file" in text
    assert "OpenSees has no 'Newtn' here; did you mean 'Newton'?" in text
    assert text.count("\n") == 5


@pytest.mark.parametrize(
    ("section", "key", "value", "said"),
    [
        ("assessment", "drift_threshold", [0.01], "unknown option 'drift_threshold'; did you mean 'drift_th"),
        ("assessment", "drift_thresholds", [-0.01], "drift_thresholds"),
        ("selection", "cont", 20, "did you mean 'count'? known: batches, correlation_weight, count"),
        ("selection", "effort", True, "option 'effort': a number is expected, not true"),
        ("structure", "period_s", True, "[structure]: period_s: a number is expected, not true"),
        ("study", "seed", False, "[study]: seed: a number is expected, not false"),
        ("structure", "period", 1.0, "did you mean 'period_s'?"),
        ("target", "epsilon", 1.0, "give either sa_g or epsilon, not both"),
        ("target", "correlation", "baker", "correlation"),
        ("target", "scenario", {"magnitude": 6.0}, "vs30_m_s is missing"),
        ("target", "hazard", "no.csv", "no.csv: no such file"),
        ("clustering", "options", {"n_clusters": 0}, "n_clusters"),
        ("clustering", "n_clusters", 3, "options of what it names stand in options = { … }"),
        ("analysis", "executor_options", {"nodes": 2}, "unknown option 'nodes'"),
        ("risk", "assess", ["fragilty"], "did you mean 'fragility'?"),
        ("risk", "fragilty", {"limits": {}}, "did you mean 'fragility'?"),
        ("risk", "hazard_curve", "no.csv", "no.csv"),
    ],
)
def test_kinds_of_mistakes(folder: Path, host: Host, section: str, key: str, value: Any, said: str) -> None:
    content = tomllib.loads(STUDY)
    if section == "risk":
        content["levels"] = [{"name": "a", "sa_g": 0.2}]
    content.setdefault(section, {})[key] = value
    lines = _problems(folder, content, host)
    assert any(said in line for line in lines), lines


def test_options_of_a_model_without_a_model_are_not_passed_over(folder: Path, host: Host) -> None:
    content = tomllib.loads(STUDY)
    content["structure"] = {"period_s": 1.0, "stories": 3}
    (line,) = _problems(folder, content, host)
    assert "[structure]: unknown option 'stories'" in line and "options of a model" in line


def test_a_level_with_a_mistake_is_told_before_any_runs(folder: Path, host: Host) -> None:
    content = tomllib.loads(STUDY)
    content["levels"] = [{"name": "a", "sa_g": 0.2}, {"name": "b", "sa_g": 0.3, "gmm": "nobody"}]
    lines = _problems(folder, content, host)
    assert any("unknown ground-motion model 'nobody'" in line for line in lines)


def test_a_text_that_is_also_a_folder_stays_a_text(tmp_path: Path) -> None:
    (tmp_path / "C1").mkdir()
    (tmp_path / "records").mkdir()
    (tmp_path / "study.toml").write_text(
        '[catalogue]\nprovider = "accelerograms"\npath = "records"\n[structure]\nperiod_s = 0.5\n'
        'model = "shear-building"\nbuilding_type = "C1"\n[target]\nsa_g = 0.2\n'
    )
    study = load_study(tmp_path / "study.toml")
    (tmp_path / "run").mkdir()
    write_resolved(study, Host(entry_points=False), tmp_path / "run")
    resolved = load_study(tmp_path / "run" / "study.toml")
    assert resolved.structure.options["building_type"] == "C1"
    assert resolved.catalogue.options["path"] == str((tmp_path / "records").resolve())
