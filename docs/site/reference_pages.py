"""Directives of the reference: ``gmplug-reference`` for parts made from the code, ``gmplug-names``."""

from __future__ import annotations

import csv
import inspect
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import gmplug
from gmplug.demands.registry import demands as demands_in_use
from gmplug.hookspecs import KINDS
from gmplug.host import Host
from gmplug.host.listing import list_options
from gmplug.measures.registry import measures as measures_in_use


def options() -> str:
    """Return every option of every built-in provider, by kind."""
    listed = list_options(Host(entry_points=False))
    parts = []
    for kind in KINDS.values():
        providers = listed.get(kind.hook)
        if not providers:
            continue
        parts.append(f"## {kind.singular.capitalize()}\n\nChosen by {kind.chosen_by}.\n")
        for name, rows in sorted(providers.items()):
            parts.append(f"### `{name}`\n")
            parts.append(
                _table(
                    ("option", "default", "meaning"),
                    ((f"`{row['name']}`", _default(row), row["about"]) for row in rows),
                )
                if rows
                else "No options.\n"
            )
    return "\n".join(parts)


def commands() -> str:
    """Return the help of every command."""
    from gmplug.cli import cli

    context = click.Context(cli, info_name="gmplug")
    listed = ((name, cli.get_command(context, name)) for name in cli.list_commands(context))
    return "\n".join(_command(command, f"gmplug {name}") for name, command in listed)


def _command(command: click.Command | None, name: str) -> str:
    assert command is not None
    context = click.Context(command, info_name=name)
    parts = [f"## {name}\n\n```text\n{command.get_help(context)}\n```\n"]
    if isinstance(command, click.Group):
        parts += [
            _command(one, f"{name} {sub}").replace("## ", "### ", 1) for sub, one in command.commands.items()
        ]
    return "\n".join(parts)


def measures() -> str:
    """Return the table of intensity measures."""
    rows = (
        (
            f"`{one.column}`",
            one.symbol,
            one.title,
            one.unit,
            f"f^{one.scale_power:g}" if one.scale_power else "none",
        )
        for one in measures_in_use().values()
    )
    return _table(("column", "symbol", "measure", "unit", "effect of a scale factor f"), rows)


def demands() -> str:
    """Return the table of engineering demands."""
    rows = (
        (f"`{one.name}`", one.title, one.shown_unit, one.numbered or "model", one.caption)
        for one in demands_in_use().values()
    )
    return _table(("demand", "title", "unit in plots", "one for each", "definition"), rows)


def columns() -> str:
    """Return the columns of catalogues with all spellings that tables may use."""
    path = Path(gmplug.__file__).parent / "catalogue" / "columns.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(f"`{row['column']}`", row["unit"], row["headings"]) for row in csv.DictReader(file)]
    return _table(("column", "unit", "headings"), rows)


PARTS = {
    "options": options,
    "commands": commands,
    "measures": measures,
    "demands": demands,
    "columns": columns,
}


def _default(row: dict[str, Any]) -> str:
    return "needed" if row["required"] else f"`{row['default']}`"


def _table(heading: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    lines = [list(heading), *([str(cell) for cell in row] for row in rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return (
        "\n".join(
            "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |"
            for line in lines
        )
        + "\n"
    )


class _Reference(SphinxDirective):
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        return self.parse_text_to_nodes(PARTS[self.arguments[0]](), allow_section_headings=True)


class _Names(SphinxDirective):
    """The docstrings of public names, in the order of the block."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        names = " ".join(self.content).split()
        block = "\n".join(_autodoc(name, getattr(gmplug, name)) for name in names)
        return self.parse_text_to_nodes(f"```{{eval-rst}}\n{block}\n```")


def _autodoc(name: str, value: object) -> str:
    if isinstance(value, type):
        return f".. autoclass:: gmplug.{name}\n   :members:\n"
    if inspect.ismodule(value):
        return f".. automodule:: {value.__name__}\n   :members:\n"
    return f".. autofunction:: gmplug.{name}\n"


def _with_pages(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put the pages of validation below its table, which is a README without directives."""
    if docname == "docs/validation/README":
        source[0] += "\n```{toctree}\n:hidden:\n:glob:\n\n*\n```\n"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.connect("source-read", _with_pages)
    app.add_directive("gmplug-reference", _Reference)
    app.add_directive("gmplug-names", _Names)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
