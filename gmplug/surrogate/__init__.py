"""Surrogates of the structure: quick nonlinear models from a pushover of the study's own model.

A surrogate gives approximate demands of all candidates in seconds. Selection and estimates use them:
:mod:`~gmplug.surrogate.pushover` pushes the model in a worker process (:mod:`~gmplug.surrogate.pushed` keeps
what it gives), :mod:`~gmplug.surrogate.reduced` makes
the surrogates, :mod:`~gmplug.surrogate.responses` runs the candidates, :mod:`~gmplug.surrogate.estimates`
uses them with the analyses of a few records, :mod:`~gmplug.surrogate.population` weighs the candidates.
"""
