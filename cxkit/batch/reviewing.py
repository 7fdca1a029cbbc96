"""What ``cxkit comment`` and ``cxkit review`` do: words about the numbers of the last published run."""

from __future__ import annotations

from pathlib import Path

from cxkit import errors
from cxkit.engagement import commenting, evidence, reviews
from cxkit.engagement.reviews import ReviewItem
from cxkit.engagement.store import Comment, read_store


def comment(
    client: str,
    *,
    stage: str,
    text: str,
    role: str = "",
    comment_id: str = "",
    data_dir: Path | None = None,
    runs_dir: Path | None = None,
) -> Comment | None:
    """Write a comment against the last published run; None when it was taken away. Worded errors as they come."""
    folder, place = _seen(client, data_dir, runs_dir)
    store = commenting.write(folder, stage=stage, text=text, author_role=role, comment_id=comment_id, place=place)
    wanted = comment_id or (store.commentary[-1].comment_id if store.commentary else "")
    return next((c for c in store.commentary if c.comment_id == wanted), None)


def waiting(client: str, *, data_dir: Path | None = None, runs_dir: Path | None = None) -> tuple[ReviewItem, ...]:
    """What needs review against the last published run; nothing before there is one."""
    folder, place = _seen(client, data_dir, runs_dir)
    return reviews.items(folder, read_store(folder), place=place) if place is not None else ()


def confirm(
    client: str,
    *,
    role: str,
    only: list[str] | None = None,
    note: str = "",
    data_dir: Path | None = None,
    runs_dir: Path | None = None,
) -> tuple[ReviewItem, ...]:
    """Let items stand against the last published run; `InputError` when there is none."""
    folder, place = _seen(client, data_dir, runs_dir)
    if place is None:
        raise errors.InputError(f"{client} has no published run to confirm anything against. Run: cxkit run {client}")
    return reviews.confirm(folder, place=place, role=role, only=only, note=note)


def lines(items: tuple[ReviewItem, ...]) -> list[str]:
    """What needs review, for a terminal: each item with what its numbers said and what they say now."""
    told = []
    for item in items:
        told.append(f"{item.id}  {item.written}  {item.author_role or 'no role'}  {item.about}")
        for shift in item.shifts:
            told += [f"    was: {shift.was or 'not there'}", f"    now: {shift.now or 'not there'}"]
        told += [f"    and {item.more} more"] if item.more else []
    return told


def _seen(client: str, data_dir: Path | None, runs_dir: Path | None) -> tuple[Path, Path | None]:
    """The client's folder, and the results of its last published run."""
    folder, found = evidence.last_run(client, data_dir=data_dir, runs_dir=runs_dir)
    return folder, found.results if found else None
