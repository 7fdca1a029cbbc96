"""A client's logo: read from the client's own folder, made small, and written anew as a plain PNG."""

from __future__ import annotations

import base64
import io
import warnings
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from cxkit.errors import InputError

FORMATS = ("PNG", "JPEG", "WEBP")
WIDEST, HIGHEST = 320, 96
"""Pixels a logo has at most: twice what a header shows of it."""
LARGEST = 40_000
"""Bytes of the PNG."""
PIXELS = 40_000_000
"""Pixels beyond which a picture is not opened."""
FILE = 20_000_000
"""Bytes beyond which a file is not read."""


def logo(folder: Path, name: str) -> str:
    """The logo that ``brand.logo`` names as base64 of a PNG without metadata; empty without one.

    Raises `InputError` for what is no picture, too large, or outside the client's folder.
    """
    if not name:
        return ""
    where = f"{folder.name}/client.yml: brand.logo"
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise InputError(f"{where} '{name}' leads out of the client's folder; copy the file into it.")
    if path.suffix.lower() == ".svg":
        raise InputError(f"{where} '{name}' is an SVG, which can carry scripts; save it as a PNG.")
    if not path.is_file():
        raise InputError(f"{where} '{name}' is not there; put the file into the client's folder.")
    if path.stat().st_size > FILE:
        raise InputError(f"{where} '{name}' is larger than {FILE // 1_000_000} MB; save it smaller.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as opened:
                if opened.width * opened.height > PIXELS:
                    raise InputError(f"{where} '{name}' has {opened.width} × {opened.height} pixels; save it smaller.")
                picture = opened.convert("RGBA")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InputError(f"{where} '{name}' has too many pixels; save it smaller.") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise InputError(f"{where} '{name}' cannot be read as a PNG, JPEG or WebP picture.") from None
    return base64.b64encode(_png(picture)).decode("ascii")


def _png(picture: Image.Image) -> bytes:
    """As a PNG that is small enough: fewer colours first, then fewer pixels."""
    scale = 1.0
    while True:
        made = picture.copy()
        made.thumbnail((max(1, int(WIDEST * scale)), max(1, int(HIGHEST * scale))), Image.Resampling.LANCZOS)
        for colours in (0, 256, 64):
            out = io.BytesIO()
            kept = made.quantize(colours) if colours else made
            kept.info.clear()
            kept.save(out, format="PNG", optimize=True)
            if out.tell() <= LARGEST:
                return out.getvalue()
        scale *= 0.8
