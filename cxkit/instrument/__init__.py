"""Instrument: which signals exist, and how much of the business they reach."""
