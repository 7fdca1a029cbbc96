"""Quantify: the one scorecard, what it is made of, and the business case of every initiative."""

from cxkit.quantify.cases import BusinessCases, business_cases, gain_draws, redraw
from cxkit.quantify.definitions import DefinitionsUsed, definitions_used
from cxkit.quantify.drivers import Drivers, drivers
from cxkit.quantify.hearsay import ClaimRegister, claim_register
from cxkit.quantify.lifetime import LifetimeValue, lifetime_value
from cxkit.quantify.points import PointWorth, point_worth
from cxkit.quantify.retention import RevenueRetention, revenue_retention
from cxkit.quantify.scorecard import Scorecard, scorecard
from cxkit.quantify.voice import Voice, voice

__all__ = [
    "BusinessCases",
    "ClaimRegister",
    "DefinitionsUsed",
    "Drivers",
    "LifetimeValue",
    "PointWorth",
    "RevenueRetention",
    "Scorecard",
    "Voice",
    "business_cases",
    "claim_register",
    "definitions_used",
    "drivers",
    "gain_draws",
    "lifetime_value",
    "point_worth",
    "redraw",
    "revenue_retention",
    "scorecard",
    "voice",
]
