"""A run's selected motions, for scripts that loop themselves and for other programs."""

from __future__ import annotations

from gmplug.export.motions import SelectedMotion, motions

__all__ = ["SelectedMotion", "motions"]
