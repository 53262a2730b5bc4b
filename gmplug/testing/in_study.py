"""A check for every kind of plugin: a small study uses it, twice with the same result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gmplug.errors import GmplugError
from gmplug.testing.outcomes import CheckFailed
from gmplug.testing.small_study import write_small_study

#: Levels of a study, for what works on several of them.
_LEVELS = (
    {"name": "often", "sa_g": 0.1, "annual_rate": 0.01},
    {"name": "rare", "sa_g": 0.4, "annual_rate": 0.001},
)


@dataclass(frozen=True)
class Use:
    """How a study uses a kind of plugin.

    Parameters
    ----------
    hook
        The kind of provider, without ``gmplug_``; or the registry.
    section, key
        Key of the study that names it; empty where nothing names it.
    until
        The last stage that the check runs.
    options
        Table of the study for its options, with ``NAME`` for its name.
    """

    hook: str
    section: str = ""
    key: str = ""
    until: str = "report"
    options: str = ""


#: By the name that ``gmplug plugin new --kind`` takes.
USES: Mapping[str, Use] = {
    "catalogue": Use("catalogues", "catalogue", "provider", "catalogue", "catalogue"),
    "ground-motion-model": Use("ground_motion_models", "target", "gmm", "target"),
    "target": Use("targets", "target", "provider", "selection", "target"),
    "correlation": Use("correlations", "target", "correlation", "selection"),
    "filter": Use("filters", until="preselection", options="preselection"),
    "clusterer": Use("clusterers", "clustering", "method", "selection", "clustering.options"),
    "selector": Use("selectors", "selection", "method", "selection", "selection"),
    "motions": Use("motions", "motions", "provider", "motions", "motions"),
    "structure": Use("structures", "structure", "model", "analysis", "structure"),
    "executor": Use("executors", "analysis", "executor", "analysis", "analysis.executor_options"),
    "assessment": Use("assessments", "assessment", "provider", "report", "assessment"),
    "risk-assessment": Use("risk_assessments", "risk", "assess", "report", "risk.NAME"),
    "exporter": Use("exporters", until="motions"),
    "stage": Use("stages", until="report", options="stages.NAME"),
    "command": Use("commands", until="selection"),
    "measure": Use("intensity_measures", until="preselection", options="preselection"),
    "demand": Use("demands", until="report"),
}
#: Keys of sections that belong to the provider of the small study, not to another one.
_OWN = {"catalogue": ("provider", "path"), "target": ("gmm", "scenario"), "selection": ("effort",)}


def check_in_study(
    kind: str,
    name: str,
    folder: Path,
    *,
    options: Mapping[str, Any] | None = None,
    scripts: Sequence[Path] = (),
) -> Any:
    """Run a small study that uses a plugin twice, and compare; return the run.

    Parameters
    ----------
    kind
        A key of :data:`USES`, such as ``"motions"``.
    name
        What the plugin offers: the name of the provider, stage or command; the column of a measure; the name
        of a demand.
    folder
        An empty folder to work in.
    options
        Options of the provider, or of a format; texts of paths start at ``folder``.
    scripts
        Files that implement the hooks, where they are not installed.

    Raises
    ------
    CheckFailed
        The plugin is not found, the study does not finish, or the second run differs.
    """
    import tomllib

    import tomli_w

    from gmplug.runs import run_study

    use = USES[kind]
    study_file = write_small_study(folder / "study")
    study = tomllib.loads(study_file.read_text(encoding="utf-8"))
    study["study"]["scripts"] = [str(path) for path in scripts]
    _use(study, use, name, options or {})
    study_file.write_text(tomli_w.dumps(study), encoding="utf-8")
    try:
        first = run_study(study_file, folder / "first", until=use.until)
        run_study(study_file, folder / "second", until=use.until)
        _look(kind, name, first, folder, options or {})
    except GmplugError as error:
        raise CheckFailed(f"{kind} '{name}' in a study: {error}") from error
    for path in _tables(folder / "first"):
        other = folder / "second" / path.relative_to(folder / "first")
        if not other.is_file() or path.read_bytes() != other.read_bytes():
            raise CheckFailed(
                f"{kind} '{name}': {path.name} differs between two runs with one seed; draw random numbers "
                "from the parameter seed alone"
            )
    return first


def _use(study: dict[str, Any], use: Use, name: str, options: Mapping[str, Any]) -> None:
    """Put the plugin into the study."""
    if use.section:
        section = study.setdefault(use.section, {})
        if use.key in ("provider", "method"):  # options of another provider would be wrong here
            for key in _OWN.get(use.section, ()):
                section.pop(key, None)
        section[use.key] = [name] if use.key == "assess" else name
    if use.hook == "risk_assessments":
        study["levels"] = [dict(level) for level in _LEVELS]
        study["target"].pop("sa_g")
    holder: dict[str, Any] = study
    for key in use.options.replace("NAME", name).split(".") if options and use.options else ():
        holder = holder.setdefault(key, {})
    if use.options:
        holder.update(options)


def _look(kind: str, name: str, run: Any, folder: Path, options: Mapping[str, Any]) -> None:
    """Raise CheckFailed where the run does not show the plugin's work."""
    if kind == "exporter":
        from gmplug.export.run import export_run

        files, _ = export_run(folder / "first", name, folder / "exported", options)
        if not files or not all(path.is_file() for path in files):
            raise CheckFailed(f"exporter '{name}': return the paths of the files that it wrote")
    elif kind == "command":
        from gmplug.host import Host

        command: Any = Host(run.study.script_paths()).provider("commands", name)
        if not command.get_short_help_str():
            raise CheckFailed(f"command '{name}': has no help; give the function a docstring")
    elif kind == "stage" and run.values.get(name) is None:
        raise CheckFailed(f"stage '{name}': has no value in the run")
    elif kind == "measure" and name not in run.candidates.records:
        raise CheckFailed(
            f"measure '{name}': is no column of the candidates; does `compute` return a number?"
        )
    elif kind == "demand" and not any(column.startswith(name) for column in run.demands.table):
        raise CheckFailed(f"demand '{name}': is no column of the demands; return it by gmplug_extra_demands")


def _tables(run_dir: Path) -> list[Path]:
    """The tables of a run that follow from the study alone."""
    names = ("candidates.csv", "target.csv", "clusters.csv", "selection.csv")
    return [path for path in map(run_dir.joinpath, names) if path.is_file()]
