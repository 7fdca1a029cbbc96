"""A consultant's own notebooks, from the page that explains them to the report that shows them."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode, v4

from cxkit import shipped
from cxkit.batch import plan
from cxkit.batch.progress import Event
from cxkit.batch.run import run_client
from cxkit.batch.summary import Ended
from cxkit.errors import ParameterError
from cxkit.report.rendering import anchor
from tests.conftest import ROOT

pytestmark = [pytest.mark.run, pytest.mark.heavy]

CLIENT, DAY = "marlow", "2026-10-31"
PAGE = ROOT / "playbook" / "own-notebooks.md"
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
SAID = "own.7-channels.sent_back"


def notebook(title: str, *cells: str) -> NotebookNode:
    """A notebook without a parameters cell, as a person makes one."""
    made = v4.new_notebook(metadata=KERNEL, cells=[v4.new_markdown_cell(f"# {title}")])
    made.cells += [v4.new_code_cell(source) for source in cells]
    return made


def explained() -> NotebookNode:
    """The notebook that the playbook's page explains."""
    cells = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert len(cells) == 3
    return notebook("7 · Channels", *cells)


@dataclass(frozen=True)
class Made:
    """One run of a client with notebooks of her own: a good one, two that fail, and one that asks where it is."""

    client: Path
    runs: Path
    ended: Ended
    events: list[Event]

    @property
    def place(self) -> Path:
        """Where it was published."""
        return self.runs / CLIENT / DAY

    @property
    def html(self) -> str:
        """Its report."""
        return (self.place / "report.html").read_text(encoding="utf-8")

    @property
    def record(self) -> dict[str, Any]:
        """What the run says of itself."""
        found: dict[str, Any] = json.loads((self.place / "run.json").read_text(encoding="utf-8"))
        return found

    def rebuilt(self, **more: Any) -> tuple[Ended, list[str]]:
        """Build the report anew."""
        ended, events = run(self.client, self.runs, first="report", **more)
        return ended, [e.what for e in events]


def run(client: Path, runs: Path, **more: Any) -> tuple[Ended, list[Event]]:
    given = {"as_of": None, "given": {}, "first": "align", "seconds": 300.0, "seed": 1, "audience": "board"} | more
    events: list[Event] = []
    return run_client(plan.check(client.name, data=client.parent, runs=runs, **given), events.append), events


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("own")
    client = folder / "data" / CLIENT
    shutil.copytree(ROOT / "data" / CLIENT, client, ignore=shutil.ignore_patterns("work", "notebooks"))
    place = client / "notebooks"
    place.mkdir()
    copy = nbformat.read(shipped.path("notebooks/6-govern.ipynb"), as_version=4)
    copy.cells.append(v4.new_code_cell("show.note('A word <b>of ours</b> beside the ledger.')"))
    nbformat.write(copy, place / "6-govern.ipynb")
    nbformat.write(explained(), place / "7-channels.ipynb")
    broken = notebook("8 · Regions", "open('regions.csv').read()", "raise ValueError('secret of the kernel')")
    nbformat.write(broken, place / "8-regions.ipynb")
    (place / "regions.csv").write_text("lies beside the notebook", encoding="utf-8")
    (place / "9-torn.ipynb").write_text("{", encoding="utf-8")
    asked = "print(desk.settings.discount_rate, desk.seed, desk.as_of, desk.name, desk.runs)"
    opened = "from cxkit.engagement.desk import open_desk\ndesk = open_desk()"
    nbformat.write(notebook("10", opened, asked), place / "10-told.ipynb")
    ended, events = run(client, folder / "runs", given={"discount_rate": 0.07}, seed=3)
    assert ended.status == "done", ended.reason
    return Made(client, folder / "runs", ended, events)


def test_every_notebook_is_a_step_and_a_failing_one_is_named(made: Made) -> None:
    steps = [e for e in made.events if e.what in {"reading", "stage", "building"}]
    assert [e.step for e in steps] == list(range(1, 13))
    assert {e.steps for e in made.events} == {12}
    assert [e.stage for e in steps[-5:]] == ["7-channels", "8-regions", "9-torn", "10-told", ""]
    assert [e.seconds for e in made.events] == sorted(e.seconds for e in made.events)
    assert "8-regions.ipynb, code cell 2: ValueError: secret of the kernel" in made.ended.unfinished
    assert "9-torn.ipynb cannot be read as a notebook" in made.ended.unfinished
    assert made.ended.open == made.place / "8-regions.ipynb"
    assert "papermill-error-cell-tag" in made.ended.open.read_text(encoding="utf-8")
    assert [made.record["own"][name]["status"] for name in ("7-channels", "8-regions", "9-torn", "10-told")] == [
        *("done", "failed", "failed", "done")
    ]
    assert made.record["stages"]["govern"]["own_copy"]
    assert not made.record["stages"]["prove"]["own_copy"]
    assert not list(made.place.glob(".*"))


def test_a_notebook_without_parameters_is_told_its_run(made: Made) -> None:
    printed = nbformat.read(made.place / "10-told.ipynb", as_version=4).cells[-1].outputs[0].text
    assert printed == f"0.07 3 {DAY} {CLIENT} runs/{CLIENT}\n"


def test_the_report_takes_what_they_show_and_says_what_is_left_out(made: Made) -> None:
    html = made.html
    assert html.index('id="stage-govern"') < html.index('id="own-x7-channels"') < html.index('id="evidence"')
    assert "7 · Channels" in html
    assert "A word &lt;b&gt;of ours&lt;/b&gt; beside the ledger." in html
    assert html.count("Gift cards are in the counts.") == 1
    assert "“Regions” did not finish and is left out of this edition" in html
    assert "An added analysis (8-regions) did not finish" in html
    assert "secret of the kernel" not in html
    anchors = re.findall(r' id="([^"]+)"', html)
    assert len(anchors) == len(set(anchors))
    known = json.loads((made.place / "results" / "findings.json").read_text(encoding="utf-8"))
    (finding,) = (f for f in known if f["key"] == SAID)
    assert (finding["grade"], finding["sources"]) == ("M", ["orders"])
    assert f'href="#e-{anchor(SAID)}"' in html


def test_a_report_is_built_anew_for_others_and_without_running_anything(made: Made) -> None:
    ended, what = made.rebuilt(audience="team")
    assert ended.status == "done", ended.reason
    assert what == ["started", "reading", "building", "done"]
    assert "team edition" in made.html
    assert "7 · Channels" in made.html
    assert (made.record["audience"], made.record["seed"]) == ("team", 3)
    assert made.record["parameters"]["given"] == {"discount_rate": 0.07}
    settings = (made.client / "client.yml").read_text(encoding="utf-8")
    (made.client / "client.yml").write_text(settings.replace("Marlow Home", "Marlow House"), encoding="utf-8")
    renamed, _ = made.rebuilt()
    assert renamed.status == "done", renamed.reason
    assert "Marlow House" in made.html
    assert "Marlow Home" not in made.html


def test_a_report_is_not_built_anew_on_other_data(made: Made, tmp_path: Path) -> None:
    client = tmp_path / "data" / CLIENT
    shutil.copytree(made.client, client)
    shutil.copytree(made.runs, tmp_path / "runs", symlinks=True)
    with (client / "tables" / "orders.csv").open("a", encoding="utf-8") as file:
        file.write("O999999,C01177,2026-10-30T07:05:30Z,34.7,1,Textiles,GBP,shop,\n")
    report = tmp_path / "runs" / CLIENT / DAY / "report.html"
    before = report.read_bytes()
    refused, _ = run(client, tmp_path / "runs", first="report")
    assert refused.status == "failed"
    assert "changed: the tables (tables: orders" in refused.reason
    assert "without --from report" in refused.reason
    assert report.read_bytes() == before
    shutil.rmtree(tmp_path / "runs")
    assert "There is no finished run of marlow" in run(client, tmp_path / "runs", first="report")[0].reason


def test_a_rebuild_takes_no_parameters(made: Made) -> None:
    with pytest.raises(ParameterError, match="--from report computes nothing"):
        run(made.client, made.runs, first="report", given={"discount_rate": 0.1})
