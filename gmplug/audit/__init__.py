"""Does a selected set represent its candidates? See README.md beside this file."""

from gmplug.audit.audit import Audit, audit_candidates
from gmplug.audit.draws import AuditPlan
from gmplug.audit.strata import Strata
from gmplug.audit.study import AuditedStudy, audit_study

__all__ = ["Audit", "AuditPlan", "AuditedStudy", "Strata", "audit_candidates", "audit_study"]
