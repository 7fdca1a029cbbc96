"""Names, addresses, numbers and direction tricks."""

from __future__ import annotations

import pytest

from cxkit.report.inputs import Privacy
from cxkit.report.mask import Mask, secrets, visible

MASK = Mask(Privacy(people=("Priya Nair", "O’Brien, Seán", "Grace", "May", "Team")))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Ask Priya Nair today", "Ask [name] today"),
        ("PRIYA  NAIR and Nair, Priya", "[name] and [name]"),
        ("Seán O’Brien said", "[name] said"),
        ("Grace wrote it with grace", "[name] wrote it with grace"),
        ("In May the Team moved", "In May the Team moved"),
        ("Priya went to Nair", "Priya went to Nair"),
        ("write to a.b+c@mail.example.org.", "write to [e-mail]."),
        ("call +44 20 7946 0958 now", "call [phone] now"),
        ("call (020) 7946 0958", "call [phone]"),
        ("call 020 7946 0958", "call [phone]"),
        ("555-010-4477", "[phone]"),
        ("0044 20 7946 0958", "[phone]"),
    ],
)
def test_people_are_masked(text: str, masked: str) -> None:
    assert MASK.text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "2025-11-01 to 2026-10-31",
        "$1,234,567 of $12,345,678",
        "87.6 to 88.6 % of 41,873 customers",
        "snapshot 9f3c1a77d2e0b1c4",
        "n 182,000 · 2025-11 to 2026-10",
        "−2.3 points (−3.5 to −1.1)",
        "2026-11-03 09:12 UTC",
        "p 0.00123456789",
        "version 2026.11.3.100",
    ],
)
def test_numbers_that_are_no_phone_numbers_stay(text: str) -> None:
    assert MASK.text(text) == text


def test_privacy_off_masks_nobody_and_still_shows_controls() -> None:
    off = Mask(Privacy(on=False, people=("Priya Nair",)))
    assert off.text("Priya Nair\u202e") == "Priya Nair[U+202E]"


@pytest.mark.parametrize("char", ["\u202e", "\u2066", "\u200f", "\u061c", "\u200b", "\ufeff", "\x00", "\x1b", "\u2028"])
def test_characters_that_act_unseen_become_their_code(char: str) -> None:
    assert visible(f"a{char}b") == f"a[U+{ord(char):04X}]b"


def test_words_of_other_scripts_stay_whole() -> None:
    for text in ("नमस्ते क्\u200dष", "می\u200cخواهم", "日本語", "8\u202f%", "line\nbreak"):
        assert visible(text) == text


def test_secrets_are_told_by_name_and_found_in_addresses() -> None:
    given = {"password": "p", "Api-Key": "k", "dsn": None, "source": "postgres://u:pw@h/d", "seed": 3}
    assert secrets(given) == {
        "password": "[secret]",
        "Api-Key": "[secret]",
        "dsn": None,
        "source": "postgres://[secret]@h/d",
        "seed": 3,
    }


def test_account_and_card_numbers_go_and_what_only_looks_like_one_stays() -> None:
    said = "IBAN GB29 NWBK 6016 1331 9268 19 or 4539-1488-0343-6467"
    assert MASK.masked(said) == "IBAN [account number] or [card]"
    for kept in ("order 4539 1488 0343 6468", "a4539148803436467b", "1,234,567,890,123", "3.4539148803436467"):
        assert MASK.masked(kept) == kept
    assert Mask(Privacy(on=False)).masked(said) == said
