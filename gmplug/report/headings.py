"""Column names of tables as people read them: words, and units in brackets."""

from __future__ import annotations

#: Whole names.
_NAMES = {
    "sa_g": "Sa (g)",
    "edp": "Demand",
    "beta": "β",
    "beyond": "Share beyond the hazard curve",
    "annual_rate": "Annual rate (1/yr)",
    "annual_frequency": "Annual frequency (1/yr)",
    "repair_cost": "Repair cost (USD of 2011)",
}
#: Last word of a name that is its unit.
_UNITS = {"g": "g", "s": "s", "m": "m", "km": "km", "days": "days", "years": "yr"}
#: Last words for a statistic.
_STATISTICS = {
    "mean": "mean",
    "median": "median",
    "p16": "16th percentile",
    "p84": "84th percentile",
    "low": "low",
    "high": "high",
}
_WORDS = {"beta": "β", "sa": "Sa"}


def heading(name: str) -> str:
    """Return a column's name as a heading: ``repair_time_days_p84`` is "Repair time, 84th percentile (days)".

    A name that is none of ours (it has capitals, blanks or digits apart from percentiles) stays as it is.
    """
    if name in _NAMES:
        return _NAMES[name]
    if not name.replace("_", "").replace("p16", "").replace("p84", "").isalpha() or name != name.lower():
        return name
    words = name.split("_")
    unit = statistic = ""
    for _ in range(2):  # a unit may stand before or after the statistic
        if len(words) > 1 and not unit and words[-1] in _UNITS:
            unit = _UNITS[words.pop()]
        elif len(words) > 1 and not statistic and words[-1] in _STATISTICS:
            statistic = _STATISTICS[words.pop()]
    text = " ".join(_WORDS.get(word, word) for word in words)
    if not text.startswith("β"):
        text = text[:1].upper() + text[1:]
    return text + (f", {statistic}" if statistic else "") + (f" ({unit})" if unit else "")
