"""Figures of the taxonomy: what customers write about, words that are new, who agrees, and what changed afterwards."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from cxkit import formats
from cxkit.charts import style
from cxkit.charts.figure import figure
from cxkit.charts.marks import Dot, dots, dumbbells, scale, spread
from cxkit.charts.reading import Row, number, rows, text, texts
from cxkit.formats import Unit
from cxkit.records import Result

MOST = 14
UNITS: dict[str, Unit] = {"nps": "nps", "csat": "ratio", "ces": "score"}
NAMES = {"nps": "NPS", "csat": "CSAT", "ces": "ease"}


def _mine(result: Result) -> Sequence[Row]:
    """Themes anybody mentioned, without those of a client's own that are counted under ours already."""
    return [r for r in rows(result, "themes") if (number(r, "answers") or 0) > 0][:MOST]


def _tone(row: Row) -> str:
    """Bad where unhappy answers are more than half of the theme's, good where they are fewer than one in ten."""
    answers, unhappy = number(row, "answers") or 0.0, number(row, "unhappy") or 0.0
    if answers < 10:
        return "unknown"
    return "bad" if unhappy > answers / 2 else "good" if unhappy < answers / 10 else "neutral"


def _themes(result: Result) -> list[Dot]:
    out = []
    for row in _mine(result):
        metric, score = text(row, "metric"), number(row, "score")
        said = formats.quantity(number(row, "share"), "ratio")
        if score is not None and metric in UNITS and (number(row, "answers") or 0) >= 10:
            said += f" · {NAMES[metric]} {formats.quantity(score, UNITS[metric])}"
        ends = number(row, "low"), number(row, "high")
        out.append(Dot(text(row, "name"), number(row, "share"), *ends, _tone(row), said))
    return out


def _alt_themes(result: Result) -> str:
    said = texts((f"{d.label}: {d.note}" for d in _themes(result)), 8)
    return (
        f"Share of answers in customers' own words that fall under each theme, with the score of those answers. {said}"
    )


@figure(
    "instrument.themes",
    topic="What customers write about, and how they score when they do",
    needs="themes",
    title="instrument.taxonomy.loudest instrument.taxonomy.coverage",
    alt=_alt_themes,
    caption="A mark is the share of answers of a theme, a line its 95 % interval, customers resampled; beside it the "
    "score of those answers. Diamonds: most of them are unhappy. An answer may fall under several themes.",
    data={
        "name": ("Theme", "text"),
        "answers": ("Answers", "people"),
        "share": ("Share", "ratio"),
        "low": ("Low", "ratio"),
        "high": ("High", "ratio"),
        "unhappy_share": ("Of unhappy answers", "ratio"),
        "metric": ("Score", "text"),
        "score": ("Value", "none"),
        "change": ("Change on the window before", "points"),
    },
    worth=lambda result: sum((number(r, "answers") or 0) >= 5 for r in _mine(result)) >= 2,
)
def themes(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw a dot with its interval for each theme, the loudest on top."""
    data = _themes(result)
    ax = ax or style.canvas(len(data) + 0.6)
    dots(ax, data, "ratio")
    ax.set_xlim(left=0)
    return ax


def _fresh(result: Result) -> Sequence[Row]:
    return [r for r in rows(result, "new_terms") if r.get("new")][:MOST]


def _before(row: Row) -> str:
    """The share before; a count below five is hidden as in every table."""
    if 0 < (number(row, "before") or 0) < 5:
        return "fewer than 5 customers"
    return formats.quantity(number(row, "rate_before"), "ratio")


def _alt_terms(result: Result) -> str:
    said = texts(
        (
            f"{text(r, 'term')}: {_before(r)} before, {formats.quantity(number(r, 'rate'), 'ratio')} now"
            for r in _fresh(result)
        ),
        8,
    )
    return f"Words customers use now and did not use before, by share of the customers who wrote. {said}"


@figure(
    "instrument.new_terms",
    topic="Words that are new this quarter",
    needs="new_terms",
    title="instrument.taxonomy.new_term",
    alt=_alt_terms,
    caption="The filled mark is the share of customers who used the word in the last months, the open one the share "
    "before. The bar is raised for all the words that were looked at.",
    data={
        "term": ("Words", "text"),
        "also": ("Comes together with", "text"),
        "now": ("Customers now", "people"),
        "before": ("Customers before", "people"),
        "rate": ("Share now", "ratio"),
        "rate_before": ("Share before", "ratio"),
        "name": ("Theme", "text"),
        "quote": ("Quote", "text"),
    },
    worth=lambda result: bool(_fresh(result)),
)
def new_terms(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw before and now for each new word."""

    data = _fresh(result)
    ax = ax or style.canvas(len(data) + 0.8)
    dumbbells(
        ax,
        [f"“{text(r, 'term')}”" for r in data],
        [number(r, "rate_before") for r in data],
        [number(r, "rate") for r in data],
        names=("before", "now"),
        notes=[f"{number(r, 'now') or 0:,.0f} customers · {text(r, 'name') or 'no theme yet'}" for r in data],
    )

    spread(ax, include=0.0)
    scale(ax, "ratio")
    return ax


def _agreed(result: Result) -> list[Dot]:
    out = []
    for row in rows(result, "agreement"):
        if number(row, "kappa") is None:
            continue
        ends = number(row, "kappa_low"), number(row, "kappa_high")
        note = f"{formats.number(number(row, 'kappa') or 0.0, 2)} · {number(row, 'n') or 0:,.0f} answers"
        out.append(Dot(text(row, "pair"), number(row, "kappa"), *ends, "neutral", note))
    codes = [r for r in rows(result, "by_code") if text(r, "pair") == "rules – coders" and number(r, "low") is not None]
    for row in sorted(codes, key=lambda r: (-(number(r, "kappa") or 0.0), text(r, "code")))[:MOST]:
        kappa = number(row, "kappa") or 0.0
        tone = "good" if kappa >= 0.8 else "neutral" if kappa >= 0.667 else "bad"
        ends = number(row, "low"), number(row, "high")
        note = f"{formats.number(kappa, 2)} · {number(row, 'n') or 0:,.0f} codings"
        out.append(Dot(f"  {text(row, 'name')}", kappa, *ends, tone, note))
    return out


def _alt_agreement(result: Result) -> str:
    said = texts((f"{d.label.strip()}: kappa {d.note}" for d in _agreed(result)), 10)
    return f"Agreement between coders, of the rules with coders, and of the rules theme by theme. {said}"


@figure(
    "instrument.agreement",
    topic="How far rules and people put the same answer under the same theme",
    needs="agreement",
    title="instrument.taxonomy.agreement",
    alt=_alt_agreement,
    caption="Agreement beyond chance (Cohen's kappa) with its 95 % interval: 1 is full agreement, 0 what chance would "
    "bring. Below the pairs: the rules "
    "against coders, theme by theme; diamonds lie under .667, what is customarily too little.",
    data={
        "pair": ("Pair", "text"),
        "n": ("Answers", "count"),
        "agreed": ("Same code", "ratio"),
        "kappa": ("Kappa", "none"),
        "kappa_low": ("Low", "none"),
        "kappa_high": ("High", "none"),
        "alpha": ("Alpha", "none"),
        "verdict": ("Customarily", "text"),
    },
    worth=lambda result: any(number(r, "kappa_low") is not None for r in rows(result, "agreement")),
)
def agreement(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw kappa of each pair and of the rules theme by theme."""
    data = _agreed(result)
    ax = ax or style.canvas(len(data) + 0.6)
    dots(ax, data, "none", zero="reliable", at=0.8)
    return ax


def _heard(row: Row, when: str) -> str:
    """The share of customers heard; a count below five is hidden as in every table."""
    if 0 < (number(row, when) or 0) < 5:
        return "under 5"
    return formats.quantity(number(row, f"rate_{when}"), "probability")


def _effects(result: Result) -> list[Dot]:
    out = []
    tones = {"fall": "good", "rise": "bad", "no difference": "unknown"}
    for row in rows(result, "effects"):
        ratio = number(row, "ratio")
        if ratio is None:
            continue
        ends = number(row, "low"), number(row, "high")
        shares = [_heard(row, when) for when in ("before", "after")]
        note = f"{style.clip(text(row, 'name'), 28)}: {shares[0]} → {shares[1]}"
        tone = tones.get(text(row, "verdict"), "unknown")
        out.append(Dot(text(row, "change"), ratio, *ends, tone, note, text(row, "grade")))
    return out


def _alt_effects(result: Result) -> str:
    said = texts(
        (f"{d.label}: ratio {formats.number(d.value or 0.0, 2)}, {d.note}" for d in _effects(result)),
        8,
    )
    return f"Feedback on a theme after a structural change against before, relative to all other feedback. {said}"


@figure(
    "instrument.changes",
    topic="What customers said of a theme after it was acted on",
    needs="effects",
    title="instrument.changes.effect",
    alt=_alt_effects,
    caption="Customers who spoke of the theme, after to before, against everything else they spoke of; 1 is no "
    "difference. Lines are 95 % intervals, letters grades of evidence; hollow marks cannot be told from chance.",
    data={
        "change": ("Change", "text"),
        "changed": ("When", "date"),
        "name": ("Theme", "text"),
        "signal": ("Heard in", "text"),
        "before": ("Customers before", "people"),
        "after": ("Customers after", "people"),
        "ratio": ("Ratio", "multiple"),
        "low": ("Low", "multiple"),
        "high": ("High", "multiple"),
        "verdict": ("Verdict", "text"),
        "grade": ("Grade", "text"),
    },
    worth=lambda result: bool(_effects(result)),
)
def changes(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw the ratio of after to before of each change that can be judged."""
    data = _effects(result)
    ax = ax or style.canvas(len(data) + 0.8)
    return dots(ax, data, "multiple", zero="no difference", at=1.0)
