"""Commentary: what people write about a stage, with the numbers they wrote it against; nothing written is ever lost."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from cxkit import STAGES, errors
from cxkit.engagement import evidence
from cxkit.engagement.store import Comment, Store, append_history, locked, read_store, replace_store

LONGEST = 20_000
"""Letters of a comment beyond which it is a document of its own."""


def write(
    folder: Path,
    *,
    stage: str,
    text: str,
    author_role: str = "",
    day: date | None = None,
    place: Path | None = None,
    comment_id: str = "",
    expected: int | None = None,
) -> Store:
    """Add a comment on a stage, or replace the one named; an empty text takes it away. Returns the new store.

    `place` is the ``results`` folder whose numbers the author has seen: their hash goes with the text, and they are
    kept in the client's history. Every version of the text, the one taken away too, stays in
    ``history/commentary.jsonl``.
    `expected` is the revision of ``engagement.json`` that the author was looking at: `InputError` when somebody wrote
    in between. `ParameterError` names a stage or a comment that does not exist, or a text that is too long.
    """
    if stage not in STAGES:
        raise errors.ParameterError(errors.unknown_name("stage", stage, list(STAGES), where="The workbook"))
    if len(text) > LONGEST:
        raise errors.ParameterError(f"A comment has at most {LONGEST:,} letters; this one has {len(text):,}.")
    rests = evidence.of_results(place, stage=stage) if place is not None else ""
    with locked(folder):
        store = read_store(folder)
        current = store.revision if expected is None else expected
        comments = list(store.commentary)
        known = [c.comment_id for c in comments]
        if comment_id and comment_id not in known:
            raise errors.ParameterError(errors.unknown_name("comment", comment_id, known, where=folder.name))
        if not comment_id and not text.strip():
            raise errors.ParameterError("A comment says something; an empty text takes away the comment that is named.")
        made = Comment(
            comment_id=comment_id or next_id(folder, known),
            stage=stage,
            text=text.strip(),
            author_role=author_role.strip(),
            written=(day or date.today()).isoformat(),
            evidence=evidence.hash_of(rests),
        )
        kept = [made if c.comment_id == made.comment_id else c for c in comments]
        kept = kept if comment_id else [*kept, made]
        changed = store.model_copy(update={"commentary": tuple(c for c in kept if c.text)})
        written = replace_store(folder, changed, expected=current)
        evidence.keep_text(folder, rests)
        append_history(folder, "commentary", made.model_dump(mode="json"))
    return written


def next_id(folder: Path, known: list[str]) -> str:
    """An id that no comment, not even one that was taken away, has had."""
    numbers = [int(c[1:]) for c in (*known, *(c.comment_id for c in versions(folder))) if c[1:].isdigit()]
    return f"C{max(numbers, default=0) + 1}"


def versions(folder: Path, comment_id: str = "") -> tuple[Comment, ...]:
    """Every version ever written, oldest first: of one comment, or of all."""
    path = folder / "history" / "commentary.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    found = []
    for line in lines:
        try:
            found.append(Comment.model_validate_json(line))
        except ValueError:  # a line cut off by a dying machine; what follows it stands on lines of its own
            continue
    return tuple(c for c in found if comment_id in ("", c.comment_id))
