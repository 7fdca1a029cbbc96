"""One client with planted secrets, run for every audience: none of them can be read in anything that is published.

Every output is read as what it is: pages, notebooks, JSON and logs as text, workbooks cell by cell with their
properties, tables of results as Arrow, the print through its text. Two things may be there on purpose and are not
planted here: a customer's key in ``actions/``, which names whom to call, and the place of a report on the terminal.
"""

from __future__ import annotations

import getpass
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from cxkit.report.audiences import EDITIONS
from cxkit.simulate import write_simulated
from tests.conftest import absent

pytestmark = [pytest.mark.run, pytest.mark.heavy]

NAME, OTHER_NAME = "Quillon Abernethy", "Zsófia Vándor"
EMAILS = ("quillon.abernethy@secret-mail.example", "zsofia@vandor.example")
PHONES = ("+44 20 7946 0958", "(030) 901820-17", "555-010-4477")
IBAN, CARD = "DE89370400440532013000", "4539 1488 0343 6467"
KEY, SPELT, SHORT = "sk_live_4eC39HqLyjWDarjtT1zdp7dc", "quillon (at) vandor [dot] example", "030/901820"
QUOTE = "It was rude and far too expensive"

ENVIRONMENT = "env-canary-5b1c"
NEIGHBOUR = "neighbour-canary-77"
PLANTED = {
    "name": NAME,
    "other name": OTHER_NAME,
    **{f"e-mail {n}": value for n, value in enumerate(EMAILS)},
    **{f"phone {n}": value for n, value in enumerate(PHONES)},
    "account number": IBAN,
    "card": CARD,
    "key of a system": KEY,
    "e-mail spelt out": SPELT,
    "phone with a slash": SHORT,
    "environment": ENVIRONMENT,
    "neighbour": NEIGHBOUR,
}
SAID = f"{NAME} called from {PHONES[0]}, mail {EMAILS[0]}, IBAN {IBAN}, card {CARD}; ask {OTHER_NAME}, {PHONES[1]}"
SAID += f"; or {SPELT}, {SHORT}, key {KEY}"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run for the board and of rebuilds for the other two, with what was said on the terminal."""
    root = tmp_path_factory.mktemp("redaction")
    plant(root / "data" / "acme")
    other = root / "data" / "neighbour"
    write_simulated(other, accounts=30, seed=3)
    (other / "client.yml").write_text(f"name: {NEIGHBOUR}\n", encoding="utf-8")
    for audience, more in (("board", []), ("team", ["--from", "report"]), ("partner", ["--from", "report"])):
        said = cxkit(root, "run", "acme", "--audience", audience, "--log-format", "json", *more)
        (root / f"terminal-{audience}.txt").write_text(said, encoding="utf-8")
        keep(root, audience)
    return root


def plant(folder: Path) -> None:
    """A simulated client whose texts hold personal data wherever people type."""
    write_simulated(folder, accounts=60, seed=5)
    tables = folder / "tables"
    accounts = pd.read_parquet(tables / "accounts.parquet")
    accounts["account_name"] = [f"{NAME} {n}" if n else NAME for n in range(len(accounts))]
    accounts.to_parquet(tables / "accounts.parquet")
    tickets = pd.read_parquet(tables / "tickets.parquet")
    tickets["reason"] = [SAID if n % 3 == 0 else reason for n, reason in enumerate(tickets["reason"])]
    tickets.to_parquet(tables / "tickets.parquet")
    surveys = pd.read_parquet(tables / "surveys.parquet")
    surveys["verbatim"] = [f"{QUOTE}. {SAID}" if n % 2 else f"{QUOTE}." for n in range(len(surveys))]
    surveys.to_parquet(tables / "surveys.parquet")
    people = pd.DataFrame(
        {
            "system": ["crm", "shop"],
            "person_id": ["p1", "p2"],
            "account_id": accounts["account_id"].head(2),
            "first_name": ["Quillon", "Zsófia"],
            "last_name": ["Abernethy", "Vándor"],
            "email": EMAILS,
            "phone": PHONES[:2],
        }
    )
    people.to_csv(tables / "people.csv", index=False)
    (folder / "client.yml").write_text(
        f"name: Acme\ncurrency: EUR\ngoals:\n- 'Call {NAME}, {EMAILS[0]} or {PHONES[2]}'\n", encoding="utf-8"
    )
    written = {"comment_id": "C1", "stage": "prove", "text": f"**{SAID}**", "author_role": f"CX lead {NAME}"}
    (folder / "engagement.json").write_text(json.dumps({"revision": 1, "commentary": [written]}), encoding="utf-8")


def cxkit(root: Path, *words: str) -> str:
    command = [sys.executable, "-m", "cxkit.cli", *words]
    given = {**os.environ, "CXKIT_TEST_CANARY": ENVIRONMENT, "API_TOKEN": ENVIRONMENT}
    done = subprocess.run(command, cwd=root, env=given, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def keep(root: Path, audience: str) -> None:
    """Set aside what a rebuild replaces."""
    run = next((root / "runs" / "acme").glob("[0-9]*"))
    target = root / "kept" / audience
    target.mkdir(parents=True)
    for path in run.iterdir():
        if path.is_file():
            (target / path.name).write_bytes(path.read_bytes())


def texts(root: Path) -> Iterator[tuple[str, str]]:
    """Every output with all that can be read in it."""
    paths = [p for part in ("runs", "kept") for p in sorted((root / part).rglob("*")) if p.is_file()]
    for path in [*paths, *root.glob("terminal-*.txt")]:
        name = str(path.relative_to(root))
        if ".snapshots" in path.parts:
            continue  # the client's own tables and where they lie, kept for the next run and never handed on
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                yield name, "\n".join(book.read(part).decode("utf-8") for part in book.namelist())
        elif path.suffix == ".parquet":
            table = pq.read_table(path)
            yield name, json.dumps(table.to_pylist(), default=str, ensure_ascii=False) + str(table.schema.metadata)
        elif path.suffix == ".pdf":
            try:
                import pypdf
            except ImportError:
                absent("browser", "the print is read with pypdf, which is not installed")
            yield name, "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
        else:
            yield name, path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def outputs(place: Path) -> dict[str, str]:
    """Every output by its name, read once."""
    return dict(texts(place))


def squeezed(text: str) -> str:
    """Only letters and digits: a line break or an escape hides nothing."""
    return "".join(c for c in text if c.isalnum()).casefold()


def test_nothing_planted_can_be_read_in_anything_published(outputs: dict[str, str]) -> None:
    found: dict[str, set[str]] = {}
    seen = set()
    for name, text in outputs.items():
        seen.add(Path(name).suffix)
        whole = squeezed(text)
        for kind, value in PLANTED.items():
            if squeezed(value) in whole:
                found.setdefault(kind, set()).add(name)
    assert {".html", ".ipynb", ".json", ".parquet", ".txt", ".xlsx", ".csv"} <= seen
    assert found == {}


def test_what_was_planted_can_be_found_where_it_is(place: Path) -> None:
    """The search finds what is there: the client's own folder holds every plant."""
    raw = " ".join(
        squeezed(pd.read_parquet(path).to_string(max_colwidth=None))
        for path in (place / "data" / "acme" / "tables").glob("*.parquet")
    )
    assert all(squeezed(value) in raw for kind, value in PLANTED.items() if kind in {"name", "card", "account number"})


def test_no_place_of_this_machine_is_named(place: Path, outputs: dict[str, str]) -> None:
    own = [str(place), str(Path.home())] + [getpass.getuser()] * (getpass.getuser() not in {"root", "user"})
    for name, text in outputs.items():
        if not name.startswith("terminal-"):
            for word in own:
                assert not re.search(rf"{re.escape(word)}(?![\w])", text), (name, word)


EDITION = ("report.html", "report.pdf", "evidence.xlsx", "council.html")


def test_keys_of_customers_and_what_they_wrote_are_handed_to_the_team_alone(
    place: Path, outputs: dict[str, str]
) -> None:
    keys = set(pd.read_parquet(place / "data" / "acme" / "tables" / "accounts.parquet")["account_id"])
    named, quoted = ({a: set[str]() for a in EDITIONS} for _ in range(2))
    for audience in EDITIONS:
        for name in EDITION:
            text = outputs.get(f"kept/{audience}/{name}", "")
            if keys.intersection(re.findall(r"\w+", text)):
                named[audience].add(name)
            if QUOTE in text:
                quoted[audience].add(name)
    assert "evidence.xlsx" in named.pop("team"), "keys are found where they are"
    assert {"evidence.xlsx", "report.html"} <= quoted.pop("team"), "and so are quotes"
    assert not any(named.values()), named
    assert not any(quoted.values()), quoted
