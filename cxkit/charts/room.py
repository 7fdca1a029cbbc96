"""Room for longer words: a drawing laid out for one language, with its texts in another."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from xml.etree import ElementTree as ET

from cxkit.charts.svg import parsed

FONT = "DejaVu Sans"
"""The widest of the page's fonts: what fits in it fits in the others."""
SIZE = "10"
"""What a text is that says nothing of its size."""
EDGE = 2.0
"""Room that is left beside a text at the edge."""
MARGIN = 6.0
"""What begins this near to the left edge is the label of a row."""
NEAR, LINE = 2.0, 16.0
"""How near the middles and the lines of one text of several lines are."""
_MOVED = re.compile(r"translate\(([-\d.]+) ([-\d.]+)\)")
_SAID = ("font-size", "font-weight", "text-anchor")


@dataclass(frozen=True)
class Written:
    """A text that is not turned: where it stands, in units of its drawing."""

    element: ET.Element
    x: float
    y: float
    size: float
    weight: str
    anchor: str

    @property
    def lined(self) -> bool:
        """Whether it is one of several lines, each of which has a place of its own."""
        return "transform" in self.element.attrib

    @property
    def left(self) -> float:
        """Where it begins in the page's widest font."""
        return self.x - self.width * {"middle": 0.5, "end": 1.0}.get(self.anchor, 0.0)

    @property
    def right(self) -> float:
        """Where it ends in the page's widest font."""
        return self.left + self.width

    @property
    def width(self) -> float:
        """How wide it is in the page's widest font."""
        return _width(self.element.text or "", self.weight) * self.size


def rewritten(svg: str, change: Callable[[str], str]) -> str:
    """The drawing with each of its texts changed, and with room for those that became longer.

    Labels of rows keep their distance from what is drawn and reach further to the left, lines one below the other keep
    their middle; a text that would leave the view box widens it. What is drawn stays as it is. Raises `ReportError`
    when it is not an SVG.

    >>> rewritten('<svg viewBox="0 0 20 10"><text x="2" y="5">ab</text></svg>', lambda text: text[::-1])
    '<svg viewBox="0 0 20 10"><text x="2" y="5">ba</text></svg>'
    >>> rewritten('<svg viewBox="0 0 90 10"><text x="2" y="5">ab</text><path d="M20 5H80"/></svg>', lambda text: "abcd")
    '<svg viewBox="-12 0 102 10"><text x="-10" y="5">abcd</text><path d="M20 5H80"/></svg>'
    """
    root = parsed(svg)
    texts = list(written(root))
    labels = [one for one in texts if one.anchor == "start" and one.left <= MARGIN]
    reach = max((one.right for one in labels), default=0.0)
    middles = [((one.left + one.right) / 2, one) for one in texts if one.lined]
    centred = [
        (at, one)
        for at, one in middles
        if any(abs(at - there) < NEAR and one is not other for there, other in middles if abs(one.y - other.y) < LINE)
    ]
    for element in root.iter():
        if element.text and element.text.strip():
            element.text = change(element.text)
        if element.tail and element.tail.strip():
            element.tail = change(element.tail)
    for at, one in centred:
        _place(one, at - one.width / 2)
    longer = max((one.right for one in labels), default=0.0) - reach
    if longer > 0:
        for one in labels:
            _place(one, one.x - longer)
    _widen(root, list(written(root)))
    return ET.tostring(root, encoding="unicode", short_empty_elements=True).replace(" />", "/>")


def written(root: ET.Element) -> Iterator[Written]:
    """Every text of a drawing that is not turned."""
    yield from _within(root, {})


def _within(element: ET.Element, given: dict[str, str]) -> Iterator[Written]:
    said = given | {name: element.attrib[name] for name in _SAID if name in element.attrib}
    if element.tag.rpartition("}")[2] == "text":
        moved = _MOVED.fullmatch(element.get("transform", ""))
        if moved or "transform" not in element.attrib:
            x, y = (float(v) for v in (moved.groups() if moved else (element.get("x", "0"), element.get("y", "0"))))
            size, weight = float(said.get("font-size", SIZE)), said.get("font-weight", "400")
            yield Written(element, x, y, size, weight, said.get("text-anchor", "start"))
    for child in element:
        yield from _within(child, said)


def _place(one: Written, x: float) -> None:
    """Move a text to another place on its line."""
    if "transform" in one.element.attrib:
        one.element.set("transform", f"translate({_near(x)} {_near(one.y)})")
    else:
        one.element.set("x", _near(x))


def _widen(root: ET.Element, texts: list[Written]) -> None:
    """A view box that holds all texts."""
    if not texts or len(sides := root.get("viewBox", "").split()) != 4:
        return
    x, y, width, height = map(float, sides)
    left = min(x, min(one.left for one in texts) - EDGE)
    right = max(x + width, max(one.right for one in texts) + EDGE)
    if (left, right) != (x, x + width):
        root.set("viewBox", " ".join(map(_near, (left, y, right - left, height))))


def _near(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


@cache
def _width(text: str, weight: str) -> float:
    """The width of a text of size one."""
    from matplotlib.font_manager import FontProperties, findfont, get_font  # noqa: PLC0415

    font = get_font(findfont(FontProperties(family=FONT, weight=int(weight) if weight.isdigit() else weight)))
    font.set_size(100, 72)
    font.set_text(text)
    return float(font.get_width_height()[0]) / 64 / 100
