"""Pairs of components turned to the direction of their strongest velocity pulse.

Shahi & Baker (2014), "An efficient algorithm to identify strong-velocity pulses in multicomponent ground
motions", Bull. Seism. Soc. Am. 104(5):2456-2466.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from gmplug.errors import InputError
from gmplug.values import NONPULSE, PULSE, FloatArray, Motions, Selection, lacks_file

_WHERE = "[analysis] orientation"


@dataclass(frozen=True)
class _Turned:
    """Files of a turned pair, direction and period of its pulse."""

    file_h1: str
    file_h2: str
    orientation_deg: float
    pulse_period_s: float


def turned_to_pulses(made: Motions, selection: Selection, folder: Path, workers: int) -> Motions:
    """Return the motions with pulse-like pairs turned: h1 along the strongest pulse, h2 across it.

    A record that its metadata call pulse-type is turned to its strongest pulse, one that they call
    non-pulse-type stays as recorded; the waveforms classify the others. The table gets ``orientation_deg``,
    the direction of h1 from the recorded h1 towards the recorded h2 (0: as recorded), and
    ``pulse_period_s`` of turned records.

    Raises
    ------
    InputError
        A motion has one component only, or cannot be classified.
    """
    from gmplug.spectra.many import map_in_threads

    single = [str(name) for name in made.table["id"][lacks_file(made.table, "file_h2")]]
    if single:
        raise InputError(
            f'{_WHERE}: "pulse" needs two horizontal components; {len(single)} of {len(made.table)} motions '
            f"have one ({', '.join(single[:5])}): keep such records out, or leave the option out"
        )
    folder.mkdir(exist_ok=True)
    for stale in folder.glob("*_pulse_h?.AT2"):
        stale.unlink()
    rows = made.table.assign(group=selection.records["group"].to_numpy(dtype=object)).to_dict("records")
    turned = list(map_in_threads(lambda row: _turned(row, folder), rows, workers))
    table = made.table.copy()
    for name in ("file_h1", "file_h2"):
        table[name] = [
            getattr(new, name) if new else old for new, old in zip(turned, table[name], strict=True)
        ]
    table["changed"] = [
        bool(old) or new is not None for new, old in zip(turned, table["changed"], strict=True)
    ]
    table["orientation_deg"] = [new.orientation_deg if new else 0.0 for new in turned]
    table["pulse_period_s"] = [new.pulse_period_s if new else math.nan for new in turned]
    count = sum(new is not None for new in turned)
    note = (
        f"{count} of {len(table)} motions are turned to the direction of their strongest velocity pulse "
        "(Shahi & Baker 2014): h1 along it, h2 across it; the others have none and are as recorded"
    )
    return replace(made, table=table, notes=(*made.notes, note))


def _turned(row: Mapping[Any, Any], folder: Path) -> _Turned | None:
    """Write the turned pair of a row; None where it stays as recorded."""
    from gmplug.analysis.setup import file_name
    from gmplug.pulses import classify_pulse
    from gmplug.waveforms import Accelerogram, read_motion, write_at2

    if row["group"] == NONPULSE:
        return None
    motion = read_motion({**{str(name): value for name, value in row.items()}, "file_v": ""})
    try:
        pulse = classify_pulse(motion.horizontal_g, motion.time_step_s)
    except ValueError as error:
        raise InputError(f"{_WHERE}: record {row['id']}: {error}; leave the record out") from None
    if not pulse.pulse_like and row["group"] != PULSE:
        return None
    files = []
    for name, component in zip(("h1", "h2"), turn(motion.horizontal_g, pulse.direction_deg), strict=True):
        path = folder / f"{file_name(row['id'])}_pulse_{name}.AT2"
        title = f"{row['id']}, turned by {pulse.direction_deg:.1f} degrees from h1 towards h2, {name}"
        write_at2(path, Accelerogram(motion.time_step_s, component, header=("TURNED BY GMPLUG", title)))
        files.append(str(path))
    return _Turned(files[0], files[1], pulse.direction_deg, pulse.period_s)


def turn(components_g: FloatArray, angle_deg: float) -> FloatArray:
    """Components along a direction and across it, shape (2, n); the angle is from the first to the second."""
    c, s = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    return np.asarray(np.array([[c, s], [-s, c]]) @ components_g)
