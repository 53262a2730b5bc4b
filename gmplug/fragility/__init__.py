"""Fragility functions from stripes, incremental dynamic analyses and clouds."""
