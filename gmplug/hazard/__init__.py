"""What hazard analyses hand out: disaggregations and hazard curves, as people have them on file."""

from gmplug.hazard.curves import HazardCurve, read_hazard_curve
from gmplug.hazard.disaggregation import Disaggregation, read_disaggregation
