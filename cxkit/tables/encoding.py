"""What a text file is made of: hash, encoding, line ends; and its copy in UTF-8 where the engine needs one.

The engine reads UTF-8 with one kind of line end. A file is UTF-8 when all of it decodes so; otherwise byte
order marks decide, then zero bytes (UTF-16 without a mark), then whether it reads as Western European text
(Windows-1252), and only then a statistical guess.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import from_bytes

CHUNK = 1 << 22
SAMPLE = 1 << 18
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WESTERN = re.compile(r"[\x00-\x7fÀ-ÖØ-öø-ÿŒœŠšŽžŸ€£¥§©®°±²³µ·¹º»«¼½¾¿¡‘’‚“”„†‡•…‰‹›™–—ˆ˜´¨¸\u00a0]*")
CODECS = (
    *("cp1251", "cp1250", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "koi8_r", "mac_roman"),
    *("shift_jis", "euc_jp", "gb18030", "big5", "euc_kr"),
)
"""What a file may be written in besides UTF-8, UTF-16 and Windows-1252."""
BINARY = {b"PK\x03\x04": "a zip or Excel file", b"%PDF": "a PDF", b"\xd0\xcf\x11\xe0": "an old Excel file"}


@dataclass(frozen=True)
class Scan:
    """What one pass over the bytes of a file told."""

    sha256: str
    size: int
    encoding: str
    """Python codec that reads the whole file; empty when it is not text."""
    even_lines: bool
    """Whether the engine can split it into lines as it is: only ``\\n``, or only ``\\r\\n``."""
    blank_lines: bool
    """Whether a line without characters may stand between others."""
    kind: str = ""
    """What a file that is not text seems to be."""


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, as hexadecimal text."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def scan(path: Path) -> Scan:
    """Read a text file once: its hash, whether it is UTF-8, its line ends."""
    sha, size, pairs, feeds, returns = hashlib.sha256(), 0, 0, 0, 0
    decoder: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
    head, tail, blank, zeros = b"", b"", False, False
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            if chunk.endswith(b"\r"):
                chunk += stream.read(1)
            sha.update(chunk)
            size += len(chunk)
            head = head or chunk[:SAMPLE]
            pairs += chunk.count(b"\r\n")
            feeds += chunk.count(b"\n")
            returns += chunk.count(b"\r")
            zeros = zeros or b"\x00" in chunk
            seam = tail + chunk
            blank = blank or b"\n\n" in seam or b"\n\r\n" in seam or b"\r\r" in seam
            tail = chunk[-2:]
            if decoder is not None:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    decoder = None
    if decoder is not None:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            decoder = None
    encoding, kind = _encoding(head, whole_is_utf8=decoder is not None, zeros=zeros)
    even = returns == 0 or returns == pairs == feeds
    return Scan(sha.hexdigest(), size, encoding, even, blank or head[:1] in b"\r\n", kind)


def _encoding(head: bytes, *, whole_is_utf8: bool, zeros: bool) -> tuple[str, str]:
    for mark, kind in BINARY.items():
        if head.startswith(mark):
            return "", kind
    for mark, name in MARKS:
        if head.startswith(mark) and (name != "utf-8-sig" or whole_is_utf8):
            return name, ""
    if zeros:
        odd, even = head[1::2].count(0), head[::2].count(0)
        half = len(head) / 2
        if odd > 0.4 * half and even < 0.1 * half:
            return "utf-16-le", ""
        if even > 0.4 * half and odd < 0.1 * half:
            return "utf-16-be", ""
        return ("utf-8", "") if whole_is_utf8 else ("", "a binary file")
    if whole_is_utf8:
        return "utf-8", ""
    return guess(head), ""


def guess(sample: bytes) -> str:
    """The codec of a sample that is not UTF-8.

    >>> guess("Zürich;1.234,50 €".encode("cp1252")), guess("Müller".encode("latin-1"))
    ('cp1252', 'cp1252')
    >>> guess(("Москва;Клиент;Жалоба на доставку\\n" * 20).encode("cp1251"))
    'cp1251'
    """
    try:
        text = sample.decode("cp1252")
    except UnicodeDecodeError:
        text = ""
    letters = sum(c.isalpha() for c in text)
    foreign = sum(c.isalpha() and ord(c) > 127 for c in text)
    if text and WESTERN.fullmatch(text) and foreign <= max(3, 0.25 * letters):
        return "cp1252"
    best = from_bytes(sample, cp_isolation=list(CODECS)).best()
    return best.encoding if best is not None else "cp1252"


def as_utf8(path: Path, encoding: str, target: Path) -> int:
    """Write a copy in UTF-8 with ``\\n`` line ends; return how many characters could not be read (shown as �)."""
    lost = 0
    with (
        path.open("r", encoding=encoding, errors="replace", newline=None) as source,
        target.open("w", encoding="utf-8", newline="\n", errors="replace") as copy,
    ):
        while text := source.read(CHUNK):
            lost += text.count("\ufffd")
            copy.write(text)
    return lost
