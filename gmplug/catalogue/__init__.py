"""Catalogues: where records come from. See README.md for the providers, their options and columns.

The public names below are loaded when they are first used, so that importing this package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmplug.lazy import lazy_names

_PUBLIC = {
    "accelerograms": "gmplug.catalogue.accelerogram_folder",
    "find_period_columns": "gmplug.catalogue.periods",
    "nga_west2": "gmplug.catalogue.flatfile",
    "period_column": "gmplug.catalogue.periods",
    "period_columns": "gmplug.catalogue.periods",
    "period_of": "gmplug.catalogue.periods",
    "spectra_table": "gmplug.catalogue.flatfile",
}

if TYPE_CHECKING:
    from gmplug.catalogue.accelerogram_folder import accelerograms
    from gmplug.catalogue.flatfile import nga_west2, spectra_table
    from gmplug.catalogue.periods import find_period_columns, period_column, period_columns, period_of


__getattr__ = lazy_names(__name__, _PUBLIC)
