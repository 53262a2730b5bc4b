"""Opening any run directory, and making its report anew."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gmplug.host import Host

if TYPE_CHECKING:
    from gmplug.audit.study import AuditedStudy
    from gmplug.chain.run import Run
    from gmplug.comparison.study import ComparedStudy
    from gmplug.portfolio.run import PortfolioRun

    AnyRun = Run | PortfolioRun | AuditedStudy | ComparedStudy


def load_run(run_dir: Path | str, host: Host | None = None, until: str | None = None) -> AnyRun:
    """Read a run directory: of a study, of several levels, of a portfolio, of an audit or a comparison.

    Parameters
    ----------
    run_dir
        A run directory; the folder ``audit`` or ``compare`` of one.
    host
        The plugins of a study; those installed and its scripts if None.
    until
        Nothing after this stage of a study is read.

    Returns
    -------
    Run
        Or a :class:`gmplug.levels.LevelsRun`, :class:`gmplug.portfolio.PortfolioRun`,
        :class:`gmplug.audit.AuditedStudy` or :class:`gmplug.comparison.study.ComparedStudy`.

    Raises
    ------
    InputError
        The directory is not a run, or a file of it cannot be read.
    """
    from gmplug.audit.study import FACTS_FILE as AUDIT_FILE
    from gmplug.audit.study import load_audit
    from gmplug.chain.run import load_run as load_study_run
    from gmplug.comparison.study import FACTS_FILE as COMPARISON_FILE
    from gmplug.comparison.study import load_comparison
    from gmplug.portfolio.run import PORTFOLIO_FILE, load_portfolio_run

    folder = Path(run_dir).resolve()
    if (folder / PORTFOLIO_FILE).is_file():
        return load_portfolio_run(folder)
    if (folder / AUDIT_FILE).is_file():
        return load_audit(folder)
    if (folder / COMPARISON_FILE).is_file():
        return load_comparison(folder)
    return load_study_run(folder, host, until)


def remake_report(run_dir: Path | str) -> Path:
    """Make the report of any run directory anew; return its path. Raises as :func:`load_run` does."""
    from gmplug.audit.study import PAGE_FILE as AUDIT_PAGE
    from gmplug.audit.study import AuditedStudy
    from gmplug.chain.run import Run
    from gmplug.comparison.study import PAGE_FILE as COMPARISON_PAGE
    from gmplug.comparison.study import ComparedStudy
    from gmplug.levels import LevelsRun
    from gmplug.report import render
    from gmplug.report.page import REPORT_FILE

    folder = Path(run_dir).resolve()
    run = load_run(folder)
    if isinstance(run, Run) and not isinstance(run, LevelsRun):
        report = render(run.values, run.study, run.summary)
    else:
        report = run.make_report()
    pages = {AuditedStudy: AUDIT_PAGE, ComparedStudy: COMPARISON_PAGE}
    name = pages.get(type(run), REPORT_FILE)
    report.save(folder, name)
    return folder / name
