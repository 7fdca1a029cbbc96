"""What the report builder is given: one frozen value, so that the same value always makes the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import ConfigDict, Field

from cxkit.records import Audience, Finding, Gap, Record, Result, Stage
from cxkit.report.audiences import EDITIONS
from cxkit.report.blocks import Block
from cxkit.report.challenged import Challenged
from cxkit.report.changes import Changes
from cxkit.report.own import OwnNotebook
from cxkit.report.withheld import Withheld

STAGES: tuple[Stage, ...] = ("align", "quantify", "instrument", "orchestrate", "prove", "govern")
WIDER: Mapping[Audience, tuple[Audience, ...]] = {name: edition.findings for name, edition in EDITIONS.items()}
"""Whose findings each audience may read: the board the fewest, the consultancy's partner all."""


class Definition(Record):
    """A metric as ``playbook/metrics.yml`` defines it."""

    id: str
    """Name and version, ``grr@1``, as a finding's `definition` gives it."""
    name: str
    words: str
    convention: str = ""
    minimum_n: str = ""
    """Fewest observations it is given for, in words."""


class Privacy(Record):
    """What is hidden before anything leaves the house."""

    on: bool = True
    people: tuple[str, ...] = ()
    """Personal values found in the client's tables (names as written there), masked wherever they occur."""
    minimum: int = 5
    """Cells about fewer people than this are hidden, and others so that no subtraction brings them back."""


class Provenance(Record):
    """Where every number comes from; all of it is the same when the same inputs are run again."""

    hashes: Mapping[str, str] = Field(default_factory=dict)
    """Canonical table → hash of its content, cut at `as_of`."""
    parameters: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict)
    """Stage → parameter → value, as run; secrets are masked when shown."""
    versions: Mapping[str, str] = Field(default_factory=dict)
    """Library → version."""
    snapshot: str = ""
    """Short name of the whole snapshot."""


class Stamp(Record):
    """When and by what it was built: the only part of a report that differs between two runs over the same inputs."""

    built: str = ""
    version: str = ""


class ReportInput(Record):
    """Everything a report is made from."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    client: str
    as_of: date
    currency: str = "EUR"
    locale: str = "en"
    timezone: str = "UTC"
    audience: Audience = "board"
    accent: str = ""
    """Brand colour, ``#rrggbb``; darkened or lightened until it can be read."""
    logo: str = ""
    """The client's logo as a PNG in base64; empty without one."""
    blocks: Mapping[Stage, tuple[Block, ...]] = Field(default_factory=dict)
    """What each stage's notebook showed, in its order."""
    own: tuple[OwnNotebook, ...] = ()
    """The consultant's own notebooks, in the order of their names."""
    results: tuple[Result, ...] = ()
    definitions: tuple[Definition, ...] = ()
    provenance: Provenance = Provenance()
    privacy: Privacy = Privacy()
    stamp: Stamp = Stamp()
    draft: tuple[str, ...] = ()
    """Why this is still a draft, one sentence each; empty when somebody has confirmed it."""
    playbook: str = ""
    """The playbook beside the report, relative to it; empty when there is none."""
    council: str = ""
    """The council's pack beside the report, relative to it; empty when there is none."""
    workbook: str = ""
    """The workbook of evidence beside the report, relative to it; empty when there is none."""
    changes: Changes | None = None
    """This report against the one before; None when there is none before."""
    challenges: tuple[Challenged, ...] = ()
    """Objections to numbers, as they stand."""
    next_council: date | None = None
    """When the decisions are due; the next council's date."""

    def result(self, name: str) -> Result | None:
        """The result of this ``stage.name``, or None."""
        return next((r for r in self.results if f"{r.stage}.{r.name}" == name), None)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Findings this audience may read, each once, in the order of stages."""
        seen: dict[str, Finding] = {}
        for result in self.results:
            for finding in result.findings:
                if finding.audience in WIDER[self.audience]:
                    seen.setdefault(finding.key, finding)
        return tuple(seen.values())

    @property
    def withheld(self) -> Withheld:
        """Findings of the results that this audience may not read."""
        findings = (f for r in self.results for f in r.findings if f.audience not in WIDER[self.audience])
        return Withheld(findings, self.findings)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be assessed, in the order of stages."""
        return tuple(gap for result in self.results for gap in result.gaps)
