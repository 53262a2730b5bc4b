"""A run's selected motions, for scripts that loop themselves and for other programs."""

from __future__ import annotations

from gmplug.excitation.selected_motions import SelectedMotion, motions
