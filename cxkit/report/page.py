"""The report: one HTML file made from one frozen input, the same bytes for the same input."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from datetime import date
from importlib.resources import files

from markupsafe import Markup

from cxkit.charts.style import ROLES
from cxkit.errors import ReportError
from cxkit.records import GRADES, Record
from cxkit.report.blocks import FindingBody
from cxkit.report.cards import Card, cards
from cxkit.report.changes import Changes
from cxkit.report.chapter import Chapter, chapter
from cxkit.report.colour import readable
from cxkit.report.compose import Front, front
from cxkit.report.edition import abridged, shed
from cxkit.report.evidence import Evidence, register
from cxkit.report.health import Health, health
from cxkit.report.inputs import STAGES, Definition, Privacy, Provenance, ReportInput
from cxkit.report.locale import local
from cxkit.report.making import finding_block
from cxkit.report.mask import Mask, secrets
from cxkit.report.narrowing import narrowed
from cxkit.report.own_chapters import own_chapters
from cxkit.report.rendering import English, environment
from cxkit.report.scorecard import Scorecard, scorecard
from cxkit.report.signing import Signing, signing
from cxkit.report.titles import check
from cxkit.report.words import Words, words

LARGEST = 1_000_000
"""Bytes a report may have; it travels by e-mail."""
PATIENCE = 20
"""Times the limit beyond which making a report lighter is given up."""
LIGHT_PAPER, DARK_PAPER = "#f4f7f7", "#18242a"
"""The harder of the two grounds that text stands on, the wash of boxes."""


SHEETS = ("report/changes.css",)
"""Style sheets of single parts, after the house's own."""


class Page(Record):
    """Everything the template shows, masked, with nothing left to decide."""

    client: str
    as_of: str
    language: str
    audience: str
    draft: tuple[str, ...]
    front: Front
    health: Health
    scorecard: Scorecard | None
    chapters: tuple[Chapter, ...]
    cards: tuple[Card, ...]
    evidence: tuple[Evidence, ...]
    definitions: tuple[Definition, ...]
    signing: Signing | None
    hashes: tuple[tuple[str, str], ...]
    parameters: tuple[tuple[str, str, str], ...]
    versions: tuple[tuple[str, str], ...]
    snapshot: str
    timezone: str
    currency: str
    playbook: str = ""
    council: str = ""
    workbook: str = ""
    changes: Changes | None = None
    before: str = ""
    """The day of the report it is held against."""
    own: tuple[Chapter, ...] = ()


def build(given: ReportInput) -> str:
    """Build the report; one that would be too large is made lighter.

    Raises `ReportError` when a block cannot be shown or when even the lightest would be too large.
    """
    given = narrowed(given)
    mask = Mask(given.privacy, local(given.locale))
    arranged = assemble(given)
    check((*arranged.chapters, *arranged.own), arranged.scorecard)
    page = mask.value(arranged)
    html = _whole(page, given)
    excess = goal = _size(html) - LARGEST
    while excess > 0 and goal < PATIENCE * LARGEST:
        made = iter(shed((*page.chapters, *page.own), goal))
        lighter = {"chapters": tuple(next(made) for _ in page.chapters), "own": tuple(made)}
        html = _whole(_cited(page.model_copy(update=lighter)), given)
        excess = _size(html) - LARGEST
        goal += max(excess, LARGEST // 20)
    if excess > 0:
        heavy = sorted(
            ((len(b.model_dump_json()), b.id) for blocks in given.blocks.values() for b in blocks), reverse=True
        )[:3]
        names = ", ".join(f"{id} ({weight // 1000:,} kB)" for weight, id in heavy)
        raise ReportError(
            f"The report would have {_size(html):,} bytes, more than {LARGEST:,}. The heaviest blocks: {names}."
        )
    return html


def _whole(page: Page, given: ReportInput) -> str:
    return render(
        "page.html.j2",
        accent=given.accent,
        locale=given.locale,
        draft=bool(page.draft),
        page=page,
        logo=given.logo,
        stamp=given.stamp,
        evidence=page.evidence,
    )


def _cited(page: Page) -> Page:
    """The page with the evidence that something on it still leads to."""
    parts = (page.front, page.health, page.scorecard, page.changes, page.cards, page.chapters, page.own)
    keys = set(keys_of(parts)) | {b.key for b in _told((*page.chapters, *page.own))}
    return page.model_copy(update={"evidence": tuple(e for e in page.evidence if e.key in keys)})


def _size(html: str) -> int:
    return len(html.encode("utf-8"))


def headline(given: ReportInput) -> str:
    """The report's conclusion in one line, masked; for the list of runs."""
    return Mask(given.privacy, local(given.locale)).text(front(given).headline.text)


def assemble(given: ReportInput) -> Page:
    """Arrange what the page shows; pure, and everything still unmasked."""
    given = narrowed(given)
    findings, withheld = given.findings, given.withheld
    held = {c.finding for c in given.challenges}
    chapters = tuple(
        abridged(
            chapter(
                s,
                tuple(given.blocks.get(s, ())),
                audience=given.audience,
                findings=findings,
                locale=given.locale,
                withheld=withheld,
            ),
            given.audience,
            held,
        )
        for s in STAGES
    )
    own, made = own_chapters(given), cards(given)
    parts = {
        "front": front(given),
        "health": health(given),
        "changes": given.changes,
        "scorecard": scorecard(given),
        "chapters": chapters,
        "own": own,
        "cards": made,
    }
    bodies = {f.key: finding_block(f).body for f in findings} | {b.key: b for b in _told((*chapters, *own))}
    cited = [bodies[key] for key in dict.fromkeys(keys_of(tuple(parts.values()))) if key in bodies]
    provenance, w = given.provenance, words(given.locale)
    used = {b.definition for b in cited if isinstance(b, FindingBody)}
    parameters = [
        (stage, name, _value(value, w))
        for stage, values in sorted(provenance.parameters.items())
        for name, value in sorted(secrets(values).items())
    ]
    return Page(
        client=given.client,
        as_of=_day(given.as_of),
        language=local(given.locale).tag,
        audience=given.audience,
        draft=given.draft,
        **parts,
        evidence=register(
            (b for b in cited if isinstance(b, FindingBody)),
            provenance=provenance,
            definitions=given.definitions,
            cards={card.id: card.anchor for card in made},
            challenges=given.challenges,
            minimum=given.privacy.minimum,
            w=w,
        ),
        definitions=tuple(d for d in given.definitions if d.id in used) or given.definitions,
        signing=signing(given, used),
        hashes=tuple(sorted(provenance.hashes.items())),
        parameters=tuple(parameters),
        versions=tuple(sorted(provenance.versions.items())),
        snapshot=provenance.snapshot,
        timezone=given.timezone,
        currency=given.currency,
        playbook=given.playbook,
        council=given.council,
        workbook=given.workbook,
        before=_day(date.fromisoformat(given.changes.before)) if given.changes else "",
    )


def one_chapter(made: Chapter, *, client: str = "", name: str = "") -> str:
    """One notebook's chapter as a page of its own, masked as far as that is possible without the client's tables."""
    evidence = register(_told([made]), provenance=Provenance())
    mask = Mask(Privacy())
    return render(
        "chapter.html.j2", evidence=mask.value(evidence), chapter=mask.value(made), client=client, name=mask.text(name)
    )


def render(
    template: str,
    *,
    accent: str = "",
    locale: str = "en",
    draft: bool = False,
    evidence: Sequence[Evidence] = (),
    **values: object,
) -> str:
    """Render a whole page with the house's style and script inlined and hashed into its security policy.

    A `draft` says so at the head of every printed page.
    """
    style, script = stylesheet(accent, running=words(locale)("review.stamp") if draft else ""), _asset("script.js")
    return (
        environment()
        .get_template(template)
        .render(
            **values,
            evidence=evidence,
            style=Markup(style),
            script=Markup(script),
            policy=policy(style, script),
            **spoken(locale),
            numbered={e.key: e for e in evidence},
        )
        + "\n"
    )


def spoken(locale: str) -> dict[str, object]:
    """What every template of a client's is given to speak the client's language."""
    w = words(locale)
    english = English(foreign=local(locale).foreign, language=local(locale).language)
    return {"w": w, "en": english, "grades": {letter: w(f"grade.{letter}") for letter in GRADES}}


def policy(style: str, script: str = "") -> str:
    """The security policy of a page with this style and script inlined: nothing else runs, nothing is fetched."""
    parts = (
        "default-src 'none'",
        f"script-src '{_hash(script)}'" if script else "script-src 'none'",
        f"style-src '{_hash(style)}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return "; ".join(parts)


def stylesheet(accent: str = "", *, running: str = "") -> str:
    """The house's CSS, with the client's accent colour in shades that can be read on light and on dark paper.

    `running` is a word of ours that stands at the head of every printed page.
    """
    roles = "".join(f".f-{r}{{fill:var(--{r})}}.s-{r}{{stroke:var(--{r})}}" for r in ROLES.values())
    sheet = _asset("style.css") + "".join(_asset(name) for name in SHEETS) + roles
    light, dark = readable(accent, LIGHT_PAPER), readable(accent, DARK_PAPER)
    if light and dark:
        sheet += f":root{{--accent:{light}}}@media screen and (prefers-color-scheme:dark){{:root{{--accent:{dark}}}}}"
        sheet += f":root.onpaper{{--accent:{light}}}"
    if running:
        sheet += f'@page{{@top-right{{content:"{running}";font:bold 9pt sans-serif;color:#8a4e00}}}}'
    return sheet


def _told(chapters: Iterable[Chapter]) -> Iterable[FindingBody]:
    """Every finding the chapters show."""
    for made in chapters:
        for item in (made.lead, *made.items, *(i.told for i in made.items)):
            if item is not None and isinstance(item.block.body, FindingBody):
                yield item.block.body


def keys_of(value: object) -> Iterable[str]:
    """Keys of the findings that parts of the page lead to, in reading order."""
    if isinstance(value, tuple):
        for part in value:
            yield from keys_of(part)
    elif isinstance(value, Record):
        for name in type(value).model_fields:
            part = getattr(value, name)
            if name == "key":
                yield part
            else:
                yield from keys_of(part)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _asset(name: str) -> str:
    return (files("cxkit.report") / "template" / name).read_text(encoding="utf-8").strip()


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _value(value: object, w: Words) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or w("methods.nothing")
    return w("methods.unset") if value is None else str(value)
