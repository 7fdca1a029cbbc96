"""Brightline's story in numbers: what was planted, when, and how strongly."""

from __future__ import annotations

from datetime import date

import numpy as np

from cxkit.simulate import costs, service
from cxkit.simulate.clock import OpenHours
from cxkit.simulate.world import months_between

ZONE, CURRENCY = "America/Chicago", "USD"
AS_OF, EXTRACTED = date(2026, 10, 31), date(2026, 11, 6)
MONTHS = months_between("2024-09", "2026-11")
BEGIN, LATEST = np.datetime64("2024-09-01"), np.datetime64(EXTRACTED, "D")
HOLIDAYS = ("2024-11-28", "2024-12-25", "2025-01-01", "2025-07-04", "2025-11-27", "2025-12-25", "2026-01-01")
HOURS = OpenHours(
    {d: (8, 20) if d < 6 else (9, 17) for d in range(1, 7)},
    timezone=ZONE,
    first="2024-08-25",
    last="2027-03-01",
    holidays=(*HOLIDAYS, "2026-07-03"),
)
BASE, JOINS = 4_400, 138
SEGMENTS = {"mobile": (0.30, 38.0, 0.0125), "home": (0.42, 62.0, 0.0100), "bundle": (0.28, 96.0, 0.0070)}
"""Share, mean price a month, hazard of leaving a month once settled in."""
EARLY_LOSS = {"before": 0.100, "since": 0.165, "called": 0.100}
"""Chance of leaving within 90 days: until September 2025, since then, and with a welcome call."""
TURN = np.datetime64("2025-10-01")
CALL_FROM, CALL_TO = np.datetime64("2025-11-01"), np.datetime64("2026-07-25")
HELD_FROM, HELD_SHARE, HELD_HAZARD = np.datetime64("2025-08-01"), 0.12, 1.45
NOTICE_FROM, NOTICE_EFFECT = np.datetime64("2026-02-01"), -0.15
PAGE_DAY, PAGE_RATE = np.datetime64("2026-05-04"), 0.18
FIRST_USE_DAYS, OFFER_TAKEN = 6.0, 0.31
NEVER_USE = {"mobile": 0.05, "home": 0.05, "bundle": 0.20}
LATE_USE = (0.15, 6.0)
"""Share of new homes that take so many times longer to first use."""
LATELY = {"2026-07": 1.25, "2026-08": 1.5, "2026-09": 1.7, "2026-10": 1.8, "2026-11": 1.8}
ANGRY = {"2026-07": 0.27, "2026-08": 0.32, "2026-09": 0.37, "2026-10": 0.40, "2026-11": 0.40}
WINTER = (1.25, 1.2, 1.1, 1.0, 0.9, 0.95, 1.0, 1.0, 0.9, 0.95, 1.0, 1.15)
SLOW = service.Second("Partner desk", 0.37, longer=1.7, handle=0.6, settles=-0.30)
"""A team that takes part of the same contacts: slower to settle, quicker by ticket, and it settles less at once."""
HELPING = service.Second("Field service", 0.25)
"""Technicians take a quarter of installations and are no slower at it than others."""
UNSETTLED_FROM, UNSETTLED, UNSETTLED_SLOW = np.datetime64("2026-08-20"), 0.035, 0.14
"""From this day on contacts that nobody has settled yet: share of all, and of the slow team's."""
ASSIST = {"Billing": "2025-06", "Onboarding": "2025-10", "Service desk": "2026-02", "Field service": "2026-06"}
ASSIST_EFFECT = -0.18
"""When each team got the answer finder, and what it does to minutes of work on tickets settled since."""
VOLUME_FROM, CALLS_PER_TICKET, CALL_MINUTES = np.datetime64("2026-05-01"), 9.0, 3.6
"""Since when calls and chats are counted by the hour, with those that became no ticket."""
REASONS = (
    service.Reason("installation", "M2", 0.200, 0.70, 1100, 16, 0.06, "Onboarding", early=True, second=HELPING),
    service.Reason("first bill", "M3", 0.110, 0.72, 800, 11, 0.09, "Billing", early=True, second=SLOW),
    service.Reason("bill question", "M6", 0.020, 0.82, 620, 9, 0.06, "Billing", second=SLOW),
    service.Reason(
        "repair",
        "M5",
        0.019,
        0.66,
        2750,
        22,
        0.2,
        "Field service",
        first=WINTER,
        by_month=LATELY,
        worse=ANGRY,
        sigma=0.6,
    ),
    service.Reason("plan change", "M4", 0.012, 0.85, 420, 10, 0.02, second=SLOW),
    service.Reason("app or router", "M4", 0.013, 0.80, 520, 13, 0.04, second=SLOW),
    service.Reason("moving or leaving", "M8", 0.007, 0.78, 700, 14, 0.12),
)
COSTS = (
    costs.Cost("contact centre", "handling", 1.15, growth=0.002),
    costs.Cost("field visits", "visits", 88.0, growth=0.003),
    costs.Cost("service credits", "credits", 34.0),
    costs.Cost("billing operations", "overhead", 0.95),
    costs.Cost("acquisition campaigns", "overhead", 190.0, serves=False),
)
SAID = (
    "Was told next day, the technician came on the fourth",
    "Had to call three times about the same thing",
    "The first bill was not what I was sold",
    "Self-install kit without the right cable",
    "No one could tell me when the outage ends",
    "Waited long, then the line dropped",
    "Please call me on +1 312 555 0143 or write to ada.fenwillow7@example.com",
)
PRAISE = ("Quick and friendly", "The welcome call was helpful", "Works as promised", "Fixed on the first call")
SAYS = (-1.0, 0.0, 0.8)
"""How far each segment leans when asked whether it would recommend: mobile, home, bundle."""
ASKED_BY_TEXT = ("2025-11", 3.0)
"""From this month on mobile homes are asked by text message, and so three times as often."""
WORDINGS = {
    "Had to call three times about the same thing": (
        "Third time I explain this, nobody knows the case",
        "Called again and again for one problem",
        "Already told it to two colleagues of yours",
    ),
    "Was told next day, the technician came on the fourth": (
        "Promised for Tuesday, never came",
        "You said it would be fixed the next day and it was not",
    ),
    "No one could tell me when the outage ends": (
        "Nobody told us how long the line would be down",
        "No information at all during the outage",
    ),
    "Waited long, then the line dropped": ("Half an hour in the queue", "On hold for ages, then cut off"),
    "The first bill was not what I was sold": ("First bill twice the price", "The first bill is a riddle"),
    "Self-install kit without the right cable": (
        "Wrong kit, no cable for our socket",
        "The self install kit did not fit",
    ),
    "Quick and friendly": ("Very friendly agent", "Polite and fast"),
    "Fixed on the first call": ("Solved at once", "Sorted the first time"),
}
"""Sentence → the same thing in other words."""
UNTHEMED = ("It is what it is", "Fine I suppose", "See my letter", "My neighbour has the same contract")
NEW_TERM = ("smart meter", "Since the smart meter came the line drops", "2026-08", 0.16)
"""A term nobody used before: word, sentence, first month, share of written answers since."""
CLEARED = ("The first bill was not what I was sold", "2026-06", 0.15)
"""What is said less since the bill was put into plain words, from when, and the share that is left."""
CODES = {
    "Had to call three times about the same thing": ("effort.repeat", "effort.repeat"),
    "Was told next day, the technician came on the fourth": ("promise.broken", "promise.broken"),
    "No one could tell me when the outage ends": ("promise.unclear", "promise.unclear"),
    "Waited long, then the line dropped": ("time.wait", "time.wait"),
    "The first bill was not what I was sold": ("price.unclear_bill", "price.bill"),
    "Self-install kit without the right cable": ("product.kit", "product.self_install"),
    "Quick and friendly": ("people.tone", "people.tone"),
    "The welcome call was helpful": ("praise.welcome", "praise.call"),
    "Works as promised": ("praise.promise", "praise.promise"),
    "Fixed on the first call": ("praise.solved", "praise.call"),
}
"""Sentence → its code in the frame of today and in the one before."""
CODED, CODED_BEFORE, CODER_ERRS = 300, 100, 0.08
"""Answers that two people coded, how many of them in the old frame, and how often each of them errs."""
TOOL_DOWN = ("2026-02-09", "2026-02-18")
"""The survey tool stored nothing on these days."""
LATE_BOOKING = 0.957
"""Share of October's recurring revenue that had been booked when the month was first reported."""
CANARY = "canary-brightline-7f3a"
