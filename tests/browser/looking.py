"""What a reader's browser can be asked about a page: accessibility, contrast, what sticks out, where the focus is."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from cxkit.report import colour
from tests.conftest import absent

DESKTOP, PHONE, NARROW = (1280, 900), (390, 844), (320, 640)
UNTITLED = "No description has been provided"
"""What nbconvert writes where an alternative text is missing; axe-core takes it for one."""
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

RUN_AXE = """async ([rules, without, within]) => {
    const off = Object.fromEntries(without.map(rule => [rule, {enabled: false}]));
    const told = await axe.run(
        within ? {include: [within]} : document, {runOnly: rules, rules: off, resultTypes: ['violations']});
    return [told.passes.length, told.violations.flatMap(found => found.nodes.map(
        node => `${found.id}: ${node.target.join(' ')}: ${node.html.slice(0, 120)}`))];
}"""
GROUNDS = """() => {
    const numbers = (text) => {
        const found = (text.match(/[\\d.]+(?:e-?\\d+)?/g) || []).map(Number);
        return text.startsWith('color(srgb') ? found.map((part, i) => i < 3 ? part * 255 : part) : found;
    };
    const over = (below, text, opacity) => {
        const [r, g, b, a = 1] = numbers(text), share = a * opacity;
        return [r, g, b].map((part, i) => part * share + below[i] * (1 - share));
    };
    const ground = (node) => {
        const above = [];
        for (let one = node; one; one = one.parentElement) above.unshift(getComputedStyle(one).backgroundColor);
        return above.reduce((below, text) => over(below, text, 1), [255, 255, 255]);
    };
    const faded = (node) => node ? getComputedStyle(node).opacity * faded(node.parentElement) : 1;
    const seen = (node) => node.checkVisibility({visibilityProperty: true}) && node.getBoundingClientRect().width > 1;
    const own = (node) => [...node.childNodes].some(one => one.nodeType === 3 && one.data.trim());
    const said = [];
    for (const node of document.querySelectorAll('body *:not(svg *, script, style)')) {
        if (!own(node) || !seen(node)) continue;
        const below = ground(node);
        const ink = over(below, getComputedStyle(node).color, faded(node));
        said.push([ink, below, node.textContent.trim().slice(0, 60)]);
    }
    const shapes = 'rect,path,circle,ellipse,polygon';
    for (const drawn of document.querySelectorAll('figure svg')) {
        if (!seen(drawn)) continue;
        const all = [...drawn.querySelectorAll(shapes + ',text')], paper = ground(drawn);
        all.forEach((node, at) => {
            if (node.tagName !== 'text' || !node.textContent.trim()) return;
            const box = node.getBoundingClientRect();
            const middle = new DOMPoint(box.x + box.width / 2, box.y + box.height / 2);
            let below = paper;
            for (const shape of all.slice(0, at)) {
                if (shape.tagName === 'text' || shape.closest('defs,clipPath')) continue;
                const style = getComputedStyle(shape);
                if (style.fill === 'none' || style.fill.startsWith('url')) continue;
                if (!shape.isPointInFill(middle.matrixTransform(shape.getScreenCTM().inverse()))) continue;
                below = over(below, style.fill, style.fillOpacity * style.opacity);
            }
            const style = getComputedStyle(node);
            said.push([over(below, style.fill, style.fillOpacity * style.opacity), below, node.textContent.trim()]);
        });
    }
    return said;
}"""
STICKS_OUT = """() => {
    const wide = document.documentElement.clientWidth;
    const own = (node) => [...node.childNodes].some(one => one.nodeType === 3 && one.data.trim());
    return [...document.querySelectorAll('main *, header *, footer *')].filter(
        node => own(node) && node.checkVisibility() && !node.closest('.scroll, .vh, svg')
            && node.getBoundingClientRect().right > wide + 1).map(node => node.outerHTML.slice(0, 120));
}"""
DRAWN = """() => [...document.querySelectorAll('figure svg, figure img')].map(drawn => drawn.getAttribute('alt')
    ?? drawn.getAttribute('aria-label')
    ?? (drawn.getAttribute('aria-labelledby') ?? '').split(' ')
        .map(id => document.getElementById(id)?.textContent ?? '').join(' '))"""
INJECTED = """<script>document.title = "ran"</script><img src="x" onerror="document.title = 'ran'">
<img src="AWAY/pixel.png" alt=""><iframe src="AWAY/frame.html"></iframe><script src="AWAY/script.js"></script>
<link rel="stylesheet" href="AWAY/sheet.css"><style>h1 { display: none }</style>
<a id="planted" href="javascript:document.title = 'ran'">x</a>"""
FOCUSABLE = "a[href], button, summary, input, select, textarea, [tabindex='0']"


@cache
def axe_script() -> str:
    """axe-core's own script; skipped with the reason, or failing where CI asks for the browser set."""
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        absent("browser", "axe-playwright-python is not installed (pip install 'cxkit[browser]')")
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")


def drawings(page: Any) -> list[str]:
    """The alternative text of every drawing and picture of a figure; empty where there is none."""
    return list(page.evaluate(DRAWN))


@contextmanager
def listening() -> Iterator[ThreadingHTTPServer]:
    """A server that remembers in ``asked`` what was fetched from it; playwright reports what was refused, too."""

    class Remembers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.server.asked.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Remembers) as server:
        server.asked = []
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def injected(html: str, away: Any) -> str:
    """A page into which somebody put scripts, styles, frames and pictures of the server `away`."""
    planted = INJECTED.replace("AWAY", f"http://127.0.0.1:{away.server_port}")
    return html.replace("<main", planted + "<main", 1)


def axe(page: Any, *, contrast: bool = True, within: str = "") -> list[str]:
    """What axe-core finds against WCAG 2.0 to 2.2, A and AA, and its best practices; missing alternative texts too.

    With `within`, a selector, in these parts of the page alone.
    """
    page.evaluate(axe_script())
    passed, found = page.evaluate(RUN_AXE, [list(RULES), [] if contrast else ["color-contrast"], within])
    assert passed > 10, "axe-core looked at next to nothing"
    if page.evaluate("document.documentElement.outerHTML").find(UNTITLED) >= 0:
        found.append(f"image-alt: “{UNTITLED}”")
    return list(found)


def faint(page: Any, *, least: float = 4.5) -> list[str]:
    """Texts whose ink is not read against their ground, those of figures too; a hatched ground counts by its colour."""
    said = page.evaluate(GROUNDS)
    assert len(said) > 20, "there was next to no text to look at"

    def hexed(parts: list[float]) -> str:
        return "#" + "".join(f"{round(part):02x}" for part in parts)

    ratios = [
        (colour.contrast(hexed(ink), hexed(ground)), hexed(ink), hexed(ground), text) for ink, ground, text in said
    ]
    return [f"{ratio:.2f} {ink} on {ground}: {text}" for ratio, ink, ground, text in ratios if ratio < least]


@contextmanager
def opened(
    browser: Any, path: Path, *, size: tuple[int, int] = DESKTOP, scheme: str = "light", scripts: bool = True
) -> Iterator[Any]:
    """A page opened as a file; ``page.said`` is what the console said, ``page.asked`` what was asked for beside it."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,
        java_script_enabled=scripts,
        reduced_motion="reduce",
        accept_downloads=True,
    )
    page = context.new_page()
    page.said, page.asked = [], []
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("websocket", lambda socket: page.asked.append(socket.url))
    page.goto(path.as_uri())
    page.asked = [url for url in page.asked if not url.startswith("data:") and url != path.as_uri()]
    try:
        yield page
    finally:
        context.close()


def focused(page: Any) -> dict[str, Any]:
    """Where the focus is: its part of the page, its words, and whether it can be seen."""
    return dict(
        page.evaluate(
            """() => {
            const node = document.activeElement, style = getComputedStyle(node), box = node.getBoundingClientRect();
            return {
                tag: node.tagName.toLowerCase(), name: node.className, hash: node.hash || '',
                text: node.textContent.trim().slice(0, 80),
                place: (node.closest('h1,.lead,.decide,.toc,.health,.chapter,dialog,header,footer') || {}).className
                    ?? '', heading: !!node.closest('h1'),
                ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
                seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight,
            };
        }"""
        )
    )
