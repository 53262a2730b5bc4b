"""Any run directory: opening it, and making its report anew; the files of results beside a study's run."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from gmplug._version import __version__
from gmplug.errors import InputError
from gmplug.host import Host
from gmplug.plain import plain

if TYPE_CHECKING:
    from gmplug.audit.study import AuditedStudy
    from gmplug.chain.run import Run
    from gmplug.comparison.study import ComparedStudy
    from gmplug.portfolio.run import PortfolioRun
    from gmplug.report.page import Report

    type AnyRun = Run | PortfolioRun | AuditedStudy | ComparedStudy

#: Format of the files of results; those of gmplug 0.1.0 state none.
RESULTS = 2
#: By the file that marks a directory: what reads it, and the name of its page.
_KINDS = {
    "portfolio.toml": ("gmplug.portfolio.run:load_portfolio_run", "report.html"),
    "audit.json": ("gmplug.audit.study:load_audit", "audit.html"),
    "compare.json": ("gmplug.comparison.study:load_comparison", "compare.html"),
}


def load_run(run_dir: Path | str, host: Host | None = None, until: str | None = None) -> AnyRun:
    """Read a run directory: of a study, of several levels, of a portfolio, of an audit or a comparison.

    Parameters
    ----------
    run_dir
        A run directory, or the folder ``audit`` or ``compare`` of one.
    host
        The plugins of a study; those installed and its scripts if None.
    until
        Nothing after this stage of a study is read.

    Returns
    -------
    Run
        Or a :class:`gmplug.levels.LevelsRun`, :class:`gmplug.portfolio.PortfolioRun`,
        :class:`gmplug.audit.AuditedStudy` or :class:`gmplug.comparison.ComparedStudy`.

    Raises
    ------
    InputError
        The directory is not a run, or a file of it cannot be read.
    """
    folder = Path(run_dir).resolve()
    for file, (reader, _) in _KINDS.items():
        if (folder / file).is_file():
            module, _, name = reader.partition(":")
            run: AnyRun = getattr(importlib.import_module(module), name)(folder)
            return run
    from gmplug.chain.run import load_run as load_study_run

    return load_study_run(folder, host, until)


def remake_report(run_dir: Path | str) -> Path:
    """Make the page of any run directory anew; return its path. Raises as :func:`load_run` does."""
    from gmplug.chain.run import Run
    from gmplug.levels import LevelsRun
    from gmplug.report import render

    folder = Path(run_dir).resolve()
    run = load_run(folder)
    if isinstance(run, Run) and not isinstance(run, LevelsRun):
        report = render(run.values, run.study, run.summary)
    else:
        report = run.make_report()
    name = next((page for file, (_, page) in _KINDS.items() if (folder / file).is_file()), "report.html")
    report.save(folder, name)
    return folder / name


# -- results beside a study's run --------------------------------------------------------------------


def write_results(
    folder: Path,
    marker: str,
    facts: Mapping[str, Any],
    tables: Mapping[str, pd.DataFrame | None],
    report: Report,
) -> None:
    """Write results into a folder: ``marker`` with the facts, tables as CSV (None removes one), the page."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        if table is None:
            (folder / f"{name}.csv").unlink(missing_ok=True)
        else:
            table.to_csv(folder / f"{name}.csv", index=False)
    content = plain({"gmplug_version": __version__, "results": RESULTS, **facts})
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / marker).write_text(text + "\n", encoding="utf-8")
    report.save(folder, _KINDS[marker][1])


def read_results(
    folder: Path, marker: str, tables: Sequence[str], texts: Sequence[str], remedy: str
) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """Read facts and tables that :func:`write_results` or a portfolio wrote; ``texts`` are columns of texts.

    Raises InputError where a file cannot be read, or gmplug 0.1.0 wrote them; it ends with the ``remedy``.
    """
    try:
        facts = json.loads((folder / marker).read_text(encoding="utf-8"))
        frames = {name: _read_table(folder / f"{name}.csv", texts) for name in tables}
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: cannot be read ({' '.join(str(error).split())}); {remedy}") from None
    if "results" not in facts:
        raise InputError(f"{folder}: made by gmplug 0.1.0; {remedy}")
    return facts, frames


def _read_table(path: Path, texts: Sequence[str]) -> pd.DataFrame:
    table = pd.read_csv(
        path, dtype=dict.fromkeys(texts, str), keep_default_na=False, na_values=[""],
        float_precision="round_trip",
    )  # fmt: skip
    return table.fillna({name: "" for name in texts if name in table})
