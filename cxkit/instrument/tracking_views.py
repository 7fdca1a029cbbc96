"""One customer across signals, what is learned at each moment, and how fast what is raised inside is settled."""

from __future__ import annotations

import pandas as pd

from cxkit.instrument.feeds import SIGNALS, carriers, day_column
from cxkit.metrics.durations import durations
from cxkit.metrics.windows import Window
from cxkit.records import Missing
from cxkit.tables.cut import quoted
from cxkit.tables.engine import Tables

REASONED = 0.8
"""Share of a moment's contacts with a reason from which they count as analysed."""
CODED = 0.5
"""Share of a moment's answers in words that people have coded, from which they count as analysed."""


def views(tables: Tables, window: Window) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Active customers by the number of signals they are seen in (signals, customers, share), and by signal.

    Active: known to the CRM and not ended before the window began, nor started after it ended.
    """
    seen = {}
    for signal in SIGNALS:
        parts = [_accounts(tables, t, window) for t in carriers(tables, signal) if "account_id" in tables.supplied(t)]
        if parts and signal != "crm":
            seen[signal] = " UNION ".join(parts)
    ended = f"(ended IS NULL OR ended >= DATE '{window.first}')" if "ended" in tables.supplied("accounts") else "true"
    begun = (
        f"(started IS NULL OR started <= DATE '{window.final_day}')"
        if "started" in tables.supplied("accounts")
        else "true"
    )
    active = f"SELECT DISTINCT account_id FROM accounts WHERE {begun} AND {ended}"
    flags = "".join(f", (s_{s}.account_id IS NOT NULL)::INT AS {s}" for s in seen)
    joins = "".join(f" LEFT JOIN ({sql}) s_{s} ON s_{s}.account_id = a.account_id" for s, sql in seen.items())
    total = " + ".join(["1", *seen])
    sums = "".join(f", sum({s})::BIGINT AS {s}" for s in seen)
    base = f"WITH f AS (SELECT a.account_id{flags} FROM ({active}) a{joins})"
    rows = tables.frame(f"{base} SELECT {total} AS signals, count(*) AS customers FROM f GROUP BY 1 ORDER BY 1")
    each = tables.frame(f"{base} SELECT count(*) AS crm{sums} FROM f").iloc[0]
    n = int(rows["customers"].sum()) if len(rows) else 0
    rows["share"] = rows["customers"] / n if n else float("nan")
    by = pd.DataFrame([(s, int(each[s])) for s in ("crm", *seen)] if n else [], columns=["signal", "customers"])
    by["share"] = by["customers"] / n if n else float("nan")
    return rows, by


def _accounts(tables: Tables, table: str, window: Window) -> str:
    if table == "subscriptions":
        until = f"AND (ended IS NULL OR ended >= DATE '{window.first}')" if "ended" in tables.supplied(table) else ""
        when = f"started <= DATE '{window.final_day}' {until}"
    else:
        day = day_column(table)
        when = f"{day} >= DATE '{window.first}' AND {day} <= DATE '{window.final_day}'"
    return f"SELECT DISTINCT account_id FROM {quoted(table)} WHERE account_id IS NOT NULL AND {when}"


def insight(tables: Tables, window: Window) -> pd.DataFrame:
    """What is collected and what is analysed at each moment: moment_id, moment, answers, words, coded, contacts,
    reasons, complaints, state (analysed, collected only, nothing).

    Needs show in reasons of contacts, preferences in answers, pain points in complaints and in customers' own words.
    """
    rows = tables.frame(
        "SELECT moment_id, min(moment) AS moment, min(journey) AS journey, min(position) AS position FROM moments "
        "GROUP BY 1 ORDER BY journey, position, moment_id"
    )
    if "moment_id" in tables.supplied("surveys"):
        text = "verbatim IS NOT NULL" if "verbatim" in tables.supplied("surveys") else "false"
        coded = "SELECT NULL::VARCHAR AS response_id WHERE false"
        if not isinstance(tables.require("codings", "response_id", "code"), Missing):
            coded = "SELECT DISTINCT response_id FROM codings"
        answers = tables.frame(f"""
            WITH r AS (SELECT response_id, min(moment_id) AS moment_id, max(({text})::INT) AS words FROM surveys
              WHERE moment_id IS NOT NULL AND {window.holds("answered_date")} GROUP BY 1)
            SELECT r.moment_id, count(*) AS answers, sum(r.words)::BIGINT AS words,
              sum((k.response_id IS NOT NULL)::INT)::BIGINT AS coded
            FROM r LEFT JOIN ({coded}) k ON k.response_id = r.response_id GROUP BY 1 ORDER BY 1
        """)
        rows = rows.merge(answers, on="moment_id", how="left")
    if "moment_id" in tables.supplied("tickets"):
        reason = "reason IS NOT NULL" if "reason" in tables.supplied("tickets") else "false"
        complaint = "coalesce(complaint, false)" if "complaint" in tables.supplied("tickets") else "false"
        contacts = tables.frame(f"""
            SELECT moment_id, count(*) AS contacts, sum(({reason})::INT)::BIGINT AS reasons,
              sum(({complaint})::INT)::BIGINT AS complaints
            FROM tickets WHERE moment_id IS NOT NULL AND {window.holds("opened_date")} GROUP BY 1 ORDER BY 1
        """)
        rows = rows.merge(contacts, on="moment_id", how="left")
    for column in ("answers", "words", "coded", "contacts", "reasons", "complaints"):
        rows[column] = rows[column].fillna(0).astype("int64") if column in rows else 0
    read = (rows["reasons"] >= REASONED * rows["contacts"]) & (rows["contacts"] > 0)
    read |= (rows["coded"] >= CODED * rows["words"]) & (rows["words"] > 0)
    some = (rows["answers"] + rows["contacts"]) > 0
    rows["state"] = ["analysed" if r else "collected only" if s else "nothing" for r, s in zip(read, some, strict=True)]
    return rows.drop(columns=["journey", "position"])


def rhythm(tables: Tables, window: Window) -> str:
    """How often the organisation asks itself, and how much it changed, as a sentence; empty where neither is known."""
    said = []
    if not isinstance(tables.require("audit", "wave"), Missing):
        waves = tables.frame("SELECT DISTINCT wave FROM audit WHERE wave IS NOT NULL ORDER BY wave")["wave"]
        if len(waves) > 1:
            days = (pd.Timestamp(waves.iloc[-1]) - pd.Timestamp(waves.iloc[0])).days / (len(waves) - 1)
            said.append(f"alignment has been measured {len(waves)} times, every {days:.0f} days")
        elif len(waves):
            said.append("alignment has been measured once")
    if not isinstance(tables.require("changes", "changed"), Missing):
        n = int(tables.frame(f"SELECT count(*) AS n FROM changes WHERE {window.holds('changed')}")["n"].iloc[0])
        said.append(f"{n} structural change{'s' if n != 1 else ''} {'were' if n != 1 else 'was'} made in the window")
    text = " and ".join(said)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def loops(tables: Tables) -> pd.DataFrame | Missing:
    """How fast what was raised between teams is settled, by kind, unsettled items counted (see `durations`)."""
    needs = tables.require("register", "item_id", "raised", "settled")
    if isinstance(needs, Missing):
        return needs
    day = f"DATE '{tables.as_of}'"
    days = f"date_diff('day', raised, coalesce(settled, {day})) AS days, settled IS NOT NULL AS done"
    return durations(
        tables,
        f"SELECT 'all' AS \"group\", {days} FROM register WHERE raised IS NOT NULL UNION ALL "
        f"SELECT kind, {days} FROM register WHERE raised IS NOT NULL AND kind IS NOT NULL",
    )
