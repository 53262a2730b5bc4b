"""Built-in ways of selecting records."""

from __future__ import annotations

from gmplug.hookspecs import Providers, hookimpl


@hookimpl
def gmplug_selectors() -> Providers:
    """Selection by a target's spectra, by its realizations, and by surrogates of the structure."""
    return {
        "optimised": "gmplug.selection.optimised:optimised",
        "cs-realizations": "gmplug.selection.realizations:cs_realizations",
        "representative": "gmplug.selection.representative:representative",
    }
