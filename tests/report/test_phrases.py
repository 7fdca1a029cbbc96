"""Sentences of results in a page's language: whole or not at all, and never with another number."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import get_args

import pytest
import yaml

from cxkit import shipped
from cxkit.formats import Unit
from cxkit.report.blocks import TableBody, TableColumn
from cxkit.report.inputs import Privacy
from cxkit.report.locale import Local
from cxkit.report.mask import Mask
from cxkit.report.phrases import PARTS, Native, compiled, files_of, read
from cxkit.report.rendering import English
from cxkit.report.sentences import Sentence
from tests.conftest import ROOT

GERMAN = Local("de_DE")
THIN = "\u202f"
HELD = {
    "count": ("1,234", "1.234"),
    "many": ("1,235", "1.235"),
    "amount": (f"€1.25{THIN}M", f"1,25{THIN}Mio.\xa0€"),
    "dative": ("2.5 days", "2,5 Tagen"),
    "day": ("2026-10", "2026-10"),
    "hash": ("12345678", "12345678"),
    "name": ("Ärzte & Co", "Ärzte & Co"),
    "names": ("Nord, Süd and West", "Nord, Süd und West"),
    "piece": ("contacts", "der Kontakte"),
    "pieces": ("contacts and revenue", "der Kontakte und des Umsatzes"),
}
"""What an example puts into a slot of each kind, and what German makes of it."""
SLOT = re.compile(r"\{([a-z]+)\d*\}")
GROUP = re.compile(r"\[(?:\d+:)?([^\[\]]*)\]")


def example(english: str, choice: int) -> str:
    """A sentence of a pattern, of every group the option at `choice` or the last one."""

    def option(group: re.Match[str]) -> str:
        options = group[1].split("|")
        return options[min(choice, len(options) - 1)]

    return SLOT.sub(lambda slot: HELD[slot[1]][0], GROUP.sub(option, english))


PATTERNS = read("de").sentences


@pytest.mark.parametrize("choice", [0, 1])
def test_every_pattern_says_its_example_in_one_way(choice: int) -> None:
    """A sentence that two patterns would say differently could come out either way."""
    for pattern in PATTERNS:
        sentence = example(pattern.english, choice)
        assert len(GERMAN.phrases.every(sentence)) == 1, sentence  # type: ignore[union-attr]


@pytest.mark.parametrize("choice", [0, 1])
def test_what_a_sentence_holds_stands_in_its_german(choice: int) -> None:
    """Every figure and name of the English is in the German as often, as the locale writes it."""
    for pattern in PATTERNS:
        sentence = example(pattern.english, choice)
        said = GERMAN.said(sentence)
        assert said is not None, sentence
        for kind, (english, german) in HELD.items():
            if kind in {"name", "piece"}:
                continue  # shorter than what stands in the lists
            assert said.count(german) == sentence.count(english), (sentence, said)
        assert not SLOT.search(said), said


def test_no_sentence_is_in_the_files_twice() -> None:
    """YAML would take the last of two without a word, and so would the reading of several files."""
    told: dict[str, list[str]] = {}
    for file in files_of("de"):
        tree = yaml.compose(file.read_text(encoding="utf-8"))
        assert tree is not None
        for name, part in tree.value:
            told.setdefault(name.value, []).extend(key.value for key, _ in part.value)
    assert set(told) <= set(PARTS)
    for name, keys in told.items():
        assert sorted(keys) == sorted(set(keys)), name


def test_a_sentence_is_german_as_a_whole_or_stays_english_and_marked() -> None:
    """Half a sentence in another language reads as a mistake."""
    mark = English(foreign=True)
    known = GERMAN.text("7 of 9 live initiatives lead to a goal.")
    assert known == "7 von 9 laufenden Initiativen führen zu einem Ziel."
    assert isinstance(known, Native)
    assert mark(known) == ""
    half = GERMAN.text("7 of 9 live initiatives lead to a goal. Pigs fly at 2.5 m.")
    assert half == "7 of 9 live initiatives lead to a goal. Pigs fly at 2,5 m."
    assert mark(half) == ' lang="en"'
    assert GERMAN.said("Not assessed: moments with one owner and pigs that fly") is None


def test_english_pages_stay_as_they_are() -> None:
    """Patterns are for other languages."""
    assert Local("en").text("7 of 9 live initiatives lead to a goal") == "7 of 9 live initiatives lead to a goal"


def test_the_number_of_a_german_sentence_leads_to_its_evidence() -> None:
    """What was linked in English is linked in German, with how many of how many."""
    given = Sentence(number="7 of 9", after=" live initiatives lead to a goal.", key="align.traceability.coverage")
    made = Mask(Privacy(), GERMAN).value(given)
    assert (made.number, made.after, made.key, made.own) == (
        "7 von 9",
        " laufenden Initiativen führen zu einem Ziel.",
        "align.traceability.coverage",
        True,
    )


def test_a_name_in_a_sentence_is_masked_in_german_too() -> None:
    """A pattern sees what is left after masking."""
    mask = Mask(Privacy(people=("Ada Lovelace",)), GERMAN)
    said = mask.text(f"Ada Lovelace claims no cash, and costs €121{THIN}k in present value")
    assert "Ada" not in said
    assert said.startswith("„[")
    assert said.endswith("Barwert")


def test_a_pattern_with_slots_or_choices_of_one_side_alone_is_refused() -> None:
    """A figure left out of the German would be a figure lost."""
    with pytest.raises(ValueError, match="slots"):
        compiled("{count1} of {count2} goals", "{count1} Ziele")
    with pytest.raises(ValueError, match="choices"):
        compiled("{count1} goals", "{count1} [Ziel|Ziele]")
    with pytest.raises(ValueError, match="no kind of slot"):
        compiled("{thing} goals", "{thing} Ziele")


def sources() -> Iterator[tuple[str, ast.AST]]:
    """Every node of the notebooks' code and the charts', with the file it is in."""
    told = {path.name: [path.read_text(encoding="utf-8")] for path in sorted((ROOT / "cxkit" / "charts").glob("*.py"))}
    for path in sorted((ROOT / "notebooks").glob("[1-6]-*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        told[path.name] = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    for name, texts in told.items():
        yield from ((name, node) for text in texts for node in ast.walk(ast.parse(text)))


def test_every_caption_and_title_of_a_table_has_its_german() -> None:
    told = {}
    for name, node in sources():
        match node:
            case ast.keyword(arg="caption" | "title", value=ast.Constant(value=str(text))) if " " in text:
                told[text] = name
    dotted = re.compile(r"[a-z_]+(\.[a-z_]+)+( [a-z_]+(\.[a-z_]+)+)*")  # findings that a figure takes its title from
    written = {text: name for text, name in told.items() if not dotted.fullmatch(text)}
    assert len(written) > 100
    assert {text: name for text, name in written.items() if not isinstance(GERMAN.text(text), Native)} == {}


def heads_in_the_source() -> dict[str, str]:
    """Every head of a column that a notebook or a chart declares, as ``{"column": ("Head", "unit")}``, and where."""
    units = {*get_args(Unit), "text", "date", "month", "people"}
    found = {}
    for name, node in sources():
        if isinstance(node, ast.Dict):
            for value in node.values:
                match value:
                    case ast.Tuple(elts=[ast.Constant(value=str(head)), ast.Constant(value=unit)]) if unit in units:
                        found[head] = name
    return {head: name for head, name in found.items() if head != "bad"}  # a tone beside a state, not a head


def test_every_head_of_a_column_has_its_german() -> None:
    heads = heads_in_the_source()
    assert len(heads) > 400
    assert {head: where for head, where in heads.items() if head not in read("de").heads} == {}
    assert [head for head in read("de").heads if head not in heads] == []


def test_head_is_german_and_marked_and_the_same_word_in_a_cell_is_the_client_s() -> None:
    body = TableBody(
        title="Orders per product",
        columns=(TableColumn(name="product", label="Right"), TableColumn(name="orders", label="Orders")),
        rows=(("Right", "1,200"),),
    )
    said = Mask(Privacy(), GERMAN).value(body)
    assert [c.label for c in said.columns] == ["Recht", "Bestellungen"]
    assert said.rows == (("Right", "1.200"),)
    assert [str(English(foreign=True, language="de").own(c.label)) for c in said.columns] == [' lang="de"'] * 2
    assert [c.label for c in Mask(Privacy()).value(body).columns] == ["Right", "Orders"]


def test_every_definition_of_a_metric_has_its_german() -> None:
    told = [
        " ".join(str(metric[name]).split())
        for metric in shipped.yaml("playbook/metrics.yml")["metrics"]
        for name in ("formula", "convention", "minimum_n")
        if name in metric
    ]
    assert len(told) > 80
    assert [text for text in told if " " in text and not isinstance(GERMAN.text(text), Native)] == []
