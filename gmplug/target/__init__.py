"""Targets: conditional spectra, the ground-motion models and the correlations they are made of."""

from gmplug.gmm.correlation import baker_jayaram_2008
from gmplug.gmm.ground_motion_models import find_model, predict_with_pygmm, pygmm_models
from gmplug.gmm.scenarios import scenario_from_mapping
from gmplug.target.conditional_spectrum import condition, conditional_spectrum
from gmplug.target.tables import read_model_table
