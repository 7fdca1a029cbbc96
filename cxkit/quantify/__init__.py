"""Quantify: the one scorecard and the business case of every initiative."""
