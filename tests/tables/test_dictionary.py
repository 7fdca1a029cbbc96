from pathlib import Path

from cxkit.tables.catalogue import CONTRACTS
from cxkit.tables.dictionary import PAGE, markdown, pages, write_pages

PLAYBOOK = Path(__file__).resolve().parents[2] / "playbook"


def test_page_in_the_playbook_is_the_generated_one():
    assert (PLAYBOOK / PAGE).read_text(encoding="utf-8") == markdown(), "run: make pages"


def test_markdown_has_every_table_and_column():
    text = markdown()
    for name, contract in CONTRACTS.items():
        section = text[text.index(f"\n### {name}\n") :]
        for column in contract.names:
            assert f"`{column}`" in section


def test_markdown_table_rows_all_have_five_cells():
    for line in markdown().splitlines():
        if line.startswith("|"):
            assert line.replace("\\|", "").count("|") == 6, line


def test_write_pages_writes_what_pages_gives(tmp_path):
    (path,) = write_pages(tmp_path)
    assert path.read_text(encoding="utf-8") == pages()[PAGE]
