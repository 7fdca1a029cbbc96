"""An SVG that can stand in a page: only drawing, no style attribute, no reference outside, colours by role.

Nothing in an SVG is trusted, not even our own: whatever reaches a page goes through `safe`, which builds a new tree
from an allowlist. A script, an event handler, a foreign object, a link or an image is not copied; text stays text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from cxkit.charts.style import ROLES
from cxkit.errors import ReportError

SVG = "http://www.w3.org/2000/svg"
XLINK = "{http://www.w3.org/1999/xlink}href"

# fmt: off
ELEMENTS = frozenset(
    {
        "svg", "g", "defs", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text",
        "tspan", "title", "desc", "use", "clipPath", "pattern", "symbol",
    }
)
GEOMETRY = frozenset(
    {
        "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "dx", "dy", "d", "points", "width",
        "height", "viewBox", "transform", "preserveAspectRatio", "patternUnits", "patternTransform",
        "patternContentUnits", "clipPathUnits",
    }
)
PAINT = frozenset(
    {
        "fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-dashoffset", "stroke-linecap",
        "stroke-linejoin", "stroke-miterlimit", "stroke-opacity", "fill-opacity", "fill-rule", "opacity",
        "clip-rule", "font-size", "font-weight", "font-style", "text-anchor", "dominant-baseline",
        "letter-spacing",
    }
)
# fmt: on
DEFAULTS = {
    "font-weight": {"400", "normal"},
    "font-style": {"normal"},
    "text-anchor": {"start"},
    "stroke-opacity": {"1"},
    "fill-opacity": {"1"},
    "opacity": {"1"},
    "stroke-linejoin": {"round"},
    "stroke-linecap": {"butt"},
}
"""Values that the root carries or the standard assumes; leaving them out makes the file a third smaller."""

INHERITED = {"fill": "var(--ink)", "font-size": "10"}
"""What text in a themed page inherits from its sheet, said there once."""

RUN = 3
"""Neighbours that are painted alike from which on their paint is said once, on a group around them."""
LEAVES = frozenset({"path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "use"})

_FRAGMENT = re.compile(r"#([A-Za-z_][\w.:-]*)")
_URL = re.compile(r"url\(\s*['\"]?#([A-Za-z_][\w.:-]*)['\"]?\s*\)")
_VALUE = re.compile(r"[\w\s.,#%+()−-]*", re.ASCII)
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}|[a-zA-Z]{3,20}")
_FONT = re.compile(r"^(?:(italic|oblique|normal)\s+)?(?:(bold|\d{3}|normal)\s+)?([\d.]+)px\b")
_UNTURNED = re.compile(r"rotate\(-?0(?:\.0*)? [^)]*\)")
_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_PLACE = re.compile(r"-?\d+\.\d{2,}")
_ROLE = re.compile(r"var\(--([a-z0-9]+)(?:,.*)?\)")
_LINES = re.compile(r"(?:[ML]-?[\d.]+ -?[\d.]+|Z)+")
_POINT = re.compile(r"([MLZ])(?:(-?[\d.]+) (-?[\d.]+))?")
_COMMAND = re.compile(r" ?([MLHVCSQTAZmlhvcsqtaz]) ?")
FALLBACK = {"ink": "currentColor"}
"""What a role looks like where no CSS says so, if not as it was drawn."""
COLOURS = {role: colour for colour, role in ROLES.items()}
MIXED = {
    "soft": ("currentColor", 78, "var(--paper)"),
    "line": ("currentColor", 20, "var(--paper)"),
    "wash": ("currentColor", 5, "var(--paper)"),
    "band1": ("currentColor", 12, "var(--paper)"),
    "band2": ("currentColor", 20, "var(--paper)"),
    "band3": ("currentColor", 30, "var(--paper)"),
    "accent": ("#109488", 60, "currentColor"),
    "accent2": ("#109488", 28, "var(--paper)"),
    "good": ("#109488", 60, "currentColor"),
    "warn": ("#b8700c", 60, "currentColor"),
    "bad": ("#c9483e", 60, "currentColor"),
}
"""A role in a notebook as a colour, its share and what it is mixed with: read on a light page and on a dark one."""
BLOCK_PAPER = "var(--vscode-editor-background,var(--jp-layout-color0,#fff))"
"""What a figure stands on. VS Code sets JupyterLab's light variables in dark themes too, so its own comes first."""
PANEL_PAPER = "var(--jp-layout-color0,#fff)"
"""What a panel stands on: the editor's own place for widgets, white in many a dark theme."""


def around(paper: str) -> str:
    """What a figure's roles look like in a notebook, light or dark, as the style of an element around it.

    >>> around("#fff").startswith("--paper:#fff;--soft:color-mix(in srgb,currentColor 78%,var(--paper));")
    True
    """
    mixed = (f"--{role}:color-mix(in srgb,{colour} {share}%,{to})" for role, (colour, share, to) in MIXED.items())
    return ";".join((f"--paper:{paper}", *mixed))


@dataclass
class _Place:
    """Where a drawing is going to stand."""

    prefix: str
    themed: bool
    """Whether the page says what each role looks like, so that no colour needs to be said in its stead."""
    names: dict[str, int] = field(default_factory=dict)

    def id(self, name: str) -> str:
        """A short name of its own, counted in the order of appearance, so that cleaning twice changes nothing."""
        return f"{self.prefix}-{self.names.setdefault(name, len(self.names))}"

    def colour(self, role: str) -> str:
        """A role as CSS."""
        return f"var(--{role})" if self.themed else f"var(--{role},{FALLBACK.get(role, COLOURS[role])})"


def safe(
    svg: str,
    *,
    prefix: str,
    alt: str = "",
    title: str = "",
    themed: bool = False,
    lang: tuple[str, str] = ("", ""),
) -> str:
    """Rebuild an SVG from an allowlist, ready to stand inside HTML.

    `prefix` keeps its ids apart from those of other figures; in a `themed` page, whose CSS knows every role, colours
    are named by role alone. With `alt` it is an image with that description;
    without, it is decoration and hidden from assistive software. `lang` are the languages of the drawing's words and of
    the description, where they need to be said. Raises `ReportError` when it is not an SVG.

    >>> safe('<svg onload="x()"><script>x()</script><rect width="3"/></svg>', prefix="a")
    '<svg aria-hidden="true" focusable="false"><rect width="3"/></svg>'
    """
    root = parsed(svg)
    made = _copy(root, _Place(prefix, themed))
    if made is None:
        raise ReportError("A figure is empty; draw it again with cxkit.report.show.")
    made.attrib.pop("width", None)
    made.attrib.pop("height", None)
    if alt:
        made.set("role", "img")
        made.set("aria-labelledby", f"{prefix}-t {prefix}-d" if title else f"{prefix}-d")
        described = ET.Element("desc", {"id": f"{prefix}-d"})
        described.text = alt
        for element, language in zip((made, described), lang, strict=True):
            if language:
                element.set("lang", language)
        made.insert(0, described)
        if title:
            titled = ET.Element("title", {"id": f"{prefix}-t"})
            titled.text = title
            made.insert(0, titled)
    else:
        made.set("aria-hidden", "true")
        made.set("focusable", "false")
    return ET.tostring(made, encoding="unicode", short_empty_elements=True).replace(" />", "/>")


def parsed(svg: str) -> ET.Element:
    """The tree of an SVG; `ReportError` when it is not one or declares entities."""
    if "<!DOCTYPE" in svg or "<!ENTITY" in svg:
        svg = _without_doctype(svg)
    try:
        root = ET.fromstring(svg)
    except ET.ParseError as error:
        raise ReportError(f"A figure is not well-formed SVG ({error}); draw it again with cxkit.report.show.") from None
    if root.tag not in {f"{{{SVG}}}svg", "svg"}:
        raise ReportError("A figure is not an SVG; draw it again with cxkit.report.show.")
    return root


def _without_doctype(svg: str) -> str:
    """Matplotlib writes a plain document type; one with an internal subset (entities) is refused."""
    head = re.match(r"\s*(<\?xml[^>]*\?>)?\s*<!DOCTYPE\s+svg[^\[>]*>", svg)
    if head is None or "<!ENTITY" in svg or "<!DOCTYPE" in svg[head.end() :]:
        raise ReportError("A figure declares entities; draw it again with cxkit.report.show.")
    return svg[head.end() :]


def _copy(element: ET.Element, place: _Place) -> ET.Element | None:
    tag = element.tag.removeprefix(f"{{{SVG}}}") if isinstance(element.tag, str) else ""
    if tag not in ELEMENTS:
        return None
    made = ET.Element(tag, _attributes(element, place))
    if tag in {"path", "rect"} and made.get("fill") == "none" and "stroke" not in made.attrib and not _defines(made):
        return None  # matplotlib's invisible backgrounds
    if tag in {"text", "tspan", "title", "desc"}:
        made.text = element.text
    for child in element:
        copied = _copy(child, place)
        if copied is not None:
            if tag in {"text", "tspan"}:
                copied.tail = child.tail
            made.append(copied)
    if (tag in {"g", "defs"} and len(made) == 0) or (tag == "use" and "href" not in made.attrib):
        return None
    if tag in {"g", "svg"}:
        _gather(made)
    if tag == "g" and not made.attrib and len(made) == 1:
        return made[0]
    return made


def _gather(group: ET.Element) -> None:
    """Put neighbours that are painted alike into a group that says their paint once: half the bytes of a scatter."""
    runs: list[tuple[dict[str, str], list[ET.Element]]] = []
    for child in group:
        shared = _shared(child)
        if shared and runs and runs[-1][0] == shared:
            runs[-1][1].append(child)
        else:
            runs.append((shared, [child]))
    for child in list(group):
        group.remove(child)
    for shared, members in runs:
        if not shared or len(members) < RUN:
            group.extend(members)
        else:
            group.append(_around(members, shared))
    _clipped(group)


def _clipped(group: ET.Element) -> None:
    """Say a clip once for neighbours that share it, however they are painted."""
    runs: list[tuple[str, list[ET.Element]]] = []
    for child in group:
        plain = child.tag not in {"use", "svg", "defs", "clipPath"} and "transform" not in child.attrib
        clip = child.attrib.get("clip-path", "") if plain and not _defines(child) else ""
        if clip and runs and runs[-1][0] == clip:
            runs[-1][1].append(child)
        else:
            runs.append((clip, [child]))
    if group.tag == "g" and len(runs) == 1 and len(runs[0][1]) == 1:
        return
    for child in list(group):
        group.remove(child)
    for clip, members in runs:
        if clip and len(members) > 1:
            group.append(_around(members, {"clip-path": clip}))
        else:
            group.extend(members)


def _around(members: list[ET.Element], shared: dict[str, str]) -> ET.Element:
    """A group around elements that says what they share."""
    for member in members:
        for name in shared:
            del member.attrib[name]
    made = ET.Element("g", shared)
    made.extend(members)
    return made


def _shared(element: ET.Element) -> dict[str, str]:
    """What a group around an element may say for it: paint that is inherited, and the clip of what is not moved."""
    if element.tag not in LEAVES or _defines(element) or "transform" in element.attrib:
        return {}
    inherited = {n: v for n, v in element.attrib.items() if n in PAINT and n != "opacity"}
    clip = {"clip-path": element.attrib["clip-path"]} if "clip-path" in element.attrib else {}
    return inherited | (clip if element.tag != "use" else {})


def _attributes(element: ET.Element, place: _Place) -> dict[str, str]:
    paint: dict[str, str] = {}
    out: dict[str, str] = {}
    for name, value in element.attrib.items():
        if name == "style":
            paint |= _declared(value)
        elif name in PAINT:
            paint[name] = value.strip()
        elif name in GEOMETRY and _VALUE.fullmatch(value):
            if not _UNTURNED.fullmatch(value):
                flat = " ".join(value.split())
                out[name] = _NUMBER.sub(_short, flat) if "ransform" in name else _PLACE.sub(_near, flat)
                if name == "d":
                    out[name] = _straight(_COMMAND.sub(r"\1", out[name]))
        elif name == "id" and re.fullmatch(r"[\w.:-]+", value) and _kept(element):
            out["id"] = place.id(value)
        elif name in {"href", XLINK} and (found := _FRAGMENT.fullmatch(value.strip())):
            out["href"] = f"#{place.id(found[1])}"
        elif name == "clip-path" and (found := _URL.fullmatch(value.strip())):
            out["clip-path"] = f"url(#{place.id(found[1])})"
    painted = _painted(paint, place)
    if place.themed and element.tag.removeprefix(f"{{{SVG}}}") in {"text", "tspan"}:
        return out | {n: v for n, v in painted.items() if INHERITED.get(n) != v}
    return out | painted


def _kept(element: ET.Element) -> bool:
    """Only ids something can point to; matplotlib names every group."""
    return element.tag.removeprefix(f"{{{SVG}}}") in {"clipPath", "path", "pattern", "symbol"}


def _defines(element: ET.Element) -> bool:
    """Whether something else is drawn or cut with this element."""
    return "id" in element.attrib


def _declared(style: str) -> dict[str, str]:
    """The declarations of a style attribute that are presentation attributes too."""
    found: dict[str, str] = {}
    for declaration in style.split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name == "font" and (font := _FONT.match(value)):
            found |= {"font-size": font[3], "font-weight": font[2] or "400", "font-style": font[1] or "normal"}
        elif name in PAINT:
            found[name] = value.removesuffix("px") if name in {"font-size", "stroke-width"} else value
    return found


def _painted(paint: dict[str, str], place: _Place) -> dict[str, str]:
    out: dict[str, str] = {}
    for name, value in sorted(paint.items()):
        if name in {"fill", "stroke"}:
            if pattern := _URL.fullmatch(value):
                out[name] = f"url(#{place.id(pattern[1])})"
                continue
            given = _ROLE.fullmatch(value)
            role = given[1] if given else ROLES.get(value.lower(), "")
            if role in COLOURS:
                out[name] = place.colour(role)
                continue
            if not _COLOUR.fullmatch(value):
                continue
        if not _VALUE.fullmatch(value) or "url" in value or "var" in value or value in DEFAULTS.get(name, ()):
            continue
        out[name] = _NUMBER.sub(_short, value)
    return out


def _straight(path: str) -> str:
    """A path of straight lines with each upright or level one as one number: half the bytes of a heat map.

    >>> _straight("M1 2L9 2L9 5L1 5L1 2"), _straight("M1 2C3 4 5 6 7 8")
    ('M1 2H9V5H1V2', 'M1 2C3 4 5 6 7 8')
    """
    if not _LINES.fullmatch(path):
        return path
    out, x, y = "", "", ""
    for command, here, there in _POINT.findall(path):
        if command == "Z":
            out += "Z"
        elif command == "L" and there == y:
            out += "" if here == x else f"H{here}"
        elif command == "L" and here == x:
            out += f"V{there}"
        else:
            out += f"{command}{here} {there}"
        x, y = (here, there) if command != "Z" else (x, y)
    return out


def _near(place: re.Match[str]) -> str:
    """A place to a tenth of a unit, of which a figure is some 600 wide."""
    text = f"{float(place[0]):.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def _short(number: re.Match[str]) -> str:
    text = f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
