"""Losses of a study's demands by FEMA P-58, with pelicun."""
