"""What customers say, in words: whether a score changed like for like, who answered, and what weighting does to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, cast

import pandas as pd

from cxkit.formats import Unit, interval, number, quantity
from cxkit.metrics.definitions import definition
from cxkit.metrics.estimates import Estimate
from cxkit.quantify.voice_cells import OTHERS, UNKNOWN
from cxkit.quantify.voice_mix import Split, Stratum
from cxkit.quantify.voice_response import CONTACT_DAYS, GROUPS, LATER_DAYS, Silent, Weighted
from cxkit.records import Finding, Record
from cxkit.tables.sheets import short

Verdict = Literal["real", "only mix", "both", "cannot tell"]
NAMES: Mapping[str, str] = {
    "nps": "The net promoter score",
    "csat": "The share of satisfied answers",
    "ces": "The ease score",
}
KINDS: Mapping[str, str] = {"segment": "segment", "tenure": "tenure", "moment": "moment", "channel": "channel"}
SAME = (
    "the change among customers of the same {by}, answers of one customer as one cluster; "
    "who did not answer is not in it"
)


class Change(Record):
    """One score's change, its parts and the verdict."""

    metric: str
    by: str
    split: Split
    verdict: Verdict
    rivals: Mapping[str, Estimate]
    """The like-for-like change when answers are told apart by something else."""
    period: str
    n: int
    n_before: int


def _unit(metric: str) -> Unit:
    """Unit of a difference."""
    return cast("Unit", {"nps": "nps", "csat": "points", "ces": "score"}[metric])


def _size(metric: str, value: float, *, exact: bool = False) -> str:
    """The size of a change without its sign, as a reader says it; `exact` where parts must be seen to add up."""
    if metric == "ces":
        return f"{number(abs(value), 2)} on the scale of 7"
    points = abs(value) if metric == "nps" else abs(value) * 100
    digits = 0 if metric == "nps" and points >= 0.95 and not exact else 1
    said = number(points, digits)
    return f"{said} point{'' if said in {'1', '1.0'} else 's'}"


def _signed(metric: str, value: float) -> str:
    return ("−" if value < 0 else "+") + _size(metric, value, exact=True)


def _bare(metric: str, value: float) -> str:
    """As `_signed`, where the sentence has named the scale already."""
    return _signed(metric, value).removesuffix(" on the scale of 7")


def _span(metric: str, found: Estimate) -> str:
    return interval(found.low, found.high, _unit(metric))


def changed(found: Change | None) -> Finding | None:
    """The finding of one score's change; its value is the change like for like."""
    if found is None:
        return None
    within = found.split.within.estimate
    tones = {"only mix": "neutral", "cannot tell": "unknown"}
    tone = tones.get(found.verdict) or ("good" if (within.value or 0) > 0 else "bad")
    return Finding(
        id="quantify.voice.change",
        stage="quantify",
        title=_title(found),
        detail=" ".join(filter(None, [_parts(found), _rivals(found)])),
        value=within.value,
        unit=_unit(found.metric),
        low=within.low,
        high=within.high,
        about=SAME.format(by=KINDS[found.by]),
        n=found.n,
        period=found.period,
        sources=_sources(found.by),
        subject=found.metric,
        definition=definition("like_for_like").tag,
        tone=cast("Literal['good', 'bad', 'neutral', 'unknown']", tone),
    )


def _sources(by: str) -> tuple[str, ...]:
    return ("surveys", "accounts") if by in {"segment", "tenure"} else ("surveys",)


def _title(found: Change) -> str:
    metric, name = found.metric, NAMES[found.metric]
    raw, within = found.split.change.estimate, found.split.within.estimate
    value, inner = raw.value or 0.0, within.value or 0.0
    moved = f"{'fell' if value < 0 else 'rose'} {_size(metric, value)}"
    answer = (
        f"customers of the same {KINDS[found.by]} answer {_size(metric, inner)} {'lower' if inner < 0 else 'higher'}"
    )
    match found.verdict:
        case "only mix":
            return f"{name} {moved}, but not among customers of the same kind: {_who(found)}"
        case "real" if value * inner > 0:
            return f"{name} {moved}, like for like too: {answer}"
        case "real" | "both":
            mix = _signed(metric, found.split.mix.estimate.value or 0.0)
            return f"{name} {moved}: {answer}, and who answered makes {mix}"
        case _:
            sure = raw.low is not None and raw.high is not None and not raw.low <= 0 <= raw.high
            if sure:
                return f"{name} {moved} on a year earlier; whether customers changed their minds cannot be told"
            return f"{name} has not shown a change on a year earlier ({_signed(metric, value)})"


def _mover(found: Change) -> Stratum | None:
    """Whose answers moved the score most in the direction of the mix, those that became more before those fewer."""
    mix = found.split.mix.estimate.value or 0.0
    moved = [s for s in found.split.strata if s.mix * mix > 0 and s.name not in {OTHERS, UNKNOWN}]
    grown = [s for s in moved if s.share > s.share_before]
    return max(grown or moved, key=lambda s: (abs(s.mix), s.name), default=None)


def _who(found: Change) -> str:
    pick = _mover(found)
    if pick is None:
        return "other customers answered"
    more = "more" if pick.share > pick.share_before else "fewer"
    return f"{more} answers came from {KINDS[found.by]} {short(pick.name, 40)}"


def _parts(found: Change) -> str:
    metric, made = found.metric, found.split
    within, mix = made.within.estimate, made.mix.estimate
    said = (
        f"Like for like it moved {_bare(metric, within.value or 0.0)} ({_span(metric, within)}); who answered makes "
        f"{_bare(metric, mix.value or 0.0)} ({_span(metric, mix)})."
    )
    pick = _mover(found) if found.verdict in {"only mix", "both"} else None
    if pick is not None:
        before, now = quantity(pick.share_before, "ratio"), quantity(pick.share, "ratio")
        name = short(pick.name, 40)
        said += f" {name[:1].upper()}{name[1:]} gave {before} of the answers a year earlier and {now} now."
    return said


def _rivals(found: Change) -> str:
    if found.verdict == "cannot tell":
        return ""
    told = [
        f"{_bare(found.metric, e.value)} by {KINDS[name]}" for name, e in found.rivals.items() if e.value is not None
    ]
    return f"Told apart by something else, like for like is {' and '.join(told)}." if told else ""


# Who answered ------------------------------------------------------------------------------------------------


def responded(metric: str, rates: pd.DataFrame, quiet: Silent | None, period: str) -> Finding:
    """The response rate, and which customers answer most and least often."""
    whole = rates.iloc[0]
    known = not pd.isna(whole["low"])
    share = quantity(float(whole["rate"]), "ratio")
    few = "" if known else "; there are too few invitations to judge it"
    return Finding(
        id="quantify.voice.response",
        stage="quantify",
        title=f"{share} of those asked for {_asked_for(metric)} answered{few}",
        detail=" ".join(filter(None, [_apart(rates), _quiet(metric, quiet)])),
        value=float(whole["rate"]),
        unit="ratio",
        low=float(whole["low"]) if known else None,
        high=float(whole["high"]) if known else None,
        about="the underlying response rate, customers resampled" if known else "fewer than 30 asked",
        n=int(whole["n"]),
        period=period,
        sources=("invitations", "surveys"),
        subject=metric,
        definition=definition("response_rate").tag,
    )


def _asked_for(metric: str) -> str:
    return {"nps": "a recommendation", "csat": "their satisfaction", "ces": "ease"}[metric]


def _apart(rates: pd.DataFrame) -> str:
    """Groups whose response rates differ most, their intervals apart; one sentence for the widest difference."""
    widest: tuple[float, str] = (0.0, "")
    told = rates[(rates["by"] != "all") & (rates["group"] != UNKNOWN)].dropna(subset=["low"])
    for by, part in told.sort_values(["rate", "group"]).groupby("by", sort=True):
        if len(part) < 2:
            continue
        least, most = part.iloc[0], part.iloc[-1]
        gap = float(most["rate"]) - float(least["rate"])
        if float(least["high"]) < float(most["low"]) and gap > widest[0]:
            low, high = quantity(float(least["rate"]), "ratio"), quantity(float(most["rate"]), "ratio")
            widest = (gap, _two(str(by), str(least["group"]), str(most["group"]), low, high))
    return widest[1] or "No group of customers answers clearly more often than another."


def _two(by: str, least: str, most: str, low: str, high: str) -> str:
    if by == "contact":
        who = f"had asked for help in the {CONTACT_DAYS} days before"
        yes, no = (high, low) if most == "yes" else (low, high)
        return f"Of customers who {who} {yes} answered, of the others {no}."
    if by == "left":
        yes, no = (high, low) if most == "yes" else (low, high)
        return f"Of customers who left within {LATER_DAYS} days {yes} answered, of those who stayed {no}."
    return f"By {GROUPS[by]}, {short(least, 40)} answers least often ({low}) and {short(most, 40)} most often ({high})."


def _quiet(metric: str, found: Silent | None) -> str:
    if found is None:
        return ""
    value, span = _score(metric, found.as_late.value), _score_span(metric, found.as_late)
    return (
        f"If the silent scored like the latest third of those who answered, everybody asked would score {value} "
        f"({span}); without any such assumption it lies anywhere from {_score(metric, found.worst)} to "
        f"{_score(metric, found.best)}."
    )


def _score(metric: str, value: float | None) -> str:
    unit = cast("Unit", {"nps": "nps", "csat": "ratio", "ces": "score"}[metric])
    return quantity(None if value is None else value * (100 if metric == "nps" else 1), unit)


def _score_span(metric: str, found: Estimate) -> str:
    unit = cast("Unit", {"nps": "nps", "csat": "ratio", "ces": "score"}[metric])
    scaled = found.scaled(100.0) if metric == "nps" else found
    return interval(scaled.low, scaled.high, unit)


def weighed(made: Sequence[Weighted], period: str) -> Finding | None:
    """The score weighted to the customers it speaks for, beside the raw one."""
    found = next((w for w in made if w.base == "the customer base"), next(iter(made), None))
    if found is None:
        return None
    metric = found.metric
    times = 100.0 if metric == "nps" else 1.0
    shift, value = found.shift, found.estimate.scaled(times)
    raw, now = _score(metric, found.raw), _score(metric, found.estimate.value)
    sure = shift.low is not None and shift.high is not None and not shift.low <= 0 <= shift.high
    name = NAMES[metric]
    title = (
        f"{name} is {raw} as answered and {now} when answers count as {found.base} is made up"
        if raw != now
        else f"{name} stays {now} when answers count as {found.base} is made up"
    )
    others = [
        f"counted as {w.base} is made up it is {_score(metric, w.estimate.value)}" for w in made if w is not found
    ]
    size = f"{_signed(metric, (shift.value or 0.0) * times)} ({_span(metric, shift.scaled(times))})"
    moved = f"Weighting by {found.by} moves it {size}"
    reading = "." if sure else ", no more than chance explains."
    return Finding(
        id="quantify.voice.weighted",
        stage="quantify",
        title=title,
        detail=" ".join(filter(None, [moved + reading, *(f"{o[:1].upper()}{o[1:]}." for o in others)])),
        value=value.value,
        unit=cast("Unit", {"nps": "nps", "csat": "ratio", "ces": "score"}[metric]),
        low=value.low,
        high=value.high,
        about=f"what {found.base} would say if those who answered speak for those like them by {found.by}",
        n=found.n,
        period=period,
        grade="D",
        sources=("surveys", "accounts") if found.base == "the customer base" else ("surveys", "invitations"),
        subject=metric,
        definition=definition("weighted_score").tag,
    )
