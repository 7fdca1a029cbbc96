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
from cxkit.orchestrate.plays_book import play_register
from cxkit.orchestrate.plays_terms import LACKING
from cxkit.report.blocks import Block, FigureBody, TableBody, TableColumn
from cxkit.report.inputs import Privacy
from cxkit.report.locale import Local
from cxkit.report.mask import Mask
from cxkit.report.phrases import ANY, PARTS, PLACES, Native, Place, Untold, compiled, files_of, read
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
    "called": ("Ärzte & Co", "Ärzte & Co"),
    "told": ("None of 1,234 signs of misalignment clearly got worse in a year", "Keines von 1.234 Anzeichen"),
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
            if kind in {"name", "called", "told", "piece"}:
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
            for place, held in part.value if name.value in PLACES else ():
                told[f"{name.value} {place.value}"] = [key.value for key, _ in held.value]
    assert {name.split(" ")[0] for name in told} <= {*PARTS, *PLACES}
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


def test_every_definition_of_a_metric_has_its_german_name() -> None:
    names = [str(metric["name"]) for metric in shipped.yaml("playbook/metrics.yml")["metrics"]]
    assert [name for name in names if not isinstance(GERMAN.text(name), Native)] == []


def test_what_the_playbook_calls_themes_and_plays_has_its_german_in_lists_too() -> None:
    taxonomy = shipped.yaml("playbook/taxonomy.yml")
    named = [*taxonomy["themes"], *taxonomy["reasons"], *shipped.yaml("playbook/plays.yml")["plays"]]
    words = read("de").cells["instrument.themes.name"].words
    assert [n["name"] for n in named if n["name"] not in words and n["name"] not in read("de").names] == []
    said = GERMAN.text("Heard and not acted on: Too slow, too late, Too expensive and Kind or unkind.")
    assert said == "Gehört, aber ohne Folge: Too slow, too late, Zu teuer und Freundlich oder unfreundlich."


def test_every_play_of_the_playbook_is_german_to_its_last_step() -> None:
    book = play_register(shipped.yaml("playbook/plays.yml"))
    told = [t for p in book.plays for t in (p.when.says if p.when else "", *p.steps, p.hypothesis, p.test)]
    told += LACKING.values()
    assert len(told) > 60
    assert [text for text in told if not isinstance(GERMAN.text(text), Native)] == []


def test_a_score_with_a_figure_behind_it_is_no_money() -> None:
    assert GERMAN.text("NPS 1,204.5 beside CHF 1,204.5 and USD 6") == "NPS 1.204,5 beside 1.204,5\xa0CHF and 6\xa0USD"


PLACED = [(part, name, place) for part in PLACES for name, place in getattr(read("de"), part).items()]


@pytest.mark.parametrize("choice", [0, 1])
def test_every_pattern_of_a_figure_or_a_column_says_its_example_first(choice: int) -> None:
    """Where two of one place fit a text, the first is meant: what is fixed stands before what bears any name."""
    for part, name, place in PLACED:
        assert place.patterns or place.words, name
        for pattern in place.patterns:
            sentence = within(place, example(pattern.english, choice))
            said = GERMAN.phrases.each(part, name, sentence)  # type: ignore[union-attr]
            assert said, (name, sentence)
            assert len(said) == 1 or part == "cells", (name, sentence, said)
            assert all(figure in text for text in said for figure in ("1.234",) if "1,234" in sentence), (name, said)


def within(place: Place, sentence: str) -> str:
    """An example with a word of the place itself for its pieces, where it has words."""
    word = next(iter(place.words), "")
    return re.sub(r"\bcontacts\b", word, sentence.replace("contacts and revenue", word)) if word else sentence


def figures() -> Iterator[tuple[str, str, ast.expr]]:
    """Every declared figure: its file, its id, and what makes its alt text."""
    for name, node in sources():
        match node:
            case ast.Call(func=ast.Name(id="figure"), args=[ast.Constant(value=str(id))], keywords=given):
                yield from ((name, id, one.value) for one in given if one.arg == "alt")


def test_every_figure_has_german_for_its_alt_text() -> None:
    told = {id: name for name, id, _ in figures()}
    assert len(told) > 90
    assert {id: name for id, name in told.items() if id not in read("de").alts} == {}
    assert set(read("de").alts) - set(told) == {ANY}


def text_columns() -> dict[str, str]:
    """Every column of words that a notebook or a chart shows, and where."""
    found = {}
    for name, node in sources():
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                match key, value:
                    case ast.Constant(value=str(column)), ast.Tuple(elts=[_, ast.Constant(value="text")]):
                        found[column] = name
    return found


# fmt: off
THEIRS = frozenset(
    {
        "accountable", "also", "arm", "arrives_as", "benefit", "booked_months", "booked_role", "change",
        "claimed_months", "cohort", "decision", "delivered_by", "event", "experiment_id", "formula", "from_label",
        "from_metric", "from_team", "goal", "goals", "grade", "hash", "ids", "initiative", "item", "journey", "kpi",
        "metric_name", "moment", "month", "months", "next_owner", "owner_team", "period", "pnl_line", "problem",
        "programme", "promise", "promised_by", "quote", "rests_on", "source", "table", "team", "teams", "term",
        "tested_by", "to_label", "to_metric", "unit", "validated_months", "validated_role", "variant", "version",
    }
)
# fmt: on
"""Columns whose cells are the client's: names, roles, codes, quotes and months."""


def test_every_column_of_words_is_ours_with_german_or_the_client_s() -> None:
    """A column that is new belongs to one or the other; what both show under one name has German for the table."""
    ours = {place.rpartition(".")[2] for place in read("de").cells}
    columns = text_columns()
    assert len(columns) > 130
    assert {column: where for column, where in columns.items() if column not in ours | THEIRS} == {}
    assert THEIRS - set(columns) == set()


def verdicts() -> Iterator[tuple[str, str]]:
    """Every verdict that a stage declares as ``Verdict = Literal[...]``, and where."""
    for path in sorted((ROOT / "cxkit").glob("*/*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            match node:
                case ast.Assign(targets=[ast.Name(id="Verdict")], value=ast.Subscript(slice=given)):
                    values = given.elts if isinstance(given, ast.Tuple) else [given]
                    yield from ((str(v.value), path.name) for v in values if isinstance(v, ast.Constant))


def test_every_declared_verdict_has_its_german() -> None:
    told = dict(verdicts())
    assert len(told) > 20
    assert {said: where for said, where in told.items() if said not in read("de").cells["verdict"].words} == {}


def test_alt_text_and_cells_of_a_block_are_german_and_what_is_not_is_marked() -> None:
    table = TableBody(
        title="Links",
        columns=(
            TableColumn(name="from_label", label="From", unit="text"),
            TableColumn(name="verdict", label="Verdict", unit="text"),
            TableColumn(name="n", label="n", align="right", unit="count"),
        ),
        rows=(("First-contact resolution", "supports", "1,200"), ("holds", "pigs fly", "under 0.001")),
    )
    figure = FigureBody(
        title="Links",
        alt="Bars of the actions each play calls for today. Dr. Wu's <list>: 1,200, Desk. 2 more.",
        data=table,
    )
    for stage, id in (("orchestrate", "orchestrate.plays.today"), ("own", "own.list")):
        block = Block(id=id, kind="figure", stage=stage, body=figure)
        said = Mask(Privacy(), GERMAN).value(block).body
        assert isinstance(said, FigureBody)
        assert said.data is not None
        if stage == "own":  # what a consultant says is nobody else's
            assert said.alt == figure.alt.replace("1,200", "1.200")
            assert said.data.rows[0][1] == "supports"
            continue
        assert said.alt == "Balken: Aufgaben, die jede Maßnahme heute auslöst. Dr. Wu's <list>: 1.200, Desk. 2 weitere."
        assert isinstance(said.alt, Native)
        assert said.data.rows == (
            ("First-contact resolution", "bestätigt", "1.200"),
            ("holds", "pigs fly", "unter 0,001"),
        )
        mark = English(foreign=True, language="de")
        assert [str(mark.untold(cell)) for row in said.data.rows for cell in row[:2]] == ["", "", "", ' lang="en"']
        assert isinstance(said.data.rows[1][1], Untold)
        assert mark.drawn(said.alt) == ("", "")
        assert mark.drawn("Pigs fly.") == ("", "en")
    assert Mask(Privacy()).value(block) == block


def test_a_figure_with_one_unknown_thing_stays_english_as_a_whole() -> None:
    known = "Bars of the actions each play calls for today. Call: 3, Helpdesk."
    assert isinstance(GERMAN.alt("orchestrate.plays.today", known), Native)
    for text in (f"{known} Pigs fly.", known.replace("Bars", "Stars")):
        assert GERMAN.alt("orchestrate.plays.today", text) == text
    assert GERMAN.alt("orchestrate.plays.backtest", known) == known
