"""Orchestrate: who owns each moment, and how well it is served."""

from cxkit.orchestrate.enablement import Enablement, enablement
from cxkit.orchestrate.first_value import FirstValue, first_value
from cxkit.orchestrate.funnel import Funnel, funnel
from cxkit.orchestrate.plays import Plays, plays
from cxkit.orchestrate.plays_book import Play, PlayBook, play_register
from cxkit.orchestrate.register import MomentRegister, moment_register
from cxkit.orchestrate.repeat_contacts import Repeats, repeat_contacts
from cxkit.orchestrate.service import ServiceLevels, service_levels
from cxkit.orchestrate.staffing import Staffing, staffing
from cxkit.orchestrate.ways import Ways, ways

__all__ = [
    "Enablement",
    "FirstValue",
    "Funnel",
    "MomentRegister",
    "Play",
    "PlayBook",
    "Plays",
    "Repeats",
    "ServiceLevels",
    "Staffing",
    "Ways",
    "enablement",
    "first_value",
    "funnel",
    "moment_register",
    "play_register",
    "plays",
    "repeat_contacts",
    "service_levels",
    "staffing",
    "ways",
]
