"""A brand colour made readable: contrast as WCAG 2.2 measures it, and the nearest shade that passes."""

from __future__ import annotations

import colorsys
import re

_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two ``#rrggbb`` colours, 1 to 21.

    >>> round(contrast("#000000", "#ffffff")), round(contrast("#767676", "#ffffff"), 2)
    (21, 4.54)
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def readable(colour: str, paper: str, *, least: float = 4.5) -> str:
    """The shade of `colour` nearest to it that can be read on `paper`; an empty string for what is no colour.

    >>> readable("#ffcc00", "#ffffff"), readable("red; }", "#ffffff")
    ('#8f7200', '')
    """
    if not _HEX.fullmatch(colour):
        return ""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    hue, light, full = colorsys.rgb_to_hls(red, green, blue)
    step = -0.01 if _luminance(paper) > 0.5 else 0.01
    shade = colour.lower()
    while contrast(shade, paper) < least and 0 <= light <= 1:
        light += step
        shade = "#" + "".join(f"{round(c * 255):02x}" for c in colorsys.hls_to_rgb(hue, min(max(light, 0), 1), full))
    return shade


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
