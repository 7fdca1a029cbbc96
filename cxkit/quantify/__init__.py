"""Quantify: the one scorecard and the business case of every initiative."""

from cxkit.quantify.cases import BusinessCases, business_cases
from cxkit.quantify.scorecard import Scorecard, scorecard

__all__ = ["BusinessCases", "Scorecard", "business_cases", "scorecard"]
