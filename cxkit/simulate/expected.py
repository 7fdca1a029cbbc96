"""The truth of a plain client, worked out from its parameters: what each estimate would be over all such clients."""

from __future__ import annotations

from collections.abc import Iterator
from math import comb, floor

import numpy as np

from cxkit.simulate import voice
from cxkit.simulate.population import Segment, Spec
from cxkit.simulate.world import Truth


def truths(spec: Spec) -> tuple[Truth, ...]:
    """Every quantity the scorecard, the service figures and the experiments should recover.

    >>> {t.id: round(t.value, 3) for t in truths(Spec())}["quantify.scorecard.logo_churn"]
    0.14
    """
    return (*_retention(spec), *_service(spec), *_voice(spec), *_use(spec), *_proof(spec))


def _survival(spec: Spec, segment: Segment, months: int) -> float:
    """Chance that a new account pays again so many months after its first."""
    early = min(months, 3)
    return float((1 - spec.leave_early) ** early * (1 - segment.leave) ** (months - early))


def _cohorts(spec: Spec, at: int) -> Iterator[tuple[Segment, float, float, float]]:
    """Segment, chance of paying in month `at`, chance of paying twelve months later as well, mean growth so far."""
    up, down = spec.up, spec.down
    growth = 1 + up[0] * (up[1] - 1) + down[0] * (down[1] - 1)
    for segment in spec.segments:
        old = segment.share * spec.old
        yield segment, old * (1 - segment.leave) ** at, old * (1 - segment.leave) ** (at + 12), growth**at
        for start in range(at + 1):
            new = segment.share * (1 - spec.old) / spec.months
            here, later = _survival(spec, segment, at - start), _survival(spec, segment, at + 12 - start)
            yield segment, new * here, new * later, growth ** (at - start)


def _kept(spec: Spec) -> float:
    """Mean of the smaller of one and a year's price changes."""
    (pu, u), (pd, d) = spec.up, spec.down
    total = 0.0
    for i in range(13):
        for j in range(13 - i):
            chance = comb(12, i) * comb(12 - i, j) * pu**i * pd**j * (1 - pu - pd) ** (12 - i - j)
            total += chance * min(1.0, u**i * d**j)
    return total


def _retention(spec: Spec) -> Iterator[Truth]:
    at = spec.opening
    rows = list(_cohorts(spec, at))
    opening = sum(s.mrr * g * here for s, here, _, g in rows)
    staying = sum(s.mrr * g * later for s, _, later, g in rows)
    growth = 1 + spec.up[0] * (spec.up[1] - 1) + spec.down[0] * (spec.down[1] - 1)
    about = "rate of the population; the month before the window against the window's last month"
    yield Truth(id="quantify.scorecard.grr", value=staying / opening * _kept(spec), unit="ratio", about=about)
    yield Truth(id="quantify.scorecard.nrr", value=staying / opening * growth**12, unit="ratio", about=about)
    churn = 1 - sum(r[2] for r in rows) / sum(r[1] for r in rows)
    yield Truth(id="quantify.scorecard.logo_churn", value=churn, unit="ratio", about=about)
    lost = [s.share * (1 - _survival(spec, s, k)) for s in spec.segments for k in range(12)]
    yield Truth(
        id="quantify.scorecard.early_loss",
        value=sum(lost) / 12,
        unit="ratio",
        about="of accounts that joined inside the window, those gone by its last month",
    )
    yield Truth(
        id="quantify.scorecard.cost_to_serve", value=spec.cost, unit="money", about="cost per account and month"
    )


def contacts(spec: Spec) -> float:
    """Tickets per account and month."""
    return spec.contact / 2 * (1 + spec.again + spec.again**2)


def _service(spec: Spec) -> Iterator[Truth]:
    rate = 1000 * contacts(spec) * spec.complaint
    yield Truth(id="quantify.scorecard.complaint_rate", value=rate, unit="per_1000", about="per 1,000 account-months")
    again = spec.again + spec.again**2
    recontact = again / (1 + again)
    about = "share of tickets, for any window of 7 to 14 days"
    yield Truth(id="orchestrate.service.fcr", value=1 - recontact, unit="ratio", about=about)
    yield Truth(id="orchestrate.service.recontact", value=recontact, unit="ratio", about=about)
    met = (1 - spec.slow) * (1 - np.exp(-spec.sla_hours / spec.settle_hours))
    yield Truth(
        id="orchestrate.service.sla", value=float(met), unit="ratio", about="settled within the limit, pauses out"
    )
    yield Truth(id="orchestrate.service.aht", value=spec.handle[0], unit="minutes", about="mean minutes of work")


def _voice(spec: Spec) -> Iterator[Truth]:
    nps = voice.chances(spec.nps[0], float(np.hypot(*spec.nps[1:])), 0, 10)
    csat = voice.chances(spec.csat[0], float(np.hypot(*spec.csat[1:])), 1, 5)
    ces = voice.chances(spec.ces[0], float(np.hypot(*spec.ces[1:])), 1, 7)
    value = 100 * (nps[9] + nps[10] - sum(p for k, p in nps.items() if k <= 6))
    yield Truth(id="quantify.scorecard.nps", value=value, unit="nps", about="over answers")
    yield Truth(id="quantify.scorecard.csat", value=csat[4] + csat[5], unit="ratio", about="share of 4 and 5")
    mean = sum(k * p for k, p in ces.items())
    yield Truth(id="quantify.scorecard.ces", value=mean, unit="score", about="mean of 1 to 7")


def _use(spec: Spec) -> Iterator[Truth]:
    def reached(elapsed: float) -> float:
        days = floor(elapsed - late)
        return float((1 - spec.value_never) * (1 - np.exp(-((days / spec.value_days) ** 1.3))))

    late = spec.value_hour / 24
    median = next(d + late for d in range(1, 1000) if reached(d + late) >= 0.5)
    about = "elapsed days from joining to first value, those who never get there counted"
    yield Truth(id="orchestrate.first_value.median", subject="join", value=median, unit="days", about=about)
    for days in (30, 90):
        yield Truth(
            id=f"orchestrate.first_value.share_{days}", subject="join", value=reached(days), unit="ratio", about=about
        )
    yield Truth(
        id="orchestrate.funnel.conversion",
        subject="Stay",
        value=spec.convert,
        unit="ratio",
        about="offers taken within 30 days",
    )


def _proof(spec: Spec) -> Iterator[Truth]:
    about = "difference between treated and control in the population of units"
    for name, level in (("binary", spec.effect_binary), ("mean", spec.effect_mean), ("cluster", spec.effect_cluster)):
        unit = "none" if name == "mean" else "points"
        yield Truth(id="prove.effect", subject=name, value=level[1], unit=unit, about=about)
    yield Truth(id="prove.effect", subject="holdout", value=spec.effect_holdout[1], unit="points", about=about)
