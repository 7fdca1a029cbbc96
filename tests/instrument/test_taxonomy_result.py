"""The taxonomy on rows a reader can check: rules, bridges, new words, quotes, and what stays a gap."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from cxkit import shipped
from cxkit.instrument import code_frame, taxonomy
from cxkit.instrument.catalogue import FINDINGS
from cxkit.instrument.taxonomy_coded import pooled
from cxkit.instrument.taxonomy_match import caught, reasoned, themed
from cxkit.tables.engine import Tables

OURS = shipped.yaml("playbook/taxonomy.yml")
FRAME = code_frame(
    OURS,
    {
        "version": 2,
        "themes": [
            {"code": "price.fair.first_bill", "name": "First bill not as sold", "terms": ["unfair first bill"]},
            {"code": "own.word", "name": "Kept no word", "terms": ["broken word"]},
        ],
        "map": {"Bill Q.": "billing.question"},
        "bridges": [
            {"from": "price.bill", "to": ["price.fair.first_bill"]},
            {"from": "old.speed", "to": ["time.wait", "time.solve"]},
            {"from": "old.reason", "to": ["use.fault"]},
        ],
    },
)


def of(**frames: pd.DataFrame) -> Tables:
    return Tables.from_frames(frames, as_of=date(2026, 6, 30))


def said(*texts: str, day: str = "2026-06-10") -> pd.DataFrame:
    n = len(texts)
    return pd.DataFrame(
        {
            "response_id": [f"r{i}" for i in range(n)],
            "metric": "nps",
            "score": [float(3 + i % 2) for i in range(n)],
            "answered": day,
            "account_id": [f"a{i}" for i in range(n)],
            "verbatim": texts,
        }
    )


def themes_of(*texts: str) -> list[tuple[str, str, int]]:
    tables = of(surveys=said(*texts))
    with themed(tables, FRAME, "true"):
        rows = tables.frame(
            "SELECT a.id, h.code, h.main FROM taxonomy_answers a JOIN taxonomy_hits h ON h.text = a.text ORDER BY 1, 2"
        )
    return [(str(a), str(b), int(c)) for a, b, c in rows.to_numpy()]


def test_the_longest_term_wins_and_counts_for_ours_too():
    assert themes_of("An UNFAIR first bill, I waited") == [
        ("r0", "price.fair", 0),
        ("r0", "price.fair.first_bill", 1),
        ("r0", "time.wait", 0),
    ]


def test_a_term_within_a_longer_one_of_another_theme_does_not_count():
    assert themes_of("a broken word", "a broken box") == [("r0", "own.word", 1), ("r1", "product.fault", 1)]


def test_terms_are_whole_words_and_text_is_never_a_pattern():
    assert themes_of("I await it", "%waited%", "wai.ed", "x' OR 1=1 --; waited", "WAITÉD") == [
        ("r1", "time.wait", 1),
        ("r3", "time.wait", 1),
        ("r4", "time.wait", 1),
    ]


def test_reasons_go_by_map_code_bridge_name_and_term():
    tickets = pd.DataFrame(
        {
            "ticket_id": [f"t{i}" for i in range(7)],
            "opened": "2026-06-10",
            "reason": ["bill q", "use.fault", "old.reason", "Leaving", "router not working", "old.speed", "gibberish"],
        }
    )
    tables = of(tickets=tickets)
    with reasoned(tables, FRAME, "tickets"):
        rows = tables.frame("SELECT reason, code, how FROM taxonomy_reasons ORDER BY 1")
    assert {str(r): (str(c), str(h)) for r, c, h in rows.to_numpy()} == {
        "bill q": ("billing.question", "map"),
        "use.fault": ("use.fault", "code"),
        "old.reason": ("use.fault", "moved"),
        "Leaving": ("leave.cancel", "name"),
        "router not working": ("use.fault", "term"),
        "old.speed": ("", "split"),
        "gibberish": ("", "unknown"),
    }
    result = taxonomy(tables, frame=FRAME)
    assert result.finding("instrument.taxonomy.reasons").value == pytest.approx(5 / 7)
    assert result.frame("unmapped")["reason"].tolist() == ["gibberish", "old.speed"]
    assert result.frame("reasons").set_index("code")["tickets"].to_dict()["use.fault"] == 3


def test_a_term_can_be_tried_without_saving_it():
    tables = of(surveys=said("the router blinks", "router and queue", "all fine"))
    with themed(tables, FRAME, "true"):
        assert caught(tables, "Router!", "true") == (2, 1, 3)
        assert caught(tables, "' OR 1=1 --", "true") == (0, 0, 3)
        assert caught(tables, "?", "true") == (0, 0, 3)


def test_a_response_with_two_scores_is_one_answer():
    frame = said("I waited")
    both = pd.concat([frame, frame.assign(metric="ces", score=2.0)])
    rows = taxonomy(of(surveys=both), frame=FRAME).frame("themes").set_index("theme")
    assert (rows.loc["time.wait", "answers"], rows.loc["time.wait", "unhappy"]) == (1, 1)


CODED = [("r0", "c1", "time.wait"), ("r0", "c2", "time.wait"), ("r1", "c1", "price.bill"), ("r1", "c2", "old.speed")]


def test_old_codes_are_bridged_or_kept_apart():
    codings = pd.DataFrame(CODED, columns=["response_id", "coder", "code"]).assign(frame=["v2", "v2", "v1", "v1"])
    result = taxonomy(of(surveys=said("waited", "unfair first bill"), codings=codings), frame=FRAME)
    rows = result.frame("frames").set_index("version")
    assert (rows.loc["v1", "moved"], rows.loc["v1", "split"], rows.loc["v2", "kept"]) == (1, 1, 2)
    assert result.frame("breaks")[["code", "to"]].to_numpy().tolist() == [["old.speed", "time.wait, time.solve"]]
    found = result.finding("instrument.taxonomy.frames")
    assert found.value == 0.25
    assert "series break" in found.title
    agreed = result.frame("agreement").set_index("pair")
    assert agreed.loc["rules – coders", "n"] == 2
    assert agreed.loc["rules – coders", "agreed"] == 1
    assert "too few" in result.finding("instrument.taxonomy.agreement").title


def test_two_codings_of_one_answer_weigh_one():
    once = pooled([("a", ["a"]), ("b", ["a"]), ("b", ["b"])] * 12)
    twice = pooled([("a", ["a", "a"]), ("b", ["a", "a"]), ("b", ["b", "b"])] * 12)
    assert twice == once
    assert once.value == pytest.approx(0.4)


def grown(seed: int = 1, extra: str = "the smart meter did it", people: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    words = np.array(["router", "bill", "agent", "line", "cable", "visit", "price", "hotline", "letter", "answer"])
    rows = []
    for month in range(12):
        for i in range(60):
            text = " ".join(rng.choice(words, 4))
            if month > 8 and i < people:
                text += " " + extra
            rows.append(
                (f"r{month}-{i}", f"a{rng.integers(400)}", f"{2025 + (month > 5)}-{(month + 6) % 12 + 1:02d}-10", text)
            )
    frame = pd.DataFrame(rows, columns=["response_id", "account_id", "answered", "verbatim"])
    return frame.assign(metric="nps", score=5.0)


def test_a_new_word_is_found_once_and_quoted():
    result = taxonomy(of(surveys=grown(people=9)), frame=FRAME)
    found = result.finding("instrument.taxonomy.new_term")
    assert found.subject == "smart meter"
    rows = result.frame("new_terms")
    first = rows[rows["new"]]
    assert len(first) == 1
    assert first.iloc[0]["before"] == 0
    assert "smart meter" in first.iloc[0]["quote"]
    assert result.recent == "2026-04 to 2026-06"


def test_a_name_is_never_a_new_word():
    people = pd.DataFrame(
        {
            "system": ["crm"],
            "person_id": ["p"],
            "first_name": ["Smart"],
            "last_name": ["Meter"],
            "created": ["2020-01-01"],
        }
    )
    rows = taxonomy(of(surveys=grown(people=9), people=people), frame=FRAME).frame("new_terms")
    assert not any({"smart", "meter"} & set(t.split()) for t in rows["term"])


def test_nothing_new_is_said_as_such():
    found = taxonomy(of(surveys=grown()), frame=FRAME).finding("instrument.taxonomy.new_term")
    assert found.value == 0
    assert "no words" in found.title


def test_quotes_hold_nothing_personal_and_small_themes_are_not_quoted():
    texts = [f"I waited, said quen marwick, write to q{i}@x.org or +44 20 7946 09{i:02d}" for i in range(6)]
    tickets = pd.DataFrame({"ticket_id": ["t"], "opened": ["2026-06-01"], "agent": ["Quen Marwick"]})
    result = taxonomy(of(surveys=said(*texts, "very rude they were"), tickets=tickets), frame=FRAME)
    rows = result.frame("quotes")
    assert rows["quote"].tolist() == ["I waited, said [name], write to [e-mail] or [phone]"]
    assert "people.tone" not in set(rows["theme"])
    everything = result.model_dump_json() + "".join(t.to_pandas().to_csv() for t in result.tables.values())
    assert "Marwick" not in everything
    assert "@x.org" not in everything


def test_what_is_missing_is_named_and_every_id_is_listed():
    empty = taxonomy(of(), frame=FRAME)
    assert not empty.findings
    assert {g.id for g in empty.gaps} <= set(FINDINGS)
    assert {n.name for g in empty.gaps for n in g.needs} >= {"surveys", "tickets", "systems"}
    full = taxonomy(of(surveys=grown(people=9)), frame=FRAME)
    assert {f.id for f in full.findings} <= set(FINDINGS)


def test_rows_after_as_of_and_order_change_nothing():
    frame = grown(people=9)
    later = pd.concat([frame, frame.head(3).assign(response_id=["x", "y", "z"], answered="2026-07-02")])
    first = taxonomy(of(surveys=frame), frame=FRAME)
    again = taxonomy(of(surveys=later.sample(frac=1, random_state=3)), frame=FRAME)
    assert first.document() == again.document()
    assert all(first.tables[n].equals(again.tables[n]) for n in first.tables)
