"""Commentary in Markdown as safe HTML: paragraphs, emphasis, lists, quotes, links and code, and nothing that acts."""

from __future__ import annotations

from functools import cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

TAGS = frozenset({"p", "em", "strong", "ul", "ol", "li", "blockquote", "code", "pre", "br", "hr", "a", "s"})
SCHEMES = frozenset({"https", "mailto"})
AWAY = ("https:", "mailto:")
"""How a link begins that leads away; one to a file beside the page would lead nowhere."""


@cache
def _parser() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True})
    made.add_render_rule("heading_open", lambda *_: "<p><strong>")
    made.add_render_rule("heading_close", lambda *_: "</strong></p>")
    return made.disable(["image", "html_block", "html_inline"]).enable("strikethrough")


def rendered(text: str) -> Markup:
    """Markdown as markup that shows it and does nothing else; tags in it are shown as text.

    Headings become bold lines, so that a comment cannot break the page's outline; links leave for https and
    mailto alone, and fetch nothing by themselves.

    >>> rendered("**Early** loss <b>fell</b>")
    Markup('<p><strong>Early</strong> loss &lt;b&gt;fell&lt;/b&gt;</p>')
    """
    clean = nh3.clean(
        _parser().render(text),
        tags=set(TAGS),
        attributes={"a": {"href"}},
        attribute_filter=lambda _, name, value: value if name != "href" or value.startswith(AWAY) else None,
        url_schemes=set(SCHEMES),
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )
    return Markup(clean.strip())
