"""The base of all pages: sections of blocks in, one self-contained HTML file out."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import platform
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from importlib import metadata
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gmplug._version import __version__
from gmplug.notes import doubts_of
from gmplug.report import still, tables
from gmplug.report.charts import Chart, Problem
from gmplug.report.figures import DrawnFigure, FigureSpec, draw, remove_figures
from gmplug.report.from_chart import plot_chart
from gmplug.values import Picture

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

REPORT_FILE, FIGURES_DIR = "report.html", "figures"
#: Distributions whose versions a result depends on.
_PACKAGES = (
    "numpy", "scipy", "pandas", "scikit-learn", "pygmm", "openseespy", "tensorflow", "tensorflow-cpu",
)  # fmt: skip
_SCRIPTS = ("vendor/d3.min.js", "web/charts.js", "web/tables.js", "web/workbench.js")


@dataclass(frozen=True)
class Report:
    """The page, and its static figures, drawn on request."""

    html: str
    figures: Callable[[], Iterable[FigureSpec]] = field(default=tuple, compare=False, repr=False)
    simulated: bool = False

    def save(self, folder: Path, name: str = REPORT_FILE) -> None:
        """Write the page; figures that gmplug drew for an earlier one are removed."""
        remove_figures(folder / FIGURES_DIR)
        (folder / name).write_text(self.html, encoding="utf-8")

    def save_figures(self, folder: Path, kind: str = "png") -> list[DrawnFigure]:
        """Draw the static figures as ``png``, ``svg`` or ``pdf`` into figures/NAME.KIND.

        Figures that gmplug drew before are removed. Those that could not be drawn state the ``problem``.
        """
        drawn = draw(self.figures(), self.simulated, kind)
        remove_figures(folder / FIGURES_DIR)
        (folder / FIGURES_DIR).mkdir(parents=True, exist_ok=True)
        for one in drawn:
            if one.content is not None:
                (folder / FIGURES_DIR / f"{one.name}.{kind}").write_bytes(one.content)
        return drawn


@dataclass(frozen=True)
class Block:
    """A part of a section.

    Parameters
    ----------
    kind
        Which part of ``page.html`` shows the content.
    title
        Heading; of a folded block, what stays visible.
    css
        Class of the box around the block; none if empty.
    name
        Class of a table; caption of waveforms.
    """

    kind: str
    content: Any
    title: str = ""
    css: str = ""
    folded: bool = False
    name: str = ""


@dataclass(frozen=True)
class Section:
    """A section of a page: ``id`` for links, heading, and blocks; None for a block with nothing to show."""

    id: str
    title: str
    blocks: Sequence[Block | None]


@dataclass(frozen=True)
class Page:
    """A page.

    Parameters
    ----------
    kind
        What the page is about, such as ``portfolio``.
    seed
        Of the study.
    simulated
        Whether some records are simulated; the page and its figures are then marked.
    records
        Description of simulated records; may be empty.
    signature
        Project, preparer, date: names and values below the title.
    items
        What belongs together, by id: ``text`` and ``facts``, shown where a part of it is pointed at.
    set
        Data of the set of records that the reader can change; see :mod:`gmplug.report.workbench`.
    waveforms
        Envelopes by id; see :func:`gmplug.report.workbench.envelope`.
    figures
        Makes the static figures beside those of the charts; one with the name of a chart takes its place.
    """

    title: str
    kind: str
    seed: int
    sections: Sequence[Section]
    simulated: bool = False
    records: str = ""
    signature: Sequence[tuple[str, str]] = ()
    items: Mapping[str, Any] = field(default_factory=dict)
    set: Mapping[str, Any] | None = None
    waveforms: Mapping[str, Any] = field(default_factory=dict)
    figures: Callable[[], Iterable[FigureSpec]] = tuple

    def render(self) -> Report:
        """Make the HTML file."""
        style, script = _resource("web/report.css"), _script()
        html = _template().render(
            page=self,
            version=__version__,
            style=trusted(style),
            script=trusted(script),
            style_hash=_hash(style),
            script_hash=_hash(script),
            data=trusted(self._data()),
        )
        return Report(html, self._all_figures, self.simulated)

    def _all_figures(self) -> list[FigureSpec]:
        drawn = [FigureSpec(c.key, partial(plot_chart, c), c.span > 3) for c in self._charts()]
        return list({one.name: one for one in (*drawn, *self.figures())}.values())

    def _data(self) -> str:
        """What the page's script works with, as JSON within HTML."""
        drawn = {chart.key: chart.data(live=self.set is not None) for chart in self._charts()}
        content = {"charts": drawn, "items": self.items, "set": self.set, "waveforms": self.waveforms}
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.replace("<", "\\u003c")

    def _charts(self) -> Iterator[Chart]:
        for one in self.sections:
            for block in one.blocks:
                if block is not None and block.kind == "charts":
                    yield from (chart for chart in block.content if isinstance(chart, Chart))


# -- blocks ------------------------------------------------------------------------------------------


def section(key: str, title: str, *blocks: Block | None) -> Section:
    """A section of these blocks."""
    return Section(key, title, blocks)


def text(*paragraphs: str) -> Block | None:
    """Paragraphs; what stands between backticks is shown as code."""
    return Block("text", shown) if (shown := [line for line in paragraphs if line]) else None


def bullets(lines: Iterable[str], title: str = "", css: str = "", *, folded: bool = False) -> Block | None:
    """A list of lines."""
    return Block("bullets", shown, title, css, folded) if (shown := list(lines)) else None


def table(
    content: tables.Table | None,
    title: str = "",
    *,
    sortable: bool = False,
    folded: bool = False,
    name: str = "",
) -> Block | None:
    """A table; one that is ``sortable`` has buttons in its heads. ``name`` is its class."""
    if content is None or not content.headers:
        return None
    return Block("sortable" if sortable else "table", content, title, folded=folded, name=name)


def charts(*made: Chart | Problem | None, title: str = "", folded: bool = False) -> Block | None:
    """Charts, side by side; those that could not be made say so."""
    shown = [chart for chart in made if chart is not None]
    return Block("charts", shown, title, folded=folded) if shown else None


def pictures(given: Mapping[str, Picture]) -> Block | None:
    """Pictures that a plugin made."""
    return Block("pictures", list(given.values())) if given else None


def numbers(pairs: Sequence[tuple[str, str]]) -> Block | None:
    """The main results: value and what it is."""
    return Block("numbers", pairs) if pairs else None


def group(title: str, *blocks: Block | None) -> Block:
    """Blocks folded under a title."""
    return Block("group", blocks, title, folded=True)


def attention(lines: Iterable[str], notes: Iterable[str]) -> list[Block | None]:
    """Warnings and failed analyses (``lines``), and the doubtful values among the notes."""
    return [
        bullets([line.removeprefix("warning: ") for line in lines], "Warnings", "look warnings"),
        bullets(doubts_of(notes), "Doubtful values", "look"),
    ]


def missing(pairs: Iterable[tuple[str, str]]) -> Block | None:
    """What the page cannot show, and what to do for it."""
    return bullets([f"{what} {remedy}" for what, remedy in pairs], "Not here", "missing")


def how_it_was_made(
    notes: Iterable[str], *before: Block | None, timing_s: Mapping[str, float] | None = None, toml: str = ""
) -> Section:
    """The last section of all pages: notes, times, versions, and the study as resolved."""
    return section(
        "run",
        "How it was made",
        *before,
        bullets(notes, "Notes"),
        table(tables.timing_table(timing_s), "Time") if timing_s else None,
        table(tables.pairs_table(versions(), ("Package", "Version")), "Versions"),
        Block("listing", toml, "Study as resolved", folded=True) if toml else None,
    )


def versions() -> list[tuple[str, str]]:
    """Return the versions of what a result depends on, without importing any of it."""
    found = [("gmplug", __version__), ("Python", platform.python_version())]
    for package in _PACKAGES:
        try:
            found.append((package, metadata.version(package)))
        except metadata.PackageNotFoundError:
            continue
    return found


# -- the template ------------------------------------------------------------------------------------


def _resource(name: str) -> str:
    return (files("gmplug.report") / name).read_text(encoding="utf-8")


def _script() -> str:
    """The page's script; its names of XML are spelled so that nobody takes them for addresses."""
    joined = "\n".join(_resource(name) for name in _SCRIPTS)
    return joined.replace("http://", r"\u0068ttp:\u002f\u002f")


def _hash(content: str) -> str:
    return base64.b64encode(hashlib.sha256(content.encode("utf-8")).digest()).decode("ascii")


def trusted(content: str) -> Markup:
    """Mark what is escaped already, or the page's own."""
    from markupsafe import Markup

    return Markup(content)


def _prose(line: str) -> Markup:
    """Escape a line, and show what stands between backticks as code."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(line))))


def _still(chart: Chart) -> Markup:
    return trusted(still.draw(chart))


def _image(png: bytes) -> dict[str, Any]:
    """Source, width and height (at 96 px to the inch) of a PNG within the page."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as picture:
        scale = 96 / float(picture.info.get("dpi", (96.0, 96.0))[0])
        size = {"width": round(picture.width * scale), "height": round(picture.height * scale)}
    return {"src": "data:image/png;base64," + base64.b64encode(png).decode("ascii"), **size}


@lru_cache(maxsize=1)
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    environment.filters |= {"prose": _prose, "image": _image, "still": _still}
    return environment.from_string(_resource("web/page.html"))
