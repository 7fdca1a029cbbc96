"""Promise against delivery: what customers are told, what they get, and between which teams the gap lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from cxkit.align.promises_measured import Timed, Touched, kept, timed, touched
from cxkit.align.sentences import plural, say
from cxkit.formats import listing, number, quantity
from cxkit.records import Finding, Gap, Result
from cxkit.tables.engine import Tables
from cxkit.tables.sheets import Kind, Row, rows, short, table

PROMISES: Mapping[str, Kind] = {
    **{"promise_id": "text", "promise": "text", "moment_id": "text", "moment": "text", "promised_by": "text"},
    **{"delivered_by": "text", "unit": "text", "better": "text", "promised": "number", "delivered": "number"},
    **{"gap": "number", "relative": "number", "verdict": "text", "measured": "number", "measured_low": "number"},
    **{"measured_high": "number", "measured_what": "text", "within": "number", "within_low": "number"},
    **{"within_high": "number", "n": "integer", "sheet": "text", "why_not": "text", "contacts": "integer"},
    **{"customers": "integer", "period": "text"},
}
SOURCE = "promises"


class Promises(Result):
    """Every promise with its gap; the one that touches most contacts first.

    Table `promises`: promise_id, promise, moment_id, moment, promised_by, delivered_by, unit, better (lower or higher),
    promised, delivered (as the sheet says), gap (what is missing to the promise, in its unit; negative where more is
    delivered), relative (gap ÷ promised), verdict (kept, broken, not stated, or kept on paper where the data contradict
    the sheet), measured, measured_low, measured_high, measured_what, within (share served within the promised time),
    within_low, within_high, n (cases measured), sheet (agrees, contradicted, not measured), why_not, contacts and
    customers (of the moment, in `period`).
    """

    stage: ClassVar[str] = "align"
    name: ClassVar[str] = "promises"


def promises(tables: Tables) -> Promises:
    """Set every promise against what is delivered, by the sheet and, where tables can time it, as measured."""
    lacks = tables.lacking({"promises": ("promise", "promised", "delivered", "better")})
    sheet = rows(tables, "promises")
    if not sheet:
        reason = "Nobody has written down what customers are promised and what they get."
        return Promises(
            as_of=tables.as_of, gaps=(Gap(id="align.promises.kept", what=WHAT, reason=reason, needs=lacks),)
        )
    reach = touched(tables)
    seen = timed(tables, sheet, reach.window)
    names = {row["moment_id"]: row["moment"] for row in rows(tables, "moments")}
    made = [_row(row, seen[row["promise_id"]], reach, names) for row in sheet]
    made.sort(key=lambda row: (-(row["contacts"] or 0), row["promise_id"]))
    told = [row for row in made if row["verdict"] != "not stated"]
    gaps = []
    if not told:
        reason = "The sheet does not say what was promised, what was delivered, and which way is better."
        gaps.append(Gap(id="align.promises.kept", what=WHAT, reason=reason, needs=lacks))
    return Promises(
        as_of=tables.as_of,
        findings=tuple(_findings(told, made)),
        gaps=tuple(gaps),
        tables={"promises": table(made, PROMISES)},
    )


WHAT = "What customers are promised and what they get"


def _row(row: Row, seen: Timed, reach: Touched, names: Mapping[str, str | None]) -> Row:
    promised, delivered, stated = row["promised"], row["delivered"], kept(row)
    value = delivered
    if stated is None and seen.median is not None and promised is not None:
        value, stated = seen.median[0], seen.median[0] <= promised
    gap = None
    if promised is not None and value is not None and stated is not None:
        gap = value - promised if row["better"] != "higher" else promised - value
    median, within = seen.median or (None, None, None), seen.within or (None, None, None)
    return {
        **{c: row[c] for c in ("promise_id", "promise", "moment_id", "promised_by", "delivered_by", "unit", "better")},
        **{"moment": names.get(row["moment_id"]), "promised": promised, "delivered": delivered, "gap": gap},
        "relative": gap / promised if gap is not None and promised else None,
        "verdict": _verdict(stated, seen, row),
        **{"measured": median[0], "measured_low": median[1], "measured_high": median[2]},
        **{"measured_what": seen.what or None, "n": seen.n or None, "why_not": seen.why_none or None},
        **{"within": within[0], "within_low": within[1], "within_high": within[2]},
        "sheet": "not measured" if seen.median is None else "contradicted" if seen.contradicts(delivered) else "agrees",
        "contacts": reach.contacts.get(row["moment_id"]),
        "customers": reach.customers.get(row["moment_id"]),
        "period": reach.window.label if reach.window else None,
        "sources": seen.sources,
    }


def _verdict(stated: bool | None, seen: Timed, row: Row) -> str:
    if stated is None:
        return "not stated"
    if stated and seen.median is not None and seen.contradicts(row["delivered"]) and seen.median[0] > row["promised"]:
        return "kept on paper"
    return "kept" if stated else "broken"


def amount(value: float, unit: str | None) -> str:
    """A value in a unit that people wrote.

    >>> amount(4, "days"), amount(0.91, "share of first bills"), amount(1, "days")
    ('4 days', '91\u202f% of first bills', '1 day')
    """
    words = short(unit or "", 40) if unit else ""
    if words.lower().startswith("share"):
        return quantity(value, "probability") + words[5:]
    text = number(value, 0 if abs(value - round(value)) < 0.05 else 1)
    return f"{text} {words.removesuffix('s') if text == '1' else words}".strip()


def _findings(told: Sequence[Row], made: Sequence[Row]) -> list[Finding]:
    if not told:
        return []
    broken = [row for row in told if row["verdict"] == "broken"]
    timed_ = [row for row in told if row["within"] is not None]
    said = [
        f"“{short(r['promise'])}” is kept for {quantity(r['within'], 'probability')} of {r['n']:,} cases"
        for r in timed_[:2]
    ]
    sources = tuple(dict.fromkeys([SOURCE, *(s for row in made for s in row["sources"])]))
    paper = sum(row["verdict"] == "kept on paper" for row in told)
    verb = "is" if len(broken) == 1 else "are"
    title = f"{len(broken)} of {plural(len(told), 'promise')} to customers {verb} broken"
    if paper:
        title += f", and {plural(paper, 'more is', 'more are')} kept on paper alone"
    if not broken and not paper:
        title = f"All {plural(len(told), 'promise')} to customers are kept, as the sheet says"
    found = [
        say(
            "promises.kept",
            title,
            detail=f"As measured, {listing(said)}." if said else "No table times them; the sheet's word stands alone.",
            value=len(broken),
            unit="count",
            n=len(told),
            sources=sources,
            tone="bad" if broken or paper else "neutral",
        )
    ]
    if broken:
        found.append(_widest(broken[0]))
    found += [_disagree(row) for row in made if row["sheet"] == "contradicted"][:2]
    return found


def _widest(row: Row) -> Finding:
    by = f"{short(row['promised_by'], 30)} promises, {short(row['delivered_by'], 30)} delivers"
    between = f": {by}" if row["promised_by"] and row["delivered_by"] else ""
    reach = f" and touched {row['contacts']:,} contacts" if row["contacts"] else ""
    delivered = row["delivered"] if row["delivered"] is not None else row["measured"]
    got, due = amount(delivered, row["unit"]), amount(row["promised"], row["unit"])
    unit = due.partition(" ")[2]
    has = f"{got.removesuffix(f' {unit}') if unit else got} instead of {due}"
    share = (
        f"It is kept for {quantity(row['within'], 'ratio')} of {row['n']:,} cases; "
        f"{row['measured_what']}: {amount(row['measured'], None)}. "
        if row["within"] is not None
        else f"Not measured: {row['why_not']}. "
    )
    customers = f"{row['customers']:,} customers met the moment in {row['period']}." if row["customers"] else ""
    interval = row["within_low"] is not None
    return say(
        "promises.widest",
        f"“{short(row['promise'], 70)}” is {has}{reach}{between}",
        detail=f"{share}{customers}".strip(),
        value=row["within"] if row["within"] is not None else row["relative"],
        unit="ratio",
        low=row["within_low"] if interval else None,
        high=row["within_high"] if interval else None,
        about="the share served within the promised time, open cases counted as waiting"
        if row["within"] is not None
        else "the gap as a share of the promise, as the sheet says",
        n=row["n"],
        period=row["period"] or "",
        sources=tuple(dict.fromkeys([SOURCE, *row["sources"], *(["tickets"] if row["contacts"] else [])])),
        subject=row["promise_id"],
        tone="bad",
    )


def _disagree(row: Row) -> Finding:
    values = [amount(row[c], None) for c in ("measured_low", "measured_high")]
    return say(
        "promises.disagree",
        f"“{short(row['promise'], 70)}” takes {amount(row['measured'], row['unit'])} in the data ({values[0]} to "
        f"{values[1]}); the sheet says {amount(row['delivered'], row['unit'])}",
        detail=f"Measured is the {row['measured_what']}; the mean does not agree with the sheet either. The promise of "
        f"{amount(row['promised'], row['unit'])} is kept for {quantity(row['within'], 'probability')} of "
        f"{row['n']:,} cases.",
        value=row["measured"],
        unit="none",
        low=row["measured_low"],
        high=row["measured_high"],
        about=f"the underlying median, {row['unit']}",
        n=row["n"],
        period=row["period"] or "",
        sources=tuple(dict.fromkeys([SOURCE, *row["sources"]])),
        subject=row["promise_id"],
        tone="bad",
    )
