"""Reading a code frame: ours, and a client's on top; everything that is wrong is said at once.

`playbook/taxonomy.yml` ships; people write ``data/<client>/taxonomy.yml`` in the same words to add codes below ours,
add terms, rename labels, retire codes, map their own ticket reasons and bridge a frame that has changed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cxkit import errors
from cxkit.instrument.taxonomy_codes import Bridge, Bridged, Code, CodeFrame, EventStandard
from cxkit.instrument.taxonomy_text import folded, needle

__all__ = ["Bridge", "Bridged", "Code", "CodeFrame", "EventStandard", "code_frame", "problems_of"]

OURS = "playbook/taxonomy.yml"
CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+){1,2}")
OWN = "own."
"""What codes of a client's own begin with that fit under none of ours."""
KEYS = ("version", "reasons", "themes", "terms", "labels", "retired", "map", "bridges", "events", "sentiment")


def code_frame(
    shipped: Mapping[str, Any], extended: Mapping[str, Any] | None = None, *, where: str = OURS
) -> CodeFrame:
    """The frame of `shipped` with a client's file on top; `InputError` lists everything that is wrong with either.

    `where` is what the client's file is called in messages.

    >>> from cxkit import shipped
    >>> own = {"version": 1, "map": {"Bill query": "billing.question"}}
    >>> frame = code_frame(shipped.yaml("playbook/taxonomy.yml"), own)
    >>> frame.version, frame.reason_of("bill QUERY")
    ('1.1', 'billing.question')
    """
    made, problems = _read(shipped, None, OURS)
    if extended is not None and not problems:
        made, problems = _read(extended, made, where)
    if problems:
        raise errors.InputError(errors.all_problems(problems, what=where if extended is not None else OURS))
    return made


def problems_of(shipped: Mapping[str, Any], extended: Mapping[str, Any], *, where: str) -> list[str]:
    """Everything that is wrong with a client's file, one sentence each; empty when it is right."""
    return _read(extended, code_frame(shipped), where)[1]


def _read(given: Any, base: CodeFrame | None, where: str) -> tuple[CodeFrame, list[str]]:
    """One file as a frame (on top of `base`), and what is wrong with it."""
    empty = base or CodeFrame(version="")
    if not isinstance(given, Mapping):
        return empty, [f"{where} must hold lines like 'version: 1'; found {_kind(given)}."]
    problems = [errors.unknown_name("entry", str(k), KEYS, where=where) for k in given if k not in KEYS]
    version = given.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        problems.append(
            f"{where}, version: found {version!r}; it is a whole number from 1 on; raise it with each change."
        )
    tell = _Teller(where, problems)
    kinds: dict[str, list[Code]] = {"reasons": list(empty.reasons), "themes": list(empty.themes)}
    kinds = {kind: [*codes, *tell.codes(kind, given.get(kind), base)] for kind, codes in kinds.items()}
    retired = [str(c) for c in tell.listed("retired", given.get("retired"))]
    known = [c.code for codes in kinds.values() for c in codes]
    problems.extend(
        f"{where}, {c}: it stands here {n} times or is in the frame already; a code stands once."
        for c, n in sorted(Counter(known).items())
        if n > 1
    )
    problems.extend(errors.unknown_name("code", c, known, where=f"{where}, retired") for c in retired if c not in known)
    kinds = {kind: [c for c in codes if c.code not in retired] for kind, codes in kinds.items()}
    today = {c.code: c for codes in kinds.values() for c in codes}
    tell.changes(given, today)
    kinds = {kind: [today[c.code] for c in codes] for kind, codes in kinds.items()}
    for codes in kinds.values():
        problems += tell.shared(codes)
    bridges = (*empty.bridges, *tell.bridges(given.get("bridges")))
    problems += tell.bridged(bridges, set(today), retired)
    raw = dict(empty.reason_map)
    for reason, code in tell.mapped("map", given.get("map")).items():
        if code not in {c.code for c in kinds["reasons"]}:
            listed = [c.code for c in kinds["reasons"]]
            problems.append(errors.unknown_name("reason code", str(code), listed, where=f"{where}, map, {reason}"))
        else:
            raw[folded(reason)] = str(code)
    events = tell.events(given.get("events"), empty.events)
    sentiment = tuple(map(str, tell.listed("sentiment", given.get("sentiment")))) or empty.sentiment
    if problems:
        return empty, problems
    frame = CodeFrame(
        version=f"{base.version}.{version}" if base else str(version),
        reasons=tuple(kinds["reasons"]),
        themes=tuple(kinds["themes"]),
        bridges=bridges,
        reason_map=raw,
        events=events,
        sentiment=sentiment,
    )
    return frame, []


def _kind(value: object) -> str:
    return {"NoneType": "nothing", "str": "a text", "list": "a list", "dict": "a mapping"}.get(
        type(value).__name__, f"a {type(value).__name__}"
    )


class _Teller:
    """Reads parts of a file and words what is wrong with them."""

    def __init__(self, where: str, problems: list[str]) -> None:
        self.where = where
        self.problems = problems

    def say(self, entry: str, found: object, rule: str) -> None:
        text = repr(found)
        self.problems.append(f"{self.where}, {entry}: found {text[:60] + '…' if len(text) > 61 else text}; {rule}.")

    def listed(self, entry: str, given: object) -> list[Any]:
        if given is None:
            return []
        if not isinstance(given, list):
            self.say(entry, given, "write a list, one entry a line after '- '")
            return []
        return given

    def mapped(self, entry: str, given: object) -> dict[str, Any]:
        if given is None:
            return {}
        if not isinstance(given, Mapping):
            self.say(entry, given, "write lines like 'code: value'")
            return {}
        return {str(k): v for k, v in given.items()}

    def codes(self, kind: str, given: object, base: CodeFrame | None) -> Iterable[Code]:
        ours = {c.code.split(".")[0] for c in (*base.reasons, *base.themes)} if base else set()
        old = {b.old for b in base.bridges} if base else set()
        for number, entry in enumerate(self.listed(kind, given), 1):
            place = f"{kind}, entry {number}"
            if not isinstance(entry, Mapping):
                self.say(place, entry, "write {code: billing.dispute.roaming, name: Roaming, terms: [roaming]}")
                continue
            code, name = entry.get("code"), entry.get("name")
            extra = [str(k) for k in entry if k not in {"code", "name", "covers", "terms"}]
            if extra:
                self.say(place, ", ".join(extra), "an entry has code, name, covers and terms")
            if not isinstance(code, str) or not CODE.fullmatch(code):
                self.say(place, code, "a code has two or three words in small letters with points between them")
                continue
            if not isinstance(name, str) or not name.strip():
                self.say(f"{kind}, {code}", name, "give it a name that a reader understands")
                continue
            if base and code.split(".")[0] not in ours and not code.startswith(OWN):
                listed = ", ".join(sorted(ours))
                self.say(
                    f"{kind}, {code}", code, f"a client's code begins with a word of ours ({listed}) or with {OWN}"
                )
            if code in old:
                self.say(f"{kind}, {code}", code, "it was retired; a code is never given a new meaning")
            terms = self.terms(f"{kind}, {code}", entry.get("terms"))
            yield Code(code=code, name=name.strip(), terms=tuple(terms), covers=str(entry.get("covers") or ""))

    def terms(self, place: str, given: object) -> list[str]:
        out = []
        for term in self.listed(f"{place}, terms", given):
            if not isinstance(term, str | int | float) or isinstance(term, bool):
                self.say(f"{place}, terms", term, "a term is a word or words; put yes, no, on and off in quotes")
            elif len(folded(str(term))) < 2:
                self.say(f"{place}, terms", term, "a term has two letters or more, other than punctuation")
            else:
                out.append(str(term))
        return out

    def changes(self, given: Mapping[Any, Any], today: dict[str, Code]) -> None:
        """Terms added to codes and labels given anew, put into `today`."""
        for code, terms in self.mapped("terms", given.get("terms")).items():
            if code not in today:
                self.problems.append(errors.unknown_name("code", code, list(today), where=f"{self.where}, terms"))
            else:
                more = self.terms(f"terms, {code}", terms)
                today[code] = today[code].model_copy(
                    update={"terms": tuple(dict.fromkeys((*today[code].terms, *more)))}
                )
        for code, name in self.mapped("labels", given.get("labels")).items():
            if code not in today or not isinstance(name, str) or not name.strip():
                self.problems.append(
                    f"{self.where}, labels, {code}: found {name!r}; write a code of the frame and its new name."
                )
            else:
                today[code] = today[code].model_copy(update={"name": name.strip()})

    def shared(self, codes: Sequence[Code]) -> list[str]:
        holders: dict[str, list[str]] = {}
        for code in {c.code: c for c in codes}.values():
            for form in dict.fromkeys(needle(t) for t in code.terms):
                holders.setdefault(form, []).append(code.code)
        return [
            f"{self.where}: the term '{form.strip()}' stands under {' and '.join(of)}; a term belongs to one code."
            for form, of in sorted(holders.items())
            if len(of) > 1
        ]

    def bridges(self, given: object) -> list[Bridge]:
        out = []
        for number, entry in enumerate(self.listed("bridges", given), 1):
            old = entry.get("from") if isinstance(entry, Mapping) else None
            new = entry.get("to") if isinstance(entry, Mapping) else None
            if not isinstance(old, str) or not isinstance(new, list) or not all(isinstance(n, str) for n in new):
                rule = "write {from: old.code, to: [new.code], since: 2, note: why}"
                self.say(f"bridges, entry {number}", entry, rule)
                continue
            out.append(
                Bridge(old=old, new=tuple(new), since=str(entry.get("since", "")), note=str(entry.get("note", "")))
            )
        return out

    def bridged(self, bridges: Sequence[Bridge], today: set[str], retired: Sequence[str]) -> list[str]:
        olds = Counter(b.old for b in bridges)
        said = [f"{self.where}, bridges, {o}: it has {n} bridges; give it one." for o, n in olds.items() if n > 1]
        said += [
            f"{self.where}, bridges, {b.old}: the code is still in use; retire it, or leave the bridge out."
            for b in bridges
            if b.old in today
        ]
        said += [
            f"{self.where}, retired, {c}: it has no bridge; say where it went, or 'to: []' when it was dropped."
            for c in retired
            if c not in olds
        ]
        for bridge in bridges:
            for new in bridge.new:
                if new not in today and new not in olds:
                    said.append(
                        errors.unknown_name("code", new, sorted(today), where=f"{self.where}, bridges, {bridge.old}")
                    )
        heads = {b.old: b.new for b in bridges}
        for start, first in heads.items():
            seen, ahead = {start}, list(first)
            while ahead:
                here = ahead.pop()
                if here == start:
                    said.append(f"{self.where}, bridges, {start}: it leads back to itself.")
                    break
                if here not in seen:
                    seen.add(here)
                    ahead += heads.get(here, ())
        return said

    def events(self, given: object, base: EventStandard) -> EventStandard:
        found = self.mapped("events", given)
        known = EventStandard.model_fields
        self.problems += [
            errors.unknown_name("entry", k, list(known), where=f"{self.where}, events") for k in found if k not in known
        ]
        values: dict[str, Any] = {}
        for name, value in found.items():
            if name not in known:
                continue
            several = isinstance(getattr(base, name), tuple)
            if name == "retired":
                pairs = self.mapped("events, retired", value)
                values[name] = {**base.retired, **{str(k): str(v or "") for k, v in pairs.items()}}
            elif several:
                values[name] = tuple(map(str, self.listed(f"events, {name}", value)))
            elif isinstance(value, str):
                values[name] = value
            else:
                self.say(f"events, {name}", value, "write a text")
        try:
            re.compile(values.get("pattern", ""))
        except re.error as problem:
            self.say("events, pattern", values["pattern"], f"it is no regular expression ({problem})")
        return base.model_copy(update=values)
