"""The report: a self-contained page, and figures to put into documents.

``render(values, study, summary)`` makes both; ``gmplug.report.charts`` has the charts one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmplug.lazy import lazy_names

if TYPE_CHECKING:
    from gmplug.report.page import Report
    from gmplug.report.study import render

__getattr__ = lazy_names(__name__, {"Report": "gmplug.report.page", "render": "gmplug.report.study"})
