"""Commentary in Markdown: what it shows, and that it does nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxkit.report.markdown import TAGS, rendered


def test_it_shows_what_people_write():
    assert str(rendered("# Plan\n\n- **one**\n- [two](https://example.org/a)")) == (
        "<p><strong>Plan</strong></p><ul>\n<li><strong>one</strong></li>\n"
        '<li><a href="https://example.org/a" rel="noopener noreferrer nofollow">two</a></li>\n</ul>'
    )


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](JaVaScRiPt:alert(1) 'onmouseover=alert(1)')",
        "![x](https://example.org/pixel.png)",
        "<svg/onload=alert(1)>",
        '[x](https://example.org"onmouseover=alert(1))',
        "<a href='https://x' onclick=alert(1)>x</a>",
        "[![x](javascript:alert(1))](javascript:alert(2))",
        "`<b>`\n\n    <script>alert(1)</script>",
    ],
)
def test_nothing_acts(text):
    _harmless(str(rendered(text)))


@given(st.text(alphabet="<>[]()!#*_`'\"&:/=- \nabjsx", max_size=60))
def test_whatever_is_written_only_known_tags_come_out(text):
    _harmless(str(rendered(text)))


def _harmless(html: str) -> None:
    from html.parser import HTMLParser

    class Seen(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert tag in TAGS
            for name, value in attrs:
                assert name in {"href", "rel"}
                assert name == "rel" or str(value).startswith(("https:", "mailto:"))

    Seen().feed(html)
