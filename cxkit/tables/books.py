"""Does it tie to the books: revenue, orders and serving cost by month against the client's own P&L.

The verdict rests on the sum over months of the absolute difference, divided by the books' sum, so that an excess in
one month does not pay for a hole in another. Only months inside the period that both sides cover are compared.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import pandas as pd

from cxkit.formats import listing, money, quantity
from cxkit.records import Finding, Gap, Missing, Record, Result
from cxkit.tables import currencies
from cxkit.tables.cut import text_literal
from cxkit.tables.engine import Tables

COLUMNS = ["series", "month", "tables", "books", "difference", "share", "ties"]
Verdict = Literal["ties", "does not tie", "cannot tell"]


class Series(Record):
    """One figure that both the client's tables and the P&L know."""

    id: str
    what: str
    table: str
    month: str
    """SQL: the month of a row."""
    month_column: str
    amount: str
    where: str = "true"
    kinds: tuple[str, ...]
    """Kinds of P&L lines it should equal."""


SERIES = (
    Series(
        id="revenue",
        what="Recurring revenue",
        table="revenue",
        month='"month"',
        month_column="month",
        amount="mrr",
        kinds=("recurring_revenue",),
    ),
    Series(
        id="orders",
        what="Order value",
        table="orders",
        month="CAST(date_trunc('month', \"ordered_date\") AS DATE)",
        month_column="ordered",
        amount="amount",
        where='"returned" IS NULL',
        kinds=("recurring_revenue", "other_revenue"),
    ),
    Series(
        id="service_cost",
        what="Cost to serve",
        table="costs",
        month='"month"',
        month_column="month",
        amount="amount",
        where='coalesce("serves", true)',
        kinds=("service_cost",),
    ),
)


class Tie(Record):
    """The verdict on one series."""

    series: str
    verdict: Verdict
    why: str = ""
    months: int = 0
    share: float | None = None
    """Sum of absolute monthly differences over the books' sum; a ratio."""


class BooksTie(Result):
    """How far the tables agree with the P&L.

    Table `books`: series, month (``2026-10``), tables, books, difference (tables − books), share, ties.
    """

    stage: ClassVar[str] = "data"
    name: ClassVar[str] = "books"

    tolerance: float
    """Ratio up to which the months may differ in sum."""
    series: tuple[Tie, ...] = ()

    @property
    def provisional(self) -> tuple[str, ...]:
        """Tables whose figures differ from the books beyond tolerance: findings that rest on them are provisional."""
        return tuple(s.table for s in SERIES for t in self.series if t.series == s.id and t.verdict == "does not tie")


def tie(tables: Tables, tolerance: float = 0.02) -> BooksTie:
    """Hold revenue, orders and serving cost against `pnl`, month by month.

    `tolerance` is a ratio: 0.02 lets the months differ by 2 % of the books in sum. Amounts in other currencies are
    converted with the month's rate from `fx`; without one the series cannot be told.
    """
    ties: list[Tie] = []
    findings: list[Finding] = []
    gaps: list[Gap] = []
    frames: list[pd.DataFrame] = []
    for series in SERIES:
        if series.id == "orders" and "revenue" in tables.present:
            continue
        if not tables.lacking({series.table: (series.month_column, series.amount)}):
            verdict, frame = compare(tables, series, tolerance)
            ties.append(verdict)
            frames.append(frame)
            if verdict.verdict == "cannot tell":
                gaps.append(gap(series, verdict))
            else:
                findings.append(finding(tables, series, verdict, frame, tolerance))
    table = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLUMNS)
    return BooksTie(
        as_of=tables.as_of,
        tolerance=tolerance,
        series=tuple(ties),
        findings=tuple(findings),
        gaps=tuple(gaps),
        tables={"books": table},
    )


def compare(tables: Tables, series: Series, tolerance: float) -> tuple[Tie, pd.DataFrame]:
    """The two sides of one series by month, and the verdict."""
    empty = pd.DataFrame(columns=COLUMNS)
    if tables.lacking({"pnl": ("month", "kind", "amount")}):
        why = "there is no profit and loss account to compare with"
        return Tie(series=series.id, verdict="cannot tell", why=why), empty
    for name, when in ((series.table, series.month), ("pnl", '"month"')):
        unrated = currencies.without_rate(tables, name, when)
        if unrated:
            why = f"{name} has amounts in {listing(unrated)} without a rate in fx"
            return Tie(series=series.id, verdict="cannot tell", why=why), empty
    kinds = ", ".join(text_literal(k) for k in series.kinds)
    ours = currencies.monthly(tables, series.table, series.month, series.amount, series.where)
    theirs = currencies.monthly(tables, "pnl", '"month"', "amount", f'"kind" IN ({kinds})')
    query = f"""
        WITH ours AS ({ours}), theirs AS ({theirs}),
        span AS (SELECT greatest((SELECT min(month) FROM ours), (SELECT min(month) FROM theirs)) AS first,
                        least((SELECT max(month) FROM ours), (SELECT max(month) FROM theirs)) AS last)
        SELECT strftime(month, '%Y-%m') AS month,
               coalesce(ours.amount, 0) AS tables, coalesce(theirs.amount, 0) AS books
        FROM ours FULL JOIN theirs USING (month), span WHERE month BETWEEN first AND last ORDER BY month"""
    frame = tables.frame(query)
    if frame.empty or not frame["books"].abs().sum():
        lines = listing([k.replace("_", " ") for k in series.kinds])
        why = f"the profit and loss account has no {lines} in the same months"
        return Tie(series=series.id, verdict="cannot tell", why=why), empty
    frame.insert(0, "series", series.id)
    frame["difference"] = frame["tables"] - frame["books"]
    frame["share"] = frame["difference"] / frame["books"].where(frame["books"] != 0)
    frame["ties"] = frame["difference"].abs() <= tolerance * frame["books"].abs()
    share = float(frame["difference"].abs().sum() / frame["books"].abs().sum())
    verdict: Verdict = "ties" if share <= tolerance else "does not tie"
    return Tie(series=series.id, verdict=verdict, months=len(frame), share=share), frame


def finding(tables: Tables, series: Series, verdict: Tie, frame: pd.DataFrame, tolerance: float) -> Finding:
    """Word whether a series ties."""
    share = verdict.share or 0.0
    period = frame["month"].iloc[0] if len(frame) == 1 else f"{frame['month'].iloc[0]} to {frame['month'].iloc[-1]}"
    months = f"{verdict.months} month{'s' if verdict.months != 1 else ''}"
    ours, books = (money(float(frame[c].sum()), tables.currency) for c in ("tables", "books"))
    if verdict.verdict == "ties":
        title = f"{series.what} ties to the books within {quantity(share, 'ratio')} over {months}"
        detail = f"{ours} in {series.table}, {books} in the profit and loss account."
    else:
        title = f"{series.what} does not tie to the books: it differs by {quantity(share, 'ratio')} over {months}"
        worst = frame.iloc[int(frame["difference"].abs().to_numpy().argmax())]
        detail = (
            f"{ours} in {series.table}, {books} in the profit and loss account; the largest gap is "
            f"{money(float(worst['difference']), tables.currency, signed=True)} in {worst['month']}. "
            f"The tolerance is {quantity(tolerance, 'ratio')}: findings that rest on {series.table} are provisional."
        )
    return Finding(
        id=f"data.books.{series.id}",
        stage="data",
        title=title,
        detail=detail,
        value=share,
        unit="ratio",
        period=period,
        n=verdict.months,
        sources=(series.table, "pnl"),
        tone="good" if verdict.verdict == "ties" else "bad",
        audience="board",
    )


def gap(series: Series, verdict: Tie) -> Gap:
    """Word a series that cannot be told."""
    needs: tuple[Missing, ...] = (Missing(name="pnl", columns=("month", "kind", "amount")),)
    if "without a rate" in verdict.why:
        needs = (Missing(name="fx", columns=("month", "from_currency", "to_currency", "rate")),)
    return Gap(
        id=f"data.books.{series.id}",
        what=f"Whether {series.what[0].lower()}{series.what[1:]} ties to the books",
        reason=f"Cannot tell: {verdict.why}.",
        needs=needs,
    )
