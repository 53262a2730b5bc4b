"""What columns are called in the tables people have, and what gmplug calls them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

#: Spellings of each column, the preferred first, compared without case, spaces and punctuation. Those of
#: the NGA flatfiles are from its versions in public use (NGA-West1 2008, NGA-West2 2013 and 2023 extracts).
SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "record", "record id", "name"),
    "group": ("group",),
    "pulse": ("pulse", "is pulse", "pulse like", "pulse flag", "pulse indicator"),
    "record_number": ("record_number", "Record Sequence Number", "RSN", "NGA#", "NGA number", "NGA no"),
    "event": ("event", "Earthquake Name", "earthquake"),
    "event_id": ("event_id", "EQID"),
    "year": ("year",),
    "month_day": ("MODY",),
    "station": ("station", "Station Name"),
    "magnitude": ("magnitude", "Earthquake Magnitude", "moment magnitude", "M", "Mw", "mag"),
    "rjb_km": ("rjb_km", "Joyner-Boore Dist. (km)", "Joyner-Boore Distance (km)", "Rjb (km)", "Rjb"),
    "rrup_km": (
        "rrup_km",
        "ClstD (km)",
        "Closest Distance (km)",
        "Rupture Distance (km)",
        "Rrup (km)",
        "Rrup",
        "ClstD",
    ),
    "vs30_m_s": (
        "vs30_m_s",
        "Vs30 (m/s) selected for analysis",
        "Preferred Vs30 (m/s)",
        "Vs30 (m/s)",
        "Vs30 (m/sec)",
        "Vs30",
    ),
    "mechanism": ("mechanism", "Mechanism Based on Rake Angle", "fault mechanism", "style of faulting"),
    "rake_deg": ("rake_deg", "Rake Angle (deg)", "rake"),
    "max_usable_period_s": ("max_usable_period_s", "longest usable period (s)"),
    "lowest_usable_hz": (
        "Lowest Usable Freq - Ave. Component (Hz)",
        "Lowest Usable Frequency (Hz)",
        "Lowest Useable Frequency (Hz)",
        "Lowest Usable Freq (Hz)",
    ),
    "lowest_usable_h1_hz": ("Lowest Usable Freq - H1 (Hz)",),
    "lowest_usable_h2_hz": ("Lowest Usable Freq - H2 (Hz)", "Lowest Usable Freq - H2 (H2)"),
    "pulse_period_s": (
        "pulse_period_s",
        "Tp (s)",
        "Tp (sec)",
        "Tp",
        "Tp-Pulse Period (sec)",
        "pulse period (s)",
    ),
    "pga_g": ("pga_g", "PGA (g)"),
    "pgv_cm_s": ("pgv_cm_s", "PGV (cm/sec)", "PGV (cm/s)"),
    "duration_5_75_s": ("duration_5_75_s", "5-75% Duration (sec)", "Ds5-75 (s)"),
    "duration_5_95_s": ("duration_5_95_s", "5-95% Duration (sec)", "Ds5-95 (s)"),
    "file": ("file", "file name", "filename", "waveform"),
    "file_h1": ("file_h1", "File Name (Horizontal 1)", "Horizontal-1 Acc. Filename"),
    "file_h2": ("file_h2", "File Name (Horizontal 2)", "Horizontal-2 Acc. Filename"),
    "file_v": ("file_v", "File Name (Vertical)", "Vertical Acc. Filename"),
    "time_step_s": ("time_step_s", "dt", "dt (s)", "time step (s)"),
    "units": ("units", "acceleration units", "unit of acceleration"),
    "damping_percent": ("Damping (%)", "Damping"),
    "rotd_percentile": ("RotD percentile",),
}

_LOOK_UP: dict[str, tuple[int, str]] = {}


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9#]", "", str(name).lower())


for _name, _spellings in SPELLINGS.items():
    for _rank, _spelling in enumerate(_spellings):
        _LOOK_UP.setdefault(_plain(_spelling), (_rank, _name))


def known_as(column: str) -> str | None:
    """Return gmplug's name of a column, None for one it does not know."""
    found = _LOOK_UP.get(_plain(column))
    return found[1] if found else None


def match_columns(columns: Iterable[str]) -> dict[str, str]:
    """Return ``{gmplug's name: name in the table}``; of several spellings present, the preferred one."""
    best: dict[str, tuple[int, str]] = {}
    for column in columns:
        found = _LOOK_UP.get(_plain(column))
        if found and (found[1] not in best or found[0] < best[found[1]][0]):
            best[found[1]] = (found[0], str(column))
    return {name: column for name, (_, column) in best.items()}
