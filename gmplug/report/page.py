"""The base of all pages: sections of blocks in, one self-contained HTML file and its figures out."""

from __future__ import annotations

import base64
import hashlib
import io
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import metadata
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gmplug._version import __version__
from gmplug.notes import doubts_of
from gmplug.report import tables
from gmplug.report.figures import DrawnFigure

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

REPORT_FILE, FIGURES_DIR = "report.html", "figures"
#: In the PNGs that gmplug writes (a tEXt chunk near the start); others in the folder are left alone.
_MADE_HERE = b"Software\x00gmplug"
#: Distributions whose versions a result depends on.
_PACKAGES = (
    "numpy", "scipy", "pandas", "scikit-learn", "pygmm", "openseespy", "tensorflow", "tensorflow-cpu",
    "matplotlib",
)  # fmt: skip


@dataclass(frozen=True)
class Report:
    """The page, and its figures as PNG by name (without ending), for putting into documents."""

    html: str
    figures: Mapping[str, bytes] = field(default_factory=dict)

    def save(self, folder: Path, name: str = REPORT_FILE) -> None:
        """Write the page and figures/NAME.png; figures that gmplug wrote there before are removed."""
        pictures = folder / FIGURES_DIR
        pictures.mkdir(parents=True, exist_ok=True)
        for path in pictures.glob("*.png"):
            if path.stem not in self.figures and _MADE_HERE in path.read_bytes()[:512]:
                path.unlink()
        for stem, png in self.figures.items():
            (pictures / f"{stem}.png").write_bytes(png)
        (folder / name).write_text(self.html, encoding="utf-8")


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
    """

    kind: str
    content: Any
    title: str = ""
    css: str = ""
    folded: bool = False


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
    """

    title: str
    kind: str
    seed: int
    sections: Sequence[Section]
    simulated: bool = False
    records: str = ""

    def render(self) -> Report:
        """Make the HTML file, and collect the figures of all blocks."""
        style, script = _resource("report.css"), _resource("sort.js")
        html = _template().render(
            page=self,
            version=__version__,
            style=_trusted(style),
            script=_trusted(script),
            style_hash=_hash(style),
            script_hash=_hash(script),
        )
        drawn = [
            figure
            for section in self.sections
            for block in section.blocks
            if block is not None and block.kind == "figures"
            for figure in block.content
        ]
        return Report(html, {figure.name: figure.png for figure in drawn if figure.png is not None})


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
    content: tables.Table | None, title: str = "", *, sortable: bool = False, folded: bool = False
) -> Block | None:
    """A table; one that is ``sortable`` has buttons in its heads."""
    if content is None or not content.headers:
        return None
    return Block("sortable" if sortable else "table", content, title, folded=folded)


def figures(drawn: Iterable[DrawnFigure]) -> Block | None:
    """Figures, side by side."""
    return Block("figures", shown) if (shown := list(drawn)) else None


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


def _hash(content: str) -> str:
    return base64.b64encode(hashlib.sha256(content.encode("utf-8")).digest()).decode("ascii")


def _trusted(content: str) -> Markup:
    """Mark the page's own style and script as not to be escaped; never used on a study's content."""
    from markupsafe import Markup

    return Markup(content)


def _prose(line: str) -> Markup:
    """Escape a line, and show what stands between backticks as code."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(line))))


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
    environment.filters |= {"prose": _prose, "image": _image}
    return environment.from_string(_resource("page.html"))
