"""Several levels of shaking as one study: a chain for each, and assessments of all."""

from gmplug.levels.run import LevelsRun, load_levels, run_levels
