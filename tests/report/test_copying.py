"""A figure becomes a PNG for a slide: on the clipboard, or as a file where the clipboard is refused."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cxkit.report.inputs import ReportInput
from cxkit.report.page import build

pytestmark = pytest.mark.browser

READ = """async () => {
    const [item] = await navigator.clipboard.read();
    const blob = await item.getType('image/png');
    const bytes = new Uint8Array(await blob.arrayBuffer());
    let text = '';
    for (const one of bytes) text += String.fromCharCode(one);
    return btoa(text);
}"""


@pytest.fixture
def report(sample: Callable[..., ReportInput], tmp_path: Path) -> Path:
    path = tmp_path / "report.html"
    path.write_text(build(sample()), encoding="utf-8")
    return path


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return int(width), int(height)


def twice(page: Any) -> tuple[int, int]:
    box = page.evaluate(
        "(() => { const b = document.querySelector('figure .drawing svg').viewBox.baseVal;"
        " return [b.width, b.height] })()"
    )
    return round(box[0] * 2), round(box[1] * 2)


def pixels(page: Any, png: bytes) -> dict[str, Any]:
    """The corner of a picture, how many of its points are not white, and whether any is light on white."""
    drawn: dict[str, Any] = page.evaluate(
        """async (data) => {
            const image = new Image();
            image.src = 'data:image/png;base64,' + data;
            await image.decode();
            const canvas = document.createElement('canvas');
            [canvas.width, canvas.height] = [image.width, image.height];
            const context = canvas.getContext('2d');
            context.drawImage(image, 0, 0);
            const all = context.getImageData(0, 0, canvas.width, canvas.height).data;
            let inked = 0, dark = 0;
            for (let i = 0; i < all.length; i += 4) {
                if (all[i] + all[i + 1] + all[i + 2] < 740) inked += 1;
                if (all[i] + all[i + 1] + all[i + 2] < 240) dark += 1;
            }
            return {corner: [...all.slice(0, 4)], inked, dark};
        }""",
        base64.b64encode(png).decode(),
    )
    return drawn


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_figure_is_copied_at_twice_its_size_on_white(chromium: Any, report: Path, scheme: str) -> None:
    context = chromium.new_context(color_scheme=scheme, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    seen: list[str] = []
    page.on("console", lambda message: seen.append(message.text))
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on(
        "request", lambda request: seen.append(request.url) if not request.url.startswith(("file:", "data:")) else None
    )
    page.goto(report.as_uri())
    page.locator("figure .tools button", has_text="Copy as PNG").first.click()
    page.locator("figure .tools button", has_text="Copied").first.wait_for(timeout=8000)
    png = base64.b64decode(page.evaluate(READ))
    assert size(png) == twice(page)
    drawn = pixels(page, png)
    assert drawn["corner"] == [255, 255, 255, 255]
    assert drawn["inked"] > 2_000
    assert drawn["dark"] > 500  # ink is dark on white paper, whatever the reader's own paper is
    assert seen == []
    assert page.evaluate("document.documentElement.className") == ""
    context.close()


def test_where_the_clipboard_is_refused_it_is_a_file(chromium: Any, report: Path) -> None:
    context = chromium.new_context(accept_downloads=True, permissions=[])
    page = context.new_page()
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.goto(report.as_uri())
    with page.expect_download() as caught:
        page.locator("figure .tools button", has_text="Copy as PNG").first.click()
    assert caught.value.suggested_filename.endswith(".png")
    assert size(Path(caught.value.path()).read_bytes()) == twice(page)
    context.close()


def test_without_scripts_there_is_no_button(chromium: Any, report: Path) -> None:
    assert "Copy as PNG: " not in report.read_text(encoding="utf-8").split("<script>")[0]
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    assert page.locator("figure button").count() == 0
    context.close()


def test_the_council_pack_has_the_button_too_and_one_page_on_top(chromium: Any, tmp_path: Path, pack_html: str) -> None:
    path = tmp_path / "council.html"
    path.write_text(pack_html, encoding="utf-8")
    context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    seen: list[str] = []
    page.on("console", lambda message: seen.append(message.text))
    page.goto(path.as_uri())
    assert page.locator("figure").count() == page.locator("figure .tools button", has_text="Copy as PNG").count() >= 2
    page.locator("figure .tools button", has_text="Copy as PNG").first.click()
    page.locator("figure .tools button", has_text="Copied").first.wait_for(timeout=8000)
    assert size(base64.b64decode(page.evaluate(READ))) == twice(page)
    assert seen == []
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 673, "height": 986})  # A4 without its margins, at 96 dots an inch
    assert page.evaluate("document.querySelector('.one').getBoundingClientRect().bottom") < 986
    context.close()
