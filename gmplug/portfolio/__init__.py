"""Portfolios: a table of buildings becomes models, shared selections, analyses and one report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmplug.lazy import lazy_names

if TYPE_CHECKING:
    from gmplug.portfolio.run import PortfolioRun, load_portfolio_run, run_portfolio
    from gmplug.portfolio.schema import Portfolio, load_portfolio

__getattr__ = lazy_names(
    __name__,
    {
        "Portfolio": "gmplug.portfolio.schema",
        "PortfolioRun": "gmplug.portfolio.run",
        "load_portfolio": "gmplug.portfolio.schema",
        "load_portfolio_run": "gmplug.portfolio.run",
        "run_portfolio": "gmplug.portfolio.run",
    },
)
