"""The charts of the pages, as plain data that the page's script draws; no matplotlib."""

from gmplug.report.charts.model import (
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
    series,
    steps,
)
