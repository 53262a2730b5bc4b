"""The records: what pre-selection took, where they come from, by how much they are scaled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from gmplug.report.charts import Axis, Chart, Layer, Live, dots, rects, rule
from gmplug.values import Candidates, Catalogue, Selection

#: Distances below this are drawn here where the axis is logarithmic, km.
SHORTEST_DISTANCE_KM = 1.0
#: From this largest distance on the axis is logarithmic, km.
LOG_DISTANCE_KM = 100.0
#: Records of the catalogue drawn at most; the caption says where there are more.
_MOST_DRAWN = 3000
_DISTANCES = {"rjb_km": "Joyner–Boore distance Rjb (km)", "rrup_km": "Rupture distance Rrup (km)"}


def funnel_chart(funnel: pd.DataFrame) -> Chart:
    """Records left and removed by each filter."""
    start = float(funnel["remaining"].iloc[0] + funnel["removed"].iloc[0])
    if funnel["filter"].iloc[0] == "catalogue":
        funnel = funnel.iloc[1:]
    kept = np.r_[start, funnel["remaining"].to_numpy(dtype=float)]
    lost = np.r_[0.0, funnel["removed"].to_numpy(dtype=float)]
    at = np.arange(len(kept))
    texts = [f"{k:.0f}" + (f" (−{n:.0f})" if n else "") for k, n in zip(kept, lost, strict=True)]
    layers = [
        rects(np.zeros(len(kept)), kept, at - 0.3, at + 0.3, "Remaining", "picked"),
        rects(kept, kept + lost, at - 0.3, at + 0.3, "Removed by this filter", "alert faint", texts=texts),
    ]
    names = ["catalogue", *(str(name) for name in funnel["filter"])]
    x = Axis("Records", limits=(0, 1.15 * max(start, 1.0)))
    caption = "Records that each filter of pre-selection removed, in the order they ran."
    aspect = min(0.2 + 0.07 * len(names), 1.2)
    return Chart("funnel", "Pre-selection", caption, x, Axis("", names=names), layers, aspect=aspect)


def distance_column(records: pd.DataFrame) -> str | None:
    """Return the column of distances for a plot against magnitude; None where no record has both."""
    if "magnitude" not in records:
        return None
    for column in ("rjb_km", "rrup_km"):
        if column in records and bool((records["magnitude"].notna() & records[column].notna()).any()):
            return column
    return None


def magnitude_distance_chart(
    catalogue: Catalogue | None, candidates: Candidates | None, selection: Selection | None
) -> Chart | None:
    """Magnitude against distance of catalogue, candidates and selected records; None where none has both."""
    values = [("Catalogue", catalogue), ("Candidates", candidates), ("Selected", selection)]
    tables = [(label, value.records) for label, value in values if value is not None]
    column = next((c for _, records in tables if (c := distance_column(records)) is not None), None)
    if column is None:
        return None
    known = [(label, t.dropna(subset=["magnitude", column])) for label, t in tables if column in t]
    log, layers, more = is_log([table for _, table in known], column), [], ""
    for label, table in known:
        if label == "Catalogue" and len(table) > _MOST_DRAWN:
            more = (
                f" Of the catalogue's {len(table)} records every {-(-len(table) // _MOST_DRAWN)}th is drawn."
            )
            table = table.iloc[:: -(-len(table) // _MOST_DRAWN)]
        layers.append(_dots(label, table, column, log))
    name = _DISTANCES[column] + (f", drawn from {SHORTEST_DISTANCE_KM:g} km" if log else "")
    caption = "Magnitude and distance of the records that have both." + more
    x = Axis(name, log=log, limits=None if log else (0, None))
    return Chart(
        "magnitude_distance",
        "Magnitude and distance",
        caption,
        x,
        Axis("Moment magnitude"),
        layers,
        span=2,
        aspect=1.16,
    )


def is_log(tables: Sequence[pd.DataFrame], column: str) -> bool:
    """Whether distances are drawn logarithmically, from SHORTEST_DISTANCE_KM on."""
    return max((float(table[column].max()) for table in tables if len(table)), default=0.0) > LOG_DISTANCE_KM


def _dots(label: str, table: pd.DataFrame, column: str, log: bool) -> Layer:
    distance = table[column].to_numpy(dtype=float)
    distance = np.maximum(distance, SHORTEST_DISTANCE_KM) if log else distance
    style, symbol, size = {
        "Catalogue": ("light", "circle", 8.0), "Candidates": ("soft", "circle", 18.0),
        "Selected": ("picked", "diamond", 60.0),
    }[label]  # fmt: skip
    magnitude = table["magnitude"].to_numpy(dtype=float)
    if label == "Selected":
        ids = Live("items", table["id"])
        return dots(
            Live("distance", distance),
            Live("magnitude", magnitude),
            label,
            style,
            items=ids,
            symbol=symbol,
            size=size,
        )
    items = None if label == "Catalogue" else table["id"]
    return dots(distance, magnitude, f"{label} ({len(table)})", style, items=items, symbol=symbol, size=size)


def scale_factor_chart(
    candidates: Candidates | None, selection: Selection | None, limits: tuple[float, float] | None
) -> Chart:
    """Histogram of the candidates' scale factors, and a dot for each selected record."""
    everything = [value.records["scale_factor"] for value in (candidates, selection) if value is not None]
    factors = pd.concat(everything).to_numpy(dtype=float)
    factors = factors[np.isfinite(factors) & (factors > 0)]
    low, high = (float(factors.min()), float(factors.max())) if len(factors) else (0.5, 2.0)
    bins = np.geomspace(min(low, 1.0) / 1.08, max(high, 1.0) * 1.08, 25)
    layers: list[Layer] = []
    if candidates is not None:
        counts, _ = np.histogram(candidates.records["scale_factor"], bins)
        name = f"Candidates ({len(candidates.records)})"
        layers.append(rects(bins[:-1], bins[1:], np.zeros(24), counts, name, "light"))
    if selection is not None:
        chosen = selection.records["scale_factor"].to_numpy(dtype=float)
        place = np.clip(np.digitize(chosen, bins) - 1, 0, 23)
        height = [0.5 + int(np.sum(place[:row] == place[row])) for row in range(len(place))]
        layers.append(
            dots(np.sqrt(bins[place] * bins[place + 1]), height, f"Selected ({len(chosen)})", "picked",
                 items=selection.records["id"], size=50)
        )  # fmt: skip
    layers.append(rule(x=1.0, style="target"))
    layers += [rule(x=limit, text=f"limit {limit:g}") for limit in limits or ()]
    caption = "Factors that scale the records to the target; the selected ones as dots in their bins."
    y = Axis("Records", limits=(0, None), whole=True)
    return Chart("scale_factors", "Scale factors", caption, Axis("Scale factor", log=True), y, layers)


def record_charts(
    candidates: Candidates | None, selection: Selection | None, limits: tuple[float, float] | None
) -> Iterator[Chart]:
    """The charts of the section on records."""
    if candidates is not None and len(candidates.funnel):
        yield funnel_chart(candidates.funnel)
    if candidates is not None or selection is not None:
        yield scale_factor_chart(candidates, selection, limits)
