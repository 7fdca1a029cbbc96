from cxkit.tables.catalogue import CONTRACTS, EXPORTED
from cxkit.tables.request import FIRST, markdown


def test_markdown_asks_for_four_files_first_with_their_required_columns():
    text = markdown()
    first = text[: text.index("## What each further file")]
    assert first.count("\n### ") == 4
    for name in (n for names in FIRST for n in names):
        for column in CONTRACTS[name].required:
            assert f"| **{column}** |" in first


def test_markdown_says_what_every_further_table_unlocks():
    further = markdown()[markdown().index("## What each further file") :]
    for name in EXPORTED:
        if not any(name in names for names in FIRST):
            assert f"| `{name}` |" in further
            for unlocks in CONTRACTS[name].unlocks:
                assert unlocks in further


def test_markdown_never_asks_for_a_name_in_clear():
    lines = [
        line for line in markdown().splitlines() if line.startswith("| account_name") or line.startswith("| agent")
    ]
    assert lines
    assert all("(leave out, or hash)" in line for line in lines)
