"""client.yml: every problem at once, worded."""

from pathlib import Path

import pytest

from cxkit.engagement.client import read_client
from cxkit.engagement.places import check_name
from cxkit.errors import InputError


def folder_with(tmp_path: Path, text: str) -> Path:
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "client.yml").write_text(text, encoding="utf-8")
    return folder


def test_read_client_minimal(tmp_path: Path) -> None:
    client = read_client(folder_with(tmp_path, "name: Acme\n"))
    assert (client.name, client.currency, client.timezone, client.privacy.mask) == ("Acme", "EUR", "UTC", True)


def test_read_client_tells_all_problems_at_once(tmp_path: Path) -> None:
    text = "name: Acme\ncurrency: euro\ntimezone: Berlin\ncurency: EUR\nfiscal_year_start: 13\n"
    with pytest.raises(InputError) as caught:
        read_client(folder_with(tmp_path, text))
    message = str(caught.value)
    assert "acme/client.yml has 4 problems" in message
    assert "Did you mean 'currency'?" in message
    assert "ISO 4217" in message
    assert "Europe/Berlin" in message
    assert "fiscal_year_start" in message


def test_read_client_absent_names_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cxkit new acme"):
        read_client(tmp_path / "acme")


def test_read_client_broken_yaml_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be read as YAML \(line 3\)"):
        read_client(folder_with(tmp_path, "name: Acme\ngoals: [a, b\n"))


def test_read_client_names_what_is_given_twice_among_all_else(tmp_path: Path) -> None:
    (tmp_path / "client.yml").write_text(
        "name: A\nname: B\nnames: C\n"
        "warehouse: &w\n  driver: postgresql\n  tables: {revenue: a, revenue: b}\n  again: *w\n"
    )
    with pytest.raises(InputError) as told:
        read_client(tmp_path)
    assert "name: given in line 1 and again in line 2; keep one of them" in str(told.value)
    assert "warehouse.tables.revenue: given in line 6 and again in line 6" in str(told.value)
    assert "names" in str(told.value)


def test_read_client_never_builds_objects(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read as YAML"):
        read_client(folder_with(tmp_path, "name: !!python/object/apply:os.system ['true']\n"))


@pytest.mark.parametrize("name", ["../other", "a/b", "", "Acme", ".hidden", "a b", "x" * 80])
def test_check_name_refuses_what_could_lead_elsewhere(name: str) -> None:
    with pytest.raises(InputError, match="folder name"):
        check_name(name)


@pytest.mark.parametrize("locale", ["en", "en-GB", "de_DE", "fr-FR"])
def test_a_locale_that_is_known_is_taken(tmp_path: Path, locale: str) -> None:
    (tmp_path / "client.yml").write_text(f"name: Acme\nlocale: {locale}\n", encoding="utf-8")
    assert read_client(tmp_path).locale == locale


def test_a_locale_that_is_none_names_the_languages_there_are(tmp_path: Path) -> None:
    (tmp_path / "client.yml").write_text("name: Acme\nlocale: klingon\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"'klingon' is not a locale.*de, en"):
        read_client(tmp_path)
