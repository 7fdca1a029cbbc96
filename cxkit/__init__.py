"""The CX Rescue Playbook: from a client's exports to one report a board can act on."""

__version__ = "0.1.0"

STAGES: tuple[str, ...] = ("align", "quantify", "instrument", "orchestrate", "prove", "govern")
"""The six stages, in evidence order; the one list that code, tests and documents share."""
