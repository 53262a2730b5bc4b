"""Simulated records: the catalogue that gmplug makes by itself."""

from __future__ import annotations

from gmplug.catalogue.simulated.catalogue import simulated_catalogue
