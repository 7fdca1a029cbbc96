"""Names of events: do they keep the standard, what would, and which two are one thing under two names?"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from rapidfuzz.distance import OSA

from cxkit.tables.problems import EMAIL

PAGE = frozenset({"button", "banner", "page", "screen", "link", "modal", "popup", "click", "clicked", "tab", "tapped"})
"""Words that tell what a page did, not what the customer did."""
CHANNELS = frozenset({"app", "web", "ios", "android", "mobile", "desktop", "phone", "mail", "email", "shop", "store"})
DIGITS = re.compile(r"\d{5,}")
IRREGULAR: Mapping[str, str] = {
    **{"apply": "applied", "begin": "begun", "cancel": "cancelled", "copy": "copied", "do": "done", "leave": "left"},
    **{"lose": "lost", "pay": "paid", "read": "read", "see": "seen", "send": "sent", "ship": "shipped"},
    **{"show": "shown", "submit": "submitted", "try": "tried", "verify": "verified", "win": "won"},
}
_ED = (
    "accept add book click confirm connect download install load open reject request return select sign start "
    "upload view visit"
)
_D = (
    "activate change close complete create delete enable invite move place purchase receive rate remove save "
    "schedule share subscribe update use"
)
PAST: Mapping[str, str] = {
    **{verb: f"{verb}ed" for verb in _ED.split()},
    **{verb: f"{verb}d" for verb in _D.split()},
    **IRREGULAR,
}
"""Base form of a verb that events are named with → its past form."""
PAST_FORMS = frozenset(PAST.values())
LONG_ENOUGH = 8
TYPO = 2
RARE = 0.1
"""A name counts as a slip of another only while it is this rare beside it."""


@dataclass(frozen=True)
class Standard:
    """How events must be named and what they must carry."""

    pattern: str = ""
    must_carry: tuple[str, ...] = ()
    should_carry: tuple[str, ...] = ()
    retired: Mapping[str, str] = field(default_factory=dict)
    """A retired name → the one in its place (empty where none is)."""

    def keeps(self, name: str) -> bool:
        """Whether a name keeps the standard."""
        return bool(re.fullmatch(self.pattern, name)) if self.pattern else True


def standard(frame: Any) -> Standard:
    """The standard out of a code frame, or of the parsed ``playbook/taxonomy.yml``, or of its section ``events``.

    Retired names are the ``bridges`` whose old code is no dotted code.

    >>> given = {"events": {"pattern": "[a-z_]+", "must_carry": ["at"]}, "bridges": [{"from": "old", "to": ["new"]}]}
    >>> standard(given).retired, standard(given["events"]).must_carry
    ({'old': 'new'}, ('at',))
    """
    events = _get(frame, "events")
    events = frame if events is None else events
    retired = {str(k): str(v or "") for k, v in dict(_get(events, "retired") or {}).items()}
    for bridge in _get(frame, "bridges") or ():
        old, new = _get(bridge, "from") or _get(bridge, "old"), _get(bridge, "to") or _get(bridge, "new") or ()
        if isinstance(old, str) and "." not in old:
            retired[old] = str(next(iter(new), ""))
    return Standard(
        str(_get(events, "pattern") or ""),
        tuple(map(str, _get(events, "must_carry") or ())),
        tuple(map(str, _get(events, "should_carry") or ())),
        retired,
    )


def _get(thing: Any, name: str) -> Any:
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)


def words(name: str) -> list[str]:
    """The words of a name in any case.

    >>> words("OfferViewed"), words("clicked-banner 17"), words("HTTPError")
    (['offer', 'viewed'], ['clicked', 'banner', '17'], ['http', 'error'])
    """
    apart = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", name)
    apart = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", apart)
    return [w.lower() for w in re.split(r"[^A-Za-z0-9]+", apart) if w]


def key(name: str) -> tuple[str, ...]:
    """What two spellings of one name have in common: the same words without case, order, plural or tense.

    >>> key("orderPlaced") == key("place_orders")
    True
    """
    back = {past: base for base, past in PAST.items()}
    return tuple(sorted(back.get(w, back.get(w.removesuffix("s"), w.removesuffix("s"))) for w in words(name)))


def proposed(name: str, rules: Standard, channels: Collection[str] = CHANNELS) -> str:
    """A name that keeps the standard and says the same, or nothing where a person must choose the words.

    >>> rules = Standard(pattern="[a-z]+(_[a-z]+)*_[a-z]+ed")
    >>> proposed("OfferViewed", rules), proposed("clicked_banner_17", rules), proposed("service_live", rules)
    ('offer_viewed', 'banner_clicked', '')
    """
    kept = [w for w in words(name) if not w.isdigit()]
    if len(kept) > 2 and kept[0] in channels:
        kept = kept[1:]
    if len(kept) < 2 or not rules.pattern or kept[0] == "first":
        return ""
    if kept[-1] not in {*PAST_FORMS, *PAST} and (kept[0] in PAST_FORMS or kept[0] in PAST):
        kept = [*kept[1:], kept[0]]
    made = "_".join([*kept[:-1], PAST.get(kept[-1], kept[-1])])
    return made if made != name and rules.keeps(made) else ""


def fault(name: str, rules: Standard) -> str:
    """What is wrong with a name, in words; empty where nothing is."""
    if EMAIL.search(name) or DIGITS.search(name):
        return "it holds what looks like customer data"
    if not rules.keeps(name):
        if words(name)[:1] == ["first"]:
            return "the first of several is found by counting; send every one under its own name"
        return "it is not an object and what happened to it, in the past tense and snake case"
    if PAGE & set(words(name)):
        return "it says what a page did, not what the customer did"
    return ""


def alike(names: Sequence[str], rows: Sequence[int]) -> pd.DataFrame:
    """Pairs that look like one event under two names: event, like (the more frequent one), why.

    >>> alike(["offer_viewed", "OfferViewed", "instal_booked", "install_booked"], [900, 40, 9, 800]).values.tolist()
    [['OfferViewed', 'offer_viewed', 'the same words'], ['instal_booked', 'install_booked', 'a slip of 1 letter']]
    """
    order = sorted(range(len(names)), key=lambda i: (-rows[i], names[i]))
    first: dict[tuple[str, ...], str] = {}
    pairs, plain = [], {i: "_".join(words(names[i])) for i in order}
    for place, i in enumerate(order):
        same = key(names[i])
        if same in first:
            pairs.append((names[i], first[same], "the same words"))
            continue
        first[same] = names[i]
        for j in order[:place]:
            steps = _slip(plain[i], plain[j]) if rows[i] <= RARE * rows[j] else 0
            if steps:
                pairs.append((names[i], names[j], f"a slip of {steps} letter{'s' if steps > 1 else ''}"))
                break
    return pd.DataFrame(sorted(pairs), columns=["event", "like", "why"])


def _slip(one: str, other: str) -> int:
    """Letters by which two names differ, when so few that it may be a slip; 0 otherwise."""
    if min(len(one), len(other)) < LONG_ENOUGH or re.sub(r"\d", "", one) == re.sub(r"\d", "", other):
        return 0
    if one.replace("_re", "_").removeprefix("re") == other or other.replace("_re", "_").removeprefix("re") == one:
        return 0
    steps = OSA.distance(one, other, score_cutoff=TYPO)
    return steps if 0 < steps <= TYPO else 0
