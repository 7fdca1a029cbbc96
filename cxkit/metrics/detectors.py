"""What e-mail addresses, telephone, card and account numbers and keys look like, and what only looks like one.

A detector that takes a figure for a person blots out a report: amounts, dates, shares, versions and hashes stay.
Numbers are recognised by how they are written and by their check digits, whatever the country; a list of every
country's number plan would find no more in what people type, and would have to be kept up to date.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

_SPACE = "[ \u00a0\u202f]"
_GAP = r"[ \u00a0\u202f./–-]"
EMAIL = re.compile(r"""(?:"[^"\n]{1,64}"|[\w.+%'-]+)@(?:[\w-]+\.)+[\w-]{2,}""")
_AT = r"(?:\s*(?:\(at\)|\[at\]|\{at\}|\(ät\)|\(a\))\s*|\s*@\s*)"
_DOT = r"(?:\s*(?:\(dot\)|\[dot\]|\{dot\}|\(punkt\)|\[punkt\])\s*|\s(?:dot|punkt)\s|\.)"
SPELT = re.compile(rf"(?i)[\w.+%'-]+{_AT}[\w-]+(?:{_DOT}[\w-]+)*{_DOT}[a-z]{{2,}}\b|[\w.+-]+ at [\w-]+(?: dot [\w-]+)+")
"""An address written for people alone: ``ada (at) example [dot] org``."""
PHONE = re.compile(
    r"(?<![\w.,/#’-])(?<!\d[ \u00a0\u202f])"
    r"(?!\+\d{1,3}(?:[. \u00a0\u202f]\d{3}){1,2}(?![ \u00a0\u202f./()-]{0,2}\d))"  # +12.345.678 is an amount
    r"(?!\+\d{1,3}\.\d{1,6}(?![\d.-]))"  # and +12.34
    r"(?!\d{1,2}(?:\.\d{1,2}\.|/\d{1,2}/|-\d{1,2}-)(?:\d{4}|\d{2})(?!\d))(?:"  # 01.02.2026 is a day
    rf"(?:\+|00|\(\+)[1-9]\d{{0,2}}\)?(?:{_SPACE}?\(\d{{1,4}}\))?(?:{_GAP}{{0,3}}\d){{6,13}}"  # +44 20 7946 0958
    rf"|\(0\d{{1,4}}\){_GAP}?\d{{2,4}}(?:{_GAP}?\d{{2,4}}){{1,3}}"  # (020) 7946 0958
    rf"|\(\d{{3}}\){_SPACE}?\d{{3}}[-. ]\d{{4}}"  # (555) 010-4477
    rf"|0\d{{1,4}}{_GAP}\d{{2,4}}(?:{_GAP}\d{{2,4}}){{1,3}}"  # 020 7946 0958
    rf"|0[1-9]\d{{1,3}}{_SPACE}?[ \u00a0\u202f/–-]{_SPACE}?\d{{5,8}}(?:-\d{{1,4}})?"  # 030/901820
    r"|\d{3}[-. ]\d{3}[-. ]\d{4}"  # 555-010-4477
    r")(?![\w-]|[.,]\d)"
)
BARE = re.compile(r"(?<![\w.,/#’+-])0[1-9]\d{8,10}(?![\w-]|[.,]\d)")
"""A national number without a separator, 02079460958: ten to twelve digits from nought on."""
KEY = re.compile(
    r"(?<![A-Za-z0-9_-])(?:"
    r"[prsw]k_(?:live|test)_[A-Za-z0-9]{8,}|sk-(?=[\w-]*\d)[\w-]{16,}"  # payment, model
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{30,}"  # clouds
    r"|gh[oprsu]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|(?:npm|hf)_[A-Za-z0-9]{20,}|pypi-[\w-]{20,}"
    r"|xox[abeprs]-[\w-]{10,}|SG\.[\w-]{16,}\.[\w-]{16,}"  # messages
    r"|eyJ[\w-]{6,}\.eyJ[\w-]{6,}(?:\.[\w-]*)?"  # JSON Web Token
    r")|-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.*?-----END [A-Z ]*PRIVATE KEY-----|[\s\S]*)",
    re.DOTALL,
)
"""Keys that say by their first letters what they are."""
USERINFO = re.compile(r"(?<=://)[^/\s]+(?=@)")
"""Name and password inside an address: ``postgres://u:p@h/d``."""
ASSIGNED = re.compile(
    r"""(?i)(\b(?:pass(?:word|wort|phrase|wd)|pwd|secret|token|api[ _-]?key|access[ _-]?key|bearer)"""
    r"""["']?\s*(?:[=:]\s*|(?<=bearer)\s+)["']?)(?=[^\s"']*\d)(?=[^\s"']*[a-z])[^\s"',;]{6,}"""
)
"""A value with letters and digits right behind a word for a secret."""
ACCOUNT = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}[A-Za-z0-9]{0,30}(?:[ .-][A-Za-z0-9]{4,}){0,8}(?:[ .-][A-Za-z0-9]{1,3})?"
    r"(?![A-Za-z0-9])"
)
CARD = re.compile(r"(?<![\w.,])\d(?:[ .\u00a0-]{0,2}\d){12,18}(?!\w|[.,]\d)")
HASH = re.compile(r"[0-9a-f .-]+")
SAME = str.maketrans({"\u3002": ".", "\uff61": ".", "\u2024": ".", "\u2010": "-", "\u2011": "-", "\u2012": "-"})
"""Signs that stand for a dot or a hyphen and are not folded into one by Unicode's rules."""
FEWEST = 7
"""Digits of a telephone number."""


def folded(text: str) -> str:
    r"""A text as it reads: letters and digits in their plain form, without what cannot be seen.

    >>> folded("ａｄａ＠x。ｏｒｇ"), folded("ad\u200ba\u00ad@x.org")
    ('ada@x.org', 'ada@x.org')
    """
    plain = unicodedata.normalize("NFKC", text.translate(SAME)).translate(SAME)
    return "".join(c for c in plain if unicodedata.category(c) != "Cf")


def without_contacts(text: str) -> str:
    """A text without e-mail addresses, account, card and telephone numbers.

    >>> without_contacts("ada (at) example [dot] org, 030/901820, IBAN DE89370400440532013000")
    '[e-mail], [phone], IBAN [account number]'
    >>> without_contacts("on 01.02.2026, $1,234,567 of +12.345.678 in 2026/10/31; NPS 30/100")
    'on 01.02.2026, $1,234,567 of +12.345.678 in 2026/10/31; NPS 30/100'
    >>> without_contacts("call 02079460958 about order 4711081512"), without_contacts("02079460958")
    ('call [phone] about order 4711081512', '02079460958')
    """
    if "@" in text:
        text = EMAIL.sub("[e-mail]", text)
    if "@" in text or "at" in text.casefold() or "ät" in text.casefold() or "(a)" in text:
        text = SPELT.sub("[e-mail]", text)
    digits = sum(c.isdigit() for c in text)
    if digits >= 12:
        text = without_accounts(text)
    if digits >= FEWEST:
        text = PHONE.sub(lambda m: "[phone]" if sum(c.isdigit() for c in m[0]) >= FEWEST else m[0], text)
        if not text.strip().isdecimal():  # what stands alone may be a customer's or a product's number
            text = BARE.sub("[phone]", text)
    return text


def without_keys(text: str) -> str:
    """A text without keys, tokens and passwords that can be told from other words.

    >>> without_keys("postgres://u:p@h/d with AKIAIOSFODNN7EXAMPLE, password: hunter22")
    'postgres://[secret]@h/d with [secret], password: [secret]'
    """
    if "://" in text:
        text = USERINFO.sub("[secret]", text)
    if len(text) > 11:
        text = KEY.sub("[secret]", text)
        text = ASSIGNED.sub(r"\1[secret]", text)
    return text


def luhn(number: str) -> bool:
    """Whether the check digit of a card number holds.

    >>> luhn("4539 1488 0343 6467"), luhn("4539 1488 0343 6468")
    (True, False)
    """
    digits = [int(c) for c in number if c.isdecimal()]
    doubled = [d if i % 2 == 0 else (2 * d - 9 if d > 4 else 2 * d) for i, d in enumerate(reversed(digits))]
    return len(digits) > 1 and sum(doubled) % 10 == 0


def iban(number: str) -> bool:
    """Whether the check digits of an international bank account number hold (ISO 13616: 97 leaves 1).

    >>> iban("DE89 3704 0044 0532 0130 00"), iban("DE88 3704 0044 0532 0130 00")
    (True, False)
    """
    plain = "".join(c for c in number if c.isalnum()).upper()
    turned = plain[4:] + plain[:4]
    return len(plain) > 14 and int("".join(str(int(c, 36)) for c in turned)) % 97 == 1


def without_accounts(text: str) -> str:
    """A text without account and card numbers whose check digits hold; other long numbers stay.

    >>> without_accounts("IBAN DE89370400440532013000, card 4539 1488 0343 6467, order 4539 1488 0343 6468")
    'IBAN [account number], card [card], order 4539 1488 0343 6468'

    A hash is no account: what is written in the digits of base sixteen stays.
    """
    text = ACCOUNT.sub(lambda m: _account(m[0]), text)
    return CARD.sub(lambda m: "[card]" if luhn(m[0]) else m[0], text)


def _account(found: str) -> str:
    """What stands for an account number; words behind it are kept."""
    for end in [m.end() for m in re.finditer(r"[A-Za-z0-9](?![A-Za-z0-9])", found)][::-1]:
        if not HASH.fullmatch(found[:end]) and iban(found[:end]):
            return f"[account number]{found[end:]}"
    return found


def thorough(text: str, mask: Callable[[str], str]) -> str:
    r"""A text masked; read as it looks where that shows more to mask than its characters do.

    >>> thorough("ａｄａ＠x.org", without_contacts), thorough("8\u202f% of ½", without_contacts)
    ('[e-mail]', '8\u202f% of ½')
    """
    masked = mask(text)
    if text.isascii() or (plain := folded(text)) == text:
        return masked
    deeper = mask(plain)
    return deeper if _marks(deeper) > _marks(masked) else masked


def _marks(text: str) -> int:
    return len(re.findall(r"\[(?:name|e-mail|phone|card|account number|secret)\]", text))
