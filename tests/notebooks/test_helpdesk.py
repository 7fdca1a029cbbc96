"""A real help-desk log end to end: mapped by the command line, its ways, rework, pauses and SLA checked by hand."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cxkit.engagement.desk import open_desk
from cxkit.metrics import service
from cxkit.orchestrate import Ways, ways
from cxkit.orchestrate.ways import logs_of
from cxkit.orchestrate.ways_log import ARROW, CASES, travelled
from cxkit.tables.engine import Tables

pytestmark = [pytest.mark.real, pytest.mark.heavy]

SHORT = {
    "AS": "Assign seriousness",
    "TC": "Take in charge ticket",
    "RT": "Resolve ticket",
    "CL": "Closed",
    "WA": "Wait",
    "IN": "Insert ticket",
    "SI": "Schedule intervention",
    "CA": "Create SW anomaly",
    "RU": "Require upgrade",
}
# Ten cases as they stand in the file (activity, person, time), and what they come to, worked out from these rows.
# Hours run from the first entry to the first that settles after the last entry of work; pauses from a "Wait" to the
# next; the limit is 300 hours from the first entry to the first that settles, without pauses.
TEN: dict[str, dict[str, Any]] = {
    # AS V1 2011-11-30T16:32:54 · RT V9 2011-12-12T16:50:49 · CL V5 2012-01-13T16:40:37
    "Case 1013": {"way": "AS RT CL", "hours": "288:17:55", "pause": "0:00:00", "rework": "", "sla": "met"},
    # AS V2 2010-02-10T08:50:20 · TC V2 2010-03-19T08:47:06 · RT V2 2010-03-19T08:47:13 · CL V5 2010-04-03T07:47:38
    "Case 10": {"way": "AS TC RT CL", "hours": "887:56:53", "pause": "0:00:00", "rework": "", "sla": "late"},
    # TC V1 2013-09-30T13:48:54 · WA V1 2013-10-08T13:13:27 · TC V2 2013-10-18T08:40:06 · WA V1 2013-10-18T09:00:24 ·
    # RT V1 2013-10-21T13:56:11 · CL V3 2013-11-05T14:56:24; 235:26:39 and 76:55:47 of waiting; in time without them
    "Case 2776": {
        "way": "TC WA TC WA RT CL", "hours": "504:07:17", "pause": "312:22:26",
        "rework": "resumed returned resource_back", "sla": "met",
    },
    # AS V1 2013-03-15T08:46:36 · CA V1 2013-03-18T13:20:54 · TC V2 2013-03-18T13:32:28 · CA V1 2013-03-18T13:32:39 ·
    # RU V2 2013-03-22T09:08:41 · VERIFIED V2 2013-03-22T10:08:40 · DUPLICATE V2 at the same instant ·
    # RT V14 2013-04-19T13:24:54 · CL V3 2013-05-04T13:25:10; VERIFIED and DUPLICATE both settle
    "Case 732": {
        "way": "AS CA TC CA RU DUPLICATE VERIFIED RT CL", "hours": "169:22:04", "pause": "0:00:00",
        "rework": "returned resource_back tied", "sla": "met",
    },
    # AS V1 2012-06-20T12:37:25 · TC V1 12:38:31 · RU V1 2012-06-25T12:40:49 · CA V1 2012-06-29T10:04:28 ·
    # RT V1 2012-07-03T15:15:58 · RESOLVED V1 2012-07-03T17:18:50 · INVALID V1 at the same instant ·
    # VERIFIED V22 2012-07-03T17:25:15 · CL V5 2012-07-26T07:50:23
    "Case 3897": {
        "way": "AS TC RU CA RT INVALID RESOLVED VERIFIED CL", "hours": "314:38:33", "pause": "0:00:00",
        "rework": "tied", "sla": "late",
    },
    # AS V14 2013-10-29T10:20:41 · TC V18 12:00:04 · SI V18 2013-10-30T11:26:10 · RT V18 2013-11-25T14:31:38 ·
    # CL V3 2013-12-10T14:31:58
    "Case 1420": {"way": "AS TC SI RT CL", "hours": "652:10:57", "pause": "0:00:00", "rework": "", "sla": "late"},
    # RT V1 2012-03-01T09:20:30 · TC V9 2012-03-01T16:45:03 · RT V9 2012-03-02T14:21:40 · CL V5 2012-04-03T08:30:56;
    # settled in its first entry, so inside any limit, and reopened the same day
    "Case 3081": {
        "way": "RT TC RT CL", "hours": "29:01:10", "pause": "0:00:00", "rework": "returned reopened", "sla": "met",
    },
    # AS V14 2013-10-11T07:08:53 · RT V1 08:03:51 · CL V3 2013-10-26T08:04:05 · TC V2 2013-11-28T11:53:34: open
    "Case 2436": {"way": "AS RT CL TC", "hours": None, "pause": "0:00:00", "rework": "reopened", "sla": "met"},
    # IN V13 2013-01-11T15:07:28 · WA V2 2013-02-05T16:24:57 · WA V2 2013-02-14T17:08:51: 601 hours before it waits
    "Case 1359": {"way": "IN WA WA", "hours": None, "pause": "216:43:54", "rework": "self_loop", "sla": "open_late"},
    # AS V1 2013-03-12T09:39:30 · RT V2 2013-03-28T13:14:48 · RT V2 at the same instant · CL V3 2013-04-12T12:15:06
    "Case 1023": {"way": "AS RT RT CL", "hours": "387:35:18", "pause": "0:00:00", "rework": "self_loop", "sla": "late"},
}  # fmt: skip


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory, real: Path) -> Iterator[Tables]:
    """The log as a consultant gets it in: a new client, the file, a mapping nobody corrected."""
    place = tmp_path_factory.mktemp("helpdesk")
    (place / "data").mkdir()

    def cxkit(*words: str) -> None:
        subprocess.run([sys.executable, "-m", "cxkit.cli", *words], cwd=place, check=True, capture_output=True)

    cxkit("new", "helpdesk")
    shutil.copy(real / "helpdesk" / "events.csv", place / "data" / "helpdesk" / "tables" / "events.csv")
    cxkit("map", "helpdesk", "--yes")
    return open_desk("orchestrate", client="helpdesk", as_of="2014-01-31", data_dir=place / "data").tables


@pytest.fixture(scope="module")
def found(tables: Tables) -> Ways:
    return ways(tables, window_months=60)


def hours(text: str | None) -> float | None:
    if text is None:
        return None
    h, m, s = map(int, text.split(":"))
    return h + m / 60 + s / 3600


def test_the_known_facts_of_the_log(found: Ways) -> None:
    about = found.frame("logs").iloc[0]
    assert (about["cases"], about["entries"], about["variants_all"]) == (4580, 21_348, 226)
    assert (about["finished"], about["open"], about["tied"]) == (4568, 12, 3)
    first = found.frame("variants").iloc[0]
    assert first["variant"] == ARROW.join(SHORT[a] for a in ("AS", "TC", "RT", "CL"))
    assert first["cases"] == 2366
    assert set(found.frame("steps")["activity"]) <= set(pd.unique(found.frame("edges")[["source", "target"]].stack()))
    assert found.frame("variants")["cases"].is_monotonic_decreasing
    rework = found.finding("orchestrate.ways.rework")
    assert rework is not None
    assert rework.n == 4568


def test_ten_cases_by_hand(tables: Tables) -> None:
    logs, gaps = logs_of(tables, 60)
    assert [log.name for log in logs] == ["tickets"]
    assert {g.subject for g in gaps} == {"journeys"}
    listed = ", ".join(f"'{c}'" for c in TEN)
    with travelled(tables, logs[0]):
        rows = tables.frame(f"SELECT * FROM {CASES} WHERE case_id IN ({listed})").set_index("case_id")
    flags = ["self_loop", "resumed", "returned", "reopened", "tied", "resource_back"]
    with service.judged(tables, logs[0].window, sla_hours=300.0) as relation:
        verdicts = tables.frame(f"SELECT ticket_id, verdict FROM {relation}").set_index("ticket_id")["verdict"]
    for case, said in TEN.items():
        row = rows.loc[case]
        assert row["variant"] == ARROW.join(SHORT.get(a, a) for a in said["way"].split()), case
        assert {f for f in flags if row[f]} == set(said["rework"].split()), case
        assert row["finished"] == (said["hours"] is not None), case
        if said["hours"]:
            assert row["hours"] == pytest.approx(hours(said["hours"]), abs=1e-6), case
        assert row["pause_hours"] == pytest.approx(hours(said["pause"]), abs=1e-6), case
        assert verdicts[case] == said["sla"], case
