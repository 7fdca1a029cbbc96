"""Govern: the evidence ledger, evidenced maturity and where the money goes."""
