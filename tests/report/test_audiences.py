"""What an edition leaves out is nowhere in it: not on the page, in the workbook, or behind a figure."""

from __future__ import annotations

import io
from typing import Any

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from cxkit.records import Audience
from cxkit.report import workbook
from cxkit.report.audiences import EDITIONS, KEYS, SAID
from cxkit.report.blocks import Block, FigureBody, TableBody
from cxkit.report.inputs import Privacy, ReportInput
from cxkit.report.narrowing import narrowed
from cxkit.report.page import build
from cxkit.tables.catalogue import CONTRACTS
from tests.report.sample import finding, result, results, sample

KEY, QUOTE = "QX-0815", "the parcel was wet again"
TODAY = pd.DataFrame({"account_id": [KEY], "money": [12.5]})
QUOTES = pd.DataFrame({"theme": ["parcels"], "quote": [QUOTE]})
TERMS = pd.DataFrame({"term": ["wetness"], "customers": [31], "quote": [QUOTE]})


def shown(name: str, frame: pd.DataFrame, **more: Any) -> Block:
    body = TableBody.model_validate(
        {
            "title": name,
            "columns": [{"name": c, "label": c} for c in frame.columns],
            "rows": [[str(v) for v in row] for row in frame.to_numpy()],
            "raw": [list(row) for row in frame.to_numpy()],
            **more,
        }
    )
    return Block(id=f"instrument.planted.{name}", kind="table", stage="instrument", body=body)


def drawn(frame: pd.DataFrame, mark: str) -> Block:
    data = shown("data", frame).body
    body = FigureBody.model_validate({"title": mark, "alt": f"A drawing of {mark}", "svg": "<svg/>", "data": data})
    return Block(id=f"instrument.{mark}", kind="figure", stage="instrument", body=body)


def planted(audience: Audience, **more: Any) -> ReportInput:
    held = result("instrument.planted", tables={"today": TODAY, "quotes": QUOTES, "terms": TERMS})
    blocks = (
        *(shown(name, f) for name, f in (("today", TODAY), ("quotes", QUOTES), ("terms", TERMS))),
        drawn(TODAY, "of-keys"),
        drawn(TERMS, "of-terms"),
    )
    return sample(audience=audience, results=(*results(), held), blocks={"instrument": blocks}, **more)


def book(given: ReportInput) -> tuple[str, list[str]]:
    made = CalamineWorkbook.from_filelike(io.BytesIO(workbook.build(given)))
    return str([made.get_sheet_by_name(name).to_python() for name in made.sheet_names]), made.sheet_names


@pytest.mark.parametrize("audience", EDITIONS)
def test_keys_and_quotes_are_in_the_team_s_edition_alone(audience: Audience) -> None:
    page, (cells, sheets) = build(planted(audience)), book(planted(audience))
    allowed = audience == "team"
    for text in (page, cells):
        assert (KEY in text) is allowed
        assert (QUOTE in text) is allowed
        assert "wetness" in text, "a table of words stays without the quotes in it"
    there = tuple(f"Inst planted {name}" in sheets for name in ("today", "quotes", "terms"))
    assert there == (allowed, allowed, True)
    assert ("instrument-of-keys" in page) is allowed
    assert "instrument-of-terms" in page


@pytest.mark.parametrize("audience", EDITIONS)
def test_keys_that_the_checks_of_the_data_quote_are_the_team_s_too(audience: Audience) -> None:
    found = "'QX-0815', 'QX-0816' and 1 more"
    title = f"In tickets, account_id: {found} in 3 rows"
    told = finding("data.health.problem", title, 3.0, "count", tone="unknown", subject="tickets account_id")
    rows = pd.DataFrame({"table": ["tickets", "tickets"], "column": ["account_id", "opened"], "found": [found, "'x'"]})
    held = result("data.health", (told,), tables={"problems": rows})
    given = sample(audience=audience, results=(held, *results()[1:]))
    for text in (build(given), book(given)[0]):
        assert (KEY in text) is (audience == "team")
        assert "and 1 more" not in text or audience == "team"
    assert "'x'" in book(given)[0].replace("\\", ""), "what is found in other columns stays"


@pytest.mark.parametrize("audience", EDITIONS)
def test_an_edition_says_what_it_leaves_out(audience: Audience) -> None:
    said = {"board": "they are in the team’s edition", "team": "by key", "partner": "fewer than ten people"}[audience]
    assert said in build(sample(audience=audience))
    assert said in book(sample(audience=audience))[0]


def test_small_groups_are_hidden_as_the_stricter_of_client_and_audience_says() -> None:
    few = shown("few", pd.DataFrame({"where": ["north", "south", "west"], "n": [7.0, 4041.0, 4142.0]}))
    body = few.body
    assert isinstance(body, TableBody)
    counts = body.columns[1].model_copy(update={"unit": "people", "align": "right"})
    few = few.model_copy(update={"body": body.model_copy(update={"columns": (body.columns[0], counts)})})
    seen = {a: ">7.0" in build(sample(audience=a, blocks={"instrument": (few,)})) for a in EDITIONS}
    assert seen == {"board": True, "team": True, "partner": False}
    asked = narrowed(sample(audience="partner", privacy=Privacy(minimum=20)))
    assert asked.privacy.minimum == 20


def test_narrowing_twice_is_narrowing_once_and_the_team_s_is_whole() -> None:
    for audience in EDITIONS:
        once = narrowed(planted(audience))
        assert narrowed(once) == once
    whole = planted("team")
    assert narrowed(whole) == whole


def test_every_table_of_a_client_that_names_customers_one_by_one_is_known_by_a_key() -> None:
    ours = {"revenue", "tickets", "surveys", "orders", "invoices", "subscriptions", "people", "invitations"}
    for name in ours & set(CONTRACTS):
        assert KEYS & {c.name for c in CONTRACTS[name].columns}, name
    typed = {c.name for t in CONTRACTS.values() for c in t.columns if c.personal == "free_text"}
    assert typed <= SAID
