"""Orchestrate: who owns each moment, and how well it is served."""
