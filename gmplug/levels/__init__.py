"""Several levels of shaking as one study: a chain for each, and what they say together."""

from gmplug.levels.run import LevelsRun, load_levels, report_levels, run_levels

__all__ = ["LevelsRun", "load_levels", "report_levels", "run_levels"]
