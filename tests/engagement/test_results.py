"""Results come back as they were saved; files appear whole or not at all."""

from datetime import date
from pathlib import Path
from typing import ClassVar

import pandas as pd
import pytest

from cxkit.engagement import results
from cxkit.errors import InputError
from cxkit.records import Finding, Gap, Missing, Result, Stage


class Sample(Result):
    """A result for these tests."""

    stage: ClassVar[Stage] = "quantify"
    name: ClassVar[str] = "sample"


class Newer(Sample):
    """The same result, one schema version later."""

    version: ClassVar[int] = 2


def sample() -> Sample:
    finding = Finding(
        id="quantify.sample.x", stage="quantify", title="x is 1", value=1 / 3, unit="ratio", low=0.2, high=0.5, n=30
    )
    gap = Gap(id="quantify.sample.y", what="y", reason="no table", needs=(Missing(name="surveys", columns=("score",)),))
    frame = pd.DataFrame({"month": ["2026-01", "2026-02"], "value": [0.1 + 0.2, None]})
    return Sample(as_of=date(2026, 2, 28), findings=(finding,), gaps=(gap,), tables={"series": frame})


def test_save_and_load_are_inverse(tmp_path: Path) -> None:
    results.save(sample(), tmp_path)
    back = results.load(Sample, tmp_path)
    assert back.document() == sample().document()
    assert back.frame("series").equals(sample().frame("series"))


def test_save_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    def content(place: Path) -> dict[str, bytes]:
        return {p.name: p.read_bytes() for p in place.rglob("*") if p.is_file()}

    results.save(sample(), tmp_path / "a")
    results.save(sample(), tmp_path / "b")
    results.save(sample(), tmp_path / "b")
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_load_of_another_version_says_what_to_do(tmp_path: Path) -> None:
    results.save(sample(), tmp_path)
    with pytest.raises(InputError, match="run the quantify notebook again"):
        results.load(Newer, tmp_path)


def test_load_of_nothing_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="run the quantify notebook first"):
        results.load(Sample, tmp_path)


def test_write_text_leaves_nothing_half_written(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    results.write_text(path, "one")
    with pytest.raises(UnicodeEncodeError):
        results.write_text(path, "\ud800")
    assert path.read_text() == "one"
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]


def test_a_finding_keeps_twelve_significant_digits() -> None:
    assert sample().findings[0].value == 0.333333333333


def test_a_finding_refuses_half_an_interval() -> None:
    with pytest.raises(ValueError, match="both ends or none"):
        Finding(id="quantify.a", stage="quantify", title="x", low=1.0)
    with pytest.raises(ValueError, match="upside down"):
        Finding(id="quantify.a", stage="quantify", title="x", low=1.0, high=0.0)
