"""Does a selected set represent its candidates? See README.md beside this file.

The public names are loaded when they are first used: none costs anything before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmplug.lazy import lazy_names

_PUBLIC = {
    "Audit": "gmplug.audit.audit",
    "AuditPlan": "gmplug.audit.audit",
    "audit_candidates": "gmplug.audit.audit",
    "AuditedStudy": "gmplug.audit.study",
    "audit_study": "gmplug.audit.study",
    "CandidateResponses": "gmplug.audit.responses",
    "Strata": "gmplug.audit.strata",
}

__all__ = [
    "Audit",
    "AuditPlan",
    "AuditedStudy",
    "CandidateResponses",
    "Strata",
    "audit_candidates",
    "audit_study",
]

if TYPE_CHECKING:
    from gmplug.audit.audit import Audit, AuditPlan, audit_candidates
    from gmplug.audit.responses import CandidateResponses
    from gmplug.audit.strata import Strata
    from gmplug.audit.study import AuditedStudy, audit_study


__getattr__ = lazy_names(__name__, _PUBLIC)
