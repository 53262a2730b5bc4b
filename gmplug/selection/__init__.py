"""Selection: quotas for groups and clusters, and records that follow the target within them."""

from gmplug.selection.error import Misfit, misfit
from gmplug.selection.quotas import Quotas, largest_remainder, make_quotas, nist_pulse_share
