"""The taxonomy: what customers write and ask for, by transparent rules, and how far those rules can be trusted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import pandas as pd

from cxkit.instrument import taxonomy_counts as counts
from cxkit.instrument import taxonomy_model as model
from cxkit.instrument import taxonomy_quotes as quoting
from cxkit.instrument import taxonomy_sentences as says
from cxkit.instrument.taxonomy_coded import FRAMES, agreements, agreements_by_code, units
from cxkit.instrument.taxonomy_codes import CARRIED, CodeFrame
from cxkit.instrument.taxonomy_match import REASONS, reasoned, themed
from cxkit.instrument.taxonomy_model import Judged
from cxkit.instrument.taxonomy_terms import RECENT_MONTHS, new_terms
from cxkit.metrics.windows import Window, recent, seen, window_to
from cxkit.records import Finding, Gap, Missing, Result
from cxkit.tables.engine import Tables

ORDER = ("coverage", "loudest", "new_term", "reasons", "agreement", "model", "frames", "masking")


class Taxonomy(Result):
    """Themes of what customers write and reasons of their tickets, by the rules of a code frame.

    Tables:

    - ``themes``: theme, name, parent, answers, customers, share (low, high) of answers with words, unhappy,
      unhappy_share (low, high) of unhappy answers, metric, score (score_low, score_high), before and change (low, high)
      on the window before, contacts (answers that follow a ticket), model_share (only where the model is used)
    - ``months``: theme, month, answers, written
    - ``reasons``: code, name, parent, tickets, customers, share (low, high), before, change (low, high)
    - ``unmapped``: reason, how (unknown, split, dropped), tickets, share, first, last: reasons without a code
    - ``new_terms``: term, also, now, before (customers), rate, rate_before, p, p_adjusted (Holm), new, theme, quote,
      name (of the theme)
    - ``agreement``: pair, n, agreed, kappa (low, high), alpha (low, high), verdict; ``by_code``: the same per code
    - ``frames``: source, version, first, last, rows, kept, moved, merged, split, unknown, comparable
    - ``breaks``: source, code, to, rows: codes that were split, where a series cannot be carried on
    - ``quotes``: theme, quote (masked), metric, score, month, name (of the theme); none of a theme under five answers
    - ``masking``: what (found, planted), kind, shape, n, hits, share (low, high)
    - ``terms``: theme, name, term: what the rules look for
    """

    stage: ClassVar[str] = "instrument"
    name: ClassVar[str] = "taxonomy"

    frame_version: str = ""
    period: str = ""
    recent: str = ""
    """The months compared with those before them for new terms."""
    model: Judged = Judged()


@dataclass
class _Said:
    """What has been found so far."""

    findings: list[Finding] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    held: dict[str, pd.DataFrame] = field(default_factory=dict)


def taxonomy(tables: Tables, *, frame: CodeFrame, window_months: int = 12, seed: int = 1) -> Taxonomy:
    """Read verbatims and ticket reasons by the frame's rules over the last complete months.

    `frame` is the client's code frame (`code_frame`). `seed` decides the folds of the model and the planted values of
    the masking trial; nothing else is random.
    """
    said = _Said()
    state: dict[str, object] = {}
    window = _window(tables, "surveys", "answered_date", window_months, "verbatim IS NOT NULL")
    lacks = tables.lacking({"surveys": ("response_id", "metric", "score", "answered", "verbatim")})
    if lacks or window is None:
        reason = "No answers in the customers' own words were supplied." if lacks else says.NO_MONTH
        said.gaps += [says.gap(id, reason, lacks) for id in says.OF_WORDS]
    else:
        state = _words(tables, frame, window, seed, said)
    _reasons(tables, frame, window_months, said)
    _frames(tables, said)
    label = window.label if window and not lacks else ""
    return Taxonomy(
        as_of=tables.as_of,
        frame_version=frame.version,
        period=label,
        findings=tuple(sorted(said.findings, key=lambda f: ORDER.index(f.id.rsplit(".", 1)[1]))),
        gaps=tuple(said.gaps),
        tables={name: table for name, table in said.held.items() if len(table)},
        **state,
    )


def _window(tables: Tables, table: str, column: str, months: int, where: str = "true") -> Window | None:
    if isinstance(tables[table], Missing) or (where != "true" and "verbatim" not in tables.supplied(table)):
        return None
    span, window = seen(tables, table, column, where), recent(tables, table, column, months, where)
    return None if span is None or window is None else Window(first=max(span.first, window.first), last=window.last)


def _words(tables: Tables, frame: CodeFrame, window: Window, seed: int, said: _Said) -> dict[str, object]:
    """Everything that is read from verbatims."""
    late = window_to(window.last, RECENT_MONTHS)
    names = {c.code: c.name for c in frame.themes}
    state: dict[str, object] = {"recent": late.label}
    with themed(tables, frame, "true"):
        under, _, n = counts.all_answers(tables, window)
        metric = counts.main_metric(tables, window)
        themes = counts.theme_rows(tables, frame.themes, window, metric)
        coded, versions = units(tables, frame)
        said.held["frames"], said.held["breaks"] = versions, _breaks(tables, frame)
        if coded:
            fitted = model.fit(coded, seed=seed)
            said.held["agreement"] = agreements(coded, fitted.themes)
            said.held["by_code"] = agreements_by_code(coded, frame)
            said.findings += says.agreement(said.held["agreement"], said.held["by_code"], window.label)
            state["model"] = fitted.judged
            said.findings += says.model(fitted.judged)
            said.gaps += says.model_gap(fitted.judged)
            if fitted.judged.used:
                themes = themes.merge(model.shares(tables, fitted, window), on="theme", how="left")
        else:
            said.gaps += says.agreement_gaps(tables)
        said.held["themes"], said.held["months"] = themes, counts.by_month(tables, window)
        said.findings += says.coverage(under, n, window.label)
        said.findings += says.loudest(themes, n, window.label)
        if len(window) > RECENT_MONTHS:
            terms, looked = new_terms(tables, window, late)
            fresh = [str(t) for t in terms.loc[terms["new"].astype(bool), "term"]]
            heard = quoting.term_quotes(tables, fresh, late) if fresh else {}
            said.held["new_terms"] = terms.assign(
                quote=[heard.get(str(t), "") for t in terms["term"]],
                name=[names.get(str(c), "") for c in terms["theme"]],
            )
            said.findings += says.new_term(said.held["new_terms"], looked, late.label)
        else:
            said.gaps.append(says.gap("new_term", f"Fewer than {RECENT_MONTHS + 1} months of answers were supplied."))
        quotes = quoting.quotes(tables, window, metric)
        said.held["quotes"] = quotes.assign(name=[names.get(str(c), str(c)) for c in quotes["theme"]])
        said.held["masking"] = quoting.masking(tables, window, seed=seed)
        said.findings += says.masking(said.held["masking"], window.label)
    rows = [(c.code, c.name, t) for c in frame.themes for t in c.terms]
    said.held["terms"] = pd.DataFrame(rows, columns=["theme", "name", "term"])
    return state


def _reasons(tables: Tables, frame: CodeFrame, months: int, said: _Said) -> None:
    """Ticket reasons, brought to codes."""
    lacks = tables.lacking({"tickets": ("ticket_id", "opened", "reason")})
    window = None if lacks else _window(tables, "tickets", "opened_date", months)
    if window is None:
        reason = "The tickets do not say what they were about." if lacks else says.NO_MONTH
        said.gaps.append(says.gap("reasons", reason, lacks))
        return
    with reasoned(tables, frame, "tickets"):
        rows, unmapped, n = counts.reason_rows(tables, frame.reasons, window)
        ways = tables.frame(f"""
            SELECT CASE WHEN r.how IN ('moved', 'merged', 'split', 'unknown') THEN r.how WHEN r.how = 'dropped'
              THEN 'unknown' ELSE 'kept' END AS how, count(*) AS n, strftime(min(t.opened_date), '%Y-%m') AS first,
              strftime(max(t.opened_date), '%Y-%m') AS last
            FROM tickets t JOIN {REASONS} r ON r.reason = t.reason WHERE {window.holds("opened_date")}
            GROUP BY 1 ORDER BY 1
        """)
    if not n:
        said.gaps.append(says.gap("reasons", "No ticket of the window has a reason."))
        return
    said.held["reasons"], said.held["unmapped"] = rows, unmapped
    said.findings += says.reasons(rows, unmapped, n, window.label)
    seen_ways = {str(h): int(c) for h, c in zip(ways["how"], ways["n"], strict=True)}
    row: dict[str, object] = {h: seen_ways.get(h, 0) for h in ("kept", "moved", "merged", "split", "unknown")}
    row |= {
        "source": "tickets",
        "version": "not said",
        "rows": n,
        "first": ways["first"].min(),
        "last": ways["last"].max(),
    }
    row["comparable"] = sum(seen_ways.get(h, 0) for h in CARRIED) / n
    said.held["frames"] = pd.concat(
        [said.held.get("frames", pd.DataFrame(columns=FRAMES)), pd.DataFrame([row], columns=FRAMES)], ignore_index=True
    )


def _breaks(tables: Tables, frame: CodeFrame) -> pd.DataFrame:
    """Codings in codes that were split, with the codes they may have become."""
    columns = ["source", "code", "to", "rows"]
    if isinstance(tables.require("codings", "code"), Missing):
        return pd.DataFrame(columns=columns)
    rows = tables.frame("SELECT code, count(*) AS n FROM codings WHERE code IS NOT NULL GROUP BY 1 ORDER BY 1")
    out = []
    for code, n in zip(rows["code"], rows["n"], strict=True):
        led = frame.lead(str(code).strip())
        if led.how == "split":
            out.append(("codings", str(code), ", ".join(led.to), int(n)))
    return pd.DataFrame(out, columns=columns)


def _frames(tables: Tables, said: _Said) -> None:
    """Versions of the code frame that systems and codings say they use."""
    used: dict[str, str] = {}
    if not isinstance(tables.require("systems", "system_id", "taxonomy"), Missing):
        rows = tables.frame(
            "SELECT coalesce(system, system_id) AS system, min(taxonomy) AS taxonomy FROM systems "
            "WHERE taxonomy IS NOT NULL GROUP BY 1 ORDER BY 1"
        )
        used = {str(s): str(v) for s, v in zip(rows["system"], rows["taxonomy"], strict=True)}
    frames = said.held.get("frames", pd.DataFrame(columns=FRAMES))
    told = frames[frames["version"] != "not said"] if len(frames) else frames
    if not used and not len(told):
        said.gaps.append(says.gap("frames", "Nobody has written down which version of the code frame is used where.",
                             tables.lacking({"systems": ("taxonomy",), "codings": ("frame",)})))  # fmt: skip
        return
    extra = pd.DataFrame([{"source": s, "version": v} for s, v in used.items()], columns=FRAMES)
    said.held["frames"] = pd.concat([f.dropna(axis=1, how="all") for f in (frames, extra) if len(f)], ignore_index=True)
    said.held["frames"] = said.held["frames"].reindex(columns=FRAMES)
    said.findings += says.frames(said.held["frames"], said.held.get("breaks", pd.DataFrame()), str(tables.as_of))
