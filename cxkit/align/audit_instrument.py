"""The instrument of the alignment audit: ``playbook/audit.yml`` as records, checked when it is read."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Literal, Self

from pydantic import Field, model_validator

from cxkit import shipped
from cxkit.records import Record
from cxkit.tables.authored import ROLES

FILE = "playbook/audit.yml"
Family = Literal["overall", "dimension", "c", "cell", "cause", "hurdle"]


class Dimension(Record):
    """Strategic, operational or cultural, with the question it asks."""

    id: str
    name: str
    asks: str


class C(Record):
    """One of the four Cs, with what misalignment looks like there."""

    id: str
    name: str
    description: str
    signs: tuple[str, ...]


class Cause(Record):
    """One of the seven causes for which programmes fail."""

    id: str
    name: str
    lacking: str
    """What is the case when it is at work, as a sentence without its full stop."""
    sound: str
    """What is the case when it is not."""
    remedies: tuple[str, ...]
    """Recommendations that remedy it, the first one first."""


class Hurdle(Record):
    """One of the three hurdles before a programme can show a result."""

    id: str
    name: str
    question: str


class Recommendation(Record):
    """One of the eight recommendations, with the role that answers for it."""

    id: str
    name: str
    do: str
    owner_role: str
    remedies: tuple[str, ...]
    """Failure causes it remedies."""
    findings: tuple[str, ...]
    """Findings it remedies, by the beginning of their ids."""


class Item(Record):
    """One statement, answered from 1 (not at all) to 5 (fully)."""

    id: str
    text: str
    dimension: str | None = None
    c: str | None = None
    causes: tuple[str, ...]
    hurdle: str | None = None
    reversed: bool = False
    """Whether a well-aligned organisation disagrees with it."""


class AnswerScale(Record):
    """The answers' ends and their words."""

    low: int
    high: int
    low_word: str
    high_word: str

    @property
    def middle(self) -> float:
        """Neither agreement nor disagreement."""
        return (self.low + self.high) / 2


class Scale(Record):
    """Items that are averaged into one score."""

    family: Family
    id: str
    name: str
    items: tuple[str, ...]


class Instrument(Record):
    """The whole instrument; every reference in it leads somewhere."""

    version: int
    answers: AnswerScale = Field(alias="scale")
    dimensions: tuple[Dimension, ...]
    cs: tuple[C, ...]
    causes: tuple[Cause, ...]
    hurdles: tuple[Hurdle, ...]
    recommendations: tuple[Recommendation, ...]
    items: tuple[Item, ...]

    @model_validator(mode="after")
    def _refers_to_what_is_there(self) -> Self:
        known = {
            name: _ids(name, getattr(self, name))
            for name in ("dimensions", "cs", "causes", "hurdles", "recommendations", "items")
        }
        wrong = [
            *(w for i in self.items for w in _item_problems(i, known)),
            *(w for c in self.causes for w in _unknown(c.id, c.remedies, known["recommendations"], "recommendation")),
            *(w for r in self.recommendations for w in _unknown(r.id, r.remedies, known["causes"], "cause")),
            *(w for r in self.recommendations for w in _unknown(r.id, [r.owner_role], set(ROLES), "role")),
        ]
        if wrong:
            raise ValueError(f"{FILE}: " + "; ".join(wrong))
        return self

    def item(self, id: str) -> Item:
        """The item with this id; raises `KeyError`."""
        return {i.id: i for i in self.items}[id]

    def cause(self, id: str) -> Cause:
        """The failure cause with this id; raises `KeyError`."""
        return {c.id: c for c in self.causes}[id]

    def recommendation(self, id: str) -> Recommendation:
        """The recommendation with this id; raises `KeyError`."""
        return {r.id: r for r in self.recommendations}[id]

    @property
    def scales(self) -> tuple[Scale, ...]:
        """Every scale: all core items, three dimensions, four Cs, their twelve crossings, seven causes, three hurdles.

        >>> from collections import Counter
        >>> sorted(Counter(scale.family for scale in instrument().scales).items())
        [('c', 4), ('cause', 7), ('cell', 12), ('dimension', 3), ('hurdle', 3), ('overall', 1)]
        """
        core = [i for i in self.items if i.dimension]
        found = [Scale(family="overall", id="overall", name="Alignment", items=tuple(i.id for i in core))]

        def add(family: Family, id: str, name: str, items: Iterable[Item]) -> None:
            found.append(Scale(family=family, id=id, name=name, items=tuple(i.id for i in items)))

        for d in self.dimensions:
            add("dimension", d.id, d.name, (i for i in core if i.dimension == d.id))
        for c in self.cs:
            add("c", c.id, c.name, (i for i in core if i.c == c.id))
        for d in self.dimensions:
            for c in self.cs:
                chosen = [i for i in core if (i.dimension, i.c) == (d.id, c.id)]
                add("cell", f"{d.id}.{c.id}", f"{d.name}, {c.name}", chosen)
        for cause in self.causes:
            add("cause", cause.id, cause.name, (i for i in self.items if cause.id in i.causes))
        for hurdle in self.hurdles:
            add("hurdle", hurdle.id, hurdle.name, (i for i in self.items if i.hurdle == hurdle.id))
        return tuple(found)


@cache
def instrument() -> Instrument:
    """The instrument as shipped.

    Raises `ValueError` that names every reference which leads nowhere.

    >>> instrument().item("role_clarity").text
    'I know my own part in whether customers can trust us.'
    """
    return Instrument.model_validate(shipped.yaml(FILE))


def _ids(what: str, records: Iterable[Record]) -> set[str]:
    ids = [str(getattr(record, "id")) for record in records]  # noqa: B009  every list of the file has ids
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        raise ValueError(f"{FILE}: {what} has {', '.join(twice)} twice")
    return set(ids)


def _item_problems(item: Item, known: dict[str, set[str]]) -> list[str]:
    wrong = [
        *_unknown(item.id, filter(None, [item.dimension]), known["dimensions"], "dimension"),
        *_unknown(item.id, filter(None, [item.c]), known["cs"], "C"),
        *_unknown(item.id, item.causes, known["causes"], "cause"),
        *_unknown(item.id, filter(None, [item.hurdle]), known["hurdles"], "hurdle"),
    ]
    if (item.dimension is None) != (item.c is None):
        wrong.append(f"{item.id} has a dimension or a C, and not the other")
    return wrong


def _unknown(id: str, given: Iterable[str], known: set[str], what: str) -> list[str]:
    return [f"{id} refers to {what} '{name}', which is not there" for name in given if name not in known]
