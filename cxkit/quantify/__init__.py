"""Quantify: the one scorecard and the business case of every initiative."""

from cxkit.quantify.scorecard import Scorecard, scorecard

__all__ = ["Scorecard", "scorecard"]
