"""An options model, a dataclass or a pydantic model, works like parameters one by one."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, model_validator

from gmplug.errors import InputError, PluginError
from gmplug.host import Host
from gmplug.host.listing import list_options
from gmplug.host.options import bind, file_options, options_of, path_options
from gmplug.runs import run_study
from tests.support.studies import write_small_study


def _one_by_one(
    *,
    seed: int,
    path: Path,
    count: Annotated[int, Field(ge=1)] = 3,
    ratio: float | None = None,
    names: list[str] = [],  # noqa: B006
) -> Any:
    """Return the options.

    Parameters
    ----------
    count, ratio
        How many,
        and how much.
    path : Path
        A file.

    Raises
    ------
    ValueError
        Never.
    """
    return path, count, ratio, names


@dataclass(frozen=True, kw_only=True)
class Plain:
    """Options.

    Parameters
    ----------
    path
        A file.
    count, ratio
        How many, and how much.
    """

    path: Path
    count: Annotated[int, Field(ge=1)] = 3
    ratio: float | None = None
    names: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.ratio is not None and self.count > 8:
            raise ValueError("give ratio or a count above 8, not both")


class Checked(BaseModel):
    """Options.

    Parameters
    ----------
    count, ratio
        How many, and how much.
    """

    model_config = ConfigDict(frozen=True)

    path: Path = Field(description="A file.")
    count: int = Field(3, ge=1)
    ratio: float | None = None
    names: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one(self) -> Checked:
        if self.ratio is not None and self.count > 8:
            raise ValueError("give ratio or a count above 8, not both")
        return self


def _with_dataclass(*, seed: int, options: Plain) -> Any:
    return options.path, options.count, options.ratio, options.names


def _with_pydantic(*, seed: int, options: Checked) -> Any:
    return options.path, options.count, options.ratio, options.names


class _Estimator:
    def __init__(self, options: Plain, seed: int = 0) -> None:
        self.options = options


MODELS = [_with_dataclass, _with_pydantic]
ALL = [_one_by_one, *MODELS]


@pytest.mark.parametrize("implementation", ALL)
def test_options_are_converted_and_resolved(implementation: Any, tmp_path: Path) -> None:
    options = {"path": "a.csv", "count": "4", "names": ["b"]}
    arguments = bind(implementation, options, {"seed": 1, "unused": 2}, "[x]", tmp_path)
    assert arguments["seed"] == 1 and "unused" not in arguments
    assert implementation(**arguments) == (tmp_path / "a.csv", 4, None, ["b"])


@pytest.mark.parametrize("implementation", ALL)
def test_bad_options_give_the_same_lines(implementation: Any) -> None:
    stated = {"cuont": 4, "ratio": "big", "count": 0, "seed": 3}
    with pytest.raises(InputError) as caught:
        bind(implementation, stated, {"seed": 1}, "[x]", also_known=["provider"])
    known = "known: count, names, path, provider, ratio"
    assert caught.value.problems == (
        f"[x]: unknown option 'cuont'; did you mean 'count'? {known}",
        "[x]: option 'ratio': Input should be a valid number, unable to parse string as a number (got 'big')",
        "[x]: option 'count': Input should be greater than or equal to 1 (got 0)",
        f"[x]: unknown option 'seed'; {known}",
        "[x]: option 'path' is missing; set it in the study file",
    )


@pytest.mark.parametrize("implementation", MODELS)
def test_a_check_of_the_model_is_one_line(implementation: Any) -> None:
    with pytest.raises(InputError) as caught:
        bind(implementation, {"path": "a", "count": 9, "ratio": 0.5}, {"seed": 1}, "[x]")
    assert caught.value.problems == ("[x]: give ratio or a count above 8, not both",)


@pytest.mark.parametrize("implementation", ALL)
def test_options_and_files_are_listed(implementation: Any, tmp_path: Path) -> None:
    known = options_of(implementation, {"seed"}, "x")
    assert [(name, option.required) for name, option in known.items()] == [
        ("path", True), ("count", False), ("ratio", False), ("names", False),
    ]  # fmt: skip
    assert known["count"].default == 3 and known["names"].default == []
    assert {name: option.about for name, option in known.items()} == {
        "path": "A file.", "count": "How many, and how much.", "ratio": "How many, and how much.",
        "names": "",
    }  # fmt: skip
    assert path_options(implementation, {"path": "a", "names": ["b"]}, tmp_path) == {"path": tmp_path / "a"}
    assert list(file_options(implementation, {"path": "a", "count": 3}, tmp_path)) == [tmp_path / "a"]


def test_a_class_takes_an_options_model() -> None:
    made = _Estimator(**bind(_Estimator, {"path": "a"}, {"seed": 1}, "[x]"))
    assert made.options == Plain(path=Path("a"))


def test_an_options_model_that_cannot_be_used_is_named() -> None:
    def twice(*, count: int, options: Plain) -> None: ...

    with pytest.raises(PluginError, match="'count' is a parameter and a field of Plain; rename the field"):
        options_of(twice, (), "x")
    with pytest.raises(PluginError, match="'count' is a parameter and a field of Plain"):
        options_of(_with_dataclass, {"count"}, "x")

    def unresolved(*, options: Nowhere) -> None: ...  # noqa: F821

    with pytest.raises(PluginError, match="annotation 'Nowhere' of parameter 'options' cannot be resolved"):
        options_of(unresolved, (), "x")


def test_a_parameter_named_options_without_a_model_is_an_option() -> None:
    def plain(*, options: dict[str, int]) -> dict[str, int]:
        return options

    assert list(options_of(plain, (), "x")) == ["options"]
    assert bind(plain, {"options": {"a": 1}}, {}, "[x]") == {"options": {"a": 1}}


def test_an_options_model_is_checked_with_the_study_and_listed(tmp_path: Path) -> None:
    study = write_small_study(tmp_path, records=8)
    (tmp_path / "hooks.py").write_text(
        "from dataclasses import dataclass\nfrom pathlib import Path\nimport gmplug\nimport numpy as np\n"
        "@dataclass(frozen=True)\nclass Options:\n    weights: Path\n    first: int = 0\n"
        "def choose(candidates, quotas, options: Options):\n"
        "    return np.arange(options.first, options.first + int(quotas['quota'].sum()))\n"
        "@gmplug.hookimpl\ndef gmplug_selectors():\n    return {'in-order': choose}\n"
    )
    text = study.read_text().replace("seed = 3", 'seed = 3\nscripts = ["hooks.py"]')
    text = text.replace("effort = 0.05", 'method = "in-order"\nquotas = "none"\nweights = "w.csv"\nfrist = 1')
    study.write_text(text)
    with pytest.raises(InputError) as caught:
        run_study(study, tmp_path / "run", until="selection")
    said = "\n".join(caught.value.problems)
    assert "[selection] method 'in-order': unknown option 'frist'; did you mean 'first'?" in said
    assert f"option 'weights': {tmp_path / 'w.csv'}: no such file or folder" in said
    (tmp_path / "w.csv").write_text("1\n")
    study.write_text(text.replace("frist", "first"))
    run = run_study(study, tmp_path / "run", until="selection")
    assert list(run.selection.records["id"]) == list(run.candidates.records["id"][1:7])
    assert str(tmp_path / "w.csv") in (tmp_path / "run" / "study.toml").read_text()
    (tmp_path / "w.csv").write_text("2\n")  # a file that an option names: its content counts
    before = (tmp_path / "run" / "stages.json").read_text()
    run_study(study, tmp_path / "run", until="selection")
    after = json.loads((tmp_path / "run" / "stages.json").read_text())
    assert after["selection"]["fingerprint"] != json.loads(before)["selection"]["fingerprint"]
    listed = list_options(Host([tmp_path / "hooks.py"]))["gmplug_selectors"]["in-order"]
    assert listed == [
        {"name": "weights", "about": "", "required": True, "default": None,
         "schema": {"format": "path", "type": "string"}},
        {"name": "first", "about": "", "required": False, "default": 0, "schema": {"type": "integer"}},
    ]  # fmt: skip


def test_the_conditional_targets_share_their_options() -> None:
    host = Host(entry_points=False)
    names = {
        name: set(options_of(host.provider("targets", name), ("periods_s", "conditioning_period_s",
                             "ground_motion_models", "correlations"), name))
        for name in ("conditional-spectrum", "gcim", "avgsa-conditional")
    }  # fmt: skip
    shared = set.intersection(*names.values())
    about = options_of(host.provider("targets", "gcim"), (), "gcim")
    assert about["duration_gmm"].about == "Model of significant duration: AS16 or KS06."
    assert about["sa_g"].about.startswith("Sa at T*, g") and about["gmm"].about.startswith("Name of a")
    assert {"gmm", "scenario", "scenarios", "weights", "method", "hazard", "epsilon", "component"} <= shared
    assert names["gcim"] - names["conditional-spectrum"] == {"measures", "duration_gmm"}
    assert names["conditional-spectrum"] - names["gcim"] == {"gmm_table"}
