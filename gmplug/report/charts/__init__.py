"""The charts of the pages, as plain data that the page's script draws; no matplotlib."""

from gmplug.report.charts.model import (
    PATTERNS,
    SERIES,
    SYMBOLS,
    Axis,
    Chart,
    Layer,
    Live,
    Problem,
    attempt,
    band,
    dots,
    line,
    lines,
    rects,
    rule,
    steps,
)


def series(number: int) -> str:
    """Return color and line pattern of series 0, 1, 2, ..."""
    return f"{SERIES[number % len(SERIES)]} {PATTERNS[number % len(PATTERNS)]}".strip()
