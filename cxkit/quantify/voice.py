"""What customers say this year against last: the change like for like, who answered, and who was silent."""

from __future__ import annotations

from typing import ClassVar

import pandas as pd

from cxkit.metrics import alarms
from cxkit.metrics.definitions import definition
from cxkit.metrics.estimates import Estimate
from cxkit.metrics.multiplicity import adjusted
from cxkit.metrics.satisfaction import summarise, sums
from cxkit.metrics.windows import Window
from cxkit.quantify import voice_answers, voice_response
from cxkit.quantify.voice_answers import METRICS, Span
from cxkit.quantify.voice_cells import cells
from cxkit.quantify.voice_mix import Split, pooled, split, usable
from cxkit.quantify.voice_response import Silent, Weighted
from cxkit.quantify.voice_sentences import Change, Verdict, changed, responded, weighed
from cxkit.records import Finding, Gap, Missing, Record, Result
from cxkit.tables.engine import Tables

SPENT = 0.8
"""Part of the share of false alarms of ``mix`` that is spent here; the rest is for `drivers`."""
NEEDS = ("response_id", "metric", "score", "answered")


class Voice(Result):
    """NPS, CSAT and CES against a year earlier, split into like-for-like change and mix; response and weighting.

    Tables: `scores` (metric, value, low, high, margin, n, period, before, before_low, before_high, n_before, change,
    change_low, change_high), `mix` (metric, by, primary, strata, change, within, within_low, within_high, mix, mix_low,
    mix_high, p_within, p_mix, verdict), `strata` (metric, by, stratum, n, n_before, share, share_before, score,
    score_before, change, change_low, change_high, within, mix), `response` (metric, by, group, n, answers, clusters,
    rate, low, high, share_asked, share_answered), `weighted` (metric, base, by, n, raw, value, low, high, shift,
    shift_low, shift_high), `silent` (metric, rate, value, low, high, late, worst, best). Scores are in the unit of the
    metric: NPS from −100 to 100, CSAT a fraction, CES 1 to 7. p-values are those of one test alone.
    """

    stage: ClassVar[str] = "quantify"
    name: ClassVar[str] = "voice"

    window_months: int = 12
    alarm: float = alarms.share("mix") * SPENT
    """Chance that this result calls a change real when only who answered has changed."""


class Heard(Record):
    """One score in both windows."""

    span: Span
    now: Estimate
    before: Estimate | None
    splits: dict[str, Split]
    """By what answers were told apart; the first is the one that is reported."""


def voice(tables: Tables, *, window_months: int) -> Voice:
    """NPS, CSAT and CES of the last `window_months` complete months against the same months a year earlier.

    A change is "real" when it is there among customers of the same kind, and "only mix" when it is not and who answered
    accounts for it; kinds are told apart by one property, chosen by a rule that does not look at the scores (the first
    of `voice_answers.ORDER` that is known of two thirds of the answers). Both verdicts hold a family-wise level over
    the scores (Holm) of `Voice.alarm`.
    """
    lacks = tables.require("surveys", *NEEDS)
    if isinstance(lacks, Missing):
        reason = f"What customers say needs {lacks}: {lacks.why}."
        gap = Gap(id="quantify.voice.change", what="What customers say", reason=reason, needs=(lacks,))
        return Voice(as_of=tables.as_of, window_months=window_months, gaps=(gap,))
    made = [_heard(tables, span) for span in voice_answers.spans(tables, window_months)]
    verdicts = _verdicts(made)
    findings: list[Finding] = []
    gaps: list[Gap] = []
    for heard in made:
        found = changed(_change(heard, verdicts))
        findings += [found] if found else []
        gaps += _no_change(heard)
    asked, told, missing = _response(tables, window_months)
    return Voice(
        as_of=tables.as_of,
        window_months=window_months,
        findings=(*findings, *told),
        gaps=(*gaps, *missing),
        tables=_tables(made, verdicts) | asked,
    )


def _heard(tables: Tables, span: Span) -> Heard:
    now = _score(tables, span, span.now)
    if span.before is None:
        return Heard(span=span, now=now, before=None, splits={})
    splits = {}
    with voice_answers.answers(tables, span) as relation:
        people = voice_answers.counts(tables, relation)
        for by in voice_answers.known(tables, relation, span.metric):
            found = pooled(cells(tables, relation, ["when", by]))
            if len(people) == 2 and usable(found):
                splits[by] = _scaled(split(found, people), span.metric)
    return Heard(span=span, now=now, before=_score(tables, span, span.before), splits=splits)


def _score(tables: Tables, span: Span, window: Window) -> Estimate:
    rows = sums(tables, span.metric, window)
    assert not isinstance(rows, Missing)
    return summarise(span.metric, rows.iloc[0]).estimate


def _scaled(found: Split, metric: str) -> Split:
    """NPS in points from −100 to 100, as everywhere else."""
    if metric != "nps":
        return found
    times = {
        name: getattr(found, name).model_copy(update={"estimate": getattr(found, name).estimate.scaled(100.0)})
        for name in ("change", "within", "mix")
    }
    strata = tuple(
        s.model_copy(
            update={
                "score": None if s.score is None else 100 * s.score,
                "score_before": None if s.score_before is None else 100 * s.score_before,
                "change": s.change.scaled(100.0),
                "within": 100 * s.within,
                "mix": 100 * s.mix,
            }
        )
        for s in found.strata
    )
    return found.model_copy(update={**times, "now": 100 * found.now, "before": 100 * found.before, "strata": strata})


def _primary(heard: Heard) -> tuple[str, Split] | None:
    return next(iter(heard.splits.items()), None)


def _verdicts(made: list[Heard]) -> dict[tuple[str, str], Verdict]:
    """The verdict of every score and property; Holm over the scores, so that one report spends its share once."""
    out: dict[tuple[str, str], Verdict] = {}
    first = [(h.span.metric, p[0], p[1]) for h in made if (p := _primary(h)) and p[1].within.estimate.has_interval]
    level = alarms.share("mix") * SPENT
    within = adjusted([s.within.p for _, _, s in first], "holm")
    mix = adjusted([s.mix.p for _, _, s in first], "holm")
    for (metric, by, found), p_within, p_mix in zip(first, within, mix, strict=True):
        out[metric, by] = _verdict(found, p_within <= level, p_mix <= level)
    return out


def _verdict(found: Split, real: bool, other: bool) -> Verdict:
    if real:
        return "both" if other else "real"
    within, change = found.within.estimate, found.change.estimate
    assert within.low is not None and within.high is not None and change.value is not None  # noqa: PT018
    still = within.low <= 0 <= within.high
    return "only mix" if other and still and not within.low <= change.value <= within.high else "cannot tell"


def _change(heard: Heard, verdicts: dict[tuple[str, str], Verdict]) -> Change | None:
    first = _primary(heard)
    if first is None or heard.span.before is None or not first[1].within.estimate.has_interval:
        return None
    by, found = first
    return Change(
        metric=heard.span.metric,
        by=by,
        split=found,
        verdict=verdicts[heard.span.metric, by],
        rivals={name: other.within.estimate for name, other in heard.splits.items() if name != by},
        period=heard.span.now.label,
        n=heard.now.n,
        n_before=heard.before.n if heard.before else 0,
    )


def _no_change(heard: Heard) -> list[Gap]:
    """Why a score is not split, where it is not."""
    name = definition(heard.span.metric).name
    what = f"Whether {name if name.isupper() else name[:1].lower() + name[1:]} changed like for like"
    common = {"id": "quantify.voice.change", "what": what, "subject": heard.span.metric}
    if heard.span.before is None:
        months = len(heard.span.now)
        reason = f"The answers do not reach back a year before their last {months} months."
        return [Gap.model_validate({**common, "reason": reason})]
    first = _primary(heard)
    if first is None:
        needs = (
            Missing(name="surveys", columns=("account_id", "moment_id", "channel"), why="known of too few answers"),
            Missing(name="accounts", columns=("account_id", "started", "segment"), why="known of too few answers"),
        )
        reason = (
            "Answers cannot be told apart by who gave them: no segment, tenure, moment or channel is known of two "
            "thirds of the answers and has enough of them in both years."
        )
        return [Gap.model_validate({**common, "reason": reason, "needs": needs})]
    if not first[1].within.estimate.has_interval:
        reason = f"Too few customers answered: {first[1].within.estimate.why_none}."
        return [Gap.model_validate({**common, "reason": reason})]
    return []


def _response(tables: Tables, months: int) -> tuple[dict[str, pd.DataFrame], list[Finding], list[Gap]]:
    """Response rate, weighting and silence: the tables, the findings of the first score, the gaps."""
    rates, weighted, silence = [], [], []
    findings: list[Finding] = []
    lacks = tables.require("invitations", *voice_response.NEEDS)
    for span in voice_answers.spans(tables, months):
        metric, made, quiet = span.metric, list[Weighted](), None
        rate: pd.DataFrame | None = None
        if not isinstance(lacks, Missing) and metric != "ces":
            with voice_response.asked(tables, metric, months) as window:
                if window is not None:
                    rate = voice_response.rates(tables).assign(metric=metric)
                    made += filter(None, [voice_response.to_asked(tables, metric)])
                    quiet = voice_response.silent(tables, metric, float(rate["rate"].iloc[0]))
                    period = window.label
        with voice_answers.answers(tables, span) as relation:
            made += filter(None, [voice_response.to_customers(tables, metric, relation)])
        first = not findings
        if rate is not None:
            rates.append(rate)
            findings += [responded(metric, rate, quiet, period)] if first else []
        if first:
            findings += filter(None, [weighed(made, span.now.label)])
        weighted += [_weights(w) for w in made]
        silence += [_silence(metric, quiet)] if quiet else []
    gaps = []
    if isinstance(lacks, Missing):
        reason = f"Who answers and who is silent needs {lacks}: {lacks.why}."
        gaps.append(Gap(id="quantify.voice.response", what="Response bias of surveys", reason=reason, needs=(lacks,)))
    frames = {"weighted": pd.DataFrame(weighted), "silent": pd.DataFrame(silence)}
    if rates:
        whole = pd.concat(rates, ignore_index=True)
        frames["response"] = whole[["metric", *(c for c in whole.columns if c != "metric")]]
    return {name: frame for name, frame in frames.items() if len(frame)}, findings, gaps


def _factor(metric: str) -> float:
    return 100.0 if metric == "nps" else 1.0


def _weights(found: Weighted) -> dict[str, object]:
    by = _factor(found.metric)
    value, shift = found.estimate.scaled(by), found.shift.scaled(by)
    return {
        "metric": found.metric, "base": found.base, "by": found.by, "n": found.n, "raw": found.raw * by,
        "value": value.value, "low": value.low, "high": value.high,
        "shift": shift.value, "shift_low": shift.low, "shift_high": shift.high,
    }  # fmt: skip


def _silence(metric: str, found: Silent) -> dict[str, object]:
    by = _factor(metric)
    value = found.as_late.scaled(by)
    ends = {name: getattr(found, name) * by for name in ("late", "worst", "best")}
    return {"metric": metric, "rate": found.rate, "value": value.value, "low": value.low, "high": value.high, **ends}


def _tables(made: list[Heard], verdicts: dict[tuple[str, str], Verdict]) -> dict[str, pd.DataFrame]:
    scores: list[dict[str, object]] = []
    mix: list[dict[str, object]] = []
    strata: list[dict[str, object]] = []
    order = {metric: k for k, metric in enumerate(METRICS)}
    for heard in sorted(made, key=lambda h: order[h.span.metric]):
        first = _primary(heard)
        change = first[1].change.estimate if first else Estimate()
        was = heard.before or Estimate()
        wide = None if heard.now.low is None or heard.now.high is None else (heard.now.high - heard.now.low) / 2
        scores.append({
            "metric": heard.span.metric, "value": heard.now.value, "low": heard.now.low, "high": heard.now.high,
            "margin": wide, "n": heard.now.n, "period": heard.span.now.label, "before": was.value,
            "before_low": was.low, "before_high": was.high, "n_before": was.n, "change": change.value,
            "change_low": change.low, "change_high": change.high,
        })  # fmt: skip
        for by, found in heard.splits.items():
            within, other = found.within.estimate, found.mix.estimate
            mix.append({
                "metric": heard.span.metric, "by": by, "primary": first is not None and by == first[0],
                "strata": len(found.strata), "change": found.change.estimate.value, "within": within.value,
                "within_low": within.low, "within_high": within.high, "mix": other.value, "mix_low": other.low,
                "mix_high": other.high, "p_within": found.within.p, "p_mix": found.mix.p,
                "verdict": verdicts.get((heard.span.metric, by), ""),
            })  # fmt: skip
            for s in found.strata:
                strata.append({
                    "metric": heard.span.metric, "by": by, "stratum": s.name, "n": s.n, "n_before": s.n_before,
                    "share": s.share, "share_before": s.share_before, "score": s.score, "score_before": s.score_before,
                    "change": s.change.value, "change_low": s.change.low, "change_high": s.change.high,
                    "within": s.within, "mix": s.mix,
                })  # fmt: skip
    frames = {"scores": scores, "mix": mix, "strata": strata}
    return {name: pd.DataFrame(rows) for name, rows in frames.items() if rows}
