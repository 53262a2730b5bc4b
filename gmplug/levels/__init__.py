"""Several levels of shaking as one study: a chain for each, and what they say together."""

from gmplug.levels.run import LevelsRun, report_levels, run_levels

__all__ = ["LevelsRun", "report_levels", "run_levels"]
