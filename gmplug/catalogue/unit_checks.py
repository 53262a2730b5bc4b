"""Units of a table against each other: Sa at short periods, PGA and PGV of the same records."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gmplug.errors import InputError
from gmplug.notes import doubtful
from gmplug.values import FloatArray

#: Up to this period, s, Sa is near PGA.
_SHORT_S = 0.02
#: Median of Sa at a short period over PGA, and of PGV, cm/s, over PGA, g: far beyond recorded motions.
_SA_PGA, _PGV_PGA = (0.125, 8.0), (3.0, 5000.0)
#: PGV over PGA of most earthquakes. Both Sa and PGA in m/s² make a tenth of it.
_USUAL_PGV_PGA = (20.0, 500.0)
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


def _median(ratios: FloatArray) -> float | None:
    known = ratios[np.isfinite(ratios)]
    return float(np.median(known)) if len(known) else None
