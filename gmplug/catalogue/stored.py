"""A catalogue as a table and what is said about it: how a run directory and a record library keep it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from gmplug.catalogue.periods import find_period_columns, period_columns, period_of
from gmplug.catalogue.records import check_text_columns
from gmplug.values import Catalogue


def table_of(catalogue: Catalogue) -> pd.DataFrame:
    """Return one row per record: metadata, and the spectrum in columns such as ``T0.010S``, g."""
    spectra = pd.DataFrame(catalogue.sa_g, columns=period_columns(catalogue.periods_s))
    records = catalogue.records.reset_index(drop=True)
    records = records.drop(columns=[name for name in records if period_of(str(name)) is not None])
    return pd.concat([check_text_columns(records), spectra], axis=1)


def about(catalogue: Catalogue) -> dict[str, Any]:
    """Return what is said about a catalogue, as plain data."""
    return {
        "component": catalogue.component,
        "description": catalogue.description,
        "simulated": bool(catalogue.simulated),
        "notes": list(catalogue.notes),
    }


def catalogue_of(table: pd.DataFrame, stated: Mapping[str, Any]) -> Catalogue:
    """Return the catalogue of :func:`table_of` and :func:`about`; KeyError or ValueError for other data."""
    names, periods_s = find_period_columns(table.columns)
    return Catalogue(
        records=check_text_columns(table.drop(columns=names)),
        periods_s=periods_s,
        sa_g=table[names].to_numpy(dtype=float),
        component=stated["component"],
        description=stated["description"],
        simulated=stated["simulated"],
        notes=tuple(stated["notes"]),
    )
