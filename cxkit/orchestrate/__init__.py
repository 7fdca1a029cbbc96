"""Orchestrate: who owns each moment, and how well it is served."""

from cxkit.orchestrate.first_value import FirstValue, first_value
from cxkit.orchestrate.funnel import Funnel, funnel
from cxkit.orchestrate.register import MomentRegister, moment_register
from cxkit.orchestrate.service import ServiceLevels, service_levels

__all__ = [
    "FirstValue",
    "Funnel",
    "MomentRegister",
    "ServiceLevels",
    "first_value",
    "funnel",
    "moment_register",
    "service_levels",
]
