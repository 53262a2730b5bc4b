"""The report page: values of the chain in, one self-contained HTML file and its figures out."""

from __future__ import annotations

import base64
import hashlib
import io
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import metadata
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from gmplug._version import __version__
from gmplug.assessment.lognormal import MEDIAN_MEANS
from gmplug.chain.summary import attention_lines, failures_of
from gmplug.notes import doubts_of, warnings_of
from gmplug.report import tables
from gmplug.report.demand_columns import drift_statistics, model_text
from gmplug.report.figures import DrawnFigure, draw, figure_specs, given_figures
from gmplug.report.findings import Parts, attention, missing_waveforms, percent, sentences
from gmplug.report.script import SORT_TABLES
from gmplug.study.schema import Study

if TYPE_CHECKING:
    from jinja2 import Environment

#: Sections of the page that hold figures.
_FIGURE_SECTIONS = ("summary", "selection", "responses", "assessment", "clusters", "records")
#: Distributions whose versions a result depends on.
_PACKAGES = (
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "pygmm",
    "openseespy",
    "tensorflow",
    "tensorflow-cpu",
    "matplotlib",
)


@dataclass(frozen=True)
class Report:
    """The page, and its figures as PNG by name (without ending), for putting into documents."""

    html: str
    figures: Mapping[str, bytes] = field(default_factory=dict)


def render(values: Mapping[str, Any], study: Study, summary: Mapping[str, Any] | None = None) -> Report:
    """Make the report of a run, finished or not.

    Parameters
    ----------
    values
        By stage name: Catalogue, Candidates, Target, Clusters, Selection, Motions, Demands, Assessment; what
        is absent or None is left out, and the page says how to get it. Of stages of other packages, the page
        shows ``tables``, ``pictures`` and ``notes`` of their values.
    study
        The study as resolved.
    summary
        The content of summary.json; ``timing_s`` and ``notes`` are shown.
    """
    summary = summary or {}
    parts = Parts.of(values)
    drawn = [draw(spec, parts.simulated) for spec in figure_specs(parts, study)]
    if parts.assessment is not None:
        drawn += given_figures(parts.assessment.pictures, "assessment", "assessment_")
    page = _page(parts, study, summary, drawn)
    page["figures"] |= {extra["id"]: extra["figures"] for extra in page["extras"]}
    html = fill("template.html", page)
    return Report(html, {figure.spec.name: figure.png for figure in drawn if figure.png is not None})


def fill(template: str, page: Mapping[str, Any], package: str = "gmplug.report") -> str:
    """Fill a template of a package with ``page``: one self-contained HTML file in the report's look.

    Templates may import the macros of ``macros.html``; ``style``, ``script`` and their hashes are given.
    """
    style, script = _resource("report.css"), SORT_TABLES
    return (
        _environment(package)
        .get_template(template)
        .render(
            page=page,
            style=_trusted(style),
            script=_trusted(script),
            style_hash=_hash(style),
            script_hash=_hash(script),
        )
    )


def _page(parts: Parts, study: Study, summary: Mapping[str, Any], drawn: list[DrawnFigure]) -> dict[str, Any]:
    timing = summary.get("timing_s") or {}
    told = list(dict.fromkeys([*(summary.get("notes") or ()), *parts.notes]))
    failures = [] if parts.demands is None else failures_of(parts.demands.table)
    lines = attention_lines({"warnings": warnings_of(told), "failures": failures})
    return {
        "title": study.study.name,
        "version": __version__,
        "seed": study.study.seed,
        "simulated": parts.simulated,
        "sections": _sections(parts),
        "numbers": _numbers(parts),
        "sentences": sentences(parts, study),
        "warnings": [line.removeprefix("warning: ") for line in lines],
        "doubts": doubts_of(told),
        "attention": attention(parts),
        "median_means": MEDIAN_MEANS,
        "missing": _missing(parts, study),
        "figures": {section: embedded(drawn, section) for section in _FIGURE_SECTIONS},
        "selection_title": _selection_title(parts),
        "has_target": parts.target is not None,
        "has_selection": parts.selection is not None,
        "has_analyses": parts.demands is not None,
        "extras": _extras(parts),
        "has_responses": parts.demands is not None,
        "has_clusters": parts.clusters is not None,
        "has_records": parts.catalogue is not None or parts.candidates is not None,
        "study_toml": study_toml(study),
        "versions": tables.pairs_table(versions(), ("Package", "Version")),
        "timing": tables.timing_table(timing) if timing else None,
        **_content(parts, summary.get("notes") or ()),
    }


def _content(parts: Parts, run_notes: Sequence[str]) -> dict[str, Any]:
    """The tables and notes of each stage."""
    catalogue, candidates, selection, demands = (
        parts.catalogue, parts.candidates, parts.selection, parts.demands
    )  # fmt: skip
    line = ""
    if catalogue is not None:
        line = f"{catalogue.description.rstrip('.')}. Spectra: {catalogue.component}."
    notes = _notes(parts)
    shown = {note for some in notes.values() for note in some} | _check_notes(selection)
    funnel = candidates.funnel if candidates is not None and len(candidates.funnel) else None
    return {
        "catalogue_description": catalogue.description.rstrip(".") if catalogue is not None else "",
        "catalogue_line": line,
        "records": tables.records_table(selection, demands) if selection is not None else None,
        "explained": tables.explained_table(selection.explained)
        if selection is not None and selection.explained is not None
        else None,
        "checks": tables.checks_table(selection.checks)
        if selection is not None and selection.checks
        else None,
        "downloads": _downloads(parts),
        "groups": tables.groups_table(parts.clusters, selection),
        "funnel": tables.funnel_table(funnel) if funnel is not None else None,
        "model": model_text(demands.model) if demands is not None else "",
        "statuses": tables.statuses_table(demands) if demands is not None else None,
        "problems": tables.problems_table(demands) if demands is not None else None,
        "assessments": _assessments(parts.assessment),
        "notes": notes,
        "run_notes": [note for note in run_notes if note not in shown],
    }


def _downloads(parts: Parts) -> list[str]:
    """Selected records to fetch; none where the catalogue has no records of waveforms to look for."""
    if parts.selection is None or parts.demands is not None:
        return []
    return missing_waveforms(parts.selection)


def _notes(parts: Parts) -> dict[str, list[str]]:
    notes = {
        "catalogue": list(getattr(parts.catalogue, "notes", ())),
        "selection": _selection_notes(parts.selection),
        "analysis": _assessment_notes(parts.assessment),
        "clustering": list(getattr(parts.clusters, "notes", ())),
    }
    if parts.clusters is not None:
        for group, clustering in parts.clusters.groups.items():
            notes["clustering"] += [f"{tables.group_title(group)}: {note}" for note in clustering.notes]
    return notes


def _selection_notes(selection: Any) -> list[str]:
    """Notes of the selection but those on checks, which have a table."""
    in_table = _check_notes(selection)
    return [note for note in getattr(selection, "notes", ()) if note not in in_table]


def _check_notes(selection: Any) -> set[str]:
    return {outcome.note for outcome in getattr(selection, "checks", ())}


def _assessment_notes(assessment: Any) -> list[str]:
    notes = assessment.values.get("notes") if assessment is not None else None
    return [str(note) for note in notes] if isinstance(notes, list | tuple) else []


def _assessments(assessment: Any) -> list[tuple[str, tables.Table]]:
    if assessment is None:
        return []
    found = []
    values = tables.flatten({k: v for k, v in assessment.values.items() if k != "notes"})
    if values:
        found.append(("Assessment", tables.pairs_table(values, ("Quantity", "Value"))))
    for name, frame in assessment.tables.items():
        found.append((_readable(name), tables.frame_table(frame)))
    return found


def _extras(parts: Parts) -> list[dict[str, Any]]:
    """What providers of motions and stages of other packages show: tables, pictures and notes of each."""
    shown = []
    for name, value in {"motions": parts.motions, **parts.others}.items():
        tables_of, pictures = getattr(value, "tables", None) or {}, getattr(value, "pictures", None) or {}
        notes = [str(note) for note in getattr(value, "notes", ())] if tables_of or pictures else []
        if tables_of or pictures:
            key = f"stage-{name}"
            drawn = given_figures(pictures, key, f"{name}_")
            shown.append(
                {
                    "id": key,
                    "title": _readable(name),
                    "tables": [(_readable(one), tables.frame_table(t)) for one, t in tables_of.items()],
                    "figures": embedded(drawn, key),
                    "notes": notes,
                }
            )
    return shown


def _readable(name: str) -> str:
    if name.casefold() in ("edp", "edps"):
        return "EDPs"
    return name.replace("_", " ").strip().capitalize()


def _numbers(parts: Parts) -> list[tuple[str, str]]:
    """The figures of merit at the top: value and what it is."""
    numbers: list[tuple[str, str]] = []
    selection = parts.selection
    if selection is not None:
        of = f" of {len(parts.candidates.records)} candidates" if parts.candidates is not None else ""
        numbers.append((str(len(selection.records)), f"selected records{of}"))
        mean_only = parts.target is not None and parts.target.mean_only
        compared = "the mean" if mean_only else "mean and σ"
        numbers.append((f"{selection.error:.3f}", f"E, mismatch of {compared} of ln Sa over all periods"))
        numbers.append((percent(selection.max_median_error, 1), "largest error of the median"))
        if not mean_only:
            numbers.append((percent(selection.max_sigma_error, 1), "largest error of σ"))
    elif parts.candidates is not None:
        numbers.append((str(len(parts.candidates.records)), "candidates"))
    if parts.demands is not None:
        table = parts.demands.table
        numbers.append((f"{int((table['status'] == 'ok').sum())} of {len(table)}", "analyses ended ok"))
        statistics = drift_statistics(table)
        if statistics.collapsed:
            numbers.append((str(statistics.collapsed), "collapsed"))
        if statistics.fit.n:
            numbers.append((percent(statistics.fit.median, 2), "median of the largest story drift"))
    return numbers


def _sections(parts: Parts) -> list[tuple[str, str]]:
    wanted = [
        ("summary", "Summary", True),
        ("selection", _selection_title(parts), parts.target is not None or parts.selection is not None),
        *((extra["id"], extra["title"], True) for extra in _extras(parts)),
        ("responses", "Responses", parts.demands is not None),
        ("clusters", "Clusters", parts.clusters is not None),
        ("records", "Records", parts.catalogue is not None or parts.candidates is not None),
        ("run", "How it was made", True),
    ]
    return [(key, name) for key, name, there in wanted if there]


def _selection_title(parts: Parts) -> str:
    if parts.selection is None:
        return "Target"
    return "Target and selection" if parts.target is not None else "Selection"


def _missing(parts: Parts, study: Study) -> list[tuple[str, str]]:
    """What the page cannot show, and how to get it."""
    again = "The run ended before that: `gmplug run` on the same study goes on from here."
    missing = []
    for name, what in (
        ("catalogue", "Records."),
        ("target", "A target spectrum."),
        ("candidates", "Candidates."),
        ("clusters", "Clusters."),
        ("selection", "A selection."),
    ):
        if getattr(parts, name) is None:
            missing.append((what, again))
    if parts.demands is None:
        missing.append(("Nonlinear analyses.", _why_no_analysis(parts, study, again)))
    elif parts.assessment is None:
        missing.append(("An assessment of the responses.", again))
    return missing


def _why_no_analysis(parts: Parts, study: Study, again: str) -> str:
    if study.structure.model is None:
        return (
            "The study names no structure: set model in [structure] to a built-in model or to the path of a "
            "script, and run the study again."
        )
    if parts.selection is not None and missing_waveforms(parts.selection):
        return (
            "Waveforms of selected records are not at hand: download them as listed below (and in "
            "download.csv), name their folder in [catalogue], and run again."
        )
    return again


def embedded(drawn: list[DrawnFigure], section: str) -> list[dict[str, Any]]:
    """A section's figures, as the macro ``figures`` takes them: images within the page."""
    sizes = {figure.spec.name: _size_px(figure.png) for figure in drawn}
    return [
        {
            "width": sizes[figure.spec.name][0],
            "height": sizes[figure.spec.name][1],
            "name": figure.spec.name,
            "caption": figure.spec.caption,
            "wide": figure.spec.wide,
            "source": _data_uri(figure.png) if figure.png is not None else "",
            "problem": figure.problem,
        }
        for figure in drawn
        if figure.spec.section == section
    ]


def _size_px(png: bytes | None) -> tuple[int, int]:
    """Width and height of a PNG at 96 px to the inch, from its header and its figure's resolution."""
    if png is None:
        return 0, 0
    from PIL import Image

    with Image.open(io.BytesIO(png)) as picture:
        dpi = float(picture.info.get("dpi", (96.0, 96.0))[0])
        return round(picture.width * 96 / dpi), round(picture.height * 96 / dpi)


def _data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def study_toml(study: Study) -> str:
    """Return the study as resolved, as a study file."""
    import tomli_w

    return tomli_w.dumps(study.model_dump(mode="json", exclude_none=True))


def versions() -> list[tuple[str, str]]:
    """Return the versions of what a result depends on, without importing any of it."""
    found = [("gmplug", __version__), ("Python", platform.python_version())]
    for package in _PACKAGES:
        try:
            found.append((package, metadata.version(package)))
        except metadata.PackageNotFoundError:
            continue
    return found


def _resource(name: str, package: str = "gmplug.report") -> str:
    return (files(package) / name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    return base64.b64encode(hashlib.sha256(content.encode("utf-8")).digest()).decode("ascii")


def _trusted(content: str) -> Any:
    """Mark the page's own style and script as not to be escaped; never used on a study's content."""
    from markupsafe import Markup

    return Markup(content)


@lru_cache(maxsize=4)
def _environment(package: str) -> Environment:
    """Templates of a package, those of the report behind them."""
    from jinja2 import ChoiceLoader, Environment, FunctionLoader, StrictUndefined

    def of(place: str) -> FunctionLoader:
        def load(name: str) -> str | None:
            return _resource(name, place) if (files(place) / name).is_file() else None

        return FunctionLoader(load)

    return Environment(
        loader=ChoiceLoader([of(package), of("gmplug.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
