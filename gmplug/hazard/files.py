"""What the files of hazard analyses have in common: text, first lines with metadata, sites."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from gmplug import textfile
from gmplug.errors import InputError
from gmplug.values import FloatArray

#: Longitude and latitude, degrees.
Site = tuple[float, float]

#: Sites nearer than this, degrees, in longitude and latitude are one (about 1 km).
_SAME_SITE_DEG = 0.01
_SHOWN = 5
#: ``key=value``: a value is quoted, in brackets, or runs to the next comma.
_PAIR = re.compile(r"(\w+)\s*=\s*('[^']*'|\"[^\"]*\"|\[[^\]]*\]|\([^)]*\)|[^,'\"]+)")
#: OpenQuake up to 3.6 wrote the kind of a curve without a key: ``# quantile-0.1, investigation_time=1.0``.
_KIND = re.compile(r"^#[\s,\"]*(mean|max|std|(?:quantile|rlz)-[\d.]+)(?=[\s,\"]|$)")


def read_text(path: Path, what: str) -> str:
    """Return the text of a file.

    Raises InputError where there is none, it is no text, or it is a web page or XML.
    """
    text = textfile.read_text(path, what)
    start = text.lstrip()[:2000].lower()
    if "<nrml" in start:
        raise InputError(
            f"{path}: is OpenQuake's XML; export the result as CSV (oq export ... --exports csv)"
        )
    if start.startswith("<"):
        raise InputError(
            f"{path}: is a web page, not {what}; the service answered with a page: ask again, and save the "
            f"response itself (JSON)"
        )
    return text


def split_metadata(text: str) -> tuple[dict[str, str], str, int]:
    """Return the metadata of the first comment lines, values as texts, the table below, and its first line.

    Lines are counted from 1. ``kind`` is also known where it stands without a key.
    """
    metadata: dict[str, str] = {}
    lines = text.splitlines()
    first = 0
    while first < len(lines) and (not lines[first].strip() or lines[first].lstrip().startswith(("#", '"#'))):
        line = lines[first].lstrip().lstrip('"')
        kind = _KIND.match(line)
        if kind:
            metadata["kind"] = kind[1]
        found = dict(_PAIR.findall(line))
        metadata |= {key.lower(): value.strip().strip("'\"") for key, value in found.items()}
        first += 1
    return metadata, "\n".join(lines[first:]), first + 1


def metadata_number(metadata: Mapping[str, str], key: str) -> float:
    """Return a number of the metadata; NaN where it is not stated."""
    try:
        return float(metadata[key])
    except (KeyError, ValueError):
        return float("nan")


def metadata_list(metadata: Mapping[str, str], key: str) -> list[float]:
    """Return a list of numbers of the metadata; empty where it is not stated."""
    try:
        return [float(part) for part in metadata[key].strip("[]() ").split(",")]
    except (KeyError, ValueError):
        return []


def rates_of_probabilities(poe: FloatArray, years: float) -> FloatArray:
    """Annual rates of probabilities of exceedance in some years: λ = −ln(1 − p)/t; infinite where p is 1."""
    with np.errstate(divide="ignore"):
        return np.asarray(-np.log1p(-poe) / years)


def same_site(first: Site, second: Site) -> bool:
    """Whether two sites are one; longitudes may run from -180 or from 0."""
    east = abs(first[0] - second[0]) % 360.0
    return min(east, 360.0 - east) <= _SAME_SITE_DEG and abs(first[1] - second[1]) <= _SAME_SITE_DEG


def check_site(path: Path, stated: Site | None, wanted: Site | None) -> None:
    """Raise InputError where a file is of another site than the study's."""
    if stated is not None and wanted is not None and not same_site(stated, wanted):
        raise InputError(
            f"{path}: is of the site {stated[0]:g}, {stated[1]:g}, not of site_lon_lat = "
            f"[{wanted[0]:g}, {wanted[1]:g}]; give the file of that site, or correct site_lon_lat"
        )


def choose_site(path: Path, sites: Sequence[Site], wanted: Site | None, rows: Sequence[int]) -> int:
    """Return the position of the study's site among a file's sites; the only one where there is one.

    Raises InputError where the study names none of several sites, where none is near, or several rows are.
    """
    if wanted is None and len(sites) == 1:
        return 0
    listed = "; ".join(f"{lon:g}, {lat:g}" for lon, lat in sites[:_SHOWN])
    listed += f" and {len(sites) - _SHOWN} more" if len(sites) > _SHOWN else ""
    if wanted is None:
        raise InputError(
            f"{path}: holds {len(sites)} sites (longitude, latitude: {listed}); choose yours by "
            f"site_lon_lat = [longitude, latitude], or keep its row alone"
        )
    near = [at for at, site in enumerate(sites) if same_site(site, wanted)]
    if not near:
        raise InputError(
            f"{path}: has no site within {_SAME_SITE_DEG:g} degrees of site_lon_lat = "
            f"[{wanted[0]:g}, {wanted[1]:g}]; it has {listed}"
        )
    if len(near) > 1:
        raise InputError(
            f"{path}: rows {', '.join(str(rows[at]) for at in near[:_SHOWN])} are all of the site "
            f"{wanted[0]:g}, {wanted[1]:g}; keep the one that you mean"
        )
    return near[0]
