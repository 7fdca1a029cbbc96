"""The page of all clients."""

from __future__ import annotations

import pytest

from cxkit.report.index import Entry, Link, build, title


def entry(client: str = "Acme", status: str = "done", **more: object) -> Entry:
    return Entry.model_validate({"client": client, "folder": client.lower(), "status": status, **more})


def test_what_wants_eyes_stands_first_with_symbol_and_word() -> None:
    page = build(
        [
            entry("Acme", as_of="2026-10-31", headline="All well", link="acme/r.html"),
            entry("Beta", "review", review=2, at_stake=1_200_000.0, currency="USD"),
            entry("Zeta", "failed", headline="tickets.csv cannot be read"),
        ]
    )
    assert "<h1>1 of 3 clients failed, 1 needs review; $1.20\u202fM at stake</h1>" in page
    assert page.index("Zeta") < page.index("Beta") < page.index("Acme")
    assert '<span aria-hidden="true">✕</span> failed' in page
    assert '<a href="acme/r.html">Acme</a>' in page
    assert '<td class="r" data-v="1200000">$1.20\u202fM</td><td class="r" data-v="2">2</td>' in page


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "No client has been run yet"),
        ([entry()], "The only client's report is up to date"),
        ([entry(), entry("B")], "All 2 reports are up to date"),
        ([entry(status="stale"), entry("B", "stale")], "2 of 2 clients are out of date"),
        ([entry(status="never")], "1 of 1 client has never run"),
        (
            [entry(at_stake=5e4, currency="EUR"), entry("B", at_stake=2e6, currency="USD"), entry("C")],
            "All 3 reports are up to date; €50.0\u202fk and $2.00\u202fM at stake",
        ),
    ],
)
def test_the_title_says_what_there_is_to_do(given: list[Entry], said: str) -> None:
    assert title(given) == said


def test_text_of_clients_is_text_and_links_stay_beside_the_page() -> None:
    bad = entry(
        "<b>x</b>",
        headline="<script>1</script>",
        link="javascript:alert(1)",
        links=(Link(name="PDF", address="https://x.org/a.pdf"), Link(name="pack", address="x/council.html")),
    )
    page = build([bad])
    assert "<b>x</b>" not in page
    assert "javascript:" not in page
    assert "x.org" not in page
    assert 'href="x/council.html"' in page
    assert page.count("<script>") == 1


def test_same_entries_same_bytes() -> None:
    entries = [entry(c) for c in "bca"]
    assert build(entries) == build(entries[::-1])
    assert "made on 2026-11-02" in build(entries, built="2026-11-02")
