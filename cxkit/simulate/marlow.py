"""Marlow Home: a retailer early in its journey. Orders and tickets are all there is.

The story: the book of customers grows while repeat orders per customer fall; since spring, deliveries bring
more contacts.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from cxkit.simulate import names, reference, service, usage, voice
from cxkit.simulate.clock import EVENING_HOURS, OpenHours
from cxkit.simulate.world import DAY, Array, World, blank, keys, lognormal, months_between

ZONE, CURRENCY = "Europe/London", "GBP"
AS_OF, EXTRACTED = date(2026, 10, 31), date(2026, 11, 6)
MONTHS = months_between("2024-10", "2026-11")
LATEST = np.datetime64(EXTRACTED, "D")
HOURS = OpenHours(dict.fromkeys(range(1, 7), (9, 18)), timezone=ZONE, first="2024-09-20", last="2027-03-01")
CUSTOMERS, OLD = 3_600, 1_300
SEASON = (0.8, 0.8, 0.95, 1.0, 1.05, 0.95, 0.9, 0.85, 1.0, 1.1, 1.45, 1.5)
LATELY = {str(m): 1.55 for m in months_between("2026-04", "2026-11")}
REASONS = (
    service.Reason("delivery", "", 0.050, 0.70, 900, 10, 0.18, "Customer care", by_month=LATELY),
    service.Reason("return", "", 0.022, 0.82, 1400, 9, 0.06, "Customer care"),
    service.Reason("damaged item", "", 0.012, 0.68, 1500, 14, 0.35, "Customer care"),
    service.Reason("product question", "", 0.018, 0.90, 380, 7, 0.01, "Customer care"),
)
PRODUCTS = {
    "Lamps": (0.22, 48.0),
    "Textiles": (0.34, 32.0),
    "Kitchen": (0.26, 41.0),
    "Chairs": (0.10, 145.0),
    "Tables": (0.08, 290.0),
}
SETTINGS = {
    "locale": "en-GB",
    "fiscal_year_start": 2,
    "week_start": "monday",
    "goals": ["Find out what can be said from orders and tickets, and which export to ask for next"],
}
CANARY = "canary-marlow-51c9"


def draw(seed: int) -> World:
    """Draw Marlow's two tables and their truth from one seed."""
    people, buying, basket, desk_, asking, rest = np.random.default_rng(seed).spawn(6)
    span = int((LATEST - MONTHS[0].astype("M8[D]")).astype("int64"))
    old = MONTHS[0].astype("M8[D]") - np.floor(people.gamma(1.2, 320, OLD) + 1).astype("int64") * DAY
    new = MONTHS[0].astype("M8[D]") + np.floor(people.random(CUSTOMERS - OLD) ** 0.9 * span).astype("int64") * DAY
    first = np.sort(np.concatenate([old, new]))
    drift = np.clip((first - np.datetime64("2025-09-01")).astype("int64") / 400, 0, 1)
    stay = people.exponential(520 * (1 - 0.35 * drift)).astype("int64")
    gone = np.maximum(first, MONTHS[0].astype("M8[D]")) + stay * DAY
    rate = people.gamma(1.4, 0.19 / 1.4, CUSTOMERS) * (1 - 0.25 * drift)
    orders = usage.orders(
        buying, first, gone, MONTHS, rate=rate, season=SEASON, hours=EVENING_HOURS, timezone=ZONE, extracted=LATEST
    )
    size = len(orders)
    ids = keys("C", np.arange(1, CUSTOMERS + 1))
    product = voice.pick(basket, {p: s for p, (s, _) in PRODUCTS.items()}, size)
    price = np.array([PRODUCTS[p][1] for p in product.tolist()])
    back = basket.random(size) < 0.07
    returned = orders["ordered"].to_numpy().astype("M8[D]") + basket.integers(5, 28, size) * DAY
    orders["order_id"] = keys("O", np.arange(1, size + 1), 6)
    orders["account_id"] = ids[orders["account"]]
    orders["quantity"] = 1 + basket.poisson(0.35, size)
    orders["amount"] = np.round(lognormal(basket, price, 0.3, size) * orders["quantity"], 2)
    orders.loc[[size // 3, size // 2, size - 400], "amount"] = 0.0
    orders["product"], orders["currency"] = product, CURRENCY
    orders["channel"] = voice.pick(basket, {"web": 0.66, "shop": 0.22, "app": 0.12}, size)
    orders["returned"] = np.where(back & (returned <= LATEST), returned, np.datetime64("NaT", "D"))
    columns = "order_id account_id ordered amount quantity product currency channel returned"
    desk = service.Desk(
        hours=HOURS,
        agents={"Customer care": names.agents(desk_, 9)},
        timezone=ZONE,
        extracted=LATEST,
        channels={"mail": 0.48, "phone": 0.3, "chat": 0.22},
    )
    asked = service.tickets(
        asking,
        REASONS,
        desk,
        started=first,
        ended=gone,
        months=MONTHS,
        pull=asking.gamma(1.5, 1 / 1.5, CUSTOMERS),
    )
    frames = {"orders": orders[columns.split()], "tickets": _tickets(rest, asked, ids)}
    return World(
        client="marlow",
        name="Marlow Home",
        frames=frames,
        truth=reference.figures(frames, AS_OF, ZONE, None),
        as_of=AS_OF,
        extracted=EXTRACTED,
        timezone=ZONE,
        currency=CURRENCY,
        seed=seed,
        settings=SETTINGS,
    )


def _tickets(rng: np.random.Generator, asked: pd.DataFrame, ids: Array) -> pd.DataFrame:
    frame = asked.assign(
        ticket_id=keys("M", np.arange(1, len(asked) + 1)),
        account_id=blank(rng.random(len(asked)) < 0.2, ids[asked["account"]]),
        product=voice.pick(rng, {p: s for p, (s, _) in PRODUCTS.items()}, len(asked)),
    )
    planted = ("<script>alert(2)</script> lamp", "=1+1 $z$ table", f"Lamps {CANARY}")
    frame["product"] = voice.plant(rng, frame["product"].to_numpy(dtype=object), planted)
    frame["handovers"] = frame["handovers"].astype("Int64")
    times = ["opened", "first_response", "resolved", "closed", "reopened"]
    facts = ["handle_minutes", "channel", "reason", "complaint", "team", "agent", "product", "handovers"]
    return frame[["ticket_id", "account_id", *times, *facts]]
