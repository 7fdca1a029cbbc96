"""Which canonical tables one raw table could be, scored column by column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from rapidfuzz import fuzz

from cxkit.formats import listing
from cxkit.tables.catalogue import CONTRACTS, EXPORTED
from cxkit.tables.contract import Column, Contract
from cxkit.tables.evidence import Profile, fits, name_score, profiles
from cxkit.tables.mapping import ColumnMapping, Unpivot, plain_name
from cxkit.tables.problems import masked
from cxkit.tables.reading import Raw
from cxkit.tables.wordlists import state_of, value_of

ALIKE = 0.72
"""Score of a name below which a column is not taken for another."""
NEAR = 0.05
"""Two columns of the file whose scores differ by less are a tie; the canonical name itself always wins."""
WORDS = 200
"""Activities of a status log that are looked at; rarer ones count as work."""
SCORES = ("nps", "csat", "ces")


@dataclass
class Candidate:
    """One canonical table a raw table could be."""

    table: str
    score: float = 0.0
    reasons: tuple[str, ...] = ()
    columns: dict[str, ColumnMapping] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    ties: dict[str, tuple[tuple[str, ...], bool]] = field(default_factory=dict)
    """Canonical column → sources that are equally likely, and whether the table needs it."""
    unclear: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Canonical column → words of the client that no list knows."""
    unpivot: Unpivot | None = None
    lacks: tuple[str, ...] = ()


def candidates(con: duckdb.DuckDBPyConnection, raw: Raw) -> tuple[list[Candidate], str]:
    """Tables it could be, likeliest first, and the sentence that says why it is none when there are none."""
    found = profiles(con, raw)
    every = [_candidate(con, CONTRACTS[name], raw, found) for name in EXPORTED]
    fitting = sorted((c for c in every if not c.lacks), key=lambda c: (-c.score, c.table))
    nearest = max(every, key=lambda c: (len(c.columns) / (len(c.columns) + len(c.lacks)), c.score, c.table))
    headers = listing([masked(h) for h in raw.columns])
    if nearest.columns:
        why = f"with {headers} alone no canonical table can be made; nearest is {nearest.table}, which also needs "
        return fitting, why + listing(list(nearest.lacks) or ["more"])
    return fitting, f"its columns ({headers}) are like those of no canonical table"


def _file_score(contract: Contract, raw: Raw) -> tuple[float, str]:
    stem = plain_name(raw.sheet or Path(raw.file).stem).replace("_", " ")
    names = (contract.name, *contract.synonyms)
    best = max(names, key=lambda n: fuzz.token_set_ratio(stem, n.replace("_", " ")))
    score = fuzz.token_set_ratio(stem, best.replace("_", " ")) / 100
    return (score, f"the name is like {best}") if score >= 0.8 else (0.0, "")


def _candidate(con: duckdb.DuckDBPyConnection, contract: Contract, raw: Raw, found: Mapping[str, Profile]) -> Candidate:
    candidate = Candidate(contract.name)
    scored = _scored(contract, found)
    _wide(contract, found, candidate)
    used: set[str] = set(candidate.unpivot.columns) if candidate.unpivot else set()
    taken = set((candidate.unpivot.name_to, candidate.unpivot.value_to) if candidate.unpivot else ())
    order = sorted(scored, key=lambda s: (-s[0], s[1] not in contract.required, contract.names.index(s[1]), s[2]))
    for score, name, header, why in order:
        if header in used or name in taken or score < ALIKE:
            continue
        rivals = [h for s, n, h, _ in order if n == name and h != header and h not in used and score - s < NEAR]
        rivals = [h for h in rivals if score < 1.0 and max(s for s, _, x, _ in order if x == h) <= score]
        taken.add(name)
        if rivals:
            candidate.ties[name] = ((header, *rivals), name in contract.required)
            if name in contract.required:
                candidate.scores[name] = score
            continue
        used.add(header)
        candidate.scores[name], candidate.why[name] = score, why
        candidate.columns[name] = _with_values(contract, contract.column(name), header, found[header], candidate)
    _stated(con, contract, raw, candidate)
    given = {*candidate.columns, *candidate.ties, *taken}
    candidate.lacks = tuple(name for name in contract.required if name not in given)
    needed = [candidate.scores.get(name, 0.9) for name in contract.required]
    extra = len([n for n in candidate.columns if n not in contract.required])
    by_name, said = _file_score(contract, raw)
    candidate.score = 0.7 * sum(needed) / max(1, len(needed)) + 0.2 * by_name + 0.1 * min(1.0, extra / 4)
    has = f"it has {listing([n for n in contract.required if n in given], most=6)}"
    candidate.reasons = tuple(filter(None, (said, has, f"and {extra} more of its columns" if extra else "")))
    return candidate


def _scored(contract: Contract, found: Mapping[str, Profile]) -> list[tuple[float, str, str, str]]:
    """(score, canonical column, header, reason) of every pair whose values agree."""
    scored: list[tuple[float, str, str, str]] = []
    dated = [h for h, p in found.items() if p.date >= 0.95]
    for column in contract.columns:
        for header, seen in found.items():
            score, like = name_score(header, (column.name, *column.synonyms))
            right, why = fits(column, seen)
            if not right:
                continue
            reason = f"its name is {'much like' if score < 0.97 else 'known:'} {like.replace('_', ' ')}; {why}"
            if score < ALIKE and column.required and column.type in {"date", "timestamp"} and dated == [header]:
                score, reason = ALIKE, f"it is the one column of dates, {why}"
            if contract.key == (column.name,) and not seen.unique and seen.filled:
                score, reason = score - 0.4, f"{reason}, but values repeat"
            if column.allowed and seen.filled and not column.required and not _allowed(contract, column, seen):
                score -= 0.3
            scored.append((score, column.name, header, reason))
    return scored


def _allowed(contract: Contract, column: Column, seen: Profile) -> bool:
    known = {word.lower() for word in column.allowed}
    return all(v.lower() in known or value_of(contract.name, column.name, v) for v in seen.values)


def _with_values(contract: Contract, column: Column, header: str, seen: Profile, candidate: Candidate) -> ColumnMapping:
    """The column as it is, or with a value map where its words are not the canonical ones."""
    known = {word.lower().replace("_", " ") for word in column.allowed}
    foreign = [v for v in seen.values if v.lower().replace("_", " ").replace("-", " ") not in known]
    if not column.allowed or not foreign:
        return ColumnMapping(source=header)
    meant = {v: value_of(contract.name, column.name, v) for v in foreign}
    if unclear := tuple(v for v, value in meant.items() if not value):
        candidate.unclear[column.name] = unclear
    return ColumnMapping(source=header, values={v: value for v, value in meant.items() if value})


def _stated(con: duckdb.DuckDBPyConnection, contract: Contract, raw: Raw, candidate: Candidate) -> None:
    """A status log says in words what its clock needs as states."""
    if contract.name != "ticket_log" or "state" in candidate.columns or "activity" not in candidate.columns:
        return
    source = candidate.columns["activity"].source
    cell = f"trim({raw.columns[source]})"
    rows = con.execute(
        f"SELECT {cell} AS word FROM {raw.relation} WHERE {cell} <> '' GROUP BY 1 "
        f"ORDER BY count(*) DESC, 1 LIMIT {WORDS}"
    ).fetchall()
    states = {str(word): state_of(str(word)) for (word,) in rows}
    known = [f"{word} is {state}" for word, (state, said) in states.items() if said]
    if not known:
        return
    values = {word: state for word, (state, _) in states.items()}
    candidate.columns["state"] = ColumnMapping(source=source, values=values, other="work")
    candidate.scores["state"] = 0.9
    candidate.why["state"] = f"by its words: {listing(known, most=8)}; all else is work"


def _wide(contract: Contract, found: Mapping[str, Profile], candidate: Candidate) -> None:
    """A survey with one column per score becomes one score a row."""
    if contract.name != "surveys" or "metric" in {plain_name(h) for h in found}:
        return
    columns = {}
    for header, seen in found.items():
        word = plain_name(header).removesuffix("_score").removeprefix("score_")
        if word in SCORES and seen.number >= 0.95:
            columns[header] = word
    if columns:
        candidate.unpivot = Unpivot(columns=columns, name_to="metric", value_to="score")
