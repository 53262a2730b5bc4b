"""From losses to recovery: functionality over time, the resilience index, annual averages."""

from gmplug.recovery.curves import SHAPES, Recovery, functionality, resilience_index
from gmplug.recovery.losses import LOSS_COLUMNS, check_losses, loss_pictures, summarize_losses
from gmplug.recovery.rates import annual_integral, exceedance_rates
