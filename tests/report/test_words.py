"""The fixed words: the same keys and fields in every language, all of them used, and none left in a template."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from cxkit.report.words import DEFAULT, languages, words

HOME = Path(str(files("cxkit.report")))
TEMPLATES = sorted(p for p in (HOME / "template").rglob("*.j2") if p.name != "preview.html.j2")
FIELD = re.compile(r"\{(\w+)\}")
SAME = {"Version", "Name", "Parameter", "Definition", "Initiative", "XLSX", "PDF", "Plan", "Status", "Portfolio"}
"""Words that are German too."""
ALLOWED = {"CX", "Rescue", "Playbook", "cxkit", "run", "status"}
"""Names in a template that no language changes."""


def _texts(language: str) -> dict[str, tuple[str, ...]]:
    found, own = {}, words(language)
    for key in own.keys:
        value = own._words[key]  # a plural's forms are not to be had one by one
        found[key] = tuple(value.values()) if isinstance(value, dict) else (str(value),)
    return found


def _literals(template: str) -> list[str]:
    """Words a reader meets that stand in the template itself: text nodes and what a screen reader says."""
    bare = re.sub(r"\{#.*?#\}", "", template, flags=re.DOTALL)
    bare = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "\x00", bare, flags=re.DOTALL)
    bare = re.sub(r"<(style|script)>.*?</\1>", "", bare, flags=re.DOTALL)
    bare = re.sub(r'data-w-[a-z]+="\x00"', "", bare)
    said = re.findall(r'\s(?:aria-label|title|alt|placeholder)="([^"]*)"', bare)
    said += re.sub(r"<[^<>]*>", "\n", bare).split("\n")
    return [word for text in said for word in re.findall(r"[A-Za-z]{2,}", text) if word not in ALLOWED]


@pytest.mark.parametrize("language", languages())
def test_every_language_has_the_same_keys_and_fields(language: str) -> None:
    own, english = _texts(language), _texts(DEFAULT)
    assert own.keys() == english.keys()
    fields = {key: {f for text in texts for f in FIELD.findall(text)} for key, texts in own.items()}
    needed = {key: {f for text in texts for f in FIELD.findall(text)} for key, texts in english.items()}
    assert {k: (fields[k], needed[k]) for k in own if fields[k] - {"n"} != needed[k] - {"n"}} == {}


@pytest.mark.parametrize("language", languages())
def test_no_key_is_read_as_yes_or_no_or_given_twice(language: str) -> None:
    text = (HOME / "words" / f"{language}.yml").read_text(encoding="utf-8")

    def keys(node: yaml.Node) -> None:
        if isinstance(node, yaml.MappingNode):
            names = [name.value for name, _ in node.value]
            assert len(names) == len(set(names)), names
            assert all(name.tag.endswith(":str") for name, _ in node.value), names
            for _, below in node.value:
                keys(below)

    tree = yaml.compose(text)
    assert tree is not None
    keys(tree)


def test_every_key_is_used() -> None:
    code = "\n".join(p.read_text(encoding="utf-8") for p in [*HOME.parent.rglob("*.py"), *TEMPLATES])
    pieces = set(re.findall(r"[\"']([a-z_]+(?:\.[A-Za-z_0-9]*)+)", code))
    open_ends = {piece for piece in pieces if piece.endswith((".", "_"))}
    topics = (HOME / "topics.py").read_text(encoding="utf-8")
    unused = [
        key
        for key in words(DEFAULT).keys
        if key not in pieces
        and not any(key.startswith(end) for end in open_ends)
        and f'"{key.removeprefix("topic.")}"' not in topics
    ]
    assert unused == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.name)
def test_no_template_holds_a_word_of_its_own(path: Path) -> None:
    assert _literals(path.read_text(encoding="utf-8")) == []


def test_a_word_left_in_a_template_is_found() -> None:
    assert _literals('<p aria-label="Spoken">{{ w("page.skip") }} said</p>') == ["Spoken", "said"]


def test_german_is_no_copy_of_english() -> None:
    english, german = _texts("en"), _texts("de")
    same = {
        key: texts
        for key, texts in english.items()
        if texts == german[key] and any(re.search(r"[a-z]{4,}", FIELD.sub("", text)) for text in texts)
    }
    assert {key: texts for key, texts in same.items() if not set(texts) <= SAME} == {}


def test_lists_and_small_numbers_are_said_in_the_language() -> None:
    assert words("de_AT").listing(["a", "b", "c"]) == "a, b und c"
    assert words("en").listing(["a", "b", "c"], most=2) == "a, b and 1 more"
    assert [words("de").spelled(n) for n in (2, 12, 13)] == ["zwei", "zwölf", "13"]
