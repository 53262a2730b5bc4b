"""Many studies or settings, one campaign of analyses.

Hazard levels, incremental dynamic analysis, clouds, portfolios, audits and comparisons stand on this package:
:mod:`~gmplug.batch.cases` runs the analyses of many structures or levels through one executor and one store,
:mod:`~gmplug.batch.members` runs studies that share a catalogue, :mod:`~gmplug.batch.results` writes and
reads results that lie beside a study's run.
"""
