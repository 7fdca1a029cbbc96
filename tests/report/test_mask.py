"""Names, addresses, numbers and direction tricks."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxkit.formats import Unit, interval, quantity
from cxkit.report.inputs import Privacy
from cxkit.report.locale import local
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
        ("unter 030/901820 oder 0171 1234567", "unter [phone] oder [phone]"),
        ("+49\u202f30–901820 or (555) 010-4477", "[phone] or [phone]"),
        ("ada (at) x.org or ada [at] x [dot] org", "[e-mail] or [e-mail]"),
        ("ada at x dot org, ada @ x.org", "[e-mail], [e-mail]"),
        ("ａｄａ＠x。ｏｒｇ and ad\u200ba\u00ad@x\u2024org", "[e-mail] and [e-mail]"),
        ("Pri\u200bya Nair, Ｐｒｉｙａ Nair, Sea\u0301n O’Brien", "[name], [name], [name]"),
        ("０３０/９０１８２０", "[phone]"),
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
        "am 01.02.2026 und 31/10/2026, from 01-02-2026",
        "+12.345.678 € oder +1 012 345 von 1 012 345 678",
        "3/4, 2026/10/31, NPS 30/100, I-012, 09/2026",
        "looked at 3 dots, at 14:30 at x",
        "sk-learn and token based, password reset, secret: none",
        "sha256 a4539148803436467b0c0d0e0f01020304050607",
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


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgres://u:p@h/d and amqp://u:p@ss@h.org/d", "postgres://[secret]@h/d and amqp://[secret]@h.org/d"),
        ("pays with sk_live_4eC39HqLyjWDarjtT1zdp7dc.", "pays with [secret]."),
        ("AKIAIOSFODNN7EXAMPLE", "[secret]"),
        ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "[secret]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN", "[secret]"),
        ("password=hunter22; Token: 'a1b2c3d4'", "password=[secret]; Token: '[secret]'"),
        ("Authorization: Bearer abc123def456", "Authorization: Bearer [secret]"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY----- end", "[secret] end"),
    ],
)
def test_keys_are_masked_even_where_people_are_not(text: str, masked: str) -> None:
    assert MASK.text(text) == masked
    assert Mask(Privacy(on=False)).text(text) == masked


UNITS = st.sampled_from(get_args(Unit))
VALUES = st.floats(min_value=-1e11, max_value=1e11, allow_nan=False)
DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2099, 12, 31))
LOCALES = {tag: local(tag) for tag in ("en", "en_US", "de_DE", "de_CH")}
FIGURE = st.one_of(
    st.builds(lambda v, u: quantity(v, u, currency="EUR", signed=True), VALUES, UNITS),
    st.builds(lambda v, u: interval(v, v * 1.5, u, currency="CHF"), VALUES, UNITS),
    st.builds(lambda v, n, tag: LOCALES[tag].number(v, n), VALUES, st.integers(0, 6), st.sampled_from(list(LOCALES))),
    st.builds(lambda v, tag: LOCALES[tag].money(v, "USD", signed=True), VALUES, st.sampled_from(list(LOCALES))),
    st.builds(lambda d, tag: LOCALES[tag].date(d), DAYS, st.sampled_from(list(LOCALES))),
    st.builds(lambda d, form: d.strftime(form), DAYS, st.sampled_from(
        ["%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%Y-%m", "%m/%Y", "%Y-%m-%d 09:12", "%Y-%m-%dT01:02:03"]
    )),
    st.builds("I{:02}".format, st.integers(0, 99)),
    st.builds("n {:,}".format, st.integers(0, 10**7)),
    st.builds("NPS {}/100".format, st.integers(0, 100)),
    st.builds("v{}.{}.{}".format, *[st.integers(0, 30)] * 3),
    st.builds(lambda b: b.hex()[:12], st.binary(min_size=6, max_size=6)).filter(lambda h: not h.isdigit()),
)  # fmt: skip


@given(st.lists(FIGURE, min_size=1, max_size=5), st.sampled_from([", ", " to ", " of ", " (", "; ", " · ", ": ", "\n"]))
def test_no_figure_date_version_or_hash_is_taken_for_a_person(figures: list[str], between: str) -> None:
    text = between.join(figures)
    assert MASK.masked(text) == text


def test_secrets_are_told_by_name_and_found_in_addresses() -> None:
    settings = {"password": "p", "Api-Key": "k", "dsn": None, "source": "postgres://u:pw@h/d", "seed": 3}
    assert secrets(settings) == {
        "password": "[secret]",
        "Api-Key": "[secret]",
        "dsn": None,
        "source": "postgres://[secret]@h/d",
        "seed": 3,
    }


def test_secrets_are_found_at_any_depth() -> None:
    nested = {"feeds": [{"name": "crm", "auth": {"token": "t", "day": 1}}], "credentials": {"user": "u", "none": None}}
    assert secrets({**nested, "urls": ["amqp://u:p@h"]}) == {
        "feeds": [{"name": "crm", "auth": {"token": "[secret]", "day": 1}}],
        "credentials": {"user": "[secret]", "none": None},
        "urls": ["amqp://[secret]@h"],
    }


def test_account_and_card_numbers_go_and_what_only_looks_like_one_stays() -> None:
    said = "IBAN GB29 NWBK 6016 1331 9268 19 or 4539-1488-0343-6467"
    assert MASK.masked(said) == "IBAN [account number] or [card]"
    for kept in ("order 4539 1488 0343 6468", "a4539148803436467b", "1,234,567,890,123", "3.4539148803436467"):
        assert MASK.masked(kept) == kept
    assert Mask(Privacy(on=False)).masked(said) == said
