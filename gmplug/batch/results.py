"""Files of results: facts, tables and a page in a folder of their own, and reading them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from gmplug._version import __version__
from gmplug.chain.versions import check_version
from gmplug.errors import readable
from gmplug.plain import plain, write_json

if TYPE_CHECKING:
    from gmplug.report.page import Report


def write_results(
    folder: Path,
    marker: str,
    facts: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame | None],
    report: Report,
    page: str,
) -> None:
    """Write facts as JSON into ``marker``, tables as CSV (None removes one), and the page and its figures."""
    folder.mkdir(parents=True, exist_ok=True)
    write_tables(folder, {f"{name}.csv": table for name, table in tables.items()})
    write_json(folder / marker, plain({"gmplug_version": __version__, **facts}))
    report.save(folder, page)


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame | None]) -> None:
    """Write tables by the names of their files; None for one that is no longer true, which goes."""
    for name, table in tables.items():
        if table is None:
            (folder / name).unlink(missing_ok=True)
        else:
            table.to_csv(folder / name, index=False)


def read_results(
    folder: Path, marker: str, tables: Sequence[str], texts: Sequence[str], remedy: str
) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """Read facts and tables that :func:`write_results` or a portfolio wrote; ``texts`` are columns of texts.

    Raises InputError where a file cannot be read, or another version wrote files of another form; it has the
    ``remedy``.
    """
    with readable(folder, remedy):
        facts = json.loads((folder / marker).read_text(encoding="utf-8"))
        check_version(str(facts.get("gmplug_version", "0.1.0")), folder, remedy)
        frames = {name: _read_table(folder / f"{name}.csv", texts) for name in tables}
    return facts, frames


def _read_table(path: Path, texts: Sequence[str]) -> pd.DataFrame:
    table = pd.read_csv(
        path, dtype=dict.fromkeys(texts, str), keep_default_na=False, na_values=[""],
        float_precision="round_trip",
    )  # fmt: skip
    return table.fillna({name: "" for name in texts if name in table})
