"""Units of a table against each other: Sa at short periods, PGA and PGV of the same records."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from gmplug.catalogue.periods import ordinate
from gmplug.errors import InputError
from gmplug.notes import doubtful
from gmplug.units import match_unit, plain
from gmplug.values import FloatArray

#: Up to this period, s, Sa is near PGA.
_SHORT_S = 0.02
#: Median of Sa at a short period over PGA, and of PGV, cm/s, over PGA, g: far beyond recorded motions.
_SA_PGA, _PGV_PGA = (0.125, 8.0), (3.0, 5000.0)
#: PGV over PGA of most earthquakes. Both Sa and PGA in m/s² make a tenth of it.
_USUAL_PGV_PGA = (20.0, 500.0)
#: What stands before a unit in a line of text.
_BEFORE_UNIT = re.compile(
    r"[(\[:=,]\s*|\bin\s+|\bunits?\s+(?:(?:of|are|is)\s+)?|(?<=\s)(?=(?:[cm]?m|in|ft)\s?/\s?s)", re.IGNORECASE
)
_DAMPING = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*%\s*(?:(?:of\s+)?critical\s+)?-?\s*damp"
    r"|damping(?:\s+ratio)?\s*(?:=|:|of|is)?\s*(\d+(?:[.,]\d+)?)\s*(%?)",
    re.IGNORECASE,
)
_BARE = re.compile(r"\d*[.,]?\d+")
_REMEDY = "state them in the headings, or in [catalogue.columns]"


def check_units(records: pd.DataFrame, sa_g: pd.DataFrame, periods_s: FloatArray, where: str) -> list[str]:
    """Raise InputError where the median record tells that Sa, PGA or PGV is in another unit than taken.

    Returns a note where that may be.

    Sa at 0.01 s is PGA within a few percent; PGV over PGA is 20 to 500 cm/s/g for most earthquakes.
    """
    if "pga_g" not in records:
        return []
    pga_g = records["pga_g"].where(records["pga_g"] > 0).to_numpy(dtype=float)
    if periods_s[0] <= _SHORT_S:
        short = sa_g.iloc[:, 0]
        ratio = _median(short.where(short > 0).to_numpy(dtype=float) / pga_g)
        if ratio is not None and not _SA_PGA[0] <= ratio <= _SA_PGA[1]:
            raise InputError(
                f"{where}: Sa({periods_s[0]:g} s) is {ratio:.3g} times PGA in the median, where both are "
                f"nearly equal: their units or components differ from those taken; {_REMEDY}"
            )
    if "pgv_cm_s" in records:
        pgv = records["pgv_cm_s"]
        ratio = _median(pgv.where(pgv > 0).to_numpy(dtype=float) / pga_g)
        if ratio is not None and not _PGV_PGA[0] <= ratio <= _PGV_PGA[1]:
            raise InputError(
                f"{where}: PGV is {ratio:.3g} cm/s for each g of PGA in the median, usual is 20 to 500: "
                f"their units differ from those taken; {_REMEDY}"
            )
        if ratio is not None and not _USUAL_PGV_PGA[0] <= ratio <= _USUAL_PGV_PGA[1]:
            return [
                doubtful(
                    f"{where}: PGV is {ratio:.3g} cm/s for each g of PGA in the median, usual is 20 to 500: "
                    f"check that Sa and PGA are in g and PGV in cm/s; {_REMEDY}"
                )
            ]
    return []


def check_lines_above(above: Mapping[int, str], columns: Sequence[str], path: Path) -> None:
    """Raise InputError where a line above the heading states a unit other than g, or a damping not of 5 %.

    Headings of Sa that state a unit, or a damping, go before such lines.

    Parameters
    ----------
    above
        Text of the lines above the heading, by their rows.
    """
    said = {name: ordinate(name) for name in columns}
    silent = [name for name, one in said.items() if (not one.unit if one else _BARE.fullmatch(name))]
    damped = any(one is not None and one.damping_percent is not None for one in said.values())
    if any(said.values()) and not damped:
        check_damping_above(above, path)
    for row, line in above.items() if silent else ():
        text = plain(f", {line}")
        for before in _BEFORE_UNIT.finditer(text):
            unit = match_unit(text, before.end(), multiples=True)
            if unit and unit[0].quantity == "acceleration" and unit[0].in_g != 1.0:
                name = unit[0].name
                raise InputError(
                    f"{path}, row {row}: states {name}, the headings of Sa, such as '{silent[0]}', no unit: "
                    f"write it there, as in 'Sa(1.0) ({name})', or in [catalogue.columns]"
                )


def check_damping_above(above: Mapping[int, str], path: Path) -> None:
    """Raise InputError where a line above the heading states a damping other than 5 %."""
    for row, line in above.items():
        for found in _DAMPING.finditer(line):
            number = float((found[1] or found[2]).replace(",", "."))
            percent = number if found[1] or found[3] or number > 0.5 else 100.0 * number
            if abs(percent - 5.0) > 1e-6:
                raise InputError(
                    f"{path}, row {row}: states {percent:g} % damping; give spectra of 5 %, or correct it"
                )


def _median(ratios: FloatArray) -> float | None:
    known = ratios[np.isfinite(ratios)]
    return float(np.median(known)) if len(known) else None
