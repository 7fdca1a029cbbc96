"""The client's logo: small, plain, out of the client's own folder, or refused in words."""

from __future__ import annotations

import base64
import io
import random
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from cxkit.engagement.client import read_client
from cxkit.engagement.logo import HIGHEST, LARGEST, WIDEST, logo
from cxkit.errors import InputError


def picture(text: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(text)))


def test_a_large_logo_becomes_a_small_png_without_what_was_written_into_it(tmp_path: Path) -> None:
    noise = Image.frombytes("RGB", (900, 700), random.Random(1).randbytes(900 * 700 * 3))
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "Jane Doe")
    noise.save(tmp_path / "logo.png", pnginfo=info)
    made = logo(tmp_path, "logo.png")
    raw = base64.b64decode(made)
    assert len(raw) <= LARGEST
    assert b"Jane Doe" in (tmp_path / "logo.png").read_bytes()
    assert b"Jane Doe" not in raw
    opened = picture(made)
    assert opened.format == "PNG"
    assert opened.width <= WIDEST
    assert opened.height <= HIGHEST
    assert logo(tmp_path, "logo.png") == made


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_other_pictures_are_taken_too(tmp_path: Path, kind: str) -> None:
    Image.new("RGB", (40, 20), "#0b6460").save(tmp_path / "logo", format=kind)
    assert picture(logo(tmp_path, "logo")).size == (40, 20)
    assert logo(tmp_path, "") == ""


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("../logo.png", b"", "leads out of the client's folder"),
        ("/etc/hostname", b"", "leads out of the client's folder"),
        ("logo.svg", b"<svg/>", "can carry scripts"),
        ("none.png", None, "is not there"),
        ("logo.png", b"<script>", "cannot be read as a PNG"),
        ("logo.gif", b"GIF89a", "cannot be read as a PNG"),
    ],
)
def test_what_is_no_logo_is_refused_in_words(tmp_path: Path, name: str, content: bytes | None, said: str) -> None:
    home = tmp_path / "acme"
    home.mkdir()
    if content and "/" not in name:
        (home / name).write_bytes(content)
    (home / "client.yml").write_text(f"name: Acme\nbrand:\n  logo: {name}\n", encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_client(home)


def test_a_picture_of_too_many_pixels_is_not_opened(tmp_path: Path) -> None:
    Image.new("1", (20_000, 20_000)).save(tmp_path / "bomb.png")
    with pytest.raises(InputError, match="pixels; save it smaller"):
        logo(tmp_path, "bomb.png")


def test_a_logo_that_leads_out_by_a_link_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "acme"
    home.mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "other.png")
    (home / "logo.png").symlink_to(tmp_path / "other.png")
    with pytest.raises(InputError, match="leads out"):
        logo(home, "logo.png")
