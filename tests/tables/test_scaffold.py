import pytest
import yaml
from python_calamine import CalamineWorkbook

from cxkit.engagement.client import Brand, Client, read_client
from cxkit.tables.catalogue import AUTHORED, EXPORTED
from cxkit.tables.scaffold import create, files


def test_create_makes_a_folder_that_can_be_read_at_once(tmp_path):
    written, kept = create(tmp_path / "acme")
    assert not kept
    assert len(written) == 3 + len(EXPORTED)
    assert (tmp_path / "acme" / "tables").is_dir()
    client = read_client(tmp_path / "acme")
    assert client == Client(name="acme")
    book = CalamineWorkbook.from_path(str(tmp_path / "acme" / "workshop.xlsx"))
    assert set(AUTHORED) < set(book.sheet_names)


def test_create_never_overwrites(tmp_path):
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "client.yml").write_text("name: Mine\n")
    written, kept = create(folder)
    assert kept == [folder / "client.yml"]
    assert folder / "workshop.xlsx" in written
    assert (folder / "client.yml").read_text() == "name: Mine\n"
    assert create(folder)[0] == []


def test_files_client_yml_with_every_comment_taken_away_is_still_valid():
    text = files("acme")["client.yml"].decode()
    opened = "\n".join(
        line[1:] if line.startswith(("#  ", "#budget", "#next_council", "#warehouse", "#spark")) else line
        for line in text.splitlines()
    )
    opened = (
        opened.replace("goals: []", "goals:")
        .replace("parameters: {}", "parameters:")
        .replace("targets: {}", "targets:")
    )
    settings = yaml.safe_load(opened)
    client = Client.model_validate(settings)
    assert client.goals
    assert client.targets["grr"] == 0.91
    assert client.budget == 500000
    assert client.next_council is not None
    assert client.warehouse is not None
    assert client.brand.logo == "logo.png"
    assert set(settings) == set(Client.model_fields)
    assert set(settings["brand"]) == set(Brand.model_fields)


@pytest.mark.parametrize("name", ["yes", "null", "007", "o'neill: #1"])
def test_files_name_is_always_text(name):
    assert yaml.safe_load(files(name)["client.yml"])["name"] == name
