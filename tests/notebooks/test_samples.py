"""The sample clients, run as the batch runs them: what was planted is found, and nothing else changes the report."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cxkit.engagement import results
from cxkit.engagement.pages import catalogue
from cxkit.engagement.recipes import CLASSES
from tests.conftest import ROOT, SAMPLES, Ran

pytestmark = [pytest.mark.run]


def truths() -> list[tuple[str, dict]]:
    return [
        (client, truth)
        for client in SAMPLES
        for truth in json.loads((ROOT / "data" / client / "truth.json").read_text(encoding="utf-8"))["truth"]
    ]


def name_of(case: tuple[str, dict]) -> str:
    client, truth = case
    return ":".join(filter(None, [client, truth["id"], truth.get("subject")]))


def findings(ran: Ran, client: str) -> list[dict]:
    return json.loads((ran.place(client) / "results" / "findings.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("client", SAMPLES)
def test_every_sample_client_is_done(ran: Ran, client: str) -> None:
    ended = ran.ended[client]
    assert ended.status == "done", ended.reason
    names = {p.name for p in ran.place(client).iterdir()}
    assert {"report.html", "run.json", "results"} <= names
    assert len([n for n in names if n.endswith(".ipynb")]) == 6
    assert (ran.place(client) / "report.html").stat().st_size < 500_000


@pytest.mark.parametrize("case", truths(), ids=name_of)
def test_planted_truth_is_recovered(ran: Ran, case: tuple[str, dict]) -> None:
    """A counted truth is met exactly; a planted one lies in the interval, or within its stated tolerance."""
    client, truth = case
    found = [
        f for f in findings(ran, client) if f["id"] == truth["id"] and truth.get("subject") in (None, f["subject"])
    ]
    assert len(found) == 1, [f["key"] for f in findings(ran, client)]
    finding = found[0]
    assert finding["unit"] == truth["unit"]
    assert {"realised", "value"} & truth.keys()
    if "realised" in truth:
        assert finding["value"] == pytest.approx(truth["realised"], rel=1e-6)
    if "value" in truth and finding["low"] is not None:
        assert finding["low"] <= truth["value"] <= finding["high"]
    elif "value" in truth:
        assert abs(finding["value"] - truth["value"]) <= truth["tolerance"]


@pytest.mark.parametrize("client", SAMPLES)
def test_every_finding_and_gap_is_in_the_catalogue(ran: Ran, client: str) -> None:
    known = {id for ids in catalogue().values() for id in ids}
    place = ran.place(client) / "results"
    emitted = {f["id"] for f in findings(ran, client)}
    for name, cls in CLASSES.items():
        result = results.load(cls, place)
        assert f"{result.stage}.{result.name}" == name
        emitted |= {f.id for f in result.findings} | {g.id for g in result.gaps}
    assert emitted <= known, emitted - known


@pytest.mark.parametrize("client", SAMPLES)
def test_findings_are_unique_sourced_and_graded(ran: Ran, client: str) -> None:
    found = findings(ran, client)
    keys = [f["key"] for f in found]
    assert len(keys) == len(set(keys))
    for finding in found:
        assert finding["sources"], finding["key"]
        assert (
            finding["title"]
            .strip()
            .endswith(tuple("abcdefghijklmnopqrstuvwxyz0123456789)%”’.…»'\"ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        )


@pytest.mark.parametrize("client", SAMPLES)
def test_no_canary_of_another_client_is_anywhere(ran: Ran, client: str) -> None:
    """One client's planted strings appear in no other client's outputs."""
    others = [f"canary-{name}-".encode() for name in SAMPLES if name != client]
    planted = sum(b"canary-" in p.read_bytes() for p in (ROOT / "data").rglob("*.csv"))
    assert planted, "the sample clients carry canaries"
    for path in ran.place(client).rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [c for c in others if c in content], path.name


@pytest.mark.parametrize("client", SAMPLES)
def test_no_person_is_named(ran: Ran, client: str) -> None:
    """Names, e-mail addresses and phone numbers of the client's tables are not in the report or its machine view."""
    import pandas as pd

    place = ran.place(client)
    text = (place / "report.html").read_text(encoding="utf-8") + (place / "results" / "findings.json").read_text(
        encoding="utf-8"
    )
    people: set[str] = set()
    for path in (ROOT / "data" / client / "tables").iterdir():
        frame = pd.read_csv(path, dtype=str) if path.suffix == ".csv" else pd.read_parquet(path)
        for column in {"agent", "first_name", "last_name", "email", "phone"} & set(frame.columns):
            people |= {v for v in frame[column].dropna().astype(str).unique() if len(v) > 4}
    assert people
    assert not [p for p in people if p in text and re.search(rf"\b{re.escape(p)}\b", text)]
    assert not re.search(r"[\w.]+@[\w.]+\.\w+", text)


@pytest.mark.parametrize("client", SAMPLES)
def test_report_asks_for_nothing_from_outside(ran: Ran, client: str) -> None:
    html = (ran.place(client) / "report.html").read_text(encoding="utf-8")
    assert "Content-Security-Policy" in html
    loads = re.findall(r"""(?:src|href)\s*=\s*["']?\s*(?:https?:)?//[^"'\s>]+""", html)
    assert not loads
    assert "url(http" not in html
    assert str(ROOT) not in html


def test_index_lists_every_client(ran: Ran) -> None:
    from cxkit.batch.board import write_board

    page = Path(write_board(ran.runs)).read_text(encoding="utf-8")
    for client in SAMPLES:
        assert f"{client}/{ran.ended[client].as_of}/report.html" in page


def test_a_retailer_with_two_files_is_told_what_to_send_next(ran: Ran) -> None:
    html = (ran.place("marlow") / "report.html").read_text(encoding="utf-8")
    for table in ("accounts", "surveys", "initiatives"):
        assert table in html
    kinds = {name: results.load(cls, ran.place("marlow") / "results") for name, cls in CLASSES.items()}
    assert kinds["prove.experiments"].gaps
    assert not kinds["prove.experiments"].findings
