"""Align: from goals to initiatives, and where the line breaks."""

from cxkit.align.failures import FailureScreen, failure_screen
from cxkit.align.maturity import SelfAssessment, self_assessment
from cxkit.align.traceability import Traceability, traceability

__all__ = ["FailureScreen", "SelfAssessment", "Traceability", "failure_screen", "self_assessment", "traceability"]
