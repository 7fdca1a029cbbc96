"""Prove: what changed because of what was done, and how sure that is."""
