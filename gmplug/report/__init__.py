"""The report: a self-contained page, and plots to put into documents.

``render(values, study, summary)`` makes both; ``gmplug.report.plots`` has the plots one by one.
"""

from __future__ import annotations

from typing import Any

__all__ = ["Report", "render"]


def __getattr__(name: str) -> Any:
    # The parts import pandas: only who asks for them waits for that.
    if name in __all__:
        from gmplug.report import page

        return getattr(page, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
