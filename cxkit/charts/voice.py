"""Figures of what customers say: a change split into like for like and mix, and the score as the base is made up."""

from __future__ import annotations

from matplotlib.axes import Axes

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import Dot, dots
from cxkit.charts.reading import Row, number, rows, text, texts
from cxkit.formats import Unit
from cxkit.records import Result

UNITS: dict[str, Unit] = {"nps": "nps", "csat": "points", "ces": "score"}
NAMES = {"nps": "NPS", "csat": "CSAT", "ces": "ease score"}
CLEAR = {"only mix": 0, "both": 1, "real": 2}
"""Verdicts worth a figure, the most telling first; a change that cannot be told is said and not drawn."""
MOST = 7
"""Kinds of customers that get a row."""


def _drawn(result: Result) -> str:
    """The score whose split is drawn: the one whose verdict says most, else the first."""
    table = [r for r in rows(result, "mix") if r.get("primary") and number(r, "within_low") is not None]
    best = min(table, key=lambda r: CLEAR.get(text(r, "verdict"), len(CLEAR)), default=None)
    return text(best, "metric") if best else ""


def _split(result: Result) -> tuple[Row, list[Row]]:
    metric = _drawn(result)
    row: Row = next((r for r in rows(result, "mix") if text(r, "metric") == metric and r.get("primary")), {})
    kinds = [r for r in rows(result, "strata") if text(r, "metric") == metric and text(r, "by") == text(row, "by")]
    return row, sorted(kinds, key=lambda r: (-(number(r, "n") or 0), text(r, "stratum")))


def _words(value: float | None, metric: str) -> str:
    if value is None:
        return ""
    if metric == "nps":
        return f"{formats.number(value, 1, signed=True)} points"
    return formats.quantity(value, UNITS[metric], signed=True)


def _parts(result: Result) -> list[Dot]:
    row, kinds = _split(result)
    metric = text(row, "metric")
    change = next((r for r in rows(result, "scores") if text(r, "metric") == metric), {})
    out = [
        Dot(
            f"Change of the {NAMES[metric]}",
            number(row, "change"),
            number(change, "change_low"),
            number(change, "change_high"),
            "neutral",
            _words(number(row, "change"), metric),
        ),
        Dot(
            "  who answered (mix)",
            number(row, "mix"),
            number(row, "mix_low"),
            number(row, "mix_high"),
            "neutral",
            _words(number(row, "mix"), metric),
        ),
    ]
    within = number(row, "within")
    low, high = number(row, "within_low"), number(row, "within_high")
    sure = low is not None and high is not None and not low <= 0 <= high
    tone = "neutral" if within is None or not sure else "good" if within > 0 else "bad"
    out.append(Dot("  like for like", within, low, high, tone, _words(within, metric)))
    for kind in kinds[:MOST]:
        before, now = number(kind, "share_before") or 0.0, number(kind, "share") or 0.0
        part = f"{formats.quantity(before, 'probability')} → {formats.quantity(now, 'probability')} of answers"
        value = number(kind, "change")
        said = f"{_words(value, metric)} · {part}" if value is not None else part
        ends = number(kind, "change_low"), number(kind, "change_high")
        out.append(Dot(f"      {text(kind, 'stratum')}", value, *ends, "unknown", said))
    return out


def _alt_mix(result: Result) -> str:
    row, _ = _split(result)
    said = texts((f"{d.label.strip()}: {d.note}" for d in _parts(result)), 10)
    return f"Change on a year earlier split into who answered and like for like, by {text(row, 'by')}. {said}"


@figure(
    "quantify.voice_mix",
    topic="The change of a score on a year earlier, and what is left of it among customers of the same kind",
    needs="mix",
    title="quantify.voice.change",
    alt=_alt_mix,
    caption="Who answered and like for like add up to the change. The hollow marks below are the change within each "
    "kind of customer, with that kind's share of the answers a year earlier and now. Lines are 95 % intervals.",
    data={
        "metric": ("Score", "text"),
        "by": ("Told apart by", "text"),
        "change": ("Change", "none"),
        "within": ("Like for like", "none"),
        "within_low": ("Low", "none"),
        "within_high": ("High", "none"),
        "mix": ("Who answered", "none"),
        "mix_low": ("Low", "none"),
        "mix_high": ("High", "none"),
        "verdict": ("Verdict", "text"),
    },
    worth=lambda result: text(_split(result)[0], "verdict") in CLEAR,
    subject=_drawn,
)
def mix(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw a change, its two parts, and the change within each kind of customer."""
    data = _parts(result)
    ax = ax or style.canvas(len(data) + 0.8)
    dots(ax, data, UNITS[_drawn(result)], zero="no change")
    ax.axhline(2.5, color=style.LINE, linewidth=1)
    return ax


SCORES: dict[str, Unit] = {"nps": "nps", "csat": "ratio", "ces": "score"}


def _first(result: Result) -> str:
    found = result.finding("quantify.voice.weighted")
    return found.subject or "" if found else ""


def _weighted(result: Result) -> list[Dot]:
    metric = _first(result)
    if not metric:
        return []
    unit = SCORES[metric]
    score: Row = next((r for r in rows(result, "scores") if text(r, "metric") == metric), {})
    value = number(score, "value")
    ends = number(score, "low"), number(score, "high")
    out = [Dot("As answered", value, *ends, "neutral", formats.quantity(value, unit))]
    for row in rows(result, "weighted"):
        if text(row, "metric") == metric:
            value = number(row, "value")
            ends = number(row, "low"), number(row, "high")
            out.append(
                Dot(f"As {text(row, 'base')} is made up", value, *ends, "neutral", formats.quantity(value, unit))
            )
    for row in rows(result, "silent"):
        if text(row, "metric") == metric:
            value = number(row, "value")
            rate = formats.quantity(number(row, "rate"), "probability")
            note = f"{formats.quantity(value, unit)} · {rate} answered"
            ends = number(row, "low"), number(row, "high")
            out.append(Dot("If the silent score like the late", value, *ends, "unknown", note))
    return out


def _moves(result: Result) -> bool:
    """Whether a weighted score clearly differs from the one as answered; one that stays is said and not drawn."""
    mine = [r for r in rows(result, "weighted") if text(r, "metric") == _first(result)]
    ends = [(number(r, "raw"), number(r, "low"), number(r, "high")) for r in mine]
    return any(r is not None and a is not None and b is not None and not a <= r <= b for r, a, b in ends)


def _alt_weighted(result: Result) -> str:
    said = texts((f"{d.label}: {d.note}" for d in _weighted(result)), 6)
    return f"The {NAMES.get(_first(result), 'score')} as answered, weighted, and with the silent counted. {said}"


@figure(
    "quantify.voice_weighted",
    topic="The score as answered, and as it would be if those who answer were like those it speaks for",
    needs="weighted",
    title="quantify.voice.weighted",
    alt=_alt_weighted,
    caption="Lines are 95 % intervals. Weighting counts each kind of customer as often as it is among customers, or "
    "among those asked; the hollow mark lets the silent score like the latest third of those who answered.",
    data={
        "metric": ("Score", "text"),
        "base": ("Counted as", "text"),
        "by": ("Weighted by", "text"),
        "n": ("Answers", "count"),
        "raw": ("As answered", "none"),
        "value": ("Weighted", "none"),
        "low": ("Low", "none"),
        "high": ("High", "none"),
    },
    worth=_moves,
)
def weighted(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the score as answered beside its weighted versions."""
    data = _weighted(result)
    ax = ax or style.canvas(len(data) + 0.6)
    return dots(ax, data, SCORES[_first(result)])
