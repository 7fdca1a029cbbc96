"""What the error of stitching costs: the same figures, counted again under other plausible crosswalks.

Who is who is known with a probability only. Each plausible crosswalk draws every uncertain pair as one person with its
probability (certain ones always), and the figures are counted again by the methods that the rest of the report uses.
The band is about this uncertainty alone; that of a sample comes on top.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pyarrow as pa

from cxkit.formats import interval, money, quantity
from cxkit.instrument.attribution import bridge_of
from cxkit.instrument.identity import Identity, clusters_at
from cxkit.instrument.identity_clusters import joined
from cxkit.metrics import retention, service
from cxkit.metrics.contact_cost import contact_cost
from cxkit.metrics.crosswalk import accounts_of, customers_of, stitched
from cxkit.metrics.recontact import recontacts
from cxkit.metrics.windows import Window, recent
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.tables.engine import Tables

DRAWS = 16
STRICT, LENIENT = 0.99, 0.5
YEAR = 365.25
KINDS: Mapping[str, tuple[str, str]] = {
    "grr": ("Gross revenue retention", "ratio"),
    "recontact": ("Repeat contacts", "ratio"),
    "contacts": ("Contacts traced to a customer", "ratio"),
    "feedback": ("Feedback traced to a customer", "ratio"),
}


class Linkage(Result):
    """How much the figures depend on who is taken for whom.

    Tables: ``figures`` (figure, label, unit, without: no stitching, chosen: the crosswalk of the report, strict: .99,
    lenient: .5, low, high: least and most over the draws and both of these, money_low, money_high: what that is a year
    against the chosen one, base: the money a whole share stands for) and ``draws`` (draw, entities, then one
    column per figure).
    """

    stage: ClassVar[str] = "instrument"
    name: ClassVar[str] = "linkage"

    currency: str = ""
    period: str = ""


def linkage(
    tables: Tables, identity: Identity, *, window_months: int = 12, fcr_window_days: int = 7, seed: int = 1
) -> Linkage:
    """Gross retention, recontact and attribution under the crosswalk of `identity` and others as plausible.

    Retention joins accounts that share a person into one customer; recontact and attribution give contacts
    and answers without an account that of their person.
    """
    if not identity.has("crosswalk"):
        reason = "Without people of several systems nothing is joined."
        return _nothing(tables, reason, (Missing(name="people", columns=("system", "person_id", "email")),))
    if not {"account_id"} <= tables.supplied("people"):
        return _nothing(tables, "People carry no account.", (Missing(name="people", columns=("account_id",)),))
    window = recent(tables, "revenue", "month", window_months)
    count = _counter(tables, window, window_months, fcr_window_days)
    with_none = count(None)
    if not with_none:
        needs = (Missing(name="revenue"), Missing(name="tickets"))
        return _nothing(tables, "There is neither revenue nor contacts to count again.", needs)
    chosen = count(_arrow(identity.frame("crosswalk")))
    ends = {name: count(_arrow(clusters_at(identity, at))) for name, at in (("strict", STRICT), ("lenient", LENIENT))}
    rows = []
    for number, crosswalk in enumerate(_drawn(identity, seed), 1):
        entities = len(set(crosswalk.column("entity").to_pylist()))
        rows.append({"draw": number, "entities": entities, **count(crosswalk)})
    draws = pd.DataFrame(rows)
    base = _bases(tables, window, window_months, fcr_window_days)
    figures = pd.DataFrame(
        [_figure(name, with_none, chosen, ends, drawn=draws[name], base=base.get(name)) for name in with_none]
    )
    findings = tuple(_finding(tables, row, identity, window) for row in figures.to_dict("records"))
    return Linkage(
        as_of=tables.as_of,
        currency=tables.currency,
        period=window.label if window else "",
        findings=findings,
        tables={"figures": figures, "draws": draws},
    )


def counting_under(
    tables: Tables, *, window_months: int = 12, fcr_window_days: int = 7
) -> Callable[[pd.DataFrame], tuple[Finding, ...]]:
    """A function of a crosswalk: what it changes against none in recontact, contacts and feedback of known customers.

    A crosswalk has system, person_id and entity. For a panel that moves the threshold: what does not hang on the
    crosswalk is counted once. The report's own figures, with their band, are those of `linkage`.
    """
    window = recent(tables, "revenue", "month", window_months)
    count = _counter(tables, window, window_months, fcr_window_days)

    @cache
    def beside() -> tuple[dict[str, float], dict[str, float]]:
        return count(None), _bases(tables, window, window_months, fcr_window_days)

    def counted(crosswalk: pd.DataFrame) -> tuple[Finding, ...]:
        if not {"account_id"} <= tables.supplied("people"):
            return ()
        without, base = beside()
        made = []
        for name, chosen in count(_arrow(crosswalk)).items():
            title = _compared(tables, KINDS[name][0], chosen, without[name], base.get(name, 0.0))
            made.append(
                Finding(
                    id=f"instrument.linkage.{name}",
                    stage="instrument",
                    title=title,
                    value=chosen,
                    unit="ratio",
                    about="this crosswalk alone",
                    grade="D",
                    sources=("people",),
                )
            )
        return tuple(made)

    return counted


def _compared(tables: Tables, label: str, chosen: float, without: float, base: float) -> str:
    """A figure with people stitched and without, as a title."""
    said, was = quantity(chosen, "ratio"), quantity(without, "ratio")
    if said == was:
        return f"{label}: {said} whether each person's records are joined or not"
    moved = abs(chosen - without) * base
    more = f", a difference of {money(moved, tables.currency)} a year" if moved >= 1 else ""
    return f"{label}: {said} with each person's records joined, {was} without{more}"


def _nothing(tables: Tables, reason: str, needs: tuple[Missing, ...]) -> Linkage:
    gap = Gap(id="instrument.linkage.cost", what="What it costs to join records wrongly", reason=reason, needs=needs)
    return Linkage(as_of=tables.as_of, gaps=(gap,))


def _arrow(crosswalk: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(crosswalk[["system", "person_id", "entity"]], preserve_index=False)


def _drawn(identity: Identity, seed: int) -> list[pa.Table]:
    """Plausible crosswalks; a pair is drawn with the same number under every threshold and machine."""
    frame = identity.frame("crosswalk")
    pairs = identity.frame("pairs")
    number = pd.Series(np.arange(len(frame)), index=pd.MultiIndex.from_frame(frame[["system", "person_id"]]))
    left, right = (
        number.reindex(pd.MultiIndex.from_frame(pairs[[f"{s}_system", f"{s}_id"]])).to_numpy(dtype=np.int64)
        for s in ("left", "right")
    )
    extra: tuple[Any, Any] = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    if identity.has("cores"):
        cores = identity.frame("cores")
        at = number.reindex(pd.MultiIndex.from_frame(cores[["system", "person_id"]])).to_numpy(dtype=np.int64)
        extra = (pd.Series(at).groupby(cores["core"]).transform("min").to_numpy(dtype=np.int64), at)
    certain = (pairs["kind"] == "exact").to_numpy()
    chance = pairs["probability"].to_numpy(dtype=float)
    names = (frame["system"] + ":" + frame["person_id"]).to_numpy()
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(DRAWS):
        linked = certain | (rng.random(len(chance)) < chance)
        ends = [np.concatenate([part[linked], more]) for part, more in zip((left, right), extra, strict=True)]
        made.append(_arrow(frame.assign(entity=names[joined(len(frame), ends[0], ends[1])])))
    return made


def _counter(
    tables: Tables, window: Window | None, months: int, days: int
) -> Callable[[pa.Table | None], dict[str, float]]:
    """A function that counts every figure the client's tables allow, under a crosswalk or none."""

    seen: dict[str, dict[str, float]] = {}

    def once(maps: tuple[pa.Table, ...], work: Callable[[Tables], dict[str, float]]) -> dict[str, float]:
        """Count under these maps, unless they have been counted under: most crosswalks differ where nothing hangs."""
        key = work.__name__ + _digest(maps)
        if key not in seen:
            with stitched(tables, *maps) as other:
                seen[key] = work(other)
        return seen[key]

    def kept(other: Tables) -> dict[str, float]:
        return _retained(other, window)

    def asked(other: Tables) -> dict[str, float]:
        return _contacts(other, months, days)

    def count(crosswalk: pa.Table | None) -> dict[str, float]:
        if crosswalk is None:
            return {**kept(tables), **asked(tables)}
        known = accounts_of(tables, crosswalk)
        nobody = known.slice(0, 0)
        return {**once((nobody, customers_of(tables, crosswalk)), kept), **once((known,), asked)}

    return count


def _digest(maps: tuple[pa.Table, ...]) -> str:
    digest = hashlib.sha256()
    for table in maps:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table.combine_chunks())
        digest.update(sink.getvalue())
    return digest.hexdigest()


def _retained(tables: Tables, window: Window | None) -> dict[str, float]:
    rows = retention.bridge(tables, window) if window else None
    if rows is None or isinstance(rows, Missing) or not float(rows["start"].sum()) > 0:
        return {}
    return {"grr": float(rows["kept"].sum()) / float(rows["start"].sum())}


def _contacts(tables: Tables, months: int, days: int) -> dict[str, float]:
    found: dict[str, float] = {}
    span = service.ticket_window(tables, months) if "tickets" in tables.present else None
    if span and service.settled(tables) and "account_id" in tables.supplied("tickets"):
        rows = recontacts(tables, span, [days])
        if len(rows) and int(rows["n"].iloc[0]):
            found["recontact"] = float(rows["recontact"].iloc[0])
    for kind in ("contacts", "feedback"):
        made = bridge_of(tables, kind, months)
        if not isinstance(made, Gap):
            share = made[0].set_index("step")["share"]
            found[kind] = float(share["attributed"] + share["no moment"])
    return found


def _bases(tables: Tables, window: Window | None, months: int, days: int) -> dict[str, float]:
    """What a whole share is in money a year: opening revenue × 12, and all contacts judged × cost of one."""
    found = {}
    money_in = retention.bridge(tables, window) if window else None
    if isinstance(money_in, pd.DataFrame):
        found["grr"] = 12 * float(money_in["start"].sum())
    span = service.ticket_window(tables, months) if "tickets" in tables.present else None
    each = contact_cost(tables, span) if span else None
    if span and each is not None and service.settled(tables) and "account_id" in tables.supplied("tickets"):
        rows = recontacts(tables, span, [days])
        if len(rows) and float(rows["cohort_days"].iloc[0]) > 0:
            found["recontact"] = each * int(rows["n"].iloc[0]) / float(rows["cohort_days"].iloc[0]) * YEAR
    return found


def _figure(
    name: str,
    plain: Mapping[str, float],
    chosen_by: Mapping[str, float],
    ends: Mapping[str, Mapping[str, float]],
    *,
    drawn: pd.Series,
    base: float | None,
) -> dict[str, object]:
    without, chosen = plain[name], chosen_by[name]
    seen = [*drawn.tolist(), chosen, ends["strict"][name], ends["lenient"][name]]
    low, high = min(seen), max(seen)
    return {
        "figure": name,
        "label": KINDS[name][0],
        "unit": KINDS[name][1],
        "without": without,
        "chosen": chosen,
        "strict": ends["strict"][name],
        "lenient": ends["lenient"][name],
        "low": low,
        "high": high,
        "base": base,
        "money_low": None if base is None else (low - chosen) * base,
        "money_high": None if base is None else (high - chosen) * base,
    }


def _finding(tables: Tables, row: Mapping[Any, Any], identity: Identity, window: Window | None) -> Finding:
    name, low, high = str(row["figure"]), float(row["low"]), float(row["high"])
    chosen, without = float(row["chosen"]), float(row["without"])
    base = float(row["base"]) if row["base"] is not None and pd.notna(row["base"]) else 0.0
    open_ = (high - low) * base
    title = _compared(tables, str(row["label"]), chosen, without, base)
    apart = quantity(low, "ratio") != quantity(high, "ratio")
    detail = f"Joined in {DRAWS} other ways as plausible, and from a probability of {LENIENT:g} to {STRICT:g}, it is "
    detail += f"{interval(low, high, 'ratio')}" if apart else "the same"
    detail += (
        f", so that doubt about who is who leaves {money(open_, tables.currency)} a year open."
        if apart and open_ >= 1
        else "."
    )
    if name == "grr":
        detail += " Accounts that share a person count as one customer here; elsewhere in the report each stands alone."
    source = {"grr": ("people", "revenue"), "feedback": ("people", "surveys")}.get(name, ("people", "tickets"))
    return Finding(
        id=f"instrument.linkage.{name}",
        stage="instrument",
        title=title,
        detail=detail,
        value=chosen,
        unit="ratio",
        about="the range over other ways of joining is no interval; sampling is not in it",
        n=identity.tables["crosswalk"].num_rows,
        period=window.label if window and name == "grr" else "",
        grade="D",
        sources=source,
        tone="neutral",
        weight=open_ if apart else 0.0,
    )
