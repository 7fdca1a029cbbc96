"""engagement.json: one revision number, no silent overwrite, history that only grows."""

from pathlib import Path

import pytest

from cxkit.engagement import decisions, store
from cxkit.errors import InputError, ParameterError


def test_write_store_refuses_a_stale_revision(tmp_path: Path) -> None:
    first = store.write_store(tmp_path, store.Store(parameters={"discount_rate": 0.08}), expected=0)
    assert first.revision == 1
    with pytest.raises(InputError, match="changed by somebody else"):
        store.write_store(tmp_path, store.Store(), expected=0)
    assert store.read_store(tmp_path).parameters == {"discount_rate": 0.08}


def test_read_store_broken_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "engagement.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="Restore it from a backup"):
        store.read_store(tmp_path)


def test_decisions_are_appended_with_their_evidence(tmp_path: Path) -> None:
    data, runs = tmp_path / "data", tmp_path / "runs"
    folder = data / "acme"
    folder.mkdir(parents=True)
    (folder / "client.yml").write_text("name: Acme\n", encoding="utf-8")
    findings = runs / "acme" / "2026-01-31" / "results" / "findings.json"
    findings.parent.mkdir(parents=True)
    findings.write_text("[]", encoding="utf-8")
    one = decisions.record(
        "acme", verdict="fund", initiative="I1", amount=5e5, decided="2026-02-05", data_dir=data, runs_dir=runs
    )
    two = decisions.record("acme", verdict="stop", initiative="I2", decided="2026-02-05", data_dir=data, runs_dir=runs)
    assert (one.decision_id, two.decision_id) == ("D1", "D2")
    assert len(one.evidence) == 16
    lines = (folder / "history" / "decisions.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2
    assert store.read_store(folder).decisions == (one, two)
    with pytest.raises(ParameterError, match="says what was decided"):
        decisions.record("acme", verdict=" ", data_dir=data, runs_dir=runs)
