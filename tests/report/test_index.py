"""The page of all clients."""

from __future__ import annotations

from cxkit.report.index import Entry, build


def test_failures_stand_first_with_symbol_and_word() -> None:
    page = build(
        [
            Entry(
                client="Acme", folder="acme", status="done", as_of="2026-10-31", headline="All well", link="acme/r.html"
            ),
            Entry(client="Zeta", folder="zeta", status="failed", headline="tickets.csv cannot be read"),
        ]
    )
    assert "1 of 2 client runs failed" in page
    assert page.index("Zeta") < page.index("Acme")
    assert '<span aria-hidden="true">✕</span> failed' in page
    assert '<a href="acme/r.html">Acme</a>' in page


def test_text_of_clients_is_text_and_links_stay_beside_the_page() -> None:
    bad = Entry(client="<b>x</b>", folder="x", status="done", headline="<script>1</script>", link="javascript:alert(1)")
    page = build([bad])
    assert "<b>x</b>" not in page
    assert "javascript:" not in page
    assert page.count("<script>") == 1


def test_no_runs_say_so() -> None:
    assert "No client has been run yet" in build([])


def test_same_entries_same_bytes() -> None:
    entries = [Entry(client=c, folder=c, status="done") for c in "bca"]
    assert build(entries) == build(entries[::-1])
