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
from cxkit.records import GRADES, Record, Stage
from cxkit.report.blocks import Block, FindingBody
from cxkit.report.cards import Card, cards
from cxkit.report.changes import Changes
from cxkit.report.chapter import Chapter, chapter
from cxkit.report.colour import readable
from cxkit.report.compose import Front, front
from cxkit.report.evidence import Evidence, register
from cxkit.report.health import Health, health
from cxkit.report.inputs import STAGES, Definition, Privacy, Provenance, ReportInput
from cxkit.report.mask import Mask, secrets
from cxkit.report.rendering import environment
from cxkit.report.scorecard import Scorecard, scorecard
from cxkit.report.show import finding_block
from cxkit.report.signing import Signing, signing
from cxkit.report.words import words

LARGEST = 3_000_000
"""Bytes a report may have; it travels by e-mail."""
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
    logo: str = ""
    changes: Changes | None = None
    before: str = ""
    """The day of the report it is held against."""
    own: tuple[Chapter, ...] = ()


def build(given: ReportInput) -> str:
    """Build the report. Raises `ReportError` when a block cannot be shown or the file would be too large."""
    mask = Mask(given.privacy)
    page = mask.value(assemble(given))
    html = render(
        "page.html.j2", accent=given.accent, locale=given.locale, page=page, stamp=given.stamp, evidence=page.evidence
    )
    size = len(html.encode("utf-8"))
    if size > LARGEST:
        heavy = sorted(
            ((len(b.model_dump_json()), b.id) for blocks in given.blocks.values() for b in blocks), reverse=True
        )[:3]
        names = ", ".join(f"{id} ({weight // 1000:,} kB)" for weight, id in heavy)
        raise ReportError(f"The report would have {size:,} bytes, more than {LARGEST:,}. The heaviest blocks: {names}.")
    return html


def headline(given: ReportInput) -> str:
    """The report's conclusion in one line, masked; for the list of runs."""
    return Mask(given.privacy).text(front(given).headline.text)


def assemble(given: ReportInput) -> Page:
    """Arrange what the page shows; pure, and everything still unmasked."""
    findings = given.findings
    chapters = tuple(
        chapter(s, tuple(given.blocks.get(s, ())), audience=given.audience, findings=findings) for s in STAGES
    )
    made = cards(given)
    parts = {
        "front": front(given),
        "health": health(given),
        "changes": given.changes,
        "scorecard": scorecard(given),
        "chapters": chapters,
        "cards": made,
    }
    bodies = {f.key: finding_block(f).body for f in findings} | {b.key: b for b in _told(chapters)}
    cited = [bodies[key] for key in dict.fromkeys(keys_of(tuple(parts.values()))) if key in bodies]
    provenance = given.provenance
    used = {b.definition for b in cited if isinstance(b, FindingBody)}
    parameters = [
        (stage, name, _value(value))
        for stage, values in sorted(provenance.parameters.items())
        for name, value in sorted(secrets(values).items())
    ]
    return Page(
        client=given.client,
        as_of=_day(given.as_of),
        language=given.locale.replace("_", "-"),
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
        logo=given.logo,
        before=_day(date.fromisoformat(given.changes.before)) if given.changes else "",
    )


def one_chapter(blocks: Sequence[Block], *, stage: Stage, client: str = "", name: str = "") -> str:
    """One notebook's blocks as a page of their own, masked as far as that is possible without the client's tables."""
    made = chapter(stage, blocks)
    evidence = register(_told([made]), provenance=Provenance())
    mask = Mask(Privacy())
    return render(
        "chapter.html.j2", evidence=mask.value(evidence), chapter=mask.value(made), client=client, name=mask.text(name)
    )


def render(
    template: str, *, accent: str = "", locale: str = "en", evidence: Sequence[Evidence] = (), **values: object
) -> str:
    """Render a whole page with the house's style and script inlined and hashed into its security policy."""
    style, script = stylesheet(accent), _asset("script.js")
    return (
        environment()
        .get_template(template)
        .render(
            **values,
            evidence=evidence,
            style=Markup(style),
            script=Markup(script),
            policy=policy(style, script),
            grades=GRADES,
            w=words(locale),
            numbered={e.key: e for e in evidence},
        )
        + "\n"
    )


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


def stylesheet(accent: str = "") -> str:
    """The house's CSS, with the client's accent colour in shades that can be read on light and on dark paper."""
    roles = "".join(f".f-{r}{{fill:var(--{r})}}.s-{r}{{stroke:var(--{r})}}" for r in ROLES.values())
    sheet = _asset("style.css") + "".join(_asset(name) for name in SHEETS) + roles
    light, dark = readable(accent, LIGHT_PAPER), readable(accent, DARK_PAPER)
    if light and dark:
        sheet += f":root{{--accent:{light}}}@media screen and (prefers-color-scheme:dark){{:root{{--accent:{dark}}}}}"
        sheet += f":root.onpaper{{--accent:{light}}}"
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


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return "not set" if value is None else str(value)
