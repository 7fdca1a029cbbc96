"""What people coded: brought to today's frame by its bridges, held against each other, the rules and the model."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import pandas as pd

from cxkit.instrument.taxonomy_codes import CARRIED, CodeFrame
from cxkit.instrument.taxonomy_match import HITS, customer
from cxkit.instrument.taxonomy_text import folded_sql
from cxkit.metrics.agreement import Counts, cohen_kappa, crossed, krippendorff_alpha, share_agreed, verdict
from cxkit.metrics.estimates import MINIMUM_N, Estimate, t_quantile
from cxkit.records import Missing
from cxkit.tables.engine import Tables

NONE = "none"
"""What an answer under no theme is coded as."""
UNPLACED = frozenset({"", "none", "other", "unclear", "unclassified", "other.unclear"})
AGREEMENT = ["pair", "n", "agreed", "kappa", "kappa_low", "kappa_high", "alpha", "alpha_low", "alpha_high", "verdict"]
BY_CODE = ["pair", "code", "name", "n", "agreed", "kappa", "low", "high"]
FRAMES = ["source", "version", "first", "last", "rows", "kept", "moved", "merged", "split", "unknown", "comparable"]


@dataclass(frozen=True)
class Unit:
    """One answer that people coded."""

    id: str
    customer: str
    text: str
    """As written; never leaves this stage."""
    rule: str
    """The main theme the rules give it."""
    codes: Mapping[str, str] = field(default_factory=dict)
    """Coder → code of today's frame."""


def units(tables: Tables, frame: CodeFrame) -> tuple[list[Unit], pd.DataFrame]:
    """Coded answers in today's codes, and how each version's codes were brought there (columns `FRAMES`).

    Call it within `themed` over all answers. A code that was split, or that no bridge knows, is left out and counted.
    """
    if isinstance(tables.require("codings", "response_id", "coder", "code"), Missing):
        return [], pd.DataFrame(columns=FRAMES)
    rows = tables.frame(f"""
        WITH v AS (SELECT response_id, max(verbatim) AS raw,
                     min({customer(tables, "surveys", "response_id")}) AS customer, min(answered_date) AS day
              FROM surveys WHERE verbatim IS NOT NULL GROUP BY 1),
        t AS (SELECT response_id, raw, customer, day, ' ' || {folded_sql("raw")} || ' ' AS text FROM v)
        SELECT c.response_id, c.coder, c.code, coalesce(c.frame, '') AS version, t.raw, t.customer,
          strftime(t.day, '%Y-%m') AS month, coalesce(h.code, '{NONE}') AS rule
        FROM codings c JOIN t ON t.response_id = c.response_id
        LEFT JOIN (SELECT text, code FROM {HITS} WHERE main = 1) h ON h.text = t.text
        ORDER BY c.response_id, c.coder, c.code
    """)
    today = {c.code for c in frame.themes}
    led, how = [], []
    for code in rows["code"].fillna("").astype(str).str.strip():
        found = frame.lead(code)
        if code.casefold() in UNPLACED:
            led.append(NONE)
            how.append("kept")
        elif found.how in CARRIED and found.code in today:
            led.append(found.code)
            how.append(found.how)
        else:
            led.append("")
            how.append("split" if found.how == "split" else "unknown")
    rows["led"], rows["how"] = led, how
    made = []
    for (id, _), part in rows.groupby(["response_id", "customer"], sort=True):
        usable = part[part["led"] != ""]
        if len(usable):
            codes = dict(zip(usable["coder"].astype(str), usable["led"], strict=True))
            first = part.iloc[0]
            made.append(Unit(str(id), str(first["customer"]), str(first["raw"]), str(first["rule"]), codes))
    return made, _versions(rows)


def _versions(rows: pd.DataFrame) -> pd.DataFrame:
    out = []
    for version, part in rows.groupby("version", sort=True):
        counts = part["how"].value_counts()
        ways = {h: int(counts.get(h, 0)) for h in ("kept", "moved", "merged", "split", "unknown")}
        carried = sum(ways[h] for h in CARRIED)
        out.append(
            {
                "source": "codings", "version": str(version) or "not said", "first": part["month"].min(),
                "last": part["month"].max(), "rows": len(part), **ways, "comparable": carried / len(part),
            }
        )  # fmt: skip
    return pd.DataFrame(out, columns=FRAMES)


def pooled(pairs: Sequence[tuple[str, Sequence[str]]]) -> Estimate:
    """Kappa of one judgement per answer against one or more coders, each answer weighing one.

    The interval is the delete-one jackknife over answers, so that two codings of one answer are not two answers.

    >>> round(pooled([("a", ["a", "a"])] * 20 + [("b", ["b", "a"])] * 20).value, 2)
    0.5
    """
    tables = _tables(pairs)
    whole = tables.sum(axis=0)
    return _jackknife(len(pairs), lambda left: _kappa(whole, tables, left))


def better(one: Sequence[tuple[str, Sequence[str]]], other: Sequence[tuple[str, Sequence[str]]]) -> Estimate:
    """How much higher the kappa of `one` is than that of `other`, over the same answers in the same order."""
    a, b = _tables(one), _tables(other)
    all_a, all_b = a.sum(axis=0), b.sum(axis=0)
    return _jackknife(len(one), lambda left: _kappa(all_a, a, left) - _kappa(all_b, b, left), low=-2.0, high=2.0)


def _tables(pairs: Sequence[tuple[str, Sequence[str]]]) -> Counts:
    codes = sorted({c for left, right in pairs for c in (left, *right)})
    at = {c: i for i, c in enumerate(codes)}
    tables = np.zeros((len(pairs), len(codes), len(codes)))
    for row, (left, right) in enumerate(pairs):
        for code in right:
            tables[row, at[left], at[code]] += 1 / len(right)
    return tables


def _kappa(whole: Counts, tables: Counts, left: int | None) -> float:
    return cohen_kappa(whole if left is None else whole - tables[left], minimum=10**9).value or 0.0


def _jackknife(n: int, compute: Callable[[int | None], float], *, low: float = -1.0, high: float = 1.0) -> Estimate:
    if n == 0:
        return Estimate(why_none="no coded answers")
    value = compute(None)
    if n < MINIMUM_N:
        return Estimate(value=value, n=n, effective_n=n, why_none=f"{n} answers, fewer than {MINIMUM_N}")
    without = np.asarray([compute(row) for row in range(n)])
    half = t_quantile(n - 1) * math.sqrt((n - 1) / n * float(((without - without.mean()) ** 2).sum()))
    return Estimate(value=value, low=max(value - half, low), high=min(value + half, high), n=n, effective_n=n)


def agreements(coded: Sequence[Unit], model: Mapping[str, str] | None = None) -> pd.DataFrame:
    """One row per pair: coder–coder, rules–coders and, where `model` gives out-of-fold themes, model–coders."""
    out = []
    coders = sorted({c for u in coded for c in u.codes})
    for one, other in combinations(coders, 2):
        both = [u for u in coded if one in u.codes and other in u.codes]
        if not both:
            continue
        left, right = [u.codes[one] for u in both], [u.codes[other] for u in both]
        alpha = krippendorff_alpha(list(zip(left, right, strict=True)))
        row = _row(f"{one} – {other}", cohen_kappa(crossed(left, right)), len(both), share_agreed(left, right))
        out.append({**row, "alpha": alpha.value, "alpha_low": alpha.low, "alpha_high": alpha.high})
    if len(coders) > 2:
        every = krippendorff_alpha([[u.codes.get(c) for c in coders] for u in coded])
        row = _row("all coders", Estimate(), every.n, None)
        out.append({**row, "alpha": every.value, "alpha_low": every.low, "alpha_high": every.high})
        out[-1]["verdict"] = verdict(every.value)
    for name, given in (("rules – coders", {u.id: u.rule for u in coded}), ("model – coders", model)):
        if given and coded:
            pairs = [(given[u.id], list(u.codes.values())) for u in coded if u.id in given]
            agreed = sum(sum(c == left for c in right) / len(right) for left, right in pairs) / len(pairs)
            out.append(_row(name, pooled(pairs), len(pairs), agreed))
    return pd.DataFrame(out, columns=AGREEMENT)


def _row(pair: str, kappa: Estimate, n: int, agreed: float | None) -> dict[str, object]:
    return {
        "pair": pair, "n": n, "agreed": agreed, "kappa": kappa.value, "kappa_low": kappa.low, "kappa_high": kappa.high,
        "alpha": None, "alpha_low": None, "alpha_high": None, "verdict": verdict(kappa.value),
    }  # fmt: skip


def agreements_by_code(coded: Sequence[Unit], frame: CodeFrame) -> pd.DataFrame:
    """Per code that coders or rules used: is it given or not, coders against each other and against the rules."""
    names = {**frame.names(), NONE: "No theme"}
    coders = sorted({c for u in coded for c in u.codes})
    used = sorted({c for u in coded for c in (u.rule, *u.codes.values())})
    out = []
    for code in used:
        name = names.get(code, code)
        yes = lambda given, code=code: "yes" if given == code else "no"  # noqa: E731
        for one, other in list(combinations(coders, 2))[:3]:
            both = [u for u in coded if one in u.codes and other in u.codes]
            left, right = [yes(u.codes[one]) for u in both], [yes(u.codes[other]) for u in both]
            out.append(_by_code(f"{one} – {other}", code, name, cohen_kappa(crossed(left, right)), (left, right)))
        pairs = [(yes(u.rule), [yes(c) for c in u.codes.values()]) for u in coded]
        flat = [(left, r) for left, right in pairs for r in right]
        out.append(_by_code("rules – coders", code, name, pooled(pairs), ([a for a, _ in flat], [b for _, b in flat])))
    made = pd.DataFrame([row for row in out if row["n"]], columns=BY_CODE)
    return made.sort_values(["pair", "kappa", "code"], ascending=[False, True, True]).reset_index(drop=True)


def _by_code(
    pair: str, code: str, name: str, kappa: Estimate, said: tuple[Sequence[str], Sequence[str]]
) -> dict[str, object]:
    """Kappa of one code; below ten answers with it no interval."""
    either = [(a, b) for a, b in zip(*said, strict=True) if "yes" in (a, b)]
    n = len(either)
    enough = n >= 10
    agreed = sum(a == b for a, b in either) / len(either) if either else None
    if not all("yes" in side for side in said):
        kappa = Estimate(why_none="one of the two never gives it")
    low, high = (kappa.low, kappa.high) if enough else (None, None)
    return {
        "pair": pair, "code": code, "name": name, "n": n, "agreed": agreed, "kappa": kappa.value,
        "low": low, "high": high,
    }  # fmt: skip
