"""A client who attacks: over two hundred injections in every text of every table, opened in a real browser."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from python_calamine import CalamineWorkbook

from cxkit.charts import svg
from cxkit.tables.catalogue import CONTRACTS
from tests.conftest import ROOT, Ran, run_clients
from tests.faults.injections import ALL

pytestmark = [pytest.mark.browser, pytest.mark.run, pytest.mark.heavy]

PAGES = ("report.html", "council.html", "playbook.html")
CLIENT = "northbeam"
KNOWN_WORDS = {"yes", "no", "all", "total", "post", "pre", ""}


class Planter:
    """Hands out injections in turn, the same for the same id wherever it stands."""

    def __init__(self) -> None:
        self.used: set[str] = set()
        self.count = 0

    def text(self, value: object) -> object:
        if not isinstance(value, str) or value.strip().lower() in KNOWN_WORDS:
            return value
        said = ALL[self.count % len(ALL)]
        self.count += 1
        self.used.add(said)
        return f"{value} {said}" if self.count % 2 else f"{said} {value}"


def hostile(source: Path, folder: Path) -> Planter:
    """A copy of a sample client in which every free text of every table and sheet is an injection."""
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("work", "notebooks", "history", "workshop.xlsx"))
    planter = Planter()
    for path in sorted((folder / "tables").iterdir()):
        if path.suffix == ".csv":
            plant(path.stem, pd.read_csv(path, dtype=str, keep_default_na=False), planter).to_csv(path, index=False)
        elif path.suffix == ".parquet":
            plant(path.stem, pd.read_parquet(path), planter).to_parquet(path)
    book = CalamineWorkbook.from_path(source / "workshop.xlsx")
    for name in book.sheet_names:
        rows = book.get_sheet_by_name(name).to_python()
        if name in CONTRACTS and len(rows) > 1:
            frame = pd.DataFrame([[_cell(v) for v in row] for row in rows[1:]], columns=rows[0], dtype=str)
            plant(name, frame, planter).to_csv(folder / "tables" / f"{name}.csv", index=False)
    settings = yaml.safe_load((source / "client.yml").read_text(encoding="utf-8"))
    settings |= {"name": f"Acme {ALL[0]}", "goals": [text for text in ALL if text.isprintable()]}
    (folder / "client.yml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    said = [
        {"comment_id": f"C{n}", "stage": "prove", "text": text, "author_role": text[:80], "written": text[:20]}
        for n, text in enumerate(ALL)
        if text.strip()
    ]
    decided = [
        {"decision_id": f"D{n}", "verdict": text, "decided": "2026-01-01", "note": text, "owner_role": text[:60]}
        for n, text in enumerate(ALL[:40])
    ]
    store = json.loads((folder / "engagement.json").read_text("utf-8")) if (folder / "engagement.json").exists() else {}
    store |= {"commentary": said, "decisions": decided}
    (folder / "engagement.json").write_text(json.dumps(store), encoding="utf-8")
    return planter


def plant(name: str, frame: pd.DataFrame, planter: Planter) -> pd.DataFrame:
    """The frame with an injection in every free text its contract has."""
    columns = {c.name: c for c in CONTRACTS[name].columns} if name in CONTRACTS else {}
    for head in frame.columns:
        column = columns.get(head)
        if column is not None and column.type == "text" and not column.allowed and not column.references:
            values = {v: planter.text(v) for v in pd.unique(frame[head])[:400]}
            frame[head] = [values.get(v, v) for v in frame[head]]
    return frame


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, Planter]:
    place = tmp_path_factory.mktemp("hostile")
    planter = hostile(ROOT / "data" / CLIENT, place / "data" / CLIENT)
    ran = run_clients(place / "data", place / "runs", (CLIENT,), workers=1)
    assert ran.ended[CLIENT].status == "done", ran.ended[CLIENT].reason
    return ran, planter


def test_over_two_hundred_injections_were_planted(attacked: tuple[Ran, Planter]) -> None:
    assert len(ALL) > 200
    assert len(attacked[1].used) == len(ALL)


@pytest.fixture
def watched(chromium: Any) -> Iterator[tuple[Any, list[str]]]:
    """A tab with scripts on, and everything it did."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    seen: list[str] = []
    page.on("console", lambda message: seen.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: seen.append(f"error: {error}"))
    page.on("dialog", lambda dialog: (seen.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda request: seen.append(f"request: {request.url[:200]}"))
    yield page, seen
    context.close()


VOCABULARY = """() => { const found = new Set();
    for (const node of document.querySelectorAll('*')) {
        found.add(node.localName);
        for (const a of node.attributes) found.add(node.localName + '@' + a.name);
    }
    return [...found]; }"""


@pytest.mark.parametrize("name", PAGES)
def test_nothing_runs_and_no_element_comes_out_of_a_text(
    watched: tuple[Any, list[str]], attacked: tuple[Ran, Planter], ran: Ran, name: str
) -> None:
    page, seen = watched
    clean = set()
    for client in ("northbeam", "brightline"):
        page.goto((ran.place(client) / name).as_uri())
        clean |= set(page.evaluate(VOCABULARY))
    seen.clear()
    path = attacked[0].place(CLIENT) / name
    page.goto(path.as_uri())
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    page.evaluate("for (const n of document.querySelectorAll('a.n')) n.dispatchEvent(new MouseEvent('mouseover'))")
    page.wait_for_timeout(400)
    assert [one for one in seen if one != f"request: {path.as_uri()[:200]}"] == []
    assert page.evaluate("window.__ran") is None
    commentary = {"em", "strong", "code", "pre", "hr", "br", "a@rel", "s", "blockquote", "ol", "ul", "li", "draft"}
    words = set(page.evaluate(VOCABULARY))
    assert not {word for word in words if "@on" in word or "@srcdoc" in word}
    new = {word for word in words - clean - commentary - {"details@open"} if word.split("@")[0] not in svg.ELEMENTS}
    assert new <= {"aside", "aside@class", "aside@id", "aside@aria-label", "ol@start", "div@role"}, new
    for link in page.eval_on_selector_all("a[href]", "nodes => nodes.map(n => n.getAttribute('href'))"):
        assert (
            link.startswith(("#", "https:", "mailto:"))
            or link.split("#")[0]
            in {
                *PAGES,
                "evidence.xlsx",
                "actions.xlsx",
            }
            or link.startswith("actions/")
        ), link


def test_the_board_runs_nothing(watched: tuple[Any, list[str]], attacked: tuple[Ran, Planter]) -> None:
    from cxkit.batch.board import write_board

    page, seen = watched
    board = write_board(attacked[0].runs, attacked[0].data)
    page.goto(board.as_uri())
    page.wait_for_timeout(200)
    assert seen == [f"request: {board.as_uri()}"]
    assert page.evaluate("window.__ran") is None


def test_no_formula_reaches_a_spreadsheet_and_no_control_a_terminal(attacked: tuple[Ran, Planter]) -> None:
    place = attacked[0].place(CLIENT)
    for path in place.glob("*.xlsx"):
        with zipfile.ZipFile(path) as book:
            for part in book.namelist():
                text = book.read(part).decode("utf-8")
                assert "<f>" not in text, (path.name, part)
                assert "TargetMode" not in text, (path.name, part)
    for path in (place / "actions").glob("*.csv"):
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        assert not any(str(v).startswith(("=", "+", "@", "\t", "\r")) for column in frame for v in frame[column])
    ended = attacked[0].ended[CLIENT]
    for said in (ended.headline, ended.reason, ended.note):
        assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in said)
