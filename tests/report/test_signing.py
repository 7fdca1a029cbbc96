"""The definitions page that a client signs."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import ModuleType

import pandas as pd

from cxkit.report.inputs import ReportInput
from cxkit.report.page import build
from cxkit.report.signing import signing

Build = Callable[..., ReportInput]


def section(page: str) -> str:
    found = re.search(r'<section class="chapter sign".*?</section>', page, re.DOTALL)
    assert found
    return found[0]


def test_the_page_lists_what_the_report_uses_and_nothing_else(sample: Build) -> None:
    """GRR is used by the result, NPS by a finding of the report; first-contact resolution by neither."""
    told = section(build(sample()))
    assert re.findall(r"<code>(.*?)</code>", told) == ["grr@1", "nps@1"]
    assert "2 metrics used in this report, data to 31 October 2026" in told
    for word in ("Role", "Name", "Date", "Signature"):
        assert f'<th scope="col">{word}</th>' in told
    for who in ("For the client", "For the consultancy"):
        assert f'<th scope="row">{who}</th>' in told
    assert "These definitions are agreed for Harbor Telecom:" in told
    assert "<input" not in told
    assert "<script" not in told


def test_the_contents_lead_to_it_and_it_prints_on_a_page_of_its_own(sample: Build) -> None:
    page = build(sample())
    assert '<li><a href="#definitions">Definitions, for signature</a></li>' in page
    assert re.search(r"@media print\{.*\.sign\{break-before:page", page, re.DOTALL)


def test_without_the_result_there_is_no_page(sample: Build) -> None:
    rest = tuple(r for r in sample().results if r.name != "definitions")
    page = build(sample(results=rest))
    assert "for signature" not in page
    assert signing(sample(results=rest), {"grr@1"}) is None


def test_a_metric_that_changed_says_what_the_last_report_used(sample: Build, samples: ModuleType) -> None:
    changes = pd.DataFrame({"metric": ["nps"], "old_version": [1]})
    defined = samples.DEFINED.assign(tag=["grr@1", "nps@2", "fcr@1"])
    made = samples.result("quantify.definitions", tables={"definitions": defined, "changes": changes})
    found = signing(sample(results=(made,)), {"nps@2"})
    assert found is not None
    assert [(m.tag, m.changed) for m in found.metrics] == [
        ("grr@1", ""),
        ("nps@2", "The last report used version 1."),
    ]


def test_hostile_words_in_a_definition_stay_text(sample: Build, samples: ModuleType) -> None:
    bad = samples.DEFINED.assign(formula="<script>alert(1)</script>")
    made = samples.result("quantify.definitions", tables={"definitions": bad})
    told = section(build(sample(results=(made,))))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in told
