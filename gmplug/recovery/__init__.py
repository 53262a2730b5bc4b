"""From losses to recovery: functionality over time, the resilience index, annual averages."""

from gmplug.recovery.curves import SHAPES, Recovery, functionality, resilience_index
from gmplug.recovery.losses import LOSS_COLUMNS, check_losses, loss_pictures, summarize_losses
from gmplug.recovery.rates import annual_integral, exceedance_rates

__all__ = [
    "LOSS_COLUMNS",
    "SHAPES",
    "Recovery",
    "annual_integral",
    "check_losses",
    "exceedance_rates",
    "functionality",
    "loss_pictures",
    "resilience_index",
    "summarize_losses",
]
