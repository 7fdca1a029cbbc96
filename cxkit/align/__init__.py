"""Align: from goals to initiatives, where the line breaks, and where the organisation pulls apart."""

from cxkit.align.audit import AlignmentAudit, alignment_audit
from cxkit.align.conflict import MetricConflict, metric_conflict
from cxkit.align.diagnosis import Diagnosis, diagnosis
from cxkit.align.diet import MetricDiet, metric_diet
from cxkit.align.failures import FailureScreen, failure_screen
from cxkit.align.leadership import Leadership, leadership
from cxkit.align.maturity import SelfAssessment, self_assessment
from cxkit.align.promises import Promises, promises
from cxkit.align.signs import Signs, signs
from cxkit.align.traceability import Traceability, traceability
from cxkit.align.trigger import Trigger, trigger

__all__ = [
    "AlignmentAudit",
    "Diagnosis",
    "FailureScreen",
    "Leadership",
    "MetricConflict",
    "MetricDiet",
    "Promises",
    "SelfAssessment",
    "Signs",
    "Traceability",
    "Trigger",
    "alignment_audit",
    "diagnosis",
    "failure_screen",
    "leadership",
    "metric_conflict",
    "metric_diet",
    "promises",
    "self_assessment",
    "signs",
    "traceability",
    "trigger",
]
