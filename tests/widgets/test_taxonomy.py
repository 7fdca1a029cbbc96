"""The browser over the code frame: left alone it is the batch, and trying a term writes nothing."""

from datetime import date
from types import SimpleNamespace

import pandas as pd
import pytest

from cxkit import shipped
from cxkit.instrument import code_frame, taxonomy
from cxkit.tables.engine import Tables
from cxkit.widgets.taxonomy import TaxonomyBrowser
from cxkit.widgets.taxonomy import taxonomy as browser

FRAME = code_frame(shipped.yaml("playbook/taxonomy.yml"))
TEXTS = ["we waited"] * 8 + ["the router blinks"] * 6 + ["rude"] * 2 + ["router, and we waited"] * 3


@pytest.fixture
def panel() -> TaxonomyBrowser:
    frame = pd.DataFrame({"verbatim": TEXTS}).assign(metric="nps", score=3.0, answered="2026-06-10")
    frame["response_id"] = frame["account_id"] = [f"r{i}" for i in range(len(TEXTS))]
    old = frame.head(9).assign(response_id=[f"o{i}" for i in range(9)], answered="2024-06-10", verbatim="router")
    tables = Tables.from_frames({"surveys": pd.concat([frame, old])}, as_of=date(2026, 6, 30))
    desk = SimpleNamespace(tables=tables, name="acme")
    return browser(desk, taxonomy(tables, frame=FRAME), FRAME)  # type: ignore[arg-type]


def test_left_alone_it_shows_the_batch(panel: TaxonomyBrowser) -> None:
    batch = panel.found.frame("themes")
    assert [r["theme"] for r in panel.rows] == batch.loc[batch["answers"] > 0, "theme"].tolist()
    assert panel.shown[0].id == "instrument.taxonomy.coverage"
    assert panel.shown[0].title.replace("'", "&#x27;") in panel.answer.value
    assert panel.tried.value == ""


def test_a_theme_shows_its_terms_months_and_quotes_and_no_small_number(panel: TaxonomyBrowser) -> None:
    panel.theme.value = "time.wait"
    assert "waited, queue, on hold, hours" in panel.answer.value
    assert "2026-06: 11 of 19" in panel.answer.value
    assert "“router, and we waited”" in panel.answer.value
    assert panel.shown == ()
    panel.theme.value = "people.tone"
    assert "fewer than 5" in panel.answer.value
    assert "blockquote" not in panel.answer.value
    panel.reset.click()
    assert panel.shown


def test_a_term_is_counted_in_the_batchs_window_and_never_saved(panel: TaxonomyBrowser) -> None:
    panel.term.value = "Router"
    assert panel.counted == {"hits": 9, "fresh": 6, "answers": 19}
    assert "themes:\n  - {code: own.name" in panel.lines
    panel.theme.value = "product.fault"
    assert panel.lines == 'terms:\n  product.fault: ["Router"]'
    assert "data/acme/taxonomy.yml" in panel.tried.value
    panel.term.value = "rude"
    assert "fewer than 5" in panel.tried.value


@pytest.mark.parametrize("term", ["' OR 1=1 --", "<script>alert(1)</script>", "a]: {b", "%", "x" * 500])
def test_a_hostile_term_is_a_term(panel: TaxonomyBrowser, term: str) -> None:
    panel.term.value = term
    assert "<script" not in panel.tried.value
    assert panel.counted is None or panel.counted["hits"] == 0


def test_the_lines_to_paste_are_read_back(panel: TaxonomyBrowser) -> None:
    import yaml

    panel.theme.value = "time.wait"
    panel.term.value = 'say "ages": on: hold'
    again = code_frame(shipped.yaml("playbook/taxonomy.yml"), {"version": 1, **yaml.safe_load(panel.lines)})
    assert 'say "ages": on: hold' in next(c.terms for c in again.themes if c.code == "time.wait")


def test_without_words_it_says_so() -> None:
    tables = Tables.from_frames({}, as_of=date(2026, 6, 30))
    desk = SimpleNamespace(tables=tables, name="acme")
    panel = browser(desk, taxonomy(tables, frame=FRAME), FRAME)  # type: ignore[arg-type]
    assert "No answers in the customers" in panel.answer.value
    panel.term.value = "router"
    assert panel.counted is None
