"""Velocity pulses of near-fault ground motions."""

from __future__ import annotations

from gmplug.pulses.classification import Pulse, classify_pulse
