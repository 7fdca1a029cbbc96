"""Orchestrate: who owns each moment, and how well it is served."""

from cxkit.orchestrate.enablement import Enablement, enablement
from cxkit.orchestrate.first_value import FirstValue, first_value
from cxkit.orchestrate.funnel import Funnel, funnel
from cxkit.orchestrate.plays import Plays, plays
from cxkit.orchestrate.plays_book import Play, PlayBook, play_register
from cxkit.orchestrate.register import MomentRegister, moment_register
from cxkit.orchestrate.service import ServiceLevels, service_levels
from cxkit.orchestrate.ways import Ways, ways

__all__ = [
    "Enablement",
    "FirstValue",
    "Funnel",
    "MomentRegister",
    "Play",
    "PlayBook",
    "Plays",
    "ServiceLevels",
    "Ways",
    "enablement",
    "first_value",
    "funnel",
    "moment_register",
    "play_register",
    "plays",
    "service_levels",
    "ways",
]
