"""The page on hooks is what the hook specifications say, and gmplug gives what they list."""

from __future__ import annotations

import inspect
from pathlib import Path

from gmplug import hookspecs
from gmplug.export.run import export_run
from gmplug.hookspecs import KINDS
from gmplug.host.hooks_page import hooks_page
from gmplug.runs import run_study
from tests.support.places import REPOSITORY
from tests.support.studies import write_levels_study, write_small_study

#: Each probe demands every parameter that the page lists, writes their names down, and calls a built-in.
PROBES = """
import inspect
from pathlib import Path

import gmplug
from gmplug.host import Host
from gmplug.host.options import call
from gmplug.hookspecs import KINDS

HERE = Path(__file__).parent


def probe(kind, built_in):
    given = list(KINDS[kind].given)

    def implementation(**arguments):
        (HERE / f"given_{kind}").write_text(" ".join(name for name in given if name in arguments))
        options = {name: value for name, value in arguments.items() if name not in given}
        one = Host(entry_points=False).provider(kind, built_in)
        return call(one, options, {name: arguments[name] for name in given}, kind, HERE)

    parameters = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in given]
    more = inspect.Parameter("options_of_the_study", inspect.Parameter.VAR_KEYWORD)
    implementation.__signature__ = inspect.Signature([*parameters, more])
    return {"probe": implementation}
"""
BUILT_IN = {
    "catalogues": "accelerograms", "ground_motion_models": "BSSA14", "correlations": "baker-jayaram-2008",
    "targets": "conditional-spectrum", "filters": "magnitude", "clusterers": "kmeans",
    "selectors": "optimised", "motions": "scaled", "structures": "sdof", "executors": "serial",
    "assessments": "demand-summary", "exporters": "json", "risk_assessments": "fragility",
}  # fmt: skip
CHOSEN = (
    ('provider = "accelerograms"', 'provider = "probe"'),
    ('gmm = "BSSA14"', 'provider = "probe"\ngmm = "probe"\ncorrelation = "probe"'),
    ('method = "kmeans"', 'method = "probe"\noptions = { n_clusters = 2 }'),
    ("effort = 0.05", 'method = "probe"\neffort = 0.05'),
    ('model = "model.py"', 'model = "probe"'),
    ("workers = 2", 'executor = "probe"\n[motions]\nprovider = "probe"\n[assessment]\nprovider = "probe"'),
)


def write_probes(folder: Path) -> None:
    hooks = "".join(
        f'\n\n@gmplug.hookimpl\ndef gmplug_{kind}():\n    return probe("{kind}", "{name}")\n'
        for kind, name in BUILT_IN.items()
    )
    (folder / "probes.py").write_text(PROBES + hooks)


def given(folder: Path) -> dict[str, list[str]]:
    return {path.name.removeprefix("given_"): path.read_text().split() for path in folder.glob("given_*")}


def test_gmplug_gives_what_the_specifications_list(tmp_path: Path) -> None:
    study = write_small_study(tmp_path / "one")
    text = study.read_text().replace("seed = 3", 'seed = 3\nscripts = ["probes.py"]')
    for before, after in CHOSEN:
        assert before in text
        text = text.replace(before, after)
    study.write_text(text)
    write_probes(tmp_path / "one")
    run = run_study(study, tmp_path / "run")
    assert run.demands is not None and set(run.demands.table["status"]) == {"ok"}
    export_run(tmp_path / "run", "probe")
    found = given(tmp_path / "one")
    levels = write_levels_study(tmp_path / "levels")
    levels.write_text(
        levels.read_text()
        .replace('["hooks.py"]', '["probes.py"]')
        .replace('["fragility", "risk", "counting"]', '["probe"]')
        .replace("[risk.fragility]\ndrift_thresholds = [0.02, 0.05]\nsamples = 50\n", "")
        .replace('[risk.counting]\nunit = "analyses"\n', "")
    )
    write_probes(tmp_path / "levels")
    run_study(levels, tmp_path / "levels-run")
    found |= {kind: names for kind, names in given(tmp_path / "levels").items() if kind not in found}
    assert found == {
        name: list(kind.given) for name, kind in KINDS.items() if name not in ("stages", "commands")
    }


def test_the_page_is_made_from_the_specifications() -> None:
    page = (REPOSITORY / "docs" / "hooks.md").read_text(encoding="utf-8")
    assert page == hooks_page(), "run: python -m gmplug.host.hooks_page > docs/hooks.md"


def test_every_hook_and_parameter_is_on_the_page() -> None:
    page = hooks_page()
    hooks = [name for name in vars(hookspecs) if name.startswith("gmplug_")]
    assert len(hooks) > 20
    for name in hooks:
        assert f"### {name}\n" in page
    for kind in KINDS.values():
        for name in kind.given:
            assert f"| `{name}` | " in page
    parameters = inspect.signature(hookspecs.gmplug_extra_demands).parameters
    assert ", ".join(f"`{name}`" for name in parameters) in page
