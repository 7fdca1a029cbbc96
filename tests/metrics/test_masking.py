"""Personal data in free text: masked where a shape or a name is known, measured where not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxkit.metrics.detectors import luhn
from cxkit.metrics.masking import SHAPES, People, mask_text, planted

PEOPLE = People(["Torvel Quamir", "Li Wu", "Price"])


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("write to a.b+c@mail.example.com.", "write to [e-mail]."),
        ("a.b (at) example (dot) com", "[e-mail]"),
        ("iban DE89 3704 0044 0532 0130 00!", "iban [account number]!"),
        ("card 4539 1488 0343 6467", "card [card]"),
        ("order 4539 1488 0343 6468", "order [number]"),
        ("on 0 2 0 7 9 4 6 0 9 5 8", "on [number]"),
        ("I told Mr. Brown-Smith so", "I told Mr. [name] so"),
        ("we spoke to Kim yesterday", "we spoke to [name] yesterday"),
        ("lives at 12 Elm Street, upstairs", "lives at [address], upstairs"),
        ("wohnt Hauptstraße 12", "wohnt [address]"),
        ("quamir, torvel never came", "[name] never came"),
        ("then Tovrel shouted", "then [name] shouted"),
        ("the price rose", "the price rose"),
        ("my key is AB-12345", "my key is [key]"),
        ("waited 45 minutes, 3 times, since noon. At last it worked", None),
        ("so I was at the shop. nothing happened", None),
    ],
)
def test_what_is_masked_and_what_is_left(given, shown):
    assert mask_text(given, PEOPLE).text == (shown or given)


def test_check_digits_tell_a_card():
    assert luhn("79927398713")  # the example of ISO/IEC 7812-1, annex B
    assert not luhn("79927398710")


@given(st.text(max_size=80))
def test_any_text_is_masked_without_an_error_and_twice_is_once(text):
    once = mask_text(text, PEOPLE)
    assert mask_text(once.text, PEOPLE).text == once.text or "[" in once.text
    assert "torvel quamir" not in once.text.casefold()


def test_what_comes_through_is_measured_alike_every_time():
    found = planted(["Torvel Quamir", "Sandel Brofen"], each=20, seed=3)
    assert found == planted(["Torvel Quamir", "Sandel Brofen"], each=20, seed=3)
    assert len(found) == sum(map(len, SHAPES.values()))
    missed = {(p.kind, p.shape): p.missed for p in found}
    assert missed["e-mail", "as usual"] == missed["phone", "as usual"] == missed["known name", "as usual"] == 0
    assert missed["unknown name", "in small letters"] == 20, "nothing tells such a name from any other word"
