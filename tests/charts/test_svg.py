"""SVG that can stand in a page."""

from __future__ import annotations

import re

import pytest

from cxkit.charts import room, style
from cxkit.charts.marks import Bar, Dot, bars, bridge, dots, dumbbells, matrix
from cxkit.charts.render import render
from cxkit.charts.svg import parsed, safe
from cxkit.errors import ReportError

OPEN = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9"'

PAYLOADS = (
    f"{OPEN} onload='x()'><rect width='1'/></svg>",
    f"{OPEN}><script>x()</script><rect width='1'/></svg>",
    f"{OPEN}><a href='javascript:x()'><text>click</text></a><rect width='1'/></svg>",
    f"{OPEN}><foreignObject><body onload='x()'/></foreignObject><rect width='1'/></svg>",
    f"{OPEN}><image xlink:href='http://evil.example/x.png'/><rect width='1'/></svg>",
    f"{OPEN}><use xlink:href='http://evil.example/x.svg#a'/><rect width='1'/></svg>",
    f"{OPEN}><use href='data:image/svg+xml,x'/><rect width='1'/></svg>",
    f"{OPEN}><style>@import url(http://evil.example/x.css)</style><rect width='1'/></svg>",
    f"{OPEN}><rect width='1' style='fill:url(http://evil.example/#a);background:url(x)'/></svg>",
    f"{OPEN}><rect width='1' fill='url(javascript:x())'/></svg>",
    f"{OPEN}><rect width='1' class='x' id='main'/></svg>",
    f"{OPEN}><animate attributeName='href' values='javascript:x()'/><rect width='1'/></svg>",
    f"{OPEN}><set attributeName='onload' to='x()'/><rect width='1'/></svg>",
    f"{OPEN}><rect width='1' fill='var(--accent,url(http://evil.example))'/></svg>",
    f"{OPEN}><rect width='1' fill='expression(x())'/></svg>",
)


@pytest.mark.parametrize("svg", PAYLOADS)
def test_nothing_that_acts_or_loads_survives(svg: str) -> None:
    made = safe(svg, prefix="p")
    assert "<rect" in made
    pattern = (
        r"script|onload|javascript|evil|http|style|foreign|image|<use|<a\b|animate|<set|import|expression|class|\bid="
    )
    assert not re.search(pattern, made)


@pytest.mark.parametrize(
    "svg", ["", "hello", "<html/>", "<svg", '<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>', f"{OPEN}>&x;</svg>"]
)
def test_what_is_no_plain_svg_is_refused(svg: str) -> None:
    with pytest.raises(ReportError, match="draw it again"):
        safe(svg, prefix="p")


def test_text_stays_text() -> None:
    made = safe(f"{OPEN}><text>&lt;script&gt; $x$</text></svg>", prefix="p")
    assert "<text>&lt;script&gt; $x$</text>" in made


def test_cleaning_twice_changes_nothing_but_the_prefix() -> None:
    drawn = render(lambda: bars(style.canvas(1), [Bar("a", 1.0, tone="good")], "count"), prefix="").svg
    once = safe(drawn, prefix="p", alt="a bar of length one")
    assert safe(drawn, prefix="p", alt="a bar of length one") == once
    assert "var(--ink,currentColor)" in once


def test_an_image_is_described_and_decoration_is_hidden() -> None:
    described = safe(f"{OPEN}><rect width='1'/></svg>", prefix="p", alt="One <rectangle> & more")
    assert 'role="img" aria-labelledby="p-d"><desc id="p-d">One &lt;rectangle&gt; &amp; more</desc>' in described
    assert 'aria-hidden="true"' in safe(f"{OPEN}><rect width='1'/></svg>", prefix="p")


DRAWINGS = {
    "dots": lambda: dots(
        style.canvas(2), [Dot("$x$ <b>", 0.5, 0.4, 0.6, "good", "note", "A"), Dot("none", None)], "ratio", zero="zero"
    ),
    "bars": lambda: bars(
        style.canvas(2), [Bar("a", 3.0, tone="bad", low=1.0, high=4.0), Bar("b", -1.0)], "money", currency="EUR"
    ),
    "bridge": lambda: bridge(
        style.canvas(5), [Bar("s", 9.0, True), Bar("d", -2.0, tone="bad"), Bar("e", 7.0, True)], "count"
    ),
    "matrix": lambda: matrix(style.canvas(1), ["r"], ["c", "d"], lambda y, x: ("good", "yes") if x else ("bad", "no")),
    "dumbbells": lambda: dumbbells(
        style.canvas(2), ["a", "b"], [1, None], [3, 2], names=("one", "two"), notes=["n", ""]
    ),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_drawings_are_the_same_twice_small_and_in_house_colours(name: str) -> None:
    one = render(DRAWINGS[name], prefix="p")
    assert one == render(DRAWINGS[name], prefix="p")
    assert 300 < len(one.svg) < 20_000
    colours = set(re.findall(r'(?:fill|stroke)="([^"]+)"', one.svg)) - {"none"}
    assert all(c.startswith("var(--") for c in colours), colours
    assert "<text" in one.svg
    assert "1970" not in one.svg
    assert "matplotlib" not in one.svg.lower()


def test_client_text_in_a_label_is_not_parsed() -> None:
    svg = render(DRAWINGS["dots"], prefix="p").svg
    assert "$x$ &lt;b&gt;" in svg


def test_a_heavy_drawing_becomes_a_picture() -> None:
    def cloud():  # type: ignore[no-untyped-def]
        ax = style.canvas(5)
        for i in range(4000):
            ax.plot([i % 71], [i % 37], marker="o", color=style.SOFT)
        return ax

    drawn = render(cloud, prefix="p")
    assert drawn.svg == ""
    assert drawn.png_base64.startswith("iVBORw0KGgo")


def test_neighbours_painted_alike_say_it_once_and_keep_their_clip() -> None:
    dot = '<rect x="{x}" width="2" fill="#0b6460" clip-path="url(#c)"/>'
    other = '<rect x="9" width="2" fill="#b3402e"/>'
    drawn = f'<svg>{"".join(dot.format(x=i) for i in range(3))}{other}<rect x="1.234"/></svg>'
    assert safe(drawn, prefix="a") == (
        '<svg aria-hidden="true" focusable="false">'
        '<g fill="var(--accent,#0b6460)" clip-path="url(#a-0)">'
        '<rect x="0" width="2"/><rect x="1" width="2"/><rect x="2" width="2"/></g>'
        '<rect x="9" width="2" fill="#b3402e"/><rect x="1.2"/></svg>'
    )


def test_a_page_that_knows_the_roles_is_told_the_role_alone() -> None:
    drawn = '<svg><rect width="2" fill="#0b6460"/><path d="M 1.26 2 L 3 4 z" stroke="var(--soft,#54656f)"/></svg>'
    made = safe(drawn, prefix="a", themed=True)
    assert 'fill="var(--accent)"' in made
    assert 'd="M1.3 2L3 4z" stroke="var(--soft)"' in made
    elsewhere = safe(made, prefix="a")
    assert 'fill="var(--accent,#0b6460)"' in elsewhere
    assert 'stroke="var(--soft,#54656f)"' in elsewhere, "there the colour it was drawn in comes back"


def test_ids_are_counted_and_point_where_they_pointed() -> None:
    drawn = (
        f'{OPEN}><defs><clipPath id="long-name-one"><rect width="1"/></clipPath><path id="mark" d="M 0 0" fill="red"/>'
        '</defs><use xlink:href="#mark" clip-path="url(#long-name-one)"/></svg>'
    )
    once = safe(drawn, prefix="a")
    assert re.findall(r'(?:id="|#)(a-\d)', once) == ["a-0", "a-1", "a-1", "a-0"]
    assert re.findall(r'(?:id="|#)(b-\d)', safe(once, prefix="b")) == ["b-0", "b-1", "b-1", "b-0"]


def test_longer_words_keep_rows_and_lines_where_they_are() -> None:
    """Labels of rows end where they did, lines below each other keep their middle, and all of it is in the view box."""
    drawing = """<svg viewBox="0 0 200 60">
      <g font-size="10"><text x="4" y="10">Kept</text><text x="4" y="25">Left early</text></g>
      <text transform="translate(100 40)" font-size="9">Same</text>
      <text transform="translate(95.5 50)" font-size="9">persons</text>
      <text x="195" y="10" text-anchor="end">end</text><text transform="rotate(-90 1 1)">up</text></svg>"""
    longer = {"Kept": "Gehalten und geblieben", "Same": "Dieselben", "end": "ein Ende", "up": "hinauf"}
    before = list(room.written(parsed(drawing)))
    root = parsed(room.rewritten(drawing, lambda text: longer.get(text, text)))
    kept, left, same, persons, end = room.written(root)
    assert (kept.left, kept.right) == (pytest.approx(left.left, abs=0.1), pytest.approx(before[1].right, abs=0.1))
    assert same.left + same.right == pytest.approx(before[2].left + before[2].right, abs=0.3)
    assert persons.x == pytest.approx(before[3].x, abs=0.1)
    assert end.right == before[4].right
    x, _, width, _ = map(float, root.attrib["viewBox"].split())
    assert x <= kept.left - 1 < 0
    assert x + width == pytest.approx(200, abs=0.1)
    assert [e.text for e in root.iter("text")][-1] == "hinauf"


def test_what_stands_behind_a_part_of_a_text_is_changed_too() -> None:
    said = room.rewritten("<svg><text><tspan>one</tspan>two</text></svg>", str.upper)
    assert said == "<svg><text><tspan>ONE</tspan>TWO</text></svg>"
