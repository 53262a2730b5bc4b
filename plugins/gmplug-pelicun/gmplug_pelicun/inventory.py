"""The components of the building in pelicun's format (CMP_QNT.csv)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from gmplug import InputError

SQUARE_FEET_PER_M2 = 10.7639104167
#: Floor area of one story of the office building that the quantities are of, square feet.
_AREA_FT2 = 21_600.0

#: The four-story office of pelicun's first example (examples/001 of pelicun 3.10; the building of FEMA
#: P-58-2), per story of 21,600 ft² and per direction: component, unit, location, directions, quantity,
#: block, what it is. Left out are its components whose fragilities the library marks as incomplete. ``block``
#: is the quantity that is damaged as one, the library's unit of the repair consequence.
_OFFICE = (
    ("B.20.22.031", "ft2", "all", "1,2", 3900.0, 30.0, "curtain walls"),
    ("C.10.11.001a", "ft", "all", "1,2", 891.0, 100.0, "wall partitions, gypsum on metal studs"),
    ("C.30.11.002c", "ft", "all", "1,2", 113.0, 100.0, "wall finishes, gypsum and tile"),
    ("C.30.32.003b", "ft2", "all", "0", 21600.0, 600.0, "suspended ceilings"),
    ("C.30.34.002", "ea", "all", "0", 648.0, 27.0, "pendant lighting"),
    ("D.20.21.023a", "ft", "all", "0", 1230.0, 1000.0, "potable water piping"),
    ("D.20.21.023b", "ft", "all", "0", 1230.0, 1000.0, "potable water piping, bracing"),
    ("D.30.41.021c", "ft", "all", "0", 1620.0, 1000.0, "ducts, small"),
    ("D.30.41.022c", "ft", "all", "0", 430.0, 1000.0, "ducts, large"),
    ("D.30.41.032c", "ea", "all", "0", 19.44, 10.0, "air diffusers"),
    ("D.30.41.041b", "ea", "all", "0", 16.0, 10.0, "variable air volume boxes"),
    ("D.40.11.023a", "ft", "all", "0", 4320.0, 1000.0, "sprinkler piping"),
    ("D.40.11.033a", "ea", "all", "0", 194.0, 100.0, "sprinkler drops"),
)
_ELEVATOR = ("D.10.14.011", "ea", "1", "0", 1.0, 1.0, "traction elevator")

#: Moment connections as in that example's concrete frame: two with a beam on one side and three with beams on
#: both sides per story and direction. In steel the same joints are welded connections (beams W27 or less).
_FRAMES = {
    "steel-moment-frame": (
        ("B.10.35.021", "ea", "all", "1,2", 2.0, 1.0, "welded connections, beam on one side"),
        ("B.10.35.031", "ea", "all", "1,2", 3.0, 1.0, "welded connections, beams on both sides"),
    ),
    "concrete-moment-frame": (
        ("B.10.41.001a", "ea", "all", "1,2", 2.0, 1.0, "special frame joints, beam on one side"),
        ("B.10.41.002b", "ea", "all", "1,2", 3.0, 1.0, "special frame joints, beams on both sides"),
    ),
    "none": (),
}

_COLUMNS = ("ID", "Units", "Location", "Direction", "Theta_0", "Blocks", "Family", "Theta_1", "Comment")


def office_components(floor_area_m2: float, frame: str) -> pd.DataFrame:
    """Return an office building's components: quantities in proportion to the area of a story.

    Raises
    ------
    InputError
        The frame is unknown or the area not positive.
    """
    if frame not in _FRAMES:
        raise InputError(f"[risk.pelicun] frame = '{frame}' is unknown; one of {', '.join(_FRAMES)}")
    if not floor_area_m2 > 0:
        raise InputError(f"[risk.pelicun] floor_area_m2: {floor_area_m2!r} must be positive")
    scale = floor_area_m2 * SQUARE_FEET_PER_M2 / _AREA_FT2
    rows = []
    parts = (*_FRAMES[frame], *_OFFICE, _ELEVATOR)
    for component, unit, location, direction, per_area, block, comment in parts:
        quantity = per_area * scale
        if unit == "ea":
            quantity = float(max(1, round(quantity)))
        blocks = max(1, round(quantity / block))
        rows.append((component, unit, location, direction, round(quantity, 3), blocks, "", "", comment))
    return pd.DataFrame(rows, columns=_COLUMNS).set_index("ID")


def read_components(path: Path) -> pd.DataFrame:
    """Read and check a CSV of components in pelicun's format.

    Raises
    ------
    InputError
        The file is missing, lacks a column, or names a component that the library does not have.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except OSError as error:
        raise InputError(f"[risk.pelicun] components: cannot read {path} ({error.strerror})") from error
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(f"[risk.pelicun] components: {path} is no CSV table ({error})") from error
    missing = [name for name in ("ID", "Units", "Location", "Direction", "Theta_0") if name not in table]
    if missing:
        raise InputError(
            f"[risk.pelicun] components: {path.name} lacks the column(s) {', '.join(missing)}; wanted are "
            f"{', '.join(_COLUMNS[:5])} and, if need be, {', '.join(_COLUMNS[5:])}"
        )
    if table.empty:
        raise InputError(f"[risk.pelicun] components: {path.name} has no rows")
    complete = library_components()
    for row, component in enumerate(table["ID"], start=2):
        if component not in complete:
            raise InputError(
                f"[risk.pelicun] components: {path.name}, row {row}: '{component}' has no complete "
                f"fragility in the FEMA P-58 library (fragility.csv of simcenter-dlml)"
            )
    return table.set_index("ID")


def library_components() -> set[str]:
    """Components of the FEMA P-58 library that have all parameters of their fragility."""
    from pelicun.file_io import resolve_default_dataset_path

    table = pd.read_csv(Path(resolve_default_dataset_path("FEMA P-58")) / "fragility.csv", dtype=str)
    return set(table.loc[table["Incomplete"].isin(["0", "0.0"]), "ID"])
