"""What customers say when asked: invitations, answers, verbatims and what was done about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from cxkit.simulate.book import active
from cxkit.simulate.clock import SHOP_HOURS, at_some_time
from cxkit.simulate.world import DAY, Array, blank, keys, lognormal, weighted

HOUR = np.timedelta64(3600, "s")
HOSTILE = (
    "<script>alert('x')</script> the bill was wrong again",
    "Cost me $45$ and $x_1^2$ of patience",
    "\u202eright to left\u202c but the visit was fine",
    '=HYPERLINK("http://example.com","click") nice one',
    "**bold** [link](javascript:alert(1)) & <b onclick=alert(1)>hm</b>",
)
"""Text that must be shown as text, everywhere."""


@dataclass(frozen=True)
class Mood:
    """Means and spreads of the latent scores."""

    nps: float = 7.9
    nps_sd: float = 2.2
    csat: float = 3.95
    csat_sd: float = 1.1
    ces: float = 5.2
    ces_sd: float = 1.5


def score(latent: Array, low: int, high: int) -> Array:
    """Whole answers from latent feelings."""
    return np.clip(np.round(latent), low, high)


def relationship(
    rng: np.random.Generator,
    feeling: Array,
    *,
    started: Array,
    ended: Array,
    months: Array,
    per_month: int,
    drift: Mapping[str, float],
    mood: Mood,
    response: float,
    timezone: str,
    extracted: np.datetime64,
    favoured: Array | None = None,
    favoured_from: str = "9999-12",
    weight: float = 1.0,
) -> pd.DataFrame:
    """NPS invitations, `per_month` customers each month, with the answer where there is one.

    `feeling` is each account's own lean; `drift` shifts single months. From a month on the `favoured` accounts may be
    asked `weight` times as often as others. Invitations and answers are one row.
    """
    parts = []
    for month in months:
        day = month.astype("datetime64[D]") + 6 * DAY
        there = np.flatnonzero(active(started, ended, day))
        if day > extracted or not len(there):
            continue
        chance = None
        if favoured is not None and str(month) >= favoured_from:
            pull = np.where(favoured[there], weight, 1.0)
            chance = pull / pull.sum()
        who = rng.choice(there, size=min(per_month, len(there)), replace=False, p=chance)
        latent = mood.nps + drift.get(str(month), 0.0) + feeling[who] + rng.normal(0, mood.nps_sd, len(who))
        days = day + rng.integers(0, 18, len(who)).astype("timedelta64[D]")
        parts.append(pd.DataFrame({"account": who, "day": days, "score": score(latent, 0, 10)}))
    frame = pd.concat(parts, ignore_index=True)
    sent = at_some_time(rng, frame["day"].to_numpy(), SHOP_HOURS, timezone)
    lag = np.round(lognormal(rng, 30.0, 1.0, len(frame)) * 3600).astype("int64").astype("timedelta64[s]")
    answered = np.where(rng.random(len(frame)) < response, sent + lag, np.datetime64("NaT", "us"))
    answered = np.where(answered > extracted + DAY, np.datetime64("NaT", "us"), answered)
    frame["sent"], frame["answered"], frame["metric"] = sent, answered, "nps"
    return frame[frame["sent"] <= pd.Timestamp(extracted + DAY)].drop(columns="day").reset_index(drop=True)


def after_tickets(
    rng: np.random.Generator,
    tickets: pd.DataFrame,
    mood: Mood,
    feeling: Array,
    *,
    invited: float,
    response: float,
    extracted: np.datetime64,
) -> pd.DataFrame:
    """CSAT and CES invitations after settled tickets: two rows per answer, one per score."""
    done = tickets[tickets["resolved"].notna() & (rng.random(len(tickets)) < invited)]
    size = len(done)
    hours = (done["resolved"] - done["opened"]).dt.total_seconds().to_numpy() / 3600
    slow = np.log1p(hours / 24) * 0.28 + np.where(done["complaint"].to_numpy(), 0.7, 0.0)
    lean = feeling[done["account"].to_numpy()] * 0.35
    sent = done["resolved"].to_numpy().astype("datetime64[us]") + 2 * HOUR
    lag = np.round(lognormal(rng, 14.0, 1.0, size) * 3600).astype("int64").astype("timedelta64[s]")
    answered = np.where(rng.random(size) < response, sent + lag, np.datetime64("NaT", "us"))
    answered = np.where(answered > extracted + DAY, np.datetime64("NaT", "us"), answered)
    base = {
        "account": done["account"].to_numpy(),
        "ticket": done.index.to_numpy(),
        "moment_id": done["moment_id"].to_numpy(),
        "reason": done["reason"].to_numpy(),
        "sent": sent,
        "answered": answered,
    }
    csat = score(mood.csat + 0.35 - slow + lean + rng.normal(0, mood.csat_sd, size), 1, 5)
    ces = score(mood.ces + 0.45 - slow * 1.3 + lean + rng.normal(0, mood.ces_sd, size), 1, 7)
    frame = pd.concat(
        [pd.DataFrame({**base, "metric": "csat", "score": csat}), pd.DataFrame({**base, "metric": "ces", "score": ces})]
    )
    return frame[frame["sent"] <= pd.Timestamp(extracted + DAY)].reset_index(drop=True)


def verbatims(rng: np.random.Generator, good: Array, said: Sequence[str], praise: Sequence[str], share: float) -> Array:
    """Comments for some answers: praise where the score is good, else what was said."""
    size = len(good)
    bad_text = np.array(said, dtype=object)[rng.integers(0, len(said), size)]
    good_text = np.array(praise, dtype=object)[rng.integers(0, len(praise), size)]
    text = np.where(good, good_text, bad_text)
    return blank(rng.random(size) >= np.where(good, share * 0.6, share), text)


def plant(rng: np.random.Generator, texts: Array, planted: Sequence[str]) -> Array:
    """Put each planted text in place of one comment, spread over the whole."""
    places = np.flatnonzero(texts != None)  # noqa: E711 - element-wise
    texts = texts.copy()
    for text, place in zip(planted, rng.choice(places, size=len(planted), replace=False), strict=True):
        texts[place] = text
    return texts


def loops(
    rng: np.random.Generator,
    eligible: Array,
    answered: Array,
    *,
    contacted: float,
    settled: float,
    hours: float,
    extracted: np.datetime64,
) -> tuple[Array, Array]:
    """When somebody called back, and when the issue behind the score was settled."""
    size = len(answered)
    nat = np.datetime64("NaT", "us")
    call = answered + np.round(lognormal(rng, hours, 0.9, size) * 3600).astype("int64").astype("timedelta64[s]")
    fix = call + np.round(lognormal(rng, 60.0, 0.9, size) * 3600).astype("int64").astype("timedelta64[s]")
    late = extracted.astype("datetime64[us]") + 17 * HOUR
    called = eligible & (rng.random(size) < contacted) & (call <= late)
    fixed = called & (rng.random(size) < settled) & (fix <= late)
    return np.where(called, call, nat), np.where(fixed, fix, nat)


def chances(latent: float, spread: float, low: int, high: int) -> dict[int, float]:
    """Chance of each whole answer when feelings are normal around `latent`.

    >>> round(chances(3.0, 1.0, 1, 5)[3], 3)
    0.383
    """
    whole = np.arange(low, high + 1)
    cut = np.concatenate([[-np.inf], whole[:-1] + 0.5, [np.inf]])
    return {int(k): float(p) for k, p in zip(whole, np.diff(norm.cdf(cut, latent, spread)), strict=True)}


def pick(rng: np.random.Generator, shares: Mapping[str, float], size: int) -> Array:
    """Words drawn with the given shares."""
    return np.array(list(shares), dtype=object)[weighted(rng, np.array(list(shares.values())), size)]


def tables(
    rng: np.random.Generator,
    relation: pd.DataFrame,
    after: pd.DataFrame,
    ids: Array,
    ticket_ids: Array,
    *,
    said: Sequence[str],
    praise: Sequence[str],
    planted: Sequence[str],
    relation_moment: str,
    unknown: float,
    loop: Mapping[str, float],
    extracted: np.datetime64,
    down: tuple[str, str] | None = None,
) -> dict[str, pd.DataFrame]:
    """The tables ``surveys`` and ``invitations`` from invitations with and without an answer.

    Answers given while the survey tool was `down` (first and last day) were never stored.
    """
    asked = pd.concat(
        [
            relation.assign(ticket=-1, moment_id=relation_moment, sequence=np.arange(len(relation))),
            after.assign(sequence=len(relation) + after["ticket"]),
        ],
        ignore_index=True,
    ).sort_values(["sent", "sequence", "metric"], kind="stable")
    asked = asked[asked["account"].notna()].reset_index(drop=True)
    if down:
        lost = (asked["answered"] >= down[0]) & (asked["answered"] < pd.Timestamp(down[1]) + pd.Timedelta(days=1))
        asked.loc[lost, "answered"] = pd.NaT
    number, _ = pd.factorize(asked["sequence"])
    asked["invitation_id"] = keys("I", number + 1, 6)
    asked["response_id"] = blank(asked["answered"].isna().to_numpy(), keys("R", number + 1, 6))
    asked["channel"] = np.where(asked["ticket"] < 0, "mail", "sms")
    asked["account_id"] = ids[asked["account"].astype("int64")]
    surveys = asked[asked["answered"].notna()].sort_values(["answered", "response_id", "metric"], kind="stable")
    surveys = surveys.reset_index(drop=True)
    kind = surveys["metric"].to_numpy()
    mark = surveys["score"].to_numpy()
    good = ((kind == "nps") & (mark >= 7)) | ((kind == "csat") & (mark >= 4)) | ((kind == "ces") & (mark >= 5))
    text = verbatims(rng, good, said, praise, 0.42)
    surveys["verbatim"] = plant(rng, blank(kind == "ces", text), planted)
    poor = ((kind == "nps") & (mark <= 6)) | ((kind == "csat") & (mark <= 2))
    answered = surveys["answered"].to_numpy().astype("datetime64[us]")
    surveys["contacted"], surveys["loop_resolved"] = loops(
        rng,
        poor,
        answered,
        contacted=loop["contacted"],
        settled=loop["settled"],
        hours=loop["hours"],
        extracted=extracted,
    )
    ticket = surveys["ticket"].to_numpy()
    surveys["ticket_id"] = blank(ticket < 0, ticket_ids[np.maximum(ticket, 0)])
    _, respondent = np.unique(surveys["response_id"].to_numpy().astype(str), return_inverse=True)
    surveys.loc[(rng.random(len(surveys)) < unknown)[respondent], "account_id"] = None
    columns = (
        "response_id metric score answered account_id moment_id ticket_id channel verbatim contacted loop_resolved"
    )
    invitations = asked[asked["metric"] != "ces"]
    sent = "invitation_id sent account_id moment_id metric response_id answered"
    return {
        "surveys": surveys[columns.split()],
        "invitations": invitations[sent.split()].reset_index(drop=True),
    }
