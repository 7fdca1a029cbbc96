"""How two records are compared: the levels of likeness of each column, and their names for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

NAMES = {
    "first": "first name",
    "last": "last name",
    "email": "e-mail",
    "phone": "phone",
    "postcode": "postcode",
    "city": "city",
    "birth": "birth date",
    "organisation": "account or company",
    "account": "account",
    "company": "company",
}
"""Comparison or column → its name for people."""

Level = dict[str, Any]


def comparisons(fields: Sequence[str]) -> list[dict[str, Any]]:
    """Splink's comparisons over the fields there are; account and company say the same thing and are one.

    >>> [c["output_column_name"] for c in comparisons(["first", "last", "account", "company"])]
    ['first', 'last', 'organisation']
    """
    made: dict[str, list[Level]] = {}
    for name, other in (("first", "last"), ("last", "first")):
        if name in fields:
            swapped = [_level("first and last name swapped", f'"{name}_l" = "{other}_r" AND "{other}_l" = "{name}_r"')]
            made[name] = [
                _null(f'"{name}_l" IS NULL OR "{name}_r" IS NULL'),
                _same(name),
                *(swapped if other in fields else []),
                _level("nearly the same", f'jaro_winkler_similarity("{name}_l", "{name}_r") >= 0.92'),
                _level("similar", f'jaro_winkler_similarity("{name}_l", "{name}_r") >= 0.82'),
                _else(),
            ]
    if "email" in fields:
        made["email"] = [
            _null("email_l IS NULL OR email_r IS NULL"),
            _same("email"),
            _level("same before the @", "whole_l = whole_r AND length(whole_l) >= 5"),
            _level(
                "a slip apart",
                "digits_l = digits_r AND abs(length(whole_l) - length(whole_r)) <= 2 "
                f"AND {_ends('whole', 3)} AND damerau_levenshtein(whole_l, whole_r) <= 2",
            ),
            _else(),
        ]
    if "phone" in fields:
        made["phone"] = [_null("phone_l IS NULL OR phone_r IS NULL"), _same("phone"), _else()]
    if "birth" in fields:
        made["birth"] = [
            _null("birth_l IS NULL OR birth_r IS NULL"),
            _same("birth"),
            _level("a digit apart or swapped", f"{_ends('birth', 4)} AND damerau_levenshtein(birth_l, birth_r) <= 1"),
            _level("same year, or same month and day", _ends("birth", 4)),
            _else(),
        ]
    if "postcode" in fields:
        made["postcode"] = [
            _null("postcode_l IS NULL OR postcode_r IS NULL"),
            _same("postcode"),
            _level(
                "a digit apart or swapped",
                f"{_ends('postcode', 2)} AND damerau_levenshtein(postcode_l, postcode_r) <= 1",
            ),
            _else(),
        ]
    if "city" in fields:
        made["city"] = [
            _null("city_l IS NULL OR city_r IS NULL"),
            _same("city"),
            _level("nearly the same", "jaro_winkler_similarity(city_l, city_r) >= 0.9"),
            _else(),
        ]
    if held := [f for f in ("account", "company") if f in fields]:
        made["organisation"] = [
            _null(" AND ".join(f"({f}_l IS NULL OR {f}_r IS NULL)" for f in held)),
            *(_same(f, f"same {f}") for f in held),
            *(
                [_level("nearly the same company", "jaro_winkler_similarity(company_l, company_r) >= 0.92")]
                if "company" in held
                else []
            ),
            _else(),
        ]
    return [{"output_column_name": name, "comparison_levels": levels} for name, levels in made.items()]


def _ends(column: str, size: int) -> str:
    """Whether both begin or end alike: cheap, and true of nearly all that are a slip apart."""
    ends = (f"{side}({column}_l, {size}) = {side}({column}_r, {size})" for side in ("left", "right"))
    return f"({' OR '.join(ends)})"


def _null(condition: str) -> Level:
    return {"sql_condition": condition, "label_for_charts": "missing", "is_null_level": True}


def _same(column: str, label: str = "the same") -> Level:
    condition = f'"{column}_l" = "{column}_r"'
    return {"sql_condition": condition, "label_for_charts": label, "tf_adjustment_column": column}


def _level(label: str, condition: str) -> Level:
    return {"sql_condition": condition, "label_for_charts": label}


def _else() -> Level:
    return {"sql_condition": "ELSE", "label_for_charts": "different"}
