"""The book of plays: read from words, checked whole, the client's own laid over it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydantic import Field

from cxkit import errors
from cxkit.orchestrate.plays_terms import CONDITIONS, PEOPLE, RANDOM, TRUTHS, Slot, Term
from cxkit.records import Record
from cxkit.tables.authored import ROLE

FIELDS = (
    *("id", "name", "answers", "trigger", "owner_role", "sla_hours", "sla_setting", "steps", "hypothesis", "test"),
    *("when", "truth", "baseline", "numbers", "off", "moment_id"),
)
REQUIRED = ("id", "name", "owner_role", "sla_hours", "steps", "hypothesis", "when")
SETTINGS = ("loop_sla_hours",)
"""Parameters of the client that may give a play its time limit."""


class Condition(Record):
    """One word of the vocabulary with its values."""

    word: str
    values: dict[str, Any] = Field(default_factory=dict)

    @property
    def says(self) -> str:
        """The condition as people read it."""
        return (CONDITIONS.get(self.word) or TRUTHS[self.word]).words(self.values)


class When(Record):
    """What raises a play: all of some conditions, and one at least of others."""

    about: str
    every: tuple[Condition, ...] = ()
    some: tuple[Condition, ...] = ()

    @property
    def says(self) -> str:
        """The trigger in words."""
        return ", and ".join(filter(None, [*(c.says for c in self.every), " or ".join(c.says for c in self.some)]))

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """All of them, in order."""
        return (*self.every, *self.some)


class Play(Record):
    """One play: trigger → owner → SLA → steps → expected effect."""

    id: str
    name: str
    owner_role: str
    sla_hours: float
    """Hours on the wall clock from the signal to the first step."""
    sla_setting: str = ""
    """The client's parameter that goes before `sla_hours`."""
    steps: tuple[str, ...]
    hypothesis: str
    test: str = ""
    trigger: str = ""
    answers: tuple[str, ...] = ()
    """Findings of the report it answers."""
    moment_id: str = ""
    """The one moment it belongs to; empty for any."""
    when: When
    truth: Condition | None = None
    baseline: When | None = None
    """The plain rule to beat; None is a random pick."""
    own: bool = False
    """Whether the client wrote or changed it."""

    @property
    def about_people(self) -> bool:
        """Whether its list names customers, so that it can be tried on the past."""
        return self.when.about in PEOPLE

    @property
    def baseline_says(self) -> str:
        """The plain rule in words."""
        return self.baseline.says if self.baseline else "as many active customers, picked blindly"

    def hours(self, settings: Mapping[str, float]) -> float:
        """The time limit, after the client's parameters."""
        return float(settings.get(self.sla_setting, self.sla_hours))


class PlayBook(Record):
    """All plays of a client, in the order of the file, its own added at the end."""

    version: int = 1
    plays: tuple[Play, ...] = ()
    switched_off: tuple[str, ...] = ()

    def play(self, id: str) -> Play:
        """The play of this id; `KeyError` when there is none."""
        for play in self.plays:
            if play.id == id:
                return play
        raise KeyError(f"there is no play '{id}'; there are {', '.join(p.id for p in self.plays) or 'none'}")

    def only(self, id: str) -> PlayBook:
        """The book with this play alone."""
        return self.model_copy(update={"plays": (self.play(id),)})


def play_register(shipped: Mapping[str, Any], own: Sequence[Mapping[str, Any]] = ()) -> PlayBook:
    """Read ``playbook/plays.yml`` and lay the client's own plays over it by id.

    An own play changes fields of the shipped one of the same id, or is a new one; ``numbers`` moves single numbers of
    the trigger (``{"renewal.within_days": 60}``) and ``off: true`` switches a play off. Raises `InputError` with every
    problem: the entry, what was found, the rule, what to do.

    >>> book = play_register({"plays": [{"id": "call", "name": "Call", "owner_role": "Journey Owners", "sla_hours": 48,
    ...     "steps": ["call"], "hypothesis": "fewer leave", "when": {"about": "answer", "all": ["unhappy_answer"]}}]},
    ...     own=[{"id": "call", "numbers": {"unhappy_answer.within_days": 14}}])
    >>> book.play("call").when.says
    'an answer of NPS 0–6, CSAT 1–2 or CES 1–3 in the last 14 days'
    """
    problems: list[str] = []
    entries = shipped.get("plays") if isinstance(shipped, Mapping) else None
    if not isinstance(entries, list):
        problems.append("plays.yml: found no list 'plays'; write 'plays:' and one entry per play below it.")
        entries = []
    merged: dict[str, dict[str, Any]] = {}
    off: list[str] = []
    for where, given in (("plays.yml", entries), ("engagement.json", own)):
        seen: set[str] = set()
        for number, entry in enumerate(given, 1):
            place = f"{where}, play {number}"
            if not isinstance(entry, Mapping) or not isinstance(entry.get("id"), str) or not entry["id"].strip():
                problems.append(f"{place}: found {_short(entry)}; an entry has an 'id' in words. Give it one.")
                continue
            id = entry["id"]
            if id in seen:
                problems.append(f"{where}, play '{id}': the id stands twice; each play has its own. Rename one.")
                continue
            seen.add(id)
            known = {k: v for k, v in entry.items() if k in FIELDS}
            where_in = f"{where}, play '{id}',"
            problems += [errors.unknown_name("field", str(k), FIELDS, where=where_in) for k in entry if k not in FIELDS]
            if known.get("off") is True:
                off.append(id)
                merged.pop(id, None)
                continue
            before = merged.get(id, {})
            merged[id] = {**before, **known, "own": where != "plays.yml"}
            merged[id]["where"] = f"{where}, play '{id}'"
    plays = [play for entry in merged.values() if (play := _play(entry, problems)) is not None]
    if problems:
        raise errors.InputError(errors.all_problems(problems, what="The book of plays"))
    version = shipped.get("version", 1)
    return PlayBook(version=version if isinstance(version, int) else 1, plays=tuple(plays), switched_off=tuple(off))


def _play(entry: Mapping[str, Any], problems: list[str]) -> Play | None:
    where = entry["where"]
    before = len(problems)
    if absent := [name for name in REQUIRED if entry.get(name) in (None, "", [], {})]:
        problems.append(f"{where}: {', '.join(absent)} not there; a play needs {', '.join(REQUIRED)}. Write them.")
    words = {n: _text(entry, n, problems) for n in ("name", "hypothesis", "test", "trigger", "moment_id")}
    role = entry.get("owner_role")
    if role is not None and role not in ROLE.allowed:
        known = ", ".join(ROLE.allowed)
        problems.append(f"{where}: owner_role is {_short(role)}; it is one of {known}. Choose one.")
    hours = entry.get("sla_hours")
    if hours is not None and not (_numeric(hours) and 0 < hours <= 24 * 366):
        problems.append(f"{where}: sla_hours is {_short(hours)}; it is a number of hours above 0. Write it like 48.")
    setting = entry.get("sla_setting", "")
    if setting and setting not in SETTINGS:
        problems.append(f"{where}: sla_setting is {_short(setting)}; it may be {', '.join(SETTINGS)}. Leave it out.")
    lists = {n: _texts(entry, n, problems) for n in ("steps", "answers")}
    when = _when(entry.get("when"), f"{where}, when", problems) if entry.get("when") else None
    when = _moved(when, entry.get("numbers") or {}, where, problems)
    truth = _one(entry["truth"], TRUTHS, f"{where}, truth", problems) if entry.get("truth") else None
    baseline, plain = entry.get("baseline"), None
    if baseline not in (None, RANDOM):
        plain = _when(baseline, f"{where}, baseline", problems)
    if when is not None and truth is not None and when.about not in PEOPLE:
        problems.append(f"{where}: a play about a {when.about} has no customer who could do it. Leave 'truth' out.")
    if plain is not None and plain.about not in PEOPLE:
        problems.append(f"{where}: the baseline is about a {plain.about}; it must be about customers. Change it.")
    if len(problems) > before or when is None:
        return None
    return Play(
        id=entry["id"],
        owner_role=str(role),
        sla_hours=float(hours),  # type: ignore[arg-type]
        sla_setting=setting,
        when=when,
        truth=truth,
        baseline=plain,
        own=bool(entry["own"]),
        **words,
        **lists,
    )


def _when(given: Any, where: str, problems: list[str]) -> When | None:
    if not isinstance(given, Mapping):
        problems.append(f"{where}: found {_short(given)}; it has 'about' and 'all' or 'any'. Write them.")
        return None
    for key in given:
        if key not in ("about", "all", "any"):
            problems.append(errors.unknown_name("word", str(key), ("about", "all", "any"), where=where))
    abouts = sorted({t.about for t in CONDITIONS.values()})
    about = given.get("about")
    if about not in abouts:
        problems.append(f"{where}: about is {_short(about)}; it is one of {', '.join(abouts)}. Choose one.")
        return None
    groups: dict[str, list[Condition]] = {}
    for name in ("all", "any"):
        listed = given.get(name, [])
        if not isinstance(listed, list):
            problems.append(
                f"{where}.{name}: found {_short(listed)}; it is a list of conditions. Put '- ' before each."
            )
            return None
        made = (_one(one, CONDITIONS, f"{where}.{name}", problems) for one in listed)
        groups[name] = [c for c in made if c is not None]
    every = [*groups["all"], *groups["any"]]
    if not every:
        problems.append(f"{where}: no condition can be read; a trigger has one at least. Known: {_known(CONDITIONS)}.")
        return None
    natives = [c for c in every if CONDITIONS[c.word].about == about]
    if about in PEOPLE:
        strange = [c.word for c in every if CONDITIONS[c.word].about not in PEOPLE]
        if about != "account" and not [c for c in groups["all"] if c in natives]:
            problems.append(f"{where}: nothing under 'all' is about a {about}; add one, or let it be about an account.")
    else:
        strange = [c.word for c in every if CONDITIONS[c.word].about != about]
    if strange:
        problems.append(f"{where}: {', '.join(strange)} cannot be said of a {about}. Take it out or change 'about'.")
    return When(about=about, every=tuple(groups["all"]), some=tuple(groups["any"]))


def _one(given: Any, known: Mapping[str, Term], where: str, problems: list[str]) -> Condition | None:
    """One condition: a word alone, or a word with its values."""
    if isinstance(given, str):
        given = {given: {}}
    if not isinstance(given, Mapping) or len(given) != 1:
        problems.append(f"{where}: found {_short(given)}; a condition is one word with its values. Split it.")
        return None
    word, values = next(iter(given.items()))
    values = {} if values is None else values
    if word not in known:
        problems.append(errors.unknown_name("condition", str(word), list(known), where=where))
        return None
    slots = known[word].slots
    if not isinstance(values, Mapping):
        problems.append(f"{where}, {word}: found {_short(values)}; write {{{', '.join(slots)}}} with values.")
        return None
    before = len(problems)
    inside = f"{where}, {word},"
    problems += [errors.unknown_name("value", str(k), list(slots), where=inside) for k in values if k not in slots]
    filled: dict[str, Any] = {}
    for name, slot in slots.items():
        value = values.get(name, slot.default)
        rule = checked(slot, value)
        if rule:
            problems.append(f"{where}, {word}: {name} is {_short(value)}; {rule}.")
        filled[name] = tuple(value) if slot.type == "choices" and isinstance(value, list | tuple) else value
    if word in ("no_event", "age") and len(problems) == before and filled["until_days"] <= filled["after_days"]:
        problems.append(f"{where}, {word}: until_days is {filled['until_days']}; it lies after after_days. Raise it.")
    return Condition(word=word, values=filled) if len(problems) == before else None


def checked(slot: Slot, value: Any) -> str:
    """What is wrong with a value, as a rule and what to do; empty when nothing is.

    >>> checked(Slot("whole", 7, 1, 30), 7), checked(Slot("whole", 7, 1, 30), 0)
    ('', 'it is a whole number from 1 to 30; write one')
    """
    match slot.type:
        case "flag":
            return "" if isinstance(value, bool) else "it is true or false; write one of them"
        case "text":
            return "" if isinstance(value, str) and len(value) <= 200 else "it is a short text; write it in quotes"
        case "choice":
            return "" if value in slot.options else f"it is one of {', '.join(slot.options)}; choose one"
        case "choices":
            listed = isinstance(value, list | tuple) and value and all(v in slot.options for v in value)
            return "" if listed else f"it is a list out of {', '.join(slot.options)}; write [{slot.options[0]}]"
        case _:
            whole = slot.type == "whole"
            fits = _numeric(value) and slot.low <= value <= slot.high and (not whole or value == int(value))
            if fits and not (whole and int(value) % slot.step):
                return ""
            steps = f" in steps of {slot.step}" if slot.step > 1 else ""
            return f"it is a {'whole ' if whole else ''}number from {slot.low:g} to {slot.high:g}{steps}; write one"


def _moved(when: When | None, numbers: Any, where: str, problems: list[str]) -> When | None:
    """The trigger with single numbers moved."""
    if when is None or not numbers:
        return when
    if not isinstance(numbers, Mapping):
        problems.append(f"{where}, numbers: found {_short(numbers)}; write {{'renewal.within_days': 60}}.")
        return when
    known = {f"{c.word}.{n}": c for c in when.conditions for n in CONDITIONS[c.word].slots}
    changed: dict[str, Any] = {}
    for name, value in numbers.items():
        if name not in known:
            problems.append(errors.unknown_name("number", str(name), list(known), where=f"{where}, numbers,"))
            continue
        word, slot = str(name).split(".", 1)
        if rule := checked(CONDITIONS[word].slots[slot], value):
            problems.append(f"{where}, numbers: {name} is {_short(value)}; {rule}.")
        changed[str(name)] = value

    def move(c: Condition) -> Condition:
        own = {k.split(".", 1)[1]: v for k, v in changed.items() if k.startswith(c.word + ".")}
        return c.model_copy(update={"values": {**c.values, **own}})

    return when.model_copy(update={"every": tuple(map(move, when.every)), "some": tuple(map(move, when.some))})


def _text(entry: Mapping[str, Any], name: str, problems: list[str]) -> str:
    value = entry.get(name, "")
    if value is not None and not isinstance(value, str):
        problems.append(f"{entry['where']}: {name} is {_short(value)}; it is a text. Write it in words.")
        return ""
    return value or ""


def _texts(entry: Mapping[str, Any], name: str, problems: list[str]) -> tuple[str, ...]:
    value = entry.get(name, [])
    if not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value):
        problems.append(f"{entry['where']}: {name} is {_short(value)}; it is a list of texts. Put them in [ ].")
        return ()
    return tuple(value)


def _numeric(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value  # noqa: PLR0124  NaN


def _known(terms: Collection[str]) -> str:
    return ", ".join(sorted(terms))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
